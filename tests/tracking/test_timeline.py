"""From scans to what a shipment shows, and from a scan to the shipments that it is about."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from vectis_core.orders.lifecycle import ShipmentStatus
from vectis_core.testing import samples
from vectis_core.tracking.matching import REGISTERED_LATE, USED_AGAIN, takers
from vectis_core.tracking.model import Scan, TimeBasis, TrackingState
from vectis_core.tracking.statuses import RANK, TrackingStatus
from vectis_core.tracking.timeline import deciding, delivered_at, in_order, moved_at, state_of

MOMENT = samples.MADE_AT
T = TrackingStatus


def scan(status: T | None, hour: int = 0, reason: str | None = None, *, corrects: bool = False, **more: object) -> Scan:
    """Return a scan that happened so many hours after the first moment."""
    at = MOMENT + timedelta(hours=hour)
    event = samples.bare_event(status=status, reason=reason, corrects=corrects, **more)
    return samples.scan(id=f"{status}{reason}{hour}{corrects}", event=event, at=at, received_at=at)


def current(*scans: Scan) -> tuple[T | None, list[str]]:
    """Return the status that scans decide for, and which of them contradict it."""
    decided, contradicting = deciding(scans)
    return decided.event.status if decided is not None else None, [each.id for each in contradicting]


scans = st.lists(
    st.builds(
        scan,
        st.one_of(st.none(), st.sampled_from(T)),
        st.integers(0, 5),
        st.sampled_from([None, "returned", "returning"]),
        corrects=st.booleans(),
    ),
    max_size=8,
    unique_by=lambda each: each.id,
)


@given(data=st.data(), made=scans)
def test_it_is_a_function_of_the_set(data: st.DataObject, made: list[Scan]) -> None:
    """However scans are given, they stand in one order, and say one thing."""
    shuffled = data.draw(st.permutations(made))

    assert in_order(shuffled) == in_order(made)
    assert state_of(shuffled) == state_of(made)
    assert [each.at for each in in_order(made)] == sorted(each.at for each in made)


def test_of_one_moment_the_further_one_is_later() -> None:
    """A carrier that writes one time on all of a day's scans means the one that is furthest on its way."""
    # A cancelled label is final, and of the rank of an exception.
    same_moment = [scan(status) for status in T if status is not T.CANCELLED]

    ranks = [RANK[each.event.status] for each in in_order(same_moment) if each.event.status is not None]
    assert ranks == sorted(ranks)
    assert current(*same_moment)[0] is T.DELIVERED


def test_what_decides() -> None:
    """The newest word, but unknown ones and those without a status, unless there is no other."""
    assert current() == (None, [])
    assert current(scan(None, 3)) == (None, [])
    assert current(scan(T.UNKNOWN, 3)) == (T.UNKNOWN, [])
    assert current(scan(T.IN_TRANSIT, 1), scan(T.UNKNOWN, 2), scan(None, 3)) == (T.IN_TRANSIT, [])


def test_final_words_stay() -> None:
    """What says otherwise afterwards is marked; a return of what was delivered counts, and so does a correction."""
    late = scan(T.IN_TRANSIT, 2)
    assert current(scan(T.DELIVERED, 1), late) == (T.DELIVERED, [late.id])
    assert current(scan(T.DELIVERED, 1), scan(T.DELIVERED, 2)) == (T.DELIVERED, [])
    assert current(scan(T.DELIVERED, 1), scan(T.RETURNED_TO_SENDER, 2, "returning"))[0] is T.RETURNED_TO_SENDER
    assert current(scan(T.IN_TRANSIT), scan(T.DELIVERED, 1), scan(None, 2, corrects=True)) == (T.IN_TRANSIT, [])
    assert current(scan(T.DELIVERED, 1), scan(T.EXCEPTION, 2, corrects=True)) == (T.EXCEPTION, [])


def test_what_is_shown() -> None:
    """The deciding scan's words, the newest estimate of any, and whether its time was assumed."""
    estimated = scan(None, 9, estimated_delivery="2026-02-02")
    state = state_of([estimated, scan(T.IN_TRANSIT, 1, estimated_delivery="2026-02-01", time_basis=TimeBasis.UTC)])

    assert state == TrackingState(T.IN_TRANSIT, None, "?", None, MOMENT + timedelta(hours=1), False, "2026-02-02")
    assumed = state_of([scan(T.IN_TRANSIT, 1, time_basis=TimeBasis.LOCAL_UNKNOWN_ZONE)])
    assert assumed is not None
    assert assumed.is_inferred
    assert state_of([estimated]) is None


def test_when_it_moved_and_arrived() -> None:
    """The earliest movement and the earliest delivery count, never after we heard of them, nor one only inferred."""
    first, second = scan(T.DELIVERED, 3), scan(T.DELIVERED, 5)
    inferred = scan(T.DELIVERED, 1, "inferred_not_a_physical_scan")
    ahead = samples.scan(event=first.event, at=MOMENT + timedelta(hours=2), received_at=MOMENT)

    assert moved_at([scan(T.LABEL_CREATED), scan(T.PICKED_UP, 2), first]) == MOMENT + timedelta(hours=2)
    assert delivered_at([second, first, inferred]) == first.at
    assert delivered_at([inferred, scan(T.IN_TRANSIT)]) is None
    assert moved_at([ahead]) == MOMENT


def taken(at: datetime, **created: timedelta) -> list[str]:
    """Return which of the shipments that were created so long after the first moment a scan is about."""
    found = [samples.shipment(id=name, created_at=MOMENT + after) for name, after in created.items()]
    return [each.id for each in takers(found, at)]


def test_which_shipments_a_scan_is_about() -> None:
    """Those of the newest parcel that it is not early for, registered within two weeks of each other."""
    day = timedelta(days=1)
    assert taken(MOMENT - REGISTERED_LATE, a=0 * day) == ["a"]
    assert taken(MOMENT - REGISTERED_LATE - timedelta(seconds=1), a=0 * day) == []
    assert taken(MOMENT + 10 * day, a=0 * day, b=14 * day, c=-1 * day) == ["a", "b"]
    assert taken(MOMENT, a=0 * day, b=15 * day) == ["a"]
    # Earlier than usual for all: that of the first, as when a shop moves to Vectis with parcels on their way.
    assert taken(MOMENT - 20 * day, a=0 * day, b=3 * day, c=15 * day) == ["a", "b"]
    assert takers([samples.shipment(status=ShipmentStatus.VOIDED)], MOMENT) == []


def test_a_number_rests_before_it_is_used_again() -> None:
    """A shipment takes no scan of long after its way ended, by its carrier's word or a person's."""
    ended = MOMENT + USED_AGAIN
    told = TrackingState(T.DELIVERED, None, "?", None, MOMENT, False, None)
    for arrived in (samples.shipment(tracking=told), samples.shipment(delivered_at=MOMENT)):
        assert takers([arrived], ended) == [arrived]
        assert takers([arrived], ended + timedelta(seconds=1)) == []

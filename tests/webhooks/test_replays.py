"""Replays: all events of a time once more, bit by bit, over a restart too, and without reading what lies before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
from endpoints import Endpoints, buy, stocked, subscribe, work, worker_of
from hypothesis import given
from hypothesis import strategies as st

from vectis_core import ValidationError, Vectis
from vectis_core.commands import AdvanceReplays, Command
from vectis_core.engine.tickets import ThreadWaiter
from vectis_core.events import Event
from vectis_core.testing import FrozenClock, samples
from vectis_core.testing.clock import GUIDE_MOMENT
from vectis_core.webhooks.model import Delivery, DeliveryStatus, Replay, Trigger
from vectis_core.webhooks.replaying import CLOCK_SLACK, position_before

HOUR = timedelta(hours=1)


def replayed(oms: Vectis, webhook: str) -> list[Delivery]:
    """Return what replays have made, in the order of the feed."""
    made = [each for each in oms.webhooks.deliveries(webhook) if each.trigger is Trigger.REPLAY]
    return sorted(made, key=lambda each: each.position)


def advance_all(oms: Vectis, limit: int = 500) -> int:
    """Go on with all replays until they are done, and return in how many steps."""
    steps = 1
    while oms.run(AdvanceReplays(limit=limit)):
        steps += 1
    return steps


def hourly(oms: Vectis, clock: FrozenClock, hours: int) -> list[str]:
    """Order something every hour, and return the orders."""
    orders = []
    for _ in range(hours):
        orders.append(buy(oms, f"order of {clock.now()}"))
        clock.advance(HOUR)
    return orders


@pytest.mark.parametrize("limit", [1, 2, 3, 500])
def test_the_events_of_a_time_are_sent_once_more(oms: Vectis, clock: FrozenClock, limit: int) -> None:
    """Those from its beginning to before its end, in their order, each once, in steps of any size."""
    webhook = subscribe(oms, "a")
    orders = hourly(oms, clock, 8)
    since = GUIDE_MOMENT + 2 * HOUR
    replay = oms.webhooks.replay(webhook, since, until=GUIDE_MOMENT + 5 * HOUR)
    advance_all(oms, limit)

    assert [each.subject_id for each in replayed(oms, webhook)] == orders[2:5]
    (done,) = oms.webhooks.replays(webhook)
    assert (done.id, done.made, done.done) == (replay.id, 3, True)
    assert oms.run(AdvanceReplays()) == 0
    assert oms.verify().ok


def test_what_was_taken_already_is_sent_again(oms: Vectis, endpoints: Endpoints, clock: FrozenClock) -> None:
    """A replay is never swallowed: what was delivered, what was exhausted and what was skipped goes out alike."""
    webhook = subscribe(oms, "a")
    delivered = buy(oms, "1")
    list(work(worker_of(oms, endpoints, clock)))
    oms.webhooks.update(webhook, active=False)
    skipped = buy(oms, "2")
    oms.webhooks.update(webhook, active=True)
    clock.advance(1)
    for _ in range(2):
        oms.webhooks.replay(webhook, GUIDE_MOMENT)
        advance_all(oms)
        list(work(worker_of(oms, endpoints, clock)))

    assert [each.subject for each in endpoints.received] == [delivered, *[delivered, skipped] * 2]
    ids = [each.headers["webhook-id"] for each in endpoints.received]
    assert ids[0] == ids[1] == ids[3]
    statuses = [each.status for each in oms.webhooks.deliveries(webhook) if each.trigger is Trigger.EVENT]
    assert sorted(statuses) == [DeliveryStatus.DELIVERED, DeliveryStatus.SKIPPED]


def test_a_replay_does_not_keep_what_is_new_waiting(oms: Vectis, clock: FrozenClock, endpoints: Endpoints) -> None:
    """What happens while a replay is under way is told next; the replay goes on in its order when there is no more."""
    webhook = subscribe(oms, "a", "order.*")
    old = hourly(oms, clock, 4)
    worker = worker_of(oms, endpoints, clock, deliveries=3)
    list(work(worker))
    oms.webhooks.replay(webhook, GUIDE_MOMENT)
    advance_all(oms)
    (under_way,) = worker.claim(1, 1)
    new = [buy(oms, "a new one"), buy(oms, "another")]
    worker.deliver(*under_way)
    list(work(worker))

    assert [each.subject for each in endpoints.received] == [*old, *old[:3], *new, old[3]]


def test_tests_are_not_replayed(oms: Vectis, clock: FrozenClock) -> None:
    """A test is between its webhook and its owner: neither that webhook's nor another's is sent again."""
    webhook, other = subscribe(oms, "a", "*"), subscribe(oms, "b", "*")
    oms.webhooks.test(webhook)
    oms.webhooks.test(other)
    order = buy(oms, "1")
    clock.advance(1)
    oms.webhooks.replay(webhook, GUIDE_MOMENT)
    advance_all(oms)

    assert [each.event_type for each in replayed(oms, webhook)] == ["inventory.adjusted", "order.created"]
    assert replayed(oms, webhook)[-1].subject_id == order


def test_types_name_a_part_of_what_the_webhook_is_for(oms: Vectis, clock: FrozenClock) -> None:
    """Only types that the webhook is subscribed to are replayed; to name none of them is a mistake."""
    webhook = subscribe(oms, "a", "order.*")
    order = buy(oms, "1")
    oms.orders.confirm(order)
    oms.inventory.adjust(oms.inventory.list().page().items[0].id, 1, "found")
    clock.advance(1)
    confirmed = oms.webhooks.replay(webhook, GUIDE_MOMENT, types=["order.confirmed", "inventory.*"])
    everything = oms.webhooks.replay(webhook, GUIDE_MOMENT, types=["*"])
    advance_all(oms)

    assert confirmed.types == ("order.confirmed",)
    assert {str(each) for each in everything.types} >= {"order.created", "order.confirmed"}
    types = sorted(str(each.event_type) for each in replayed(oms, webhook))
    assert types == ["order.confirmed", "order.confirmed", "order.created"]
    for types_of_others in (["inventory.*"], ["webhook.test"]):
        with pytest.raises(ValidationError) as refused:
            oms.webhooks.replay(webhook, GUIDE_MOMENT, types=types_of_others)
        assert [problem.field for problem in refused.value.problems] == ["types"]


@pytest.mark.parametrize(("since", "until"), [(0, None), (1, None), (-5, -5), (-5, -6), (0, 9)])
def test_a_time_without_events_is_refused(oms: Vectis, clock: FrozenClock, since: int, until: int | None) -> None:
    """A replay begins before it ends and before now: nothing that is still to come can be sent once more."""
    webhook = subscribe(oms, "a")
    now = clock.now()
    with pytest.raises(ValidationError) as refused:
        oms.webhooks.replay(webhook, now + since * HOUR, until=None if until is None else now + until * HOUR)
    assert [problem.field for problem in refused.value.problems] == ["since"]


def test_a_replay_ends_at_the_moment_it_was_asked_for(oms: Vectis, clock: FrozenClock) -> None:
    """What happens later goes out by itself and is not sent twice, however long the replay takes."""
    webhook = subscribe(oms, "a")
    before = hourly(oms, clock, 3)
    replay = oms.webhooks.replay(webhook, GUIDE_MOMENT, until=clock.now() + 99 * HOUR)
    assert replay.until == clock.now()
    hourly(oms, clock, 5)
    steps = advance_all(oms, 1)

    assert [each.subject_id for each in replayed(oms, webhook)] == before
    # Nor does it go through all that came after it.
    assert steps < 1 + 3 + 5


def test_a_replay_goes_on_after_a_restart(tmp_path: Path, clock: FrozenClock) -> None:
    """It is a row, not a thread: the next process goes on where the one before it ended."""
    url = f"sqlite:///{tmp_path}/shop.db"
    with Vectis.open(url, clock=clock) as oms:
        stocked(oms)
        webhook = subscribe(oms, "a")
        orders = hourly(oms, clock, 5)
        oms.webhooks.replay(webhook, GUIDE_MOMENT)
        oms.run(AdvanceReplays(limit=3))
    with Vectis.open(url, clock=clock) as oms:
        assert oms.store.now() == clock.now()
        with oms.store.read() as view:
            due = view.next_due(clock.now())
        assert due is not None
        assert due <= clock.now()
        advance_all(oms)
        assert [each.subject_id for each in replayed(oms, webhook)] == orders


def at_once(oms: Vectis, *commands: Command[Any]) -> None:
    """Run commands in one batch."""
    tickets = [oms.engine.ask(command, ThreadWaiter()) for command in commands]
    oms.engine.step()
    assert [ticket.error for ticket in tickets] == [None] * len(tickets)


@pytest.mark.parametrize("limits", [(3, 3), (2, 5), (5, 2), (99, 99), (4, 4, 4)])
def test_two_who_go_on_with_a_replay_send_nothing_twice(oms: Vectis, clock: FrozenClock, limits: Sequence[int]) -> None:
    """In one batch the second finds that the first has done the stretch, and leaves the next one for later."""
    webhook = subscribe(oms, "a")
    orders = hourly(oms, clock, 7)
    oms.webhooks.replay(webhook, GUIDE_MOMENT)
    for _ in range(7):
        at_once(oms, *[AdvanceReplays(limit=limit) for limit in limits])

    assert [each.subject_id for each in replayed(oms, webhook)] == orders
    assert oms.webhooks.replays(webhook)[0].done


def test_a_replay_of_what_was_deleted_ends(oms: Vectis, clock: FrozenClock) -> None:
    """It makes nothing more, in the batch of the deletion neither, and nobody waits for it."""
    webhook = subscribe(oms, "a")
    hourly(oms, clock, 3)
    oms.webhooks.replay(webhook, GUIDE_MOMENT)
    oms.webhooks.delete(webhook)

    assert oms.run(AdvanceReplays()) == 0
    with oms.store.read() as view:
        assert view.next_due(clock.now()) is None


def test_a_replay_of_a_paused_webhook_waits_for_it(oms: Vectis, endpoints: Endpoints, clock: FrozenClock) -> None:
    """What its owner asked for is not skipped by a pause that comes after it."""
    webhook = subscribe(oms, "a")
    orders = hourly(oms, clock, 2)
    list(work(worker_of(oms, endpoints, clock)))
    oms.webhooks.replay(webhook, GUIDE_MOMENT)
    oms.webhooks.update(webhook, active=False)
    advance_all(oms)
    assert not list(work(worker_of(oms, endpoints, clock)))
    oms.webhooks.update(webhook, active=True)
    list(work(worker_of(oms, endpoints, clock)))

    assert [each.subject for each in endpoints.received] == orders * 2


# Where a replay begins


@attrs.define
class Feed:
    """A feed of events by their moments, in minutes, which counts what is read of it."""

    minutes: Sequence[int]
    read: int = 0

    def load_feed(self, tenant: str, after: int, limit: int) -> Sequence[Event]:
        """Return events after a position."""
        assert tenant == "acme"
        found = [
            samples.event(position=position, at=GUIDE_MOMENT + timedelta(minutes=minutes))
            for position, minutes in enumerate(self.minutes[after : after + limit], after + 1)
        ]
        self.read += len(found)
        return found


@given(
    steps=st.lists(st.integers(0, 30), max_size=200),
    set_back=st.dictionaries(st.integers(0, 199), st.integers(0, int(CLOCK_SLACK / timedelta(minutes=1)))),
    asked=st.integers(-60, 3000),
)
def test_a_replay_begins_before_its_first_event(steps: list[int], set_back: dict[int, int], asked: int) -> None:
    """Nothing of the time is passed over, though clocks were set back by up to the slack."""
    minutes, true = [], 0
    for place, step in enumerate(steps):
        true += step
        minutes.append(true - set_back.get(place, 0))
    moment = GUIDE_MOMENT + timedelta(minutes=asked)
    begin = position_before(Feed(minutes), "acme", moment)

    assert all(each < asked for each in minutes[:begin])
    if not set_back and begin < len(minutes):
        assert minutes[begin] >= asked - CLOCK_SLACK / timedelta(minutes=1)


def test_the_last_hour_of_a_long_feed_is_found_by_reading_little() -> None:
    """Of a hundred thousand events some dozens are looked at, not all that lie before."""
    feed = Feed(range(100_000))
    begin = position_before(feed, "acme", GUIDE_MOMENT + timedelta(minutes=100_000 - 60))

    assert begin == 100_000 - 60 - CLOCK_SLACK / timedelta(minutes=1)
    assert feed.read < 40


def test_a_replay_of_the_last_hour_reads_little(oms: Vectis, clock: FrozenClock) -> None:
    """It begins where its time does: two steps, and not all those before."""
    webhook = subscribe(oms, "a")
    orders = hourly(oms, clock, 200)
    since: datetime = clock.now() - 2 * HOUR
    replay: Replay = oms.webhooks.replay(webhook, since)

    assert replay.position >= 197
    assert advance_all(oms, 4) <= 2
    assert [each.subject_id for each in replayed(oms, webhook)] == orders[-2:]

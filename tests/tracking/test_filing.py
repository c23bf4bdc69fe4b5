"""What becomes of a carrier's scan: which shipments it is of, and what happens to them and their orders."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import attrs
import pytest
from tracking.parcels import NUMBER, Parcels, file_all, told

from vectis_core.commands import Housekeep
from vectis_core.errors import IllegalTransition, ValidationError
from vectis_core.handlers import tracking
from vectis_core.orders import ShipmentItem
from vectis_core.tracking.model import TimeBasis
from vectis_core.tracking.statuses import TrackingStatus as T

DAY = timedelta(days=1)
#: As on a clock somewhere.
NOON = datetime(2026, 1, 10, 12, 0)  # noqa: DTZ001 - that it has no zone is the point


def statuses(shop: Parcels, *external_ids: str) -> list[str]:
    """Return the statuses of orders."""
    return [str(shop.oms.orders.by_external_id(each).status) for each in external_ids]


def test_a_scan_of_nothing_waits(shop: Parcels) -> None:
    """A scan whose number nobody has registered changes nothing, and is applied when somebody does."""
    order = shop.order()
    shop.clock.advance(DAY)
    delivered, moved = told(T.DELIVERED, shop.ago(2)), told(T.IN_TRANSIT, shop.ago(5))

    assert file_all(shop, [delivered, moved, delivered]) == ["waiting", "waiting", "duplicate"]
    assert statuses(shop, "O") == ["confirmed"]

    label = shop.label(order, carrier="ups", number=f" {NUMBER.lower()[:4]} {NUMBER[4:]}")
    assert label.status == "delivered"
    assert label.tracking is not None
    assert label.tracking.status is T.DELIVERED
    assert (label.shipped_at, label.delivered_at) == (shop.ago(5), shop.ago(2))
    assert statuses(shop, "O") == ["delivered"]


def test_a_hold_stops_people_and_not_parcels(shop: Parcels) -> None:
    """A held order's label cannot be shipped by hand, and ships when its carrier has the parcel; the hold stays."""
    order = shop.order()
    label = shop.label(order)
    shop.oms.orders.hold(order.id, "address")
    with pytest.raises(IllegalTransition):
        shop.oms.shipments.ship(label.id)
    shop.file(told(T.PICKED_UP, shop.clock.now()))

    now = shop.oms.orders.get(order.id)
    assert (now.status, now.on_hold) == ("shipped", True)


def test_a_scan_is_of_the_shipments_of_its_parcel_alone(shop: Parcels) -> None:
    """Of two shipments of an order, each follows the scans of its own number."""
    order = shop.order(pieces=1)
    two = shop.order("two", 2)
    first = shop.label(order, number="1Z1")
    second = shop.label(two, number="1Z2")
    shop.file(told(T.DELIVERED, shop.clock.now(), number="1Z2"))

    assert [shop.shipment(each).status for each in (first, second)] == ["label_created", "delivered"]
    assert statuses(shop, "O", "two") == ["confirmed", "delivered"]


def test_a_parcel_is_shared(shop: Parcels) -> None:
    """A parcel with shipments of two orders moves both, each scan is filed once, and each order is told once."""
    orders = [shop.order("one"), shop.order("two")]
    labels = [shop.label(order) for order in orders]
    shop.clock.advance(DAY)
    filed = shop.file(told(T.IN_TRANSIT, shop.ago(3)))
    shop.file(told(T.DELIVERED, shop.ago(1)))

    assert filed.scan.shipments == tuple(sorted((each.order_id, each.id) for each in labels))
    assert [shop.shipment(label).status for label in labels] == ["delivered", "delivered"]
    for order in orders:
        assert shop.events(order).count("order.shipped") == shop.events(order).count("order.delivered") == 1
        assert len(shop.timeline(order)) == 2


def test_two_shipments_of_one_order_in_one_parcel(shop: Parcels) -> None:
    """Both move by one scan, and the order is shipped once the second has left."""
    order = shop.order(pieces=2)
    for _ in range(2):
        shop.label(order, items=[ShipmentItem(quantity=1, sku="W")])
    shop.file(told(T.OUT_FOR_DELIVERY, shop.clock.now()))

    assert [each.status for each in shop.oms.orders.get(order.id).shipments] == ["shipped", "shipped"]
    assert [event.data["status"] for event in shop.told_of(order, "order.shipped")] == ["partially_shipped", "shipped"]


def test_a_number_is_used_again(shop: Parcels) -> None:
    """Months later the carrier gives a number to another parcel: its scans are the new shipment's alone."""
    first = shop.label(shop.order("first"))
    shop.clock.advance(DAY)
    shop.file(told(T.DELIVERED, shop.clock.now()))
    shop.clock.advance(90 * DAY)
    early = shop.file(told(T.LABEL_CREATED, shop.ago(2), code="before"))
    second = shop.label(shop.order("second"))
    shop.clock.advance(DAY)
    moved = shop.file(told(T.IN_TRANSIT, shop.clock.now()))

    assert early.outcome == "waiting"
    assert moved.scan.shipments == ((second.order_id, second.id),)
    assert [shop.shipment(each).status for each in (first, second)] == ["delivered", "shipped"]
    assert len(shop.timeline(shop.oms.orders.by_external_id("second"))) == 2
    assert len(shop.timeline(shop.oms.orders.by_external_id("first"))) == 1


def test_a_scan_from_long_before_is_of_another_parcel(shop: Parcels) -> None:
    """A label may be registered 90 days late, and no later: what was scanned before was somebody else's parcel."""
    order = shop.order()
    shop.clock.advance(100 * DAY)
    moment = shop.clock.now() - 90 * DAY
    shop.file(told(T.IN_TRANSIT, moment))
    shop.file(told(T.DELIVERED, moment - timedelta(seconds=1)))
    label = shop.label(order)

    assert label.status == "shipped"
    assert len(shop.timeline(order)) == 1


def test_a_voided_label_is_followed_no_more(shop: Parcels) -> None:
    """Its parcel's scans wait for another shipment with its number, which takes those of before too."""
    order = shop.order()
    voided = shop.label(order)
    shop.oms.shipments.void(voided.id)

    assert shop.file(told(T.IN_TRANSIT, shop.clock.now())).outcome == "waiting"
    assert shop.shipment(voided).status == "voided"
    assert shop.shipment(voided).tracking is None
    assert shop.label(order).status == "shipped"


def test_a_cancelled_order_does_not_ship(shop: Parcels) -> None:
    """Cancelling voids the label, so that what its carrier says of it waits."""
    order = shop.order()
    shop.label(order)
    shop.oms.orders.cancel(order.id, "changed their mind")

    assert shop.file(told(T.DELIVERED, shop.clock.now())).outcome == "waiting"
    assert statuses(shop, "O") == ["cancelled"]


def test_a_carriers_cancelled_voids_nothing(shop: Parcels) -> None:
    """That a carrier has cancelled a label is shown, and is no word of ours."""
    label = shop.label(shop.order())
    shop.file(told(T.CANCELLED, shop.clock.now()))

    assert shop.shipment(label).status == "label_created"
    found = shop.shipment(label).tracking
    assert found is not None
    assert found.status is T.CANCELLED


def test_what_a_person_said_of_when_stays(shop: Parcels) -> None:
    """A moment that a person gave is not corrected by a carrier; a carrier's own is, by what it says of an earlier."""
    by_hand, by_carrier = shop.label(shop.order("hand"), number="1Z1"), shop.label(shop.order("carrier"), number="1Z2")
    shop.clock.advance(DAY)
    shop.oms.shipments.ship(by_hand.id, at=shop.ago(1))
    for number in ("1Z1", "1Z2"):
        shop.file(told(T.IN_TRANSIT, shop.ago(2), number=number))
        shop.file(told(T.PICKED_UP, shop.ago(9), number=number))

    assert shop.shipment(by_hand).shipped_at == shop.ago(1)
    assert shop.shipment(by_carrier).shipped_at == shop.ago(9)


def test_no_shipment_arrives_before_it_left(shop: Parcels) -> None:
    """Where a person says that it left after its carrier had delivered it, it arrived when it left."""
    label = shop.label(shop.order())
    shop.clock.advance(DAY)
    shop.oms.shipments.ship(label.id)
    shop.file(told(T.DELIVERED, shop.ago(3)))

    now = shop.shipment(label)
    assert now.delivered_at == now.shipped_at == shop.clock.now()


def test_the_future_is_refused(shop: Parcels) -> None:
    """A clock may run a day ahead with its zone, and no further; what happens then has happened when we heard of it."""
    label = shop.label(shop.order())
    ahead = shop.clock.now() + tracking.AHEAD
    with pytest.raises(ValidationError, match="future"):
        shop.file(told(T.DELIVERED, ahead + timedelta(seconds=1)))
    shop.file(told(T.DELIVERED, ahead))

    assert shop.shipment(label).delivered_at == shop.clock.now()


def test_a_parcel_has_only_so_many_scans(shop: Parcels, monkeypatch: pytest.MonkeyPatch) -> None:
    """More scans than any parcel has are refused; those that are known are still known."""
    monkeypatch.setattr(tracking, "SCANS_MAX", 3)
    shop.label(shop.order())
    events = [told(T.IN_TRANSIT, shop.ago(0), code=f"c{number}") for number in range(4)]
    file_all(shop, events[:3])

    with pytest.raises(ValidationError, match="3 events already"):
        shop.file(events[3])
    assert shop.file(events[0]).outcome == "duplicate"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (T.EXCEPTION, "shipment.exception"),
        (T.DELIVERY_ATTEMPTED, "shipment.delivery_attempted"),
        (T.RETURNED_TO_SENDER, "shipment.returned_to_sender"),
    ],
)
def test_what_people_must_look_at_is_told_once(shop: Parcels, status: T, kind: str) -> None:
    """Each such scan is an event of its own, sent once; one that comes late says that it is not the newest word."""
    order = shop.order()
    label = shop.label(order)
    shop.clock.advance(DAY)
    newest, late = told(status, shop.ago(1), "returning"), told(status, shop.ago(5), "returning", code="late")
    file_all(shop, [newest, late, newest, late])

    assert [(event.data["code"], event.data["isCurrent"]) for event in shop.told_of(order, kind)] == [
        (newest.code, True),
        ("late", False),
    ]
    (first, _) = shop.told_of(order, kind)
    assert first.data["shipmentId"] == label.id
    assert first.data["trackingStatus"] == status
    assert first.data["reason"] == "returning"
    assert "shipment.tracking_updated" not in shop.events(order)


def test_other_news_is_told_when_it_changes_something(shop: Parcels) -> None:
    """A scan that changes what a shipment shows is told; one that comes late, and changes nothing, is not."""
    order = shop.order()
    label = shop.label(order)
    shop.clock.advance(DAY)
    shop.file(told(T.OUT_FOR_DELIVERY, shop.ago(2)))
    shop.file(told(T.LABEL_CREATED, shop.ago(3)))
    shop.file(told(None, shop.ago(1), estimated_delivery="2026-01-30"))

    updates = shop.told_of(order, "shipment.tracking_updated")
    assert [event.data["trackingStatus"] for event in updates] == ["out_for_delivery", "out_for_delivery"]
    assert updates[-1].data["estimatedDelivery"] == "2026-01-30"
    tracking_shown = shop.shipment(label).tracking
    assert tracking_shown is not None
    assert tracking_shown.estimated_delivery == "2026-01-30"


def test_a_final_word_stays(shop: Parcels) -> None:
    """What contradicts a delivery is kept and marked; a return of it counts."""
    order = shop.order()
    label = shop.label(order)
    shop.clock.advance(DAY)
    delivered = told(T.DELIVERED, shop.ago(5))
    contradicts, goes_back = told(T.EXCEPTION, shop.ago(3)), told(T.RETURNED_TO_SENDER, shop.ago(1), "returning")
    file_all(shop, [contradicts, delivered])
    shown = shop.shipment(label).tracking

    assert shown is not None
    assert shown.status is T.DELIVERED
    assert shop.timeline(order) == [(delivered.id, False), (contradicts.id, True)]
    shop.file(goes_back)
    shown = shop.shipment(label).tracking
    assert shown is not None
    assert shown.status is T.RETURNED_TO_SENDER
    assert shop.shipment(label).status == "delivered"
    assert statuses(shop, "O") == ["delivered"]


def test_a_better_parser_reads_again(shop: Parcels) -> None:
    """What was unknown is read anew and takes its old place; read anew as it was, it changes nothing."""
    order = shop.order()
    label = shop.label(order)
    shop.clock.advance(DAY)
    poor = told(T.UNKNOWN, shop.ago(3), code="ZZ")
    better = told(T.DELIVERED, shop.ago(3), code="ZZ")
    assert poor.id == better.id
    first = shop.file(poor)
    shop.clock.advance(DAY)

    assert shop.file(better).outcome == "duplicate"
    assert shop.file(poor, anew=True).outcome == "duplicate"
    again = shop.file(better, anew=True)
    assert again.outcome == "accepted"
    assert again.scan.received_at == first.scan.received_at
    assert len(shop.timeline(order)) == 1
    assert shop.shipment(label).status == "delivered"


def test_a_worse_reading_takes_nothing_back(shop: Parcels) -> None:
    """A shipment that was delivered by what a parser said stays so when a later one says otherwise; it is shown."""
    label = shop.label(shop.order())
    shop.file(told(T.DELIVERED, shop.ago(0), code="ZZ"))
    shop.file(told(T.EXCEPTION, shop.ago(0), code="ZZ"), anew=True)

    now = shop.shipment(label)
    assert now.status == "delivered"
    assert now.tracking is not None
    assert now.tracking.status is T.EXCEPTION


def test_scans_of_another_tenant_are_its_own(shop: Parcels) -> None:
    """The same number at another tenant is another parcel."""
    label = shop.label(shop.order())
    filed = shop.oms.tenant("acme").tracking.record(told(T.DELIVERED, shop.ago(0)))

    assert filed.outcome == "waiting"
    assert shop.shipment(label).status == "label_created"


def test_lasership_is_ontrac(shop: Parcels) -> None:
    """A label of either name follows what is reported under the other."""
    label = shop.label(shop.order(), carrier="LaserShip", number="LX1")
    shop.file(told(T.DELIVERED, shop.ago(0), carrier="ontrac", number="lx1"))

    assert shop.shipment(label).status == "delivered"


def test_scans_that_wait_for_long_are_forgotten(shop: Parcels) -> None:
    """After ninety days a scan that no shipment has taken is cleared; one that was taken stays."""
    order = shop.order()
    shop.label(order)
    shop.file(told(T.IN_TRANSIT, shop.ago(0)))
    shop.file(told(T.IN_TRANSIT, shop.ago(0), number="1Z2"))
    shop.clock.advance(91 * DAY)

    assert shop.oms.run(Housekeep()).scans == 1
    assert len(shop.timeline(order)) == 1


@pytest.mark.parametrize(
    ("hint", "configured", "said", "hour"),
    [
        (None, None, None, 17),
        ("Europe/Berlin", None, None, 11),
        ("Europe/Berlin", "Asia/Tokyo", None, 3),
        ("Europe/Berlin", "Asia/Tokyo", "UTC", 12),
    ],
)
def test_a_local_time_is_read_in_process_as_from_a_push(
    shop: Parcels, hint: str | None, configured: str | None, said: str | None, hour: int
) -> None:
    """The caller's word goes first, then what is configured, what the event hints at, and the carrier's usual zone."""
    if configured is not None:
        shop.oms.carriers.configure("ups", secrets=["a secret of UPS"], zone=configured)
    event = attrs.evolve(
        told(T.IN_TRANSIT, shop.ago(0)),
        occurred_at=None,
        local_time=NOON,
        time_basis=TimeBasis.LOCAL_UNKNOWN_ZONE,
        likely_zone=hint,
    )

    assert shop.oms.tracking.record(event, zone=said).scan.at == datetime(2026, 1, 10, hour, 0, tzinfo=UTC)


def test_a_zone_that_there_is_not_is_refused(shop: Parcels) -> None:
    """Whether the caller says it or the event hints at it."""
    event = told(T.IN_TRANSIT, shop.ago(0))
    with pytest.raises(ValidationError, match="zone"):
        shop.oms.tracking.record(event, zone="Mars/Olympus")
    with pytest.raises(ValidationError, match="likelyZone"):
        shop.oms.tracking.record(attrs.evolve(event, likely_zone="Mars/Olympus"))


def test_a_local_time_of_a_carrier_that_is_not_installed(shop: Parcels) -> None:
    """Without a better word it is one of UTC."""
    event = attrs.evolve(
        told(T.IN_TRANSIT, shop.ago(0), carrier="bobs-bikes"),
        occurred_at=None,
        local_time=NOON,
    )

    assert shop.oms.tracking.record(event).scan.at == datetime(2026, 1, 10, 12, 0, tzinfo=UTC)

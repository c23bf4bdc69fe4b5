"""One thing of the tracking is broken at a time, and exactly that is named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import pytest
from tracking.parcels import told
from verify.shop import EmptyShop, place

from vectis_core.commands import EraseOrder, RecordScan
from vectis_core.orders import Shipment
from vectis_core.orders.lifecycle import ShipmentStatus
from vectis_core.tenancy import Caller
from vectis_core.tracking.model import Scan, TrackingEvent
from vectis_core.tracking.statuses import TrackingStatus
from vectis_core.verify import Group, verify


class Shop(EmptyShop):
    """Parcels in every state, one of which has no scan, and a scan that waits."""

    def __init__(self) -> None:
        super().__init__()
        self.face.products.create(sku="A", name="A")
        self.face.inventory.adjust(next(iter(self.face.inventory.list())).id, 9, "found")
        self.labels = {name: self._label(name) for name in ("label", "announced", "moved", "delivered", "voided")}
        self.scans = {
            name: self._file(told(status, self.store.now(), number=f"1Z{name}"))
            for name, status in (
                ("announced", TrackingStatus.LABEL_CREATED),
                ("moved", TrackingStatus.IN_TRANSIT),
                ("delivered", TrackingStatus.DELIVERED),
                ("voided", TrackingStatus.EXCEPTION),
                ("waiting", TrackingStatus.DELIVERED),
            )
        }
        self.face.shipments.void(self.labels["voided"].id)

    def _label(self, name: str) -> Shipment:
        order = place(self.face, name, ("A", 1))
        self.face.orders.confirm(order.id)
        return self.face.orders.ship(order.id, carrier="UPS", tracking_number=f"1Z{name}", status="label_created")

    def _file(self, event: TrackingEvent) -> Scan:
        now = self.store.now()
        command = RecordScan(caller=Caller(), intent=event, at=event.moment(now, None, "UTC"), received_at=now)
        return self.engine.run(command).scan

    def place(self, name: str) -> tuple[str, str]:
        """Return the order and the id of a shipment."""
        return (self.labels[name].order_id, self.labels[name].id)

    def change(self, name: str, **fields: Any) -> dict[str, str]:
        """Change a scan, and return what a fault of it names."""
        scan = attrs.evolve(self.scans[name], **fields)
        self.drop("scans", lambda row: row.track_key == self.scans[name].track_key)
        rows = self.store.state.scans.put((scan.tenant, scan.track_key, scan.id), scan)
        self.store.state = attrs.evolve(self.store.state, scans=rows)
        return {"scan": scan.id, "parcel": scan.track_key}

    def change_shipment(self, name: str, **fields: Any) -> dict[str, str]:
        """Change a shipment, and return what a fault of it names."""
        self.alter_shipment(name, lambda shipment: attrs.evolve(shipment, **fields))
        order, shipment = self.place(name)
        return {"order": order, "shipment": shipment}

    def reread(self, name: str, status: TrackingStatus) -> dict[str, str]:
        """Let a scan say something else, and the shipment show it, which does not move."""
        scan = self.scans[name]
        self.change(name, event=attrs.evolve(scan.event, status=status))
        tracking = self.face.shipments.get(self.labels[name].id).tracking
        assert tracking is not None
        return self.change_shipment(name, tracking=attrs.evolve(tracking, status=status))


#: Breaks one thing; returns the rows that the fault must name.
Break = Callable[[Shop], dict[str, str]]
CASES: list[tuple[str, Break]] = []


def breaks(rule: str) -> Callable[[Break], Break]:
    """Add the function as a case that breaks this rule alone."""

    def add(broken: Break) -> Break:
        CASES.append((rule, broken))
        return broken

    return add


@breaks("tracking")
def a_shipment_that_shows_nothing(shop: Shop) -> dict[str, str]:
    """Its carrier has told of it."""
    return shop.change_shipment("announced", tracking=None)


@breaks("tracking")
def a_shipment_that_shows_what_nobody_said(shop: Shop) -> dict[str, str]:
    """It has no scan."""
    shown = shop.face.shipments.get(shop.labels["moved"].id).tracking
    return shop.change_shipment("label", tracking=shown)


@breaks("tracking")
def a_voided_shipment_that_shows_something_else(shop: Shop) -> dict[str, str]:
    """What was told of it before it was voided stays."""
    return shop.change_shipment("voided", tracking=None)


@breaks("moved")
def a_label_that_was_moved(shop: Shop) -> dict[str, str]:
    """The carrier has it, and the shipment has not shipped."""
    return shop.reread("announced", TrackingStatus.IN_TRANSIT)


@breaks("moved")
def a_label_that_was_delivered(shop: Shop) -> dict[str, str]:
    """The carrier has delivered it, and the shipment has not shipped."""
    return shop.reread("announced", TrackingStatus.DELIVERED)


@breaks("delivered")
def a_shipment_that_arrived_unnoticed(shop: Shop) -> dict[str, str]:
    """The carrier has delivered it, and the shipment has only shipped."""
    return shop.reread("moved", TrackingStatus.DELIVERED)


@breaks("scan_id")
def a_scan_with_another_id(shop: Shop) -> dict[str, str]:
    """A repeat of its event would not be known."""
    return shop.change("waiting", id="another")


@breaks("shipments")
def a_scan_that_names_a_shipment_twice(shop: Shop) -> dict[str, str]:
    """One shipment is named once."""
    return shop.change("moved", shipments=(shop.place("moved"),) * 2)


@breaks("shipment")
def a_scan_of_a_shipment_that_is_not_there(shop: Shop) -> dict[str, str]:
    """Nobody has registered it."""
    order = shop.labels["moved"].order_id
    return shop.change("waiting", shipments=((order, "shp_0"),)) | {"order": order, "shipment": "shp_0"}


@breaks("shipment")
def a_scan_of_another_orders_shipment(shop: Shop) -> dict[str, str]:
    """The shipment is there, and of another order than the scan says."""
    order, shipment = shop.labels["label"].order_id, shop.labels["moved"].id
    return shop.change("waiting", shipments=((order, shipment),)) | {"order": order, "shipment": shipment}


@breaks("parcel")
def a_scan_of_a_shipment_in_another_parcel(shop: Shop) -> dict[str, str]:
    """The shipment has another number; what it shows is not looked up there."""
    order, shipment = shop.place("label")
    return shop.change("waiting", shipments=((order, shipment),)) | {"order": order, "shipment": shipment}


@breaks("erased")
def a_scan_that_tells_what_its_order_forgot(shop: Shop) -> dict[str, str]:
    """The order is erased, and its parcel's scan still says who took it."""
    order = shop.face.orders.get(shop.labels["voided"].order_id)
    shop.face.orders.cancel(order.id)
    shop.engine.run(EraseOrder(caller=Caller(), order_id=order.id))
    scan = attrs.evolve(shop.scans["voided"], event=attrs.evolve(shop.scans["voided"].event, signer="Jane"))
    shop.scans["voided"] = scan
    tracking = shop.face.shipments.get(shop.labels["voided"].id).tracking
    shop.change("voided", shipments=(shop.place("voided"),))
    assert tracking is not None
    shop.change_shipment("voided", tracking=attrs.evolve(tracking, description=scan.event.description))
    return {"order": order.id, "scan": scan.id}


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case[1].__name__))
def test_exactly_what_is_broken_is_named(case: tuple[str, Break]) -> None:
    """Each rule is told by name with the rows involved, and no rule is told that holds."""
    rule, broken = case
    shop = Shop()
    rows = broken(shop)
    faults = list(shop.faults())

    assert [(fault.group, fault.rule) for fault in faults] == [(Group.TRACKING, rule)]
    assert [dict(fault.rows) for fault in faults] == [rows]


def test_a_scan_in_another_parcel_than_its_event() -> None:
    """A scan that is filed under another parcel is named, whatever else does not fit then."""
    shop = Shop()
    shop.change("waiting", track_key="ups:1Z0")

    assert {(fault.group, fault.rule) for fault in shop.faults()} == {(Group.TRACKING, "parcel")}


def test_a_scan_that_stands_under_another_key_than_its_own() -> None:
    """What would be read again and again, since its key leads back to itself, is named, and the reading ends."""
    shop = Shop()
    scan = max(shop.scans.values(), key=lambda each: (each.track_key, each.id))
    rows = shop.store.state.scans.put((scan.tenant, "ups:1Zz", scan.id), scan)
    shop.store.state = attrs.evolve(shop.store.state, scans=rows)
    faults = list(shop.faults())

    assert [fault.rule for fault in faults] == ["unreadable"]
    assert "scans" in faults[0].message


def test_a_scan_of_another_tenants_shipment() -> None:
    """A scan names shipments of its own tenant alone; the store says so too."""
    shop = Shop()
    shop.change("waiting", shipments=(shop.place("moved"),), tenant="acme")
    faults = verify(shop.store).faults

    assert any(fault.rule == "stray" for fault in faults)


def test_a_sound_shop_is_clean() -> None:
    """Parcels in every state have no fault, and all scans were looked at."""
    shop = Shop()
    report = verify(shop.store)

    assert report.faults == ()
    assert report.checked["scans"] == 5
    assert {str(shop.face.shipments.get(each.id).status) for each in shop.labels.values()} == set(ShipmentStatus)

"""A shop that sends parcels, on either backend, and scans of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from vectis_core import Address, Item, Order, Shipment, Vectis
from vectis_core.commands import RecordScan
from vectis_core.events import Event
from vectis_core.tenancy import Caller
from vectis_core.testing import CountingIds, FrozenClock
from vectis_core.tracking.model import Filed, Place, Reading, TimeBasis, TrackingEvent, event_of
from vectis_core.tracking.statuses import TrackingStatus

ADDRESS = Address(name="Jane Smith", line1="123 Main St", city="Austin", country="US")
NUMBER = "1Z999AA10123456784"
#: The backends on which everything is tried.
BACKENDS = ("memory", "sqlite")


def told(status: TrackingStatus | None, at: datetime, reason: str | None = None, **fields: Any) -> TrackingEvent:
    """Return a carrier's event."""
    given = {"carrier": "ups", "number": NUMBER, "code": f"{status}/{reason}", "time_basis": TimeBasis.UTC, **fields}
    return event_of(
        given.pop("carrier"),
        given.pop("number"),
        status=status,
        reason=reason,
        description="as the carrier says",
        occurred_at=at,
        local_time=None,
        reading=Reading("test", None),
        place=Place(city="Austin"),
        **given,
    )


class Parcels:
    """A shop with stock, whose clock stands still until it is told to move."""

    def __init__(self, backend: str, folder: Path) -> None:
        self.clock = FrozenClock()
        url = "memory://" if backend == "memory" else f"sqlite:///{folder}/shop.db"
        self.oms = Vectis.open(url, clock=self.clock, ids=CountingIds())
        self.oms.products.create(sku="W", name="Widget")
        self.stock_id = next(iter(self.oms.inventory.list())).id
        self.oms.inventory.adjust(self.stock_id, 100, "first delivery")

    def order(self, external_id: str = "O", pieces: int = 2) -> Order:
        """Return a new order that is confirmed."""
        placed = self.oms.orders.create(
            external_id=external_id, items=[Item("W", pieces, "29.99")], shipping_addresses=[ADDRESS]
        )
        return self.oms.orders.confirm(placed.order.id)

    def label(self, order: Order, carrier: str = "UPS", number: str = NUMBER, **fields: Any) -> Shipment:
        """Return a new label of an order."""
        return self.oms.orders.ship(
            order.id, carrier=carrier, tracking_number=number, **{"status": "label_created", **fields}
        )

    def file(self, event: TrackingEvent, *, anew: bool = False) -> Filed:
        """File an event at the moment at which the clock stands."""
        now, at = self.clock.now(), event.occurred_at
        assert at is not None
        return self.oms.run(RecordScan(caller=Caller(), intent=event, at=at, received_at=now, anew=anew))

    def ago(self, hours: float) -> datetime:
        """Return a moment in the past."""
        return self.clock.now() - timedelta(hours=hours)

    def events(self, order: Order) -> list[str]:
        """Return the types of an order's events, oldest first."""
        return [str(event.type) for event in self.oms.orders.history(order.id)]

    def told_of(self, order: Order, kind: str) -> list[Event]:
        """Return an order's events of a type."""
        return [event for event in self.oms.orders.history(order.id) if event.type == kind]

    def shipment(self, label: Shipment) -> Shipment:
        """Return a shipment as it is now."""
        return self.oms.shipments.get(label.id)

    def timeline(self, order: Order) -> list[tuple[str, bool]]:
        """Return the ids of the scans of an order's first shipment in order, and which contradict a final one."""
        (first, *_) = self.oms.tracking.of_order(order.id)
        return [(entry.scan.id, entry.contradicts) for entry in first.entries]

    def sound(self) -> bool:
        """Return whether every rule holds; raises where one does not."""
        faults = self.oms.verify().faults
        assert faults == (), faults
        return True

    def closed(self) -> None:
        """Close the shop, whose books must be right."""
        try:
            self.sound()
        finally:
            self.oms.close()


def file_all(shop: Parcels, events: Iterable[TrackingEvent]) -> list[str]:
    """File events in turn, and return what became of each."""
    return [str(shop.file(event).outcome) for event in events]

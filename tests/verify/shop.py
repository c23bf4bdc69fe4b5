"""A small shop in memory in which everything happened once, and ways to break its books."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import attrs

from vectis_core import commands
from vectis_core.engine import Engine
from vectis_core.events import Event
from vectis_core.faces import TenantFace
from vectis_core.ids import RandomIds
from vectis_core.orders import Address, Item, Order, Shipment, ShipmentItem
from vectis_core.tenancy import Caller
from vectis_core.vault import StoreVault
from vectis_core.verify import Fault, verify
from vectis_core.webhooks.address_rules import AddressRules
from vectis_memory import open_store

ADDRESS = Address(name="Jane Smith", line1="123 Main St", city="Austin", country="US")


class Ticking:
    """A clock that moves on a second whenever it is read."""

    def __init__(self) -> None:
        self._now = datetime(2026, 1, 26, 12, tzinfo=UTC)

    def now(self) -> datetime:
        """Return a moment that was not returned before."""
        self._now += timedelta(seconds=1)
        return self._now


class EmptyShop:
    """A tenant in memory, whose rows can be changed past every rule."""

    def __init__(self) -> None:
        ids = RandomIds()
        self.store = open_store("memory://", clock=Ticking(), ids=ids)
        self.engine = Engine(self.store, ids, StoreVault(self.store), AddressRules())
        self.engine.run(commands.OpenTenant())
        self.face = TenantFace(self.engine, Caller())

    def order(self, external_id: str) -> Order:
        """Return an order."""
        return self.face.orders.by_external_id(external_id)

    def stock_id(self, sku: str, place: int = 0) -> str:
        """Return the id of a SKU's stock record in the first or second warehouse."""
        records = sorted(self.face.inventory.list(sku=sku), key=lambda record: record.id)
        return records[place].id

    def alter(self, table: str, which: Callable[[Any], bool], **fields: Any) -> None:
        """Change fields of the rows of a table that are meant, past every rule."""
        rows = getattr(self.store.state, table)
        changed = rows
        for key, row in rows.items():
            if which(row):
                changed = changed.put(key, attrs.evolve(row, **fields))
        assert changed is not rows
        self.store.state = attrs.evolve(self.store.state, **{table: changed})

    def drop(self, table: str, which: Callable[[Any], bool]) -> None:
        """Delete the rows of a table that are meant."""
        rows = getattr(self.store.state, table)
        kept = rows
        for key, row in rows.items():
            if which(row):
                kept = kept.without(key)
        assert kept is not rows
        self.store.state = attrs.evolve(self.store.state, **{table: kept})

    def alter_order(self, which: str, **fields: Any) -> None:
        """Change fields of the order with this external id."""
        self.alter("orders", lambda order: order.external_id == which, **fields)

    def alter_line(self, external_id: str, **fields: Any) -> None:
        """Change fields of an order's first line."""
        first, *rest = self.order(external_id).lines
        self.alter_order(external_id, lines=(attrs.evolve(first, **fields), *rest))

    def alter_shipment(self, external_id: str, change: Callable[[Shipment], Shipment]) -> None:
        """Change an order's first shipment."""
        first, *rest = self.order(external_id).shipments
        self.alter_order(external_id, shipments=(change(first), *rest))

    def alter_events(self, which: Callable[[Event], bool], **fields: Any) -> None:
        """Change events, wherever they are kept."""
        for table in ("events", "histories", "event_types"):
            self.alter(table, which, **fields)

    def drop_events(self, which: Callable[[Event], bool]) -> None:
        """Delete events, wherever they are kept."""
        for table in ("events", "histories", "event_types"):
            self.drop(table, which)

    def faults(self) -> Iterator[Fault]:
        """Return what verifying finds, but for what the store says of itself."""
        return (fault for fault in verify(self.store).faults if fault.rule != "stray")


class Shop(EmptyShop):
    """A tenant with orders in every status; ``order`` finds them by external id."""

    def __init__(self) -> None:
        super().__init__()
        tell_the_story(self.face)


def tell_the_story(face: TenantFace) -> None:
    """Stock two warehouses, and take orders to every status."""
    second = face.warehouses.create(code="second", name="Second")
    for sku in ("A", "B", "C"):
        face.products.create(sku=sku, name=sku)
        for record in face.inventory.list(sku=sku):
            face.inventory.adjust(record.id, 10, "received")
    other = face.inventory.open(sku="A", warehouse_id=second.id, reorder_point=4)
    face.inventory.adjust(other.id, 5, "received")
    pending = place(face, "pending", ("A", 1))
    place(face, "cancelled", ("B", 2))
    place(face, "split", ("A", 12), ("B", 1))
    for external_id in ("confirmed", "partial", "shipped", "delivered", "short", "labelled"):
        order = place(face, external_id, ("B", 1), ("C", 1))
        face.orders.confirm(order.id)
    face.orders.hold(pending.id, "address")
    face.orders.release(pending.id, "checked")
    face.orders.hold(pending.id, "address again")
    face.orders.cancel(face.orders.by_external_id("cancelled").id, "changed their mind")
    ship_some(face)


def ship_some(face: TenantFace) -> None:
    """Take the confirmed orders on: by label and at once, in parts, delivered, closed short."""
    ids = {order.external_id: order.id for order in face.orders.list()}
    part = [ShipmentItem(quantity=1, sku="B")]
    ship = partial(face.orders.ship, carrier="UPS", tracking_number="1Z999AA10123456784")
    ship(ids["partial"], items=part)
    ship(ids["partial"], status="label_created")
    ship(ids["shipped"])
    whole = ship(ids["delivered"], status="label_created")
    face.shipments.ship(whole.id)
    face.shipments.deliver(whole.id)
    first = ship(ids["short"], items=part)
    face.shipments.deliver(first.id)
    face.orders.close_short(ids["short"], "no more of it")
    voided = ship(ids["labelled"], status="label_created")
    face.shipments.void(voided.id)


def place(face: TenantFace, external_id: str, *wanted: tuple[str, int]) -> Order:
    """Place an order of so many pieces of each SKU."""
    items = [Item(sku=sku, quantity=quantity, unit_price="29.99") for sku, quantity in wanted]
    placed = face.orders.create(external_id=external_id, items=items, shipping_addresses=[ADDRESS])
    return placed.order

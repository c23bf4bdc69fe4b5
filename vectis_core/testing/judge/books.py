"""All that one tenant has, as the public API tells it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

import attrs

from vectis_core.commands import UpdateWarehouse
from vectis_core.events import Event, Subject
from vectis_core.faces import TenantFace
from vectis_core.orders.model import Order, Shipment
from vectis_core.stock.model import Movement, StockRecord
from vectis_core.testing.calls import Call


@attrs.frozen
class Books:
    """Everything that is looked at, by id."""

    orders: dict[str, Order]
    #: More than one of an external id would be wrong.
    by_external_id: dict[str, list[Order]]
    shipments: dict[str, Shipment]
    stock: dict[str, StockRecord]
    #: A stock record's rows, oldest first.
    ledger: dict[str, list[Movement]]
    #: What the feed tells about each order and stock record, in its order.
    events: dict[str, list[Event]]
    #: What each order's own history tells.
    histories: dict[str, tuple[Event, ...]]
    #: The stock records that orders could be served from at any time, by SKU.
    sellable: dict[str, list[str]]

    @classmethod
    def read(cls, face: TenantFace, calls: Iterable[Call]) -> Self:
        """Read all of it; *calls* say which warehouses were closed for a while."""
        orders = {order.id: order for order in face.orders.list()}
        by_external_id: dict[str, list[Order]] = {}
        for order in orders.values():
            by_external_id.setdefault(order.external_id, []).append(order)
        stock = {record.id: record for record in face.inventory.list()}
        events: dict[str, list[Event]] = {}
        for event in face.events():
            # Those of webhooks are for the judge of deliveries.
            if event.subject is not Subject.WEBHOOK:
                events.setdefault(event.subject_id, []).append(event)
        return cls(
            orders=orders,
            by_external_id=by_external_id,
            shipments={shipment.id: shipment for order in orders.values() for shipment in order.shipments},
            stock=stock,
            ledger={stock_id: list(face.inventory.movements(stock_id))[::-1] for stock_id in stock},
            events=events,
            histories={order_id: face.orders.history(order_id) for order_id in orders},
            sellable=_sellable(face, stock.values(), calls),
        )


def _sellable(face: TenantFace, records: Iterable[StockRecord], calls: Iterable[Call]) -> dict[str, list[str]]:
    changed = {call.command.warehouse_id for call in calls if isinstance(call.command, UpdateWarehouse)}
    active = {warehouse.id for warehouse in face.warehouses.list() if warehouse.active} - changed
    found: dict[str, list[str]] = {}
    for record in records:
        if record.warehouse_id in active:
            found.setdefault(record.sku, []).append(record.id)
    return found

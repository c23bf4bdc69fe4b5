"""The steps of a parcel, whoever reports them: it leaves, and it arrives."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import attrs

from vectis_core.events import EventType
from vectis_core.handlers.orders import with_shipment, written
from vectis_core.handlers.stockkeeping import consume
from vectis_core.orders.lifecycle import OrderStatus, ShipmentStatus
from vectis_core.orders.model import Order, OrderLine, Shipment, ShipmentLine
from vectis_core.orders.rules import restated
from vectis_core.unit_of_work import UnitOfWork


def of(order: Order, shipment_id: str) -> Shipment:
    """Return one of the order's shipments."""
    return next(each for each in order.shipments if each.id == shipment_id)


def left(work: UnitOfWork, order: Order, shipment: Shipment, at: datetime) -> Order:
    """Take a shipment's goods out of stock, write it and its order as shipped, and return the order."""
    gone = attrs.evolve(shipment, status=ShipmentStatus.SHIPPED, shipped_at=at, updated_at=work.now)
    consume(work, order.id, gone.id, [(each.line_no, each.stock_id, each.quantity) for each in gone.lines])
    lines = tuple(_shipped(line, gone.lines) for line in order.lines)
    changed = restated(order, work.now, 1, lines=lines, shipments=with_shipment(order, gone))
    return written(work, changed, EventType.ORDER_SHIPPED, told(gone))


def arrived(work: UnitOfWork, order: Order, shipment: Shipment, at: datetime) -> Order:
    """Write a shipment as delivered, and its order once all of it is; return the order."""
    there = attrs.evolve(shipment, status=ShipmentStatus.DELIVERED, delivered_at=at, updated_at=work.now)
    changed = restated(order, work.now, 1, shipments=with_shipment(order, there))
    whole = changed.status is OrderStatus.DELIVERED
    status_meanwhile = order.status if whole else changed.status
    written(work, changed, EventType.SHIPMENT_DELIVERED, {"status": str(status_meanwhile), **told(there)})
    if whole:
        changed = attrs.evolve(changed, event_seq=changed.event_seq + 1)
        return written(work, changed, EventType.ORDER_DELIVERED)
    return changed


def told(shipment: Shipment) -> dict[str, Any]:
    """Return what events say of a shipment."""
    items = [{"lineId": line.line_id, "sku": line.sku, "quantity": line.quantity} for line in shipment.lines]
    return {
        "shipmentId": shipment.id,
        "trackingNumber": shipment.tracking_number,
        "carrier": shipment.carrier,
        "items": items,
    }


def _shipped(line: OrderLine, gone: Sequence[ShipmentLine]) -> OrderLine:
    quantity = sum(each.quantity for each in gone if each.line_no == line.line_no)
    if not quantity:
        return line
    return attrs.evolve(line, reserved=line.reserved - quantity, shipped=line.shipped + quantity)

"""Confirming, holding, releasing, cancelling and closing short."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import attrs

from vectis_core.commands import (
    CancelOrder,
    CloseOrderShort,
    ConfirmOrder,
    HoldOrder,
    RegisterShipment,
    ReleaseOrder,
)
from vectis_core.errors import NotFound
from vectis_core.events import EventType, Subject
from vectis_core.handlers.stockkeeping import release_all
from vectis_core.identity_map import Keys
from vectis_core.orders.lifecycle import OrderStatus, OrderStep, ShipmentStatus
from vectis_core.orders.model import Order, Shipment
from vectis_core.orders.rules import cancelled_rest, repriced, require, restated
from vectis_core.unit_of_work import UnitOfWork

OrderCommand = ConfirmOrder | CancelOrder | CloseOrderShort | HoldOrder | ReleaseOrder | RegisterShipment


def keys(command: OrderCommand, keys: Keys) -> None:
    """Name the order."""
    keys.orders.add((command.caller.tenant, command.order_id))


def stock(command: OrderCommand, work: UnitOfWork, keys: Keys) -> None:
    """Name the stock that is promised to the order."""
    stock_of_order(command.order_id, work, keys)


def stock_of_order(order_id: str, work: UnitOfWork, keys: Keys) -> None:
    """Name the stock that is promised to an order."""
    for held in work.reservations(order_id):
        keys.stock_ids.add((work.caller.tenant, held.stock_id))


def found(order_id: str, work: UnitOfWork) -> Order:
    """Return the order; raises ``NotFound``."""
    order = work.order(order_id)
    if order is None:
        raise NotFound("No such order")
    return order


def confirm(command: ConfirmOrder, work: UnitOfWork) -> Order:
    """Accept a pending order."""
    order = found(command.order_id, work)
    require(order, OrderStep.CONFIRM)
    changed = restated(order, work.now, 1, confirmed_at=work.now)
    return written(work, changed, EventType.ORDER_CONFIRMED)


def hold(command: HoldOrder, work: UnitOfWork) -> Order:
    """Put an order on hold."""
    order = found(command.order_id, work)
    require(order, OrderStep.HOLD)
    reason = command.intent.reason
    changed = restated(order, work.now, 1, on_hold=True, hold_reason=reason)
    return written(work, changed, EventType.ORDER_HELD, {"reason": reason})


def release(command: ReleaseOrder, work: UnitOfWork) -> Order:
    """End an order's hold."""
    order = found(command.order_id, work)
    require(order, OrderStep.RELEASE)
    changed = restated(order, work.now, 1, on_hold=False, hold_reason=None)
    return written(work, changed, EventType.ORDER_RELEASED, {"reason": command.intent.reason})


def cancel(command: CancelOrder, work: UnitOfWork) -> Order:
    """Cancel an order, void its labels, release its stock; its figures stay as they were."""
    order = found(command.order_id, work)
    require(order, OrderStep.CANCEL)
    reason = command.intent.reason
    order = without_labels(work, order)
    release_all(work, order.id, reason)
    changed = restated(
        order,
        work.now,
        1,
        lines=tuple(cancelled_rest(line) for line in order.lines),
        cancelled_at=work.now,
        cancel_reason=reason,
        on_hold=False,
        hold_reason=None,
    )
    return written(work, changed, EventType.ORDER_CANCELLED, {"reason": reason})


def close_short(command: CloseOrderShort, work: UnitOfWork) -> Order:
    """Cancel and release what was not shipped; the order's figures follow what was."""
    order = found(command.order_id, work)
    require(order, OrderStep.CLOSE_SHORT)
    reason = command.intent.reason
    order = without_labels(work, order)
    release_all(work, order.id, reason)
    rest = repriced(order, tuple(cancelled_rest(line) for line in order.lines))
    changed = restated(order, work.now, 1, on_hold=False, hold_reason=None, **rest)
    more = {
        "change": "closed_short",
        "reason": reason,
        "total": changed.total,
        "itemCount": changed.item_count,
    }
    written(work, changed, EventType.ORDER_UPDATED, more)
    if changed.status is OrderStatus.DELIVERED:
        changed = attrs.evolve(changed, event_seq=changed.event_seq + 1)
        return written(work, changed, EventType.ORDER_DELIVERED)
    return changed


def without_labels(work: UnitOfWork, order: Order) -> Order:
    """Return *order* with its labels voided, each with its event."""
    for shipment in order.shipments:
        if shipment.status is ShipmentStatus.LABEL_CREATED:
            order = void_label(work, order, shipment, work.now)
    return order


def void_label(work: UnitOfWork, order: Order, shipment: Shipment, at: datetime) -> Order:
    """Void one label as of *at*, and return the order as it is then."""
    voided = attrs.evolve(shipment, status=ShipmentStatus.VOIDED, voided_at=at, updated_at=work.now)
    changed = restated(order, work.now, 1, shipments=with_shipment(order, voided))
    return written(work, changed, EventType.SHIPMENT_VOIDED, {"shipmentId": shipment.id})


def with_shipment(order: Order, changed: Shipment) -> tuple[Shipment, ...]:
    """Return the order's shipments with one of them changed."""
    return tuple(changed if each.id == changed.id else each for each in order.shipments)


def written(work: UnitOfWork, order: Order, event_type: EventType, more: dict[str, Any] | None = None) -> Order:
    """Write a changed order with its newest event, and return it."""
    work.put_order(order)
    data = {"orderId": order.id, "externalId": order.external_id, "status": str(order.status)}
    work.emit(event_type, Subject.ORDER, order.id, order.event_seq, {**data, **(more or {})})
    return order

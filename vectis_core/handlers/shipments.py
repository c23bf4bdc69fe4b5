"""Registering, shipping, delivering and voiding shipments."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import attrs

from vectis_core.commands import DeliverShipment, RegisterShipment, ShipShipment, VoidShipment
from vectis_core.errors import Conflict, NotFound, ValidationError
from vectis_core.events import EventType
from vectis_core.handlers import orders
from vectis_core.handlers.orders import found, void_label, with_shipment, written
from vectis_core.handlers.stockkeeping import consume
from vectis_core.orders.lifecycle import (
    OrderStatus,
    OrderStep,
    ShipmentStatus,
    ShipmentStep,
    next_shipment_status,
)
from vectis_core.orders.model import Order, OrderLine, Shipment, ShipmentLine
from vectis_core.orders.packing import pack
from vectis_core.orders.rules import require, restated
from vectis_core.unit_of_work import Keys, UnitOfWork

#: How the carriers that the guide names are shown to people; others are shown as they were given.
CARRIER_NAMES = {
    "amazon": "Amazon",
    "dhl": "DHL",
    "fedex": "FedEx",
    "lasership": "LaserShip",
    "ontrac": "OnTrac",
    "ups": "UPS",
    "usps": "USPS",
}

ShipmentCommand = ShipShipment | DeliverShipment | VoidShipment


def keys_of_order(command: RegisterShipment, keys: Keys) -> None:
    """Name the order, and the warehouses that one may be named of."""
    orders.keys(command, keys)
    keys.warehouses.add(command.caller.tenant)


def keys(command: ShipmentCommand, keys: Keys) -> None:
    """Name the shipment, which leads to its order."""
    keys.shipments.add((command.caller.tenant, command.shipment_id))


def stock(command: ShipmentCommand, work: UnitOfWork, keys: Keys) -> None:
    """Name the stock that is promised to the shipment's order."""
    order_id = work.order_id_of_shipment(command.shipment_id)
    if order_id is not None:
        orders.stock_of_order(order_id, work, keys)


def register(command: RegisterShipment, work: UnitOfWork) -> Shipment:
    """Register a shipment: its label alone, or as shipped at once."""
    order = found(command.order_id, work)
    intent = command.intent
    at_once = intent.status == ShipmentStatus.SHIPPED
    require(order, OrderStep.SHIP if at_once else OrderStep.ADD_LABEL)
    if intent.warehouse_id is not None and work.warehouse(intent.warehouse_id) is None:
        raise ValidationError.of("warehouseId", f"there is no warehouse {intent.warehouse_id!r}")
    lines = pack(order, work.reservations(order.id), intent)
    label = Shipment(
        tenant=order.tenant,
        id=work.new_id("shp"),
        order_id=order.id,
        status=ShipmentStatus.LABEL_CREATED,
        carrier=CARRIER_NAMES.get(intent.carrier.strip().lower(), intent.carrier),
        tracking_number=intent.tracking_number,
        shipping_address=_one_address(order, lines),
        lines=lines,
        created_at=work.now,
        updated_at=work.now,
        shipped_at=None,
        delivered_at=None,
        voided_at=None,
    )
    if at_once:
        return _left(work, attrs.evolve(order, shipments=(*order.shipments, label)), label, work.now)
    changed = restated(order, work.now, 1, shipments=(*order.shipments, label))
    written(work, changed, EventType.SHIPMENT_LABEL_CREATED, _told(label))
    return label


def ship(command: ShipShipment, work: UnitOfWork) -> Shipment:
    """A label's goods leave."""
    order, shipment = _found(command, work)
    next_shipment_status(shipment.id, shipment.status, ShipmentStep.SHIP)
    require(order, OrderStep.SHIP)
    return _left(work, order, shipment, _moment(command, work, not_before=order.created_at))


def deliver(command: DeliverShipment, work: UnitOfWork) -> Shipment:
    """A shipment has arrived; its order has once all of it did."""
    order, shipment = _found(command, work)
    status = next_shipment_status(shipment.id, shipment.status, ShipmentStep.DELIVER)
    require(order, OrderStep.DELIVER)
    at = _moment(command, work, not_before=shipment.shipped_at or order.created_at)
    arrived = attrs.evolve(shipment, status=status, delivered_at=at, updated_at=work.now)
    changed = restated(order, work.now, 1, shipments=with_shipment(order, arrived))
    whole = changed.status is OrderStatus.DELIVERED
    status_meanwhile = order.status if whole else changed.status
    more = {"status": str(status_meanwhile), **_told(arrived)}
    written(work, changed, EventType.SHIPMENT_DELIVERED, more)
    if whole:
        changed = attrs.evolve(changed, event_seq=changed.event_seq + 1)
        written(work, changed, EventType.ORDER_DELIVERED)
    return arrived


def void(command: VoidShipment, work: UnitOfWork) -> Shipment:
    """A label will not be used."""
    order, shipment = _found(command, work)
    next_shipment_status(shipment.id, shipment.status, ShipmentStep.VOID)
    require(order, OrderStep.VOID_LABEL)
    at = _moment(command, work, not_before=shipment.created_at)
    return _of(void_label(work, order, shipment, at), shipment.id)


def _left(work: UnitOfWork, order: Order, shipment: Shipment, at: datetime) -> Shipment:
    """Take a shipment's goods out of stock, and write it and its order as shipped."""
    gone = attrs.evolve(shipment, status=ShipmentStatus.SHIPPED, shipped_at=at, updated_at=work.now)
    consume(work, order.id, gone.id, [(each.line_no, each.stock_id, each.quantity) for each in gone.lines])
    lines = tuple(_shipped(line, gone.lines) for line in order.lines)
    changed = restated(order, work.now, 1, lines=lines, shipments=with_shipment(order, gone))
    written(work, changed, EventType.ORDER_SHIPPED, _told(gone))
    return gone


def _shipped(line: OrderLine, gone: Sequence[ShipmentLine]) -> OrderLine:
    quantity = sum(each.quantity for each in gone if each.line_no == line.line_no)
    if not quantity:
        return line
    return attrs.evolve(line, reserved=line.reserved - quantity, shipped=line.shipped + quantity)


def _found(command: ShipmentCommand, work: UnitOfWork) -> tuple[Order, Shipment]:
    order_id = work.order_id_of_shipment(command.shipment_id)
    if order_id is None:
        raise NotFound("No such shipment")
    order = found(order_id, work)
    return order, _of(order, command.shipment_id)


def _of(order: Order, shipment_id: str) -> Shipment:
    return next(each for each in order.shipments if each.id == shipment_id)


def _moment(command: ShipmentCommand, work: UnitOfWork, not_before: datetime) -> datetime:
    at = command.intent.at
    if at is None:
        return work.now
    if at > work.now:
        raise ValidationError.of("at", "must not lie in the future")
    # The wire tells whole seconds: a moment read from an answer must be good as a bound.
    if at < not_before.replace(microsecond=0):
        raise ValidationError.of("at", f"must not lie before {not_before:%Y-%m-%dT%H:%M:%SZ}")
    return at


def _one_address(order: Order, lines: Sequence[ShipmentLine]) -> int:
    addresses = {line.line_no: line.shipping_address for line in order.lines}
    wanted = sorted({addresses[each.line_no] for each in lines})
    if len(wanted) > 1:
        raise Conflict(
            "A shipment goes to one address, and these lines go to several: name items of one",
            {"orderId": order.id, "shippingAddresses": wanted},
        )
    return wanted[0]


def _told(shipment: Shipment) -> dict[str, Any]:
    items = [{"lineId": line.line_id, "sku": line.sku, "quantity": line.quantity} for line in shipment.lines]
    return {
        "shipmentId": shipment.id,
        "trackingNumber": shipment.tracking_number,
        "carrier": shipment.carrier,
        "items": items,
    }

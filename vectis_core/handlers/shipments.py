"""Registering, shipping, delivering and voiding shipments."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import attrs

from vectis_core.commands import DeliverShipment, RegisterShipment, ShipShipment, VoidShipment
from vectis_core.errors import Conflict, NotFound, ValidationError
from vectis_core.events import EventType
from vectis_core.handlers import orders
from vectis_core.handlers.orders import found, void_label, written
from vectis_core.handlers.parcels import arrived, left, of, told
from vectis_core.handlers.tracking import follow_earlier
from vectis_core.identity_map import Keys
from vectis_core.orders.lifecycle import (
    OrderStep,
    ShipmentStatus,
    ShipmentStep,
    next_shipment_status,
)
from vectis_core.orders.model import Order, Shipment, ShipmentLine
from vectis_core.orders.packing import pack
from vectis_core.orders.rules import require, restated
from vectis_core.tracking.numbers import shown_name, track_key
from vectis_core.unit_of_work import UnitOfWork

ShipmentCommand = ShipShipment | DeliverShipment | VoidShipment


def keys_of_order(command: RegisterShipment, keys: Keys) -> None:
    """Name the order, the warehouses that one may be named of, and the parcel, which may be known already."""
    orders.keys(command, keys)
    keys.warehouses.add(command.caller.tenant)
    keys.tracks.add((command.caller.tenant, track_key(command.intent.carrier, command.intent.tracking_number)))


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
        carrier=shown_name(intent.carrier),
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
        changed = left(work, attrs.evolve(order, shipments=(*order.shipments, label)), label, work.now)
    else:
        changed = restated(order, work.now, 1, shipments=(*order.shipments, label))
        written(work, changed, EventType.SHIPMENT_LABEL_CREATED, told(label))
    work.put_label(changed, label)
    return of(follow_earlier(work, changed, label), label.id)


def ship(command: ShipShipment, work: UnitOfWork) -> Shipment:
    """A label's goods leave."""
    order, shipment = _found(command, work)
    next_shipment_status(shipment.id, shipment.status, ShipmentStep.SHIP)
    require(order, OrderStep.SHIP)
    changed = left(work, order, shipment, _moment(command, work, not_before=order.created_at))
    return of(changed, shipment.id)


def deliver(command: DeliverShipment, work: UnitOfWork) -> Shipment:
    """A shipment has arrived; its order has once all of it did."""
    order, shipment = _found(command, work)
    next_shipment_status(shipment.id, shipment.status, ShipmentStep.DELIVER)
    require(order, OrderStep.DELIVER)
    at = _moment(command, work, not_before=shipment.shipped_at or order.created_at)
    return of(arrived(work, order, shipment, at), shipment.id)


def void(command: VoidShipment, work: UnitOfWork) -> Shipment:
    """A label will not be used."""
    order, shipment = _found(command, work)
    next_shipment_status(shipment.id, shipment.status, ShipmentStep.VOID)
    require(order, OrderStep.VOID_LABEL)
    at = _moment(command, work, not_before=shipment.created_at)
    return of(void_label(work, order, shipment, at), shipment.id)


def _found(command: ShipmentCommand, work: UnitOfWork) -> tuple[Order, Shipment]:
    order_id = work.order_id_of_shipment(command.shipment_id)
    if order_id is None:
        raise NotFound("No such shipment")
    order = found(order_id, work)
    return order, of(order, command.shipment_id)


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

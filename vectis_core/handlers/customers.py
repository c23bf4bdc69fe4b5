"""Erasing what is personal."""

from __future__ import annotations

import attrs

from vectis_core.commands import EraseOrder
from vectis_core.errors import Conflict
from vectis_core.events import EventType
from vectis_core.handlers.orders import found, written
from vectis_core.handlers.tracking import news_of
from vectis_core.identity_map import Keys
from vectis_core.orders.erasure import ENDED, erased_event, erasing, is_erased
from vectis_core.orders.model import Order, Shipment
from vectis_core.orders.rules import restated
from vectis_core.tracking.model import Scan
from vectis_core.tracking.timeline import deciding, state_of
from vectis_core.unit_of_work import UnitOfWork


def keys(command: EraseOrder, keys: Keys) -> None:
    """Name the order, which leads to the scans of its parcels and to the other orders in these."""
    keys.timelines.add((command.caller.tenant, command.order_id))


def erase(command: EraseOrder, work: UnitOfWork) -> Order:
    """Erase what is personal in an order and in the scans of its parcels; raises ``Conflict`` where it has not ended.

    Other orders in the same parcels show the carrier's words no more either, and say so by an event of theirs.
    """
    order = found(command.order_id, work)
    if order.is_erased:
        return order
    if order.status not in ENDED:
        message = "The order has not ended: its customer's data can be erased once it is delivered or cancelled"
        raise Conflict(message, {"orderId": order.id, "status": str(order.status)})
    parcels = {shipment.track_key for shipment in order.shipments}
    _erase_scans(work, order, parcels)
    for order_id in sorted({each for parcel in parcels for each in work.orders_of_track(parcel)} - {order.id}):
        _show_again(work, order_id, parcels)
    shipments = tuple(_shown(work, shipment) for shipment in order.shipments)
    changed = restated(order, work.now, 1, shipments=shipments, **erasing(order))
    return written(work, changed, EventType.ORDER_REDACTED)


def _erase_scans(work: UnitOfWork, order: Order, parcels: set[str]) -> None:
    for parcel in sorted(parcels):
        for scan in work.scans(parcel):
            if any(order_id == order.id for order_id, _ in scan.shipments) and not is_erased(scan.event):
                work.put_scan(attrs.evolve(scan, event=erased_event(scan.event)))


def _shown(work: UnitOfWork, shipment: Shipment) -> Shipment:
    """Return a shipment as its scans show it now."""
    state = state_of(_scans_of(work, shipment))
    if state == shipment.tracking:
        return shipment
    return attrs.evolve(shipment, tracking=state, updated_at=work.now)


def _scans_of(work: UnitOfWork, shipment: Shipment) -> list[Scan]:
    place = (shipment.order_id, shipment.id)
    return [scan for scan in work.scans(shipment.track_key) if place in scan.shipments]


def _show_again(work: UnitOfWork, order_id: str, parcels: set[str]) -> None:
    """Let another order show what is left of scans that it shares."""
    other = work.order(order_id)
    if other is None:
        return
    for before in other.shipments:
        after = _shown(work, before) if before.track_key in parcels else before
        if after is before:
            continue
        shipments = tuple(after if each is before else each for each in other.shipments)
        other = restated(other, work.now, 1, shipments=shipments)
        current, _ = deciding(_scans_of(work, after))
        if current is not None:
            news = news_of(after, current, is_current=True)
            written(work, other, EventType.SHIPMENT_TRACKING_UPDATED, news)

"""Filing what carriers report, and letting shipments and orders follow.

A shipment goes forward by what the set of its scans says, not by which came first. A hold on the order stops people,
not parcels: what a carrier has moved has left, and the books say so.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import attrs

from vectis_core.clock import to_wire
from vectis_core.commands import RecordScan
from vectis_core.errors import ValidationError
from vectis_core.events import EventType
from vectis_core.handlers import orders
from vectis_core.handlers.orders import with_shipment, written
from vectis_core.handlers.parcels import arrived, left, of
from vectis_core.identity_map import Keys
from vectis_core.orders.erasure import erased_event
from vectis_core.orders.lifecycle import ShipmentStatus
from vectis_core.orders.model import Order, Shipment
from vectis_core.orders.rules import restated
from vectis_core.tracking.matching import takers
from vectis_core.tracking.model import Filed, Filing, Scan, TrackingEvent
from vectis_core.tracking.statuses import TrackingStatus
from vectis_core.tracking.timeline import deciding, delivered_at, in_order, moved_at, state_of
from vectis_core.unit_of_work import UnitOfWork

#: How far a carrier's clock may run ahead of ours, its zones included.
AHEAD = timedelta(hours=26)
#: Most scans of one parcel; carriers send a few dozen.
SCANS_MAX = 1_000

#: What people must look at is told by an event of its own, once for each scan.
_TOLD = {
    TrackingStatus.DELIVERY_ATTEMPTED: EventType.SHIPMENT_DELIVERY_ATTEMPTED,
    TrackingStatus.EXCEPTION: EventType.SHIPMENT_EXCEPTION,
    TrackingStatus.RETURNED_TO_SENDER: EventType.SHIPMENT_RETURNED_TO_SENDER,
}


def keys(command: RecordScan, keys: Keys) -> None:
    """Name the parcel, which leads to its scans and to the orders of its shipments."""
    keys.tracks.add((command.caller.tenant, command.intent.track_key))


def stock(command: RecordScan, work: UnitOfWork, keys: Keys) -> None:
    """Name the stock that is promised to the orders of the parcel's shipments."""
    for order_id in work.orders_of_track(command.intent.track_key):
        orders.stock_of_order(order_id, work, keys)


def record(command: RecordScan, work: UnitOfWork) -> Filed:
    """File a tracking event, and let the shipments that it is about follow."""
    event = command.intent
    filed = {scan.id: scan for scan in work.scans(event.track_key)}
    known = filed.get(event.id)
    if known is not None:
        event = _as_filed(event, work, known.shipments)
        if not command.anew or known.event == event:
            return Filed(Filing.DUPLICATE, known)
    if command.at > command.received_at + AHEAD:
        raise ValidationError.of("occurredAt", f"lies in the future: {to_wire(command.at)}")
    if known is None and len(filed) >= SCANS_MAX:
        raise ValidationError.of("trackingNumber", f"has {SCANS_MAX} events already; no parcel has so many")
    about = (known.shipments if known is not None else ()) or _takers(work, event.track_key, command.at)
    scan = Scan(
        tenant=command.caller.tenant,
        track_key=event.track_key,
        id=command.intent.id,
        event=_as_filed(event, work, about),
        at=command.at,
        received_at=known.received_at if known is not None else command.received_at,
        shipments=about,
    )
    work.put_scan(scan)
    for order_id, shipment_id in scan.shipments:
        order = work.order(order_id)
        if order is not None:
            _follow(work, order, of(order, shipment_id), [scan])
    return Filed(Filing.ACCEPTED if scan.shipments else Filing.WAITING, scan)


def _as_filed(event: TrackingEvent, work: UnitOfWork, about: Sequence[tuple[str, str]]) -> TrackingEvent:
    """Return an event without what is personal, where that is erased from one of the orders that it is about."""
    orders = (work.order(order_id) for order_id, _ in about)
    return erased_event(event) if any(order is not None and order.is_erased for order in orders) else event


def follow_earlier(work: UnitOfWork, order: Order, label: Shipment) -> Order:
    """Let a shipment that was just registered follow the scans of its parcel that were there before it."""
    news = []
    for scan in in_order(work.scans(label.track_key)):
        if (order.id, label.id) in _takers(work, label.track_key, scan.at):
            taken = attrs.evolve(scan, shipments=tuple(sorted((*scan.shipments, (order.id, label.id)))))
            work.put_scan(taken)
            news.append(taken)
    return _follow(work, order, of(order, label.id), news) if news else order


def _takers(work: UnitOfWork, track_key: str, at: datetime) -> tuple[tuple[str, str], ...]:
    carried = [
        shipment
        for order_id in work.orders_of_track(track_key)
        if (order := work.order(order_id)) is not None
        for shipment in order.shipments
        if shipment.track_key == track_key
    ]
    return tuple(sorted((each.order_id, each.id) for each in takers(carried, at)))


def _follow(work: UnitOfWork, order: Order, shipment: Shipment, news: Sequence[Scan]) -> Order:
    """Let a shipment and its order follow scans that were just filed, and tell of them."""
    mine = [scan for scan in work.scans(shipment.track_key) if (order.id, shipment.id) in scan.shipments]
    new_ids = {scan.id for scan in news}
    before = [scan for scan in mine if scan.id not in new_ids]
    shown = _shown(shipment, order, before, mine)
    is_changed = shown != shipment
    if is_changed:
        shown = attrs.evolve(shown, updated_at=work.now)
        order = attrs.evolve(order, shipments=with_shipment(order, shown))
    order = _forward(work, order, shipment.id, mine)
    return _tell(work, order, shipment.id, mine, news, is_changed=is_changed)


def _forward(work: UnitOfWork, order: Order, shipment_id: str, scans: Sequence[Scan]) -> Order:
    """Ship what the carrier has moved, and deliver what it has delivered; never the other way."""
    moved, delivered = moved_at(scans), delivered_at(scans)
    if moved is not None and of(order, shipment_id).status is ShipmentStatus.LABEL_CREATED:
        order = left(work, order, of(order, shipment_id), max(moved, order.created_at))
    gone = of(order, shipment_id)
    if delivered is not None and gone.status is ShipmentStatus.SHIPPED:
        order = arrived(work, order, gone, max(delivered, gone.shipped_at or order.created_at))
    return order


def _shown(shipment: Shipment, order: Order, before: Sequence[Scan], scans: Sequence[Scan]) -> Shipment:
    """Return the shipment with the carrier's newest word on it.

    A moment that the carrier said is corrected by what it says of an earlier one; what a person said stays.
    """
    shown = attrs.evolve(shipment, tracking=state_of(scans))
    told, earlier = moved_at(before), moved_at(scans)
    if _corrects(earlier, told) and shipment.shipped_at == _not_before(order.created_at, told):
        shown = attrs.evolve(shown, shipped_at=_not_before(order.created_at, earlier))
    told, earlier = delivered_at(before), delivered_at(scans)
    if _corrects(earlier, told) and shipment.delivered_at == _not_before(shipment.shipped_at, told):
        shown = attrs.evolve(shown, delivered_at=_not_before(shown.shipped_at, earlier))
    return shown


def _corrects(earlier: datetime | None, told: datetime | None) -> bool:
    return earlier is not None and told is not None and earlier < told


def _not_before(bound: datetime | None, at: datetime | None) -> datetime | None:
    """Return a carrier's moment, put off until *bound*: its clock may be wrong, and its zone a guess."""
    return max((each for each in (bound, at) if each is not None), default=None)


def _tell(
    work: UnitOfWork, order: Order, shipment_id: str, scans: Sequence[Scan], news: Sequence[Scan], *, is_changed: bool
) -> Order:
    """Write the order with an event for each scan that people must look at, or one for whatever else has changed."""
    current, _ = deciding(scans)
    loud = [(kind, scan) for scan in news if scan.event.status and (kind := _TOLD.get(scan.event.status))]
    if not loud and is_changed:
        loud = [(EventType.SHIPMENT_TRACKING_UPDATED, current or news[-1])]
    for kind, scan in loud:
        order = restated(order, work.now, 1)
        written(work, order, kind, news_of(of(order, shipment_id), scan, is_current=scan is current))
    return order


def news_of(shipment: Shipment, scan: Scan, *, is_current: bool) -> dict[str, object]:
    """Return what an event tells of a scan of a shipment."""
    event, shown = scan.event, shipment.tracking
    return {
        "shipmentId": shipment.id,
        "trackingNumber": shipment.tracking_number,
        "carrier": shipment.carrier,
        "trackingStatus": str(event.status) if event.status is not None else None,
        "reason": event.reason,
        "code": event.code,
        "occurredAt": to_wire(scan.at),
        "isCurrent": is_current,
        "estimatedDelivery": shown.estimated_delivery if shown is not None else None,
    }

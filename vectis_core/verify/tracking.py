"""Rules of tracking: scans are of the shipments that they name, and these are where their scans have brought them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import partial

from vectis_core.orders.erasure import is_erased
from vectis_core.orders.lifecycle import ShipmentStatus
from vectis_core.orders.model import Order, Shipment
from vectis_core.ports import View
from vectis_core.tracking.model import Scan
from vectis_core.tracking.timeline import delivered_at, moved_at, state_of
from vectis_core.verify.paging import pages
from vectis_core.verify.report import Fault, Findings, Group

#: Rows that are read at a time.
_PAGE = 200

_fault = partial(Fault, Group.TRACKING)


def verify_scans(view: View, tenant: str, found: Findings) -> None:
    """Check all scans of a tenant, each with the shipments that it names."""
    for page in pages(
        lambda after: view.scan_scans(tenant, after, _PAGE), lambda scan: (scan.track_key, scan.id), ("", "")
    ):
        for scan in page:
            found.looked_at("scans", 1)
            for fault in scan_faults(scan, [view.shipment(tenant, parcel) for _, parcel in scan.shipments]):
                found.add(fault)


def scan_faults(scan: Scan, shipments: Sequence[Shipment | None]) -> Iterator[Fault]:
    """Yield a scan that is not filed where its event belongs, or names a shipment that it cannot be of."""
    rows = {"scan": scan.id, "parcel": scan.track_key}
    if scan.id != scan.event.id and not is_erased(scan.event):
        yield _fault("scan_id", f"its event's id is {scan.event.id}", rows)
    if scan.track_key != scan.event.track_key:
        yield _fault("parcel", f"its event is of the parcel {scan.event.track_key}", rows)
    if list(scan.shipments) != sorted(set(scan.shipments)):
        yield _fault("shipments", f"names shipments twice, or in no order: {scan.shipments}", rows)
    for (order_id, shipment_id), shipment in zip(scan.shipments, shipments, strict=True):
        named = {**rows, "order": order_id, "shipment": shipment_id}
        if shipment is None or shipment.order_id != order_id:
            yield _fault("shipment", "is of a shipment that is not there, or is of another order", named)
        elif shipment.track_key != scan.track_key:
            yield _fault("parcel", f"is of a shipment in the parcel {shipment.track_key}", named)


def verify_timelines(view: View, tenant: str, orders: Sequence[Order]) -> Iterator[Fault]:
    """Yield the shipments of some orders that are not where their scans have brought them, or tell what is erased."""
    shipments = [shipment for order in orders for shipment in order.shipments]
    scans: dict[tuple[str, str], list[Scan]] = defaultdict(list)
    for scan in view.scans(tenant, sorted({shipment.track_key for shipment in shipments})):
        for place in scan.shipments:
            scans[place].append(scan)
    for shipment in shipments:
        yield from timeline_faults(shipment, scans[shipment.order_id, shipment.id])
    for order in orders:
        if order.is_erased:
            yield from erasure_faults(order, [scan for each in order.shipments for scan in scans[order.id, each.id]])


def erasure_faults(order: Order, scans: Sequence[Scan]) -> Iterator[Fault]:
    """Yield scans of an erased order's parcels that still tell of a person."""
    for scan in scans:
        if not is_erased(scan.event):
            rows = {"order": order.id, "scan": scan.id}
            yield _fault("erased", "is of an erased order, and what is personal is left in it", rows)


def timeline_faults(shipment: Shipment, scans: Sequence[Scan]) -> Iterator[Fault]:
    """Yield a shipment that shows something else than its scans say, or lags behind them."""
    rows = {"order": shipment.order_id, "shipment": shipment.id}
    expected = state_of(scans)
    if shipment.tracking != expected:
        yield _fault("tracking", f"shows {shipment.tracking}, its {len(scans)} scans say {expected}", rows)
    if shipment.status is ShipmentStatus.VOIDED:
        return
    if shipment.status is ShipmentStatus.LABEL_CREATED and moved_at(scans) is not None:
        yield _fault("moved", "has not shipped, and its carrier has moved it", rows)
    elif shipment.status is not ShipmentStatus.DELIVERED and delivered_at(scans) is not None:
        yield _fault("delivered", f"is {shipment.status}, and its carrier has delivered it", rows)

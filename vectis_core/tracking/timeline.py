"""From the scans of a shipment, in whatever order they came, to what it shows.

All of it is a function of the set of scans, never of the order in which they arrived: so scans that come late, twice
or backwards lead to the same state.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import attrs

from vectis_core.orders.model import Shipment
from vectis_core.tracking.model import Scan, TimeBasis, TrackingState
from vectis_core.tracking.statuses import RANK, TrackingStatus, is_final, is_movement

_ASSUMED = {TimeBasis.LOCAL_UNKNOWN_ZONE, TimeBasis.RECEIVED_AT}


def in_order(scans: Iterable[Scan]) -> list[Scan]:
    """Return scans as they happened; of those of one moment, the one that is further on its way comes later."""
    return sorted(scans, key=lambda scan: (scan.at, RANK[scan.event.status] if scan.event.status else -1, scan.id))


def deciding(scans: Iterable[Scan]) -> tuple[Scan | None, list[Scan]]:
    """Return the scan that says where the parcel is, and those that contradict a final one and were not applied."""
    current: Scan | None = None
    before_final: Scan | None = None
    contradicting: list[Scan] = []
    for scan in in_order(scans):
        status, reason = scan.event.status, scan.event.reason
        if current is not None and is_final(current.event.status, current.event.reason):
            if scan.event.corrects:
                current = before_final if status is None else scan
            elif _goes_back(current, scan):
                current, before_final = scan, current
            elif status not in {None, TrackingStatus.UNKNOWN, current.event.status}:
                contradicting.append(scan)
        elif status is not None and (status is not TrackingStatus.UNKNOWN or current is None):
            if is_final(status, reason):
                before_final = current
            current = scan
    return current, contradicting


def state_of(scans: Iterable[Scan]) -> TrackingState | None:
    """Return what a shipment with these scans shows; ``None`` where they say nothing of where it is."""
    known = list(scans)
    current, _ = deciding(known)
    if current is None or current.event.status is None:
        return None
    event = current.event
    estimates = [scan.event.estimated_delivery for scan in in_order(known) if scan.event.estimated_delivery]
    return TrackingState(
        status=current.event.status,
        reason=event.reason,
        code=event.code,
        description=event.description,
        at=current.at,
        is_inferred=event.time_basis in _ASSUMED,
        estimated_delivery=estimates[-1] if estimates else None,
    )


@attrs.frozen
class TimelineEntry:
    """A scan in the timeline of a shipment."""

    scan: Scan
    #: Whether it says otherwise than a final scan before it, and was therefore not applied.
    contradicts: bool


@attrs.frozen
class ShipmentTimeline:
    """What carriers have reported of a shipment, in the order in which it happened."""

    shipment: Shipment
    entries: tuple[TimelineEntry, ...]


def timeline_of(shipment: Shipment, scans: Iterable[Scan]) -> ShipmentTimeline:
    """Return the timeline of a shipment, out of scans that may be of others too."""
    mine = [scan for scan in scans if (shipment.order_id, shipment.id) in scan.shipments]
    _, contradicting = deciding(mine)
    odd = {scan.id for scan in contradicting}
    return ShipmentTimeline(shipment, tuple(TimelineEntry(scan, scan.id in odd) for scan in in_order(mine)))


def moved_at(scans: Iterable[Scan]) -> datetime | None:
    """Return when the carrier first had the parcel, by what it has told so far."""
    return min((_known_at(scan) for scan in scans if is_movement(scan.event.status, scan.event.reason)), default=None)


def delivered_at(scans: Iterable[Scan]) -> datetime | None:
    """Return when the carrier first delivered the parcel, by what it has told so far."""
    return moved_at(scan for scan in scans if scan.event.status is TrackingStatus.DELIVERED)


def _known_at(scan: Scan) -> datetime:
    """Return when a scan happened, by a clock that may run ahead of ours: it cannot be after we heard of it."""
    return min(scan.at, scan.received_at)


def _goes_back(current: Scan, scan: Scan) -> bool:
    is_delivered = current.event.status is TrackingStatus.DELIVERED
    return is_delivered and scan.event.status is TrackingStatus.RETURNED_TO_SENDER

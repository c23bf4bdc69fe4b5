"""Which shipments a carrier's scan is about: a tracking number alone does not say it, for carriers use them again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from vectis_core.orders.lifecycle import ShipmentStatus
from vectis_core.orders.model import Shipment
from vectis_core.tracking.statuses import is_final

#: A shipment may be registered this long after its carrier has had the parcel, and no longer.
REGISTERED_LATE = timedelta(days=14)
#: So long after a parcel's way has ended, its number may be that of another.
USED_AGAIN = timedelta(days=45)


def takers(shipments: Iterable[Shipment], at: datetime) -> list[Shipment]:
    """Return the shipments with the scan's number that it is about.

    Those of the newest parcel that the scan is not too early for. A parcel may carry several shipments, of one order
    or of several, registered within ``REGISTERED_LATE`` of each other.
    """
    possible = [each for each in shipments if _is_possible(each, at)]
    if not possible:
        return []
    newest = max(each.created_at for each in possible)
    return [each for each in possible if each.created_at >= newest - REGISTERED_LATE]


def _is_possible(shipment: Shipment, at: datetime) -> bool:
    if shipment.status is ShipmentStatus.VOIDED or at < shipment.created_at - REGISTERED_LATE:
        return False
    ended = _ended(shipment)
    return ended is None or at <= ended + USED_AGAIN


def _ended(shipment: Shipment) -> datetime | None:
    """Return when the parcel's way ended, as far as that is known."""
    told = shipment.tracking
    if told is not None and is_final(told.status, told.reason):
        return told.at
    return shipment.delivered_at

"""Which shipments a carrier's scan is about: a tracking number alone does not say it, for carriers use them again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from vectis_core.orders.lifecycle import ShipmentStatus
from vectis_core.orders.model import Shipment
from vectis_core.tracking.statuses import is_final

#: A shipment may be registered this long after its carrier has had the parcel, as when a shop moves to Vectis.
REGISTERED_LATE = timedelta(days=90)
#: Mostly it is registered earlier than this; a scan is for such a shipment first.
USUALLY = timedelta(days=14)
#: Shipments that are registered within this time of each other are of one parcel.
ONE_PARCEL = timedelta(days=14)
#: So long after a parcel's way has ended, its number may be that of another.
USED_AGAIN = timedelta(days=45)


def takers(shipments: Iterable[Shipment], at: datetime) -> list[Shipment]:
    """Return the shipments with the scan's number that it is about.

    Those of the newest parcel that was registered before the scan, or soon after it; where there is none, those of the
    first that was registered later. A parcel may carry several shipments, of one order or of several.
    """
    possible = [each for each in shipments if _is_possible(each, at)]
    usual = [each.created_at for each in possible if at >= each.created_at - USUALLY]
    about = max(usual) if usual else min((each.created_at for each in possible), default=at)
    return [each for each in possible if abs(each.created_at - about) <= ONE_PARCEL]


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

"""The eleven statuses that every carrier's codes are read as, and what each of them means for a parcel.

Theory
------
The set is that of the field's aggregators (EasyPost's list, with a status for pick-up and one for an attempt). A
status says what a carrier claims about a parcel, never what an order is: an order follows its shipments, and a
shipment only goes forward (``label_created``, ``shipped``, ``delivered``).

*Movement* is what proves that the carrier has the parcel: goods leave stock at the first one. An announcement
(``label_created``), a problem (``exception``, which may come before the pick-up), a cancelled label and an unknown
code prove nothing, nor does a status that the carrier inferred without a scan.

*Final* is what ends a parcel's way. What comes later and says otherwise is kept and marked, and changes nothing,
unless a delivered parcel goes back, or the carrier itself takes a scan back.
"""

from __future__ import annotations

from enum import StrEnum


class TrackingStatus(StrEnum):
    """What a carrier says about a parcel."""

    LABEL_CREATED = "label_created"
    PICKED_UP = "picked_up"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    AVAILABLE_FOR_PICKUP = "available_for_pickup"
    DELIVERY_ATTEMPTED = "delivery_attempted"
    EXCEPTION = "exception"
    CANCELLED = "cancelled"
    RETURNED_TO_SENDER = "returned_to_sender"
    DELIVERED = "delivered"
    #: The carrier's code is in no table of ours; kept, and never moves anything.
    UNKNOWN = "unknown"


#: Which of two scans of the same moment comes later: the one of the higher rank.
RANK = {
    TrackingStatus.UNKNOWN: 0,
    TrackingStatus.LABEL_CREATED: 1,
    TrackingStatus.PICKED_UP: 2,
    TrackingStatus.IN_TRANSIT: 3,
    TrackingStatus.OUT_FOR_DELIVERY: 4,
    TrackingStatus.DELIVERY_ATTEMPTED: 5,
    TrackingStatus.EXCEPTION: 5,
    TrackingStatus.AVAILABLE_FOR_PICKUP: 5,
    TrackingStatus.CANCELLED: 5,
    TrackingStatus.RETURNED_TO_SENDER: 6,
    TrackingStatus.DELIVERED: 7,
}

_MOVEMENT = frozenset(
    {
        TrackingStatus.PICKED_UP,
        TrackingStatus.IN_TRANSIT,
        TrackingStatus.OUT_FOR_DELIVERY,
        TrackingStatus.AVAILABLE_FOR_PICKUP,
        TrackingStatus.DELIVERY_ATTEMPTED,
        TrackingStatus.RETURNED_TO_SENDER,
        TrackingStatus.DELIVERED,
    }
)

#: The reason of a status that the carrier's system inferred, without anybody having scanned the parcel.
INFERRED = "inferred_not_a_physical_scan"

_FINAL_REASONS = {
    TrackingStatus.RETURNED_TO_SENDER: frozenset({"returned"}),
    TrackingStatus.EXCEPTION: frozenset({"disposed", "seized", "seized_or_destroyed"}),
}


def is_movement(status: TrackingStatus | None, reason: str | None) -> bool:
    """Return whether a scan proves that the carrier has the parcel."""
    return status in _MOVEMENT and reason != INFERRED


def is_final(status: TrackingStatus | None, reason: str | None) -> bool:
    """Return whether a scan ends the parcel's way."""
    if status in {TrackingStatus.DELIVERED, TrackingStatus.CANCELLED}:
        return True
    return status is not None and reason in _FINAL_REASONS.get(status, ())

"""What each status means for a parcel, said by hand."""

from __future__ import annotations

import pytest

from vectis_core.tracking.statuses import INFERRED, RANK, TrackingStatus, is_final, is_movement

_MOVES = {
    "picked_up",
    "in_transit",
    "out_for_delivery",
    "available_for_pickup",
    "delivery_attempted",
    "returned_to_sender",
    "delivered",
}


@pytest.mark.parametrize("status", TrackingStatus)
def test_what_is_movement(status: TrackingStatus) -> None:
    """Seven statuses prove that the carrier has the parcel, unless its system has only inferred them."""
    assert is_movement(status, None) is (status in _MOVES)
    assert not is_movement(status, INFERRED)


@pytest.mark.parametrize(
    ("status", "reason", "final"),
    [
        (TrackingStatus.DELIVERED, None, True),
        (TrackingStatus.CANCELLED, None, True),
        (TrackingStatus.RETURNED_TO_SENDER, "returned", True),
        (TrackingStatus.RETURNED_TO_SENDER, "returning", False),
        (TrackingStatus.EXCEPTION, "disposed", True),
        (TrackingStatus.EXCEPTION, "seized", True),
        (TrackingStatus.EXCEPTION, "customs", False),
        (TrackingStatus.UNKNOWN, "returned", False),
        (None, "returned", False),
    ],
)
def test_what_is_final(status: TrackingStatus | None, reason: str | None, final: bool) -> None:
    """A parcel's way ends where it is delivered, back, gone or never came about."""
    assert is_final(status, reason) is final


def test_nothing_says_nothing() -> None:
    """News without a status moves nothing."""
    assert not is_movement(None, None)


def test_every_status_has_a_rank() -> None:
    """Of one moment, that is later which is further on the way: unknown first, delivered last."""
    ordered = sorted(TrackingStatus, key=RANK.__getitem__)

    assert (ordered[0], ordered[-1]) == (TrackingStatus.UNKNOWN, TrackingStatus.DELIVERED)
    assert len(RANK) == 11

"""Errors as values: what one process raises, another can be told."""

from __future__ import annotations

import pickle

import pytest

from vectis_core.errors import (
    InsufficientStock,
    OutcomeUnknown,
    ServiceUnavailable,
    Shortage,
    ValidationError,
    VectisError,
)


@pytest.mark.parametrize(
    "error",
    [
        InsufficientStock([Shortage("W", 3, 1)]),
        ValidationError.of("items[0].sku", "is too long"),
        ServiceUnavailable("The queue is full", {"waiting": 7}, retry_after=4),
        OutcomeUnknown("The commit failed", {"commandId": "c1"}),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_goes_from_process_to_process_whole(error: VectisError) -> None:
    """Pickled and back, as a pool of processes does with what its work raises, it says all that it said."""
    back = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes

    assert type(back) is type(error)
    assert str(back) == str(error)
    assert vars(back) == vars(error)

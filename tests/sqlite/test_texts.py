"""Texts that SQLite cannot keep are told in our words."""

from __future__ import annotations

import pytest
from small_shop import Shop

from vectis_core import ValidationError


def test_half_a_surrogate_pair_is_no_id(sqlite_shop: Shop) -> None:
    """Looking for what cannot be written is a validation error, to read and to change, and the shop goes on."""
    for call in (
        lambda: sqlite_shop.oms.orders.get("\ud800"),
        lambda: sqlite_shop.oms.orders.cancel("\ud800"),
        lambda: sqlite_shop.oms.inventory.get("\ud800"),
    ):
        with pytest.raises(ValidationError, match="surrogates"):
            call()

    assert sqlite_shop.buy("A").created

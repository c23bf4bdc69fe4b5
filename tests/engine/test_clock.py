"""A clock that falls back takes nothing out of a list."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from small_shop import ADDRESS

from vectis_core import Item, Vectis
from vectis_core.ids import RandomIds
from vectis_core.testing import FrozenClock


@pytest.mark.parametrize("backend", ["memory", "sqlite"])
def test_an_order_made_after_the_clock_fell_back_is_found_by_its_date(backend: str, tmp_path: Path) -> None:
    """Ids do not go back with the clock, so an order's id may be later than its date; lists by date know that."""
    clock = FrozenClock()
    url = "memory://" if backend == "memory" else f"sqlite:///{tmp_path}/shop.db"
    with Vectis.open(url, clock=clock, ids=RandomIds()) as oms:
        oms.products.create(sku="W", name="Widget")
        oms.inventory.adjust(oms.inventory.list().page().items[0].id, 10, "first delivery")

        def buy(external_id: str) -> None:
            oms.orders.create(external_id=external_id, items=[Item("W", 1, 1)], shipping_addresses=[ADDRESS])

        clock.advance(timedelta(seconds=5))
        buy("ahead")
        clock.set(clock.now() - timedelta(seconds=5))
        buy("fallen back")
        bound = clock.now() + timedelta(seconds=1)

        before = [order.external_id for order in oms.orders.list(created_before=bound)]
        after = [order.external_id for order in oms.orders.list(created_after=bound)]

    assert (before, after) == (["fallen back"], ["ahead"])

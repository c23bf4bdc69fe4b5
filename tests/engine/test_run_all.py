"""Commands that do not need each other are run together, and none suffers from another."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from small_shop import Shop

from vectis_core.commands import AdjustStock, Command
from vectis_core.engine import Outcome
from vectis_core.errors import NotFound, ValidationError
from vectis_core.stock.model import Adjustment, StockRecord
from vectis_core.tenancy import Caller


@pytest.fixture(name="shop")
def _shop() -> Iterator[Shop]:
    shop = Shop("memory://")
    with closing(shop.oms):
        yield shop


def add(shop: Shop, pieces: int, stock_id: str | None = None) -> Command[StockRecord]:
    """Return the command that adds pieces to a stock record."""
    intent = Adjustment(adjustment=pieces, reason="found")
    return AdjustStock(caller=Caller(), stock_id=stock_id or shop.stock_id, intent=intent)


def test_results_come_in_the_order_of_the_commands(shop: Shop) -> None:
    """Each command's own result stands in its own place, whatever the others come to."""
    asked = [add(shop, 1), add(shop, 2, "inv_0"), add(shop, 0), add(shop, 3)]
    first, missing, bad, last = shop.oms.engine.run_all(asked)

    assert isinstance(first, Outcome)
    assert isinstance(last, Outcome)
    assert (first.result.on_hand, last.result.on_hand) == (101, 104)
    assert isinstance(missing, NotFound)
    assert isinstance(bad, ValidationError)
    assert shop.oms.inventory.get(shop.stock_id).on_hand == 104


def test_nothing_is_nothing(shop: Shop) -> None:
    """No commands have no results."""
    assert shop.oms.engine.run_all([]) == []


def test_they_share_a_transaction(shop: Shop) -> None:
    """Commands that come together are made durable together."""
    points: list[str] = []
    shop.hook = points.append
    shop.oms.engine.run_all([add(shop, 1) for _ in range(20)])

    assert points.count("begin") == 1
    assert shop.oms.inventory.get(shop.stock_id).on_hand == 120


def test_an_interrupt_leaves_no_command_behind(shop: Shop) -> None:
    """Interrupted before anything is written, none of them happens later, and the engine goes on."""

    def interrupt(point: str) -> None:
        if point == "begin":
            raise KeyboardInterrupt

    shop.hook = interrupt
    with pytest.raises(KeyboardInterrupt):
        shop.oms.engine.run_all([add(shop, 1), add(shop, 1)])
    shop.hook = lambda _point: None
    shop.oms.engine.run_all([add(shop, 5)])

    assert shop.oms.engine.queue_length == 0
    assert shop.oms.inventory.get(shop.stock_id).on_hand == 105

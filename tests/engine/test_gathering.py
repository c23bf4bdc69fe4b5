"""Callers who were answered together share the next commit as well."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from small_shop import Shop, spin_until

from vectis_core.engine import engine


class Begins:
    """Counts transactions, and holds the first until it is let go."""

    def __init__(self) -> None:
        self.count = 0
        self.open = False

    def __call__(self, point: str) -> None:
        if point == "begin":
            self.count += 1
            if self.count == 1:
                spin_until(lambda: self.open)


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a leader wait until everybody has come, however slow the machine is."""
    monkeypatch.setattr(engine, "_MOMENT", 60.0)


def order_together(shop: Shop, callers: int) -> Begins:
    """Have one order commit alone and then so many together."""
    begins = Begins()
    shop.hook = begins
    with ThreadPoolExecutor(callers + 1) as pool:
        alone = pool.submit(shop.buy, "alone")
        spin_until(lambda: begins.count == 1)
        together = [pool.submit(shop.buy, f"together-{n}") for n in range(callers)]
        spin_until(lambda: shop.oms.engine.queue_length == callers)
        begins.open = True
        assert alone.result(30).created
        assert all(future.result(30).created for future in together)
    assert begins.count == 2
    return begins


def test_a_crowd_that_returns_is_one_batch(shop: Shop) -> None:
    """The first of three to return waits for the other two, and one commit serves them all."""
    begins = order_together(shop, 3)

    with ThreadPoolExecutor(3) as pool:
        futures = [pool.submit(shop.buy, f"again-{n}") for n in range(3)]
        assert all(future.result(30).created for future in futures)

    assert begins.count == 3


def test_who_was_alone_waits_for_nobody(shop: Shop) -> None:
    """A lone caller's orders follow one another without a pause, which would be a minute each here."""
    for number in range(3):
        assert shop.buy(f"alone-{number}").created


def test_a_crowd_that_stays_away_is_not_waited_for_long(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the others do not return the leader goes on after its moment, and then expects nobody."""
    begins = order_together(shop, 3)
    monkeypatch.setattr(engine, "_MOMENT", 0.001)

    assert shop.buy("returns alone").created
    assert begins.count == 3

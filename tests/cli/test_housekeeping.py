"""What a server clears while it runs."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Callable
from datetime import timedelta

import pytest

from vectis_cli.housekeeping import keep_house
from vectis_core import ServiceUnavailable, Vectis
from vectis_core.commands import Command, Housekeep
from vectis_core.testing import FrozenClock


def run_until(oms: Vectis, enough: Callable[[], bool], every: float, pause: float) -> None:
    """Keep house until *enough* holds after a round, then cancel it; fail where that takes a minute."""

    async def main() -> None:
        reached = asyncio.Event()
        loop = asyncio.get_running_loop()

        def observe(command: Command[object]) -> None:
            if isinstance(command, Housekeep) and enough():
                loop.call_soon_threadsafe(reached.set)

        oms.engine.observe(observe)
        keeper = asyncio.create_task(keep_house(oms, every, pause))
        try:
            await asyncio.wait_for(reached.wait(), 60)
        finally:
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)

    asyncio.run(main())


def test_more_than_a_round_holds_is_cleared_without_waiting_for_the_next_minute() -> None:
    """While a round comes back full the next one follows soon, so that a busy server keeps up."""
    clock = FrozenClock()
    with Vectis.open("memory://", clock=clock) as oms:
        [warehouse] = oms.warehouses.list()
        for n in range(2 * Housekeep().limit + 1):
            oms.warehouses.update(warehouse.id, name=f"Name {n}", command_id=f"rename-{n}")
        clock.advance(timedelta(days=400))
        rounds = itertools.count(1)

        run_until(oms, lambda: next(rounds) == 3, every=3600, pause=0)

        assert oms.run(Housekeep()).results == 0


def test_a_round_that_fails_is_logged_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    """A store that is not free just now ends nothing."""
    with Vectis.open("memory://") as oms:
        begin, failures = oms.store.begin, [ServiceUnavailable("The database is busy")]

        def busy_at_first() -> object:
            if failures:
                raise failures.pop()
            return begin()

        oms.store.begin = busy_at_first  # type: ignore[method-assign, assignment] # the store fails once
        with caplog.at_level(logging.WARNING):
            run_until(oms, lambda: True, every=0, pause=0)

    assert "The database is busy" in caplog.text


def test_what_was_erased_while_somebody_was_reading_goes_later() -> None:
    """Each round has the store let go of former bytes, after it has cleared what aged."""
    with Vectis.open("memory://") as oms:
        asked: list[bool] = []

        def purge() -> bool:
            asked.append(True)
            return True

        oms.store.purge = purge  # type: ignore[method-assign] # to hear of it
        run_until(oms, lambda: bool(asked), every=0, pause=0)

    assert asked

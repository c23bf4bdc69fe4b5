"""The log of what is slow: how long things took and what they came to, and never what they were about."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hearing import Heard
from hypothesis import given
from hypothesis import strategies as st
from small_shop import Shop

from vectis_core import InsufficientStock, Vectis
from vectis_core.loggers import REQUEST_ID
from vectis_core.slow import EVERY, SlowLog
from vectis_core.telemetry import BatchDone, Came, CommandDone, ReadDone


@pytest.fixture(name="lines")
def _lines(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.WARNING, "vectis.slow")
    return caplog


def batch(*waiting: float, kind: str = "PlaceOrder") -> BatchDone:
    """Return a batch of a second and a half, whose commands have waited so long."""
    return BatchDone(
        tuple(CommandDone(kind, "acme", Came.DONE, None, each) for each in waiting), deciding=1.0, committing=0.5, ago=0
    )


def test_a_slow_command_is_told_with_its_phases(lines: pytest.LogCaptureFixture) -> None:
    """Kind, tenant, how long in the queue, deciding and committing, how many shared the commit, and the outcome."""
    SlowLog(1.0).batch_done(batch(0.25))

    [record] = lines.records
    assert (record.name, record.levelname) == ("vectis.slow", "WARNING")
    assert record.getMessage() == (
        "PlaceOrder of tenant acme took 1.750 s (0.250 s in the queue, 1.000 s deciding, 0.500 s committing, "
        "1 in the batch): done"
    )


def test_a_slow_command_is_told_with_the_request_that_asked(lines: pytest.LogCaptureFixture) -> None:
    """Whoever commits it: two that ask at once, in tasks of their own, are told apart; who asks outside has no id."""

    async def ask(request_id: str, what: Coroutine[Any, Any, object]) -> None:
        REQUEST_ID.set(request_id)
        await what

    async def both(oms: Vectis) -> None:
        product, client = oms.aio.products.create(sku="LAMP-1", name="Lamp"), oms.aio.clients.create("a program")
        await asyncio.gather(ask("of-product", product), ask("of-client", client))

    with Vectis.open("memory://", slow_command=0.0) as oms:
        oms.warehouses.create(code="OUTLET", name="Outlet")
        asyncio.run(both(oms))

    told = {record.__dict__.get("command"): record.__dict__.get("request_id") for record in lines.records}
    assert told["CreateProduct"] == "of-product"
    assert told["CreateClient"] == "of-client"
    assert told["CreateWarehouse"] is None


def test_a_slow_read_is_told(lines: pytest.LogCaptureFixture) -> None:
    """What was asked, for whom and how long; some questions are of no tenant."""
    log = SlowLog(1.0)
    log.read_done(ReadDone("orders", "acme", 2.5))
    log.read_done(ReadDone("read", "", 2.5))

    assert lines.messages == ["reading orders of tenant acme took 2.500 s", "reading read took 2.500 s"]


def test_only_the_slow_commands_of_a_batch_are_told(lines: pytest.LogCaptureFixture) -> None:
    """Who had waited for long is told; who came last into the same batch is not."""
    patient, hasty = batch(2.0).commands[0], batch(0.0, kind="ConfirmOrder").commands[0]
    SlowLog(3.0).batch_done(BatchDone((hasty, patient), deciding=1.0, committing=0.5, ago=0))

    [message] = lines.messages
    assert message.startswith("PlaceOrder of tenant acme took 3.500 s (2.000 s in the queue")


@given(moments=st.lists(st.floats(0, 25), max_size=40).map(sorted), kinds=st.data())
def test_lines_of_a_kind_are_spaced_and_nothing_is_lost(moments: list[float], kinds: st.DataObject) -> None:
    """Of each kind there is a line at most every so many seconds; what was left out is counted in the next line."""
    records: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = records.append  # type: ignore[method-assign] - the shortest handler there is
    logger = logging.getLogger("vectis.slow")
    logger.addHandler(handler)
    now = [0.0]
    log = SlowLog(1.0, clock=lambda: now[0])
    written: dict[str, list[float]] = {}
    slow: dict[str, int] = {}
    try:
        for moment in moments:
            now[0] = moment
            kind = kinds.draw(st.sampled_from(["PlaceOrder", "ConfirmOrder"]))
            slow[kind] = slow.get(kind, 0) + 1
            before = len(records)
            log.batch_done(batch(0.0, kind=kind))
            if len(records) > before:
                told = records[-1].getMessage()
                left_out = slow.pop(kind) - 1
                assert told.endswith(f"; {left_out} more were slow since the last line") == (left_out > 0)
                written.setdefault(kind, []).append(moment)
    finally:
        logger.removeHandler(handler)

    for told_at in written.values():
        assert all(later - earlier >= EVERY for earlier, later in pairwise(told_at))
    assert len(written) == len({record.getMessage().split()[0] for record in records})


def test_nothing_of_the_content_is_in_the_log(tmp_path: Path, lines: pytest.LogCaptureFixture) -> None:
    """With a threshold of 0 everything is told, and no SKU, no id, no name and no address is among it."""
    shop = Shop(f"sqlite:///{tmp_path}/shop.db", slow_command=0)
    order = shop.buy("EXTERNAL-1").order
    with pytest.raises(InsufficientStock):
        shop.buy("EXTERNAL-2", 1000)
    shop.oms.orders.get(order.id)
    shop.oms.close()

    assert {"PlaceOrder", "CreateProduct", "reading"} <= {message.split()[0] for message in lines.messages}
    for content in ("EXTERNAL", "Widget", "Jane", "Austin", order.id, shop.stock_id, "first delivery", str(tmp_path)):
        assert content not in lines.text


def test_what_is_quick_is_not_told(lines: pytest.LogCaptureFixture) -> None:
    """Below the threshold, and without one, the log stays empty."""
    for slow_command in (3600.0, None):
        heard = Heard()
        shop = Shop("memory://", telemetry=heard, slow_command=slow_command)
        shop.buy("o-1")
        list(shop.oms.orders.list())
        shop.oms.close()
        assert heard.came("PlaceOrder") == ["done"]

    assert lines.messages == []

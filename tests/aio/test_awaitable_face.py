"""``oms.aio`` does what ``oms`` does, and an event loop goes on meanwhile."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_shop import ADDRESS, Shop

from vectis_core import IllegalTransition, InsufficientStock, Item, NotFound, UsageError, ValidationError, Vectis
from vectis_core.aio import AsyncVectis
from vectis_core.aio.engine import AwaitingEngine
from vectis_core.queries import PAGE_MAX
from vectis_core.testing.faults import Point

T = TypeVar("T")


@pytest.fixture(params=["memory://", "sqlite:///{}/shop.db"])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    """Return a shop with a hundred widgets."""
    shop = Shop(request.param.format(tmp_path))
    with shop.oms:
        yield shop


async def buy(aio: AsyncVectis, external_id: str, quantity: int = 1) -> str:
    """Order some widgets, and return the order's id."""
    widgets = [Item("W", quantity, "29.99")]
    return (await aio.orders.create(external_id=external_id, items=widgets, shipping_addresses=[ADDRESS])).order.id


def test_one_story(shop: Shop) -> None:
    """An order is placed, confirmed, shipped and delivered by awaiting; who does not await sees the same."""

    async def story() -> str:
        aio = shop.oms.aio
        order_id = await buy(aio, "A", 3)
        await aio.orders.confirm(order_id)
        shipment = await aio.orders.ship(order_id, carrier="UPS", tracking_number="1Z1")
        await aio.shipments.deliver(shipment.id)
        assert (await aio.orders.get(order_id)).status == "delivered"
        assert (await aio.inventory.explain(shop.stock_id)).record.on_hand == 97
        return order_id

    order_id = asyncio.run(story())
    assert shop.oms.orders.get(order_id).status == "delivered"
    assert shop.oms.verify().faults == ()


def test_many_at_once_never_sell_too_much(shop: Shop) -> None:
    """Of a hundred and twenty tasks that want a widget each, exactly a hundred get one."""

    async def rush() -> list[Any]:
        return await asyncio.gather(*(buy(shop.oms.aio, str(n)) for n in range(120)), return_exceptions=True)

    came_to = asyncio.run(rush())
    assert sum(isinstance(each, str) for each in came_to) == 100
    assert sum(isinstance(each, InsufficientStock) for each in came_to) == 20
    assert shop.reserved() == 100


def test_refusals_come_with_the_await(shop: Shop) -> None:
    """What is wrong is raised where it is awaited, be it found before, by, or after the engine."""

    async def refused() -> None:
        aio = shop.oms.aio
        unknown = aio.orders.get("nothing")
        with pytest.raises(NotFound):
            await unknown
        with pytest.raises(ValidationError, match="externalId"):
            await buy(aio, "")
        order_id = await buy(aio, "A")
        await aio.orders.cancel(order_id)
        with pytest.raises(IllegalTransition):
            await aio.orders.confirm(order_id)
        with pytest.raises(ValidationError):
            await aio.orders.list().page(limit=0)
        with pytest.raises(ValidationError):
            aio.orders.list(status="nonsense")

    asyncio.run(refused())


def test_nothing_is_done_before_it_is_awaited(shop: Shop) -> None:
    """A coroutine that nobody awaits places no order."""
    never = buy(shop.oms.aio, "A")
    never.close()
    asyncio.run(asyncio.sleep(0))
    assert shop.externals() == set()


@pytest.mark.parametrize("entries", [0, 1, PAGE_MAX - 1, PAGE_MAX, PAGE_MAX + 1])
def test_lists_read_to_their_end(entries: int) -> None:
    """``async for`` yields what a loop over the same list yields, however the pages fall; so does the feed."""
    with Vectis.open("memory://") as oms:
        for number in range(entries):
            oms.warehouses.create(code=f"W{number}", name="x")

        async def read() -> None:
            assert [each async for each in oms.aio.warehouses.list()] == list(oms.warehouses.list())
            assert [each async for each in oms.aio.events()] == list(oms.events())
            page = await oms.aio.warehouses.list().page(limit=1)
            assert page == oms.warehouses.list().page(limit=1)
            assert await oms.aio.events().page(limit=1) == oms.events().page(limit=1)

        asyncio.run(read())
        assert len(list(oms.warehouses.list())) == entries + 1


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 230), st.sampled_from(["order.*", "inventory.adjusted", "*"]))
def test_the_feed_is_read_to_its_end(entries: int, types: str) -> None:
    """Events of any number and type are those that a loop over the same feed yields."""
    with Vectis.open("memory://") as oms:
        oms.products.create(sku="W", name="Widget")
        [stock] = oms.inventory.list()
        for _ in range(entries):
            oms.inventory.adjust(stock.id, 1, "found")

        async def read() -> list[str]:
            return [event.id async for event in oms.aio.events(types=[types])]

        assert asyncio.run(read()) == [event.id for event in oms.events(types=[types])]


@pytest.mark.parametrize(
    ("quick", "local", "in_place"), [(True, True, True), (False, True, False), (True, False, False)]
)
def test_only_quick_questions_to_a_local_store_are_answered_on_the_loop(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, quick: bool, local: bool, in_place: bool
) -> None:
    """What may take long, or goes over a network, is asked in a thread."""
    monkeypatch.setattr(shop.store, "reads_are_local", lambda: local)

    def here() -> int:
        return threading.get_ident()

    asked_in = asyncio.run(AwaitingEngine(shop.oms.engine).ask_view(lambda _: here(), quick=quick))
    assert (asked_in == here()) == in_place


def test_the_loop_goes_on_while_a_commit_takes_its_time(shop: Shop) -> None:
    """A task runs between the submission of an order and its commit."""
    may_commit = threading.Event()
    shop.hook = lambda point: None if point != Point.COMMIT else _wait_for(may_commit)

    async def order_and_go_on() -> None:
        task = asyncio.create_task(buy(shop.oms.aio, "A"))
        await asyncio.sleep(0)
        assert not task.done()
        may_commit.set()
        assert await task

    asyncio.run(order_and_go_on())
    assert shop.externals() == {"A"}


def _wait_for(event: threading.Event) -> None:
    assert event.wait(30), "nobody let the commit go on"


def test_tenants_are_opened_and_kept_apart(shop: Shop) -> None:
    """``await oms.aio.tenant(...)`` makes what is new; ``oms.tenant(...).aio`` is the same tenant."""

    async def two() -> None:
        acme = await shop.oms.aio.tenant("acme", actor="importer")
        assert acme.caller.actor == "importer"
        await acme.products.create(sku="X", name="Theirs")
        assert [each.sku async for each in shop.oms.aio.products.list()] == ["W"]
        assert [each.sku async for each in shop.oms.tenant("acme").aio.products.list()] == ["X"]
        assert shop.oms.aio is shop.oms.aio
        assert [each.id for each in await shop.oms.aio.tenants()] == ["acme", "default"]
        with pytest.raises(NotFound):
            await shop.oms.aio.tenant("acmee", create=False)

    asyncio.run(two())


def test_books_are_proved_and_copied_without_holding_up_the_loop(tmp_path: Path) -> None:
    """``verify`` and ``backup`` run in threads, and return what those of ``Vectis`` do."""
    with Vectis.open(f"sqlite:///{tmp_path / 'shop.db'}") as oms:
        told: list[int] = []

        async def prove() -> None:
            assert (await oms.aio.verify()).faults == ()
            await oms.aio.backup(tmp_path / "copy.db", progress=lambda done, _: told.append(done))

        asyncio.run(prove())
        assert told
        assert (tmp_path / "copy.db").exists()


@pytest.mark.parametrize(
    "call",
    [
        lambda aio: aio.orders.get("id"),
        lambda aio: aio.orders.confirm("id"),
        lambda aio: aio.orders.history("id"),
        lambda aio: aio.tenant("acme"),
    ],
)
def test_a_closed_vectis_says_so(call: Callable[[AsyncVectis], Coroutine[Any, Any, object]]) -> None:
    """After ``close`` every call raises ``UsageError``."""
    with Vectis.open("memory://") as oms:
        aio = oms.aio
    with pytest.raises(UsageError, match="closed"):
        asyncio.run(call(aio))

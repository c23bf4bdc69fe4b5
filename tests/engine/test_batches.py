"""Many commands in one transaction: each accepted or refused by itself."""

from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
from small_shop import ADDRESS, Shop, spin_until

from vectis_core import (
    IdempotencyConflict,
    InexactNumber,
    InsufficientStock,
    Item,
    NotFound,
    OutcomeUnknown,
    ServiceUnavailable,
    UsageError,
    ValidationError,
    Vectis,
)
from vectis_core.access import NewClient
from vectis_core.catalogue import NewProduct, ProductChange
from vectis_core.commands import AdjustStock, CreateClient, CreateProduct, Housekeep, UpdateProduct
from vectis_core.errors import StoreConflict
from vectis_core.stock import Adjustment
from vectis_core.tenancy import Caller
from vectis_core.testing import FrozenClock


def adjust(shop: Shop, amount: int, command_id: str | None) -> AdjustStock:
    """Return a command that adjusts the stock."""
    return AdjustStock(stock_id=shop.stock_id, intent=Adjustment(amount, "counted"), command_id=command_id)


def test_a_poison_command_harms_only_itself(shop: Shop) -> None:
    """Where the store refuses a batch, its commands are run singly: one fails, the others succeed."""
    held, go_on = threading.Event(), threading.Event()
    poisoned: list[str] = []

    def hook(point: str) -> None:
        if point == "begin" and not held.is_set():
            held.set()
            assert go_on.wait(30)

    shop.hook = hook
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(shop.buy, "first")
        assert held.wait(30)
        others = [pool.submit(shop.buy, f"o-{n}", 1, "W") for n in range(5)]
        spin_until(lambda: shop.oms.engine.queue_length == 5)

        def refuse_o_3(point: str) -> None:
            if point == "flush":
                poisoned.append(point)
                if len(poisoned) in {2, *POISON_SINGLY}:
                    raise StoreConflict("a guard refused")

        shop.hook = refuse_o_3
        go_on.set()
        first.result(30)
        outcomes = [future.exception(30) for future in others]

    assert sum(error is not None for error in outcomes) == 1
    assert sum(isinstance(error, StoreConflict) for error in outcomes) == 1
    assert shop.reserved() == 5


#: Flushes after the batch's own (the second): one command's five attempts, all refused.
POISON_SINGLY = frozenset(range(3, 8))


def test_a_record_asked_for_by_id_and_by_sku_counts_once(shop: Shop) -> None:
    """An adjustment and an order of one batch see the same pieces, which are offered once and refused by name."""
    held, go_on = threading.Event(), threading.Event()

    def hook(point: str) -> None:
        if point == "begin" and not held.is_set():
            held.set()
            assert go_on.wait(30)

    shop.hook = hook
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(shop.buy, "first", 1)
        assert held.wait(30)
        adjusted = pool.submit(shop.oms.run, adjust(shop, 1, None))
        spin_until(lambda: shop.oms.engine.queue_length == 1)
        too_many = pool.submit(shop.buy, "too many", 150)
        spin_until(lambda: shop.oms.engine.queue_length == 2)
        go_on.set()
        error = too_many.exception(30)

    assert first.result().created
    assert adjusted.result().on_hand == 101
    assert isinstance(error, InsufficientStock)
    assert [(short.requested, short.available) for short in error.shortages] == [(150, 100)]


def test_a_conflict_that_passes_is_tried_again(shop: Shop) -> None:
    """A guard that refuses a few times costs the caller nothing but time."""
    refusals = [StoreConflict("somebody was quicker") for _ in range(4)]

    def hook(point: str) -> None:
        if point == "flush" and refusals:
            raise refusals.pop()

    shop.hook = hook

    assert shop.buy("A").created
    assert shop.reserved() == 1


def test_a_repeat_by_command_id_returns_the_first_result(shop: Shop) -> None:
    """The same id and intent do it once, and tell the balances of then."""
    first = shop.oms.engine.run_told(adjust(shop, 5, "k1"))
    shop.oms.run(adjust(shop, 7, "k2"))
    again = shop.oms.engine.run_told(adjust(shop, 5, "k1"))

    assert (first.replayed, again.replayed) == (False, True)
    assert first.result == again.result
    assert shop.oms.inventory.get(shop.stock_id).on_hand == 112


def test_a_command_id_with_another_intent_is_a_conflict(shop: Shop) -> None:
    """One id stands for one request."""
    shop.oms.run(adjust(shop, 5, "k1"))

    with pytest.raises(IdempotencyConflict) as caught:
        shop.oms.run(adjust(shop, 6, "k1"))

    assert caught.value.details == {"commandId": "k1"}
    assert shop.oms.inventory.get(shop.stock_id).on_hand == 105


def test_a_command_id_for_another_order_is_a_conflict(shop: Shop) -> None:
    """The same step of another order is another request."""
    first, second = shop.buy("A").order, shop.buy("B").order
    shop.oms.orders.confirm(first.id, command_id="k1")

    with pytest.raises(IdempotencyConflict):
        shop.oms.orders.confirm(second.id, command_id="k1")
    assert shop.oms.orders.get(second.id).status == "pending"


def test_a_refusal_is_not_kept(shop: Shop) -> None:
    """A command that was refused may be tried again with the same id."""
    shop.buy("A", 100)
    with pytest.raises(Exception, match="promised"):
        shop.oms.run(adjust(shop, -1, "k1"))
    shop.oms.orders.cancel(shop.oms.orders.by_external_id("A").id)

    assert shop.oms.run(adjust(shop, -1, "k1")).on_hand == 99


def test_command_ids_belong_to_their_client(shop: Shop) -> None:
    """Two clients may use the same id for different things."""
    one = shop.oms.tenant("default", actor="one", client="cli_one")
    two = shop.oms.tenant("default", actor="two", client="cli_two")

    one.inventory.adjust(shop.stock_id, 1, "counted", command_id="k")
    two.inventory.adjust(shop.stock_id, 2, "counted", command_id="k")

    assert shop.oms.inventory.get(shop.stock_id).on_hand == 103


def test_a_kept_result_holds_no_secret_and_nothing_personal(sqlite_shop: Shop) -> None:
    """A replay has no secret; an order's addresses are put back from the order, not kept a second time."""
    shop = sqlite_shop
    issued = shop.oms.run(CreateClient(intent=NewClient("shop"), command_id="k1"))
    again = shop.oms.run(CreateClient(intent=NewClient("shop"), command_id="k1"))
    order = shop.buy("A").order
    confirmed = shop.oms.orders.confirm(order.id, command_id="k2")

    assert issued.secret is not None
    assert again.secret is None
    assert again.client == issued.client
    assert shop.oms.orders.confirm(order.id, command_id="k2") == confirmed
    with closing(sqlite3.connect(shop.store.path, isolation_level=None)) as connection:
        kept = "\n".join(row[0] for row in connection.execute("SELECT result FROM results"))
    assert "Jane" not in kept
    assert issued.secret not in kept


def test_an_unknown_outcome_is_resolved_by_asking_again(shop: Shop) -> None:
    """A commit that failed after it was made is told as unknown, and the same command id finds what it did."""

    def lose_the_answer(point: str) -> None:
        if point == "committed":
            shop.hook = lambda _point: None
            raise OSError("the answer was lost")

    shop.hook = lose_the_answer
    with pytest.raises(OutcomeUnknown) as caught:
        shop.oms.inventory.adjust(shop.stock_id, 5, "counted")
    again = shop.oms.engine.run_told(adjust(shop, 5, caught.value.details["commandId"]))

    assert again.replayed
    assert shop.oms.inventory.get(shop.stock_id).on_hand == 105


def test_an_unknown_outcome_names_nothing_to_ask_with_where_there_is_nothing() -> None:
    """A command that is harmless to repeat keeps no result, so its error names no id."""
    shop = Shop("memory://")
    shop.hook = lambda point: _fail() if point == "commit" else None

    with pytest.raises(OutcomeUnknown) as caught:
        shop.oms.tenant("acme")

    assert caught.value.details == {}
    shop.hook = lambda _point: None
    shop.oms.close()


def _fail() -> None:
    raise OSError("the disk is gone")


def test_the_queue_is_bounded() -> None:
    """Past the bound a caller is told to come back, and nothing of its own was done."""
    shop = Shop("memory://")
    shop.oms.engine._queue_limit = 2
    held, go_on = threading.Event(), threading.Event()

    def hook(point: str) -> None:
        if point == "begin" and not held.is_set():
            held.set()
            assert go_on.wait(30)

    shop.hook = hook
    with ThreadPoolExecutor(4) as pool:
        running = [pool.submit(shop.buy, "running")]
        assert held.wait(30)
        running += [pool.submit(shop.buy, f"queued-{n}") for n in range(2)]
        spin_until(lambda: shop.oms.engine.queue_length == 2)
        with pytest.raises(ServiceUnavailable) as caught:
            shop.buy("too many")
        go_on.set()
        assert all(future.result(30).created for future in running)
    assert caught.value.retry_after >= 1
    assert "too many" not in shop.externals()
    shop.oms.close()


def test_a_store_that_is_not_free_is_told_as_unavailable(shop: Shop) -> None:
    """Nothing was done, so the caller may come back, and the next call finds the store free again."""

    def hook(point: str) -> None:
        if point == "begin":
            shop.hook = lambda _point: None
            raise ServiceUnavailable("the lock is held", retry_after=3)

    shop.hook = hook
    with pytest.raises(ServiceUnavailable) as caught:
        shop.buy("A")

    assert caught.value.retry_after == 3
    assert shop.buy("A").created


def test_closed_is_closed(shop: Shop) -> None:
    """After close every call says so, and closing again does nothing."""
    shop.oms.close()
    shop.oms.close()

    for call in (
        lambda: shop.buy("A"),
        lambda: shop.oms.orders.list().page(),
        lambda: list(shop.oms.events()),
        shop.oms.verify,
        shop.store.read().__enter__,
    ):
        with pytest.raises(UsageError, match="closed"):
            call()


def test_a_float_is_a_type_error(shop: Shop) -> None:
    """Money is never a float, at no point."""
    with pytest.raises(TypeError) as caught:
        Item("W", 1, 29.99)  # type: ignore[arg-type]  # what is tested

    assert isinstance(caught.value, InexactNumber)
    assert isinstance(caught.value, ValidationError)


def test_everything_wrong_is_told_at_once(shop: Shop) -> None:
    """One error lists every problem by its JSON path, and names the first."""
    with pytest.raises(ValidationError) as caught:
        shop.oms.orders.create(
            external_id="", items=[Item("W", 0, "-1"), Item("", True, "1.00001")], shipping_addresses=[]
        )

    fields = [problem.field for problem in caught.value.problems]
    assert fields == [
        "externalId",
        "items[0].quantity",
        "items[0].unitPrice",
        "items[1].sku",
        "items[1].quantity",
        "items[1].unitPrice",
        "shippingAddresses",
    ]
    assert caught.value.details["field"] == "externalId"


def test_tenants_do_not_see_each_other(shop: Shop) -> None:
    """Another tenant's ids are as if they were not there, and its SKUs and external ids are its own."""
    acme = shop.oms.tenant("acme", actor="importer")
    order = shop.buy("A").order
    client = shop.oms.clients.create(name="robot").client

    assert acme.orders.list().page().total == 0
    for call in (
        lambda: acme.orders.get(order.id),
        lambda: acme.orders.cancel(order.id),
        lambda: acme.inventory.adjust(shop.stock_id, 1, "theft"),
        lambda: acme.products.by_sku("W"),
        lambda: acme.clients.get(client.id),
    ):
        with pytest.raises(NotFound):
            call()
    acme.products.create(sku="W", name="Another widget")
    acme.inventory.adjust(acme.inventory.list().page().items[0].id, 1, "first")
    mine = acme.orders.create(external_id="A", items=[Item("W", 1, "1")], shipping_addresses=[ADDRESS])
    assert mine.created
    assert acme.orders.history(mine.order.id)[0].actor == "importer"


def test_a_tenant_that_was_never_opened_is_not_found(shop: Shop) -> None:
    """A command for it is refused by name, before the store could refuse its rows."""
    command = CreateProduct(caller=Caller("nobody"), intent=NewProduct(sku="W", name="Widget"))
    with pytest.raises(NotFound, match="nobody"):
        shop.oms.run(command)


@pytest.mark.parametrize("name", ["", "api", "Acme", "a_b", "-a", "a-", "x" * 64, "a.b", "\ud800", "a\x00"])
def test_a_tenants_name_is_a_dns_label(shop: Shop, name: str) -> None:
    """A name that could not be a host's first label makes no tenant."""
    with pytest.raises(ValidationError):
        shop.oms.tenant(name)


def test_an_unknown_command_is_a_type_error(shop: Shop) -> None:
    """What is no command of ours is refused before it is queued."""
    stranger: Any = object()
    with pytest.raises(TypeError):
        Vectis.run(shop.oms, stranger)


@pytest.mark.parametrize("within", [None, lambda _result, _rows: None], ids=["alone", "with the host's part"])
def test_what_has_aged_is_cleared_on_the_side(within: Any) -> None:
    """An embedder who never thinks of housekeeping keeps the results of a day, not of a year."""
    clock = FrozenClock()
    with Vectis.open("memory://", clock=clock) as oms:
        product = oms.products.create(sku="W", name="Widget", command_id="first")
        clock.advance(timedelta(hours=25))
        for number in range(1_000):
            change = ProductChange(name=f"Widget {number}")
            oms.run(UpdateProduct(product_id=product.id, intent=change), within=within)

        again = oms.engine.run_told(
            UpdateProduct(product_id=product.id, intent=ProductChange(name="New"), command_id="first")
        )

    assert not again.replayed


def test_a_result_is_kept_for_the_whole_of_a_day() -> None:
    """Housekeeping leaves alone what is a day old, and clears what is older."""
    clock = FrozenClock()
    with Vectis.open("memory://", clock=clock) as oms:
        oms.products.create(sku="W", name="Widget", command_id="first")
        clock.advance(timedelta(hours=24))
        assert oms.run(Housekeep()).results == 0
        clock.advance(timedelta(seconds=1))
        assert oms.run(Housekeep()).results == 1

"""The watch over the order of locks: it sees circles, and the product gives it none to see."""

from __future__ import annotations

from random import Random

from small_shop import ADDRESS

from proof.lock_order import LockOrder, watched
from vectis_core import Item, Vectis
from vectis_core.backends import open_store
from vectis_core.clock import SystemClock
from vectis_core.ids import RandomIds


def test_two_that_take_the_same_locks_the_other_way_round_are_seen() -> None:
    """Whether one takes them right after each other or with something between."""
    order = LockOrder()
    order.add([("a",), ("x",), ("b",)])
    order.add([("b",), ("a",)])

    assert {("a",), ("b",)} <= set(order.cycle())


def test_three_that_wait_for_each_other_in_a_circle_are_seen() -> None:
    """No two of them would stop each other, the three together do; each stands before the next."""
    order = LockOrder()
    for locks in ([("a",), ("b",)], [("b",), ("c",)], [("c",), ("a",)], [("d",), ("a",)]):
        order.add(locks)

    circle = order.cycle()

    assert sorted(circle) == [("a",), ("b",), ("c",)]
    assert circle[(circle.index(("a",)) + 1) % 3] == ("b",)


def test_one_order_of_all_is_no_circle() -> None:
    """Transactions that each take some of the same locks, all in one order, do not stop each other."""
    order = LockOrder()
    for locks in ([("a",), ("b",), ("c",)], [("a",), ("c",)], [("b",), ("c",)], [("b",)]):
        order.add(locks)

    assert order.cycle() == []


def test_batches_ask_for_their_rows_in_one_order() -> None:
    """However the lines of orders are shuffled, transactions ask for their rows in an order that all agree with."""
    clock, ids, order, random = SystemClock(), RandomIds(), LockOrder(), Random(0)
    store = watched(open_store("memory://", clock=clock, ids=ids), order)
    with Vectis(store, clock=clock, ids=ids) as oms:
        skus = [f"SKU-{number}" for number in range(12)]
        for sku in skus:
            oms.products.create(sku=sku, name="Widget")
        for record in oms.inventory.list():
            oms.inventory.adjust(record.id, 1_000, "first delivery")
        for number in range(100):
            items = [Item(sku, 1, "5") for sku in random.sample(skus, 6)]
            placed = oms.orders.create(external_id=f"{number}", items=items, shipping_addresses=[ADDRESS])
            oms.orders.cancel(placed.order.id)

    assert order.transactions > 200
    assert order.cycle() == []

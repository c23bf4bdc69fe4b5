"""What the state machine chooses from: few names, so that they meet again, and mostly steps that may be taken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from hypothesis import strategies as st

from vectis_core.testing.failing import TROUBLES, Trouble
from vectis_core.testing.model import Shop
from vectis_core.testing.model_entities import Ask, Order, Parcel, Record, Warehouse
from vectis_core.testing.side_by_side import Part

T = TypeVar("T")

SKUS = ("WIDGET-001", "widget-001", "a/b c")
#: One that no product has.
UNKNOWN_SKU = "nobody's"
#: Few, so that one has orders that have ended, and others; an id may be an e-mail address.
CUSTOMERS = (("C-1", "Jane@example.com"), ("joe@example.com", "JOE@example.com"))
EXTERNAL_IDS = tuple(f"ORDER-{number}" for number in range(12))
#: In ten-thousandths; rounding's edges and the largest price among them.
PRICES = (0, 1, 49, 50, 1000, 2000, 299_900, 9_999_999_999_999)
REASONS = st.sampled_from(["found", "lost", "because"])
#: How long before now a step of a shipment is said to have happened; the last lies in the future.
AGO = st.sampled_from([*[None] * 9, timedelta(0), timedelta(seconds=30), timedelta(days=30), -timedelta(seconds=1)])
#: The steps of an order that goes its way come more often.
ORDER_STEPS = (*["confirm"] * 4, *["ship"] * 8, *["release"] * 3, "hold", "cancel", "close_short")
PARCEL_STEPS = (*["ship"] * 2, *["deliver"] * 4, "void")
#: Two commands of three go well.
TROUBLE: st.SearchStrategy[Trouble | None] = st.sampled_from([*[None] * 2 * len(TROUBLES), *TROUBLES])
#: What parcels are known by: few, so that one may carry several shipments, and be heard of before there is one.
NUMBERS = ("1Z999", "1Z998", "1Z997", "1Z996")
#: What a carrier says of a parcel, and why.
WORDS: tuple[tuple[str | None, str | None], ...] = (
    *[("in_transit", None)] * 2,
    *[("delivered", None)] * 3,
    ("label_created", None),
    ("delivery_attempted", None),
    ("exception", "weather"),
    ("returned_to_sender", None),
    ("returned_to_sender", "returned"),
    (None, None),
)
#: For how many minutes what is heard has been true; a carrier's clock may run ahead, but not for more than a day.
MINUTES_AGO = st.one_of(st.integers(0, 300), st.sampled_from([-60, -1800]))
REORDER_POINTS = st.one_of(st.none(), st.integers(0, 10))

ASKS = st.lists(
    st.builds(
        Ask,
        sku=st.sampled_from([*SKUS * 5, *SKUS[:1] * 5, UNKNOWN_SKU]),
        quantity=st.one_of(st.integers(1, 3), st.integers(1, 9)),
        price=st.sampled_from(PRICES),
        address=st.sampled_from([None, None, None, None, None, None, 0, 1]),
    ),
    min_size=1,
    max_size=4,
)


def _drawn(pick: Callable[[Shop], Sequence[T]]) -> st.SearchStrategy[T]:
    """Return one of what the running machine's shop has by now, of which there must be some."""
    running: st.SearchStrategy[Any] = st.runner()
    return running.flatmap(lambda machine: st.sampled_from(pick(machine.both.shop)))


def records() -> st.SearchStrategy[Record]:
    """Return a stock record."""
    return _drawn(lambda shop: shop.records)


def warehouses() -> st.SearchStrategy[Warehouse]:
    """Return a warehouse."""
    return _drawn(lambda shop: shop.warehouses)


def orders() -> st.SearchStrategy[Order]:
    """Return an order."""
    return _drawn(lambda shop: shop.orders)


def order_steps() -> st.SearchStrategy[tuple[str, Order]]:
    """Return a step and an order: mostly one that allows it, sometimes any."""
    return _drawn(lambda shop: _mostly(_open(ORDER_STEPS, shop.orders), _all(ORDER_STEPS, shop.orders)))


def parcel_steps() -> st.SearchStrategy[tuple[str, tuple[Order, Parcel]]]:
    """Return a step and a shipment with its order: mostly one that allows it, sometimes any."""
    return _drawn(lambda shop: _mostly(_open_parcels(shop), _all(PARCEL_STEPS, shop.parcels())))


def _mostly(likely: Sequence[T], possible: Sequence[T]) -> list[T]:
    """Return what to choose from, so that five of six are *likely* ones; ``one_of`` would drop equal branches."""
    often = 5 * len(possible) // len(likely) if likely else 0
    return [*likely] * often + [*possible]


def _all(steps: Sequence[str], subjects: Sequence[T]) -> list[tuple[str, T]]:
    return [(step, subject) for step in steps for subject in subjects]


def _open(steps: Sequence[str], subjects: Sequence[Order]) -> list[tuple[str, Order]]:
    return [(step, order) for step, order in _all(steps, subjects) if step in order.allowed()]


def _open_parcels(shop: Shop) -> list[tuple[str, tuple[Order, Parcel]]]:
    return [(step, pair) for step, pair in _all(PARCEL_STEPS, shop.parcels()) if step in pair[1].allowed()]


@st.composite
def parts(draw: st.DrawFn, order: Order) -> list[Part] | None:
    """Return what of an order to ship, as (SKU or line number, pieces): all, or some, perhaps too many."""
    if draw(st.booleans()):
        return None
    line_no = st.integers(1, len(order.lines))
    some = st.one_of(st.just(1), st.integers(1, 2), st.integers(1, 6))
    skus = st.sampled_from([*[line.sku for line in order.lines] * 12, UNKNOWN_SKU])
    by_line: st.SearchStrategy[Part] = st.tuples(st.none(), line_no, some)
    by_sku: st.SearchStrategy[Part] = st.tuples(skus, st.none(), some)
    return draw(st.lists(st.one_of(by_line, by_sku), min_size=1, max_size=3))

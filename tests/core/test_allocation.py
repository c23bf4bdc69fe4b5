"""Laws of the plan that reserves stock."""

from __future__ import annotations

from collections import Counter

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectis_core.errors import InsufficientStock
from vectis_core.stock import StockRecord, plan
from vectis_core.testing import samples

SKUS = ("A", "B", "C")

DEMANDS = st.lists(st.tuples(st.sampled_from(SKUS), st.integers(1, 8)), min_size=1, max_size=6).map(
    lambda rows: [(number, sku, quantity) for number, (sku, quantity) in enumerate(rows, 1)]
)


def wanted(demand: list[tuple[int, str, int]]) -> Counter[str]:
    """Return the pieces wanted of each SKU in all."""
    total: Counter[str] = Counter()
    for _, sku, quantity in demand:
        total[sku] += quantity
    return total


def there(records: dict[str, list[StockRecord]], sku: str) -> int:
    """Return the pieces of a SKU that can be promised."""
    return sum(record.on_hand - record.reserved for record in records.get(sku, []))


@st.composite
def shelves(draw: st.DrawFn) -> dict[str, list[StockRecord]]:
    """Return records of each SKU in the order in which they are tried; some SKUs have none."""
    found: dict[str, list[StockRecord]] = {}
    for sku in draw(st.sets(st.sampled_from(SKUS))):
        found[sku] = []
        for number in range(draw(st.integers(1, 3))):
            on_hand = draw(st.integers(0, 20))
            reserved = draw(st.integers(0, on_hand))
            found[sku].append(
                samples.record(id=f"{sku}{number}", sku=sku, on_hand=on_hand, reserved=reserved, ledger_seq=1)
            )
    return found


@st.composite
def covered(draw: st.DrawFn) -> tuple[list[tuple[int, str, int]], dict[str, list[StockRecord]]]:
    """Return a demand, and records that cover it: what is missing lies in one more record, somewhere in between."""
    demand, records = draw(DEMANDS), draw(shelves())
    for sku, quantity in wanted(demand).items():
        shelf = records.setdefault(sku, [])
        missing = max(quantity - there(records, sku), 0) + draw(st.integers(0, 2))
        record = samples.record(id=f"{sku}-more", sku=sku, on_hand=missing, reserved=0, ledger_seq=1)
        shelf.insert(draw(st.integers(0, len(shelf))), record)
    return demand, records


@given(DEMANDS, shelves())
def test_it_fails_exactly_where_the_sum_of_a_sku_is_short(
    demand: list[tuple[int, str, int]], records: dict[str, list[StockRecord]]
) -> None:
    """A demand is refused exactly if some SKU's lines together ask for more than there is, and each is named."""
    short = {sku: (n, there(records, sku)) for sku, n in wanted(demand).items() if n > there(records, sku)}
    if not short:
        plan(demand, records)
        return
    with pytest.raises(InsufficientStock) as refused:
        plan(demand, records)
    assert {s.sku: (s.requested, s.available) for s in refused.value.shortages} == short


@given(covered())
def test_every_line_gets_what_it_asks_of_its_own_sku(
    shop: tuple[list[tuple[int, str, int]], dict[str, list[StockRecord]]],
) -> None:
    """Each line gets exactly its pieces, from records of its SKU, and each allocation is of at least one."""
    demand, records = shop
    allocations = plan(demand, records)

    given_to: Counter[int] = Counter()
    owners = {record.id: sku for sku, shelf in records.items() for record in shelf}
    skus = {number: sku for number, sku, _ in demand}
    for each in allocations:
        assert each.quantity >= 1
        assert owners[each.stock_id] == skus[each.line_no]
        given_to[each.line_no] += each.quantity
    assert given_to == {number: quantity for number, _, quantity in demand}
    pairs = [(each.line_no, each.stock_id) for each in allocations]
    assert len(set(pairs)) == len(pairs)


@given(covered())
def test_no_record_promises_more_than_it_has(
    shop: tuple[list[tuple[int, str, int]], dict[str, list[StockRecord]]],
) -> None:
    """What is taken of a record by all lines together is at most what it has available."""
    demand, records = shop
    taken: Counter[str] = Counter()
    for each in plan(demand, records):
        taken[each.stock_id] += each.quantity

    for shelf in records.values():
        for record in shelf:
            assert taken[record.id] <= record.on_hand - record.reserved


@given(covered())
def test_a_later_record_is_touched_only_when_the_earlier_ones_are_empty(
    shop: tuple[list[tuple[int, str, int]], dict[str, list[StockRecord]]],
) -> None:
    """Records are emptied in the order in which they are given."""
    demand, records = shop
    taken: Counter[str] = Counter()
    for each in plan(demand, records):
        taken[each.stock_id] += each.quantity

    for shelf in records.values():
        touched = [number for number, record in enumerate(shelf) if taken[record.id]]
        for record in shelf[: touched[-1]] if touched else []:
            assert taken[record.id] == record.on_hand - record.reserved


def test_two_lines_that_fit_singly_but_not_together_are_refused() -> None:
    """Demand is summed per SKU before anything is taken."""
    record = attrs.evolve(samples.record(), on_hand=10, reserved=0)

    with pytest.raises(InsufficientStock) as refused:
        plan([(1, record.sku, 6), (2, record.sku, 6)], {record.sku: [record]})
    assert refused.value.details == {"shortages": [{"sku": record.sku, "requested": 12, "available": 10}]}

"""Faults in stock: pieces promised, counted or moved wrongly."""

from __future__ import annotations

from proof.builds import Mutant

_SHOPS = "tests/backends/test_memory.py::TestMemory::"
_RULES = "tests/core/test_shop_rules.py::"
_ALLOCATION = "tests/core/test_allocation.py::"
_LEDGER = "tests/core/test_ledger.py::"

STOCK = (
    Mutant(
        name="promise-left-open",
        file="vectis_core/handlers/stockkeeping.py",
        before="        released.append(attrs.evolve(held, open=0) if held.open else held)\n",
        after="        released.append(held)\n",
        fault="a cancelled order gives its pieces back and keeps its promise of them",
        killed_by=(f"{_SHOPS}test_a_split_line_is_released_in_both_warehouses",),
    ),
    Mutant(
        name="balance-without-ledger-row",
        file="vectis_core/handlers/stockkeeping.py",
        before="    work.movements.append(movement)\n",
        after="    del movement\n",
        fault="a balance is written without the ledger row that explains it",
        killed_by=(f"{_SHOPS}test_a_split_line_is_released_in_both_warehouses",),
    ),
    Mutant(
        name="adjustment-without-ledger-row",
        file="vectis_core/handlers/stock.py",
        before="    work.movements.append(movement)\n",
        after="    del movement\n",
        fault="an adjustment leaves no row in the ledger",
        killed_by=(f"{_RULES}test_an_adjustment_is_told_and_explained",),
    ),
    Mutant(
        name="adjustment-without-event",
        file="vectis_core/handlers/stock.py",
        before="    emit(work, EventType.INVENTORY_ADJUSTED, changed, more)\n",
        after="    del more\n",
        fault="an adjustment is not told in the feed",
        killed_by=(f"{_RULES}test_an_adjustment_is_told_and_explained",),
    ),
    Mutant(
        name="demand-not-summed",
        file="vectis_core/stock/allocation.py",
        before="wanted.get(sku, 0) + quantity",
        after="max(wanted.get(sku, 0), quantity)",
        fault="two lines of one SKU are each held against all that is there",
        killed_by=(f"{_ALLOCATION}test_two_lines_that_fit_singly_but_not_together_are_refused",),
    ),
    Mutant(
        name="pieces-taken-by-two-lines",
        file="vectis_core/stock/allocation.py",
        before="                free[sku][place] -= take\n",
        after="",
        fault="pieces that one line took are offered to the next line again",
        killed_by=(f"{_ALLOCATION}test_no_record_promises_more_than_it_has",),
    ),
    Mutant(
        name="line-not-held-wholly",
        file="vectis_core/stock/allocation.py",
        before="                taken.append(Allocation(line_no, record.id, take))\n",
        after="                taken.append(Allocation(line_no, record.id, take))\n                break\n",
        fault="a line that needs two warehouses is held in the first alone",
        killed_by=(f"{_SHOPS}test_two_warehouses_fill_a_line_together",),
    ),
    Mutant(
        name="short-by-one",
        file="vectis_core/stock/allocation.py",
        before="if sum(free[sku]) < n]",
        after="if sum(free[sku]) + 1 < n]",
        fault="an order for one piece more than there is goes through with one piece less",
        killed_by=(f"{_ALLOCATION}test_it_fails_exactly_where_the_sum_of_a_sku_is_short",),
    ),
    Mutant(
        name="last-piece-never-sold",
        file="vectis_core/stock/allocation.py",
        before="if sum(free[sku]) < n]",
        after="if sum(free[sku]) <= n]",
        fault="the last piece is refused",
        killed_by=(f"{_ALLOCATION}test_it_fails_exactly_where_the_sum_of_a_sku_is_short",),
    ),
    Mutant(
        name="available-without-reserved",
        file="vectis_core/stock/model.py",
        before="        return self.on_hand - self.reserved\n",
        after="        return self.on_hand\n",
        fault="what is promised to others still counts as available",
        killed_by=("tests/engine/test_batches.py::test_a_record_asked_for_by_id_and_by_sku_counts_once",),
    ),
    Mutant(
        name="negative-balance",
        file="vectis_core/stock/ledger.py",
        before="    if not 0 <= reserved_after <= on_hand_after <= MOST_ON_HAND:\n",
        after="    if on_hand_after > MOST_ON_HAND:\n",
        fault="pieces that are promised to orders may be written off",
        killed_by=(f"{_LEDGER}test_a_balance_moves_with_its_ledger_row_or_not_at_all",),
    ),
    Mutant(
        name="low-one-too-early",
        file="vectis_core/stock/ledger.py",
        before="available < reorder_point\n",
        after="available <= reorder_point\n",
        fault="a record is low already at its reorder point",
        killed_by=(f"{_LEDGER}test_the_low_flag_says_whether_less_than_the_reorder_point_is_available",),
    ),
    Mutant(
        name="low-stock-told-twice",
        file="vectis_core/handlers/stockkeeping.py",
        before="    if changed.low and not record.low:\n",
        after="    if changed.low:\n",
        fault="every sale from a record that is low tells once more that it is",
        killed_by=(f"{_RULES}test_low_stock_is_told_as_it_comes",),
    ),
    Mutant(
        name="shipped-and-still-promised",
        file="vectis_core/handlers/stockkeeping.py",
        before="        held[line_no, stock_id] = spend(held[line_no, stock_id], quantity)\n",
        after="        spend(held[line_no, stock_id], quantity)\n",
        fault="what has shipped can be shipped again",
        killed_by=(f"{_RULES}test_what_has_shipped_is_not_shipped_again",),
    ),
    Mutant(
        name="shipped-and-still-on-hand",
        file="vectis_core/handlers/stockkeeping.py",
        before="MovementKind.SHIP, -quantity, -quantity, cause)",
        after="MovementKind.SHIP, 0, -quantity, cause)",
        fault="what has left the warehouse is offered again",
        killed_by=(f"{_RULES}test_a_label_moves_no_stock",),
    ),
    Mutant(
        name="warehouses-in-reverse",
        file="vectis_core/unit_of_work.py",
        before="key=lambda w: (w.priority, not w.is_default, w.id)",
        after="key=lambda w: (-w.priority, not w.is_default, w.id)",
        fault="the warehouse of the last resort is tried first",
        killed_by=(f"{_RULES}test_warehouses_are_tried_by_priority",),
    ),
    Mutant(
        name="closed-warehouse-sells",
        file="vectis_core/handlers/placing.py",
        before="for place, w in enumerate(work.warehouses()) if w.active}",
        after="for place, w in enumerate(work.warehouses())}",
        fault="stock of a warehouse that is not active is sold",
        killed_by=(f"{_RULES}test_a_warehouse_that_is_not_active_sells_nothing",),
    ),
    Mutant(
        name="reserved-for-nobody",
        file="vectis_core/handlers/placing.py",
        before="    work.add_order(order, _reserve(work, order_id, allocations))\n",
        after="    _reserve(work, order_id, allocations)\n    work.add_order(order, ())\n",
        fault="stock is reserved, and no row says for which order",
        killed_by=("tests/adapters/test_lists.py::test_a_record_tells_who_holds_what_of_it",),
    ),
)

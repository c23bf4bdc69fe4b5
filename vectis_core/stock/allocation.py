"""The plan: which stock records cover a demand. Pure, deterministic, and exact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from vectis_core.errors import InsufficientStock, Shortage
from vectis_core.stock.model import StockRecord


@attrs.frozen
class Allocation:
    """Pieces of one stock record for one line of the demand."""

    line_no: int
    stock_id: str
    quantity: int


def plan(demand: Sequence[tuple[int, str, int]], records: Mapping[str, Sequence[StockRecord]]) -> list[Allocation]:
    """Return what to take from where for all of *demand*, or raise for all of it.

    *demand* holds (line number, SKU, pieces); *records* holds each SKU's stock records in the order in which
    they are to be tried. The pieces of all lines of one SKU are summed before anything is taken, so two lines
    that fit singly but not together are refused. A line may be split over several records.

    Raises ``InsufficientStock`` with every short SKU.
    """
    wanted: dict[str, int] = {}
    for _, sku, quantity in demand:
        wanted[sku] = wanted.get(sku, 0) + quantity
    free = {sku: [record.available for record in records.get(sku, ())] for sku in wanted}
    short = [Shortage(sku, n, sum(free[sku])) for sku, n in wanted.items() if sum(free[sku]) < n]
    if short:
        raise InsufficientStock(short)
    taken = []
    for line_no, sku, quantity in demand:
        left = quantity
        for place, record in enumerate(records[sku]):
            take = min(left, free[sku][place])
            if take > 0:
                free[sku][place] -= take
                left -= take
                taken.append(Allocation(line_no, record.id, take))
    return taken

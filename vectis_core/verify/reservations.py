"""Rules between an order's lines and its reservations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from vectis_core.orders.model import Order
from vectis_core.stock.model import Reservation
from vectis_core.verify.lines import RecordOf, holds_stock
from vectis_core.verify.report import Fault, Group

_fault = partial(Fault, Group.RESERVATIONS)


def reservation_faults(order: Order, reservations: Sequence[Reservation], record_of: RecordOf) -> Iterator[Fault]:
    """Yield reservations that belong to no line or to other goods, and lines that promise another number."""
    skus = {line.line_no: line.sku for line in order.lines}
    opened = dict.fromkeys(skus, 0)
    for row in reservations:
        rows = {"order": order.id, "line": str(row.line_no), "stock": row.stock_id}
        record = record_of(row.stock_id)
        if row.line_no not in skus:
            yield _fault("line", "the order has no such line", rows)
            continue
        if record is None or (record.sku, record.warehouse_id) != (skus[row.line_no], row.warehouse_id):
            yield _fault("record", f"holds no stock record of {skus[row.line_no]} in its warehouse", rows)
        if not 0 <= row.open <= row.quantity:
            yield _fault("open", f"{row.open} open of {row.quantity}", rows)
        if row.open and not holds_stock(order):
            yield _fault("state", f"{row.open} held for an order that is {order.status}", rows)
        opened[row.line_no] += row.open
    for line in order.lines:
        if line.reserved != opened[line.line_no]:
            message = f"{line.reserved} reserved, but {opened[line.line_no]} open in its reservations"
            yield _fault("line_reserved", message, {"order": order.id, "line": str(line.line_no)})

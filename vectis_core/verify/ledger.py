"""Rules of one stock record: its ledger is a chain that ends in its balances, and its flag follows them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from vectis_core.stock.ledger import is_low
from vectis_core.stock.model import Movement, MovementKind, StockRecord
from vectis_core.verify.report import Fault, Group

_fault = partial(Fault, Group.LEDGER)


class Chain:
    """Follows the ledger of one record, row by row."""

    def __init__(self, record: StockRecord) -> None:
        self._record = record
        self._seq = 0
        self._last = (0, 0)
        self._sums = (0, 0)
        self._adjustments = 0

    def follow(self, row: Movement) -> Iterator[Fault]:
        """Yield what is wrong with the next row."""
        rows = {"stock": row.stock_id, "movement": str(row.seq)}
        if row.seq != self._seq + 1:
            yield _fault("numbering", f"number {row.seq} follows {self._seq}", rows)
        deltas = (row.on_hand_delta, row.reserved_delta)
        after = (row.on_hand_after, row.reserved_after)
        expected = (self._last[0] + deltas[0], self._last[1] + deltas[1])
        if after != expected:
            yield _fault("chain", f"the balances after it are {after}, the row before makes it {expected}", rows)
        if not 0 <= row.reserved_after <= row.on_hand_after:
            yield _fault("bounds", f"{row.reserved_after} promised of {row.on_hand_after}", rows)
        self._seq, self._last = row.seq, after
        self._sums = (self._sums[0] + deltas[0], self._sums[1] + deltas[1])
        self._adjustments += row.kind is MovementKind.ADJUST

    def end(self) -> Iterator[Fault]:
        """Yield what is wrong with the record after its last row."""
        record = self._record
        rows = {"stock": record.id}
        balances = (record.on_hand, record.reserved)
        if balances != self._last:
            yield _fault("balance", f"the balances are {balances}, the newest row's {self._last}", rows)
        if balances != self._sums:
            yield _fault("sum", f"the balances are {balances}, the sums of all rows {self._sums}", rows)
        if record.ledger_seq != self._seq:
            message = f"the newest row should be number {record.ledger_seq} and is {self._seq}"
            yield _fault("newest", message, rows)
        if not 0 <= record.reserved <= record.on_hand:
            yield _fault("oversold", f"{record.reserved} promised of {record.on_hand}", rows)
        # A record tells of its adjustments and of becoming low, and numbers both alike.
        if record.low and record.event_seq <= self._adjustments:
            yield Fault(Group.EVENTS, "low_stock", "is low, and no event tells that it became so", rows)


def low_faults(record: StockRecord) -> Iterator[Fault]:
    """Yield a record whose flag does not say whether it is low."""
    if record.low != is_low(record.available, record.reorder_point):
        message = f"the flag says {record.low}; {record.available} available, reorder point {record.reorder_point}"
        yield Fault(Group.LOW_STOCK, "flag", message, {"stock": record.id})


def shape_faults(row: Movement) -> Iterator[Fault]:
    """Yield a row whose deltas or cause do not belong to its kind."""
    on_hand, reserved = row.on_hand_delta, row.reserved_delta
    for_line = row.order_id is not None and row.line_no is not None
    shapes = {
        MovementKind.ADJUST: on_hand != 0 == reserved and not for_line and row.reason is not None,
        MovementKind.RESERVE: on_hand == 0 < reserved and for_line,
        MovementKind.RELEASE: on_hand == 0 > reserved and for_line,
        MovementKind.SHIP: on_hand == reserved < 0 and for_line and row.shipment_id is not None,
    }
    if not shapes[row.kind]:
        message = f"is no {row.kind}: on hand {on_hand:+}, reserved {reserved:+}, order {row.order_id}"
        yield Fault(Group.CAUSES, "kind", message, {"stock": row.stock_id, "movement": str(row.seq)})

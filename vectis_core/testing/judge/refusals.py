"""Whether everyone who was refused was refused rightly (L8): for want of stock, or because of where an order stood.

By the log, each ledger row was written between two moments; so each balance may have held for a while, or may not.
What fits into every balance that may have held while it was being decided was refused falsely. So was a step that an
order allowed all the while.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

import attrs

from vectis_core.commands import AdjustStock, CancelOrder, ConfirmOrder, PlaceOrder
from vectis_core.errors import Conflict, IllegalTransition, InsufficientStock
from vectis_core.events import EventType
from vectis_core.stock.model import MOST_ON_HAND
from vectis_core.testing.calls import Call
from vectis_core.testing.judge.books import Books
from vectis_core.testing.judge.effects import Effects
from vectis_core.testing.judge.violation import Violation


@attrs.frozen
class _Balances:
    """What was available of a stock record after 0, 1, 2 ... rows, and when each may have held."""

    available: Sequence[int]
    #: Before this, balance *n* cannot have held; never falls with *n*.
    since: Sequence[float]
    #: After this it cannot.
    until: Sequence[float]

    def least(self, sent: float, answered: float) -> int:
        """Return the least that may have been available between two moments."""
        first = bisect_left(self.until, sent)
        last = bisect_right(self.since, answered)
        return min(self.available[first:last], default=0)


@attrs.frozen
class _Known:
    """What refusals are held against."""

    books: Books
    effects: Effects
    _balances: dict[str, _Balances] = attrs.Factory(dict)

    def least(self, stock_id: str, sent: float, answered: float) -> int:
        """Return the least that may have been available of a stock record between two moments."""
        if stock_id not in self._balances:
            self._balances[stock_id] = _balances(self.books, self.effects, stock_id)
        return self._balances[stock_id].least(sent, answered)


def false_refusals(books: Books, effects: Effects, calls: Sequence[Call]) -> Iterator[Violation]:
    """Yield each order, adjustment or step that was refused though nothing stood against it all the while."""
    known = _Known(books, effects)
    for call in calls:
        if call.answered is None or call.error is None:
            continue
        allowed = _allowed(known, call, call.answered)
        if allowed:
            yield Violation(
                "L8",
                f"{call.client} was refused {type(call.command).__name__} between {call.sent:.6f} and"
                f" {call.answered:.6f}, when {allowed}: {call.error}",
            )


def _allowed(known: _Known, call: Call, answered: float) -> str | None:
    """Return why a refused call should have been done; ``None`` where it may have been refused rightly."""
    command, error = call.command, call.error
    if isinstance(command, PlaceOrder) and isinstance(error, InsufficientStock):
        return _order_allowed(known, command, call.sent, answered)
    if isinstance(command, AdjustStock) and type(error) is Conflict:
        return _adjustment_allowed(known, command, call.sent, answered)
    if isinstance(command, ConfirmOrder | CancelOrder) and isinstance(error, IllegalTransition):
        return _step_allowed(known.effects, command, call.sent, answered)
    return None


def _order_allowed(known: _Known, command: PlaceOrder, sent: float, answered: float) -> str | None:
    wanted: dict[str, int] = {}
    for item in command.intent.items:
        wanted[item.sku] = wanted.get(item.sku, 0) + item.quantity
    least = {
        sku: sum(known.least(stock_id, sent, answered) for stock_id in known.books.sellable.get(sku, ()))
        for sku in wanted
    }
    if all(least[sku] >= quantity for sku, quantity in wanted.items()):
        return f"of {wanted} for external id {command.intent.external_id} there were never fewer than {least}"
    return None


def _adjustment_allowed(known: _Known, command: AdjustStock, sent: float, answered: float) -> str | None:
    pieces = command.intent.adjustment
    rows = known.books.ledger.get(command.stock_id)
    if rows is None or max((row.on_hand_after for row in rows), default=0) + pieces > MOST_ON_HAND:
        return None
    least = known.least(command.stock_id, sent, answered)
    return f"by {pieces} of {command.stock_id} there were never fewer than {least}" if least + pieces >= 0 else None


def _step_allowed(effects: Effects, command: ConfirmOrder | CancelOrder, sent: float, answered: float) -> str | None:
    """See whether the order was there before, and nothing else can have happened to it by then.

    Holds, labels and shipments are not told apart: each may have forbidden it.
    """
    steps = effects.steps.get(command.order_id)
    if steps is None:
        return None
    placed, *others = steps
    if isinstance(command, CancelOrder):
        others = [step for step in others if step[0] is not EventType.ORDER_CONFIRMED]
    elif effects.auto_confirm:
        return None
    fresh = effects.interval(placed)[1] < sent and all(effects.interval(step)[0] > answered for step in others)
    return f"nothing else had happened to order {command.order_id}" if fresh else None


def _balances(books: Books, effects: Effects, stock_id: str) -> _Balances:
    rows = books.ledger[stock_id]
    keys = [effects.key_of_row(row, books) for row in rows]
    times = [effects.interval(key) if key is not None else (-math.inf, math.inf) for key in keys]
    until = [*accumulate((answered for _, answered in reversed(times)), min, initial=math.inf)][::-1]
    return _Balances(
        available=[0, *(row.on_hand_after - row.reserved_after for row in rows)],
        since=[*accumulate((sent for sent, _ in times), max, initial=-math.inf)],
        until=until,
    )

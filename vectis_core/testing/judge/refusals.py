"""Whether everyone who was refused for want of stock was refused rightly (L8).

By the log, each ledger row was written between two moments; so each balance may have held for a while, or may not.
An order that fits into every balance that may have held while it was being decided was refused falsely.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

import attrs

from vectis_core.commands import PlaceOrder
from vectis_core.errors import InsufficientStock
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


def false_refusals(books: Books, effects: Effects, calls: Sequence[Call]) -> Iterator[Violation]:
    """Yield each order that was refused though its goods were there all the while."""
    known: dict[str, _Balances] = {}
    for call in calls:
        if not isinstance(call.error, InsufficientStock) or not isinstance(call.command, PlaceOrder):
            continue
        assert call.answered is not None
        wanted: dict[str, int] = {}
        for item in call.command.intent.items:
            wanted[item.sku] = wanted.get(item.sku, 0) + item.quantity
        least = dict.fromkeys(wanted, 0)
        for sku in wanted:
            for stock_id in books.sellable.get(sku, ()):
                if stock_id not in known:
                    known[stock_id] = _balances(books, effects, stock_id)
                least[sku] += known[stock_id].least(call.sent, call.answered)
        if all(least[sku] >= quantity for sku, quantity in wanted.items()):
            yield Violation(
                "L8",
                f"{call.client} was refused {wanted} between {call.sent:.6f} and {call.answered:.6f}"
                f" (external id {call.command.intent.external_id}), when there were never fewer than {least}",
            )


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

"""Whether what followed in time follows in the books (L9)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from vectis_core.testing.judge.books import Books
from vectis_core.testing.judge.effects import Effects, Key
from vectis_core.testing.judge.violation import Violation


def order_in_time(books: Books, effects: Effects) -> Iterator[Violation]:
    """Yield what stands in a ledger or a history after something that was not asked for before it was answered."""
    for order_id, steps in effects.steps.items():
        yield from _in_time(f"order {order_id}", steps, effects)
    for stock_id, rows in books.ledger.items():
        keys = (effects.key_of_row(row, books) for row in rows)
        yield from _in_time(f"the ledger of {stock_id}", (key for key in keys if key is not None), effects)


def _in_time(name: str, keys: Iterable[Key], effects: Effects) -> Iterator[Violation]:
    latest, latest_key = -math.inf, None
    for key in keys:
        sent, answered = effects.interval(key)
        if answered < latest:
            yield Violation(
                "L9",
                f"{name} has {key} after {latest_key}, which was asked for at {latest:.6f}, after {answered:.6f} when"
                " the other was answered",
            )
        if sent > latest:
            latest, latest_key = sent, key

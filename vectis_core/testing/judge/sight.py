"""Whether whoever looks sees what was answered before, and nothing that was never there (L9)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs

from vectis_core.commands import PlaceOrder
from vectis_core.orders.model import Order, Placed
from vectis_core.stock.model import StockRecord
from vectis_core.testing.calls import Look, Told
from vectis_core.testing.judge.books import Books
from vectis_core.testing.judge.requests import Request
from vectis_core.testing.judge.violation import Violation


@attrs.frozen
class _Seen:
    """A state that somebody was shown: its number, or 0 where nothing was there."""

    client: str
    sent: float
    answered: float
    number: int


def sight(books: Books, asked: Sequence[Request], looks: Sequence[Look]) -> Iterator[Violation]:
    """Yield each look that shows less than was known before it was sent, or what was lost since."""
    shown: dict[str, list[_Seen]] = {}
    readers: dict[str, list[_Seen]] = {}
    for request in asked:
        _note_answers(request, shown, readers)
    for look in looks:
        seen = _Seen(look.client, look.sent, look.answered, _number(look.seen))
        shown.setdefault(look.key, []).append(seen)
        readers.setdefault(look.key, []).append(seen)
        yield from _never_there(books, look)
    for key, reading in readers.items():
        yield from _in_order(key, reading, shown[key])


def _note_answers(request: Request, shown: dict[str, list[_Seen]], readers: dict[str, list[_Seen]]) -> None:
    """Note what answers show; that of a repeated command may be the one that was kept, so it is not a look."""
    for call in request.calls:
        result = call.result.order if isinstance(call.result, Placed) else call.result
        if call.told is not Told.DONE or call.answered is None or not isinstance(result, Order | StockRecord):
            continue
        seen = _Seen(call.client, call.sent, call.answered, _number(result))
        shown.setdefault(result.id, []).append(seen)
        if len(request.calls) == 1 or isinstance(call.command, PlaceOrder):
            readers.setdefault(result.id, []).append(seen)


def _number(seen: Order | StockRecord | None) -> int:
    if seen is None:
        return 0
    return seen.event_seq if isinstance(seen, Order) else seen.ledger_seq + 1


def _in_order(key: str, reading: list[_Seen], shown: list[_Seen]) -> Iterator[Violation]:
    shown.sort(key=lambda seen: seen.answered)
    newest, place = 0, 0
    for look in sorted(reading, key=lambda seen: seen.sent):
        while place < len(shown) and shown[place].answered < look.sent:
            newest = max(newest, shown[place].number)
            place += 1
        if look.number < newest:
            yield Violation(
                "L9",
                f"{look.client} asked at {look.sent:.6f} and saw state {look.number} of {key}, when state {newest} had"
                " been shown before",
            )


def _never_there(books: Books, look: Look) -> Iterator[Violation]:
    seen = look.seen
    if isinstance(seen, Order):
        order = books.orders.get(seen.id)
        if order is None or order.event_seq < seen.event_seq:
            yield Violation("L9", f"{look.client} saw event {seen.event_seq} of order {seen.id}, which was never there")
    elif isinstance(seen, StockRecord) and seen.ledger_seq:
        rows = books.ledger.get(seen.id, [])
        row = rows[seen.ledger_seq - 1] if seen.ledger_seq <= len(rows) else None
        if row is None or (row.on_hand_after, row.reserved_after) != (seen.on_hand, seen.reserved):
            yield Violation("L9", f"{look.client} saw row {seen.ledger_seq} of {seen.id} as it never was: {seen}")

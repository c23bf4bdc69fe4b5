"""The shop that a crowd trades in, with the records of all who ever asked anything of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from proof.crowd.client import Client
from proof.crowd.records import Record, Trouble, log_of
from vectis_core import Vectis
from vectis_core.catalogue import NewProduct
from vectis_core.commands import AdjustStock, CreateProduct
from vectis_core.errors import Conflict, IllegalTransition, InsufficientStock
from vectis_core.stock.model import Adjustment
from vectis_core.testing.calls import Call, Told
from vectis_core.testing.judge import judge

#: What a shop may answer on any day.
_REFUSALS = (Conflict, IllegalTransition, InsufficientStock)


def stock_up(client: Client, skus: int, pieces: int) -> None:
    """Make so many SKUs, with so many pieces of each."""
    for number in range(skus):
        client.ask(CreateProduct(intent=NewProduct(sku=f"SKU-{number:03}", name="Widget")))
    for record in client.oms.inventory.list():
        client.ask(AdjustStock(stock_id=record.id, intent=Adjustment(pieces, client.key())))


class Shop:
    """A database that crowds come to, one after another, and all records of it."""

    def __init__(self, url: str, *, skus: int, pieces: int) -> None:
        """Make the database at *url* and stock it up."""
        self.url = url
        self.records: list[Record] = []
        self._visits = 0
        with self._visit() as client:
            stock_up(client, skus, pieces)

    @contextmanager
    def _visit(self) -> Iterator[Client]:
        """Open the database for the length of a ``with`` block, with a client whose calls are on record too."""
        self._visits += 1
        with Vectis.open(self.url) as oms:
            yield Client(oms, f"visit{self._visits}", self.records.append)

    def ask_again(self, records: Iterable[Record]) -> int:
        """Ask again, with the same keys, for all in *records* whose outcome nobody knows; returns how much that was."""
        unknown = [c.command for c in log_of(records) if isinstance(c, Call) and c.told is Told.UNKNOWN]
        with self._visit() as client:
            for command in unknown:
                try:
                    client.ask(command)
                except Conflict:
                    continue  # by now it may be refused, and then it must have no effect
        return len(unknown)

    def verdict(self) -> list[str]:
        """Return what is wrong: by the eyes of the clients, by the judge, by the database's own books."""
        with Vectis.open(self.url) as oms:
            return verdict(self.records, oms)


def unforeseen(calls: Iterable[Call]) -> list[str]:
    """Return each error that no shop may answer on a quiet day: all but too little stock and steps forbidden."""
    return [
        f"{call.client} was told {type(call.error).__name__}: {call.error} ({type(call.command).__name__})"
        for call in calls
        if call.error is not None and type(call.error) not in _REFUSALS
    ]


def verdict(records: Sequence[Record], oms: Vectis) -> list[str]:
    """Return what is wrong with a database of which all records are there."""
    found = [f"{record.client} saw: {record.what}" for record in records if isinstance(record, Trouble)]
    found += [str(violation) for violation in judge(log_of(records), oms)]
    return found + [f"verify: {fault}" for fault in oms.verify().faults]

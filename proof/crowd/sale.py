"""A sale of one SKU to a crowd: ``python -P -m proof.crowd.sale SEED CLIENTS ATTEMPTS`` holds it on memory alone.

It prints what came of it in JSON, because the memory is gone with its process.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress

import attrs

from proof.crowd.client import Client, act
from proof.crowd.records import Record, log_of
from proof.crowd.shop import stock_up, unforeseen, verdict
from proof.crowd.stories import ADDRESS
from vectis_core import Item, Vectis
from vectis_core.commands import PlaceOrder
from vectis_core.errors import InsufficientStock
from vectis_core.orders.model import NewOrder
from vectis_core.testing.calls import Call, Told

#: The one SKU, as ``stock_up`` names it, and its pieces.
_SKU = "SKU-000"
PIECES = 1_000


@attrs.frozen
class Sale:
    """What a sale came to, by what the buyers were told."""

    attempts: int
    sold: int
    refused: int
    violations: list[str]

    @classmethod
    def of(cls, records: Sequence[Record], oms: Vectis) -> Sale:
        """Judge a sale by its records and what *oms* has of it."""
        calls = [each for each in log_of(records) if isinstance(each, Call)]
        asked = [(call, call.command) for call in calls if isinstance(call.command, PlaceOrder)]
        sold = sum(item.quantity for call, order in asked if call.told is Told.DONE for item in order.intent.items)
        found = [*unforeseen(calls), *verdict(records, oms)]
        if sold > PIECES:
            found.insert(0, f"{sold:,} pieces were sold of {PIECES:,}")
        refused = sum(isinstance(call.error, InsufficientStock) for call, _ in asked)
        return cls(len(asked), sold, refused, found)


def buy(client: Client) -> Iterator[None]:
    """Order one to three pieces, as often as the options say."""
    for _ in range(client.options["attempts"]):
        items = [Item(_SKU, client.random.randint(1, 3), "29.99")]
        with suppress(InsufficientStock):
            client.ask(PlaceOrder(intent=NewOrder(client.key(), items, [ADDRESS])))
        yield


def main() -> None:
    """Hold a sale on memory."""
    seed, clients, attempts = map(int, sys.argv[1:])
    records: list[Record] = []
    with Vectis.open("memory://") as oms:
        stock_up(Client(oms, "visit", records.append), 1, PIECES)
        options = {"attempts": attempts}
        buyers = [Client(oms, f"s{seed}b{number}", records.append, options) for number in range(clients)]
        act(buy, buyers, threading.Event())
        print(json.dumps(attrs.asdict(Sale.of(records, oms))))


if __name__ == "__main__":
    main()

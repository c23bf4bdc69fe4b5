"""A client: asks one call after another, and notes each before it is made and once it is answered."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random
from typing import Any, TypeVar

from proof.crowd.records import Answered, Record, Sent, Trouble
from vectis_core import Vectis
from vectis_core.commands import Command
from vectis_core.errors import VectisError
from vectis_core.orders.model import Order
from vectis_core.stock.model import StockRecord
from vectis_core.testing.calls import Look

R = TypeVar("R")


class Client:
    """One client with a name of its own; for one thread."""

    def __init__(
        self, oms: Vectis, name: str, note: Callable[[Record], None], options: Mapping[str, Any] | None = None
    ) -> None:
        self.oms = oms
        self.name = name
        #: Repeatable by the client's name.
        self.random = Random(name)
        #: What the crowd was told to do, for its story to read.
        self.options = options or {}
        self._note = note
        self._calls = 0
        self._keys = 0

    def key(self) -> str:
        """Return a key that no client has used: an external id, a command id, a reason."""
        self._keys += 1
        return f"{self.name}-{self._keys}"

    def ask(self, command: Command[R]) -> R:
        """Run a command and return its result; raises what it raises."""
        self._calls += 1
        number = self._calls
        self._note(Sent(self.name, number, command, time.monotonic()))
        try:
            result = self.oms.run(command)
        except VectisError as error:
            self._note(Answered(self.name, number, time.monotonic(), None, error))
            raise
        self._note(Answered(self.name, number, time.monotonic(), result, None))
        return result

    def look_at_order(self, order_id: str) -> Order:
        """Read an order by its id."""
        sent = time.monotonic()
        order = self.oms.orders.get(order_id)
        self.note_look(sent, order)
        return order

    def look_at_stock(self, stock_id: str) -> StockRecord:
        """Read a stock record by its id."""
        sent = time.monotonic()
        record = self.oms.inventory.get(stock_id)
        self.note_look(sent, record)
        return record

    def note_look(self, sent: float, seen: Order | StockRecord) -> None:
        """Note what was just seen by a read that was sent at that time."""
        self._note(Look(self.name, sent, time.monotonic(), seen))

    def complain(self, what: str) -> None:
        """Note what no client may ever see."""
        self._note(Trouble(self.name, what))


#: What a client does, step by step; between two steps it can be stopped. Ends by itself, or goes on for ever.
Story = Callable[[Client], Iterator[None]]


def act(story: Story, clients: Sequence[Client], stopping: threading.Event) -> None:
    """Let each client live the story in a thread of its own until it ends or *stopping* is set.

    A story that raises ends, and that is noted as trouble.
    """

    def live(client: Client) -> None:
        try:
            for _ in story(client):
                if stopping.is_set():
                    return
        except Exception:  # noqa: BLE001 - whatever it is, the parent must hear of it
            client.complain(traceback.format_exc())

    threads = [threading.Thread(target=live, args=(client,), name=client.name) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

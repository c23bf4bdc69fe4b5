"""Clients that all ask for one and the same thing with one key, at once, key after key."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

from proof.crowd.client import Client
from proof.crowd.stories import ADDRESS
from vectis_core import Item
from vectis_core.commands import AdjustStock, PlaceOrder
from vectis_core.errors import IdempotencyConflict
from vectis_core.orders.model import NewOrder
from vectis_core.stock.model import Adjustment
from vectis_core.tenancy import Caller

#: The one SKU, as ``stock_up`` names it.
SKU = "SKU-000"
#: What everybody asks for of each key, and what some ask for with a key that is used already. In pieces.
ASKED, ANOTHER = 1, 2
#: Every so many clients ask for something else once they have their answer, and in another tenant too.
_EVERY = 10
#: After so many seconds the others do not come any more.
_PATIENCE = 120


class _Gate:
    """What all clients of all processes wait at before each key, so that they ask at one moment.

    Each process has a file in a folder, which grows by a byte whenever its own clients have come.
    """

    def __init__(self, folder: Path, process: str, processes: int, clients: int) -> None:
        self._folder = folder
        self._file = folder / process
        self._processes = processes
        self._times = 0
        self._clients = threading.Barrier(clients, self._meet)

    def wait(self) -> None:
        """Return once all have come; raises ``BrokenBarrierError`` where some do not."""
        self._clients.wait(_PATIENCE)

    def _meet(self) -> None:
        self._times += 1
        with self._file.open("ab") as file:
            file.write(b".")
        latest = time.monotonic() + _PATIENCE
        while sum(each.stat().st_size >= self._times for each in self._folder.iterdir()) < self._processes:
            if time.monotonic() > latest:
                raise TimeoutError(f"other processes have not come for key {self._times}")
            time.sleep(0.0005)


@cache
def _gate(folder: str, process: str, processes: int, clients: int) -> _Gate:
    """Return this process's gate."""
    return _Gate(Path(folder), process, processes, clients)


def asked(tenant: str, stock_id: str, number: int, pieces: int = ASKED) -> PlaceOrder | AdjustStock:
    """Return what is asked with key *number*: an order for the even ones, found pieces for the odd."""
    if number % 2:
        return found(tenant, stock_id, number, pieces)
    return ordered(tenant, number, pieces)


def ordered(tenant: str, number: int, pieces: int = ASKED) -> PlaceOrder:
    """Return an order with key *number*."""
    return PlaceOrder(caller=Caller(tenant), intent=NewOrder(f"key-{number}", [Item(SKU, pieces, "29.99")], [ADDRESS]))


def found(tenant: str, stock_id: str, number: int, pieces: int = ASKED) -> AdjustStock:
    """Return an adjustment with key *number*."""
    key = f"key-{number}"
    return AdjustStock(
        caller=Caller(tenant), stock_id=stock_id, command_id=key, intent=Adjustment(pieces, f"found {key}")
    )


def rush(client: Client) -> Iterator[None]:
    """Ask with one key after another, each at the same moment as all others."""
    stock_ids = client.options["stock_ids"]
    process, _, thread = client.name.rpartition("t")
    place = int(thread)
    gate = _gate(client.options["gate"], process, client.options["processes"], client.options["clients"])
    for number in range(client.options["keys"]):
        gate.wait()
        curious = (place + number) % _EVERY == 0
        for tenant, stock_id in stock_ids.items() if curious else [*stock_ids.items()][:1]:
            client.ask(asked(tenant, stock_id, number))
            if curious:
                with suppress(IdempotencyConflict):
                    client.ask(asked(tenant, stock_id, number, ANOTHER))
        yield

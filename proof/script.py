"""The script that proofs of failing calls follow: fifteen orders, placed, moved on, cancelled, and looked at."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import cast

import attrs

from proof.crowd.client import Client
from proof.crowd.records import Record
from proof.crowd.shop import stock_up
from proof.crowd.stories import ADDRESS
from vectis_core import Item, Vectis
from vectis_core.commands import AdjustStock, CancelOrder, ConfirmOrder, PlaceOrder, RegisterShipment
from vectis_core.errors import Conflict, OutcomeUnknown, ServiceUnavailable, StoreError
from vectis_core.orders.model import Cancellation, NewOrder, NewShipment
from vectis_core.stock.model import Adjustment
from vectis_sqlite.store import SqliteStore

ORDERS = 15
#: Frames of the write-ahead log after which a commit writes them back; by default the script would stay below it.
_CHECKPOINT = 60


@attrs.define
class Progress:
    """How far somebody has come with the script."""

    #: Steps that were answered.
    done: set[str] = attrs.Factory(set)
    #: The ids of the orders, where an answer told them.
    orders: dict[int, str] = attrs.Factory(dict)

    def copy(self) -> Progress:
        """Return the same for somebody who goes on elsewhere."""
        return Progress(set(self.done), dict(self.orders))


@attrs.frozen
class Start:
    """A database that is set up for the script, and what was asked of it by then."""

    records: list[Record]
    #: The stock record of each SKU.
    stock: dict[str, str]

    @classmethod
    def make(cls, folder: Path) -> Start:
        """Make ``shop.db`` in *folder*, and beside it what ``load`` returns."""
        records: list[Record] = []
        with Vectis.open(f"sqlite:///{folder / 'shop.db'}") as oms:
            stock_up(Client(oms, "owner", records.append), skus=2, pieces=100)
            start = cls(records, {record.sku: record.id for record in oms.inventory.list()})
        (folder / "start").write_bytes(pickle.dumps(start))
        return start

    @classmethod
    def load(cls, folder: Path) -> Start:
        """Return what ``make`` made in *folder*."""
        start: Start = pickle.loads((folder / "start").read_bytes())  # noqa: S301 - our own process wrote it
        return start


class Script:
    """Follows the script as *client*; what was not answered is asked again, with the same keys, by the next ``run``."""

    def __init__(self, client: Client, stock: Mapping[str, str], progress: Progress, *, looks_fail: bool) -> None:
        """Go on from *progress*; *stock* has the stock record of each SKU.

        *looks_fail* says that reading may fail too: where only writing does, a failed look is noted as trouble.
        """
        self._client = client
        self._stock = stock
        self._progress = progress
        self._looks_fail = looks_fail

    def run(self) -> list[str]:
        """Do what is not done yet, and return what is not done even so."""
        return [step for step in self.steps() if step not in self._progress.done]

    def steps(self) -> Iterator[str]:
        """Do what is not done yet, step by step, and yield each step's name."""
        for number in range(ORDERS):
            yield self._tried(f"place-{number}", partial(self._place, number, 1 + number % 3))
            yield self._tried(f"order-{number}", partial(self._look, number))
            if number % 3 == 0:
                yield self._tried(f"confirm-{number}", partial(self._confirm, number))
                yield self._tried(f"ship-{number}", partial(self._ship, number))
            elif number % 5 == 1:
                yield self._tried(f"cancel-{number}", partial(self._cancel, number))
            if number % 4 == 3:
                yield self._tried(f"adjust-{number}", partial(self._adjust, number))
                yield self._tried(f"short-{number}", partial(self._place, 100 + number, 10_000))
            yield self._tried(f"stock-{number}", self._look_at_stock)

    def _tried(self, step: str, act: Callable[[], bool]) -> str:
        if step in self._progress.done:
            return step
        try:
            acted = act()
        except OutcomeUnknown:
            acted = False
        except (ServiceUnavailable, StoreError) as error:
            acted = False
            if step.startswith(("order", "stock")) and not self._looks_fail:
                self._client.complain(f"{step}: only writing fails, and a look was answered with {error!r}")
        except Conflict:
            acted = True  # too little stock: an answer like any other
        if acted:
            self._progress.done.add(step)
        return step

    def _place(self, number: int, pieces: int) -> bool:
        items = [Item(sku, pieces, "19.99") for sku in sorted(self._stock)[: 1 + number % 2]]
        placed = self._client.ask(PlaceOrder(intent=NewOrder(f"script-{number}", items, [ADDRESS])))
        self._progress.orders[number] = placed.order.id
        return True

    def _confirm(self, number: int) -> bool:
        return self._with_order(number, lambda o: ConfirmOrder(order_id=o, command_id=f"confirm-{number}"))

    def _ship(self, number: int) -> bool:
        if f"confirm-{number}" not in self._progress.done:
            return False
        intent = NewShipment("ups", f"script-{number}")
        return self._with_order(
            number, lambda o: RegisterShipment(order_id=o, command_id=f"ship-{number}", intent=intent)
        )

    def _cancel(self, number: int) -> bool:
        intent = Cancellation(f"cancel-{number}")
        return self._with_order(number, lambda o: CancelOrder(order_id=o, command_id=f"cancel-{number}", intent=intent))

    def _with_order(self, number: int, command: Callable[[str], ConfirmOrder | CancelOrder | RegisterShipment]) -> bool:
        if number not in self._progress.orders:
            return False
        self._client.ask(command(self._progress.orders[number]))
        return True

    def _adjust(self, number: int) -> bool:
        intent = Adjustment(5 + number, f"adjust-{number}")
        stock_id = min(self._stock.values())
        self._client.ask(AdjustStock(stock_id=stock_id, command_id=f"adjust-{number}", intent=intent))
        return True

    def _look(self, number: int) -> bool:
        if number not in self._progress.orders:
            return False
        self._client.look_at_order(self._progress.orders[number])
        return True

    def _look_at_stock(self) -> bool:
        for stock_id in self._stock.values():
            self._client.look_at_stock(stock_id)
        return True


def often_checkpoint(client: Client) -> None:
    """Have the write-ahead log written back in the midst of the script, not only when the database is closed."""
    writer = cast(SqliteStore, client.oms.store)._writer
    writer.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT}")


def story(client: Client) -> Iterator[None]:
    """Follow the script once, as a client of a crowd."""
    often_checkpoint(client)
    stock = {record.sku: record.id for record in client.oms.inventory.list()}
    for _ in Script(client, stock, Progress(), looks_fail=False).steps():
        yield

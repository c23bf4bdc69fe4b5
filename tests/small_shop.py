"""A small shop whose store fails where a test says."""

from __future__ import annotations

import time
from collections.abc import Callable

from vectis_core import Address, Item, Placed, Vectis
from vectis_core.backends import open_store
from vectis_core.clock import SystemClock
from vectis_core.ids import RandomIds
from vectis_core.telemetry import Listeners
from vectis_core.testing.faults import FaultyStore

ADDRESS = Address(name="Jane Smith", line1="123 Main St", city="Austin", country="US")


class Shop:
    """A Vectis with one product in stock, on a store whose points a test can hook."""

    def __init__(self, url: str, *, telemetry: Listeners = (), slow_command: float | None = None) -> None:
        clock, ids = SystemClock(), RandomIds()
        self.hook: Callable[[str], None] = lambda _point: None
        self.store = FaultyStore(open_store(url, clock=clock, ids=ids), self._reached)
        self.oms = Vectis(self.store, clock=clock, ids=ids, telemetry=telemetry, slow_command=slow_command)
        self.oms.products.create(sku="W", name="Widget")
        self.stock_id = self.oms.inventory.list(sku="W").page().items[0].id
        self.oms.inventory.adjust(self.stock_id, 100, "first delivery")

    def _reached(self, point: str) -> None:
        self.hook(point)

    def buy(self, external_id: str, quantity: int = 1, sku: str = "W") -> Placed:
        """Order some pieces."""
        return self.oms.orders.create(
            external_id=external_id, items=[Item(sku, quantity, "29.99")], shipping_addresses=[ADDRESS]
        )

    def externals(self) -> set[str]:
        """Return the external ids of all orders."""
        return {order.external_id for order in self.oms.orders.list()}

    def reserved(self) -> int:
        """Return how many pieces are promised."""
        return self.oms.inventory.get(self.stock_id).reserved


def spin_until(true: Callable[[], bool]) -> None:
    """Let other threads run until *true*, for as long as a machine under load may take."""
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline, "what was waited for did not come"
        time.sleep(0)

"""The memory backend keeps the contract of backends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import settings

from vectis_core.clock import Clock
from vectis_core.ids import Ids
from vectis_core.testing.conformance import BackendConformance
from vectis_core.testing.machine import ShopMachine
from vectis_core.testing.webhook_machine import WebhookMachine
from vectis_core.vectis import Vectis
from vectis_memory import MemoryStore


class TestMemory(BackendConformance):
    """The memory backend."""

    durable = False

    def url(self, folder: Path) -> str:
        """Return the one URL there is."""
        return "memory://"

    def write_host_row(self, connection: Any, key: str) -> None:
        """Write into the host's dict."""
        connection[key] = "here"

    def has_host_row(self, key: str) -> bool:
        """Look into what the store shows of it."""
        assert isinstance(self.store, MemoryStore)
        return key in self.store.host


class MemoryShops(ShopMachine):
    """Shops that are kept in memory."""

    def open(self, clock: Clock, ids: Ids) -> Vectis:
        """Open an empty store in memory."""
        return Vectis.open("memory://", clock=clock, ids=ids)


TestMemoryShops = MemoryShops.TestCase
# Nothing is written to a disk here, so more can be tried in the same time.
TestMemoryShops.settings = settings(max_examples=3 * settings().max_examples)


class MemoryWebhooks(WebhookMachine):
    """Webhooks that are kept in memory."""

    def open(self, clock: Clock, ids: Ids) -> Vectis:
        """Open an empty store in memory."""
        return Vectis.open("memory://", clock=clock, ids=ids)


TestMemoryWebhooks = MemoryWebhooks.TestCase
TestMemoryWebhooks.settings = settings(max_examples=3 * settings().max_examples)

"""The memory backend keeps the contract of backends."""

from __future__ import annotations

from vectis_core.clock import Clock
from vectis_core.ids import Ids
from vectis_core.testing.machine import ShopMachine
from vectis_core.vectis import Vectis


class MemoryShops(ShopMachine):
    """Shops that are kept in memory."""

    def open(self, clock: Clock, ids: Ids) -> Vectis:
        """Open an empty store in memory."""
        return Vectis.open("memory://", clock=clock, ids=ids)


TestMemoryShops = MemoryShops.TestCase

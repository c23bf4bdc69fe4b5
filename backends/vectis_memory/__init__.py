"""The storage backend in memory: for tests, trials and caches of other systems; gone with the process."""

from vectis_memory.store import MemoryStore, open_store
from vectis_memory.transaction import MemoryTransaction
from vectis_memory.view import MemoryView

__all__ = ["MemoryStore", "MemoryTransaction", "MemoryView", "open_store"]

"""The SQLite backend: one file, durable at every commit, one writer at a time, readers that never wait."""

from vectis_sqlite.store import SqliteStore, open_store

__all__ = ["SqliteStore", "open_store"]

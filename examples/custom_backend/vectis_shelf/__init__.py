"""A storage backend for Vectis, as somebody else would write one: an append-only file of JSON lines."""

from vectis_shelf.store import ShelfStore, open_store

__all__ = ["ShelfStore", "open_store"]

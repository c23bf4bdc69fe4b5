"""How a write is refused: a row that is not as it was, or one that breaks a rule."""

from __future__ import annotations

from typing import TypeVar

from vectis_core.errors import StoreConflict
from vectis_memory.tree import Path, SortedMap

E = TypeVar("E")


def refuse_if(problem: str | None) -> None:
    """Raise ``StoreConflict`` where there is a problem."""
    if problem is not None:
        raise StoreConflict(f"The store refused a write: {problem}")


def guard(table: SortedMap[E], key: Path, before: E | None, *fields: str) -> None:
    """Refuse unless the row is as it was before: in *fields* where any are named, else altogether."""
    now = table.get(key)
    if now is before:
        return
    if now is None or before is None:
        refuse_if(f"{'/'.join(map(str, key))} {'is gone' if now is None else 'exists already'}")
    elif any(getattr(now, name) != getattr(before, name) for name in fields) if fields else now != before:
        refuse_if(f"{'/'.join(map(str, key))} was changed meanwhile")


def unique(index: SortedMap[str], key: Path, owner: str) -> SortedMap[str]:
    """Return the index with *key* taken by *owner*; refuses where another has it."""
    if index.get(key, owner) != owner:
        refuse_if(f"{'/'.join(key)} is taken")
    return index.put(key, owner)

"""Finds the storage backend for a database URL, through the entry points ``vectis.backends``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from vectis_core.clock import Clock
from vectis_core.errors import UnknownBackend
from vectis_core.ids import Ids
from vectis_core.ports import Store

if TYPE_CHECKING:
    from importlib.metadata import EntryPoints

GROUP = "vectis.backends"


def open_store(url: str, *, clock: Clock, ids: Ids, **options: Any) -> Store:
    """Open the store that *url* names; raises ``UnknownBackend`` where its scheme is nobody's."""
    scheme, separator, _ = url.partition("://")
    opener = _opener(scheme) if separator else None
    if opener is None:
        known = ", ".join(f"{name}://" for name in sorted(_entry_points().names))
        raise UnknownBackend(f"No backend serves {url!r}: a database URL starts with one of {known}")
    return opener(url, clock=clock, ids=ids, **options)


def _opener(scheme: str) -> Callable[..., Store] | None:
    """Return what opens URLs of a scheme; it is looked for once, for that takes longer than opening."""
    if scheme not in _OPENERS:
        found = _entry_points()
        if scheme not in found.names:
            return None
        _OPENERS[scheme] = found[scheme].load()
    return _OPENERS[scheme]


_OPENERS: dict[str, Callable[..., Store]] = {}


def _entry_points() -> EntryPoints:
    # Reading the installed packages' metadata takes as long as importing the core does otherwise.
    from importlib.metadata import entry_points  # noqa: PLC0415

    return entry_points(group=GROUP)

"""Finds the storage backend for a database URL, through the entry points ``vectis.backends``."""

from __future__ import annotations

from typing import Any

from vectis_core.clock import Clock
from vectis_core.errors import UnknownBackend
from vectis_core.ids import Ids
from vectis_core.ports import Store

GROUP = "vectis.backends"


def open_store(url: str, *, clock: Clock, ids: Ids, **options: Any) -> Store:
    """Open the store that *url* names; raises ``UnknownBackend`` where its scheme is nobody's."""
    # Reading the installed packages' metadata takes as long as importing the core does otherwise.
    from importlib.metadata import entry_points  # noqa: PLC0415

    scheme, separator, _ = url.partition("://")
    found = entry_points(group=GROUP)
    if not separator or scheme not in found.names:
        known = ", ".join(f"{name}://" for name in sorted(found.names))
        raise UnknownBackend(f"No backend serves {url!r}: a database URL starts with one of {known}")
    store: Store = found[scheme].load()(url, clock=clock, ids=ids, **options)
    return store

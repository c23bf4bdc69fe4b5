"""A store in memory that keeps every promise of a real one but durability: it ends with the process."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from vectis_core.clock import Clock
from vectis_core.errors import ServiceUnavailable, StoreError, UsageError
from vectis_core.ids import Ids
from vectis_core.ports import View
from vectis_memory.state import State
from vectis_memory.transaction import MemoryTransaction
from vectis_memory.view import MemoryView

URL = "memory://"


def open_store(url: str, *, clock: Clock, ids: Ids) -> MemoryStore:
    """Return a new, empty store; every call returns another.

    Raises ``StoreError`` for a URL that says more than ``memory://``, because nothing would be found there again.
    """
    if url != URL:
        raise StoreError(f"A store in memory has no name: use {URL} instead of {url}")
    return MemoryStore(clock=clock, ids=ids)


class MemoryStore:
    """Keeps everything in immutable maps: a view or a transaction costs a reference, whatever the size."""

    #: Where the database lies: nowhere.
    path: None = None

    def __init__(self, *, clock: Clock, ids: Ids) -> None:
        self.database_id = ids.uuid7(clock.now())
        #: What is committed; replaced as a whole, never changed.
        self.state = State()
        self._clock = clock
        self._mutex = threading.Lock()
        #: Weak, so that a transaction which an interrupt lost before anyone held it is no obstacle.
        self._writer: weakref.ref[MemoryTransaction] | None = None
        self._closed = False

    def begin(self) -> MemoryTransaction:
        """Begin a transaction as the one writer; raises ``ServiceUnavailable`` while another is open."""
        self._check_open()
        with self._mutex:
            writer = self._writer() if self._writer is not None else None
            if writer is not None and not writer.ended:
                raise ServiceUnavailable("Another transaction is still open")
            transaction = MemoryTransaction(self)
            self._writer = weakref.ref(transaction)
        return transaction

    def recover(self) -> None:
        """Do nothing: a commit is one assignment, after which nothing needs mending."""

    @contextmanager
    def read(self) -> Iterator[MemoryView]:
        """Return a view of the newest committed state, which it shows for as long as it is held."""
        self._check_open()
        yield MemoryView(self.state)

    def backup(
        self,
        target: Path,
        check: Callable[[View], None],
        progress: Callable[[int, int], None] | None = None,
        *,
        overwrite: bool = False,
    ) -> None:
        """Raise ``StoreError``: a store in memory is gone when it is closed, and so is every reason for a copy."""
        del target, check, progress, overwrite
        raise StoreError("A store in memory keeps nothing that could be backed up")

    @property
    def host(self) -> Mapping[Any, Any]:
        """The host's own committed rows, as it wrote them through ``within``."""
        return MappingProxyType(dict(self.state.host))

    def now(self) -> datetime:
        """Return the injected clock's time."""
        return self._clock.now()

    def reads_are_local(self) -> bool:
        """Return that a read never waits."""
        return True

    def log_bytes(self) -> None:
        """Return that there is no log."""

    def purge(self) -> bool:
        """Return that there is no file."""
        return True

    def close(self) -> None:
        """Forget everything; harmless when repeated."""
        self._closed = True
        self.state = State()

    def _check_open(self) -> None:
        if self._closed:
            raise UsageError("This store is closed")

"""The store: a state in memory, and the file that it can be read back from."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from vectis_core.clock import Clock
from vectis_core.errors import ServiceUnavailable, StoreError, UsageError
from vectis_core.ids import Ids
from vectis_core.ports import View
from vectis_shelf.journal import Journal
from vectis_shelf.tables import EMPTY, Draft, State, applied
from vectis_shelf.transaction import ShelfTransaction
from vectis_shelf.view import ShelfView

_SCHEME = "shelf://"


def open_store(url: str, *, clock: Clock, ids: Ids, must_exist: bool = False) -> ShelfStore:
    """Open the file of ``shelf:///shop.journal`` (in the working directory) or ``shelf:////var/shop.journal``.

    Raises ``StoreError`` where it cannot be used, or is not there and *must_exist*, and ``ServiceUnavailable`` where
    another process has it.
    """
    path = url.removeprefix(_SCHEME).removeprefix("/")
    if not path:
        raise StoreError(f"{url} names no file")
    return ShelfStore(Path(path).absolute(), clock=clock, ids=ids, must_exist=must_exist)


class ShelfStore:
    """Everything in memory, each commit in the file."""

    def __init__(self, path: Path, *, clock: Clock, ids: Ids, must_exist: bool) -> None:
        self.path = path
        self._clock = clock
        self._mutex = threading.Lock()
        #: Weak, so that a transaction which an interrupt lost before anyone held it is no obstacle.
        self._writer: weakref.ref[ShelfTransaction] | None = None
        self._closed = False
        self._journal = Journal(path, ids.uuid7(clock.now()), must_exist=must_exist)
        self.database_id = self._journal.database_id
        try:
            self._state = self._read_back()
        except BaseException:
            self._journal.close()
            raise

    def _read_back(self) -> State:
        state = EMPTY
        for changed in self._journal.read():
            state = applied(state, changed)
        return state

    def begin(self) -> ShelfTransaction:
        """Begin a transaction as the one writer; raises ``ServiceUnavailable`` while another is open."""
        self._check_open()
        with self._mutex:
            writer = self._writer() if self._writer is not None else None
            if writer is not None and not writer.ended:
                raise ServiceUnavailable("Another transaction is still open")
            transaction = ShelfTransaction(self._state, self._keep)
            self._writer = weakref.ref(transaction)
        return transaction

    def _keep(self, draft: Draft) -> None:
        """Append a draft to the file, then show it: in this order, nobody sees what a crash could take back."""
        state = draft.state()
        self._journal.append(draft.changed)
        self._state = state

    def recover(self) -> None:
        """Believe the file: a commit that failed is made where its line is whole, and is not where it is cut short.

        Raises ``ServiceUnavailable`` where the file cannot be opened again just now.
        """
        self._check_open()
        try:
            self._journal.close()
            self._journal = Journal(self.path, self.database_id, must_exist=True)
            self._state = self._read_back()
        except (OSError, StoreError) as error:
            raise ServiceUnavailable(f"The file cannot be read again yet: {error}") from error

    @contextmanager
    def read(self) -> Iterator[View]:
        """Return a view of the newest committed state, which it shows for as long as it is held."""
        self._check_open()
        yield ShelfView(self._state)

    def backup(
        self,
        target: Path,
        check: Callable[[View], None],
        progress: Callable[[int, int], None] | None = None,
        *,
        overwrite: bool = False,
    ) -> None:
        """Raise ``StoreError``: the file is append-only, and any copy of it is a backup."""
        del target, check, progress, overwrite
        raise StoreError(f"Copy {self.path}: it only grows, and a copy may be taken at any time")

    @property
    def host(self) -> dict[str, Any]:
        """The host's own committed rows, as it wrote them through ``within``."""
        return dict(self._state["host"].get((), {}))

    def now(self) -> datetime:
        """Return the clock's time."""
        return self._clock.now()

    def reads_are_local(self) -> bool:
        """Return that a read never waits."""
        return True

    def log_bytes(self) -> None:
        """Return that there is no log but the file itself."""

    def purge(self) -> bool:
        """Return that the file keeps all that was ever written: it only grows."""
        return False

    def close(self) -> None:
        """Close the file; harmless when repeated."""
        self._closed = True
        self._journal.close()

    def _check_open(self) -> None:
        if self._closed:
            raise UsageError("This store is closed")

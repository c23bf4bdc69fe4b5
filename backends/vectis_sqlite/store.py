"""The store: a file, its lock, one connection that writes and some that read."""

from __future__ import annotations

import os
import sqlite3
import weakref
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType

from vectis_core.clock import Clock
from vectis_core.engine.interrupts import insist
from vectis_core.errors import ServiceUnavailable, StoreError, UsageError
from vectis_core.ids import Ids
from vectis_core.ports import View
from vectis_sqlite import schema
from vectis_sqlite.connections import close_beside_a_reader, open_reader, open_writer
from vectis_sqlite.copying import copy_database
from vectis_sqlite.errors import translated
from vectis_sqlite.lock import FileLock
from vectis_sqlite.log import WriteAheadLog
from vectis_sqlite.purging import purge
from vectis_sqlite.transaction import SqliteTransaction
from vectis_sqlite.view import SqliteView

#: Reading connections that are kept open while nobody reads.
_IDLE_READERS = 8


def open_store(
    url: str,
    *,
    clock: Clock,
    ids: Ids,
    must_exist: bool = False,
    synchronous: str = "FULL",
    lock_timeout: float = 30.0,
    wal_limit: int = 64 * 1024 * 1024,
) -> SqliteStore:
    """Open the file that *url* names, making or migrating it where needed.

    ``sqlite:///shop.db`` lies in the working directory, ``sqlite:////var/shop.db`` is a full path. With *must_exist*
    a file that is not there, or holds nothing of Vectis, is an error, for those who only look. *synchronous* is
    ``FULL``, or ``NORMAL`` for those who can bear to lose the last orders when the power fails. *lock_timeout* says
    for how many seconds to wait for other processes before ``ServiceUnavailable``. *wal_limit* is the size, in bytes
    and at least 8 MiB, that the log beside the file is kept below: where a reader that does not end keeps the log from
    being emptied, writes are refused with ``ServiceUnavailable`` before it grows past that.
    """
    del ids  # a backend of another kind may need ids of its own
    rest = url.partition("://")[2]
    if not rest.startswith("/") or len(rest) < 2:
        raise StoreError(f"{url!r} names no file: write sqlite:///shop.db, or sqlite:////var/shop.db for a full path")
    if synchronous not in {"FULL", "NORMAL"}:
        raise StoreError("synchronous must be FULL or NORMAL")
    path = Path(rest[1:])
    if must_exist:
        _require_ours(path)
    return SqliteStore(path, clock, synchronous, lock_timeout, wal_limit)


def _require_ours(path: Path) -> None:
    """Refuse what is no database of Vectis before anything is made in it or beside it."""
    if not path.exists():
        raise StoreError(f"There is no database {path}")
    try:
        with closing(open_reader(path)) as connection:
            applied = schema.applied_names(connection)
    except sqlite3.Error:
        return  # what else is wrong with the file is told when it is opened for good
    if not applied:
        raise StoreError(f"{path} is no database of Vectis")


def _id_of(connection: sqlite3.Connection) -> str:
    return str(connection.execute("SELECT value FROM meta WHERE name = 'database_id'").fetchone()[0])


class SqliteStore:
    """An open database file."""

    def __init__(self, path: Path, clock: Clock, synchronous: str, lock_timeout: float, wal_limit: int) -> None:
        # Whoever comes by a symbolic link must find the same lock; SQLite follows links for its own files.
        self.path = Path(os.path.realpath(path))
        self._clock = clock
        self._synchronous = synchronous
        self._log = WriteAheadLog(self.path, wal_limit)
        self._forked = False
        self._readers: list[sqlite3.Connection] = []
        self._lock = FileLock(self.path.with_name(self.path.name + ".lock"), lock_timeout)
        try:
            self._writer = self._opened()
        except BaseException:
            self._lock.close()
            raise
        self._closed = False
        _STORES.add(self)

    def _opened(self, same: str | None = None) -> sqlite3.Connection:
        """Open the writing connection: to the database of the id *same* and no other, or to whatever is there."""
        try:
            with self._lock.held(), translated():
                connection = self._connected(create=same is None)
                try:
                    if same is not None:
                        self._require_same(connection, same)
                    if not schema.is_current(connection):
                        schema.migrate(connection, self.path, f"{self._clock.now():%Y%m%dT%H%M%S}")
                    self.database_id = _id_of(connection)
                except BaseException:
                    connection.close()
                    raise
        except sqlite3.OperationalError as error:
            raise StoreError(f"Cannot open {self.path}: {error}") from error
        return connection

    def _require_same(self, connection: sqlite3.Connection, database_id: str) -> None:
        if _id_of(connection) != database_id:
            raise StoreError(f"{self.path} is another database now")

    def _connected(self, *, create: bool) -> sqlite3.Connection:
        try:
            return open_writer(self.path, self._synchronous, create=create)
        except sqlite3.OperationalError as error:
            if (getattr(error, "sqlite_errorname", None) or "").startswith("SQLITE_CANTOPEN"):
                # A folder, or a file that is not ours to open: waiting does not help.
                raise StoreError(f"Cannot open {self.path}: {error}") from error
            raise

    def begin(self) -> SqliteTransaction:
        """Begin a transaction as the one writer.

        Raises ``ServiceUnavailable`` where others do not let go of the lock, or keep the log from being emptied once it
        is full; ``UsageError`` after ``close`` and in the child of a fork.
        """
        self._check_usable()
        if self._writer.in_transaction:
            # Going on would fail at BEGIN, and give back the lock that the open transaction needs.
            raise ServiceUnavailable("A transaction of this process is still open")
        try:
            self._lock.acquire()
            with translated():
                self._log.make_room(self._writer)
                self._writer.execute("BEGIN IMMEDIATE")
            return SqliteTransaction(self._writer, self._lock.release)
        except BaseException:
            insist(self._undo_begin)
            raise

    def _check_usable(self) -> None:
        if self._forked:
            raise UsageError("This process was forked from the one that opened Vectis: open it anew in each process")
        if self._closed:
            raise UsageError("Vectis is closed")

    def _undo_begin(self) -> None:
        """Take back what there is of a beginning: an interrupt may strike just after it succeeded."""
        if self._writer.in_transaction:
            self._writer.execute("ROLLBACK")
        self._lock.release()

    def recover(self) -> None:
        """Open the writing connection anew: after a failed sync nothing that it remembers can be trusted.

        Raises ``ServiceUnavailable`` where the database is not there, as on a disk that was taken away: to go on with
        an empty one in its place would be to lose it without a word.
        """
        # Under the lock, as in close(): the last of all connections empties the write-ahead log.
        with self._lock.held(), suppress(sqlite3.Error):
            self._log.close()
            self._writer.close()
        try:
            self._writer = self._opened(self.database_id)
        except StoreError as error:
            raise ServiceUnavailable(f"The database cannot be opened again yet: {error}") from error

    def read(self) -> Reading:
        """Return a view of what is committed now, for the length of the ``with`` block."""
        return Reading(self)

    def lend_reader(self) -> sqlite3.Connection:
        """Return a reading connection that nobody else has, in a transaction of its own.

        Raises ``UsageError`` after ``close`` and in the child of a fork.
        """
        self._check_usable()
        try:
            connection = self._readers.pop()
        except IndexError:
            connection = open_reader(self.path)
        try:
            connection.execute("BEGIN")
        except BaseException:
            connection.close()
            raise
        return connection

    def return_reader(self, connection: sqlite3.Connection) -> None:
        """Take a reading connection back, its transaction ended."""
        try:
            if connection.in_transaction:
                connection.execute("COMMIT")
        except sqlite3.Error:
            connection.close()
            return
        if self._closed or len(self._readers) >= _IDLE_READERS:
            connection.close()
        else:
            self._readers.append(connection)

    def backup(
        self,
        target: Path,
        check: Callable[[View], None],
        progress: Callable[[int, int], None] | None = None,
        *,
        overwrite: bool = False,
    ) -> None:
        """Copy what is committed now to *target*, as one long reader; see ``copying.copy_database``.

        Raises ``StoreError``, and ``UsageError`` after ``close`` and in the child of a fork.
        """
        self._check_usable()

        def check_copy(copy: sqlite3.Connection) -> None:
            check(SqliteView(copy))

        with translated(), closing(open_reader(self.path)) as connection:
            copy_database(connection, self.path, target, check_copy, progress, overwrite=overwrite)

    def now(self) -> datetime:
        """Return the injected clock's time."""
        return self._clock.now()

    def reads_are_local(self) -> bool:
        """A read by key is a few microseconds in a local file: cheaper than a hop to another thread."""
        return True

    def log_bytes(self) -> int | None:
        """Return the size of the write-ahead log."""
        return self._log.bytes_now()

    def purge(self) -> bool:
        """Write the log back into the file and cut it to nothing, as far as readers allow within about a second.

        Raises ``UsageError`` after ``close`` and in the child of a fork.
        """
        self._check_usable()
        return not self._log.bytes_now() or purge(self.path, self._synchronous)

    def close(self) -> None:
        """Close all connections; the last of all processes to close empties the write-ahead log, under the lock.

        Where the lock is not to be had, the log is left for whoever opens the database next.
        """
        if self._closed:
            return
        self._closed = True
        if self._forked:
            return
        while self._readers:
            self._readers.pop().close()
        self._log.close()
        try:
            with self._lock.held():
                self._writer.close()
        except ServiceUnavailable:
            # Left to the garbage collector, it would empty the log all the same, at some later moment.
            close_beside_a_reader(self._writer, self.path)
        self._lock.close()

    def forget_after_fork(self) -> None:
        """Refuse to be used: SQLite's connections and locks do not survive a fork."""
        self._forked = True


class Reading:
    """A view for the length of a ``with`` block; a class, because a generator costs as much as a look-up."""

    __slots__ = ("_connection", "_store")

    def __init__(self, store: SqliteStore) -> None:
        self._store = store

    def __enter__(self) -> SqliteView:
        with translated():
            self._connection = self._store.lend_reader()
        return SqliteView(self._connection)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._store.return_reader(self._connection)
        with translated():
            if isinstance(error, (sqlite3.Error, UnicodeEncodeError)):
                raise error


_STORES: weakref.WeakSet[SqliteStore] = weakref.WeakSet()


def _after_fork() -> None:
    for store in list(_STORES):
        store.forget_after_fork()


os.register_at_fork(after_in_child=_after_fork)

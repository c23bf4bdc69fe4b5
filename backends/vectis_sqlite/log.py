"""The bound of the write-ahead log: while a reader keeps an old state, writers are pushed back before the disk is full.

SQLite empties its log by itself after some writes, but never past what somebody is still reading. So whoever begins a
transaction and never ends it makes the log grow for as long as others write.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import time
from pathlib import Path

from vectis_core.errors import ServiceUnavailable, StoreError

_logger = logging.getLogger("vectis.sqlite")

#: SQLite begins to empty its log at 1,000 pages of 4 KiB, and what is to be written must find room beside that.
SMALLEST_LIMIT = 8 * 1024 * 1024
#: How often it is tried to empty a full log, and how long a try waits for readers that come and go, in ms. Many short
#: tries, because SQLite goes on waiting for a lock that one reader after another shares, long after the one who was in
#: its way is gone.
_FIRST_TRIES, _FIRST_BUSY_MS = 10, 100
#: The same while writers are pushed back. A try keeps the lock from the writers of all other processes, each of which
#: tries as well: the sum of all is to be a small part of the pause, so that everybody is told soon.
_TRIES, _BUSY_MS = 1, 10
#: How long after these no others are made by this process, in seconds.
_PAUSE = 1.0
#: When to ask again, in seconds.
_RETRY_AFTER = 2
#: The bytes of SQLite's shared memory that its readers lock (https://sqlite.org/walformat.html#locks).
_READ_LOCKS = frozenset("123 124 125 126 127".split())


class WriteAheadLog:
    """Watches the size of a database's log; used under the lock between processes, which every checkpoint needs."""

    def __init__(self, database: Path, limit: int) -> None:
        """Watch the log beside *database*; raises ``StoreError`` where *limit*, in bytes, is too small to work with."""
        if limit < SMALLEST_LIMIT:
            raise StoreError(f"wal_limit must be at least {SMALLEST_LIMIT}, in bytes")
        self._path = database.with_name(database.name + "-wal")
        self._shared = database.with_name(database.name + "-shm")
        # The rest is for what the next transaction writes, whose size is known only once it is written.
        self._full = limit - limit // 4
        self._holding_up = False
        self._next_try = 0.0
        #: The log, held open: asking for its size is in front of every batch, and by its name takes several times as
        #: long. SQLite removes it only with the last connection of all, and takes no lock on it that closing would end.
        self._file: int | None = None

    def close(self) -> None:
        """Let go of the log, before the connection that writes is closed; the next look opens it again."""
        file, self._file = self._file, None
        if file is not None:
            os.close(file)

    def bytes_now(self) -> int:
        """Return the log's size, 0 where there is none; by its name, for whoever looks has no lock to use the file."""
        try:
            return self._path.stat().st_size
        except OSError:
            return 0

    def make_room(self, connection: sqlite3.Connection) -> None:
        """Empty the log where it is full.

        Raises ``ServiceUnavailable`` where a reader prevents it, or the log cannot be looked at. That a reader prevents
        it is logged as an error once, until there is room again.
        """
        size = self._size()
        if size > self._full and not self._emptied(connection):
            self._push_back(size)
        if self._holding_up:
            self._holding_up = False
            _logger.warning("%s has room again: writing goes on", self._path)

    def _size(self) -> int:
        if self._file is None:
            try:
                self._file = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
            except FileNotFoundError:
                return 0
            except OSError as error:
                raise ServiceUnavailable(f"{self._path} cannot be looked at: {error.strerror}") from error
        return os.lseek(self._file, 0, os.SEEK_END)

    def _emptied(self, connection: sqlite3.Connection) -> bool:
        if self._holding_up and time.monotonic() < self._next_try:
            return False
        tries, wait = (_TRIES, _BUSY_MS) if self._holding_up else (_FIRST_TRIES, _FIRST_BUSY_MS)
        [(before,)] = connection.execute("PRAGMA busy_timeout")
        connection.execute(f"PRAGMA busy_timeout = {wait}")
        try:
            return any(not connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] for _ in range(tries))
        finally:
            connection.execute(f"PRAGMA busy_timeout = {before}")
            self._next_try = time.monotonic() + _PAUSE

    def _push_back(self, size: int) -> None:
        unavailable = ServiceUnavailable(
            f"{self._path} has grown to {size / 2**20:.0f} MiB and cannot be emptied: {self._holders()} been reading in"
            " one transaction for long, as a backup, a check or a forgotten shell does. Nothing is written until that"
            " ends; where such long reads are wanted, open Vectis with a larger wal_limit",
            retry_after=_RETRY_AFTER,
        )
        if not self._holding_up:
            self._holding_up = True
            _logger.error("%s", unavailable)
        raise unavailable

    def _holders(self) -> str:
        """Return who reads just now, as far as the operating system tells, and the verb."""
        found = sorted(_readers(self._shared))
        if not found:
            return "somebody has"
        names = ["this process" if process == os.getpid() else f"process {process}" for process in found]
        return f"{' and '.join(names)} {'has' if len(names) == 1 else 'have'}"


def _readers(shared: Path) -> set[int]:
    """Return the processes that read from a database in WAL mode; empty where the system is not Linux."""
    try:
        inode = shared.stat().st_ino
        locks = Path("/proc/locks").read_text(encoding="ascii").splitlines()
    except OSError:
        return set()
    # 1: POSIX  ADVISORY  READ 4711 fe:01:131086 124 124
    fields = [line.split() for line in locks if f":{inode} " in line]
    return {int(each[4]) for each in fields if each[3] == "READ" and each[6] in _READ_LOCKS}

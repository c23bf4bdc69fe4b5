"""The lock between processes: a ``flock`` on a file beside the database.

It is held from begin to commit, around checkpoints, and while a database is opened, migrated or closed. So writers of
different processes queue instead of racing for SQLite's own lock, and no checkpoint of one process overlaps a commit
of another, which SQLite before 3.51.3 does not survive in every case.
"""

from __future__ import annotations

import fcntl
import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vectis_core.errors import ServiceUnavailable, StoreError

#: How long a look at a held lock waits for the next, in seconds: short at first, then at most the second.
_FIRST_PAUSE = 0.00005
_LONGEST_PAUSE = 0.001


class FileLock:
    """An exclusive lock among processes; within a process its user takes turns by itself."""

    def __init__(self, path: Path, timeout: float) -> None:
        self._path = path
        self._timeout = timeout
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise StoreError(f"Cannot open the lock file {path}: {error.strerror}") from error

    def acquire(self) -> None:
        """Take the lock; raises ``ServiceUnavailable`` where another process keeps it for too long.

        It asks again and again instead of sleeping in ``flock``, which could not be given up: a process that was
        stopped while it held the lock must not hang all others.
        """
        pause = _FIRST_PAUSE
        deadline = time.monotonic() + self._timeout
        while not self._try():
            if time.monotonic() > deadline:
                raise ServiceUnavailable(
                    f"Another process has held {self._path} for more than {self._timeout:g} seconds"
                )
            time.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, not secrecy
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _try(self) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        """Give the lock back; harmless where it is not held."""
        fcntl.flock(self._file, fcntl.LOCK_UN)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock for the length of a ``with`` block."""
        try:
            self.acquire()
            yield
        finally:
            self.release()

    def close(self) -> None:
        """Close the lock file, which stays where it is: removing it would let two processes lock two files."""
        os.close(self._file)

"""Letting go of what was erased: the write-ahead log is written back and cut to nothing, while others have it open.

Until then a page that was overwritten stands in the log, and what it was before in the database file, for as long as
some process has the database open and little is written.
"""

from __future__ import annotations

import logging
import time
from contextlib import closing
from pathlib import Path

from vectis_core.errors import VectisError
from vectis_sqlite.connections import open_writer
from vectis_sqlite.errors import translated
from vectis_sqlite.lock import FileLock

_logger = logging.getLogger("vectis.sqlite")

#: How often it is tried, how long a try waits for readers, in ms, and how long writers have between two, in seconds.
_TRIES, _BUSY_MS, _PAUSE = 10, 20, 0.05
#: How long to wait for writers at each try, in seconds.
_LOCK_TIMEOUT = 2.0


def purge(path: Path, synchronous: str) -> bool:
    """Empty the log of the database *path*, and return whether that was done; what prevents it is logged.

    It has a connection and a lock of its own, so that any thread may do it while another one writes.
    """
    try:
        with closing(FileLock(path.with_name(path.name + ".lock"), _LOCK_TIMEOUT)) as lock:
            return any(_tried(path, synchronous, lock, turn) for turn in range(_TRIES))
    except VectisError as error:
        _logger.warning("%s could not be purged of what was erased: %s", path, error)
        return False


def _tried(path: Path, synchronous: str, lock: FileLock, turn: int) -> bool:
    if turn:
        time.sleep(_PAUSE)
    with lock.held(), translated(), closing(open_writer(path, synchronous, create=False)) as connection:
        connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
        return not connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]

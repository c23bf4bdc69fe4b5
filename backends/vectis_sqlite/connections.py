"""Connections: the one that writes, and those that read."""

from __future__ import annotations

import os
import sqlite3
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from urllib.parse import quote

from vectis_core.errors import ServiceUnavailable, StoreError

#: How long SQLite itself waits for a writer that does not know our lock, such as the sqlite3 shell, in ms.
_BUSY_MS = 5_000
#: The page cache of a connection, in KiB.
_WRITER_CACHE_KIB = 8_192
_READER_CACHE_KIB = 2_048
#: The write-ahead log is cut back to this size once a checkpoint has emptied it, in bytes.
_LOG_LIMIT = 16 * 1024 * 1024


def open_writer(path: Path, synchronous: str, *, create: bool = True) -> sqlite3.Connection:
    """Return a connection that writes, in WAL mode, with durability as asked and foreign keys on.

    Without *create*, a file that is not there is an error of the driver, ``SQLITE_CANTOPEN``.
    """
    connection = _connect(f"file:{quote(bytes(path))}?mode={'rwc' if create else 'rw'}")
    try:
        connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
        _require_wal(connection, path)
        if os.access(path, os.W_OK):
            _require_writing(connection, path)
        for pragma in (
            f"synchronous = {synchronous}",
            # On macOS an fsync alone does not reach the platter.
            "fullfsync = ON",
            "checkpoint_fullfsync = ON",
            "foreign_keys = ON",
            "temp_store = MEMORY",
            f"cache_size = -{_WRITER_CACHE_KIB}",
            f"journal_size_limit = {_LOG_LIMIT}",
            # What is overwritten or deleted is gone from the file, not only from its tables; some builds have it off.
            "secure_delete = ON",
        ):
            connection.execute(f"PRAGMA {pragma}")
    except BaseException:
        connection.close()
        raise
    return connection


def _require_writing(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a connection that only reads: SQLite makes one, without a word, where opening to write failed once.

    It would refuse every write for as long as it is open, while a new one may do.
    """
    connection.execute("BEGIN")
    try:
        # Whether it may write is looked at first; that somebody else is writing means that it may.
        connection.execute("PRAGMA busy_timeout = 0")
        connection.execute("PRAGMA user_version = 0")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorname == "SQLITE_READONLY":
            raise ServiceUnavailable(f"{path} could be opened only for reading just now") from error
        if not error.sqlite_errorname.startswith("SQLITE_BUSY"):
            raise
    connection.execute("ROLLBACK")
    connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")


def _require_wal(connection: sqlite3.Connection, path: Path) -> None:
    mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    if mode != "wal":
        raise StoreError(f"{path} cannot be used in WAL mode (it is in {mode}): is it on a network drive?")


def open_reader(path: Path) -> sqlite3.Connection:
    """Return a connection that only reads, and sees what is committed when a transaction of its own begins."""
    connection = _connect(f"file:{quote(bytes(path))}?mode=ro")
    try:
        connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
        connection.execute(f"PRAGMA cache_size = -{_READER_CACHE_KIB}")
    except BaseException:
        connection.close()
        raise
    return connection


def close_beside_a_reader(writer: sqlite3.Connection, path: Path) -> None:
    """Close a connection that writes to *path* and leave the write-ahead log as it is.

    SQLite empties the log into the database when the last connection of all closes, unless that one only reads. (3.12
    could ask it not to, by ``SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE``; 3.11 cannot.)
    """
    with ExitStack() as reading:
        # A file that is not there any more, or not under its name, is left alone in any case.
        with suppress(sqlite3.Error):
            reader = reading.enter_context(closing(open_reader(path)))
            # Only what has read something counts as connected.
            reader.execute("PRAGMA user_version").fetchone()
        writer.close()


def _connect(uri: str) -> sqlite3.Connection:
    return sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, cached_statements=256)

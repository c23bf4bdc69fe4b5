"""Copies of a database file that others go on writing to: complete, checked and durable, or not there at all.

The copy is made by SQLite's backup interface, page by page, within one read transaction, which has two effects: all
pages are of one moment, and the copying never begins anew when others write, as it does without one. ``VACUUM INTO``
was weighed against it: it takes several times as long, and says nothing of how far it is.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from vectis_core.errors import StoreError
from vectis_sqlite.connections import open_reader

#: Told of pages: how many are copied, and how many there are.
Progress = Callable[[int, int], None]

#: What SQLite puts beside a database that is in use, or was not closed.
_SIDE_FILES = ("-wal", "-shm", "-journal")
#: What else belongs to a database.
_OWN_FILES = (*_SIDE_FILES, ".lock", ".key")
#: So many pages are copied between two reports of progress.
_STEP = 2_048


def copy_database(
    connection: sqlite3.Connection,
    database: Path,
    target: Path,
    check: Callable[[sqlite3.Connection], None],
    progress: Progress | None = None,
    *,
    overwrite: bool = False,
) -> None:
    """Copy what is committed of *database*, to which *connection* is open, to the file *target*.

    *connection* has no transaction open. *check* is called with a connection that reads the finished copy, and raises
    where it is not to be kept. Only then has the copy its name, its permissions being those of the database. Others
    write meanwhile; as beside every reader, their log grows for as long as pages are copied, though not any more while
    the copy is checked.

    Raises ``StoreError`` where *target* cannot be written, exists and is not to be overwritten, is no plain file,
    belongs to the database, or is itself a database in use. What *check* and *progress* raise comes through as it is.
    """
    target = Path(os.path.realpath(target))
    with _blaming(target):
        _require_free(target, database, overwrite=overwrite)
        draft = _draft_beside(target)
    try:
        try:
            _copy_pages(connection, draft, progress)
        except sqlite3.Error as error:
            raise StoreError(f"Cannot copy {database} to {target}: {error}") from error
        with _blaming(target):
            draft.chmod(stat.S_IMODE(database.stat().st_mode))
        with closing(open_reader(draft)) as copy:
            check(copy)
        with _blaming(target):
            # Copying and checking take long: somebody may have made a file there, or a database that is in use.
            _require_free(target, database, overwrite=overwrite)
            _name(draft, target)
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def _blaming(target: Path) -> Iterator[None]:
    """Raise what the file system refuses as an error of *target*."""
    try:
        yield
    except OSError as error:
        raise StoreError(f"Cannot write {target}: {error.strerror or error}") from error


def _require_free(target: Path, database: Path, *, overwrite: bool) -> None:
    own = [database, *(_beside(database, suffix) for suffix in _OWN_FILES)]
    if target in own or (target.exists() and database.exists() and target.samefile(database)):
        raise StoreError(f"{target} belongs to the database itself: copy it to another name")
    if target.is_dir():
        raise StoreError(f"{target} is a folder: name a file in it")
    if target.exists() and not overwrite:
        raise StoreError(f"{target} exists: overwrite=True, or --force on the command line, replaces it")
    if target.exists() and not target.is_file():
        raise StoreError(f"{target} is a device or a pipe, of which a copy would take the place")
    for suffix in _SIDE_FILES:
        if _beside(target, suffix).exists():
            # A log that lies beside a file is taken for its own, and would be written into the copy.
            raise StoreError(f"{_beside(target, suffix)} is there: a database in use is no place for a copy")


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _draft_beside(target: Path) -> Path:
    """Make an empty file that only its owner can read."""
    handle, name = tempfile.mkstemp(prefix=f"{target.name}.", suffix=".part", dir=target.parent)
    os.close(handle)
    return Path(name)


def _copy_pages(connection: sqlite3.Connection, draft: Path, progress: Progress | None) -> None:
    """Copy all pages into *draft*, as a file by itself that is on the disk when this returns."""
    with closing(sqlite3.connect(draft, isolation_level=None)) as copy:
        # What is half written is thrown away whole, so it needs no journal; the sync comes with the commit.
        for pragma in ("journal_mode = OFF", "synchronous = FULL", "fullfsync = ON"):
            copy.execute(f"PRAGMA {pragma}")
        with _one_moment(connection):
            connection.backup(copy, pages=_STEP, progress=_told(progress))
        # The copy says of itself that it has a log beside it, as its original has; it has none.
        copy.execute("PRAGMA journal_mode = DELETE")


@contextmanager
def _one_moment(connection: sqlite3.Connection) -> Iterator[None]:
    """Have *connection* see what is committed now for the length of the block."""
    connection.execute("BEGIN")
    try:
        # A transaction sees what is committed when it first reads, not when it begins.
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        yield
    finally:
        connection.execute("ROLLBACK")


def _told(progress: Progress | None) -> Callable[[int, int, int], None]:
    """Return what is called after each step; always something, for only then does Python see that it is interrupted."""

    def tell(_status: int, remaining: int, total: int) -> None:
        if progress is not None:
            progress(total - remaining, total)

    return tell


def _name(draft: Path, target: Path) -> None:
    """Give the finished copy its name, for good."""
    draft.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)

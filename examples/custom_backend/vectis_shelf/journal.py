"""The file: one line for every commit, synced before anybody is told.

A line is the CRC-32 of the rest in eight hexadecimal digits, a space, and JSON: ``{"orders": [[key, row], ...]}``. A
crash can cut the last line short, and only the last; that commit was acknowledged to nobody, and the line is dropped.
"""

from __future__ import annotations

import fcntl
import os
import zlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path as FilePath
from typing import Any

import simplejson
from cattrs import Converter

from vectis_core.clock import from_micros, to_micros
from vectis_core.errors import ServiceUnavailable, StoreError
from vectis_shelf.tables import TYPES, Path

_HEADER = "vectis-shelf 1"


def _made_converter() -> Converter:
    converter = Converter()
    # A carrier's local time has no zone, so that it is no moment.
    converter.register_unstructure_hook(datetime, lambda at: to_micros(at) if at.tzinfo else at.isoformat())
    converter.register_structure_hook(
        datetime, lambda kept, _: datetime.fromisoformat(kept) if isinstance(kept, str) else from_micros(kept)
    )
    converter.register_structure_hook(Decimal, lambda number, _: Decimal(number))
    return converter


_converter = _made_converter()


class Journal:
    """The open file, locked against other processes.

    Raises ``ServiceUnavailable`` where another has it, and ``StoreError`` where it is none of ours.
    """

    def __init__(self, path: FilePath, database_id: str, *, must_exist: bool) -> None:
        self.path = path
        is_new = not path.exists()
        if is_new and must_exist:
            raise StoreError(f"There is no database at {path}")
        try:
            self._file = path.open("a+b")
        except OSError as error:
            raise StoreError(f"{path} cannot be opened: {error}") from error
        try:
            self._lock()
            self.database_id = self._begun(database_id)
            if is_new:
                _sync_directory(path.parent)
        except BaseException:
            self._file.close()
            raise

    def _lock(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ServiceUnavailable(f"Another process has {self.path} open") from error

    def _begun(self, database_id: str) -> str:
        """Return the id in the first line, which is written where there is none yet."""
        self._file.seek(0)
        first = self._file.readline()
        if not first.endswith(b"\n"):
            if first and not f"{_HEADER} ".encode().startswith(first[: len(_HEADER) + 1]):
                raise StoreError(f"{self.path} is no database of vectis-shelf")
            self._file.truncate(0)
            self._write(f"{_HEADER} {database_id}\n".encode())
            return database_id
        header, _, found = first.decode(errors="replace").rstrip("\n").rpartition(" ")
        if header != _HEADER:
            raise StoreError(f"{self.path} is no database of vectis-shelf")
        return found

    def read(self) -> Iterator[dict[str, dict[Path, Any]]]:
        """Yield the changes of every commit; drops what a crash has left of one at the end.

        Raises ``StoreError`` where a line is damaged that is not the last.
        """
        self._file.seek(0)
        self._file.readline()
        end = self._file.tell()
        for line in self._file:
            content = _content(line)
            if content is None:
                break
            end += len(line)
            yield _decoded(content)
        self._file.seek(end)
        self._file.readline()
        if self._file.read(1):
            raise StoreError(f"{self.path} is damaged at byte {end}: restore a copy")
        self._file.truncate(end)

    def append(self, changed: Mapping[str, Mapping[Path, Any]]) -> None:
        """Write a commit and wait until it is on the disk; where this raises, it may be there or not."""
        rows = {
            table: [[list(key), _converter.unstructure(row)] for key, row in rows.items()]
            for table, rows in changed.items()
        }
        content = simplejson.dumps(rows, separators=(",", ":"), use_decimal=True).encode()
        self._write(b"%08x %b\n" % (zlib.crc32(content), content))

    def _write(self, line: bytes) -> None:
        self._file.write(line)
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file, and with it the lock; harmless when repeated."""
        self._file.close()


def _content(line: bytes) -> bytes | None:
    """Return the JSON of a line, ``None`` where it is not whole."""
    content = line[9:-1]
    return content if line.endswith(b"\n") and line[:9] == b"%08x " % zlib.crc32(content) else None


def _decoded(content: bytes) -> dict[str, dict[Path, Any]]:
    tables = simplejson.loads(content, use_decimal=True)
    return {table: {tuple(key): _row(table, row) for key, row in rows} for table, rows in tables.items()}


def _row(table: str, row: Any) -> Any:
    if row is None or TYPES[table] is object:
        return row
    return _converter.structure(row, TYPES[table])


def _sync_directory(folder: FilePath) -> None:
    """Make the file's name durable: without this a new file can be gone after a power cut."""
    directory = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)

"""CSV files as they come: rows with their line numbers, bad ones among them."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import attrs
import click


class BadRow(Exception):
    """A row cannot be taken; the message says why."""


@attrs.frozen
class Columns:
    """What the columns of a file may be called."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    #: Written by an export, and without meaning to an import.
    ignored: tuple[str, ...] = ()

    def check(self, header: Sequence[str], name: str) -> None:
        """Raise ``ClickException`` where the header is not one of these."""
        known = (*self.required, *self.optional, *self.ignored)
        missing = [column for column in self.required if column not in header]
        unknown = [column for column in header if column not in known]
        twice = sorted({column for column in header if header.count(column) > 1})
        faults = [("lacks", missing), ("has unknown", unknown), ("repeats", twice)]
        said = [f"{verb} {', '.join(map(repr, columns))}" for verb, columns in faults if columns]
        if said:
            raise click.ClickException(f"The header of {name} {' and '.join(said)}; it may have {', '.join(known)}")


@attrs.frozen
class Row:
    """One record of a file; a quoted cell may make it span several lines."""

    #: Where it begins, counted from 1 with the header.
    line: int
    raw: Sequence[str]
    #: By column, without surrounding blanks.
    cells: Mapping[str, str]
    #: Why it cannot be read, where it cannot.
    fault: str | None = None


class Table:
    """A CSV file in UTF-8 with a header."""

    def __init__(self, path: Path, columns: Columns) -> None:
        self.path = path
        with path.open("rb") as file:
            self.digest = hashlib.file_digest(file, "sha256").hexdigest()
            file.seek(0)
            self.lines = sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))
        self.header: list[str] = []
        self._columns = columns

    def rows(self) -> Iterator[Row]:
        """Return every row but the header; raises ``ClickException`` where the file as a whole is unusable."""
        try:
            with self.path.open(encoding="utf-8-sig", newline="") as file:
                records = _records(file)
                _, first, _ = next(records, (1, [], None))
                self.header = [cell.strip() for cell in first]
                self._columns.check(self.header, str(self.path))
                for line, raw, fault in records:
                    yield self._row(line, raw, fault)
        except UnicodeDecodeError as error:
            message = f"{self.path} is not UTF-8: {error.reason} in what was read last"
            raise click.ClickException(message) from error

    def _row(self, line: int, raw: list[str], fault: str | None) -> Row:
        if fault is None and len(raw) != len(self.header):
            fault = f"has {len(raw)} cells where the header has {len(self.header)}"
        cells = dict(zip(self.header, map(str.strip, raw), strict=False))
        return Row(line, raw, cells, fault)


def _records(file: Iterable[str]) -> Iterator[tuple[int, list[str], str | None]]:
    """Return each record with the line it begins on, and why it cannot be parsed where it cannot; no empty ones."""
    reader = csv.reader(file, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            raw = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield line, [], f"is no CSV: {error}"
            continue
        if raw:
            yield line, raw, None

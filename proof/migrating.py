"""A migration killed before each of its statements, and the file opened again: ``python -P -m proof.migrating``.

The child opens a database and kills itself before the statement of a number, whichever connection that is on, those
that copy the database before it is migrated included. Then whoever comes next must find all there was.
"""

from __future__ import annotations

import gzip
import itertools
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from unittest import mock

import attrs

from proof.builds import ROOT
from proof.work import spread
from vectis_core import Vectis
from vectis_core.errors import VectisError

#: Database files of every schema so far, by the last migration that they have had.
OLD_FILES = {path.name.removesuffix(".db.gz"): path for path in sorted((ROOT / "tests/files").glob("*.db.gz"))}

#: An opening that takes longer hangs, in seconds.
_PATIENCE = 60


@attrs.frozen
class Kill:
    """One migration that is killed."""

    folder: Path
    #: Which of the old files, or ``None`` where there is no file yet.
    old: str | None
    #: It is killed before the statement of this number, from 1 on; not at all where that is 0.
    before: int
    #: The environment of the build that migrates.
    build: Mapping[str, str]

    @property
    def name(self) -> str:
        """What is killed, in words."""
        return f"{self.old or 'no file'}, killed before statement {self.before}"

    def database(self) -> Path:
        """Make the file in a folder of its own, and return its path."""
        folder = self.folder / f"{self.old}-{self.before}"
        folder.mkdir()
        path = folder / "shop.db"
        if self.old is not None:
            path.write_bytes(gzip.decompress(OLD_FILES[self.old].read_bytes()))
        return path


def kills(folder: Path, old: str | None, build: Mapping[str, str], every: int) -> list[Kill]:
    """Return a kill before every so many statements of opening a file."""
    whole = Kill(folder, old, 0, build)
    child = _opened(whole, whole.database())
    if child.returncode:
        raise RuntimeError(f"{old} cannot be migrated at all: {child.stderr}")
    return [attrs.evolve(whole, before=number) for number in range(1, int(child.stdout) + 1, every)]


def violations(all_kills: Sequence[Kill]) -> list[str]:
    """Kill, open again, and return what is wrong then."""
    return [found for several in spread(_violations_after, all_kills) for found in several]


def _violations_after(kill: Kill) -> list[str]:
    path = kill.database()
    child = _opened(kill, path)
    if child.returncode != -signal.SIGKILL:
        return [f"{kill.name}: was not killed but ended with {child.returncode}: {child.stderr}"]
    return [f"{kill.name}: {what}" for what in _wrong_with(path, kill.old)]


def _opened(kill: Kill, path: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-m", "proof.migrating", str(path), str(kill.before)]
    return subprocess.run(command, env=dict(kill.build), capture_output=True, text=True, timeout=_PATIENCE, check=False)


def _wrong_with(path: Path, old: str | None) -> Iterator[str]:
    try:
        with Vectis.open(f"sqlite:///{path}") as oms:
            yield from (str(fault) for fault in oms.verify().faults)
        if old is not None:
            yield from _lost(path, old)
        with Vectis.open(f"sqlite:///{path}") as oms:
            oms.products.create(sku="NEW", name="Made after the kill")
    except (VectisError, sqlite3.Error, TypeError) as error:
        yield f"cannot be used: {error}"


def _lost(path: Path, old: str) -> Iterator[str]:
    """Name the database, or a copy made before the migration, where it lacks a row that the old file had."""
    before = path.with_name("before.db")
    before.write_bytes(gzip.decompress(OLD_FILES[old].read_bytes()))
    with closing(sqlite3.connect(before)) as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        columns = {name: _columns(connection, name) for (name,) in names if name != "_sqlite_migrations"}
    # What was cut off while it was copied still says so in its name.
    copies = [each for each in path.parent.glob(f"{path.name}.backup-*") if ".part" not in each.name]
    yield from (
        f"{each.name} is not as it was" for each in (path, *copies) if _rows(each, columns) != _rows(before, columns)
    )


def _columns(connection: sqlite3.Connection, table: str) -> str:
    """Return the columns that a table had before the migration, which may add further ones."""
    return ", ".join(row[1] for row in connection.execute(f"PRAGMA table_info({table})"))


def _rows(path: Path, columns: Mapping[str, str]) -> dict[str, list[Any]]:
    with closing(sqlite3.connect(path)) as connection:
        return {
            name: connection.execute(f"SELECT {some} FROM {name}").fetchall()  # noqa: S608 - names of our own
            for name, some in columns.items()
        }


def main() -> None:
    """Open the database that the first argument names, and die before the statement that the second numbers.

    Prints how many statements there were where it does not come to that.
    """
    path, before = sys.argv[1], int(sys.argv[2])
    numbers = itertools.count(1)
    connect = sqlite3.connect

    def heed(_statement: str) -> None:
        if next(numbers) == before:
            os.kill(os.getpid(), signal.SIGKILL)

    def traced(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*arguments, **options)
        connection.set_trace_callback(heed)
        return connection

    with mock.patch.object(sqlite3, "connect", traced):
        Vectis.open(f"sqlite:///{path}").close()
    print(next(numbers) - 1)


if __name__ == "__main__":
    main()

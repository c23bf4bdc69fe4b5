"""The schema's versions: made, migrated, or refused.

A migration is a file of SQL in ``migrations/``, applied in the order of names through sqlite-utils, which records it.
All that are due are applied in one transaction, after a copy of the database where it holds anything.
"""

from __future__ import annotations

import re
import sqlite3
import uuid
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vectis_core.errors import DatabaseTooNew, StoreError
from vectis_core.tracking.numbers import track_key
from vectis_sqlite.copying import copy_database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_SET = "vectis"
#: Where sqlite-utils records what was applied; others who use it in the same file share the table.
_RECORD, _RECORD_COLUMNS = "_sqlite_migrations", {"id", "migration_set", "name"}
_MADE = re.compile(r"^CREATE (?:UNIQUE )?(?:TABLE|INDEX) (\w+)", re.MULTILINE)


def migration_names() -> list[str]:
    """Return the names of all migrations, in the order in which they are applied."""
    files = resources.files("vectis_sqlite").joinpath("migrations").iterdir()
    return sorted(file.name.removesuffix(".sql") for file in files if file.name.endswith(".sql"))


def reserved_names() -> list[str]:
    """Return the names of all tables and indexes that a database of Vectis has, sorted."""
    return sorted({_RECORD, *_made_by(migration_names())})


def _made_by(names: Iterable[str]) -> set[str]:
    """Return the names of the tables and indexes that migrations make."""
    return {made for name in names for made in _MADE.findall(_text_of(name))}


def applied_names(connection: sqlite3.Connection) -> list[str]:
    """Return the migrations that a database has had; none where it is empty, or somebody else's."""
    columns = {row[1] for row in connection.execute(f"PRAGMA table_info({_RECORD})")}
    if not columns >= _RECORD_COLUMNS:
        return []
    rows = connection.execute(f"SELECT name FROM {_RECORD} WHERE migration_set = ? ORDER BY id", (_SET,))  # noqa: S608
    return [row[0] for row in rows]


def _require_free(connection: sqlite3.Connection, applied: list[str]) -> None:
    """Raise ``StoreError`` where somebody else's tables or indexes have names that ours are to get."""
    wanted = _made_by(migration_names()) - _made_by(applied)
    there = {row[0].lower() for row in connection.execute("SELECT name FROM sqlite_master")}
    columns = {row[1] for row in connection.execute(f"PRAGMA table_info({_RECORD})")}
    if columns and not columns >= _RECORD_COLUMNS:
        wanted.add(_RECORD)
    clashing = sorted(wanted & there)
    if clashing:
        raise StoreError(
            f"The file has what is named like tables or indexes of Vectis and is not its own: {', '.join(clashing)}."
            " Give yours other names, with a prefix, or give Vectis another file; no table was made or changed"
        )


def is_current(connection: sqlite3.Connection) -> bool:
    """Return whether the schema is the one this version writes.

    Raises ``DatabaseTooNew`` where it is newer, and ``StoreError`` where its tables cannot be made beside somebody's.
    """
    applied = applied_names(connection)
    known = migration_names()
    newer = [name for name in applied if name not in known]
    if newer:
        raise DatabaseTooNew(
            f"The database has the schema {newer[-1]}, and this version of Vectis knows {known[-1]} at most: "
            "upgrade Vectis to open it"
        )
    if applied == known:
        return True
    _require_free(connection, applied)
    return False


def migrate(connection: sqlite3.Connection, path: Path, moment: str, stop_before: str | None = None) -> Path | None:
    """Bring the schema up to date, and return where a copy of what it was lies, if there was anything.

    The caller holds the lock between processes. *moment* goes into the copy's name. *stop_before* leaves out a
    migration and what follows it.
    """
    applied = applied_names(connection)
    copy = _copied(connection, path, f"{applied[-1]}-{moment}") if applied else None
    # Importing sqlite-utils takes longer than opening a database that is up to date.
    from sqlite_utils import Database, Migrations  # noqa: PLC0415

    migrations = Migrations(_SET)
    for name in migration_names():
        migrations(name=name)(_step(name))
    connection.create_function("track_key", 2, track_key, deterministic=True)
    connection.execute("BEGIN IMMEDIATE")
    try:
        migrations.apply(Database(connection, execute_plugins=False), stop_before=stop_before)
        connection.execute("INSERT OR IGNORE INTO meta (name, value) VALUES ('database_id', ?)", (str(uuid.uuid4()),))
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return copy


def _step(name: str) -> Callable[[Any], None]:
    def apply(database: Any) -> None:
        for statement in _statements(_text_of(name)):
            database.conn.execute(statement)

    return apply


def _text_of(name: str) -> str:
    return resources.files("vectis_sqlite").joinpath("migrations", f"{name}.sql").read_text("utf-8")


def _statements(text: str) -> list[str]:
    """Return the statements of a file; ``executescript`` would commit the transaction we are in."""
    statements = []
    pending = ""
    for line in text.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            statements.append(pending)
            pending = ""
    return statements


def _copied(connection: sqlite3.Connection, path: Path, label: str) -> Path:
    target = path.with_name(f"{path.name}.backup-{label}")
    copy_database(connection, path, target, _require_sound, overwrite=True)
    return target


def _require_sound(copy: sqlite3.Connection) -> None:
    """Refuse a copy with broken pages; the rules of the domain are proved on the schema of today alone."""
    verdict = copy.execute("PRAGMA integrity_check").fetchone()[0]
    if verdict != "ok":
        raise StoreError(f"The copy made before the migration is damaged ({verdict}); nothing was changed")

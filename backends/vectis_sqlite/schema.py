"""The schema's versions: made, migrated, or refused.

A migration is a file of SQL in ``migrations/``, applied in the order of names through sqlite-utils, which records it.
All that are due are applied in one transaction, after a copy of the database where it holds anything.
"""

from __future__ import annotations

import sqlite3
import uuid
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vectis_core.errors import DatabaseTooNew, StoreError
from vectis_core.tracking.numbers import track_key
from vectis_sqlite.copying import copy_database

if TYPE_CHECKING:
    from collections.abc import Callable

_SET = "vectis"


def migration_names() -> list[str]:
    """Return the names of all migrations, in the order in which they are applied."""
    files = resources.files("vectis_sqlite").joinpath("migrations").iterdir()
    return sorted(file.name.removesuffix(".sql") for file in files if file.name.endswith(".sql"))


def applied_names(connection: sqlite3.Connection) -> list[str]:
    """Return the migrations that a database has had; none where it is empty.

    Raises ``StoreError`` where the file holds something that is no database of Vectis.
    """
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if "_sqlite_migrations" not in tables:
        if "orders" in tables or "tenants" in tables:
            raise StoreError("The file holds tables named like those of Vectis that are not its own; use another file")
        return []
    rows = connection.execute("SELECT name FROM _sqlite_migrations WHERE migration_set = ? ORDER BY id", (_SET,))
    return [row[0] for row in rows]


def is_current(connection: sqlite3.Connection) -> bool:
    """Return whether the schema is the one this version writes; raises ``DatabaseTooNew`` where it is newer."""
    applied = applied_names(connection)
    known = migration_names()
    newer = [name for name in applied if name not in known]
    if newer:
        raise DatabaseTooNew(
            f"The database has the schema {newer[-1]}, and this version of Vectis knows {known[-1]} at most: "
            "upgrade Vectis to open it"
        )
    return applied == known


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
        text = resources.files("vectis_sqlite").joinpath("migrations", f"{name}.sql").read_text("utf-8")
        for statement in _statements(text):
            database.conn.execute(statement)

    return apply


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

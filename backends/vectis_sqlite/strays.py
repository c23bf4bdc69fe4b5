"""What SQLite itself knows to be wrong with a file."""

from __future__ import annotations

import sqlite3

from vectis_sqlite.tracking import stray_scans


def strays(connection: sqlite3.Connection) -> list[str]:
    """Return, in words, broken pages and indexes, broken CHECKs, and rows that point to nothing.

    Every foreign key starts with the tenant, so a row that points outside its tenant points to nothing.
    """
    found = [row[0] for row in connection.execute("PRAGMA integrity_check(100)") if row[0] != "ok"]
    for table, rowid, parent, _ in connection.execute("PRAGMA foreign_key_check"):
        found.append(f"a row of {table} ({rowid if rowid is not None else 'no rowid'}) has no {parent}")
    return found + stray_scans(connection)

"""Translates what the driver raises, once, at the transaction's edge."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from vectis_core.errors import ServiceUnavailable, StoreConflict, StoreError

#: Primary result codes after which the same statement may work later (https://sqlite.org/rescode.html).
_PASSING = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_FULL", "SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_NOMEM")
_BROKEN = ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_READONLY", "SQLITE_PERM", "SQLITE_AUTH")


@contextmanager
def translated() -> Iterator[None]:
    """Raise the core's errors in place of the driver's, which become their causes."""
    try:
        yield
    except sqlite3.IntegrityError as error:
        raise StoreConflict(f"The database refused a row: {error}") from error
    except sqlite3.Error as error:
        translation = translation_of(error)
        if translation is None:
            raise
        raise translation from error


def translation_of(error: sqlite3.Error) -> ServiceUnavailable | StoreError | None:
    """Return the core's error for a failure of the database, or ``None`` for a defect of ours."""
    name = getattr(error, "sqlite_errorname", None) or ""
    if name.startswith(_PASSING):
        return ServiceUnavailable(f"The database cannot be used just now: {error}")
    if name.startswith(_BROKEN):
        return StoreError(f"The database cannot be used: {error}")
    return None

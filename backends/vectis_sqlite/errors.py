"""Translates what the driver raises, once, at the transaction's edge."""

from __future__ import annotations

import sqlite3
from types import TracebackType

from vectis_core.errors import ServiceUnavailable, StoreConflict, StoreError, ValidationError

#: Primary result codes after which the same statement may work later (https://sqlite.org/rescode.html).
_PASSING = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_FULL", "SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_NOMEM")
_BROKEN = ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_READONLY", "SQLITE_PERM", "SQLITE_AUTH")


class _Translated:
    """Raises the core's errors in place of the driver's, which become their causes.

    A class, because it stands around every statement of the hot paths, and a generator costs several times as much.
    """

    __slots__ = ()

    def __enter__(self) -> None:
        return

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if isinstance(error, sqlite3.IntegrityError):
            raise StoreConflict(f"The database refused a row: {error}") from error
        if isinstance(error, UnicodeEncodeError):
            raise ValidationError.of("", "must be valid Unicode, without lone surrogates") from error
        if isinstance(error, sqlite3.Error):
            translation = translation_of(error)
            if translation is not None:
                raise translation from error


_TRANSLATED = _Translated()


def translated() -> _Translated:
    """Return a context in which the driver's errors are raised as the core's."""
    return _TRANSLATED


def translation_of(error: sqlite3.Error) -> ServiceUnavailable | StoreError | None:
    """Return the core's error for a failure of the database, or ``None`` for a defect of ours."""
    name = getattr(error, "sqlite_errorname", None) or ""
    if name.startswith(_PASSING):
        return ServiceUnavailable(f"The database cannot be used just now: {error}")
    if name.startswith(_BROKEN):
        return StoreError(f"The database cannot be used: {error}")
    return None

"""What the embedding application gets inside ``within=``: our transaction, for its own tables alone."""

from __future__ import annotations

import sqlite3
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from vectis_core.errors import UsageError

#: Tables that change by commands alone.
OURS = frozenset(
    "meta tenants counters warehouses products stock orders order_lines reservations shipments shipment_lines "
    "stock_ledger events clients signing_keys rate_windows results webhooks deliveries attempts replays "
    "_sqlite_migrations".split()
)
#: Actions that would end the transaction, reach outside the database, or change how it is kept.
_NEVER = frozenset(
    {
        sqlite3.SQLITE_TRANSACTION,
        sqlite3.SQLITE_SAVEPOINT,
        sqlite3.SQLITE_ATTACH,
        sqlite3.SQLITE_DETACH,
        sqlite3.SQLITE_PRAGMA,
    }
)
#: Actions by where the table is named that they change: the first argument or the second.
_FIRST = frozenset({sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_DELETE, sqlite3.SQLITE_DROP_TABLE})
_SECOND = frozenset(
    {
        sqlite3.SQLITE_ALTER_TABLE,
        sqlite3.SQLITE_CREATE_INDEX,
        sqlite3.SQLITE_CREATE_TRIGGER,
        sqlite3.SQLITE_DROP_INDEX,
        sqlite3.SQLITE_DROP_TRIGGER,
    }
)


def _authorize(action: int, first: str | None, second: str | None, *_: str | None) -> int:
    forbidden = action in _NEVER or (action in _FIRST and first in OURS) or (action in _SECOND and second in OURS)
    return sqlite3.SQLITE_DENY if forbidden else sqlite3.SQLITE_OK


class HostConnection:
    """Executes statements on the host's own tables inside our transaction, for the length of ``within``.

    Raises ``UsageError`` for what would commit, roll back, or write to the tables of Vectis; reading those is fine.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection: sqlite3.Connection | None = connection
        self._cursors: weakref.WeakSet[sqlite3.Cursor] = weakref.WeakSet()

    def execute(self, statement: str, parameters: Any = ()) -> sqlite3.Cursor:
        """Execute one statement and return its cursor, as ``sqlite3`` does."""
        with _explained():
            return self._kept(self._lent().execute(statement, parameters))

    def executemany(self, statement: str, parameters: Iterable[Any]) -> sqlite3.Cursor:
        """Execute one statement for each row of parameters, as ``sqlite3`` does."""
        with _explained():
            return self._kept(self._lent().executemany(statement, parameters))

    def executescript(self, _script: str) -> NoReturn:
        """Refuse: a script begins by committing."""
        raise UsageError("A script would commit the order's transaction: execute its statements one by one")

    def commit(self) -> NoReturn:
        """Refuse: Vectis commits, once ``within`` has returned."""
        raise UsageError("Vectis commits when within= returns")

    def rollback(self) -> NoReturn:
        """Refuse: to roll back, raise."""
        raise UsageError("To undo the order and your rows, raise an exception from within=")

    def end(self) -> None:
        """End the loan, and every reading that the host has begun: one left open would hold an old state for good."""
        self._connection = None
        for cursor in list(self._cursors):
            cursor.close()

    def _kept(self, cursor: sqlite3.Cursor) -> sqlite3.Cursor:
        self._cursors.add(cursor)
        return cursor

    def _lent(self) -> sqlite3.Connection:
        if self._connection is None:
            raise UsageError("The connection was lent for the length of within= only")
        if not self._connection.in_transaction:
            # What is executed now would be committed by itself, without the order.
            raise UsageError("A statement of within= has rolled the transaction back, as INSERT OR ROLLBACK does")
        return self._connection


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorname", "") != "SQLITE_AUTH":
            raise
        raise UsageError(
            "Inside within= statements may change the host's own tables only, and not end the transaction"
        ) from error


@contextmanager
def lent(connection: sqlite3.Connection, require_open: Callable[[], None]) -> Iterator[HostConnection]:
    """Lend *connection* for the length of a ``with`` block."""
    host = HostConnection(connection)
    connection.set_authorizer(_authorize)
    try:
        yield host
    finally:
        host.end()
        connection.set_authorizer(None)
    require_open()

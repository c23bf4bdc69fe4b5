"""An interrupt between two steps of the driver leaves neither a transaction open nor the file locked."""

from __future__ import annotations

import fcntl
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
from small_shop import ADDRESS, Shop

from vectis_core import InsufficientStock, OutcomeUnknown
from vectis_core.commands import PlaceOrder
from vectis_core.engine.tickets import ThreadWaiter
from vectis_core.orders import Item, NewOrder
from vectis_sqlite import store, transaction
from vectis_sqlite.lock import FileLock


def once_then_interrupted(step: Callable[..., Any], when: Callable[..., bool]) -> Callable[..., Any]:
    """Return *step* so that Ctrl-C strikes right after the first call for which *when* holds."""
    struck = []

    def interrupted(*args: Any) -> Any:
        result = step(*args)
        if when(*args) and not struck:
            struck.append(args)
            raise KeyboardInterrupt
        return result

    return interrupted


def buy_interrupted(shop: Shop) -> None:
    """Have a purchase interrupted; afterwards another process gets the lock, and this one goes on."""
    with pytest.raises(KeyboardInterrupt):
        shop.buy("interrupted")

    assert shop.store.path is not None
    stranger = FileLock(shop.store.path.with_name("shop.db.lock"), 0)
    with stranger.held():
        pass
    stranger.close()
    assert shop.buy("afterwards").created
    assert shop.oms.verify().ok


def test_after_the_transaction_has_begun(sqlite_shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while ``BEGIN`` waits for another writer is seen only when it has succeeded: it is taken back."""
    begun = once_then_interrupted(store.SqliteTransaction, lambda *_: True)
    monkeypatch.setattr(store, "SqliteTransaction", begun)

    buy_interrupted(sqlite_shop)


def test_after_the_lock_is_taken(sqlite_shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock that was taken a moment before Ctrl-C is given back, not kept until this process writes again."""
    taken = once_then_interrupted(fcntl.flock, lambda _file, operation: operation & fcntl.LOCK_EX)
    monkeypatch.setattr(fcntl, "flock", taken)

    buy_interrupted(sqlite_shop)


class Failing:
    """A connection whose commit, or another statement, fails, as where the disk gives up.

    A failed commit ends the transaction, as SQLite does.
    """

    def __init__(self, connection: sqlite3.Connection, statement: str = "COMMIT") -> None:
        self.connection = connection
        self.fails = statement

    def __getattr__(self, name: str) -> Any:
        return getattr(self.connection, name)

    def execute(self, statement: str, *values: Any) -> Any:
        if statement == self.fails:
            if statement == "COMMIT":
                self.connection.execute("ROLLBACK")
            raise sqlite3.OperationalError("disk I/O error")
        return self.connection.execute(statement, *values)


def test_while_a_commit_fails(sqlite_shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C that takes the place of the commit's own error does not make it a success for those who wait."""

    class Interrupted:
        def __enter__(self) -> None:
            return

        def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
            if kind is sqlite3.OperationalError:
                raise KeyboardInterrupt

    store_of_it: Any = sqlite_shop.store
    engine = sqlite_shop.oms.engine
    waiting = [engine._ticket(an_order(name), None, ThreadWaiter()) for name in ("leads", "follows")]
    with monkeypatch.context() as patched:
        patched.setattr(transaction, "translated", Interrupted)
        patched.setattr(store_of_it.inner, "_writer", Failing(store_of_it.inner._writer))
        with pytest.raises(KeyboardInterrupt):
            engine._runner.run(waiting)

    assert all(isinstance(ticket.error, OutcomeUnknown) for ticket in waiting)
    assert sqlite_shop.externals() == set()
    assert sqlite_shop.buy("follows").created


def test_a_rollback_that_fails_is_no_end(sqlite_shop: Shop) -> None:
    """Where not even rolling back works, the caller gets its own error, and the next one a connection opened anew."""
    store_of_it: Any = sqlite_shop.store
    store_of_it.inner._writer = Failing(store_of_it.inner._writer, "ROLLBACK")

    with pytest.raises(InsufficientStock):
        sqlite_shop.buy("too many", 1000)

    assert sqlite_shop.buy("afterwards").created
    assert sqlite_shop.oms.verify().ok


def an_order(external_id: str) -> PlaceOrder:
    """Return a command that orders one piece."""
    return PlaceOrder(intent=NewOrder(external_id, items=[Item("W", 1, "1")], shipping_addresses=[ADDRESS]))


def test_before_the_lock_is_given_back(sqlite_shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C between the commit and giving back the lock costs the answer, and not everybody else the database."""
    release, struck = FileLock.release, []

    def interrupted(lock: FileLock) -> None:
        if not struck:
            struck.append(lock)
            raise KeyboardInterrupt
        release(lock)

    monkeypatch.setattr(FileLock, "release", interrupted)

    buy_interrupted(sqlite_shop)

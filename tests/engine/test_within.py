"""The host's own rows, written in the order's transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from small_shop import ADDRESS, Shop

from vectis_core import Item, OutcomeUnknown, Placed, ServiceUnavailable, UsageError


class Veto(Exception):
    """The host's own objection."""


@pytest.fixture
def shop(sqlite_shop: Shop) -> Shop:
    """Return a shop in whose file the host has a table of its own."""
    with closing(sqlite3.connect(sqlite_shop.store.path, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE loyalty (order_id TEXT PRIMARY KEY, points INTEGER)")
    return sqlite_shop


def buy(shop: Shop, external_id: str, within: Callable[[Placed, Any], None]) -> Placed:
    """Order one piece together with the host's part."""
    return shop.oms.orders.create(
        external_id=external_id, items=[Item("W", 1, "10")], shipping_addresses=[ADDRESS], within=within
    )


def points(shop: Shop) -> list[tuple[str, int]]:
    """Return the host's rows."""
    with closing(sqlite3.connect(shop.store.path, isolation_level=None)) as connection:
        return connection.execute("SELECT order_id, points FROM loyalty").fetchall()


def earn(placed: Placed, connection: Any) -> None:
    """Write the host's row."""
    connection.execute("INSERT INTO loyalty VALUES (?, ?)", (placed.order.id, 10))


def test_the_hosts_row_is_there_exactly_when_the_order_is(shop: Shop) -> None:
    """Both rows come with one commit."""
    placed = buy(shop, "A-1", earn)

    assert points(shop) == [(placed.order.id, 10)]
    assert shop.externals() == {"A-1"}


def test_the_hosts_exception_leaves_neither(shop: Shop) -> None:
    """What within raises comes back as it is, once, and undoes the order and the host's rows."""
    calls = []

    def veto(placed: Placed, connection: Any) -> None:
        calls.append(placed.order.id)
        earn(placed, connection)
        raise Veto

    with pytest.raises(Veto):
        buy(shop, "A-1", veto)

    assert len(calls) == 1
    assert points(shop) == []
    assert shop.externals() == set()
    assert shop.reserved() == 0
    assert shop.buy("A-1").created


def test_a_replay_does_not_call_the_host_again(shop: Shop) -> None:
    """A repeated external id returns the order without the host's part."""
    first = buy(shop, "A-1", earn)

    again = buy(shop, "A-1", earn)

    assert (again.created, again.order.id) == (False, first.order.id)
    assert points(shop) == [(first.order.id, 10)]


@pytest.mark.parametrize(
    "statement",
    [
        "COMMIT",
        "ROLLBACK",
        "END",
        "BEGIN",
        "SAVEPOINT s",
        "PRAGMA synchronous = OFF",
        "ATTACH ':memory:' AS other",
        "UPDATE stock SET on_hand = 1000000",
        "DELETE FROM stock_ledger",
        "INSERT INTO counters VALUES ('default', 'orders', 5)",
        "DROP TABLE events",
        "ALTER TABLE orders ADD COLUMN mine TEXT",
        "CREATE TRIGGER t AFTER INSERT ON orders BEGIN DELETE FROM loyalty; END",
    ],
)
def test_the_connection_refuses_what_is_not_the_hosts(shop: Shop, statement: str) -> None:
    """Ending the transaction, changing the database's ways or our tables is refused, and undoes everything."""

    def trespass(_placed: Placed, connection: Any) -> None:
        connection.execute(statement)

    with pytest.raises(UsageError, match="own tables"):
        buy(shop, "A-1", trespass)

    assert shop.externals() == set()
    assert shop.buy("A-2").created
    assert shop.oms.verify().ok


@pytest.mark.parametrize("name", ["commit", "rollback", "executescript"])
def test_the_connection_has_no_way_to_end_the_transaction(shop: Shop, name: str) -> None:
    """The methods that would end it raise, and say what to do instead."""

    def end(_placed: Placed, connection: Any) -> None:
        getattr(connection, name)(*(["SELECT 1"] if name == "executescript" else []))

    with pytest.raises(UsageError):
        buy(shop, "A-1", end)

    assert shop.externals() == set()


def test_the_connection_ends_with_the_call(shop: Shop) -> None:
    """A host that keeps the connection cannot write through it later."""
    kept: list[Any] = []

    buy(shop, "A-1", lambda _placed, connection: kept.append(connection))

    with pytest.raises(UsageError, match="lent"):
        kept[0].execute("INSERT INTO loyalty VALUES ('x', 1)")


def test_a_reading_left_open_ends_with_the_call(shop: Shop) -> None:
    """A cursor that the host neither exhausts nor closes does not hold the writer to what it has seen."""
    assert shop.store.path is not None
    kept: list[sqlite3.Cursor] = []

    def look(_placed: Placed, connection: Any) -> None:
        cursor = connection.execute("SELECT name FROM sqlite_master")
        cursor.fetchone()
        kept.append(cursor)

    buy(shop, "A-1", look)
    with closing(sqlite3.connect(shop.store.path)) as stranger, stranger:
        stranger.execute("INSERT INTO loyalty VALUES ('x', 1)")

    assert shop.buy("A-2").created
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        kept[0].fetchone()


def test_nothing_is_written_after_a_statement_that_rolled_back(shop: Shop) -> None:
    """A host that goes on after ``OR ROLLBACK`` took the order away is told so, and leaves no row without its order."""

    def roll_back(placed: Placed, connection: Any) -> None:
        earn(placed, connection)
        with pytest.raises(sqlite3.IntegrityError):
            connection.execute("INSERT OR ROLLBACK INTO loyalty VALUES (?, 1)", (placed.order.id,))
        connection.execute("INSERT INTO loyalty VALUES ('alone', 1)")

    with pytest.raises(UsageError, match="rolled the transaction back"):
        buy(shop, "A-1", roll_back)

    assert points(shop) == []
    assert shop.externals() == set()
    assert shop.buy("A-2").created


def test_a_statement_that_rolled_back_is_no_unknown_outcome(shop: Shop) -> None:
    """A host that executes nothing after ``OR ROLLBACK`` is told that nothing was changed."""

    def roll_back(placed: Placed, connection: Any) -> None:
        earn(placed, connection)
        with pytest.raises(sqlite3.IntegrityError):
            connection.execute("INSERT OR ROLLBACK INTO loyalty VALUES (?, 1)", (placed.order.id,))

    with pytest.raises(ServiceUnavailable) as caught:
        buy(shop, "A-1", roll_back)

    assert not isinstance(caught.value, OutcomeUnknown)
    assert (points(shop), shop.externals()) == ([], set())


def test_calling_the_engine_from_inside_is_refused(shop: Shop) -> None:
    """A command inside within would wait for itself: it raises, and undoes everything."""

    def recurse(_placed: Placed, _connection: Any) -> None:
        shop.buy("A-2")

    with pytest.raises(UsageError, match="inside within"):
        buy(shop, "A-1", recurse)

    assert shop.externals() == set()


def test_an_async_function_is_refused_for_the_row_it_would_never_write(shop: Shop) -> None:
    """What nobody awaits writes nothing: the call raises and leaves no order without its row."""

    async def earn_later(placed: Placed, connection: Any) -> None:
        earn(placed, connection)

    untyped: Any = earn_later
    with pytest.raises(UsageError, match="plain function"):
        buy(shop, "A-1", untyped)

    assert (points(shop), shop.externals()) == ([], set())
    assert buy(shop, "A-1", earn).created


def test_the_host_may_read_our_rows_of_this_transaction(shop: Shop) -> None:
    """The host sees the order that is being made, before anybody else does."""
    seen: list[tuple[Any, ...]] = []

    def look(placed: Placed, connection: Any) -> None:
        seen.extend(connection.execute("SELECT external_id FROM orders WHERE id = ?", (placed.order.id,)))
        assert shop.store.path is not None
        with closing(sqlite3.connect(f"file:{shop.store.path}?mode=ro", uri=True, isolation_level=None)) as other:
            assert other.execute("SELECT count(*) FROM orders").fetchone() == (0,)

    buy(shop, "A-1", look)

    assert seen == [("A-1",)]


def test_memory_lends_a_mapping_that_rolls_back() -> None:
    """On the memory backend the host's rows live in a mapping that follows the transaction."""
    shop = Shop("memory://")
    held: dict[str, Any] = {}

    def keep(placed: Placed, rows: Any) -> None:
        held.update(rows)
        rows[placed.order.external_id] = 1
        if placed.order.external_id == "B":
            raise Veto

    buy(shop, "A", keep)
    with pytest.raises(Veto):
        buy(shop, "B", keep)
    buy(shop, "C", keep)

    assert held == {"A": 1}
    shop.oms.close()

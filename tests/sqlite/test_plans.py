"""Every list and look-up is served by an index: SQLite's own plan says so."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from vectis_core import Vectis
from vectis_core.ports import OrderFilter, ProductFilter, Slice, StockFilter
from vectis_sqlite import lists, webhooks
from vectis_sqlite import statements as sql

MOMENT = datetime(2026, 1, 26, 12, tzinfo=UTC)
#: Statements that read all of a table on purpose: it holds a handful of rows.
WHOLE_TABLE = {"KEYS", "CLEAR_KEYS", "COUNT_ALL_CLIENTS"}


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    """Return a connection to a fresh database."""
    path: Path = tmp_path_factory.mktemp("plans") / "shop.db"
    Vectis.open(f"sqlite:///{path}").close()
    connection = sqlite3.connect(path)
    yield connection
    connection.close()


def plan(connection: sqlite3.Connection, statement: str) -> list[str]:
    """Return the steps of SQLite's plan."""
    text = statement.replace("{keys}", "?, ?")
    values = [1] * text.count("?") if "?1" not in text else [1, 1, 1]
    return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {text}", values)]


def assert_indexed(steps: list[str], sorts: bool = False) -> None:
    """Fail where a table is read from end to end, or where the list is sorted anew."""
    assert not [step for step in steps if step.startswith("SCAN")], steps
    assert sorts or not [step for step in steps if "USE TEMP B-TREE FOR ORDER BY" in step], steps


def test_every_named_statement_uses_an_index(connection: sqlite3.Connection) -> None:
    """No statement of the hot paths reads a table that grows from end to end."""
    checked = 0
    for name, statement in vars(sql).items():
        is_statement = isinstance(statement, str) and statement.startswith(("SELECT", "UPDATE", "DELETE"))
        if name.startswith("_") or not is_statement or name in WHOLE_TABLE:
            continue
        # Keys of several tenants or types are few; they may be put in order.
        assert_indexed(plan(connection, statement), sorts="{keys}" in statement)
        checked += 1

    assert checked > 30


@pytest.mark.parametrize("part", [Slice(20), Slice(20, offset=100), Slice(20, before="x")], ids=str)
@pytest.mark.parametrize(
    "where",
    [
        OrderFilter(),
        OrderFilter(status="pending"),
        OrderFilter(external_id="A"),
        OrderFilter(customer_id="C"),
        OrderFilter(sku="W"),
        OrderFilter(created_after=MOMENT),
        OrderFilter(created_before=MOMENT),
        OrderFilter(created_after=MOMENT, created_before=MOMENT),
        OrderFilter(status="pending", customer_id="C"),
        OrderFilter(sku="W", status="pending", created_after=MOMENT),
    ],
    ids=str,
)
def test_lists_of_orders(connection: sqlite3.Connection, where: OrderFilter, part: Slice) -> None:
    """Each filter, and the filters together, are served in the list's order without sorting it."""
    text, values = lists.orders("default", where).page(sql.ORDER_COLUMNS, part)
    steps = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {text}", values)]

    assert_indexed(steps)


@pytest.mark.parametrize(
    "where",
    [ProductFilter(), ProductFilter(sku="W"), ProductFilter(active=True), ProductFilter(q="wid")],
    ids=str,
)
def test_lists_of_products(connection: sqlite3.Connection, where: ProductFilter) -> None:
    """Each filter is served in the list's order; a search walks the tenant's own products."""
    text, values = lists.products("default", where).page(sql.PRODUCT_COLUMNS, Slice(20))
    steps = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {text}", values)]

    assert_indexed(steps)


@pytest.mark.parametrize(
    "where",
    [StockFilter(), StockFilter(warehouse_id="wh"), StockFilter(low=True)],
    ids=str,
)
def test_lists_of_stock(connection: sqlite3.Connection, where: StockFilter) -> None:
    """Each filter is served in the list's order; a SKU's few records are a named statement."""
    text, values = lists.stock("default", where).page(sql.STOCK_COLUMNS, Slice(20))
    steps = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {text}", values)]

    assert_indexed(steps)


def test_the_feed_by_type_walks_events_of_that_type_alone(connection: sqlite3.Connection) -> None:
    """A rare event is found by its type and the cursor, however much of other types has happened."""
    assert plan(connection, sql.EVENTS_OF_TYPE) == [
        "SEARCH events USING INDEX events_of_type (tenant=? AND type=? AND position>?)"
    ]


@pytest.mark.parametrize("many", [1, 2, 20, 200])
def test_deliveries_are_found_by_their_ids(connection: sqlite3.Connection, many: int) -> None:
    """However many are settled at once, each is looked up: nothing walks all deliveries of the tenant."""
    statement = webhooks.DELIVERIES.replace("{keys}", ", ".join("?" * many))

    [step] = plan(connection, statement)
    assert "(tenant=? AND id=?)" in step


def test_counts_use_an_index(connection: sqlite3.Connection) -> None:
    """Totals that no counter knows are counted along an index."""
    statements = [
        lists.orders("default", OrderFilter(customer_id="C")),
        lists.orders("default", OrderFilter(sku="W")),
        lists.orders("default", OrderFilter(created_after=MOMENT)),
        lists.stock("default", StockFilter(low=True)),
        lists.products("default", ProductFilter(active=True)),
    ]
    for statement in statements:
        text, values = statement.count()
        steps = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {text}", values)]
        assert_indexed(steps)

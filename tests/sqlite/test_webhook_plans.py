"""What a dispatcher asks, and the log of deliveries, are served by indexes: SQLite's own plan says so."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlite.test_plans import assert_indexed, plan

from vectis_core import Vectis
from vectis_core.ports import DeliveryFilter, Slice
from vectis_sqlite import webhooks

#: Statements that look at every webhook, and at every replay that goes on: there are few of them.
WHOLE_TABLE = {"_ALL_WEBHOOKS", "RUNNING_REPLAYS", "IS_REPLAYING"}
#: Those that look at what is due for each.
DUE = {"DUE_WEBHOOKS", "NEXT_DUE"}


@pytest.fixture(name="connection")
def _connection(tmp_path: Path) -> sqlite3.Connection:
    path = tmp_path / "shop.db"
    Vectis.open(f"sqlite:///{path}").close()
    return sqlite3.connect(path)


def test_every_named_statement_uses_an_index(connection: sqlite3.Connection) -> None:
    """No statement reads deliveries, attempts, events or replays from end to end, or sorts them."""
    checked = 0
    for name, statement in vars(webhooks).items():
        is_statement = isinstance(statement, str) and statement.startswith(("SELECT", "UPDATE", "DELETE"))
        if not is_statement or name in WHOLE_TABLE | DUE:
            continue
        assert_indexed([step for step in plan(connection, statement) if step != "SCAN CONSTANT ROW"])
        checked += 1

    assert checked > 15


@pytest.mark.parametrize("name", sorted(DUE))
def test_whether_something_is_due_is_one_look_per_webhook(connection: sqlite3.Connection, name: str) -> None:
    """However many deliveries wait, the oldest of each kind is found by an index that has no others."""
    text = getattr(webhooks, name).replace("{ailing}", "= 0")
    values = [1] * (2 if "?1" in text else 0)
    steps = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {text}", values)]

    of_deliveries = [step for step in steps if " d " in step]
    assert len(of_deliveries) == 2
    for index, step in zip(("deliveries_first", "deliveries_again"), of_deliveries, strict=True):
        assert step.startswith("SEARCH"), steps
        assert f"INDEX {index} (tenant=? AND webhook_id=?" in step, steps


def test_what_runs_is_found_among_what_runs(connection: sqlite3.Connection) -> None:
    """Replays that are done are not looked at."""
    for statement in (webhooks.RUNNING_REPLAYS, webhooks.IS_REPLAYING):
        assert [step for step in plan(connection, statement) if "USING INDEX replays_running" in step]


@pytest.mark.parametrize("part", [Slice(20), Slice(20, offset=100), Slice(20, before="x")], ids=str)
@pytest.mark.parametrize(
    "where",
    [DeliveryFilter("whk"), DeliveryFilter("whk", "pending"), DeliveryFilter("whk", None, "order.created")],
    ids=str,
)
def test_lists_of_deliveries(connection: sqlite3.Connection, where: DeliveryFilter, part: Slice) -> None:
    """The log of a webhook, all of it or of a status, is served in its order without sorting it."""
    text, values = webhooks.deliveries("default", where).page(webhooks.DELIVERY_COLUMNS, part)
    steps = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {text}", values)]

    assert_indexed(steps)

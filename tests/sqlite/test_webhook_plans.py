"""What a dispatcher asks, and the log of deliveries, are served by indexes: SQLite's own plan says so."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlite.test_plans import assert_indexed, plan

from vectis_core import Vectis
from vectis_core.clock import to_micros
from vectis_core.ports import DeliveryFilter, Slice
from vectis_sqlite import webhooks

#: Statements that look at every webhook, and at every replay that goes on: there are few of them.
WHOLE_TABLE = {"_ALL_WEBHOOKS", "RUNNING_REPLAYS", "IS_REPLAYING", "BACKLOG"}
NOW = datetime(2026, 1, 26, tzinfo=UTC)
ASKED = {**webhooks.bounds_of(NOW), "most": 16}
#: Those that look at what is due for each.
DUE = {"DUE_WEBHOOKS", "NEXT_DUE"}


@pytest.fixture(name="connection")
def _connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    path = tmp_path / "shop.db"
    Vectis.open(f"sqlite:///{path}").close()
    with closing(sqlite3.connect(path)) as connection:
        yield connection


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
    """However many webhooks there are and however much waits, it is one step to each next one for which something does.

    The oldest delivery of each kind is found by an index that has no others.
    """
    text = getattr(webhooks, name).replace("{ailing}", "= 0")
    steps = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {text}", ASKED)]

    assert "SEARCH w USING PRIMARY KEY (tenant=? AND id=?)" in steps
    for index in ("deliveries_first", "deliveries_again"):
        assert f"SEARCH deliveries USING INDEX {index} (tenant=? AND webhook_id>?)" in steps, steps
    of_deliveries = [step for step in steps if " d " in step]
    assert len(of_deliveries) == 3
    for index, step in zip(("deliveries_first", "deliveries_again", "deliveries_again"), of_deliveries, strict=True):
        assert step.startswith("SEARCH"), steps
        assert f"INDEX {index} (tenant=? AND webhook_id=?" in step, steps


def test_the_backlog_is_counted_by_the_index_of_statuses(connection: sqlite3.Connection) -> None:
    """What a scrape asks reads of each webhook the entries of an index alone, and one delivery: the oldest."""
    steps = plan(connection, webhooks.BACKLOG)

    assert steps[0] == "SCAN w"
    of_deliveries = [step for step in steps if " d " in step]
    covered = [step for step in of_deliveries if "USING COVERING INDEX deliveries_of_status" in step]
    assert (len(of_deliveries), len(covered)) == (3, 2), steps
    assert all("deliveries_of_status (tenant=? AND webhook_id=? AND status=?)" in step for step in of_deliveries)
    assert not [step for step in steps if "TEMP B-TREE" in step]


def test_nothing_is_read_for_who_has_nothing_waiting(connection: sqlite3.Connection) -> None:
    """A look at what is due costs the same beside ten thousand idle webhooks, and with a backlog for a resting one."""
    connection.execute("INSERT OR IGNORE INTO tenants SELECT 'other', settings, created_at FROM tenants")
    steps = {}
    for webhooks_there, waiting in ((0, 0), (10_000, 0), (0, 10_000)):
        _add(connection, webhooks_there, waiting)
        counted = 0

        def count() -> int:
            nonlocal counted
            counted += 1
            return 0

        connection.set_progress_handler(count, 1)
        connection.execute(webhooks.NEXT_DUE, ASKED).fetchone()
        connection.execute(webhooks.DUE_WEBHOOKS.format(ailing="= 0"), ASKED).fetchall()
        connection.set_progress_handler(None, 0)
        steps[webhooks_there, waiting] = counted

    assert steps[10_000, 0] == steps[0, 0]
    assert steps[0, 10_000] < 3 * steps[0, 0]


def _add(connection: sqlite3.Connection, webhooks_there: int, waiting: int) -> None:
    """Add idle webhooks of another tenant, or deliveries that wait for a webhook that rests for a day."""
    tomorrow = to_micros(NOW + timedelta(days=1))
    columns = (
        "(tenant, id, url, events, status, status_since, secrets, created_at, updated_at, event_seq, failures, "
        "failed_deliveries, lease_token, rests_until)"
    )
    connection.executemany(
        f"INSERT INTO webhooks {columns} VALUES ('other', ?, '', '[]', 'active', 0, '[]', 0, 0, 0, 0, 0, 0, ?)",  # noqa: S608
        [(f"whk_{number}", None) for number in range(webhooks_there)] or [("whk_rests", tomorrow)] * bool(waiting),
    )
    connection.executemany(
        "INSERT INTO deliveries (tenant, webhook_id, id, event_id, event_type, subject, subject_id, sequence, "
        "position, cause, status, attempts, due_at, created_at, updated_at) "
        "VALUES ('other', 'whk_rests', ?, '', '', '', '', ?, ?, '', 'pending', ?, 0, 0, 0)",
        [(f"whd_{number}", number + 1, number + 1, number % 2) for number in range(waiting)],
    )


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

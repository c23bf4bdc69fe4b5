"""What an order and a page of orders cost in a large database beside a small one.

The large one is the small one with its rows copied by SQL: as many blocks of the same thousand orders as are wanted,
each a little older than the next, with ids that sort by age as ours do, and balances, ledger numbers, feed positions
and counters that follow. ``vectis verify`` finds nothing wrong with it.
"""

from __future__ import annotations

import shutil
import sqlite3
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from benchmarks.in_process import place_order
from benchmarks.load import SKUS
from benchmarks.measuring import Goal, Plan, Result, in_turn, say
from benchmarks.servers import stock_up
from vectis_core import Vectis

#: Orders in the small database, and in a block of the large one.
FEW = 1_000
#: How much older each block is: one step of the first eight hexadecimal digits of a UUID of version 7, in ms.
_STEP_MS = 65_536
#: Orders and pages that are timed in one round.
_TIMED = 300

_AS_OLD = "printf('%08x', :first + block) || substr({}, 9)"
_AGE = ":age - block * :step"
_PER_RECORD = FEW // SKUS

#: What each table's copies differ in from the block that is copied.
_COPIES = {
    "orders": {
        "id": _AS_OLD.format("id"),
        "external_id": "external_id || '-' || block",
        "created_at": f"created_at - ({_AGE})",
        "updated_at": f"updated_at - ({_AGE})",
    },
    "order_lines": {"order_id": _AS_OLD.format("order_id")},
    "reservations": {"order_id": _AS_OLD.format("order_id")},
    "stock_ledger": {
        "seq": f"seq + block * {_PER_RECORD}",
        "reserved_after": f"reserved_after + block * 2 * {_PER_RECORD}",
        "order_id": _AS_OLD.format("order_id"),
        "at": f"at - ({_AGE})",
    },
    "events": {
        "position": f"position + block * {FEW}",
        "id": _AS_OLD.format("id"),
        "subject_id": _AS_OLD.format("subject_id"),
        "at": f"at - ({_AGE})",
        "data": f"replace(data, subject_id, {_AS_OLD.format('subject_id')})",
    },
}
_MEANT = {"stock_ledger": "WHERE kind = 'reserve'", "events": "WHERE subject = 'order'"}


def make_few(path: Path) -> None:
    """Make the small database."""
    url = f"sqlite:///{path}"
    stock_up(url)
    with Vectis.open(url) as oms:
        for number in range(FEW):
            place_order(oms, f"few-{number}", number, 1)


def grow(few: Path, many: Path, orders: int) -> None:
    """Make the large database out of a copy of the small one."""
    shutil.copy(few, many)
    blocks = orders // FEW - 1
    connection = sqlite3.connect(many, isolation_level=None)
    try:
        for pragma in ("foreign_keys = OFF", "synchronous = OFF", "cache_size = -400000", "temp_store = MEMORY"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("BEGIN")
        first_id = connection.execute("SELECT min(id) FROM orders").fetchone()[0]
        # The copies are older than what they are copied from, so that orders placed later are the newest.
        known = {
            "first": int(first_id[:8], 16) - blocks - 1,
            "age": (blocks + 1) * _STEP_MS * 1000,
            "step": _STEP_MS * 1000,
            "blocks": blocks,
        }
        for table, changes in _COPIES.items():
            _copy(connection, table, changes, known)
        grown = blocks * _PER_RECORD
        connection.execute("UPDATE stock SET reserved = reserved + ?, ledger_seq = ledger_seq + ?", (2 * grown, grown))
        more = (blocks + 1) * FEW
        connection.execute("UPDATE counters SET value = ? WHERE name IN ('orders', 'orders:pending')", (more,))
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("ANALYZE").close()
    finally:
        connection.close()


def _copy(connection: sqlite3.Connection, table: str, changes: dict[str, str], known: dict[str, int]) -> None:
    columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    values = ", ".join(changes.get(column, column) for column in columns)
    names = ", ".join(columns)
    # All names are those of our own tables.
    pattern = f"SELECT * FROM {table} {_MEANT.get(table, '')}"  # noqa: S608
    copies = f"INSERT INTO main.{table} ({names}) SELECT {values} FROM blocks CROSS JOIN temp.pattern"  # noqa: S608
    numbers = "SELECT 1 UNION ALL SELECT block + 1 FROM blocks WHERE block < :blocks"
    connection.execute(f"CREATE TEMP TABLE pattern AS {pattern}")
    connection.execute(f"WITH RECURSIVE blocks (block) AS ({numbers}) {copies}", known)
    connection.execute("DROP TABLE temp.pattern")


def _microseconds(work: Callable[[int], object]) -> float:
    started = time.perf_counter()
    for number in range(_TIMED):
        work(number)
    return (time.perf_counter() - started) / _TIMED * 1e6


def measure(plan: Plan, directory: Path) -> list[Result]:
    """Return what things cost at many orders, beside few."""
    few, many = directory / "few.db", directory / "many.db"
    make_few(few)
    started = time.perf_counter()
    grow(few, many, plan.many)
    say(f"{plan.many:,} orders were made by copying in {time.perf_counter() - started:.0f} s")
    size = f"{plan.many:,} orders beside {FEW:,}"
    goal = Goal(1.2, at_least=False)
    results = []
    with Vectis.open(f"sqlite:///{few}") as small, Vectis.open(f"sqlite:///{many}") as large:

        def beside(what: str, work: Callable[[Vectis, int], object]) -> None:
            say(f"{what}, {size}")
            theirs, ours = in_turn(
                plan.rounds,
                lambda: _microseconds(lambda number: work(small, number)),
                lambda: _microseconds(lambda number: work(large, number)),
            )
            results.append(Result(f"{what}, {size}", goal, ours, theirs, "µs", f"at {FEW:,}"))

        beside("an order", lambda oms, n: place_order(oms, uuid.uuid4().hex, n, 1))
        beside("first page of orders with total", lambda oms, _: oms.orders.list().page(20))
        beside("the same, by status", lambda oms, _: oms.orders.list(status="pending").page(20))
    return results

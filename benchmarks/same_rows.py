"""The comparator for orders: the rows that an order of ours writes, written by plain ``sqlite3`` in a loop.

One thread, one connection, a database made by our own migrations, the same columns, indexes, CHECKs and foreign
keys, the same durability. No threads, no validation, no objects; texts that could be made once are made once. It is
what a good engineer writes by hand for speed. ``assert_same_rows`` holds it to writing what we write.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks.load import SKUS

_ADDRESS = (
    '{"name":"Jane Smith","line1":"123 Main St","city":"Austin","country":"US","region":"TX","postal_code":"78701"}'
)
_FINGERPRINT = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_TENANT = "default"
_ACTOR = "embedded"

_KNOWN = "SELECT id FROM orders WHERE tenant = ? AND external_id = ?"
_TAKE = (
    "UPDATE stock SET reserved = reserved + ?, ledger_seq = ledger_seq + 1, updated_at = ?,"
    " low = coalesce(on_hand - reserved - ? < reorder_point, 0)"
    " WHERE tenant = ? AND sku = ? AND warehouse_id = ? AND on_hand - reserved >= ?"
    " RETURNING id, on_hand, reserved, ledger_seq"
)
_ORDER = (
    "INSERT INTO orders (tenant, id, external_id, status, currency, total, item_count, customer_id, customer_email,"
    " shipping_addresses, billing_address, on_hold, hold_reason, cancel_reason, created_at, updated_at, confirmed_at,"
    " cancelled_at, event_seq, fingerprint)"
    " VALUES (?, ?, ?, 'pending', 'USD', ?, ?, ?, ?, ?, ?, 0, NULL, NULL, ?, ?, NULL, NULL, 1, ?)"
)
_LINE = (
    "INSERT INTO order_lines (tenant, order_id, line_no, sku, quantity, unit_price, total, shipping_address, waiting,"
    " reserved, shipped, cancelled, returned) VALUES (?, ?, ?, ?, ?, '29.99', '59.98', 0, 0, ?, 0, 0, 0)"
)
_RESERVATION = (
    "INSERT INTO reservations (tenant, order_id, line_no, stock_id, warehouse_id, quantity, open)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)"
)
_MOVEMENT = (
    "INSERT INTO stock_ledger (tenant, stock_id, seq, kind, on_hand_delta, reserved_delta, on_hand_after,"
    " reserved_after, reason, order_id, line_no, shipment_id, actor, at)"
    " VALUES (?, ?, ?, 'reserve', 0, ?, ?, ?, NULL, ?, ?, NULL, ?, ?)"
)
_EVENT = (
    "INSERT INTO events (tenant, position, id, type, subject, subject_id, sequence, at, actor, data)"
    " VALUES (?, ?, ?, 'order.created', 'order', ?, 1, ?, ?, ?)"
)
_COUNT = (
    "INSERT INTO counters (tenant, name, value) VALUES (?, ?, ?)"
    " ON CONFLICT (tenant, name) DO UPDATE SET value = value + excluded.value"
)


class SameRows:
    """Writes orders of a number of lines into a shop that was stocked."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, cached_statements=256)
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "cache_size = -8192"):
            self._connection.execute(f"PRAGMA {pragma}")
        find = self._connection.execute
        self._warehouse = find("SELECT id FROM warehouses WHERE is_default = 1").fetchone()[0]
        self._position = find("SELECT coalesce(max(position), 0) FROM events").fetchone()[0]
        self._number = 0
        self._start = time.time_ns() // 1_000_000

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def write(self, orders: int, lines: int) -> None:
        """Write so many orders in one commit."""
        self._connection.execute("BEGIN IMMEDIATE")
        for _ in range(orders):
            self._order(lines)
        grown = [(_TENANT, "orders", orders), (_TENANT, "orders:pending", orders)]
        self._connection.executemany(_COUNT, grown)
        self._connection.execute("COMMIT")

    def _order(self, lines: int) -> None:
        execute, many = self._connection.execute, self._connection.executemany
        self._number += 1
        number = self._number
        external_id = f"{self._start}-{number}"
        # As long as a UUID of version 7, and as well ordered.
        stem = f"{self._start:012x}"
        order_id = f"{stem[:8]}-{stem[8:]}-7000-8000-{number:012x}"
        event_id = f"{stem[:8]}-{stem[8:]}-7001-8000-{number:012x}"
        now = time.time_ns() // 1000
        if execute(_KNOWN, (_TENANT, external_id)).fetchone() is not None:
            raise AssertionError("external ids are new")
        taken = []
        for place in range(lines):
            sku = f"SKU-{(number * lines + place) % SKUS}"
            row = execute(_TAKE, (2, now, 2, _TENANT, sku, self._warehouse, 2)).fetchone()
            taken.append((place + 1, sku, row))
        total = f"{59.98 * lines:.2f}"
        addresses = f"[{_ADDRESS}]"
        customer = ("cust_jane123", "jane@example.com", addresses, _ADDRESS)
        execute(_ORDER, (_TENANT, order_id, external_id, total, 2 * lines, *customer, now, now, _FINGERPRINT))
        many(_LINE, [(_TENANT, order_id, no, sku, 2, 2) for no, sku, _ in taken])
        many(_RESERVATION, [(_TENANT, order_id, no, row[0], self._warehouse, 2, 2) for no, _, row in taken])
        many(_MOVEMENT, [self._movement(order_id, no, row, now) for no, _, row in taken])
        self._position += 1
        data = (
            f'{{"orderId":"{order_id}","externalId":"{external_id}","status":"pending","total":{total},'
            f'"currency":"USD","itemCount":{2 * lines}}}'
        )
        execute(_EVENT, (_TENANT, self._position, event_id, order_id, now, _ACTOR, data))

    def _movement(self, order_id: str, line_no: int, row: Sequence[object], now: int) -> tuple[object, ...]:
        stock_id, on_hand, reserved, seq = row
        return (_TENANT, stock_id, seq, 2, on_hand, reserved, order_id, line_no, _ACTOR, now)


def assert_same_rows(ours: Path, theirs: Path) -> None:
    """Raise ``AssertionError`` unless both databases have as many rows in each table, with the same columns set."""
    first, second = _shape(ours), _shape(theirs)
    for table, shape in first.items():
        assert shape == second[table], (table, shape, second[table])


def _shape(path: Path) -> dict[str, list[object]]:
    connection = sqlite3.connect(path)
    try:
        shapes: dict[str, list[object]] = {}
        found = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\'"
        )
        for (table,) in found.fetchall():
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            counts = ", ".join(f"count({column})" for column in columns)
            shapes[table] = list(connection.execute(f"SELECT count(*), {counts} FROM {table}").fetchone())  # noqa: S608 - our own names
        return shapes
    finally:
        connection.close()

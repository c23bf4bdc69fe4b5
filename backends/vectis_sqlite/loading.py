"""Reading entities by keys, the same for transactions and views."""

from __future__ import annotations

import sqlite3
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import TypeVar

from vectis_core.orders.model import Order, Shipment, ShipmentLine
from vectis_core.ports import Key
from vectis_sqlite import rows
from vectis_sqlite import statements as sql
from vectis_sqlite.rows import Row

T = TypeVar("T")

#: Lists of keys are filled up to one of these sizes with repeats of the last key.
_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 500)
_MOST = _SIZES[-1]

_texts: dict[tuple[str, int], str] = {}


def select(connection: sqlite3.Connection, statement: str, head: tuple[object, ...], keys: Sequence[str]) -> list[Row]:
    """Return the rows of *statement* for *head* and the keys of its list, sorted as the statement says."""
    if len(keys) > _MOST:
        parts = (keys[start : start + _MOST] for start in range(0, len(keys), _MOST))
        return [row for part in parts for row in select(connection, statement, head, part)]
    size = _SIZES[bisect_left(_SIZES, len(keys))]
    text = _texts.get((statement, size))
    if text is None:
        text = _texts[statement, size] = statement.replace("{keys}", ", ".join("?" * size))
    filled = (*head, *keys) if size == len(keys) else (*head, *keys, *[keys[-1]] * (size - len(keys)))
    return connection.execute(text, filled).fetchall()


def by_tenant(keys: Iterable[Key]) -> Iterator[tuple[str, list[str]]]:
    """Return sorted keys as one list per tenant."""
    for tenant, group in groupby(keys, key=lambda key: key[0]):
        yield tenant, [key[1] for key in group]


def entities(connection: sqlite3.Connection, statement: str, keys: Sequence[Key], build: Callable[[Row], T]) -> list[T]:
    """Return the entities with these keys."""
    if len(keys) == 1:
        ((tenant, key),) = keys
        return [build(row) for row in select(connection, statement, (tenant,), (key,))]
    return [build(row) for tenant, ids in by_tenant(keys) for row in select(connection, statement, (tenant,), ids)]


def orders(connection: sqlite3.Connection, tenant: str, ids: Sequence[str]) -> list[Order]:
    """Return orders with their lines and shipments."""
    if not ids:
        return []
    return complete(connection, tenant, select(connection, sql.ORDERS, (tenant,), ids))


def complete(connection: sqlite3.Connection, tenant: str, heads: Sequence[Row]) -> list[Order]:
    """Return the orders of *heads*, in their order, with their lines and shipments."""
    if not heads:
        return []
    ids = sorted(row[1] for row in heads)
    lines = _grouped(select(connection, sql.LINES, (tenant,), ids), 1, rows.line_of)
    parcels = shipments(connection, tenant, ids)
    return [rows.order_of(row, tuple(lines[row[1]]), tuple(parcels.get(row[1], ()))) for row in heads]


def shipments(connection: sqlite3.Connection, tenant: str, order_ids: Sequence[str]) -> dict[str, list[Shipment]]:
    """Return shipments by the orders that they belong to, oldest first."""
    heads = select(connection, sql.SHIPMENTS, (tenant,), order_ids)
    if not heads:
        return {}
    with_some = sorted({row[2] for row in heads})
    lines = _grouped(select(connection, sql.SHIPMENT_LINES, (tenant,), with_some), 2, rows.shipment_line_of)
    found: dict[str, list[Shipment]] = {}
    for row in heads:
        found.setdefault(row[2], []).append(rows.shipment_of(row, _lines(lines, row[1])))
    return found


def _lines(lines: dict[str, list[ShipmentLine]], shipment_id: str) -> tuple[ShipmentLine, ...]:
    return tuple(lines.get(shipment_id, ()))


def _grouped(found: Iterable[Row], column: int, build: Callable[[Row], T]) -> dict[str, list[T]]:
    groups: dict[str, list[T]] = {}
    for row in found:
        groups.setdefault(row[column], []).append(build(row))
    return groups

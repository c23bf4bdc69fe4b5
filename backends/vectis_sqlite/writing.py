"""Writing a batch's changes by bulk statements, each guarded by what the rows were before."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from vectis_core.errors import StoreConflict
from vectis_core.events import Event
from vectis_core.orders.model import Order
from vectis_core.ports import Changes
from vectis_sqlite import rows, tracking, tracking_rows, webhooks
from vectis_sqlite import statements as sql
from vectis_sqlite.rows import Row

T = TypeVar("T")


def write(connection: sqlite3.Connection, changes: Changes) -> None:
    """Write everything, in an order in which foreign keys always find what they point to."""
    _pairs(
        connection,
        changes.tenants,
        sql.INSERT_TENANT,
        rows.tenant_row,
        sql.UPDATE_TENANT,
        lambda _, tenant: rows.tenant_row(tenant)[1::-1],
    )
    _pairs(
        connection,
        changes.warehouses,
        sql.INSERT_WAREHOUSE,
        rows.warehouse_row,
        sql.UPDATE_WAREHOUSE,
        lambda _, warehouse: rows.warehouse_change(warehouse),
    )
    _pairs(
        connection,
        changes.products,
        sql.INSERT_PRODUCT,
        rows.product_row,
        sql.UPDATE_PRODUCT,
        lambda _, product: rows.product_change(product),
    )
    _pairs(connection, changes.stock, sql.INSERT_STOCK, rows.stock_row, sql.UPDATE_STOCK, rows.stock_change)
    _orders(connection, changes.orders)
    _pairs(
        connection,
        changes.reservations,
        sql.INSERT_RESERVATION,
        rows.reservation_row,
        sql.UPDATE_RESERVATION,
        rows.reservation_change,
    )
    _shipments(connection, changes.orders)
    _many(connection, sql.INSERT_MOVEMENT, [rows.movement_row(each) for each in changes.movements])
    positions = _events(connection, changes.events)
    _access(connection, changes)
    _webhooks(connection, changes, positions)
    _tracking(connection, changes)
    counters = [(tenant, name, by, by) for (tenant, name), by in changes.counters.items() if by]
    if counters:
        connection.executemany(sql.GROW_COUNTER, counters)


def _access(connection: sqlite3.Connection, changes: Changes) -> None:
    _pairs(
        connection,
        changes.clients,
        sql.INSERT_CLIENT,
        rows.client_row,
        sql.UPDATE_CLIENT,
        lambda _, client: rows.client_change(client),
    )
    _pairs(
        connection,
        changes.keys,
        sql.INSERT_KEY,
        rows.key_row,
        sql.UPDATE_KEY,
        lambda _, key: (rows.key_row(key)[5], key.id),
    )
    _pairs(
        connection,
        changes.windows,
        sql.INSERT_WINDOW,
        rows.window_row,
        sql.UPDATE_WINDOW,
        lambda before, window: (*rows.window_row(window)[1:], window.key, before.granted),
    )
    _many(connection, sql.INSERT_RESULT, [rows.result_row(each) for each in changes.results])


def _webhooks(connection: sqlite3.Connection, changes: Changes, positions: Mapping[str, int]) -> None:
    _pairs(
        connection,
        changes.subscriptions,
        webhooks.INSERT_WEBHOOK,
        webhooks.webhook_row,
        webhooks.UPDATE_WEBHOOK,
        webhooks.webhook_change,
    )
    _pairs(
        connection,
        changes.deliveries,
        webhooks.INSERT_DELIVERY,
        lambda delivery: webhooks.delivery_row(delivery, positions.get(delivery.event_id)),
        webhooks.UPDATE_DELIVERY,
        webhooks.delivery_change,
    )
    _many(connection, webhooks.INSERT_ATTEMPT, [webhooks.attempt_row(each) for each in changes.attempts])
    _pairs(
        connection,
        changes.replays,
        webhooks.INSERT_REPLAY,
        webhooks.replay_row,
        webhooks.UPDATE_REPLAY,
        webhooks.replay_change,
    )


def _tracking(connection: sqlite3.Connection, changes: Changes) -> None:
    _pairs(
        connection,
        changes.scans,
        tracking.INSERT_SCAN,
        tracking_rows.scan_row,
        tracking.UPDATE_SCAN,
        tracking_rows.scan_change,
    )
    _pairs(
        connection,
        changes.carriers,
        tracking.INSERT_CARRIER,
        tracking_rows.carrier_row,
        tracking.UPDATE_CARRIER,
        tracking_rows.carrier_change,
    )
    _pairs(
        connection,
        changes.payloads,
        tracking.INSERT_PAYLOAD,
        tracking_rows.payload_row,
        tracking.UPDATE_PAYLOAD,
        tracking_rows.payload_change,
    )
    _many(connection, tracking.DROP_PAYLOAD, changes.dropped)


def _pairs(
    connection: sqlite3.Connection,
    pairs: Sequence[tuple[T | None, T]],
    insert: str,
    row: Callable[[T], Row],
    update: str,
    change: Callable[[T, T], Row],
) -> None:
    if not pairs:
        return
    _many(connection, insert, [row(after) for before, after in pairs if before is None])
    _many(connection, update, [change(before, after) for before, after in pairs if before is not None])


def _many(connection: sqlite3.Connection, statement: str, values: Sequence[Row]) -> None:
    """Run a statement for each row, of which each must change exactly one row."""
    if not values:
        return
    if len(values) == 1:
        changed = connection.execute(statement, values[0]).rowcount
    else:
        changed = connection.executemany(statement, values).rowcount
    if changed != len(values):
        raise StoreConflict(f"{len(values) - changed} of {len(values)} rows were not as they had been loaded")


def _orders(connection: sqlite3.Connection, pairs: Sequence[tuple[Order | None, Order]]) -> None:
    if not pairs:
        return
    _pairs(connection, pairs, sql.INSERT_ORDER, rows.order_row, sql.UPDATE_ORDER, rows.order_change)
    new, changed = [], []
    for before, order in pairs:
        known = {line.line_no: line for line in before.lines} if before is not None else {}
        for line in order.lines:
            former = known.get(line.line_no)
            if former is None:
                new.append(rows.line_row(order, line))
            elif former is not line:
                changed.append(rows.line_change(order, line))
    erased = [
        (order.customer_id, order.fingerprint, order.tenant, order.id)
        for before, order in pairs
        if before is not None and before.fingerprint != order.fingerprint
    ]
    _many(connection, sql.ERASE_ORDER, erased)
    _many(connection, sql.INSERT_LINE, new)
    _many(connection, sql.UPDATE_LINE, changed)


def _shipments(connection: sqlite3.Connection, pairs: Sequence[tuple[Order | None, Order]]) -> None:
    new: list[Row] = []
    changed: list[Row] = []
    lines: list[Row] = []
    for before, order in pairs:
        known = {shipment.id: shipment for shipment in before.shipments} if before is not None else {}
        for shipment in order.shipments:
            former = known.get(shipment.id)
            if former is None:
                new.append(rows.shipment_row(shipment))
                lines += rows.shipment_line_rows(shipment)
            elif former is not shipment:
                changed.append(rows.shipment_change(former, shipment))
    _many(connection, sql.INSERT_SHIPMENT, new)
    _many(connection, sql.UPDATE_SHIPMENT, changed)
    _many(connection, sql.INSERT_SHIPMENT_LINE, lines)


def _events(connection: sqlite3.Connection, events: Sequence[Event]) -> dict[str, int]:
    """Write events, each at the next place of its tenant's feed: there is one writer, so none can be overtaken.

    Returns the places by the events' ids.
    """
    last: dict[str, int] = {}
    positions: dict[str, int] = {}
    values = []
    for event in events:
        if event.tenant not in last:
            found = connection.execute(sql.LAST_POSITION, (event.tenant,)).fetchone()
            last[event.tenant] = found[0] if found else 0
        last[event.tenant] += 1
        positions[event.id] = last[event.tenant]
        values.append(rows.event_row(event, last[event.tenant]))
    _many(connection, sql.INSERT_EVENT, values)
    return positions

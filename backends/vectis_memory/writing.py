"""The flush: writes a batch's changes into a transaction's own state, guarded row by row."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from vectis_core.access import ApiClient
from vectis_core.catalogue import Product, Warehouse
from vectis_core.events import Event
from vectis_core.orders.model import Order
from vectis_core.ports import Changes, StoredResult
from vectis_core.stock.model import Movement, Reservation, StockRecord
from vectis_memory import constraints, tracking, webhooks
from vectis_memory.guards import guard, refuse_if, unique
from vectis_memory.state import LOW, State
from vectis_memory.tree import Path


def flush(state: State, changes: Changes) -> None:
    """Write *changes* in the order of their fields; raises ``StoreConflict``, and then *state* is spoilt."""
    for before, tenant in changes.tenants:
        guard(state.tenants, (tenant.id,), before)
        state.tenants = state.tenants.put((tenant.id,), tenant)
    for old_warehouse, warehouse in changes.warehouses:
        _write_warehouse(state, old_warehouse, warehouse)
    for old_product, product in changes.products:
        _write_product(state, old_product, product)
    for old_record, record in changes.stock:
        _write_stock(state, old_record, record)
    for old_order, order in changes.orders:
        _write_order(state, old_order, order)
    for old_reservation, reservation in changes.reservations:
        _write_reservation(state, old_reservation, reservation)
    for movement in changes.movements:
        _write_movement(state, movement)
    for event in changes.events:
        _write_event(state, event)
    _write_access(state, changes)
    for result in changes.results:
        _write_result(state, result)
    webhooks.write(state, changes)
    tracking.write(state, changes)
    for key, amount in changes.counters.items():
        state.counters = state.counters.put(key, state.counters.get(key, 0) + amount)


def _write_warehouse(state: State, before: Warehouse | None, after: Warehouse) -> None:
    key = (after.tenant, after.id)
    guard(state.warehouses, key, before)
    refuse_if(constraints.tenant_problem(state, after.tenant, f"warehouse {after.id}"))
    if before is not None and before.code != after.code:
        state.warehouse_codes = state.warehouse_codes.without((after.tenant, before.code))
    state.warehouse_codes = unique(state.warehouse_codes, (after.tenant, after.code), after.id)
    state.warehouses = state.warehouses.put(key, after)


def _write_product(state: State, before: Product | None, after: Product) -> None:
    key = (after.tenant, after.id)
    guard(state.products, key, before)
    refuse_if(constraints.tenant_problem(state, after.tenant, f"product {after.id}"))
    state.skus = unique(state.skus, (after.tenant, after.sku), after.id)
    state.products = state.products.put(key, after)


def _write_stock(state: State, before: StockRecord | None, after: StockRecord) -> None:
    key = (after.tenant, after.id)
    guard(state.stock, key, before, "ledger_seq", "event_seq")
    refuse_if(constraints.stock_problem(state, after))
    if before is None:
        place = (after.tenant, after.sku, after.warehouse_id)
        state.stock_places = unique(state.stock_places, place, after.id)
        state.stock_index = state.stock_index.put((after.tenant, after.warehouse_id, after.id), after.id)
    low = (after.tenant, LOW, after.id)
    state.stock_index = state.stock_index.put(low, after.id) if after.low else state.stock_index.without(low)
    state.stock = state.stock.put(key, after)


def index_keys(order: Order) -> set[Path]:
    """Return the entries of an order in the index that lists are filtered by."""
    properties = [("status", str(order.status)), *(("sku", line.sku) for line in order.lines)]
    if order.customer_id is not None:
        properties.append(("customer", order.customer_id))
    return {(order.tenant, name, value, order.id) for name, value in properties}


def _write_order(state: State, before: Order | None, after: Order) -> None:
    key = (after.tenant, after.id)
    guard(state.orders, key, before, "event_seq")
    refuse_if(constraints.tenant_problem(state, after.tenant, f"order {after.id}"))
    refuse_if(constraints.order_problem(state, after))
    old, new = index_keys(before) if before is not None else set(), index_keys(after)
    for entry in old - new:
        state.order_index = state.order_index.without(entry)
    for entry in new - old:
        state.order_index = state.order_index.put(entry, after.id)
    if before is None:
        state.external_ids = unique(state.external_ids, (after.tenant, after.external_id), after.id)
    for shipment in after.shipments:
        state.shipments = unique(state.shipments, (after.tenant, shipment.id), after.id)
    tracking.write_parcels(state, before, after)
    state.orders = state.orders.put(key, after)


def _write_reservation(state: State, before: Reservation | None, after: Reservation) -> None:
    key = (after.tenant, after.order_id, after.line_no, after.stock_id)
    guard(state.reservations, key, before, "open")
    refuse_if(constraints.reservation_problem(state, after))
    held = (after.tenant, after.stock_id, after.order_id, after.line_no)
    state.holders = state.holders.put(held, after) if after.open else state.holders.without(held)
    state.reservations = state.reservations.put(key, after)


def _write_movement(state: State, row: Movement) -> None:
    refuse_if(constraints.movement_problem(state, row))
    first, end = state.movements.under((row.tenant, row.stock_id))
    if row.seq != end - first + 1:
        refuse_if(f"movement {row.seq} of {row.stock_id} is not the next one")
    state.movements = state.movements.put((row.tenant, row.stock_id, row.seq), row)


def last_position(state: State, tenant: str) -> int:
    """Return the position of the newest event of a tenant's feed, 0 where there is none."""
    first, end = state.events.under((tenant,))
    return next((event.position for _, event in state.events.backwards(first, end)), 0)


def _write_event(state: State, event: Event) -> None:
    refuse_if(constraints.event_problem(state, event))
    subject = (event.tenant, str(event.subject), event.subject_id)
    first, end = state.histories.under(subject)
    if event.sequence != end - first + 1:
        refuse_if(f"event {event.sequence} of {event.subject_id} is not the next one")
    placed = attrs.evolve(event, position=last_position(state, event.tenant) + 1)
    state.events = state.events.put((event.tenant, placed.position), placed)
    state.histories = state.histories.put((*subject, event.sequence), placed)
    state.event_types = state.event_types.put((event.tenant, str(event.type), placed.position), placed)


def _write_client(state: State, before: ApiClient | None, after: ApiClient) -> None:
    key = (after.tenant, after.id)
    guard(state.clients, key, before)
    refuse_if(constraints.tenant_problem(state, after.tenant, f"client {after.id}"))
    state.client_tenants = unique(state.client_tenants, (after.id,), after.tenant)
    state.clients = state.clients.put(key, after)


def _write_access(state: State, changes: Changes) -> None:
    for old_client, client in changes.clients:
        _write_client(state, old_client, client)
    for old_key, key in changes.keys:
        guard(state.keys, (key.id,), old_key)
        state.keys = state.keys.put((key.id,), key)
    for old_window, window in changes.windows:
        guard(state.windows, (window.key,), old_window)
        state.windows = state.windows.put((window.key,), window)


def _write_result(state: State, result: StoredResult) -> None:
    key = (result.tenant, result.scope, result.command_id)
    refuse_if(constraints.tenant_problem(state, result.tenant, f"result of {result.command_id}"))
    guard(state.results, key, None)
    state.results = state.results.put(key, result)
    state.result_ages = state.result_ages.put((result.created_at, *key), result)


def clear_results(state: State, aged: Iterable[StoredResult]) -> int:
    """Delete stored results, and return how many there were."""
    count = 0
    for result in aged:
        key = (result.tenant, result.scope, result.command_id)
        state.results = state.results.without(key)
        state.result_ages = state.result_ages.without((result.created_at, *key))
        count += 1
    return count

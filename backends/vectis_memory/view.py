"""Reading: one committed state of a memory store, which stays as it is while writers go on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from vectis_core.access import ApiClient, SigningKey
from vectis_core.catalogue import Product, Warehouse
from vectis_core.events import Event, Subject
from vectis_core.ids import CLOCK_SLACK, first_uuid7_at
from vectis_core.orders.model import Order, Shipment
from vectis_core.ports import DeliveryFilter, Holder, OrderFilter, ProductFilter, Slice, StockFilter
from vectis_core.stock.model import Movement, Reservation, StockRecord
from vectis_core.tenancy import Tenant
from vectis_core.tracking.accounts import CarrierAccount, KeptPayload
from vectis_core.tracking.model import Scan
from vectis_core.webhooks.model import Attempt, Backlog, Delivery, Replay, Subscription, SubscriptionStatus
from vectis_memory import constraints, tracking, webhooks
from vectis_memory.state import LOW, State
from vectis_memory.tree import Path, SortedMap
from vectis_memory.writing import last_position

E = TypeVar("E")

_FOLD = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def _newest_first(index: SortedMap[E], prefix: Path, part: Slice) -> list[E]:
    """Return the part of all values under *prefix*: a descent, and what is returned."""
    first, end = index.under(prefix)
    if part.before is not None:
        end = min(end, max(first, index.rank((*prefix, part.before))))
    end -= min(part.offset, end - first)
    return [value for _, value in index.backwards(max(first, end - part.limit), end)]


def _filtered(rows: Iterator[E], part: Slice, key: Callable[[E], str]) -> list[E]:
    """Return the part of *rows*, which come newest first and may have to be looked through."""
    below = (row for row in rows if part.before is None or key(row) < part.before)
    offset = min(part.offset, _FARTHEST)
    return list(islice(below, offset, offset + part.limit))


#: As far as ``islice`` counts, with room for a page.
_FARTHEST = 2**62


class MemoryView:
    """One state of a memory store."""

    def __init__(self, state: State) -> None:
        self._state = state

    def order(self, tenant: str, order_id: str) -> Order | None:
        """Return an order with its lines and shipments."""
        return self._state.orders.get((tenant, order_id))

    def order_by_external_id(self, tenant: str, external_id: str) -> Order | None:
        """Return the order with this external id."""
        order_id = self._state.external_ids.get((tenant, external_id))
        return self.order(tenant, order_id) if order_id is not None else None

    def orders(self, tenant: str, where: OrderFilter, part: Slice) -> list[Order]:
        """Return orders by id, newest first."""
        prefixes = _order_prefixes(tenant, where)
        if where == OrderFilter():
            return _newest_first(self._state.orders, (tenant,), part)
        if where == OrderFilter(status=where.status):
            ids = _newest_first(self._state.order_index, prefixes[0], part)
            return [order for order_id in ids if (order := self.order(tenant, order_id)) is not None]
        return _filtered(self._orders_where(tenant, where), part, lambda order: order.id)

    def count_orders(self, tenant: str, where: OrderFilter) -> int:
        """Return how many orders there are; from a counter where only the status is asked for, or nothing."""
        if where == OrderFilter(status=where.status):
            name = "orders" if where.status is None else f"orders:{where.status}"
            return self._counter(tenant, name)
        return sum(1 for _ in self._orders_where(tenant, where))

    def _orders_where(self, tenant: str, where: OrderFilter) -> Iterator[Order]:
        """Return the orders that match, newest first, by the index that leaves the fewest to look at."""
        if where.external_id is not None:
            found = self.order_by_external_id(tenant, where.external_id)
            return (order for order in [found] if order is not None and _matches(order, where))
        index = self._state.order_index
        ranges = [_between(index, prefix, where) for prefix in _order_prefixes(tenant, where)]
        if not ranges:
            first, end = _between(self._state.orders, (tenant,), where)
            return (o for _, o in self._state.orders.backwards(first, end) if _matches(o, where))
        first, end = min(ranges, key=lambda bounds: bounds[1] - bounds[0])
        found_orders = (self.order(tenant, order_id) for _, order_id in index.backwards(first, end))
        return (order for order in found_orders if order is not None and _matches(order, where))

    def shipment(self, tenant: str, shipment_id: str) -> Shipment | None:
        """Return a shipment."""
        order_id = self._state.shipments.get((tenant, shipment_id))
        order = self.order(tenant, order_id) if order_id is not None else None
        shipments = order.shipments if order is not None else ()
        return next((shipment for shipment in shipments if shipment.id == shipment_id), None)

    def product(self, tenant: str, product_id: str) -> Product | None:
        """Return a product."""
        return self._state.products.get((tenant, product_id))

    def product_by_sku(self, tenant: str, sku: str) -> Product | None:
        """Return the product with this SKU."""
        product_id = self._state.skus.get((tenant, sku))
        return self.product(tenant, product_id) if product_id is not None else None

    def products(self, tenant: str, where: ProductFilter, part: Slice) -> list[Product]:
        """Return products by id, newest first."""
        if where == ProductFilter():
            return _newest_first(self._state.products, (tenant,), part)
        return _filtered(self._products_where(tenant, where), part, lambda product: product.id)

    def count_products(self, tenant: str, where: ProductFilter) -> int:
        """Return how many products there are; from a counter where nothing is asked for."""
        if where == ProductFilter():
            return self._counter(tenant, "products")
        return sum(1 for _ in self._products_where(tenant, where))

    def _products_where(self, tenant: str, where: ProductFilter) -> Iterator[Product]:
        products = self._state.products
        rows = (product for _, product in products.backwards(*products.under((tenant,))))
        if where.sku is not None:
            found = self.product_by_sku(tenant, where.sku)
            rows = (product for product in [found] if product is not None)
        q = where.q.translate(_FOLD) if where.q is not None else ""
        return (
            row
            for row in rows
            if (q in row.sku.translate(_FOLD) or q in row.name.translate(_FOLD)) and where.active in {None, row.active}
        )

    def stock_record(self, tenant: str, stock_id: str) -> StockRecord | None:
        """Return a stock record."""
        return self._state.stock.get((tenant, stock_id))

    def stock(self, tenant: str, where: StockFilter, part: Slice) -> list[StockRecord]:
        """Return stock records by id, newest first."""
        if where == StockFilter():
            return _newest_first(self._state.stock, (tenant,), part)
        return _filtered(self._stock_where(tenant, where), part, lambda record: record.id)

    def count_stock(self, tenant: str, where: StockFilter) -> int:
        """Return how many stock records there are; from a counter where nothing is asked for."""
        if where == StockFilter():
            return self._counter(tenant, "stock")
        return sum(1 for _ in self._stock_where(tenant, where))

    def _stock_where(self, tenant: str, where: StockFilter) -> Iterator[StockRecord]:
        """Return the stock records that match, newest first."""
        if where.sku is not None:
            ids = sorted(self._state.stock_places.values_under((tenant, where.sku)), reverse=True)
            found = (self.stock_record(tenant, stock_id) for stock_id in ids)
            rows = (record for record in found if record is not None)
        elif where.low or where.warehouse_id is not None:
            index = self._state.stock_index
            prefix = (tenant, LOW if where.warehouse_id is None else where.warehouse_id)
            listed = (self.stock_record(tenant, i) for _, i in index.backwards(*index.under(prefix)))
            rows = (record for record in listed if record is not None)
        else:
            rows = (r for _, r in self._state.stock.backwards(*self._state.stock.under((tenant,))))
        return (row for row in rows if where.warehouse_id in {None, row.warehouse_id} and where.low in {None, row.low})

    def movements(self, tenant: str, stock_id: str, part: Slice) -> list[Movement]:
        """Return a record's ledger rows, newest first; ``before`` is a number in text."""
        table = self._state.movements
        first, end = table.under((tenant, stock_id))
        if part.before is not None:
            end = min(end, max(first, table.rank((tenant, stock_id, int(part.before)))))
        end -= min(part.offset, end - first)
        return [row for _, row in table.backwards(max(first, end - part.limit), end)]

    def holders(self, tenant: str, stock_id: str) -> list[Holder]:
        """Return who holds pieces of a stock record, oldest order first."""
        rows = self._state.holders.values_under((tenant, stock_id))
        found = ((self.order(tenant, row.order_id), row) for row in rows)
        return [
            Holder(order.id, order.external_id, row.line_no, row.open, order.created_at)
            for order, row in found
            if order is not None
        ]

    def warehouse(self, tenant: str, warehouse_id: str) -> Warehouse | None:
        """Return a warehouse."""
        return self._state.warehouses.get((tenant, warehouse_id))

    def warehouses(self, tenant: str, part: Slice) -> list[Warehouse]:
        """Return warehouses by id, newest first."""
        return _newest_first(self._state.warehouses, (tenant,), part)

    def count_warehouses(self, tenant: str) -> int:
        """Return how many warehouses there are."""
        first, end = self._state.warehouses.under((tenant,))
        return end - first

    def tenant(self, tenant: str) -> Tenant | None:
        """Return a tenant."""
        return self._state.tenants.get((tenant,))

    def tenants(self, after: str, limit: int) -> list[Tenant]:
        """Return tenants by id, after an id."""
        return page_after(self._state.tenants, (), after, limit)

    def client(self, client_id: str) -> ApiClient | None:
        """Return an API client of any tenant: who presents an id does not name the tenant."""
        tenant = self._state.client_tenants.get((client_id,))
        return self._state.clients.get((tenant, client_id)) if tenant is not None else None

    def clients(self, tenant: str, part: Slice) -> list[ApiClient]:
        """Return API clients by id, newest first."""
        return _newest_first(self._state.clients, (tenant,), part)

    def count_clients(self, tenant: str | None) -> int:
        """Return how many API clients there are, of one tenant or of all."""
        first, end = self._state.clients.under((tenant,) if tenant is not None else ())
        return end - first

    def signing_keys(self) -> list[SigningKey]:
        """Return all signing keys, oldest first."""
        keys = (key for _, key in self._state.keys.items())
        return sorted(keys, key=lambda key: (key.created_at, key.id))

    def subscription(self, tenant: str, subscription_id: str) -> Subscription | None:
        """Return a subscription that is not deleted."""
        found = self._state.subscriptions.get((tenant, subscription_id))
        return None if found is None or found.status is SubscriptionStatus.DELETED else found

    def subscriptions(self, tenant: str, part: Slice) -> list[Subscription]:
        """Return subscriptions by id, newest first, without deleted ones."""
        return _filtered(self._subscriptions(tenant), part, lambda each: each.id)

    def count_subscriptions(self, tenant: str) -> int:
        """Return how many subscriptions there are, deleted ones not counted."""
        return sum(1 for _ in self._subscriptions(tenant))

    def _subscriptions(self, tenant: str) -> Iterator[Subscription]:
        found = self._state.subscriptions.backwards(*self._state.subscriptions.under((tenant,)))
        return (each for _, each in found if each.status is not SubscriptionStatus.DELETED)

    def delivery(self, tenant: str, delivery_id: str) -> Delivery | None:
        """Return a delivery."""
        return self._state.deliveries.get((tenant, delivery_id))

    def deliveries(self, tenant: str, where: DeliveryFilter, part: Slice) -> list[Delivery]:
        """Return deliveries by id, newest first."""
        if where.event_type is not None:
            return _filtered(webhooks.deliveries_where(self._state, tenant, where), part, lambda each: each.id)
        ids = _newest_first(self._state.delivery_index, webhooks.index_prefix(tenant, where), part)
        return [each for found in ids if (each := self.delivery(tenant, found)) is not None]

    def count_deliveries(self, tenant: str, where: DeliveryFilter) -> int:
        """Return how many deliveries there are."""
        if where.event_type is not None:
            return sum(1 for _ in webhooks.deliveries_where(self._state, tenant, where))
        first, end = self._state.delivery_index.under(webhooks.index_prefix(tenant, where))
        return end - first

    def attempts(self, tenant: str, delivery_id: str) -> list[Attempt]:
        """Return the attempts of a delivery, oldest first."""
        return list(self._state.attempts.values_under((tenant, delivery_id)))

    def replays(self, tenant: str, subscription_id: str) -> list[Replay]:
        """Return the replays of a subscription, newest first."""
        replays = self._state.replays
        return [each for _, each in replays.backwards(*replays.under((tenant, subscription_id)))]

    def next_due(self, now: datetime) -> datetime | None:
        """Return when the next delivery of any tenant can be claimed, ``None`` where none waits."""
        return webhooks.next_due(self._state, now)

    def backlog(self) -> Backlog:
        """Return what is on its way to webhooks."""
        return webhooks.backlog(self._state)

    def scans(self, tenant: str, track_keys: Sequence[str]) -> list[Scan]:
        """Return all scans of these parcels, by parcel and id."""
        return [scan for key in sorted(track_keys) for scan in self._state.scans.values_under((tenant, key))]

    def waiting_scans(self, tenant: str, part: Slice) -> list[Scan]:
        """Return scans that are of no shipment yet, those received last first."""
        return list(tracking.waiting_scans(self._state, tenant, part))

    def carrier(self, tenant: str, carrier: str) -> CarrierAccount | None:
        """Return what the tenant has configured for a carrier."""
        return self._state.carriers.get((tenant, carrier))

    def carriers(self, tenant: str) -> list[CarrierAccount]:
        """Return what the tenant has configured, by carrier."""
        return list(self._state.carriers.values_under((tenant,)))

    def payloads(self, tenant: str, after: str, limit: int) -> list[KeptPayload]:
        """Return what carriers sent, by id, oldest first, after an id."""
        return page_after(self._state.payloads, (tenant,), after, limit)

    def history(self, tenant: str, subject: Subject, subject_id: str) -> list[Event]:
        """Return all events of one subject, oldest first."""
        return list(self._state.histories.values_under((tenant, str(subject), subject_id)))

    def events(self, tenant: str, after: int, types: Sequence[str], limit: int) -> list[Event]:
        """Return events of the feed after a position, in order; of some types where any are named."""
        if not types:
            return page_after(self._state.events, (tenant,), after, limit)
        index = self._state.event_types
        pages = [page_after(index, (tenant, name), after, limit) for name in sorted(set(types))]
        return sorted((row for page in pages for row in page), key=lambda row: row.position)[:limit]

    def last_event_position(self, tenant: str) -> int:
        """Return the position of the feed's newest event, 0 where there is none."""
        return last_position(self._state, tenant)

    def counters(self, tenant: str) -> Mapping[str, int]:
        """Return the tenant's counters by name."""
        counters = self._state.counters
        return {key[1]: amount for key, amount in counters.items(*counters.under((tenant,)))}

    def _counter(self, tenant: str, name: str) -> int:
        return self._state.counters.get((tenant, name), 0)

    def scan_stock(self, tenant: str, after: str, limit: int) -> list[StockRecord]:
        """Return stock records by id, oldest first, after an id."""
        return page_after(self._state.stock, (tenant,), after, limit)

    def scan_movements(self, tenant: str, stock_id: str, after: int, limit: int) -> list[Movement]:
        """Return a record's ledger rows, oldest first, after a number."""
        return page_after(self._state.movements, (tenant, stock_id), after, limit)

    def scan_orders(self, tenant: str, after: str, limit: int) -> list[Order]:
        """Return orders by id, oldest first, after an id."""
        return page_after(self._state.orders, (tenant,), after, limit)

    def scan_reservations(self, tenant: str, order_ids: Sequence[str]) -> list[Reservation]:
        """Return all reservations of these orders."""
        table = self._state.reservations
        return [row for order_id in order_ids for row in table.values_under((tenant, order_id))]

    def scan_history(self, tenant: str, subject: Subject, ids: Sequence[str]) -> list[Event]:
        """Return all events of these subjects, by subject and number."""
        return [event for subject_id in sorted(ids) for event in self.history(tenant, subject, subject_id)]

    def scan_scans(self, tenant: str, after: tuple[str, str], limit: int) -> list[Scan]:
        """Return scans by parcel and id, after a parcel and id."""
        scans = self._state.scans
        first, end = scans.under((tenant,))
        start = max(first, scans.rank((tenant, *after)) + ((tenant, *after) in scans))
        return [scan for _, scan in scans.items(start, min(end, start + limit))]

    def strays(self) -> list[str]:
        """Return, in words, rows that point to nothing or outside their tenant."""
        state = self._state
        tables: list[SortedMap[Any]] = [
            state.warehouses,
            state.products,
            state.orders,
            state.clients,
            state.results,
            state.carriers,
            state.payloads,
        ]
        owned = [(key[0], f"row {'/'.join(key)}") for table in tables for key, _ in table.items()]
        problems = [constraints.tenant_problem(state, tenant, what) for tenant, what in owned]
        problems += [constraints.stock_problem(state, row) for _, row in state.stock.items()]
        problems += [constraints.order_problem(state, row) for _, row in state.orders.items()]
        problems += [constraints.reservation_problem(state, row) for _, row in state.reservations.items()]
        problems += [constraints.movement_problem(state, row) for _, row in state.movements.items()]
        problems += [constraints.event_problem(state, row) for _, row in state.events.items()]
        problems += [constraints.subscription_problem(state, row) for _, row in state.subscriptions.items()]
        problems += [constraints.delivery_problem(state, row) for _, row in state.deliveries.items()]
        problems += [constraints.attempt_problem(state, row) for _, row in state.attempts.items()]
        problems += [constraints.replay_problem(state, row) for _, row in state.replays.items()]
        problems += [constraints.scan_problem(state, row) for _, row in state.scans.items()]
        return [problem for problem in problems if problem is not None]


def page_after(table: SortedMap[E], prefix: Path, after: str | int, limit: int) -> list[E]:
    """Return at most *limit* values under *prefix*, in order, of the keys after *after*."""
    first, end = table.under(prefix)
    start = table.rank((*prefix, after))
    start += (*prefix, after) in table
    start = max(first, start)
    return [value for _, value in table.items(start, min(end, start + limit))]


def _order_prefixes(tenant: str, where: OrderFilter) -> list[Path]:
    asked = [("status", where.status), ("customer", where.customer_id), ("sku", where.sku)]
    return [(tenant, name, value) for name, value in asked if value is not None]


def _between(index: SortedMap[Any], prefix: Path, where: OrderFilter) -> tuple[int, int]:
    """Return the ranks under *prefix* within which the filter's dates can lie; ids are ordered by time."""
    first, end = index.under(prefix)
    if where.created_after is not None:
        first = max(first, index.rank((*prefix, first_uuid7_at(where.created_after, -CLOCK_SLACK))))
    if where.created_before is not None:
        end = min(end, index.rank((*prefix, first_uuid7_at(where.created_before, CLOCK_SLACK))))
    return first, max(first, end)


def _is_same_email(asked: str, kept: str | None) -> bool:
    return kept is not None and kept.translate(_FOLD) == asked.translate(_FOLD)


def _matches(order: Order, where: OrderFilter) -> bool:
    return (
        where.status in {None, order.status}
        and where.customer_id in {None, order.customer_id}
        and (where.customer_email is None or _is_same_email(where.customer_email, order.customer_email))
        and where.external_id in {None, order.external_id}
        and (where.sku is None or any(line.sku == where.sku for line in order.lines))
        and (where.created_after is None or order.created_at >= where.created_after)
        and (where.created_before is None or order.created_at < where.created_before)
    )

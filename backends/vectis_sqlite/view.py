"""One consistent state of the database, to read from."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import itemgetter

from vectis_core.access import ApiClient, SigningKey
from vectis_core.catalogue import Product, Warehouse
from vectis_core.clock import from_micros
from vectis_core.events import Event, Subject
from vectis_core.orders.model import Order, Shipment
from vectis_core.ports import DeliveryFilter, Holder, OrderFilter, ProductFilter, Slice, StockFilter
from vectis_core.stock.model import Movement, Reservation, StockRecord
from vectis_core.tenancy import Tenant
from vectis_core.tracking.accounts import CarrierAccount, KeptPayload
from vectis_core.tracking.model import Scan
from vectis_core.webhooks.model import Attempt, Backlog, Delivery, Replay, Subscription, SubscriptionStatus
from vectis_sqlite import lists, loading, rows, tracking, webhooks
from vectis_sqlite import statements as sql
from vectis_sqlite.strays import strays

_NO_LIMIT = 2**62


class SqliteView:
    """The named queries, on a connection that is in a read transaction of its own."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def _one(self, statement: str, *values: object) -> rows.Row | None:
        row: rows.Row | None = self._connection.execute(statement, values).fetchone()
        return row

    def _count(self, statement: lists.Statement) -> int:
        count: int = self._connection.execute(*statement.count()).fetchone()[0]
        return count

    def _counter(self, tenant: str, name: str) -> int:
        row = self._one(sql.COUNTER, tenant, name)
        return row[0] if row is not None else 0

    # Orders

    def order(self, tenant: str, order_id: str) -> Order | None:
        """Return an order with its lines and shipments."""
        found = loading.orders(self._connection, tenant, [order_id])
        return found[0] if found else None

    def order_by_external_id(self, tenant: str, external_id: str) -> Order | None:
        """Return the order with this external id."""
        row = self._one(sql.ORDER_BY_EXTERNAL_ID, tenant, external_id)
        return loading.complete(self._connection, tenant, [row])[0] if row is not None else None

    def orders(self, tenant: str, where: OrderFilter, part: Slice) -> list[Order]:
        """Return orders by id, newest first."""
        statement = lists.orders(tenant, where).page(sql.ORDER_COLUMNS, part)
        return loading.complete(self._connection, tenant, self._connection.execute(*statement).fetchall())

    def count_orders(self, tenant: str, where: OrderFilter) -> int:
        """Return how many orders there are."""
        if lists.is_status_only(where):
            return self._counter(tenant, "orders" if where.status is None else f"orders:{where.status}")
        return self._count(lists.orders(tenant, where))

    def shipment(self, tenant: str, shipment_id: str) -> Shipment | None:
        """Return a shipment."""
        row = self._one(sql.SHIPMENT, tenant, shipment_id)
        if row is None:
            return None
        parcels = loading.shipments(self._connection, tenant, [row[2]])[row[2]]
        return next(each for each in parcels if each.id == shipment_id)

    # Catalogue

    def product(self, tenant: str, product_id: str) -> Product | None:
        """Return a product."""
        found = loading.entities(self._connection, sql.PRODUCTS_BY_ID, [(tenant, product_id)], rows.product_of)
        return found[0] if found else None

    def product_by_sku(self, tenant: str, sku: str) -> Product | None:
        """Return the product with this SKU."""
        found = loading.entities(self._connection, sql.PRODUCTS_BY_SKU, [(tenant, sku)], rows.product_of)
        return found[0] if found else None

    def products(self, tenant: str, where: ProductFilter, part: Slice) -> list[Product]:
        """Return products by id, newest first."""
        statement = lists.products(tenant, where).page(sql.PRODUCT_COLUMNS, part)
        return [rows.product_of(row) for row in self._connection.execute(*statement).fetchall()]

    def count_products(self, tenant: str, where: ProductFilter) -> int:
        """Return how many products there are."""
        if where == ProductFilter():
            return self._counter(tenant, "products")
        return self._count(lists.products(tenant, where))

    def warehouse(self, tenant: str, warehouse_id: str) -> Warehouse | None:
        """Return a warehouse."""
        row = self._one(sql.WAREHOUSE, tenant, warehouse_id)
        return rows.warehouse_of(row) if row is not None else None

    def warehouses(self, tenant: str, part: Slice) -> list[Warehouse]:
        """Return warehouses by id, newest first."""
        values = (tenant, lists.before_id(part), part.limit, part.offset)
        return [rows.warehouse_of(row) for row in self._connection.execute(sql.WAREHOUSES_NEWEST, values).fetchall()]

    def count_warehouses(self, tenant: str) -> int:
        """Return how many warehouses there are."""
        count: int = self._connection.execute(sql.COUNT_WAREHOUSES, (tenant,)).fetchone()[0]
        return count

    # Stock

    def stock_record(self, tenant: str, stock_id: str) -> StockRecord | None:
        """Return a stock record."""
        found = loading.entities(self._connection, sql.STOCK_BY_ID, [(tenant, stock_id)], rows.stock_of)
        return found[0] if found else None

    def stock(self, tenant: str, where: StockFilter, part: Slice) -> list[StockRecord]:
        """Return stock records by id, newest first."""
        if where.sku is not None:
            records = self._stock_of_sku(tenant, where.sku, where)
            below = [record for record in records if part.before is None or record.id < part.before]
            return below[part.offset : part.offset + part.limit]
        statement = lists.stock(tenant, where).page(sql.STOCK_COLUMNS, part)
        return [rows.stock_of(row) for row in self._connection.execute(*statement).fetchall()]

    def count_stock(self, tenant: str, where: StockFilter) -> int:
        """Return how many stock records there are."""
        if where == StockFilter():
            return self._counter(tenant, "stock")
        if where.sku is not None:
            return len(self._stock_of_sku(tenant, where.sku, where))
        return self._count(lists.stock(tenant, where))

    def _stock_of_sku(self, tenant: str, sku: str, where: StockFilter) -> list[StockRecord]:
        """Return a SKU's records, newest first: one a warehouse, so sorting them here is quicker than there."""
        records = loading.entities(self._connection, sql.STOCK_BY_SKU, [(tenant, sku)], rows.stock_of)
        records.sort(key=lambda record: record.id, reverse=True)
        if where.warehouse_id is not None:
            records = [record for record in records if record.warehouse_id == where.warehouse_id]
        return records if where.low is None else [record for record in records if record.low is where.low]

    def movements(self, tenant: str, stock_id: str, part: Slice) -> list[Movement]:
        """Return a record's ledger rows, newest first."""
        before = int(part.before) if part.before is not None else _NO_LIMIT
        values = (tenant, stock_id, before, part.limit, part.offset)
        return [rows.movement_of(row) for row in self._connection.execute(sql.MOVEMENTS_NEWEST, values).fetchall()]

    def holders(self, tenant: str, stock_id: str) -> list[Holder]:
        """Return who holds pieces of a stock record, oldest order first."""
        found = self._connection.execute(sql.HOLDERS, (tenant, stock_id)).fetchall()
        return [Holder(row[0], row[1], row[2], row[3], from_micros(row[4])) for row in found]

    # Tenants and access

    def tenant(self, tenant: str) -> Tenant | None:
        """Return a tenant."""
        found = loading.select(self._connection, sql.TENANTS, (), [tenant])
        return rows.tenant_of(found[0]) if found else None

    def tenants(self, after: str, limit: int) -> list[Tenant]:
        """Return tenants by id, after an id."""
        return [rows.tenant_of(row) for row in self._connection.execute(sql.TENANTS_AFTER, (after, limit)).fetchall()]

    def client(self, client_id: str) -> ApiClient | None:
        """Return an API client of any tenant."""
        row = self._one(sql.CLIENT, client_id)
        return rows.client_of(row) if row is not None else None

    def clients(self, tenant: str, part: Slice) -> list[ApiClient]:
        """Return API clients by id, newest first."""
        values = (tenant, lists.before_id(part), part.limit, part.offset)
        return [rows.client_of(row) for row in self._connection.execute(sql.CLIENTS_NEWEST, values).fetchall()]

    def count_clients(self, tenant: str | None) -> int:
        """Return how many API clients there are, of one tenant or of all."""
        row = self._one(sql.COUNT_ALL_CLIENTS) if tenant is None else self._one(sql.COUNT_CLIENTS, tenant)
        return row[0] if row is not None else 0

    def signing_keys(self) -> list[SigningKey]:
        """Return all signing keys, oldest first."""
        return [rows.key_of(row) for row in self._connection.execute(sql.KEYS).fetchall()]

    # Webhooks

    def subscription(self, tenant: str, subscription_id: str) -> Subscription | None:
        """Return a subscription that is not deleted."""
        found = webhooks.load_subscriptions(self._connection, [(tenant, subscription_id)], ())
        return next((each for each in found if each.status is not SubscriptionStatus.DELETED), None)

    def subscriptions(self, tenant: str, part: Slice) -> list[Subscription]:
        """Return subscriptions by id, newest first, without deleted ones."""
        return webhooks.subscriptions(self._connection, tenant, part)

    def count_subscriptions(self, tenant: str) -> int:
        """Return how many subscriptions there are, deleted ones not counted."""
        count: int = self._connection.execute(webhooks.COUNT_WEBHOOKS, (tenant,)).fetchone()[0]
        return count

    def delivery(self, tenant: str, delivery_id: str) -> Delivery | None:
        """Return a delivery."""
        keys = [(tenant, delivery_id)]
        found = loading.entities(self._connection, webhooks.DELIVERIES, keys, webhooks.delivery_of)
        return found[0] if found else None

    def deliveries(self, tenant: str, where: DeliveryFilter, part: Slice) -> list[Delivery]:
        """Return deliveries by id, newest first."""
        statement = webhooks.deliveries(tenant, where).page(webhooks.DELIVERY_COLUMNS, part)
        return [webhooks.delivery_of(row) for row in self._connection.execute(*statement).fetchall()]

    def count_deliveries(self, tenant: str, where: DeliveryFilter) -> int:
        """Return how many deliveries there are."""
        return self._count(webhooks.deliveries(tenant, where))

    def attempts(self, tenant: str, delivery_id: str) -> list[Attempt]:
        """Return the attempts of a delivery, oldest first."""
        found = self._connection.execute(webhooks.ATTEMPTS, (tenant, delivery_id)).fetchall()
        return [webhooks.attempt_of(row) for row in found]

    def replays(self, tenant: str, subscription_id: str) -> list[Replay]:
        """Return the replays of a subscription, newest first."""
        found = self._connection.execute(webhooks.REPLAYS_OF, (tenant, subscription_id)).fetchall()
        return [webhooks.replay_of(row) for row in found]

    def next_due(self, now: datetime) -> datetime | None:
        """Return when the next delivery of any tenant can be claimed, ``None`` where none waits."""
        return webhooks.next_due(self._connection, now)

    def backlog(self) -> Backlog:
        """Return what is on its way to webhooks."""
        return webhooks.backlog(self._connection)

    # Tracking

    def scans(self, tenant: str, track_keys: Sequence[str]) -> list[Scan]:
        """Return all scans of these parcels, by parcel and id."""
        keys = [(tenant, key) for key in sorted(track_keys)]
        return tracking.load_scans(self._connection, keys)

    def waiting_scans(self, tenant: str, part: Slice) -> list[Scan]:
        """Return scans that are of no shipment yet, those received last first."""
        return tracking.waiting_scans(self._connection, tenant, part)

    def carrier(self, tenant: str, carrier: str) -> CarrierAccount | None:
        """Return what the tenant has configured for a carrier."""
        found = tracking.load_carriers(self._connection, [(tenant, carrier)])
        return found[0] if found else None

    def carriers(self, tenant: str) -> list[CarrierAccount]:
        """Return what the tenant has configured, by carrier."""
        return tracking.carriers(self._connection, tenant)

    def payloads(self, tenant: str, after: str, limit: int) -> list[KeptPayload]:
        """Return what carriers sent, by id, oldest first, after an id."""
        return tracking.payloads(self._connection, tenant, after, limit)

    # Events and counters

    def history(self, tenant: str, subject: Subject, subject_id: str) -> list[Event]:
        """Return all events of one subject, oldest first."""
        return self.scan_history(tenant, subject, [subject_id])

    def events(self, tenant: str, after: int, types: Sequence[str], limit: int) -> list[Event]:
        """Return events of the feed after a position, in order; of some types where any are named."""
        if not types:
            found = self._connection.execute(sql.EVENTS, (tenant, after, limit)).fetchall()
            return [rows.event_of(row) for row in found]
        # A statement for several types at once would sort all that lies after the position.
        found = [
            row
            for name in sorted(set(types))
            for row in self._connection.execute(sql.EVENTS_OF_TYPE, (tenant, name, after, limit)).fetchall()
        ]
        found.sort(key=itemgetter(1))
        return [rows.event_of(row) for row in found[:limit]]

    def last_event_position(self, tenant: str) -> int:
        """Return the position of the feed's newest event, 0 where there is none."""
        row = self._one(sql.LAST_POSITION, tenant)
        return row[0] if row is not None else 0

    def counters(self, tenant: str) -> Mapping[str, int]:
        """Return the tenant's counters by name."""
        return dict(self._connection.execute(sql.COUNTERS, (tenant,)).fetchall())

    # Scans

    def scan_stock(self, tenant: str, after: str, limit: int) -> list[StockRecord]:
        """Return stock records by id, oldest first, after an id."""
        found = self._connection.execute(sql.STOCK_OLDEST, (tenant, after, limit)).fetchall()
        return [rows.stock_of(row) for row in found]

    def scan_movements(self, tenant: str, stock_id: str, after: int, limit: int) -> list[Movement]:
        """Return a record's ledger rows, oldest first, after a number."""
        values = (tenant, stock_id, after, limit)
        return [rows.movement_of(row) for row in self._connection.execute(sql.MOVEMENTS_OLDEST, values).fetchall()]

    def scan_orders(self, tenant: str, after: str, limit: int) -> list[Order]:
        """Return orders by id, oldest first, after an id."""
        heads = self._connection.execute(sql.ORDERS_OLDEST, (tenant, after, limit)).fetchall()
        return loading.complete(self._connection, tenant, heads)

    def scan_reservations(self, tenant: str, order_ids: Sequence[str]) -> list[Reservation]:
        """Return all reservations of these orders."""
        keys = [(tenant, order_id) for order_id in order_ids]
        return loading.entities(self._connection, sql.RESERVATIONS, keys, lambda row: Reservation(*row))

    def scan_history(self, tenant: str, subject: Subject, ids: Sequence[str]) -> list[Event]:
        """Return all events of these subjects, by subject and number."""
        if not ids:
            return []
        found = loading.select(self._connection, sql.HISTORY, (tenant,), sorted(ids))
        events = [rows.event_of(row) for row in found]
        return [event for event in events if event.subject is subject]

    def scan_scans(self, tenant: str, after: tuple[str, str], limit: int) -> list[Scan]:
        """Return scans by parcel and id, after a parcel and id."""
        return tracking.scans_after(self._connection, tenant, after, limit)

    def strays(self) -> list[str]:
        """Return, in words, rows that point to nothing, and the file's own faults."""
        return strays(self._connection)

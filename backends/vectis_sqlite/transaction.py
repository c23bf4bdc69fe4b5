"""The transaction in which a batch is loaded, written and committed."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from itertools import groupby

from vectis_core.access import ApiClient, SigningKey
from vectis_core.catalogue import Product, Warehouse
from vectis_core.clock import to_micros
from vectis_core.errors import ServiceUnavailable
from vectis_core.events import Event
from vectis_core.orders.model import Order
from vectis_core.ports import AgeLimits, Changes, CommandKey, EventKey, Key, RateWindow, StoredResult
from vectis_core.stock.model import Reservation, StockRecord
from vectis_core.tenancy import Tenant
from vectis_core.tracking.accounts import CarrierAccount, KeptPayload
from vectis_core.tracking.model import Scan
from vectis_core.webhooks.model import Delivery, Replay, Subscription
from vectis_sqlite import loading, rows, tracking, webhooks
from vectis_sqlite import statements as sql
from vectis_sqlite.errors import translated
from vectis_sqlite.host import HostConnection, lent
from vectis_sqlite.writing import write


class SqliteTransaction:
    """One ``BEGIN IMMEDIATE``; since nobody else writes meanwhile, what is loaded needs no locks of its own."""

    def __init__(self, connection: sqlite3.Connection, release: Callable[[], None]) -> None:
        self._connection = connection
        self._release = release
        self._open = True
        self._sent = False
        self._failed = False

    def load_results(self, keys: Sequence[CommandKey]) -> Iterable[StoredResult]:
        """Return the stored results of these command ids."""
        with translated():
            for (tenant, scope), group in groupby(keys, key=lambda key: key[:2]):
                ids = [key[2] for key in group]
                for row in loading.select(self._connection, sql.RESULTS, (tenant, scope), ids):
                    yield rows.result_of(row)

    def load_order_ids(self, external_ids: Sequence[Key]) -> Mapping[Key, str]:
        """Return the ids of the orders with these external ids."""
        return self._pairs(sql.ORDER_IDS, external_ids)

    def load_orders_of_shipments(self, shipment_ids: Sequence[Key]) -> Mapping[Key, str]:
        """Return the ids of the orders that these shipments belong to."""
        return self._pairs(sql.ORDERS_OF_SHIPMENTS, shipment_ids)

    def _pairs(self, statement: str, keys: Sequence[Key]) -> dict[Key, str]:
        with translated():
            return {
                (tenant, row[0]): row[1]
                for tenant, ids in loading.by_tenant(keys)
                for row in loading.select(self._connection, statement, (tenant,), ids)
            }

    def load_tracks(self, track_keys: Sequence[Key]) -> Mapping[Key, Sequence[str]]:
        """Return the ids of the orders with shipments of these parcels, each once, sorted."""
        with translated():
            return tracking.load_tracks(self._connection, track_keys)

    def load_scans(self, track_keys: Sequence[Key]) -> Iterable[Scan]:
        """Return all scans of these parcels."""
        with translated():
            return tracking.load_scans(self._connection, track_keys)

    def load_carriers(self, keys: Sequence[Key]) -> Iterable[CarrierAccount]:
        """Return what tenants have configured for carriers."""
        with translated():
            return tracking.load_carriers(self._connection, keys)

    def load_payloads(self, tenant: str, after: str, limit: int) -> Iterable[KeptPayload]:
        """Return what carriers sent, by id, oldest first, after an id."""
        with translated():
            return tracking.payloads(self._connection, tenant, after, limit)

    def load_tenants(self, tenants: Sequence[str]) -> Iterable[Tenant]:
        """Return tenants."""
        with translated():
            return [rows.tenant_of(row) for row in loading.select(self._connection, sql.TENANTS, (), tenants)]

    def load_warehouses(self, tenants: Sequence[str]) -> Iterable[Warehouse]:
        """Return all warehouses of these tenants."""
        with translated():
            found = loading.select(self._connection, sql.WAREHOUSES, (), tenants)
            return [rows.warehouse_of(row) for row in found]

    def load_products(self, ids: Sequence[Key], skus: Sequence[Key]) -> Iterable[Product]:
        """Return products by id and by SKU."""
        with translated():
            found = loading.entities(self._connection, sql.PRODUCTS_BY_ID, ids, rows.product_of)
            return found + loading.entities(self._connection, sql.PRODUCTS_BY_SKU, skus, rows.product_of)

    def load_orders(self, ids: Sequence[Key]) -> Iterable[Order]:
        """Return orders with their lines and shipments."""
        with translated():
            groups = list(loading.by_tenant(ids))
            return [order for tenant, part in groups for order in loading.orders(self._connection, tenant, part)]

    def load_reservations(self, order_ids: Sequence[Key]) -> Iterable[Reservation]:
        """Return all reservations of these orders, by line and stock record."""
        with translated():
            return loading.entities(self._connection, sql.RESERVATIONS, order_ids, lambda row: Reservation(*row))

    def load_stock(self, ids: Sequence[Key], skus: Sequence[Key]) -> Iterable[StockRecord]:
        """Return stock records by id, and all those of the SKUs."""
        with translated():
            found = loading.entities(self._connection, sql.STOCK_BY_ID, ids, rows.stock_of)
            return found + loading.entities(self._connection, sql.STOCK_BY_SKU, skus, rows.stock_of)

    def load_clients(self, ids: Sequence[Key]) -> Iterable[ApiClient]:
        """Return API clients."""
        with translated():
            return loading.entities(self._connection, sql.CLIENTS, ids, rows.client_of)

    def load_keys(self) -> Iterable[SigningKey]:
        """Return all signing keys."""
        with translated():
            return [rows.key_of(row) for row in self._connection.execute(sql.KEYS)]

    def load_windows(self, keys: Sequence[str]) -> Iterable[RateWindow]:
        """Return rate windows."""
        with translated():
            return [rows.window_of(row) for row in loading.select(self._connection, sql.WINDOWS, (), keys)]

    def load_subscriptions(self, ids: Sequence[Key], tenants: Sequence[str]) -> Iterable[Subscription]:
        """Return subscriptions by id, and all those of the tenants; deleted ones by id alone."""
        with translated():
            return webhooks.load_subscriptions(self._connection, ids, tenants)

    def load_deliveries(self, ids: Sequence[Key]) -> Iterable[Delivery]:
        """Return deliveries."""
        with translated():
            return loading.entities(self._connection, webhooks.DELIVERIES, ids, webhooks.delivery_of)

    def load_events(self, keys: Sequence[EventKey]) -> Iterable[Event]:
        """Return events by their place in their subject's history."""
        with translated():
            return webhooks.load_events(self._connection, keys)

    def load_due(
        self, now: datetime, well: int, ailing: int, deliveries: int
    ) -> Iterable[tuple[Subscription, list[Delivery]]]:
        """Return endpoints that can be claimed, each with what is due for it."""
        with translated():
            return webhooks.load_due(self._connection, now, well, ailing, deliveries)

    def load_replays(self, limit: int) -> Iterable[Replay]:
        """Return replays of any tenant that are not done, oldest first."""
        with translated():
            found = self._connection.execute(webhooks.RUNNING_REPLAYS, (limit,)).fetchall()
            return [webhooks.replay_of(row) for row in found]

    def load_feed(self, tenant: str, after: int, limit: int) -> Sequence[Event]:
        """Return events of the tenant's feed after a position, in order."""
        with translated():
            found = self._connection.execute(sql.EVENTS, (tenant, after, limit)).fetchall()
            return [rows.event_of(row) for row in found]

    def clear_aged(self, before: AgeLimits, limit: int) -> tuple[int, int, int, int, int, int, int]:
        """Delete at most *limit* each of what has aged."""
        moment = to_micros(before.now)
        with translated():
            results = self._connection.execute(sql.CLEAR_RESULTS, (to_micros(before.results), limit)).rowcount
            windows = self._connection.execute(sql.CLEAR_WINDOWS, (moment, limit)).rowcount
            keys = self._connection.execute(sql.CLEAR_KEYS, (moment, limit)).rowcount
            deliveries = webhooks.clear_deliveries(self._connection, before.deliveries, limit)
            tracked = tracking.clear(self._connection, before.now, before.scans, limit)
        return results, windows, keys, *deliveries, *tracked

    def flush(self, changes: Changes) -> None:
        """Write everything; raises ``StoreConflict`` where a guard or a constraint refuses."""
        with translated():
            write(self._connection, changes)
        self._require_open()

    def commit(self) -> None:
        """Make it durable; with ``synchronous=FULL`` it survives the loss of power from here on."""
        self._sent = True
        with translated():
            try:
                self._connection.execute("COMMIT")
            except sqlite3.Error:
                # Noted before an interrupt can take the error's place: the transaction may have ended all the same.
                self._failed = True
                raise
        self._end()

    def rollback(self) -> None:
        """Forget everything; harmless after the transaction has ended."""
        if not self._open:
            return
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except sqlite3.Error as error:
            # The connection is past helping; closing it rolls back. The engine has the store opened anew.
            self._connection.close()
            self._end()
            raise ServiceUnavailable(f"The database could not roll back: {error}") from error
        self._end()

    def committed(self) -> bool | None:
        """Return whether the commit has happened, where an interrupt hit it; ``None`` where it failed."""
        if self._failed:
            return None
        return self._sent and not (self._open and self._connection.in_transaction)

    def lend(self) -> AbstractContextManager[HostConnection]:
        """Lend the host a connection to this transaction for its own tables."""
        return lent(self._connection, self._require_open)

    def _require_open(self) -> None:
        """Raise where the database ended the transaction by itself, as it may when the disk is full."""
        if not self._connection.in_transaction:
            raise ServiceUnavailable("The database undid the transaction; nothing was changed")

    def _end(self) -> None:
        if self._open:
            # In this order: one who is interrupted here ends again, and giving back twice is harmless.
            self._release()
            self._open = False

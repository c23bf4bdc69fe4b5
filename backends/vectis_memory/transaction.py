"""Writing: a transaction fills in a copy of the state, which the commit puts in place by one assignment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from vectis_core.access import ApiClient, SigningKey
from vectis_core.catalogue import Product, Warehouse
from vectis_core.errors import UsageError
from vectis_core.events import Event, Subject
from vectis_core.orders.model import Order
from vectis_core.ports import AgeLimits, Changes, CommandKey, EventKey, Key, RateWindow, StoredResult
from vectis_core.stock.model import Reservation, StockRecord
from vectis_core.tenancy import Tenant
from vectis_core.tracking.accounts import CarrierAccount, KeptPayload
from vectis_core.tracking.model import Scan
from vectis_core.webhooks.model import Delivery, Replay, Subscription, SubscriptionStatus
from vectis_memory import tracking, webhooks, writing
from vectis_memory.view import page_after

if TYPE_CHECKING:
    from vectis_memory.store import MemoryStore


class MemoryTransaction:
    """The one transaction that may write."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self._state = copy(store.state)
        self._done = False
        #: Set by one assignment, so that an interrupt finds the store either taken or free.
        self.ended = False

    def load_results(self, keys: Sequence[CommandKey]) -> Iterable[StoredResult]:
        """Return the stored results of these command ids."""
        found = (self._state.results.get(key) for key in keys)
        return [result for result in found if result is not None]

    def load_order_ids(self, external_ids: Sequence[Key]) -> Mapping[Key, str]:
        """Return the ids of the orders with these external ids."""
        found = ((key, self._state.external_ids.get(key)) for key in external_ids)
        return {key: order_id for key, order_id in found if order_id is not None}

    def load_orders_of_shipments(self, shipment_ids: Sequence[Key]) -> Mapping[Key, str]:
        """Return the ids of the orders that these shipments belong to."""
        found = ((key, self._state.shipments.get(key)) for key in shipment_ids)
        return {key: order_id for key, order_id in found if order_id is not None}

    def load_tracks(self, track_keys: Sequence[Key]) -> Mapping[Key, Sequence[str]]:
        """Return the ids of the orders with shipments of these parcels, each once, sorted."""
        found = ((key, list(self._state.tracks.values_under(key))) for key in track_keys)
        return {key: order_ids for key, order_ids in found if order_ids}

    def load_scans(self, track_keys: Sequence[Key]) -> Iterable[Scan]:
        """Return all scans of these parcels."""
        return [scan for key in track_keys for scan in self._state.scans.values_under(key)]

    def load_carriers(self, keys: Sequence[Key]) -> Iterable[CarrierAccount]:
        """Return what tenants have configured for carriers."""
        found = (self._state.carriers.get(key) for key in keys)
        return [account for account in found if account is not None]

    def load_payloads(self, tenant: str, after: str, limit: int) -> Iterable[KeptPayload]:
        """Return what carriers sent, by id, oldest first, after an id."""
        return page_after(self._state.payloads, (tenant,), after, limit)

    def load_tenants(self, tenants: Sequence[str]) -> Iterable[Tenant]:
        """Return tenants."""
        found = (self._state.tenants.get((tenant,)) for tenant in tenants)
        return [tenant for tenant in found if tenant is not None]

    def load_warehouses(self, tenants: Sequence[str]) -> Iterable[Warehouse]:
        """Return all warehouses of these tenants."""
        return [row for tenant in tenants for row in self._state.warehouses.values_under((tenant,))]

    def load_products(self, ids: Sequence[Key], skus: Sequence[Key]) -> Iterable[Product]:
        """Return products by id and by SKU."""
        by_sku = ((sku[0], self._state.skus.get(sku)) for sku in skus)
        keys = {*ids, *((tenant, found) for tenant, found in by_sku if found is not None)}
        products = (self._state.products.get(key) for key in sorted(keys))
        return [product for product in products if product is not None]

    def load_orders(self, ids: Sequence[Key]) -> Iterable[Order]:
        """Return orders with their lines and shipments."""
        found = (self._state.orders.get(key) for key in ids)
        return [order for order in found if order is not None]

    def load_reservations(self, order_ids: Sequence[Key]) -> Iterable[Reservation]:
        """Return all reservations of these orders, by line and stock record."""
        return [row for key in order_ids for row in self._state.reservations.values_under(key)]

    def load_stock(self, ids: Sequence[Key], skus: Sequence[Key]) -> Iterable[StockRecord]:
        """Return stock records by id, and all those of the SKUs."""
        places = self._state.stock_places
        keys = {*ids, *((sku[0], stock_id) for sku in skus for stock_id in places.values_under(sku))}
        records = (self._state.stock.get(key) for key in sorted(keys))
        return [record for record in records if record is not None]

    def load_clients(self, ids: Sequence[Key]) -> Iterable[ApiClient]:
        """Return API clients."""
        found = (self._state.clients.get(key) for key in ids)
        return [client for client in found if client is not None]

    def load_keys(self) -> Iterable[SigningKey]:
        """Return all signing keys."""
        return [key for _, key in self._state.keys.items()]

    def load_windows(self, keys: Sequence[str]) -> Iterable[RateWindow]:
        """Return rate windows."""
        found = (self._state.windows.get((key,)) for key in keys)
        return [window for window in found if window is not None]

    def load_subscriptions(self, ids: Sequence[Key], tenants: Sequence[str]) -> Iterable[Subscription]:
        """Return subscriptions by id, and all those of the tenants; deleted ones by id alone."""
        found = [self._state.subscriptions.get(key) for key in ids]
        for tenant in tenants:
            all_of = self._state.subscriptions.values_under((tenant,))
            found += [each for each in all_of if each.status is not SubscriptionStatus.DELETED]
        return [each for each in found if each is not None]

    def load_deliveries(self, ids: Sequence[Key]) -> Iterable[Delivery]:
        """Return deliveries."""
        found = (self._state.deliveries.get(key) for key in ids)
        return [each for each in found if each is not None]

    def load_events(self, keys: Sequence[EventKey]) -> Iterable[Event]:
        """Return events by their place in their subject's history."""
        histories = self._state.histories
        subjects = [str(subject) for subject in Subject]
        found = (histories.get((tenant, kind, *rest)) for tenant, *rest in keys for kind in subjects)
        return [each for each in found if each is not None]

    def load_due(
        self, now: datetime, well: int, ailing: int, deliveries: int
    ) -> Iterable[tuple[Subscription, list[Delivery]]]:
        """Return endpoints that can be claimed, each with what is due for it."""
        return webhooks.load_due(self._state, now, well, ailing, deliveries)

    def load_replays(self, limit: int) -> Iterable[Replay]:
        """Return replays of any tenant that are not done, oldest first."""
        return [replay for _, replay in self._state.replays_running.items(0, limit)]

    def load_feed(self, tenant: str, after: int, limit: int) -> Sequence[Event]:
        """Return events of the tenant's feed after a position, in order."""
        first = self._state.events.rank((tenant, after + 1))
        end = min(self._state.events.under((tenant,))[1], first + limit)
        return [event for _, event in self._state.events.items(first, end)]

    def clear_aged(self, before: AgeLimits, limit: int) -> tuple[int, int, int, int, int, int, int]:
        """Delete at most *limit* each of what has aged."""
        state = self._state
        old = islice(state.result_ages.items(0, state.result_ages.rank((before.results,))), limit)
        results = writing.clear_results(state, [result for _, result in old])
        windows = [key for key, window in state.windows.items() if window.ends_at <= before.now][:limit]
        for key in windows:
            state.windows = state.windows.without(key)
        retired = [key for key, row in state.keys.items() if row.retires_at and row.retires_at <= before.now][:limit]
        for key in retired:
            state.keys = state.keys.without(key)
        deliveries = webhooks.clear_deliveries(state, before.deliveries, limit)
        tracked = tracking.clear(state, before.now, before.scans, limit)
        return results, len(windows), len(retired), *deliveries, *tracked

    def flush(self, changes: Changes) -> None:
        """Write everything; raises ``StoreConflict`` where a guard or a constraint refuses."""
        writing.flush(self._state, changes)

    def commit(self) -> None:
        """Show what was written to everyone; raises ``UsageError`` where the transaction has ended."""
        if self.ended:
            raise UsageError("This transaction has ended")
        self._store.state = self._state
        self._done = True
        self.ended = True

    def rollback(self) -> None:
        """Forget everything; harmless after the transaction has ended."""
        self.ended = True

    def committed(self) -> bool:
        """Return whether the commit is known to have happened, where an interrupt hit it."""
        return self._done or self._store.state is self._state

    @contextmanager
    def lend(self) -> Iterator[dict[Any, Any]]:
        """Lend the host a dict of its own, which is kept where the transaction is.

        It is a shallow copy: replace values in it, do not change them. ``MemoryStore.host`` shows what was
        kept.
        """
        rows = dict(self._state.host)
        yield rows
        self._state.host = rows

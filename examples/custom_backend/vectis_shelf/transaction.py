"""Writing: a transaction fills a draft, which the commit appends to the file and then shows to everyone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from operator import attrgetter
from typing import Any

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
from vectis_shelf import rules, tracking, webhooks
from vectis_shelf.tables import Draft, Path, State


class ShelfTransaction:
    """The one transaction that may write; *keep* makes a draft durable and shows it."""

    def __init__(self, state: State, keep: Callable[[Draft], None]) -> None:
        self._draft = Draft(state)
        self._keep = keep
        #: ``False`` before the commit, ``None`` while it is under way or after it failed, ``True`` once it is made.
        self._committed: bool | None = False
        self.ended = False

    # Loading

    def _found(self, table: str, keys: Iterable[Path]) -> list[Any]:
        rows = (self._draft.get(table, key) for key in dict.fromkeys(keys))
        return [row for row in rows if row is not None]

    def _named(self, what: str, names: Sequence[Key]) -> dict[Key, str]:
        found = ((name, self._draft.get("names", (what, *name))) for name in names)
        return {name: row_id for name, row_id in found if row_id is not None}

    def load_results(self, keys: Sequence[CommandKey]) -> Iterable[StoredResult]:
        """Return the stored results of these command ids."""
        return self._found("results", keys)

    def load_order_ids(self, external_ids: Sequence[Key]) -> Mapping[Key, str]:
        """Return the ids of the orders with these external ids."""
        return self._named("orders", external_ids)

    def load_orders_of_shipments(self, shipment_ids: Sequence[Key]) -> Mapping[Key, str]:
        """Return the ids of the orders that these shipments belong to."""
        return self._named("shipments", shipment_ids)

    def load_tracks(self, track_keys: Sequence[Key]) -> Mapping[Key, Sequence[str]]:
        """Return the ids of the orders with shipments of these parcels, each once, sorted."""
        return tracking.orders_of(self._draft, set(track_keys))

    def load_scans(self, track_keys: Sequence[Key]) -> Iterable[Scan]:
        """Return all scans of these parcels."""
        wanted = set(track_keys)
        return [row for row in self._draft.rows("scans") if (row.tenant, row.track_key) in wanted]

    def load_carriers(self, keys: Sequence[Key]) -> Iterable[CarrierAccount]:
        """Return what tenants have configured for carriers."""
        return self._found("carriers", keys)

    def load_payloads(self, tenant: str, after: str, limit: int) -> Iterable[KeptPayload]:
        """Return what carriers sent, by id, oldest first, after an id."""
        rows = (row for row in self._draft.rows("payloads") if row.tenant == tenant and row.id > after)
        return sorted(rows, key=attrgetter("id"))[:limit]

    def load_tenants(self, tenants: Sequence[str]) -> Iterable[Tenant]:
        """Return tenants."""
        return self._found("tenants", [(tenant,) for tenant in tenants])

    def load_warehouses(self, tenants: Sequence[str]) -> Iterable[Warehouse]:
        """Return all warehouses of these tenants."""
        return [row for row in self._draft.rows("warehouses") if row.tenant in tenants]

    def load_products(self, ids: Sequence[Key], skus: Sequence[Key]) -> Iterable[Product]:
        """Return products by id and by SKU."""
        by_sku = [(sku[0], product_id) for sku, product_id in self._named("products", skus).items()]
        return self._found("products", [*ids, *by_sku])

    def load_orders(self, ids: Sequence[Key]) -> Iterable[Order]:
        """Return orders with their lines and shipments."""
        return self._found("orders", ids)

    def load_reservations(self, order_ids: Sequence[Key]) -> Iterable[Reservation]:
        """Return all reservations of these orders, by line and stock record."""
        wanted = set(order_ids)
        rows = [row for row in self._draft.rows("reservations") if (row.tenant, row.order_id) in wanted]
        return sorted(rows, key=lambda row: (row.tenant, row.order_id, row.line_no, row.stock_id))

    def load_stock(self, ids: Sequence[Key], skus: Sequence[Key]) -> Iterable[StockRecord]:
        """Return stock records by id, and all those of the SKUs."""
        wanted = set(skus)
        by_sku = [(row.tenant, row.id) for row in self._draft.rows("stock") if (row.tenant, row.sku) in wanted]
        return self._found("stock", sorted({*ids, *by_sku}))

    def load_clients(self, ids: Sequence[Key]) -> Iterable[ApiClient]:
        """Return API clients."""
        return self._found("clients", ids)

    def load_keys(self) -> Iterable[SigningKey]:
        """Return all signing keys."""
        return list(self._draft.rows("keys"))

    def load_windows(self, keys: Sequence[str]) -> Iterable[RateWindow]:
        """Return rate windows."""
        return self._found("windows", [(key,) for key in keys])

    # Webhooks

    def load_subscriptions(self, ids: Sequence[Key], tenants: Sequence[str]) -> Iterable[Subscription]:
        """Return subscriptions by id, and all those of the tenants; deleted ones by id alone."""
        all_of = [row for row in self._draft.rows("subscriptions") if row.tenant in tenants]
        live = [row for row in all_of if row.status is not SubscriptionStatus.DELETED]
        return self._found("subscriptions", ids) + sorted(live, key=attrgetter("tenant", "id"))

    def load_deliveries(self, ids: Sequence[Key]) -> Iterable[Delivery]:
        """Return deliveries."""
        return self._found("deliveries", ids)

    def load_events(self, keys: Sequence[EventKey]) -> Iterable[Event]:
        """Return events by their place in their subject's history."""
        places = [(tenant, str(kind), *place) for tenant, *place in keys for kind in Subject]
        return self._found("events", places)

    def load_due(
        self, now: datetime, well: int, ailing: int, deliveries: int
    ) -> Iterable[tuple[Subscription, list[Delivery]]]:
        """Return endpoints that can be claimed, each with what is due for it."""
        return webhooks.due(self._draft, now, well, ailing, deliveries)

    def load_replays(self, limit: int) -> Iterable[Replay]:
        """Return replays of any tenant that are not done, oldest first."""
        return sorted((row for row in self._draft.rows("replays") if not row.done), key=attrgetter("id"))[:limit]

    def load_feed(self, tenant: str, after: int, limit: int) -> Sequence[Event]:
        """Return events of the tenant's feed after a position, in order."""
        rows = (row for row in self._draft.rows("events") if row.tenant == tenant and row.position > after)
        return sorted(rows, key=attrgetter("position"))[:limit]

    # Writing

    def clear_aged(self, before: AgeLimits, limit: int) -> tuple[int, int, int, int, int, int, int]:
        """Delete at most *limit* each of what has aged, and return how many of each."""
        results = [row for row in self._draft.rows("results") if row.created_at < before.results]
        windows = [row for row in self._draft.rows("windows") if row.ends_at <= before.now]
        keys = [row for row in self._draft.rows("keys") if row.retires_at is not None and row.retires_at <= before.now]
        for result in results[:limit]:
            self._draft.put("results", (result.tenant, result.scope, result.command_id), None)
        for window in windows[:limit]:
            self._draft.put("windows", (window.key,), None)
        for key in keys[:limit]:
            self._draft.put("keys", (key.id,), None)
        deliveries = webhooks.clear_deliveries(self._draft, before.deliveries, limit)
        ended = webhooks.clear_webhooks(self._draft, limit)
        payloads = tracking.clear_payloads(self._draft, before.now, limit)
        scans = tracking.clear_scans(self._draft, before.scans, limit)
        few = (min(len(results), limit), min(len(windows), limit), min(len(keys), limit))
        return *few, deliveries, ended, payloads, scans

    def flush(self, changes: Changes) -> None:
        """Write everything; raises ``StoreConflict`` where a guard or a constraint refuses."""
        rules.write(self._draft, changes)

    def commit(self) -> None:
        """Make it durable and show it; raises ``UsageError`` where the transaction has ended."""
        if self.ended:
            raise UsageError("This transaction has ended")
        self._committed = None
        self._keep(self._draft)
        self._committed = True
        self.ended = True

    def rollback(self) -> None:
        """Forget everything; harmless after the transaction has ended."""
        self.ended = True

    def committed(self) -> bool | None:
        """Return whether the commit has happened; ``None`` where an interrupt or an error hit the writing."""
        return self._committed

    @contextmanager
    def lend(self) -> Iterator[dict[str, Any]]:
        """Lend the host a dict of its own, from text to what JSON can hold, which is kept with the transaction."""
        kept = self._draft.get("host", ()) or {}
        rows = dict(kept)
        yield rows
        if rows != kept:
            self._draft.put("host", (), rows)

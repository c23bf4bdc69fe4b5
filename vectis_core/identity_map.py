"""The rows of one transaction: what a batch's commands need, loaded in bulk in fixed rounds, each row once.

``Keys`` gathers what is needed before anything is read, and ``IdentityMap`` loads it: by the round in which a key is
known, and within a round by kind. ``vectis_core.unit_of_work`` builds on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import attrs

from vectis_core.events import Event
from vectis_core.ports import CommandKey, EventKey, Key, Transaction
from vectis_core.stock.model import Reservation
from vectis_core.webhooks.replaying import position_before

#: A row's kind and key. Some kinds are written; the others only lead from one key to another.
RowKey = tuple[str, ...]


@attrs.define
class Keys:
    """The rows that a batch's commands need, gathered before anything is read."""

    results: set[CommandKey] = attrs.Factory(set)
    external_ids: set[Key] = attrs.Factory(set)
    shipments: set[Key] = attrs.Factory(set)
    #: Parcels, of which all scans and the orders of all shipments are wanted.
    tracks: set[Key] = attrs.Factory(set)
    #: Orders of which the scans of all parcels are wanted.
    timelines: set[Key] = attrs.Factory(set)
    tenants: set[str] = attrs.Factory(set)
    warehouses: set[str] = attrs.Factory(set)
    product_ids: set[Key] = attrs.Factory(set)
    product_skus: set[Key] = attrs.Factory(set)
    orders: set[Key] = attrs.Factory(set)
    clients: set[Key] = attrs.Factory(set)
    carriers: set[Key] = attrs.Factory(set)
    #: Pages of a tenant's kept payloads: after which id, and at most how many.
    payloads: set[tuple[str, str, int]] = attrs.Factory(set)
    windows: set[str] = attrs.Factory(set)
    signing_keys: bool = False
    subscriptions: set[Key] = attrs.Factory(set)
    deliveries: set[Key] = attrs.Factory(set)
    #: At most so many (endpoints that are well, ailing ones, deliveries of each) that are due.
    due: set[tuple[int, int, int]] = attrs.Factory(set)
    #: At most so many events to replay.
    replays: set[int] = attrs.Factory(set)
    #: Moments whose places in a tenant's feed are wanted.
    moments: set[tuple[str, datetime]] = attrs.Factory(set)
    stock_ids: set[Key] = attrs.Factory(set)
    stock_skus: set[Key] = attrs.Factory(set)


#: So many replays go on at once; the others wait their turn.
_REPLAYS_AT_ONCE = 4


class IdentityMap:
    """The rows of one transaction, each once, however many commands ask for it."""

    def __init__(self, transaction: Transaction, now: datetime) -> None:
        self.transaction = transaction
        self.now = now
        self.rows: dict[RowKey, Any] = {}
        self._before: dict[RowKey, Any] = {}
        self._events: dict[EventKey, Event] = {}

    def event(self, key: EventKey) -> Event | None:
        """Return an event that is to be told."""
        return self._events.get(key)

    def load_claims(self, keys: Keys) -> None:
        """Round one: what is unique by the caller's own word, and what leads to an aggregate."""
        if keys.results:
            self._absent(("result", *key) for key in keys.results)
            for kept in self.transaction.load_results(sorted(keys.results)):
                self._found(("result", kept.tenant, kept.scope, kept.command_id), kept)
        if keys.external_ids:
            self._absent(("external", *key) for key in keys.external_ids)
            for (tenant, external_id), order_id in self.transaction.load_order_ids(sorted(keys.external_ids)).items():
                self.rows["external", tenant, external_id] = order_id
                keys.orders.add((tenant, order_id))
        if keys.shipments:
            self._absent(("shipment", *key) for key in keys.shipments)
            for (tenant, shipment_id), order_id in self.transaction.load_orders_of_shipments(
                sorted(keys.shipments)
            ).items():
                self.rows["shipment", tenant, shipment_id] = order_id
                keys.orders.add((tenant, order_id))
        if keys.timelines:
            keys.orders |= keys.timelines
            for order in self.transaction.load_orders(sorted(keys.timelines)):
                keys.tracks.update((order.tenant, each.track_key) for each in order.shipments)
        if keys.tracks:
            self._load_tracks(keys)

    def _load_tracks(self, keys: Keys) -> None:
        wanted = sorted(keys.tracks)
        for key in wanted:
            self.rows["track", *key] = ()
            self.rows["scans", *key] = ()
        for (tenant, track_key), order_ids in self.transaction.load_tracks(wanted).items():
            self.rows["track", tenant, track_key] = tuple(order_ids)
            keys.orders.update((tenant, each) for each in order_ids)
        for scan in self.transaction.load_scans(wanted):
            self._found(("scan", scan.tenant, scan.track_key, scan.id), scan)
            self.rows["scans", scan.tenant, scan.track_key] += (scan.id,)

    def load_aggregates(self, keys: Keys) -> None:
        """Round two: everything but stock."""
        if keys.tenants:
            self._absent(("tenant", tenant) for tenant in keys.tenants)
            for tenant in self.transaction.load_tenants(sorted(keys.tenants)):
                self._found(("tenant", tenant.id), tenant)
        if keys.warehouses:
            self._load_warehouses(sorted(keys.warehouses))
        if keys.product_ids or keys.product_skus:
            self._load_products(keys)
        if keys.orders:
            self._load_orders(sorted(keys.orders))
        self._load_access(keys)
        self._load_webhooks(keys)

    def _load_access(self, keys: Keys) -> None:
        """Load what says who may do what, and how often."""
        if keys.clients:
            self._absent(("client", *key) for key in keys.clients)
            for client in self.transaction.load_clients(sorted(keys.clients)):
                self._found(("client", client.tenant, client.id), client)
        if keys.carriers:
            self._absent(("carrier", *key) for key in keys.carriers)
            for account in self.transaction.load_carriers(sorted(keys.carriers)):
                self._found(("carrier", account.tenant, account.carrier), account)
        for tenant, after, limit in sorted(keys.payloads):
            found = tuple(self.transaction.load_payloads(tenant, after, limit))
            self.rows["payloads", tenant, after, str(limit)] = found
        if keys.windows:
            self._absent(("window", key) for key in keys.windows)
            for window in self.transaction.load_windows(sorted(keys.windows)):
                self._found(("window", window.key), window)
        if keys.signing_keys:
            self.rows["keys",] = ()
            for key in self.transaction.load_keys():
                self._found(("key", key.id), key)
                self.rows["keys",] += (key.id,)

    def load_stock(self, keys: Keys) -> None:
        """Round three, the last: the rows that everybody wants."""
        if not keys.stock_ids and not keys.stock_skus:
            return
        self._absent(("stock", *key) for key in keys.stock_ids)
        for key in keys.stock_skus:
            self.rows["stock_of", *key] = ()
        found = self.transaction.load_stock(sorted(keys.stock_ids), sorted(keys.stock_skus))
        # One command may ask for a record by its id and another by its SKU: it must not count twice.
        for record in {(record.tenant, record.id): record for record in found}.values():
            self._found(("stock", record.tenant, record.id), record)
            if (record.tenant, record.sku) in keys.stock_skus:
                self.rows["stock_of", record.tenant, record.sku] += (record.id,)

    def _load_webhooks(self, keys: Keys) -> None:
        if keys.deliveries:
            self._absent(("delivery", *key) for key in keys.deliveries)
            for delivery in self.transaction.load_deliveries(sorted(keys.deliveries)):
                self._found(("delivery", delivery.tenant, delivery.id), delivery)
                keys.subscriptions.add((delivery.tenant, delivery.subscription_id))
        if keys.subscriptions:
            self._absent(("subscription", *key) for key in keys.subscriptions)
            for subscription in self.transaction.load_subscriptions(sorted(keys.subscriptions), ()):
                self._found(("subscription", subscription.tenant, subscription.id), subscription)
        if keys.due:
            self._load_due(*(max(most) for most in zip(*keys.due, strict=True)))
        if keys.replays:
            self._load_replays(max(keys.replays))
        for tenant, moment in sorted(keys.moments):
            self.rows["position", tenant, moment.isoformat()] = position_before(self.transaction, tenant, moment)

    def _load_due(self, well: int, ailing: int, deliveries: int) -> None:
        """Load what can be claimed, with the events that are to be told."""
        due = []
        for subscription, waiting in self.transaction.load_due(self.now, well, ailing, deliveries):
            self._meet(("subscription", subscription.tenant, subscription.id), subscription)
            for delivery in waiting:
                self._meet(("delivery", delivery.tenant, delivery.id), delivery)
            due.append((subscription.tenant, subscription.id, tuple(each.id for each in waiting)))
        self.rows["due",] = tuple(due)
        wanted = {
            (delivery.tenant, delivery.subject_id, delivery.sequence)
            for tenant, _, ids in due
            for delivery in (self.rows["delivery", tenant, each] for each in ids)
        }
        if wanted:
            self._events = {
                (event.tenant, event.subject_id, event.sequence): event
                for event in self.transaction.load_events(sorted(wanted))
            }

    def _load_replays(self, limit: int) -> None:
        """Load replays that are not done, each with its subscription and the next stretch of its tenant's feed."""
        running = []
        for replay in self.transaction.load_replays(_REPLAYS_AT_ONCE):
            self._meet(("replay", replay.tenant, replay.id), replay)
            key = (replay.tenant, replay.subscription_id)
            for subscription in self.transaction.load_subscriptions([key], ()):
                self._meet(("subscription", *key), subscription)
            feed = self.transaction.load_feed(replay.tenant, replay.position, limit)
            running.append((replay.tenant, replay.id, tuple(feed)))
        self.rows["replays",] = tuple(running)

    def _meet(self, key: RowKey, row: object) -> None:
        """Take over a row that another command of the batch may have asked for by its key."""
        if self.rows.get(key) is None:
            self._found(key, row)

    def _load_warehouses(self, tenants: Sequence[str]) -> None:
        for tenant in tenants:
            self.rows["warehouses", tenant] = ()
        for warehouse in self.transaction.load_warehouses(tenants):
            self._found(("warehouse", warehouse.tenant, warehouse.id), warehouse)
            self.rows["warehouses", warehouse.tenant] += (warehouse.id,)

    def _load_products(self, keys: Keys) -> None:
        self._absent(("product", *key) for key in keys.product_ids)
        self._absent(("product_of", *key) for key in keys.product_skus)
        for product in self.transaction.load_products(sorted(keys.product_ids), sorted(keys.product_skus)):
            self._found(("product", product.tenant, product.id), product)
            self.rows["product_of", product.tenant, product.sku] = product.id

    def _load_orders(self, ids: Sequence[Key]) -> None:
        self._absent(("order", *key) for key in ids)
        for order in self.transaction.load_orders(ids):
            self._found(("order", order.tenant, order.id), order)
        held: dict[RowKey, list[Reservation]] = {("reservations", *key): [] for key in ids}
        for reservation in self.transaction.load_reservations(ids):
            held["reservations", reservation.tenant, reservation.order_id].append(reservation)
        for key, reservations in held.items():
            self._found(key, tuple(reservations))

    def _absent(self, keys: Iterable[RowKey]) -> None:
        for key in keys:
            self.rows[key] = None

    def _found(self, key: RowKey, row: object) -> None:
        self.rows[key] = row
        self._before[key] = row

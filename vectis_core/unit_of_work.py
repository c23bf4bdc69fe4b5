"""The unit of work: what a command reads and writes, over one transaction for a whole batch.

``Batch`` is an identity map whose rows are changed in place of the store until the batch is flushed. ``UnitOfWork`` is
one command's overlay on it: it is merged into the batch when the command is accepted and dropped when it is refused,
so nothing needs a savepoint.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, cast

from vectis_core.access import ApiClient, SigningKey
from vectis_core.catalogue import Product, Warehouse
from vectis_core.events import Event, EventType, Subject
from vectis_core.identity_map import IdentityMap, RowKey
from vectis_core.ids import Ids, prefixed
from vectis_core.orders.model import Order, Shipment
from vectis_core.ports import (
    AgeLimits,
    Changes,
    Key,
    RateWindow,
    StoredResult,
    Transaction,
    counters_of,
)
from vectis_core.stock.model import Movement, Reservation, StockRecord
from vectis_core.tenancy import Caller, Tenant
from vectis_core.tracking.accounts import CarrierAccount, KeptPayload
from vectis_core.tracking.model import Scan
from vectis_core.vault import Vault
from vectis_core.webhooks.address_rules import AddressRules
from vectis_core.webhooks.fan_out import delivery_of, wants
from vectis_core.webhooks.model import Attempt, Delivery, Replay, Subscription


class NotLoaded(AssertionError):
    """A handler touched a row that its keys did not name: a mistake in the handler."""


class Batch(IdentityMap):
    """The rows of one transaction: as they were loaded, and as the accepted commands have made them."""

    def __init__(
        self, transaction: Transaction, now: datetime, ids: Ids, vault: Vault, address_rules: AddressRules
    ) -> None:
        super().__init__(transaction, now)
        self.ids = ids
        self.vault = vault
        self.address_rules = address_rules
        self._dirty: dict[RowKey, None] = {}
        self._changes = Changes()
        self._cleared = False
        #: The ids of each tenant's subscriptions, once an event has happened to it.
        self._subscribers: dict[str, dict[str, None]] = {}
        #: The keys of subscriptions that the accepted commands have made.
        self._made: dict[RowKey, None] = {}

    def accept(self, work: UnitOfWork) -> None:
        """Take over what a command did."""
        self.rows.update(work.rows)
        for key in work.rows:
            if key[0] in _ENTITIES:
                self._dirty[key] = None
            if key[0] == "subscription" and key not in self._before:
                self._made[key] = None
        self._changes.movements += work.movements
        self._changes.events += work.events
        self._changes.results += work.results
        self._changes.attempts += work.attempts
        self._changes.payloads += work.payloads
        self._changes.dropped += work.dropped
        self._cleared |= work.cleared
        for event in work.events:
            self._fan_out(event)

    def changes(self) -> Changes | None:
        """Return all that the accepted commands wrote, or ``None`` where they wrote nothing."""
        changes = self._changes
        if not (self._dirty or changes.results or changes.payloads or changes.dropped):
            return Changes() if self._cleared else None
        for key in self._dirty:
            before, after = self._before.get(key), self.rows[key]
            if key[0] == "reservations":
                changes.reservations += _changed_reservations(before or (), after)
            else:
                getattr(changes, _ENTITIES[key[0]]).append((before, after))
        self._count()
        return changes

    def _fan_out(self, event: Event) -> None:
        """Put an event on its way, in the transaction that made it happen, to whoever is subscribed at that moment."""
        for subscription_id in self._subscribers_of(event.tenant):
            subscription = self.rows["subscription", event.tenant, subscription_id]
            if wants(subscription, event):
                delivery_id = prefixed("whd", self.ids.uuid7(self.now))
                self._changes.deliveries.append((None, delivery_of(event, subscription, delivery_id, self.now)))

    def _subscribers_of(self, tenant: str) -> Iterable[str]:
        """Return the ids of a tenant's subscriptions, those that this batch has made so far included."""
        ids = self._subscribers.get(tenant)
        if ids is None:
            ids = self._subscribers[tenant] = {}
            for found in self.transaction.load_subscriptions((), [tenant]):
                self._meet(("subscription", tenant, found.id), found)
                ids[found.id] = None
        for key in self._made:
            if key[1] == tenant:
                ids[key[2]] = None
        return ids

    def _count(self) -> None:
        def grow(tenant: str, name: str, amount: int) -> None:
            counters[tenant, name] = counters.get((tenant, name), 0) + amount

        counters = self._changes.counters
        for before, order in self._changes.orders:
            for name, amount in counters_of(before, order):
                grow(order.tenant, name, amount)
        for earlier, product in self._changes.products:
            if earlier is None:
                grow(product.tenant, "products", 1)
        for former, record in self._changes.stock:
            if former is None:
                grow(record.tenant, "stock", 1)


#: Which list of ``Changes`` the rows of a kind go to.
_ENTITIES = {
    "tenant": "tenants",
    "warehouse": "warehouses",
    "product": "products",
    "stock": "stock",
    "order": "orders",
    "reservations": "reservations",
    "client": "clients",
    "key": "keys",
    "window": "windows",
    "subscription": "subscriptions",
    "delivery": "deliveries",
    "replay": "replays",
    "scan": "scans",
    "carrier": "carriers",
}


def _changed_reservations(
    before: Sequence[Reservation], after: Sequence[Reservation]
) -> list[tuple[Reservation | None, Reservation]]:
    former = {(row.line_no, row.stock_id): row for row in before}
    pairs = [(former.get((row.line_no, row.stock_id)), row) for row in after]
    return [(old, new) for old, new in pairs if old is not new]


class UnitOfWork:
    """What one command reads and writes; nothing of it is seen by others until the command is accepted."""

    def __init__(self, batch: Batch, caller: Caller) -> None:
        self._batch = batch
        self.caller = caller
        self.now = batch.now
        self.rows: dict[RowKey, Any] = {}
        self.movements: list[Movement] = []
        self.events: list[Event] = []
        self.results: list[StoredResult] = []
        self.attempts: list[Attempt] = []
        self.payloads: list[tuple[KeptPayload | None, KeptPayload]] = []
        self.dropped: list[Key] = []
        self.cleared = False

    def _get(self, *key: str) -> Any:
        try:
            return self.rows[key] if key in self.rows else self._batch.rows[key]
        except KeyError:
            raise NotLoaded(f"{key} was not among the keys of the command") from None

    # What is outside

    def new_uuid(self) -> str:
        """Return a new UUID of version 7."""
        return self._batch.ids.uuid7(self.now)

    def new_id(self, prefix: str) -> str:
        """Return a new id with a prefix."""
        return prefixed(prefix, self._batch.ids.uuid7(self.now))

    def new_secret(self) -> str:
        """Return 256 random bits as text."""
        return self._batch.ids.secret()

    def seal(self, secret: str, owner: str) -> str:
        """Return *secret* encrypted, so that it opens only for the same *owner*."""
        return self._batch.vault.seal(secret.encode(), owner)

    def opened(self, sealed: str, owner: str) -> str:
        """Return what was sealed for *owner*; raises ``StoreError`` where no master key at hand opens it."""
        return self._batch.vault.open(sealed, owner).decode()

    def address_problem(self, url: str) -> str | None:
        """Return why webhooks must not go to *url*."""
        return self._batch.address_rules.problem(url)

    # Rows by key, each ``None`` where there is none

    def result(self, scope: str, command_id: str) -> StoredResult | None:
        """Return what the command with this id came to."""
        return cast(StoredResult | None, self._get("result", self.caller.tenant, scope, command_id))

    def tenant(self) -> Tenant | None:
        """Return the caller's tenant."""
        return cast(Tenant | None, self._get("tenant", self.caller.tenant))

    def order_id_of(self, external_id: str) -> str | None:
        """Return the id of the order with this external id."""
        return cast(str | None, self._get("external", self.caller.tenant, external_id))

    def order_id_of_shipment(self, shipment_id: str) -> str | None:
        """Return the id of the order that a shipment belongs to."""
        return cast(str | None, self._get("shipment", self.caller.tenant, shipment_id))

    def order(self, order_id: str) -> Order | None:
        """Return an order."""
        return cast(Order | None, self._get("order", self.caller.tenant, order_id))

    def reservations(self, order_id: str) -> tuple[Reservation, ...]:
        """Return all reservations of an order, by line."""
        return cast(tuple[Reservation, ...], self._get("reservations", self.caller.tenant, order_id))

    def orders_of_track(self, track_key: str) -> tuple[str, ...]:
        """Return the ids of the orders with shipments of a parcel."""
        return cast(tuple[str, ...], self._get("track", self.caller.tenant, track_key))

    def scans(self, track_key: str) -> list[Scan]:
        """Return all scans of a parcel."""
        ids = self._get("scans", self.caller.tenant, track_key)
        return [cast(Scan, self._get("scan", self.caller.tenant, track_key, each)) for each in ids]

    def carrier(self, carrier: str) -> CarrierAccount | None:
        """Return what the tenant has configured for a carrier."""
        return cast(CarrierAccount | None, self._get("carrier", self.caller.tenant, carrier))

    def kept_payloads(self, after: str, limit: int) -> tuple[KeptPayload, ...]:
        """Return a page of what carriers sent, oldest first."""
        return cast(tuple[KeptPayload, ...], self._get("payloads", self.caller.tenant, after, str(limit)))

    def product(self, product_id: str) -> Product | None:
        """Return a product."""
        return cast(Product | None, self._get("product", self.caller.tenant, product_id))

    def product_of(self, sku: str) -> Product | None:
        """Return the product with this SKU."""
        product_id = self._get("product_of", self.caller.tenant, sku)
        return self.product(product_id) if product_id is not None else None

    def warehouse(self, warehouse_id: str) -> Warehouse | None:
        """Return a warehouse."""
        ids = self._get("warehouses", self.caller.tenant)
        return (
            cast(Warehouse, self._get("warehouse", self.caller.tenant, warehouse_id)) if warehouse_id in ids else None
        )

    def warehouses(self) -> list[Warehouse]:
        """Return all warehouses of the tenant, in the order in which they are tried."""
        ids = self._get("warehouses", self.caller.tenant)
        found = [cast(Warehouse, self._get("warehouse", self.caller.tenant, each)) for each in ids]
        return sorted(found, key=lambda w: (w.priority, not w.is_default, w.id))

    def stock(self, stock_id: str) -> StockRecord | None:
        """Return a stock record."""
        return cast(StockRecord | None, self._get("stock", self.caller.tenant, stock_id))

    def stock_of(self, sku: str) -> list[StockRecord]:
        """Return all stock records of a SKU."""
        ids = self._get("stock_of", self.caller.tenant, sku)
        return [cast(StockRecord, self._get("stock", self.caller.tenant, each)) for each in ids]

    def client(self, client_id: str) -> ApiClient | None:
        """Return an API client."""
        return cast(ApiClient | None, self._get("client", self.caller.tenant, client_id))

    def signing_keys(self) -> list[SigningKey]:
        """Return all signing keys, oldest first."""
        found = [cast(SigningKey, self._get("key", each)) for each in self._get("keys")]
        return sorted(found, key=lambda key: (key.created_at, key.id))

    def window(self, key: str) -> RateWindow | None:
        """Return the window of a rate limit."""
        return cast(RateWindow | None, self._get("window", key))

    def subscription(self, subscription_id: str) -> Subscription | None:
        """Return a subscription of the caller's tenant."""
        return self.subscription_of(self.caller.tenant, subscription_id)

    def subscription_of(self, tenant: str, subscription_id: str) -> Subscription | None:
        """Return a subscription of any tenant, for those who deliver to all."""
        return cast(Subscription | None, self._get("subscription", tenant, subscription_id))

    def delivery(self, delivery_id: str) -> Delivery | None:
        """Return a delivery of the caller's tenant."""
        return self.delivery_of(self.caller.tenant, delivery_id)

    def delivery_of(self, tenant: str, delivery_id: str) -> Delivery | None:
        """Return a delivery of any tenant, for those who deliver to all."""
        return cast(Delivery | None, self._get("delivery", tenant, delivery_id))

    def due(self) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
        """Return the endpoints that were due when the batch began: tenant, subscription, deliveries."""
        return cast(tuple[tuple[str, str, tuple[str, ...]], ...], self._get("due"))

    def event_of(self, delivery: Delivery) -> Event | None:
        """Return what a delivery that is due tells."""
        return self._batch.event((delivery.tenant, delivery.subject_id, delivery.sequence))

    def replays(self) -> list[tuple[Replay, tuple[Event, ...]]]:
        """Return the replays that are not done, each with the next stretch of its tenant's feed."""
        return [
            (cast(Replay, self._get("replay", tenant, replay_id)), feed)
            for tenant, replay_id, feed in self._get("replays")
        ]

    def position_before(self, moment: datetime) -> int:
        """Return a position of the caller's feed up to which everything happened before *moment*."""
        return cast(int, self._get("position", self.caller.tenant, moment.isoformat()))

    # Writing

    def put_result(self, kept: StoredResult) -> None:
        """Keep what a command came to."""
        self.rows["result", kept.tenant, kept.scope, kept.command_id] = kept
        self.results.append(kept)

    def put_tenant(self, tenant: Tenant) -> None:
        """Write a tenant."""
        self.rows["tenant", tenant.id] = tenant

    def put_order(self, order: Order) -> None:
        """Write an order with its lines and shipments."""
        self.rows["order", order.tenant, order.id] = order
        for shipment in order.shipments:
            self.rows["shipment", order.tenant, shipment.id] = order.id

    def put_label(self, order: Order, label: Shipment) -> None:
        """Write an order with a new shipment, whose parcel was named among the keys."""
        self.put_order(order)
        known = self.orders_of_track(label.track_key)
        if order.id not in known:
            self.rows["track", order.tenant, label.track_key] = (*known, order.id)

    def add_order(self, order: Order, reservations: tuple[Reservation, ...]) -> None:
        """Write a new order and its reservations."""
        self.put_order(order)
        self.rows["external", order.tenant, order.external_id] = order.id
        self.rows["reservations", order.tenant, order.id] = reservations

    def put_reservations(self, order_id: str, reservations: tuple[Reservation, ...]) -> None:
        """Write an order's reservations."""
        self.rows["reservations", self.caller.tenant, order_id] = reservations

    def put_product(self, product: Product) -> None:
        """Write a product."""
        self.rows["product", product.tenant, product.id] = product
        self.rows["product_of", product.tenant, product.sku] = product.id

    def put_warehouse(self, warehouse: Warehouse) -> None:
        """Write a warehouse."""
        ids = self._get("warehouses", warehouse.tenant)
        if warehouse.id not in ids:
            self.rows["warehouses", warehouse.tenant] = (*ids, warehouse.id)
        self.rows["warehouse", warehouse.tenant, warehouse.id] = warehouse

    def put_stock(self, record: StockRecord) -> None:
        """Write a stock record that was loaded."""
        self.rows["stock", record.tenant, record.id] = record

    def add_stock(self, record: StockRecord) -> None:
        """Write a new stock record."""
        self.put_stock(record)
        ids = self._get("stock_of", record.tenant, record.sku)
        self.rows["stock_of", record.tenant, record.sku] = (*ids, record.id)

    def put_client(self, client: ApiClient) -> None:
        """Write an API client."""
        self.rows["client", client.tenant, client.id] = client

    def put_key(self, key: SigningKey) -> None:
        """Write a signing key."""
        ids = self._get("keys")
        if key.id not in ids:
            self.rows["keys",] = (*ids, key.id)
        self.rows["key", key.id] = key

    def put_window(self, window: RateWindow) -> None:
        """Write the window of a rate limit."""
        self.rows["window", window.key] = window

    def put_subscription(self, subscription: Subscription) -> None:
        """Write a subscription."""
        self.rows["subscription", subscription.tenant, subscription.id] = subscription

    def put_delivery(self, delivery: Delivery) -> None:
        """Write a delivery."""
        self.rows["delivery", delivery.tenant, delivery.id] = delivery

    def put_replay(self, replay: Replay) -> None:
        """Write how far a replay is."""
        self.rows["replay", replay.tenant, replay.id] = replay

    def put_scan(self, scan: Scan) -> None:
        """Write a scan of a parcel that was named among the keys."""
        ids = self._get("scans", scan.tenant, scan.track_key)
        if scan.id not in ids:
            self.rows["scans", scan.tenant, scan.track_key] = (*ids, scan.id)
        self.rows["scan", scan.tenant, scan.track_key, scan.id] = scan

    def put_carrier(self, account: CarrierAccount) -> None:
        """Write what is configured for a carrier."""
        self.rows["carrier", account.tenant, account.carrier] = account

    def clear_aged(self, before: AgeLimits, limit: int) -> tuple[int, int, int, int, int, int, int]:
        """Clear what has aged, and return how much of each kind; see ``Transaction.clear_aged``."""
        cleared = self._batch.transaction.clear_aged(before, limit)
        self.cleared |= any(cleared)
        return cleared

    def emit(
        self, event_type: EventType, subject: Subject, subject_id: str, sequence: int, data: dict[str, Any]
    ) -> Event:
        """Write an event of a subject, whose number the subject's row must carry too."""
        event = Event(
            tenant=self.caller.tenant,
            id=self.new_uuid(),
            type=event_type,
            subject=subject,
            subject_id=subject_id,
            sequence=sequence,
            at=self.now,
            actor=self.caller.actor,
            data=data,
        )
        self.events.append(event)
        return event

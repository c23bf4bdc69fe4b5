"""What a storage backend must supply, and what a reader of it may ask.

A backend implements loading by keys, bulk writes, begin and commit, and the named queries of ``View``. Everything
that is a rule lives in the core. The contract of these protocols is the suite in ``vectis_core.testing``.

Keys are tuples that start with the tenant, sorted before they come here; that order is the one global lock order
on stores that lock rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import attrs

from vectis_core.access import ApiClient, SigningKey
from vectis_core.catalogue import Product, Warehouse
from vectis_core.events import Event, Subject
from vectis_core.orders.model import Order, Shipment
from vectis_core.stock.model import Movement, Reservation, StockRecord
from vectis_core.tenancy import Tenant
from vectis_core.tracking.accounts import CarrierAccount, KeptPayload
from vectis_core.tracking.model import Scan
from vectis_core.webhooks.model import Attempt, Backlog, Delivery, Replay, Subscription

Key = tuple[str, str]
#: (tenant, scope, command id)
CommandKey = tuple[str, str, str]
#: (tenant, subject id, sequence)
EventKey = tuple[str, str, int]


@attrs.frozen
class StoredResult:
    """What a command came to, kept so that a repeat gets the same answer."""

    tenant: str
    scope: str
    command_id: str
    fingerprint: str
    #: The result in JSON, as ``vectis_core.engine.results`` writes it.
    result: str
    created_at: datetime


@attrs.frozen
class RateWindow:
    """One fixed window of a rate limit, and how much of it is granted."""

    key: str
    started_at: datetime
    ends_at: datetime
    granted: int


@attrs.define
class Changes:
    """All that a batch writes, in the order in which the fields stand; each list may be empty.

    A changed row comes as (before, after). Where fields are named that guard it, a store writes it only over the same
    values of these, and refuses with ``StoreConflict`` where they have changed or the row is gone.
    """

    tenants: list[tuple[Tenant | None, Tenant]] = attrs.Factory(list)
    warehouses: list[tuple[Warehouse | None, Warehouse]] = attrs.Factory(list)
    products: list[tuple[Product | None, Product]] = attrs.Factory(list)
    #: Guarded by ``ledger_seq`` and ``event_seq``.
    stock: list[tuple[StockRecord | None, StockRecord]] = attrs.Factory(list)
    #: With their lines and shipments, of which only what differs is written; guarded by ``event_seq``.
    orders: list[tuple[Order | None, Order]] = attrs.Factory(list)
    #: Guarded by ``open``.
    reservations: list[tuple[Reservation | None, Reservation]] = attrs.Factory(list)
    movements: list[Movement] = attrs.Factory(list)
    #: In feed order; the store gives each its position.
    events: list[Event] = attrs.Factory(list)
    clients: list[tuple[ApiClient | None, ApiClient]] = attrs.Factory(list)
    keys: list[tuple[SigningKey | None, SigningKey]] = attrs.Factory(list)
    #: Guarded by ``granted``.
    windows: list[tuple[RateWindow | None, RateWindow]] = attrs.Factory(list)
    results: list[StoredResult] = attrs.Factory(list)
    #: Guarded by ``lease_token`` and ``event_seq``.
    subscriptions: list[tuple[Subscription | None, Subscription]] = attrs.Factory(list)
    #: Guarded by ``status`` and ``attempts``; one of an event of the same batch gets the position of that.
    deliveries: list[tuple[Delivery | None, Delivery]] = attrs.Factory(list)
    attempts: list[Attempt] = attrs.Factory(list)
    #: Guarded by ``position``.
    replays: list[tuple[Replay | None, Replay]] = attrs.Factory(list)
    scans: list[tuple[Scan | None, Scan]] = attrs.Factory(list)
    #: Guarded by ``updated_at``.
    carriers: list[tuple[CarrierAccount | None, CarrierAccount]] = attrs.Factory(list)
    #: Guarded by ``sealed``.
    payloads: list[tuple[KeptPayload | None, KeptPayload]] = attrs.Factory(list)
    #: Payloads to delete.
    dropped: list[Key] = attrs.Factory(list)
    #: (tenant, name) to the amount by which a counter grows; see ``counters_of``.
    counters: dict[Key, int] = attrs.Factory(dict)


@attrs.frozen
class AgeLimits:
    """Before which moments things have aged."""

    #: Results made before this.
    results: datetime
    #: Deliveries made before this.
    deliveries: datetime
    #: Scans of no shipment received before this.
    scans: datetime
    #: What says itself when it ends: windows, keys, payloads.
    now: datetime


class Transaction(Protocol):
    """One transaction of a store, for a whole batch of commands.

    Every ``load`` returns what exists of the keys asked for. Nobody else changes what was loaded before this
    transaction ends, or the flush or the commit refuses.
    """

    def load_results(self, keys: Sequence[CommandKey]) -> Iterable[StoredResult]:
        """Return the stored results of these command ids, and keep others from using the ids meanwhile."""
        ...

    def load_order_ids(self, external_ids: Sequence[Key]) -> Mapping[Key, str]:
        """Return the ids of the orders with these external ids, and keep others from using them meanwhile."""
        ...

    def load_orders_of_shipments(self, shipment_ids: Sequence[Key]) -> Mapping[Key, str]:
        """Return the ids of the orders that these shipments belong to."""
        ...

    def load_tracks(self, track_keys: Sequence[Key]) -> Mapping[Key, Sequence[str]]:
        """Return the ids of the orders with shipments of these parcels, each once, sorted."""
        ...

    def load_scans(self, track_keys: Sequence[Key]) -> Iterable[Scan]:
        """Return all scans of these parcels, and keep others from filing scans of them meanwhile."""
        ...

    def load_carriers(self, keys: Sequence[Key]) -> Iterable[CarrierAccount]:
        """Return what tenants have configured for carriers."""
        ...

    def load_payloads(self, tenant: str, after: str, limit: int) -> Iterable[KeptPayload]:
        """Return what carriers sent, by id, oldest first, after an id."""
        ...

    def load_tenants(self, tenants: Sequence[str]) -> Iterable[Tenant]:
        """Return tenants."""
        ...

    def load_warehouses(self, tenants: Sequence[str]) -> Iterable[Warehouse]:
        """Return all warehouses of these tenants."""
        ...

    def load_products(self, ids: Sequence[Key], skus: Sequence[Key]) -> Iterable[Product]:
        """Return products by id and by SKU."""
        ...

    def load_orders(self, ids: Sequence[Key]) -> Iterable[Order]:
        """Return orders with their lines and shipments."""
        ...

    def load_reservations(self, order_ids: Sequence[Key]) -> Iterable[Reservation]:
        """Return all reservations of these orders, by line and stock record."""
        ...

    def load_stock(self, ids: Sequence[Key], skus: Sequence[Key]) -> Iterable[StockRecord]:
        """Return stock records by id, and all those of the SKUs.

        One batch may name by its id what another names by its SKU: a store that locks rows takes all of these in one
        order of its own, such as by id, and not first the ones and then the others.
        """
        ...

    def load_clients(self, ids: Sequence[Key]) -> Iterable[ApiClient]:
        """Return API clients."""
        ...

    def load_keys(self) -> Iterable[SigningKey]:
        """Return all signing keys."""
        ...

    def load_windows(self, keys: Sequence[str]) -> Iterable[RateWindow]:
        """Return rate windows."""
        ...

    def load_subscriptions(self, ids: Sequence[Key], tenants: Sequence[str]) -> Iterable[Subscription]:
        """Return subscriptions by id, and all those of the tenants; deleted ones by id alone."""
        ...

    def load_deliveries(self, ids: Sequence[Key]) -> Iterable[Delivery]:
        """Return deliveries."""
        ...

    def load_events(self, keys: Sequence[EventKey]) -> Iterable[Event]:
        """Return events by their place in their subject's history."""
        ...

    def load_due(
        self, now: datetime, well: int, ailing: int, deliveries: int
    ) -> Iterable[tuple[Subscription, list[Delivery]]]:
        """Return active endpoints of any tenant that are free, and for which something is due.

        What is free and due by *now*, over a clock that was set back too, say ``is_free`` and ``is_due`` of
        ``vectis_core.webhooks.schedule``. Those that were not claimed for longest come first, and before them those
        that were claimed after *now*: at most *well* without a failure, and at most *ailing* with one. Of each at most
        *deliveries*: those that were never tried, by ``first_turn``, and those that are due again, by when and id, in
        the order that ``in_turn`` gives them.
        """
        ...

    def load_replays(self, limit: int) -> Iterable[Replay]:
        """Return replays of any tenant that are not done, oldest first."""
        ...

    def load_feed(self, tenant: str, after: int, limit: int) -> Sequence[Event]:
        """Return events of the tenant's feed after a position, in order."""
        ...

    def clear_aged(self, before: AgeLimits, limit: int) -> tuple[int, int, int, int, int, int, int]:
        """Delete at most *limit* each of what has aged, and return how many of each.

        Results older than that; windows that ended; keys that retired; deliveries with their attempts that were made
        before that and are not pending, or whose subscription is deleted; deleted subscriptions with their
        replays, each after the last of its deliveries; payloads that expired; and scans that were received before
        that and are of no shipment.
        """
        ...

    def flush(self, changes: Changes) -> None:
        """Write everything; raises ``StoreConflict`` where a guard or a constraint refuses."""
        ...

    def commit(self) -> None:
        """Make it durable. An exception leaves open whether it is; the engine reports that."""
        ...

    def rollback(self) -> None:
        """Forget everything; harmless after the transaction has ended. An exception calls for ``Store.recover``."""
        ...

    def committed(self) -> bool | None:
        """Return whether the commit has happened, where an interrupt hit it; ``None`` where nobody can know."""
        ...

    def lend(self) -> AbstractContextManager[Any]:
        """Lend the host what it writes its own rows with, inside this transaction and for its length."""
        ...


@attrs.frozen
class OrderFilter:
    """Which orders a list shows."""

    status: str | None = None
    external_id: str | None = None
    customer_id: str | None = None
    sku: str | None = None
    #: From this moment on.
    created_after: datetime | None = None
    #: Before this moment.
    created_before: datetime | None = None
    #: Without regard to ASCII case.
    customer_email: str | None = attrs.field(default=None, repr=False)


@attrs.frozen
class ProductFilter:
    """Which products a list shows; ``q`` is looked for in SKU and name, without regard to ASCII case."""

    sku: str | None = None
    q: str | None = None
    active: bool | None = None


@attrs.frozen
class StockFilter:
    """Which stock records a list shows."""

    sku: str | None = None
    warehouse_id: str | None = None
    low: bool | None = None


@attrs.frozen
class DeliveryFilter:
    """Which deliveries of a subscription a list shows."""

    subscription_id: str
    status: str | None = None
    event_type: str | None = None


@attrs.frozen
class Slice:
    """Which rows of a list, newest first: after skipping *offset*, or those before an id."""

    limit: int
    offset: int = 0
    before: str | None = None


@attrs.frozen
class Holder:
    """Who holds how many pieces of a stock record."""

    order_id: str
    external_id: str
    line_no: int
    quantity: int
    since: datetime


class View(Protocol):
    """One consistent state of a store, to read from."""

    def order(self, tenant: str, order_id: str) -> Order | None:
        """Return an order with its lines and shipments."""
        ...

    def order_by_external_id(self, tenant: str, external_id: str) -> Order | None:
        """Return the order with this external id."""
        ...

    def orders(self, tenant: str, where: OrderFilter, part: Slice) -> list[Order]:
        """Return orders by id, newest first."""
        ...

    def count_orders(self, tenant: str, where: OrderFilter) -> int:
        """Return how many orders there are; from a counter where only the status is asked for, or nothing."""
        ...

    def shipment(self, tenant: str, shipment_id: str) -> Shipment | None:
        """Return a shipment."""
        ...

    def product(self, tenant: str, product_id: str) -> Product | None:
        """Return a product."""
        ...

    def product_by_sku(self, tenant: str, sku: str) -> Product | None:
        """Return the product with this SKU."""
        ...

    def products(self, tenant: str, where: ProductFilter, part: Slice) -> list[Product]:
        """Return products by id, newest first."""
        ...

    def count_products(self, tenant: str, where: ProductFilter) -> int:
        """Return how many products there are; from a counter where nothing is asked for."""
        ...

    def stock_record(self, tenant: str, stock_id: str) -> StockRecord | None:
        """Return a stock record."""
        ...

    def stock(self, tenant: str, where: StockFilter, part: Slice) -> list[StockRecord]:
        """Return stock records by id, newest first."""
        ...

    def count_stock(self, tenant: str, where: StockFilter) -> int:
        """Return how many stock records there are; from a counter where nothing is asked for."""
        ...

    def movements(self, tenant: str, stock_id: str, part: Slice) -> list[Movement]:
        """Return a record's ledger rows, newest first; ``before`` is a number in text."""
        ...

    def holders(self, tenant: str, stock_id: str) -> list[Holder]:
        """Return who holds pieces of a stock record, oldest order first."""
        ...

    def warehouse(self, tenant: str, warehouse_id: str) -> Warehouse | None:
        """Return a warehouse."""
        ...

    def warehouses(self, tenant: str, part: Slice) -> list[Warehouse]:
        """Return warehouses by id, newest first."""
        ...

    def count_warehouses(self, tenant: str) -> int:
        """Return how many warehouses there are."""
        ...

    def tenant(self, tenant: str) -> Tenant | None:
        """Return a tenant."""
        ...

    def tenants(self, after: str, limit: int) -> list[Tenant]:
        """Return tenants by id, after an id."""
        ...

    def client(self, client_id: str) -> ApiClient | None:
        """Return an API client of any tenant: who presents an id does not name the tenant."""
        ...

    def clients(self, tenant: str, part: Slice) -> list[ApiClient]:
        """Return API clients by id, newest first."""
        ...

    def count_clients(self, tenant: str | None) -> int:
        """Return how many API clients there are, of one tenant or of all."""
        ...

    def signing_keys(self) -> list[SigningKey]:
        """Return all signing keys, oldest first."""
        ...

    def subscription(self, tenant: str, subscription_id: str) -> Subscription | None:
        """Return a subscription that is not deleted."""
        ...

    def subscriptions(self, tenant: str, part: Slice) -> list[Subscription]:
        """Return subscriptions by id, newest first, without deleted ones."""
        ...

    def count_subscriptions(self, tenant: str) -> int:
        """Return how many subscriptions there are, deleted ones not counted."""
        ...

    def delivery(self, tenant: str, delivery_id: str) -> Delivery | None:
        """Return a delivery."""
        ...

    def deliveries(self, tenant: str, where: DeliveryFilter, part: Slice) -> list[Delivery]:
        """Return deliveries by id, newest first."""
        ...

    def count_deliveries(self, tenant: str, where: DeliveryFilter) -> int:
        """Return how many deliveries there are."""
        ...

    def attempts(self, tenant: str, delivery_id: str) -> list[Attempt]:
        """Return the attempts of a delivery, oldest first."""
        ...

    def replays(self, tenant: str, subscription_id: str) -> list[Replay]:
        """Return the replays of a subscription, newest first."""
        ...

    def scans(self, tenant: str, track_keys: Sequence[str]) -> list[Scan]:
        """Return all scans of these parcels, by parcel and id."""
        ...

    def waiting_scans(self, tenant: str, part: Slice) -> list[Scan]:
        """Return scans that are of no shipment yet, those received last first; ``before`` is not used."""
        ...

    def carrier(self, tenant: str, carrier: str) -> CarrierAccount | None:
        """Return what the tenant has configured for a carrier."""
        ...

    def carriers(self, tenant: str) -> list[CarrierAccount]:
        """Return what the tenant has configured, by carrier."""
        ...

    def payloads(self, tenant: str, after: str, limit: int) -> list[KeptPayload]:
        """Return what carriers sent, by id, oldest first, after an id."""
        ...

    def next_due(self, now: datetime) -> datetime | None:
        """Return when the next delivery of any tenant can be claimed, ``None`` where none waits.

        A moment in the past or *now* itself where one can be claimed at once, or a replay goes on.
        """
        ...

    def backlog(self) -> Backlog:
        """Return what is on its way to webhooks, told by indexes: it is asked for every few seconds."""
        ...

    def history(self, tenant: str, subject: Subject, subject_id: str) -> list[Event]:
        """Return all events of one subject, oldest first."""
        ...

    def events(self, tenant: str, after: int, types: Sequence[str], limit: int) -> list[Event]:
        """Return events of the feed after a position, in order; of some types where any are named."""
        ...

    def last_event_position(self, tenant: str) -> int:
        """Return the position of the feed's newest event, 0 where there is none."""
        ...

    def counters(self, tenant: str) -> Mapping[str, int]:
        """Return the tenant's counters by name."""
        ...

    # What verifying needs beside the lists above: everything of a tenant, page by key.

    def scan_stock(self, tenant: str, after: str, limit: int) -> list[StockRecord]:
        """Return stock records by id, oldest first, after an id."""
        ...

    def scan_movements(self, tenant: str, stock_id: str, after: int, limit: int) -> list[Movement]:
        """Return a record's ledger rows, oldest first, after a number."""
        ...

    def scan_orders(self, tenant: str, after: str, limit: int) -> list[Order]:
        """Return orders by id, oldest first, after an id."""
        ...

    def scan_reservations(self, tenant: str, order_ids: Sequence[str]) -> list[Reservation]:
        """Return all reservations of these orders."""
        ...

    def scan_history(self, tenant: str, subject: Subject, ids: Sequence[str]) -> list[Event]:
        """Return all events of these subjects, by subject and number."""
        ...

    def scan_scans(self, tenant: str, after: tuple[str, str], limit: int) -> list[Scan]:
        """Return scans by parcel and id, after a parcel and id."""
        ...

    def strays(self) -> list[str]:
        """Return, in words, rows that point to nothing or outside their tenant, and the file's own faults."""
        ...


class Store(Protocol):
    """A place where everything is kept."""

    #: An id of the database, made with it.
    database_id: str

    @property
    def path(self) -> Path | None:
        """The local file that the database is, beside which a key file can lie; ``None`` where it is none."""
        ...

    def begin(self) -> Transaction:
        """Begin a transaction as the one writer; raises ``ServiceUnavailable`` where the store is not free."""
        ...

    def recover(self) -> None:
        """Make ready to write again after a commit that failed; called before the next ``begin``."""
        ...

    def read(self) -> AbstractContextManager[View]:
        """Return a view of the newest committed state, for the length of the ``with`` block."""
        ...

    def backup(
        self,
        target: Path,
        check: Callable[[View], None],
        progress: Callable[[int, int], None] | None = None,
        *,
        overwrite: bool = False,
    ) -> None:
        """Copy what is committed now to the file *target*, which is a database of its own, while others write.

        *check* is given a view of the copy and raises where it is not to be kept. Only after that, and once it is
        durable, has the copy its name: one that was cut off never looks like a whole one. *progress* is called with
        how much is copied, and of how much.

        Raises ``StoreError`` where *target* cannot be written, or exists and is not to be overwritten, and always in a
        store that is backed up by tools of its own, or keeps nothing.
        """
        ...

    def now(self) -> datetime:
        """Return the store's time, which all commands of a batch share."""
        ...

    def reads_are_local(self) -> bool:
        """Return whether a read by key is so short that an event loop may wait for it."""
        ...

    def log_bytes(self) -> int | None:
        """Return the size of the store's write-ahead log in bytes, as far as it can be told; ``None`` without one."""
        ...

    def purge(self) -> bool:
        """Let go of the bytes of what was overwritten or deleted; return whether no file of the store has any more.

        Called from any thread, while others write. It gives up soon, and returns ``False``, where somebody still reads
        a former state: who asks again later finishes it.
        """
        ...

    def close(self) -> None:
        """Release everything; harmless when repeated."""
        ...


def counters_of(before: Order | None, after: Order) -> Iterable[tuple[str, int]]:
    """Return the counters that an order's change moves, and by how much."""
    if before is None:
        return (("orders", 1), (f"orders:{after.status}", 1))
    if before.status is after.status:
        return ()
    return ((f"orders:{before.status}", -1), (f"orders:{after.status}", 1))

"""Reading: one committed state, looked through row by row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, TypeVar

from vectis_core.access import ApiClient, SigningKey
from vectis_core.catalogue import Product, Warehouse
from vectis_core.events import Event, Subject
from vectis_core.orders.model import Order, Shipment
from vectis_core.ports import DeliveryFilter, Holder, OrderFilter, ProductFilter, Slice, StockFilter
from vectis_core.stock.model import Movement, Reservation, StockRecord
from vectis_core.tenancy import Tenant
from vectis_core.tracking.accounts import CarrierAccount, KeptPayload
from vectis_core.tracking.model import Scan
from vectis_core.webhooks.model import Attempt, Backlog, Delivery, Replay, Subscription, SubscriptionStatus
from vectis_shelf import rules, webhooks
from vectis_shelf.tables import POSITION, Draft, State

T = TypeVar("T")

_FOLD = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
_by_id = attrgetter("id")


def _part(rows: Iterable[T], part: Slice, key: Callable[[T], Any] = _by_id, before: Any = None) -> list[T]:
    """Return a part of *rows*, newest first; *before* is the key to go on from, where it is not an id."""
    last = before if before is not None else part.before
    found = sorted((row for row in rows if last is None or key(row) < last), key=key, reverse=True)
    return found[part.offset :][: part.limit]


def _after(rows: Iterable[T], after: Any, limit: int, key: Callable[[T], Any] = _by_id) -> list[T]:
    """Return at most *limit* rows, oldest first, after a key."""
    return sorted((row for row in rows if key(row) > after), key=key)[:limit]


class ShelfView:
    """One state of a shelf."""

    def __init__(self, state: State) -> None:
        self._state = state

    def _get(self, table: str, *key: Any) -> Any | None:
        return self._state[table].get(key)

    def _of(self, table: str, tenant: str) -> Iterable[Any]:
        return (row for row in self._state[table].values() if row.tenant == tenant)

    def _named(self, table: str, *name: Any) -> Any | None:
        """Return the row that has a name, which starts with its table and its tenant."""
        row_id = self._state["names"].get(name)
        return self._get(table, name[1], row_id) if row_id is not None else None

    # Orders

    def order(self, tenant: str, order_id: str) -> Order | None:
        """Return an order with its lines and shipments."""
        return self._get("orders", tenant, order_id)

    def order_by_external_id(self, tenant: str, external_id: str) -> Order | None:
        """Return the order with this external id."""
        return self._named("orders", "orders", tenant, external_id)

    def _orders(self, tenant: str, where: OrderFilter) -> list[Order]:
        return [order for order in self._of("orders", tenant) if _matches(order, where)]

    def orders(self, tenant: str, where: OrderFilter, part: Slice) -> list[Order]:
        """Return orders by id, newest first."""
        return _part(self._orders(tenant, where), part)

    def count_orders(self, tenant: str, where: OrderFilter) -> int:
        """Return how many orders there are."""
        return len(self._orders(tenant, where))

    def shipment(self, tenant: str, shipment_id: str) -> Shipment | None:
        """Return a shipment."""
        order: Order | None = self._named("orders", "shipments", tenant, shipment_id)
        shipments = order.shipments if order is not None else ()
        return next((shipment for shipment in shipments if shipment.id == shipment_id), None)

    # Products and stock

    def product(self, tenant: str, product_id: str) -> Product | None:
        """Return a product."""
        return self._get("products", tenant, product_id)

    def product_by_sku(self, tenant: str, sku: str) -> Product | None:
        """Return the product with this SKU."""
        return self._named("products", "products", tenant, sku)

    def _products(self, tenant: str, where: ProductFilter) -> list[Product]:
        q = (where.q or "").translate(_FOLD)
        return [
            row
            for row in self._of("products", tenant)
            if where.sku in {None, row.sku}
            and where.active in {None, row.active}
            and (q in row.sku.translate(_FOLD) or q in row.name.translate(_FOLD))
        ]

    def products(self, tenant: str, where: ProductFilter, part: Slice) -> list[Product]:
        """Return products by id, newest first."""
        return _part(self._products(tenant, where), part)

    def count_products(self, tenant: str, where: ProductFilter) -> int:
        """Return how many products there are."""
        return len(self._products(tenant, where))

    def stock_record(self, tenant: str, stock_id: str) -> StockRecord | None:
        """Return a stock record."""
        return self._get("stock", tenant, stock_id)

    def _stock(self, tenant: str, where: StockFilter) -> list[StockRecord]:
        return [
            row
            for row in self._of("stock", tenant)
            if where.sku in {None, row.sku}
            and where.warehouse_id in {None, row.warehouse_id}
            and where.low in {None, row.low}
        ]

    def stock(self, tenant: str, where: StockFilter, part: Slice) -> list[StockRecord]:
        """Return stock records by id, newest first."""
        return _part(self._stock(tenant, where), part)

    def count_stock(self, tenant: str, where: StockFilter) -> int:
        """Return how many stock records there are."""
        return len(self._stock(tenant, where))

    def _movements(self, tenant: str, stock_id: str) -> list[Movement]:
        return [row for row in self._of("movements", tenant) if row.stock_id == stock_id]

    def movements(self, tenant: str, stock_id: str, part: Slice) -> list[Movement]:
        """Return a record's ledger rows, newest first."""
        before = int(part.before) if part.before is not None else None
        return _part(self._movements(tenant, stock_id), part, attrgetter("seq"), before)

    def holders(self, tenant: str, stock_id: str) -> list[Holder]:
        """Return who holds pieces of a stock record, oldest order first."""
        rows = [row for row in self._of("reservations", tenant) if row.stock_id == stock_id and row.open]
        found = sorted(rows, key=lambda row: (row.order_id, row.line_no))
        orders = [self._state["orders"][tenant, row.order_id] for row in found]
        return [
            Holder(order.id, order.external_id, row.line_no, row.open, order.created_at)
            for order, row in zip(orders, found, strict=True)
        ]

    def warehouse(self, tenant: str, warehouse_id: str) -> Warehouse | None:
        """Return a warehouse."""
        return self._get("warehouses", tenant, warehouse_id)

    def warehouses(self, tenant: str, part: Slice) -> list[Warehouse]:
        """Return warehouses by id, newest first."""
        return _part(self._of("warehouses", tenant), part)

    def count_warehouses(self, tenant: str) -> int:
        """Return how many warehouses there are."""
        return sum(1 for _ in self._of("warehouses", tenant))

    # Tenants and access

    def tenant(self, tenant: str) -> Tenant | None:
        """Return a tenant."""
        return self._get("tenants", tenant)

    def tenants(self, after: str, limit: int) -> list[Tenant]:
        """Return tenants by id, after an id."""
        return _after(self._state["tenants"].values(), after, limit)

    def client(self, client_id: str) -> ApiClient | None:
        """Return an API client of any tenant."""
        tenant = self._state["names"].get(("clients", client_id))
        return self._get("clients", tenant, client_id)

    def clients(self, tenant: str, part: Slice) -> list[ApiClient]:
        """Return API clients by id, newest first."""
        return _part(self._of("clients", tenant), part)

    def count_clients(self, tenant: str | None) -> int:
        """Return how many API clients there are, of one tenant or of all."""
        return sum(1 for row in self._state["clients"].values() if tenant in {None, row.tenant})

    def signing_keys(self) -> list[SigningKey]:
        """Return all signing keys, oldest first."""
        return sorted(self._state["keys"].values(), key=lambda key: (key.created_at, key.id))

    # Webhooks

    def subscription(self, tenant: str, subscription_id: str) -> Subscription | None:
        """Return a subscription that is not deleted."""
        return next((row for row in self._subscriptions(tenant) if row.id == subscription_id), None)

    def _subscriptions(self, tenant: str) -> list[Subscription]:
        return [row for row in self._of("subscriptions", tenant) if row.status is not SubscriptionStatus.DELETED]

    def subscriptions(self, tenant: str, part: Slice) -> list[Subscription]:
        """Return subscriptions by id, newest first, without deleted ones."""
        return _part(self._subscriptions(tenant), part)

    def count_subscriptions(self, tenant: str) -> int:
        """Return how many subscriptions there are, deleted ones not counted."""
        return len(self._subscriptions(tenant))

    def delivery(self, tenant: str, delivery_id: str) -> Delivery | None:
        """Return a delivery."""
        return self._get("deliveries", tenant, delivery_id)

    def _deliveries(self, tenant: str, where: DeliveryFilter) -> list[Delivery]:
        return [
            row
            for row in self._of("deliveries", tenant)
            if row.subscription_id == where.subscription_id
            and where.status in {None, str(row.status)}
            and where.event_type in {None, row.event_type}
        ]

    def deliveries(self, tenant: str, where: DeliveryFilter, part: Slice) -> list[Delivery]:
        """Return deliveries by id, newest first."""
        return _part(self._deliveries(tenant, where), part)

    def count_deliveries(self, tenant: str, where: DeliveryFilter) -> int:
        """Return how many deliveries there are."""
        return len(self._deliveries(tenant, where))

    def attempts(self, tenant: str, delivery_id: str) -> list[Attempt]:
        """Return the attempts of a delivery, oldest first."""
        rows = (row for row in self._of("attempts", tenant) if row.delivery_id == delivery_id)
        return sorted(rows, key=attrgetter("number"))

    def replays(self, tenant: str, subscription_id: str) -> list[Replay]:
        """Return the replays of a subscription, newest first."""
        rows = (row for row in self._of("replays", tenant) if row.subscription_id == subscription_id)
        return sorted(rows, key=_by_id, reverse=True)

    def next_due(self, now: datetime) -> datetime | None:
        """Return when the next delivery of any tenant can be claimed, ``None`` where none waits."""
        return webhooks.next_due(Draft(self._state), now)

    def backlog(self) -> Backlog:
        """Return what is on its way to webhooks."""
        return webhooks.backlog(Draft(self._state))

    # Tracking

    def scans(self, tenant: str, track_keys: Sequence[str]) -> list[Scan]:
        """Return all scans of these parcels, by parcel and id."""
        rows = (row for row in self._of("scans", tenant) if row.track_key in track_keys)
        return sorted(rows, key=attrgetter("track_key", "id"))

    def waiting_scans(self, tenant: str, part: Slice) -> list[Scan]:
        """Return scans that are of no shipment yet, those received last first."""
        rows = (row for row in self._of("scans", tenant) if not row.shipments)
        newest = sorted(rows, key=attrgetter("received_at", "track_key", "id"), reverse=True)
        return newest[part.offset :][: part.limit]

    def carrier(self, tenant: str, carrier: str) -> CarrierAccount | None:
        """Return what the tenant has configured for a carrier."""
        return self._get("carriers", tenant, carrier)

    def carriers(self, tenant: str) -> list[CarrierAccount]:
        """Return what the tenant has configured, by carrier."""
        return sorted(self._of("carriers", tenant), key=attrgetter("carrier"))

    def payloads(self, tenant: str, after: str, limit: int) -> list[KeptPayload]:
        """Return what carriers sent, by id, oldest first, after an id."""
        return _after(self._of("payloads", tenant), after, limit)

    # Events

    def history(self, tenant: str, subject: Subject, subject_id: str) -> list[Event]:
        """Return all events of one subject, oldest first."""
        return self.scan_history(tenant, subject, [subject_id])

    def events(self, tenant: str, after: int, types: Sequence[str], limit: int) -> list[Event]:
        """Return events of the feed after a position, in order; of some types where any are named."""
        rows = (row for row in self._of("events", tenant) if not types or row.type in types)
        return _after(rows, after, limit, attrgetter("position"))

    def last_event_position(self, tenant: str) -> int:
        """Return the position of the feed's newest event, 0 where there is none."""
        return self._get("counters", tenant, POSITION) or 0

    def counters(self, tenant: str) -> Mapping[str, int]:
        """Return the tenant's counters by name."""
        rows = self._state["counters"].items()
        return {name: amount for (owner, name), amount in rows if owner == tenant and name != POSITION}

    # What verifying needs

    def scan_stock(self, tenant: str, after: str, limit: int) -> list[StockRecord]:
        """Return stock records by id, oldest first, after an id."""
        return _after(self._of("stock", tenant), after, limit)

    def scan_movements(self, tenant: str, stock_id: str, after: int, limit: int) -> list[Movement]:
        """Return a record's ledger rows, oldest first, after a number."""
        return _after(self._movements(tenant, stock_id), after, limit, attrgetter("seq"))

    def scan_orders(self, tenant: str, after: str, limit: int) -> list[Order]:
        """Return orders by id, oldest first, after an id."""
        return _after(self._of("orders", tenant), after, limit)

    def scan_reservations(self, tenant: str, order_ids: Sequence[str]) -> list[Reservation]:
        """Return all reservations of these orders."""
        wanted = set(order_ids)
        rows = [row for row in self._of("reservations", tenant) if row.order_id in wanted]
        return sorted(rows, key=attrgetter("order_id", "line_no", "stock_id"))

    def scan_history(self, tenant: str, subject: Subject, ids: Sequence[str]) -> list[Event]:
        """Return all events of these subjects, by subject and number."""
        wanted = set(ids)
        rows = [row for row in self._of("events", tenant) if row.subject is subject and row.subject_id in wanted]
        return sorted(rows, key=attrgetter("subject_id", "sequence"))

    def scan_scans(self, tenant: str, after: tuple[str, str], limit: int) -> list[Scan]:
        """Return scans by parcel and id, after a parcel and id."""
        return _after(self._of("scans", tenant), after, limit, attrgetter("track_key", "id"))

    def strays(self) -> list[str]:
        """Return, in words, rows that point to nothing or outside their tenant."""
        draft = Draft(self._state)
        kinds = [name for name in self._state if name not in {"counters", "names", "host"}]
        found = (rules.problem_of(draft, table, row) for table in kinds for row in self._state[table].values())
        return [problem for problem in found if problem is not None]


def _is_same_email(asked: str, kept: str | None) -> bool:
    return kept is not None and kept.translate(_FOLD) == asked.translate(_FOLD)


def _matches(order: Order, where: OrderFilter) -> bool:
    return (
        where.status in {None, str(order.status)}
        and where.external_id in {None, order.external_id}
        and where.customer_id in {None, order.customer_id}
        and (where.customer_email is None or _is_same_email(where.customer_email, order.customer_email))
        and (where.sku is None or any(line.sku == where.sku for line in order.lines))
        and (where.created_after is None or where.created_after <= order.created_at)
        and (where.created_before is None or order.created_at < where.created_before)
    )

"""Questions that change nothing, each answered from one consistent view; the same for every face."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar

import attrs

from vectis_core.access import ApiClient
from vectis_core.catalogue import Product, Warehouse
from vectis_core.constraints import unstorable
from vectis_core.errors import FieldProblem, NotFound, ValidationError
from vectis_core.events import EVENT_FILTERS, Event, EventType, Subject, cursor_at, position_of, types_of
from vectis_core.orders.lifecycle import OrderStatus
from vectis_core.orders.model import Order, Shipment
from vectis_core.ports import DeliveryFilter, Holder, OrderFilter, ProductFilter, Slice, StockFilter, View
from vectis_core.stock.model import Movement, StockRecord
from vectis_core.tenancy import Settings
from vectis_core.tracking.accounts import CarrierAccount
from vectis_core.tracking.timeline import ShipmentTimeline, timeline_of
from vectis_core.webhooks.model import Attempt, Delivery, DeliveryStatus, Replay, Subscription

T = TypeVar("T")


def _as_tuple(rows: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(rows)


#: The most entries on one page of a list.
PAGE_MAX = 100
#: The entries on a page where nothing is said.
PAGE_DEFAULT = 20
#: The most characters of a SKU or a name that are looked for: no name has more.
SEARCH_MAX = 255
#: The farthest a list can be skipped into: what every store can count.
OFFSET_MAX = 2**63 - 1


@attrs.frozen
class Page(Generic[T]):
    """Part of a list, and how long the whole of it is."""

    items: tuple[T, ...] = attrs.field(converter=_as_tuple)
    limit: int
    offset: int
    total: int


@attrs.frozen
class EventPage:
    """Part of the feed, and the cursor that continues it; the same cursor where there is nothing new."""

    events: tuple[Event, ...] = attrs.field(converter=_as_tuple)
    next: str


@attrs.frozen
class Explanation:
    """Where every piece of a stock record is: free, or promised to whom."""

    record: StockRecord
    holders: tuple[Holder, ...] = attrs.field(converter=_as_tuple)


@attrs.frozen
class DeliveryLog:
    """A delivery and every attempt to make it, oldest first."""

    delivery: Delivery
    attempts: tuple[Attempt, ...] = attrs.field(converter=_as_tuple)


def page_slice(limit: int = PAGE_DEFAULT, offset: int = 0, before: str | None = None) -> Slice:
    """Return the part of a list, or of what is older than *before*; raises ``ValidationError`` out of bounds."""
    problems = []
    if type(limit) is not int or not 1 <= limit <= PAGE_MAX:
        problems.append(FieldProblem("limit", f"must be an integer between 1 and {PAGE_MAX}"))
    if type(offset) is not int or not 0 <= offset <= OFFSET_MAX:
        problems.append(FieldProblem("offset", "must be an integer of 0 or more"))
    if problems:
        raise ValidationError(problems)
    return Slice(limit, offset, before)


def order_filter(
    status: str | None = None,
    external_id: str | None = None,
    customer_id: str | None = None,
    sku: str | None = None,
    created_after: datetime | None = None,
    created_before: datetime | None = None,
) -> OrderFilter:
    """Return which orders to list; raises ``ValidationError`` for what can match nothing sensible."""
    if status is not None and status not in list(OrderStatus):
        raise ValidationError.of("status", f"must be one of {', '.join(OrderStatus)}")
    for field, moment in (("createdAfter", created_after), ("createdBefore", created_before)):
        if moment is not None and moment.tzinfo is None:
            raise ValidationError.of(field, "must be a time with a zone, such as 2026-01-26T12:00:00Z")
    _check_text(externalId=external_id, customerId=customer_id, sku=sku)
    return OrderFilter(status, external_id, customer_id, sku, created_after, created_before)


def product_filter(sku: str | None = None, q: str | None = None, active: bool | None = None) -> ProductFilter:
    """Return which products to list; raises ``ValidationError`` for what can match nothing sensible."""
    _check_text(sku=sku, q=q)
    if q is not None and len(q) > SEARCH_MAX:
        raise ValidationError.of("q", f"must have at most {SEARCH_MAX} characters")
    return ProductFilter(sku, q, active)


def stock_filter(sku: str | None = None, warehouse_id: str | None = None, low: bool | None = None) -> StockFilter:
    """Return which stock records to list; raises ``ValidationError`` for text that no name can have."""
    _check_text(sku=sku, warehouseId=warehouse_id)
    return StockFilter(sku, warehouse_id, low)


def _check_text(**given: str | None) -> None:
    for field, text in given.items():
        problem = unstorable(text) if text is not None else None
        if problem is not None:
            raise ValidationError.of(field, problem)


def _found(value: T | None, what: str) -> T:
    if value is None:
        raise NotFound(f"No such {what}")
    return value


def _page(rows: list[T], part: Slice, count: Callable[[], int]) -> Page[T]:
    """Return a page; one that is the end of its list says by itself how long that is, without counting."""
    is_end = part.before is None and len(rows) < part.limit and (rows or part.offset == 0)
    return Page(rows, part.limit, part.offset, part.offset + len(rows) if is_end else count())


def order(view: View, tenant: str, order_id: str) -> Order:
    """Return an order; raises ``NotFound``."""
    return _found(view.order(tenant, order_id), "order")


def order_by_external_id(view: View, tenant: str, external_id: str) -> Order:
    """Return the order that has the caller's own id; raises ``NotFound``."""
    return _found(view.order_by_external_id(tenant, external_id), "order")


def orders(view: View, tenant: str, where: OrderFilter, part: Slice) -> Page[Order]:
    """Return part of the orders, newest first."""
    rows = view.orders(tenant, where, part)
    return _page(rows, part, lambda: view.count_orders(tenant, where))


def shipments(view: View, tenant: str, order_id: str) -> tuple[Shipment, ...]:
    """Return an order's shipments, oldest first; raises ``NotFound``."""
    return order(view, tenant, order_id).shipments


def shipment(view: View, tenant: str, shipment_id: str) -> Shipment:
    """Return a shipment; raises ``NotFound``."""
    return _found(view.shipment(tenant, shipment_id), "shipment")


def history(view: View, tenant: str, order_id: str) -> tuple[Event, ...]:
    """Return each step that changed an order, oldest first; raises ``NotFound``."""
    order(view, tenant, order_id)
    return tuple(view.history(tenant, Subject.ORDER, order_id))


def tracking(view: View, tenant: str, order_id: str) -> tuple[ShipmentTimeline, ...]:
    """Return what carriers have reported of each shipment of an order; raises ``NotFound``."""
    shipments = order(view, tenant, order_id).shipments
    scans = view.scans(tenant, sorted({each.track_key for each in shipments})) if shipments else []
    return tuple(timeline_of(each, scans) for each in shipments)


def carrier(view: View, tenant: str, name: str) -> CarrierAccount:
    """Return what is configured for a carrier; raises ``NotFound`` where nothing is."""
    account = view.carrier(tenant, name)
    if account is None or account.is_closed:
        raise NotFound(f"Nothing is configured for {name}: its pushes are refused")
    return account


def carriers(view: View, tenant: str) -> tuple[CarrierAccount, ...]:
    """Return what is configured, by carrier."""
    return tuple(each for each in view.carriers(tenant) if not each.is_closed)


def subscription(view: View, tenant: str, subscription_id: str) -> Subscription:
    """Return a subscription; raises ``NotFound``."""
    return _found(view.subscription(tenant, subscription_id), "webhook")


def subscriptions(view: View, tenant: str, part: Slice) -> Page[Subscription]:
    """Return part of the subscriptions, newest first."""
    rows = view.subscriptions(tenant, part)
    return _page(rows, part, lambda: view.count_subscriptions(tenant))


def delivery_filter(subscription_id: str, status: str | None = None, event: str | None = None) -> DeliveryFilter:
    """Return which deliveries to list; raises ``ValidationError`` for what can match nothing sensible."""
    if status is not None and status not in list(DeliveryStatus):
        raise ValidationError.of("status", f"must be one of {', '.join(DeliveryStatus)}")
    if event is not None and event not in list(EventType):
        raise ValidationError.of("event", f"must be one of {', '.join(EventType)}")
    return DeliveryFilter(subscription_id, status, event)


def deliveries(view: View, tenant: str, where: DeliveryFilter, part: Slice) -> Page[Delivery]:
    """Return part of a subscription's deliveries, newest first; raises ``NotFound``."""
    subscription(view, tenant, where.subscription_id)
    rows = view.deliveries(tenant, where, part)
    return _page(rows, part, lambda: view.count_deliveries(tenant, where))


def delivery_log(view: View, tenant: str, delivery_id: str) -> DeliveryLog:
    """Return a delivery with its attempts; raises ``NotFound``."""
    found = _found(view.delivery(tenant, delivery_id), "delivery")
    return DeliveryLog(found, view.attempts(tenant, delivery_id))


def replays(view: View, tenant: str, subscription_id: str) -> tuple[Replay, ...]:
    """Return a subscription's replays, newest first; raises ``NotFound``."""
    subscription(view, tenant, subscription_id)
    return tuple(view.replays(tenant, subscription_id))


def product(view: View, tenant: str, product_id: str) -> Product:
    """Return a product; raises ``NotFound``."""
    return _found(view.product(tenant, product_id), "product")


def product_by_sku(view: View, tenant: str, sku: str) -> Product:
    """Return the product with this SKU; raises ``NotFound``."""
    return _found(None if unstorable(sku) else view.product_by_sku(tenant, sku), "product")


def products(view: View, tenant: str, where: ProductFilter, part: Slice) -> Page[Product]:
    """Return part of the products, newest first."""
    rows = view.products(tenant, where, part)
    return _page(rows, part, lambda: view.count_products(tenant, where))


def stock_record(view: View, tenant: str, stock_id: str) -> StockRecord:
    """Return a stock record; raises ``NotFound``."""
    return _found(view.stock_record(tenant, stock_id), "stock record")


def stock(view: View, tenant: str, where: StockFilter, part: Slice) -> Page[StockRecord]:
    """Return part of the stock records, newest first."""
    rows = view.stock(tenant, where, part)
    return _page(rows, part, lambda: view.count_stock(tenant, where))


def movements(view: View, tenant: str, stock_id: str, part: Slice) -> Page[Movement]:
    """Return part of a record's ledger, newest first; raises ``NotFound``."""
    record = stock_record(view, tenant, stock_id)
    rows = view.movements(tenant, stock_id, part)
    return Page(rows, part.limit, part.offset, record.ledger_seq)


def explain(view: View, tenant: str, stock_id: str) -> Explanation:
    """Return who holds what of a stock record; raises ``NotFound``."""
    return Explanation(stock_record(view, tenant, stock_id), view.holders(tenant, stock_id))


def warehouse(view: View, tenant: str, warehouse_id: str) -> Warehouse:
    """Return a warehouse; raises ``NotFound``."""
    return _found(view.warehouse(tenant, warehouse_id), "warehouse")


def warehouses(view: View, tenant: str, part: Slice) -> Page[Warehouse]:
    """Return part of the warehouses, newest first."""
    rows = view.warehouses(tenant, part)
    return Page(rows, part.limit, part.offset, view.count_warehouses(tenant))


def settings(view: View, tenant: str) -> Settings:
    """Return the tenant's settings; raises ``NotFound`` where the tenant was never opened."""
    return _found(view.tenant(tenant), "tenant").settings


def client(view: View, tenant: str, client_id: str) -> ApiClient:
    """Return an API client; raises ``NotFound``."""
    found = view.client(client_id)
    return _found(found if found is not None and found.tenant == tenant else None, "client")


def clients(view: View, tenant: str, part: Slice) -> Page[ApiClient]:
    """Return part of the API clients, newest first."""
    rows = view.clients(tenant, part)
    return Page(rows, part.limit, part.offset, view.count_clients(tenant))


def events(
    view: View, tenant: str, after: str | None = None, types: Sequence[str] = (), limit: int = PAGE_MAX
) -> EventPage:
    """Return part of the feed after a cursor, from its beginning where there is none, in order.

    *types* are filters as a webhook has them: types, ``order.*`` and the like, or ``*``. Raises ``ValidationError``
    for a cursor or a type that is none, or a limit out of bounds.
    """
    if any(name not in EVENT_FILTERS for name in types):
        raise ValidationError.of("types", f"must each be one of {', '.join(EVENT_FILTERS)}")
    position = position_of(after) if after is not None else 0
    limit = page_slice(limit).limit
    wanted = () if "*" in types else types_of(types)
    rows = view.events(tenant, position, wanted, limit)
    if len(rows) < limit and wanted:
        # The view is one moment of the store: what was passed over lies before this position for good.
        position = max(position, view.last_event_position(tenant))
    elif rows:
        position = rows[-1].position
    return EventPage(rows, cursor_at(position))

"""What callers want, as values: one strategy for every class of input."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from hypothesis import strategies as st

from vectis_core.access import SCOPES, NewClient
from vectis_core.catalogue import (
    PRIORITY_MAX,
    Dimensions,
    NewProduct,
    NewWarehouse,
    ProductChange,
    WarehouseAddress,
    WarehouseChange,
    Weight,
)
from vectis_core.orders.model import (
    Address,
    Cancellation,
    Item,
    NewOrder,
    NewShipment,
    Reason,
    ShipmentItem,
    ShipmentMoment,
)
from vectis_core.stock.model import Adjustment, NewStockRecord, StockChange
from vectis_core.tenancy import SettingsChange
from vectis_core.testing.strategies import tracking, values, webhooks
from vectis_core.testing.strategies.values import measures, optional, prices, texts, unless_unset
from vectis_core.tracking.accounts import CarrierSetup
from vectis_core.tracking.model import Place, Reading, TrackingEvent
from vectis_core.webhooks.model import NewSubscription, ReplayRange, Rotation, SubscriptionChange

T = TypeVar("T")


def _maybe_empty(longest: int) -> st.SearchStrategy[str | None]:
    return st.one_of(st.none(), st.just(""), texts(longest))


# Orders


def addresses() -> st.SearchStrategy[Address]:
    """Return addresses, with and without what is optional."""
    return st.builds(
        Address,
        name=texts(255),
        line1=texts(255),
        city=texts(255),
        country=values.countries(),
        line2=_maybe_empty(255),
        region=optional(texts(255)),
        postal_code=optional(texts(32)),
        company=optional(texts(255)),
        phone=optional(texts(64)),
    )


def items(
    skus: st.SearchStrategy[str] | None = None,
    quantities: st.SearchStrategy[int] | None = None,
    addresses: int = 1,
) -> st.SearchStrategy[Item]:
    """Return lines to order, each to one of *addresses* shipping addresses."""
    return st.builds(
        Item,
        sku=skus if skus is not None else values.skus(),
        quantity=quantities if quantities is not None else values.quantities(),
        unit_price=prices(),
        shipping_address=st.one_of(st.none(), st.integers(0, addresses - 1)),
    )


@st.composite
def new_orders(
    draw: st.DrawFn,
    skus: st.SearchStrategy[str] | None = None,
    quantities: st.SearchStrategy[int] | None = None,
    external_ids: st.SearchStrategy[str] | None = None,
    most_lines: int = 5,
    most_addresses: int = 3,
) -> NewOrder:
    """Return orders to create, of one or several lines to one or several addresses."""
    shipping = draw(st.lists(addresses(), min_size=1, max_size=most_addresses))
    lines = st.lists(items(skus, quantities, len(shipping)), min_size=1, max_size=most_lines)
    return NewOrder(
        external_id=draw(external_ids if external_ids is not None else values.external_ids()),
        items=tuple(draw(lines)),
        shipping_addresses=tuple(shipping),
        billing_address=draw(st.one_of(st.none(), addresses())),
        customer_id=draw(optional(texts(255))),
        customer_email=draw(optional(values.emails())),
        currency=draw(values.currencies()),
    )


def cancellations() -> st.SearchStrategy[Cancellation]:
    """Return cancellations, with and without a reason."""
    return st.builds(Cancellation, reason=optional(values.reasons()))


def reasons_given() -> st.SearchStrategy[Reason]:
    """Return what a hold, a release and a short close are asked with: a reason."""
    return st.builds(Reason, reason=values.reasons())


# Shipments


def shipment_items(
    skus: st.SearchStrategy[str] | None = None,
    line_ids: st.SearchStrategy[str] | None = None,
    quantities: st.SearchStrategy[int] | None = None,
) -> st.SearchStrategy[ShipmentItem]:
    """Return pieces to ship, of a SKU or of a line, never of both."""
    pieces = quantities if quantities is not None else values.quantities()
    by_sku = st.builds(ShipmentItem, quantity=pieces, sku=skus if skus is not None else values.skus())
    by_line = st.builds(ShipmentItem, quantity=pieces, line_id=line_ids if line_ids is not None else texts(64))
    return st.one_of(by_sku, by_line)


def new_shipments(
    items: st.SearchStrategy[ShipmentItem] | None = None,
    warehouse_ids: st.SearchStrategy[str] | None = None,
) -> st.SearchStrategy[NewShipment]:
    """Return shipments, as shipped or as a label: of all that is reserved, unless *items* or warehouses are given."""
    parts = st.lists(items, min_size=1, max_size=3).map(tuple) if items is not None else st.nothing()
    return st.builds(
        NewShipment,
        carrier=values.carriers(),
        tracking_number=texts(128),
        items=st.one_of(st.none(), parts),
        status=st.sampled_from(["shipped", "label_created"]),
        warehouse_id=optional(warehouse_ids) if warehouse_ids is not None else st.none(),
    )


def shipment_moments() -> st.SearchStrategy[ShipmentMoment]:
    """Return when a step of a shipment happened: mostly now."""
    return st.builds(ShipmentMoment, at=st.one_of(st.none(), st.none(), values.moments()))


# Catalogue


def weights() -> st.SearchStrategy[Weight]:
    """Return weights of a piece."""
    return st.builds(Weight, value=measures(), unit=st.sampled_from(["g", "kg", "oz", "lb"]))


def dimensions() -> st.SearchStrategy[Dimensions]:
    """Return sizes of a piece."""
    units = st.sampled_from(["mm", "cm", "m", "in", "ft"])
    return st.builds(Dimensions, length=measures(), width=measures(), height=measures(), unit=units)


def new_products(skus: st.SearchStrategy[str] | None = None) -> st.SearchStrategy[NewProduct]:
    """Return products to create."""
    return st.builds(
        NewProduct,
        sku=skus if skus is not None else values.skus(),
        name=texts(255),
        weight=optional(weights()),
        dimensions=optional(dimensions()),
    )


def product_changes() -> st.SearchStrategy[ProductChange]:
    """Return changes of a product, of some fields or of none."""
    return st.builds(
        ProductChange,
        name=unless_unset(texts(255)),
        weight=unless_unset(optional(weights())),
        dimensions=unless_unset(optional(dimensions())),
        active=unless_unset(st.booleans()),
    )


def warehouse_addresses() -> st.SearchStrategy[WarehouseAddress]:
    """Return where a warehouse stands."""
    return st.builds(
        WarehouseAddress,
        line1=texts(255),
        city=texts(255),
        country=values.countries(),
        line2=_maybe_empty(255),
        region=_maybe_empty(255),
        postal_code=_maybe_empty(32),
    )


def _priorities() -> st.SearchStrategy[int]:
    return st.one_of(st.integers(0, 3), st.just(PRIORITY_MAX))


def new_warehouses(codes: st.SearchStrategy[str] | None = None) -> st.SearchStrategy[NewWarehouse]:
    """Return warehouses to create."""
    return st.builds(
        NewWarehouse,
        code=codes if codes is not None else texts(64),
        name=texts(255),
        address=optional(warehouse_addresses()),
        priority=optional(_priorities()),
        active=st.booleans(),
    )


def warehouse_changes() -> st.SearchStrategy[WarehouseChange]:
    """Return changes of a warehouse, of some fields or of none."""
    return st.builds(
        WarehouseChange,
        code=unless_unset(texts(64)),
        name=unless_unset(texts(255)),
        address=unless_unset(optional(warehouse_addresses())),
        priority=unless_unset(_priorities()),
        active=unless_unset(st.booleans()),
    )


# Stock


def _reorder_points() -> st.SearchStrategy[int | None]:
    return st.one_of(st.none(), st.integers(0, 10), st.just(1_000_000_000))


def new_stock_records(
    skus: st.SearchStrategy[str] | None = None, warehouse_ids: st.SearchStrategy[str] | None = None
) -> st.SearchStrategy[NewStockRecord]:
    """Return stock records to open."""
    return st.builds(
        NewStockRecord,
        sku=skus if skus is not None else values.skus(),
        warehouse_id=warehouse_ids if warehouse_ids is not None else values.object_ids(),
        reorder_point=_reorder_points(),
    )


def stock_changes() -> st.SearchStrategy[StockChange]:
    """Return changes of a stock record's reorder point."""
    return st.builds(StockChange, reorder_point=unless_unset(_reorder_points()))


def adjustments() -> st.SearchStrategy[Adjustment]:
    """Return corrections of what is on hand, the largest among them."""
    most = 1_000_000_000
    amounts = st.one_of(st.integers(-10, 100), st.sampled_from([-most, most]))
    return st.builds(Adjustment, adjustment=amounts.filter(bool), reason=values.reasons())


# Tenants


def settings_changes() -> st.SearchStrategy[SettingsChange]:
    """Return changes of a tenant's settings."""
    return st.builds(SettingsChange, auto_confirm=unless_unset(st.booleans()))


def new_clients() -> st.SearchStrategy[NewClient]:
    """Return API clients to make."""
    scopes = st.lists(st.sampled_from(SCOPES), min_size=1, unique=True).map(tuple)
    return st.builds(NewClient, name=texts(255), scopes=optional(scopes))


_BY_CLASS: dict[type, Callable[[], st.SearchStrategy[Any]]] = {
    Address: addresses,
    Adjustment: adjustments,
    Cancellation: cancellations,
    CarrierSetup: tracking.carrier_setups,
    Dimensions: dimensions,
    Item: items,
    NewClient: new_clients,
    NewOrder: new_orders,
    NewProduct: new_products,
    NewShipment: new_shipments,
    NewStockRecord: new_stock_records,
    NewSubscription: webhooks.new_subscriptions,
    NewWarehouse: new_warehouses,
    Place: tracking.places,
    ProductChange: product_changes,
    Reading: tracking.readings,
    Reason: reasons_given,
    ReplayRange: webhooks.replay_ranges,
    Rotation: webhooks.rotations,
    SettingsChange: settings_changes,
    ShipmentItem: shipment_items,
    ShipmentMoment: shipment_moments,
    StockChange: stock_changes,
    SubscriptionChange: webhooks.subscription_changes,
    TrackingEvent: tracking.tracking_events,
    WarehouseAddress: warehouse_addresses,
    WarehouseChange: warehouse_changes,
    Weight: weights,
}


def of(cls: type[T]) -> st.SearchStrategy[T]:
    """Return the strategy for a class of input, such as ``NewOrder``; raises ``LookupError`` for any other class."""
    strategy = _BY_CLASS.get(cls)
    if strategy is None:
        raise LookupError(f"{cls.__name__} is no class of input")
    return strategy()

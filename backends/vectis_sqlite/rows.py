"""Rows to entities and back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import lru_cache
from operator import attrgetter
from typing import Any, TypeVar

import attrs
import simplejson

from vectis_core.access import ApiClient, ClientSecret, SigningKey
from vectis_core.catalogue import Dimensions, Product, Warehouse, WarehouseAddress, Weight
from vectis_core.clock import from_micros, to_micros
from vectis_core.events import Event, EventType, Subject
from vectis_core.orders.lifecycle import OrderStatus, ShipmentStatus
from vectis_core.orders.model import Address, Order, OrderLine, Shipment, ShipmentLine
from vectis_core.ports import RateWindow, StoredResult
from vectis_core.stock.model import Movement, MovementKind, Reservation, StockRecord
from vectis_core.tenancy import Settings, Tenant
from vectis_sqlite.tracking_rows import state_of, state_text

T = TypeVar("T")
Row = tuple[Any, ...]

#: For how many rows that hardly change it is remembered what they mean. The rows themselves are always read.
_REMEMBERED = 1_024

#: One encoder for all: making one for each call costs more than encoding.
_to_json: Callable[[Any], str] = simplejson.JSONEncoder(
    separators=(",", ":"),
    ensure_ascii=False,
    allow_nan=False,
    use_decimal=True,
    # What we write are plain dicts and lists; looking for other things takes as long as writing these.
    namedtuple_as_object=False,
    iterable_as_array=False,
    for_json=False,
).encode
_from_json: Callable[[str], Any] = simplejson.JSONDecoder(parse_float=Decimal).decode

#: The fields of value objects that are kept as JSON, and how to read them at once.
_NAMES = {cls: tuple(attrs.fields_dict(cls)) for cls in (Address, WarehouseAddress, Weight, Dimensions)}
_READERS: dict[type, Callable[[Any], tuple[Any, ...]]] = {cls: attrgetter(*names) for cls, names in _NAMES.items()}


def maybe_micros(moment: Any) -> int | None:
    """Return a moment as it is kept, ``None`` for none."""
    return None if moment is None else to_micros(moment)


def maybe_moment(micros: int | None) -> Any:
    """Return the moment that is kept, ``None`` for none."""
    return None if micros is None else from_micros(micros)


def _fields(value: Any) -> dict[str, Any]:
    """Return what a value object holds, without what it lacks."""
    cls = type(value)
    held = zip(_NAMES[cls], _READERS[cls](value), strict=True)
    return {name: each for name, each in held if each is not None}


def _maybe_json(value: Any) -> str | None:
    return None if value is None else _to_json(_fields(value))


def _maybe(cls: type[T], text: str | None) -> T | None:
    return None if text is None else cls(**_from_json(text))


# Orders


def order_row(order: Order) -> Row:
    """Return the row of an order's head."""
    created_at = to_micros(order.created_at)
    return (
        order.tenant,
        order.id,
        order.external_id,
        order.status.value,
        order.currency,
        str(order.total),
        order.item_count,
        order.customer_id,
        order.customer_email,
        _to_json([_fields(address) for address in order.shipping_addresses]),
        _maybe_json(order.billing_address),
        order.on_hold,
        order.hold_reason,
        order.cancel_reason,
        created_at,
        created_at if order.updated_at is order.created_at else to_micros(order.updated_at),
        maybe_micros(order.confirmed_at),
        maybe_micros(order.cancelled_at),
        order.event_seq,
        order.fingerprint,
    )


def order_change(before: Order, order: Order) -> Row:
    """Return what an order's head becomes, and the guard."""
    row = order_row(order)
    return (*row[3:4], *row[5:7], *row[8:14], *row[15:19], order.tenant, order.id, before.event_seq)


def order_of(row: Row, lines: tuple[OrderLine, ...], shipments: tuple[Shipment, ...]) -> Order:
    """Return the order of a row."""
    return Order(
        tenant=row[0],
        id=row[1],
        external_id=row[2],
        status=OrderStatus(row[3]),
        currency=row[4],
        total=Decimal(row[5]),
        item_count=row[6],
        customer_id=row[7],
        customer_email=row[8],
        shipping_addresses=tuple(Address(**each) for each in _from_json(row[9])),
        billing_address=_maybe(Address, row[10]),
        on_hold=bool(row[11]),
        hold_reason=row[12],
        cancel_reason=row[13],
        created_at=from_micros(row[14]),
        updated_at=from_micros(row[15]),
        confirmed_at=maybe_moment(row[16]),
        cancelled_at=maybe_moment(row[17]),
        event_seq=row[18],
        fingerprint=row[19],
        lines=lines,
        shipments=shipments,
    )


def line_row(order: Order, line: OrderLine) -> Row:
    """Return the row of an order line."""
    return (
        order.tenant,
        order.id,
        line.line_no,
        line.sku,
        line.quantity,
        str(line.unit_price),
        str(line.total),
        line.shipping_address,
        line.waiting,
        line.reserved,
        line.shipped,
        line.cancelled,
        line.returned,
    )


def line_change(order: Order, line: OrderLine) -> Row:
    """Return what an order line becomes; the order's own guard covers it."""
    row = line_row(order, line)
    return (row[4], row[6], *row[8:13], *row[:3])


def line_of(row: Row) -> OrderLine:
    """Return the order line of a row."""
    return OrderLine(
        line_no=row[2],
        id=f"{row[1]}-{row[2]}",
        sku=row[3],
        quantity=row[4],
        unit_price=Decimal(row[5]),
        total=Decimal(row[6]),
        shipping_address=row[7],
        waiting=row[8],
        reserved=row[9],
        shipped=row[10],
        cancelled=row[11],
        returned=row[12],
    )


def reservation_row(held: Reservation) -> Row:
    """Return the row of a reservation."""
    return (held.tenant, held.order_id, held.line_no, held.stock_id, held.warehouse_id, held.quantity, held.open)


def reservation_change(before: Reservation, held: Reservation) -> Row:
    """Return what a reservation becomes, and the guard."""
    return (held.quantity, held.open, held.tenant, held.order_id, held.line_no, held.stock_id, before.open)


def shipment_row(shipment: Shipment) -> Row:
    """Return the row of a shipment's head."""
    return (
        shipment.tenant,
        shipment.id,
        shipment.order_id,
        shipment.status.value,
        shipment.carrier,
        shipment.tracking_number,
        shipment.shipping_address,
        to_micros(shipment.created_at),
        to_micros(shipment.updated_at),
        maybe_micros(shipment.shipped_at),
        maybe_micros(shipment.delivered_at),
        maybe_micros(shipment.voided_at),
        shipment.track_key,
        state_text(shipment.tracking),
    )


def shipment_change(before: Shipment, shipment: Shipment) -> Row:
    """Return what a shipment becomes, and the guard."""
    row = shipment_row(shipment)
    return (row[3], *row[8:12], row[13], shipment.tenant, shipment.id, before.status.value)


def shipment_of(row: Row, lines: tuple[ShipmentLine, ...]) -> Shipment:
    """Return the shipment of a row."""
    return Shipment(
        tenant=row[0],
        id=row[1],
        order_id=row[2],
        status=ShipmentStatus(row[3]),
        carrier=row[4],
        tracking_number=row[5],
        shipping_address=row[6],
        lines=lines,
        created_at=from_micros(row[7]),
        updated_at=from_micros(row[8]),
        shipped_at=maybe_moment(row[9]),
        delivered_at=maybe_moment(row[10]),
        voided_at=maybe_moment(row[11]),
        tracking=state_of(row[13]),
    )


def shipment_line_rows(shipment: Shipment) -> Iterable[Row]:
    """Return the rows of a shipment's lines."""
    head = (shipment.tenant, shipment.order_id, shipment.id)
    return [(*head, line.line_no, line.stock_id, line.sku, line.warehouse_id, line.quantity) for line in shipment.lines]


def shipment_line_of(row: Row) -> ShipmentLine:
    """Return the shipment line of a row."""
    return ShipmentLine(
        line_no=row[3],
        stock_id=row[4],
        line_id=f"{row[1]}-{row[3]}",
        sku=row[5],
        warehouse_id=row[6],
        quantity=row[7],
    )


# Stock


def stock_row(record: StockRecord) -> Row:
    """Return the row of a stock record."""
    return (
        record.tenant,
        record.sku,
        record.warehouse_id,
        record.id,
        record.on_hand,
        record.reserved,
        record.reorder_point,
        record.low,
        record.ledger_seq,
        record.event_seq,
        to_micros(record.created_at),
        to_micros(record.updated_at),
    )


def stock_change(before: StockRecord, record: StockRecord) -> Row:
    """Return what a stock record becomes, and the guard."""
    return (
        record.on_hand,
        record.reserved,
        record.reorder_point,
        record.low,
        record.ledger_seq,
        record.event_seq,
        to_micros(record.updated_at),
        record.tenant,
        record.sku,
        record.warehouse_id,
        before.ledger_seq,
        before.event_seq,
    )


def stock_of(row: Row) -> StockRecord:
    """Return the stock record of a row."""
    return StockRecord(
        tenant=row[0],
        id=row[3],
        sku=row[1],
        warehouse_id=row[2],
        on_hand=row[4],
        reserved=row[5],
        reorder_point=row[6],
        low=bool(row[7]),
        ledger_seq=row[8],
        event_seq=row[9],
        created_at=from_micros(row[10]),
        updated_at=from_micros(row[11]),
    )


def movement_row(movement: Movement) -> Row:
    """Return the row of a ledger entry."""
    return (
        movement.tenant,
        movement.stock_id,
        movement.seq,
        movement.kind.value,
        movement.on_hand_delta,
        movement.reserved_delta,
        movement.on_hand_after,
        movement.reserved_after,
        movement.reason,
        movement.order_id,
        movement.line_no,
        movement.shipment_id,
        movement.actor,
        to_micros(movement.at),
    )


def movement_of(row: Row) -> Movement:
    """Return the ledger entry of a row."""
    return Movement(
        tenant=row[0],
        stock_id=row[1],
        seq=row[2],
        kind=MovementKind(row[3]),
        on_hand_delta=row[4],
        reserved_delta=row[5],
        on_hand_after=row[6],
        reserved_after=row[7],
        reason=row[8],
        order_id=row[9],
        line_no=row[10],
        shipment_id=row[11],
        actor=row[12],
        at=from_micros(row[13]),
    )


# Events


def event_row(event: Event, position: int) -> Row:
    """Return the row of an event at its place in the feed."""
    return (
        event.tenant,
        position,
        event.id,
        event.type.value,
        event.subject.value,
        event.subject_id,
        event.sequence,
        to_micros(event.at),
        event.actor,
        _to_json(event.data),
    )


def event_of(row: Row) -> Event:
    """Return the event of a row."""
    return Event(
        tenant=row[0],
        id=row[2],
        type=EventType(row[3]),
        subject=Subject(row[4]),
        subject_id=row[5],
        sequence=row[6],
        at=from_micros(row[7]),
        actor=row[8],
        data=_from_json(row[9]),
        position=row[1],
    )


# Catalogue and tenants


def tenant_row(tenant: Tenant) -> Row:
    """Return the row of a tenant."""
    return (tenant.id, _to_json(attrs.asdict(tenant.settings)), to_micros(tenant.created_at))


@lru_cache(_REMEMBERED)
def tenant_of(row: Row) -> Tenant:
    """Return the tenant of a row, the same for the same row: batch after batch reads the same few."""
    return Tenant(row[0], Settings(**_from_json(row[1])), from_micros(row[2]))


def warehouse_row(warehouse: Warehouse) -> Row:
    """Return the row of a warehouse."""
    return (
        warehouse.tenant,
        warehouse.id,
        warehouse.code,
        warehouse.name,
        _maybe_json(warehouse.address),
        warehouse.priority,
        warehouse.is_default,
        warehouse.active,
        to_micros(warehouse.created_at),
        to_micros(warehouse.updated_at),
    )


def warehouse_change(warehouse: Warehouse) -> Row:
    """Return what a warehouse becomes."""
    row = warehouse_row(warehouse)
    return (*row[2:6], row[7], row[9], *row[:2])


@lru_cache(_REMEMBERED)
def warehouse_of(row: Row) -> Warehouse:
    """Return the warehouse of a row, the same for the same row."""
    return Warehouse(
        tenant=row[0],
        id=row[1],
        code=row[2],
        name=row[3],
        address=_maybe(WarehouseAddress, row[4]),
        priority=row[5],
        is_default=bool(row[6]),
        active=bool(row[7]),
        created_at=from_micros(row[8]),
        updated_at=from_micros(row[9]),
    )


def product_row(product: Product) -> Row:
    """Return the row of a product."""
    return (
        product.tenant,
        product.id,
        product.sku,
        product.name,
        _maybe_json(product.weight),
        _maybe_json(product.dimensions),
        product.active,
        to_micros(product.created_at),
        to_micros(product.updated_at),
    )


def product_change(product: Product) -> Row:
    """Return what a product becomes."""
    row = product_row(product)
    return (*row[3:7], row[8], *row[:2])


@lru_cache(_REMEMBERED)
def product_of(row: Row) -> Product:
    """Return the product of a row, the same for the same row."""
    return Product(
        tenant=row[0],
        id=row[1],
        sku=row[2],
        name=row[3],
        weight=_maybe(Weight, row[4]),
        dimensions=_maybe(Dimensions, row[5]),
        active=bool(row[6]),
        created_at=from_micros(row[7]),
        updated_at=from_micros(row[8]),
    )


# Access


def client_row(client: ApiClient) -> Row:
    """Return the row of an API client."""
    secrets = [[each.sha256, to_micros(each.created_at)] for each in client.secrets]
    return (
        client.tenant,
        client.id,
        client.name,
        _to_json(client.scopes),
        _to_json(secrets),
        to_micros(client.created_at),
        maybe_micros(client.revoked_at),
    )


def client_change(client: ApiClient) -> Row:
    """Return what an API client becomes."""
    row = client_row(client)
    return (row[4], row[6], *row[:2])


def client_of(row: Row) -> ApiClient:
    """Return the API client of a row."""
    return ApiClient(
        tenant=row[0],
        id=row[1],
        name=row[2],
        scopes=tuple(_from_json(row[3])),
        secrets=tuple(ClientSecret(digest, from_micros(micros)) for digest, micros in _from_json(row[4])),
        created_at=from_micros(row[5]),
        revoked_at=maybe_moment(row[6]),
    )


def key_row(key: SigningKey) -> Row:
    """Return the row of a signing key."""
    moments = (to_micros(key.created_at), to_micros(key.signs_from), maybe_micros(key.retires_at))
    return (key.id, key.public, key.sealed, *moments)


def key_of(row: Row) -> SigningKey:
    """Return the signing key of a row."""
    return SigningKey(row[0], row[1], row[2], from_micros(row[3]), from_micros(row[4]), maybe_moment(row[5]))


def window_row(window: RateWindow) -> Row:
    """Return the row of a rate window."""
    return (window.key, to_micros(window.started_at), to_micros(window.ends_at), window.granted)


def window_of(row: Row) -> RateWindow:
    """Return the rate window of a row."""
    return RateWindow(row[0], from_micros(row[1]), from_micros(row[2]), row[3])


def result_row(kept: StoredResult) -> Row:
    """Return the row of a kept result."""
    return (kept.tenant, kept.scope, kept.command_id, kept.fingerprint, kept.result, to_micros(kept.created_at))


def result_of(row: Row) -> StoredResult:
    """Return the kept result of a row."""
    return StoredResult(row[0], row[1], row[2], row[3], row[4], from_micros(row[5]))

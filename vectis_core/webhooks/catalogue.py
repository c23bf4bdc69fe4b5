"""The catalogue of events: what each means, a JSON Schema of its data, and an example; docs and checks come from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from vectis_core.events import EventType

Schema = dict[str, Any]


@attrs.frozen
class EventKind:
    """One type of event."""

    type: EventType
    #: In a sentence.
    description: str
    #: JSON Schema 2020-12 of the event's ``data``.
    schema: Mapping[str, Any]
    example: Mapping[str, Any]


_TEXT: Schema = {"type": "string"}
_MAYBE_TEXT: Schema = {"type": ["string", "null"]}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_MONEY: Schema = {"type": "number", "minimum": 0}
_ITEMS: Schema = {
    "type": "array",
    "minItems": 1,
    "items": {
        "type": "object",
        "properties": {"lineId": _TEXT, "sku": _TEXT, "quantity": {"type": "integer", "minimum": 1}},
        "required": ["lineId", "sku", "quantity"],
    },
}
_ORDER: Schema = {"orderId": {"type": "string", "format": "uuid"}, "externalId": _TEXT, "status": _TEXT}
_SHIPMENT: Schema = {"shipmentId": _TEXT, "trackingNumber": _TEXT, "carrier": _TEXT, "items": _ITEMS}
_STOCK: Schema = {
    "inventoryId": _TEXT,
    "sku": _TEXT,
    "warehouseId": _TEXT,
    "quantityAvailable": _COUNT,
    "quantityReserved": _COUNT,
}

_ORDER_EXAMPLE = {"orderId": "550e8400-e29b-41d4-a716-446655440000", "externalId": "YOUR-ORDER-123"}
_SHIPMENT_EXAMPLE = {
    "shipmentId": "shp_01kfx2smg0e008000000000011",
    "trackingNumber": "1Z999AA10123456784",
    "carrier": "UPS",
    "items": [{"lineId": "550e8400-e29b-41d4-a716-446655440000-1", "sku": "WIDGET-001", "quantity": 2}],
}
_STOCK_EXAMPLE = {
    "inventoryId": "inv_01kfx2smg0e008000000000008",
    "sku": "WIDGET-001",
    "warehouseId": "wh_01kfx2smg0e008000000000002",
    "quantityAvailable": 8,
    "quantityReserved": 2,
}


def _kind(event_type: EventType, description: str, properties: Schema, example: Mapping[str, Any]) -> EventKind:
    """Return a kind all of whose properties are there at all times."""
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    return EventKind(event_type, description, schema, example)


def _order(event_type: EventType, description: str, status: str, more: Schema, example: Mapping[str, Any]) -> EventKind:
    return _kind(event_type, description, {**_ORDER, **more}, {**_ORDER_EXAMPLE, "status": status, **example})


CATALOGUE: tuple[EventKind, ...] = (
    _order(
        EventType.ORDER_CREATED,
        "New order received",
        "pending",
        {"total": _MONEY, "currency": _TEXT, "itemCount": _COUNT},
        {"total": 59.98, "currency": "USD", "itemCount": 2},
    ),
    _order(EventType.ORDER_CONFIRMED, "Order confirmed for fulfillment", "confirmed", {}, {}),
    _order(
        EventType.ORDER_SHIPPED,
        "A shipment of the order has left (includes tracking); sent once per shipment",
        "shipped",
        _SHIPMENT,
        _SHIPMENT_EXAMPLE,
    ),
    _order(EventType.ORDER_DELIVERED, "Order delivered to customer, all shipments of it", "delivered", {}, {}),
    _order(
        EventType.ORDER_CANCELLED,
        "Order was cancelled",
        "cancelled",
        {"reason": _MAYBE_TEXT},
        {"reason": "Customer request"},
    ),
    _order(
        EventType.ORDER_HELD,
        "Order must not be confirmed or shipped for the time being",
        "confirmed",
        {"reason": _TEXT},
        {"reason": "Address check"},
    ),
    _order(
        EventType.ORDER_RELEASED,
        "The hold of an order has ended",
        "confirmed",
        {"reason": _TEXT},
        {"reason": "Address is good"},
    ),
    _order(
        EventType.ORDER_UPDATED,
        "What remains of an order has changed: the rest of it was cancelled",
        "shipped",
        {"change": {"enum": ["closed_short"]}, "reason": _TEXT, "total": _MONEY, "itemCount": _COUNT},
        {"change": "closed_short", "reason": "Out of production", "total": 29.99, "itemCount": 1},
    ),
    _order(
        EventType.SHIPMENT_LABEL_CREATED,
        "A label was made; its goods have not left yet",
        "confirmed",
        _SHIPMENT,
        _SHIPMENT_EXAMPLE,
    ),
    _order(EventType.SHIPMENT_DELIVERED, "One shipment was delivered", "shipped", _SHIPMENT, _SHIPMENT_EXAMPLE),
    _order(
        EventType.SHIPMENT_VOIDED,
        "A label will not be used",
        "confirmed",
        {"shipmentId": _TEXT},
        {"shipmentId": "shp_01kfx2smg0e008000000000011"},
    ),
    _kind(
        EventType.INVENTORY_ADJUSTED,
        "Inventory level changed by an adjustment",
        {
            **_STOCK,
            "adjustment": {"type": "integer", "not": {"const": 0}},
            "quantityOnHand": _COUNT,
            "reason": _TEXT,
        },
        {**_STOCK_EXAMPLE, "adjustment": -5, "quantityOnHand": 10, "reason": "Damaged items removed"},
    ),
    _kind(
        EventType.INVENTORY_LOW_STOCK,
        "Stock below reorder threshold; sent once until it has recovered",
        {**_STOCK, "reorderPoint": _COUNT},
        {**_STOCK_EXAMPLE, "reorderPoint": 10},
    ),
    _kind(
        EventType.WEBHOOK_TEST,
        "A test that was asked for; sent to its own webhook alone, whatever that is subscribed to",
        {"webhookId": _TEXT, "message": _TEXT},
        {"webhookId": "whk_01kfx2smg0e008000000000004", "message": "This is a test"},
    ),
    _kind(
        EventType.WEBHOOK_DISABLED,
        "We have disabled a webhook, for the reason given; what happens meanwhile is kept as skipped",
        {"webhookId": _TEXT, "url": _TEXT, "reason": _TEXT},
        {
            "webhookId": "whk_01kfx2smg0e008000000000004",
            "url": "https://your-system.com/webhooks/vectis",
            "reason": "The endpoint answered 410 Gone",
        },
    ),
)

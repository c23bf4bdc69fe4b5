"""The catalogue of events: what each means, a JSON Schema of its data, and an example; docs and checks come from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from vectis_core.events import EventType
from vectis_core.orders.lifecycle import OrderStatus
from vectis_core.tracking.statuses import TrackingStatus

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


def _of(kind: str | list[str], meaning: str, **more: Any) -> Schema:
    return {"type": kind, "description": meaning, **more}


_REASON = _of("string", "Why, as whoever did it said")
_TOTAL = _of("number", "Of all lines, in the order's currency", minimum=0)
_PIECES = _of("integer", "Pieces of all lines", minimum=0)
_ITEM: Schema = {
    "type": "object",
    "properties": {
        "lineId": _of("string", "The line of the order"),
        "sku": _of("string", "What"),
        "quantity": _of("integer", "How many pieces", minimum=1),
    },
    "required": ["lineId", "sku", "quantity"],
}
_ORDER: Schema = {
    "orderId": _of("string", "The order", format="uuid"),
    "externalId": _of("string", "The order's id in the system that placed it"),
    "status": _of("string", "The order's status after this", enum=[str(status) for status in OrderStatus]),
}
_SHIPMENT_ID: Schema = {"shipmentId": _of("string", "The shipment")}
_SHIPMENT: Schema = {
    **_SHIPMENT_ID,
    "trackingNumber": _of("string", "The carrier's number of it"),
    "carrier": _of("string", "Who carries it, as it was registered"),
    "items": _of("array", "What is in it", minItems=1, items=_ITEM),
}
_STOCK: Schema = {
    "inventoryId": _of("string", "The stock record"),
    "sku": _of("string", "Of what"),
    "warehouseId": _of("string", "Where"),
    "quantityAvailable": _of("integer", "Pieces that can be sold", minimum=0),
    "quantityReserved": _of("integer", "Pieces that are promised to orders", minimum=0),
}
_WEBHOOK: Schema = {"webhookId": _of("string", "The webhook")}

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


_PARCEL: Schema = {
    **_SHIPMENT_ID,
    "trackingNumber": _of("string", "The carrier's number of it"),
    "carrier": _of("string", "Who carries it, as it was registered"),
    "trackingStatus": _of(
        ["string", "null"],
        "What the carrier reports; null for news that says nothing of where the shipment is",
        enum=[*(str(status) for status in TrackingStatus), None],
    ),
    "reason": _of(["string", "null"], "The second level of that, such as `customs`"),
    "code": _of("string", "The carrier's own code"),
    "occurredAt": _of("string", "When the carrier says that it happened", format="date-time"),
    "isCurrent": _of("boolean", "Whether it is the newest word on where the shipment is; late news is not"),
    "estimatedDelivery": _of(["string", "null"], "The carrier's newest estimate, a date or a moment"),
}
_PARCEL_EXAMPLE = {
    "shipmentId": "shp_01kfx2smg0e008000000000011",
    "trackingNumber": "1Z999AA10123456784",
    "carrier": "UPS",
    "occurredAt": "2026-01-27T15:04:00Z",
    "isCurrent": True,
    "estimatedDelivery": "2026-01-28",
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
        {"total": _TOTAL, "currency": _of("string", "ISO 4217"), "itemCount": _PIECES},
        {"total": 59.98, "currency": "USD", "itemCount": 2},
    ),
    _order(EventType.ORDER_CONFIRMED, "Order confirmed for fulfillment", "confirmed", {}, {}),
    _order(
        EventType.ORDER_SHIPPED,
        "A shipment of the order has left (includes tracking); sent once per shipment, partial ones too",
        "shipped",
        _SHIPMENT,
        _SHIPMENT_EXAMPLE,
    ),
    _order(EventType.ORDER_DELIVERED, "Order delivered to customer, all shipments of it", "delivered", {}, {}),
    _order(
        EventType.ORDER_CANCELLED,
        "Order was cancelled",
        "cancelled",
        {"reason": {**_REASON, "type": ["string", "null"]}},
        {"reason": "Customer request"},
    ),
    _order(
        EventType.ORDER_HELD,
        "Order must not be confirmed or shipped for the time being",
        "confirmed",
        {"reason": _REASON},
        {"reason": "Address check"},
    ),
    _order(
        EventType.ORDER_RELEASED,
        "The hold of an order has ended",
        "confirmed",
        {"reason": _REASON},
        {"reason": "Address is good"},
    ),
    _order(
        EventType.ORDER_UPDATED,
        "What remains of an order has changed: the rest of it was cancelled",
        "shipped",
        {
            "change": _of("string", "What was done to it", enum=["closed_short"]),
            "reason": _REASON,
            "total": {**_TOTAL, "description": "Of what was shipped, in the order's currency"},
            "itemCount": {**_PIECES, "description": "Pieces that were shipped"},
        },
        {"change": "closed_short", "reason": "Out of production", "total": 29.99, "itemCount": 1},
    ),
    _order(
        EventType.ORDER_REDACTED,
        "What was personal in an order that has ended was erased: erase your copies of it too",
        "delivered",
        {},
        {},
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
        _SHIPMENT_ID,
        {"shipmentId": "shp_01kfx2smg0e008000000000011"},
    ),
    _order(
        EventType.SHIPMENT_TRACKING_UPDATED,
        "A carrier's news has changed what is known of a shipment; attempts, exceptions and returns have their own",
        "shipped",
        _PARCEL,
        {**_PARCEL_EXAMPLE, "trackingStatus": "in_transit", "reason": None, "code": "I/AR"},
    ),
    _order(
        EventType.SHIPMENT_DELIVERY_ATTEMPTED,
        "The carrier has tried to deliver a shipment, in vain; sent once for each attempt",
        "shipped",
        _PARCEL,
        {**_PARCEL_EXAMPLE, "trackingStatus": "delivery_attempted", "reason": "recipient_unavailable", "code": "X/48"},
    ),
    _order(
        EventType.SHIPMENT_EXCEPTION,
        "Something holds a shipment up, or it is lost or damaged; sent once for each report",
        "shipped",
        _PARCEL,
        {**_PARCEL_EXAMPLE, "trackingStatus": "exception", "reason": "customs", "code": "X/CD"},
    ),
    _order(
        EventType.SHIPMENT_RETURNED_TO_SENDER,
        "A shipment goes back to its sender (reason `returning`), or is back (`returned`); sent once for each report",
        "shipped",
        _PARCEL,
        {**_PARCEL_EXAMPLE, "trackingStatus": "returned_to_sender", "reason": "returning", "code": "X/RS"},
    ),
    _kind(
        EventType.INVENTORY_ADJUSTED,
        "Inventory level changed by an adjustment",
        {
            **_STOCK,
            "adjustment": _of(
                "integer", "Pieces that were found, or below zero that are gone", **{"not": {"const": 0}}
            ),
            "quantityOnHand": _of("integer", "Pieces that are there", minimum=0),
            "reason": _REASON,
        },
        {**_STOCK_EXAMPLE, "adjustment": -5, "quantityOnHand": 10, "reason": "Damaged items removed"},
    ),
    _kind(
        EventType.INVENTORY_LOW_STOCK,
        "Stock below reorder threshold; sent once until it has recovered",
        {**_STOCK, "reorderPoint": _of("integer", "Fewer available pieces than this are few", minimum=0)},
        {**_STOCK_EXAMPLE, "reorderPoint": 10},
    ),
    _kind(
        EventType.WEBHOOK_TEST,
        "A test that was asked for; sent to its own webhook alone, whatever that is subscribed to",
        {**_WEBHOOK, "message": _of("string", "For people")},
        {"webhookId": "whk_01kfx2smg0e008000000000004", "message": "This is a test"},
    ),
    _kind(
        EventType.WEBHOOK_DISABLED,
        "We have disabled a webhook, for the reason given; what happens meanwhile is kept as skipped",
        {**_WEBHOOK, "url": _of("string", "Where it went"), "reason": _of("string", "Why it was disabled")},
        {
            "webhookId": "whk_01kfx2smg0e008000000000004",
            "url": "https://your-system.com/webhooks/vectis",
            "reason": "The endpoint answered 410 Gone",
        },
    ),
)

"""How orders and shipments are shown, each complete."""

from __future__ import annotations

from vectis_core.orders import Address, Order, OrderLine, Shipment, ShipmentLine
from vectis_core.shapes import Member, Shape
from vectis_core.tracking.model import TrackingState

ADDRESS = Shape.of(
    Address, "Address", "name", "company", "line1", "line2", "city", "region", "postal_code", "country", "phone"
)

_LINE = Shape.of(
    OrderLine,
    "OrderLine",
    "id",
    Member("sku", "sku", description="What was ordered"),
    Member("quantity", "quantity", description="Pieces ordered: those waiting, reserved, shipped and cancelled"),
    Member("unitPrice", "unit_price", description="In the order's currency, exact"),
    "total",
    Member("shippingAddress", "shipping_address", description="Which of the order's shipping addresses, from 0"),
    Member("reserved", "reserved", description="Pieces that are promised and have not left"),
    Member("waiting", "waiting", description="Pieces for which there is no stock yet"),
    Member("shipped", "shipped", description="Pieces that have left"),
    Member("cancelled", "cancelled", description="Pieces that will not be delivered"),
)

_SHIPMENT_LINE = Shape.of(ShipmentLine, "ShipmentLine", "line_id", "sku", "quantity", "warehouse_id")

_TRACKING = Shape.of(
    TrackingState,
    "TrackingState",
    "status",
    "reason",
    "code",
    "description",
    "at",
    Member("isTimeInferred", "is_inferred"),
    "estimated_delivery",
)

SHIPMENT = Shape.of(
    Shipment,
    "Shipment",
    "id",
    "order_id",
    "status",
    "carrier",
    "tracking_number",
    "shipping_address",
    Member("items", "lines", _SHIPMENT_LINE),
    "created_at",
    "updated_at",
    "shipped_at",
    "delivered_at",
    "voided_at",
    Member("tracking", "tracking", _TRACKING),
)

ORDER = Shape.of(
    Order,
    "Order",
    "id",
    Member("externalId", "external_id", description="The order's id in the system that placed it"),
    "status",
    "total",
    "item_count",
    Member("currency", "currency", description="ISO 4217"),
    "customer_id",
    "customer_email",
    Member("onHold", "on_hold", description="Whether it must not be confirmed or shipped for the time being"),
    "hold_reason",
    "cancel_reason",
    Member("items", "lines", _LINE),
    Member("shippingAddresses", "shipping_addresses", ADDRESS),
    Member("billingAddress", "billing_address", ADDRESS),
    Member("shipments", "shipments", SHIPMENT),
    "created_at",
    "updated_at",
    "confirmed_at",
    "cancelled_at",
)

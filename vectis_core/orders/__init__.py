"""Orders and their shipments: what they are, and which step may follow which."""

from vectis_core.orders.lifecycle import (
    ORDER_TRANSITIONS,
    SHIPMENT_TRANSITIONS,
    OrderStatus,
    OrderStep,
    ShipmentStatus,
    ShipmentStep,
)
from vectis_core.orders.model import (
    Address,
    Cancellation,
    Item,
    NewOrder,
    NewShipment,
    Order,
    OrderLine,
    Placed,
    Reason,
    Shipment,
    ShipmentItem,
    ShipmentLine,
    ShipmentMoment,
)

__all__ = [
    "ORDER_TRANSITIONS",
    "SHIPMENT_TRANSITIONS",
    "Address",
    "Cancellation",
    "Item",
    "NewOrder",
    "NewShipment",
    "Order",
    "OrderLine",
    "OrderStatus",
    "OrderStep",
    "Placed",
    "Reason",
    "Shipment",
    "ShipmentItem",
    "ShipmentLine",
    "ShipmentMoment",
    "ShipmentStatus",
    "ShipmentStep",
]

"""Vectis: an order management system that lives inside your application."""

from vectis_core.catalogue import (
    Dimensions,
    Product,
    Warehouse,
    WarehouseAddress,
    Weight,
)
from vectis_core.checking import UNSET
from vectis_core.errors import (
    Conflict,
    DatabaseTooNew,
    FieldProblem,
    IdempotencyConflict,
    IllegalTransition,
    InexactNumber,
    InsufficientStock,
    NotFound,
    OutcomeUnknown,
    ServiceUnavailable,
    Shortage,
    StoreError,
    UnknownBackend,
    UsageError,
    ValidationError,
    VectisError,
)
from vectis_core.events import Event, EventType
from vectis_core.loggers import make_ready
from vectis_core.orders import (
    Address,
    Item,
    Order,
    OrderLine,
    OrderStatus,
    Placed,
    Shipment,
    ShipmentItem,
    ShipmentLine,
    ShipmentStatus,
)
from vectis_core.queries import DeliveryLog, EventPage, Explanation, Page
from vectis_core.stock import Movement, MovementKind, StockRecord
from vectis_core.tenancy import Caller, Settings
from vectis_core.tracking.accounts import CarrierAccount
from vectis_core.tracking.carrier import Carrier, UnreadablePayload
from vectis_core.tracking.model import (
    Fault,
    Filed,
    Filing,
    Notice,
    Parsed,
    Place,
    Reading,
    Scan,
    TimeBasis,
    TrackingEvent,
    TrackingState,
)
from vectis_core.tracking.statuses import TrackingStatus
from vectis_core.tracking.timeline import ShipmentTimeline, TimelineEntry
from vectis_core.vectis import Vectis
from vectis_core.webhooks.address_rules import AddressRules
from vectis_core.webhooks.catalogue import EventKind
from vectis_core.webhooks.model import (
    Attempt,
    Delivery,
    DeliveryStatus,
    IssuedSubscription,
    Replay,
    Subscription,
    SubscriptionStatus,
    Trigger,
)

__all__ = [
    "UNSET",
    "Address",
    "AddressRules",
    "Attempt",
    "Caller",
    "Carrier",
    "CarrierAccount",
    "Conflict",
    "DatabaseTooNew",
    "Delivery",
    "DeliveryLog",
    "DeliveryStatus",
    "Dimensions",
    "Event",
    "EventKind",
    "EventPage",
    "EventType",
    "Explanation",
    "Fault",
    "FieldProblem",
    "Filed",
    "Filing",
    "IdempotencyConflict",
    "IllegalTransition",
    "InexactNumber",
    "InsufficientStock",
    "IssuedSubscription",
    "Item",
    "Movement",
    "MovementKind",
    "NotFound",
    "Notice",
    "Order",
    "OrderLine",
    "OrderStatus",
    "OutcomeUnknown",
    "Page",
    "Parsed",
    "Place",
    "Placed",
    "Product",
    "Reading",
    "Replay",
    "Scan",
    "ServiceUnavailable",
    "Settings",
    "Shipment",
    "ShipmentItem",
    "ShipmentLine",
    "ShipmentStatus",
    "ShipmentTimeline",
    "Shortage",
    "StockRecord",
    "StoreError",
    "Subscription",
    "SubscriptionStatus",
    "TimeBasis",
    "TimelineEntry",
    "TrackingEvent",
    "TrackingState",
    "TrackingStatus",
    "Trigger",
    "UnknownBackend",
    "UnreadablePayload",
    "UsageError",
    "ValidationError",
    "Vectis",
    "VectisError",
    "Warehouse",
    "WarehouseAddress",
    "Weight",
]

make_ready()

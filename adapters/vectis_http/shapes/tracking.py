"""How carriers' settings, what they push, and what they have reported are shown."""

from __future__ import annotations

from datetime import datetime

from vectis_carriers.intake import Receipt
from vectis_core.personal_data import CustomerRecord
from vectis_core.shapes import Member, Shape, Spread
from vectis_core.tracking.accounts import CarrierAccount, KeptNotice
from vectis_core.tracking.model import Fault, Place
from vectis_core.tracking.timeline import ShipmentTimeline, TimelineEntry
from vectis_http.shapes.orders import ORDER

_COUNT = {"type": "integer"}

_PLACE = Shape.of(Place, "Place", "city", "region", "postal_code", "country")

_ENTRY = Shape.of(
    TimelineEntry,
    "TimelineEntry",
    Member("id", "scan.id", description="What a repeat of the same event is known by"),
    Member("status", "scan.event.status"),
    Member("reason", "scan.event.reason"),
    Member("code", "scan.event.code"),
    Member("description", "scan.event.description"),
    Member("at", "scan.at"),
    Member("localTime", "scan.event.local_time", convert=datetime.isoformat, schema={"type": "string"}),
    Member("timeBasis", "scan.event.time_basis", description="Where the moment comes from"),
    Member("location", "scan.event.place", _PLACE),
    Member("signedBy", "scan.event.signer"),
    Member("estimatedDelivery", "scan.event.estimated_delivery"),
    Member("proofOfDelivery", "scan.event.proof_url"),
    "contradicts",
    Member("carrier", "scan.event.carrier"),
    Member("receivedAt", "scan.received_at"),
)

TIMELINE = Shape.of(
    ShipmentTimeline,
    "ShipmentTimeline",
    Member("shipmentId", "shipment.id"),
    Member("carrier", "shipment.carrier"),
    Member("trackingNumber", "shipment.tracking_number"),
    Member("shipmentStatus", "shipment.status"),
    Member("status", "shipment.tracking.status", description="The carrier's newest word on where it is"),
    Member("reason", "shipment.tracking.reason", description="The second level of that, such as `customs`"),
    Member("estimatedDelivery", "shipment.tracking.estimated_delivery"),
    Member("events", "entries", _ENTRY),
)

CUSTOMER_RECORD = Shape.of(
    CustomerRecord, "CustomerRecord", Member("order", "order", ORDER), Member("shipments", "shipments", TIMELINE)
)

_REJECTION = Shape.of(Fault, "Rejection", "path", Member("reason", "message"))

RECEIPT = Shape.of(
    Receipt,
    "Receipt",
    Member("accepted", "accepted", description="Events that are filed"),
    Member("duplicates", "duplicates", description="Events that were filed before"),
    "waiting",
    Member("rejected", "rejected", convert=len, schema=_COUNT, description="Parts that tell of no event"),
    Member("rejections", "rejected", _REJECTION),
    # What a carrier's handshake wants to be told.
    spread=Spread("reply", {"type": "string"}),
)

_NOTICE = Shape.of(KeptNotice, "CarrierNotice", "kind", "message", "subscription", "is_alarming", "at")

CARRIER_ACCOUNT = Shape.of(
    CarrierAccount,
    "CarrierAccount",
    "carrier",
    Member("proof", "proof", description="How its pushes prove themselves"),
    Member("secrets", "secrets", convert=len, schema=_COUNT, description="How many there are; none is ever shown"),
    "header",
    "encoding",
    "parameter",
    "username",
    "client_id",
    "zone",
    "payload_days",
    Member("notices", "notices", _NOTICE),
    "created_at",
    "updated_at",
)

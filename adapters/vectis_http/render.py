"""Entities as the API prints them: the guide's names and order, ``null`` for what is absent."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from vectis_carriers.intake import Receipt
from vectis_core.access import ApiClient, IssuedClient
from vectis_core.catalogue import Dimensions, Product, Warehouse, WarehouseAddress, Weight
from vectis_core.clock import to_wire
from vectis_core.events import Event
from vectis_core.orders import Address, Order, OrderLine, Shipment, ShipmentLine
from vectis_core.personal_data import CustomerRecord, Erasure
from vectis_core.ports import Holder
from vectis_core.queries import DeliveryLog, EventPage, Explanation
from vectis_core.stock import Movement, StockRecord
from vectis_core.tenancy import Settings
from vectis_core.tracking.accounts import CarrierAccount
from vectis_core.tracking.model import TrackingState
from vectis_core.tracking.timeline import ShipmentTimeline, TimelineEntry
from vectis_core.webhooks.catalogue import EventKind
from vectis_core.webhooks.model import (
    Attempt,
    Delivery,
    IssuedSubscription,
    Replay,
    Subscription,
    SubscriptionStatus,
)

Wire = dict[str, Any]


def _time(moment: datetime | None) -> str | None:
    return to_wire(moment) if moment is not None else None


def order(value: Order) -> Wire:
    """Return an order, complete with lines, addresses and shipments."""
    billing = value.billing_address
    return {
        "id": value.id,
        "externalId": value.external_id,
        "status": value.status,
        "total": value.total,
        "itemCount": value.item_count,
        "currency": value.currency,
        "customerId": value.customer_id,
        "customerEmail": value.customer_email,
        "onHold": value.on_hold,
        "holdReason": value.hold_reason,
        "cancelReason": value.cancel_reason,
        "items": [_order_line(line) for line in value.lines],
        "shippingAddresses": [_address(address) for address in value.shipping_addresses],
        "billingAddress": _address(billing) if billing is not None else None,
        "shipments": [shipment(parcel) for parcel in value.shipments],
        "createdAt": to_wire(value.created_at),
        "updatedAt": to_wire(value.updated_at),
        "confirmedAt": _time(value.confirmed_at),
        "cancelledAt": _time(value.cancelled_at),
    }


def _order_line(line: OrderLine) -> Wire:
    return {
        "id": line.id,
        "sku": line.sku,
        "quantity": line.quantity,
        "unitPrice": line.unit_price,
        "total": line.total,
        "shippingAddress": line.shipping_address,
        "reserved": line.reserved,
        "waiting": line.waiting,
        "shipped": line.shipped,
        "cancelled": line.cancelled,
    }


def _address(address: Address) -> Wire:
    return {
        "name": address.name,
        "company": address.company,
        "line1": address.line1,
        "line2": address.line2,
        "city": address.city,
        "region": address.region,
        "postalCode": address.postal_code,
        "country": address.country,
        "phone": address.phone,
    }


def shipment(value: Shipment) -> Wire:
    """Return a shipment with its lines."""
    return {
        "id": value.id,
        "orderId": value.order_id,
        "status": value.status,
        "carrier": value.carrier,
        "trackingNumber": value.tracking_number,
        "shippingAddress": value.shipping_address,
        "items": [_shipment_line(line) for line in value.lines],
        "createdAt": to_wire(value.created_at),
        "updatedAt": to_wire(value.updated_at),
        "shippedAt": _time(value.shipped_at),
        "deliveredAt": _time(value.delivered_at),
        "voidedAt": _time(value.voided_at),
        "tracking": _tracking_state(value.tracking),
    }


def _tracking_state(value: TrackingState | None) -> Wire | None:
    if value is None:
        return None
    return {
        "status": value.status,
        "reason": value.reason,
        "code": value.code,
        "description": value.description,
        "at": to_wire(value.at),
        "isTimeInferred": value.is_inferred,
        "estimatedDelivery": value.estimated_delivery,
    }


def timeline(value: ShipmentTimeline) -> Wire:
    """Return a shipment with what its carrier has reported, oldest first."""
    parcel, shown = value.shipment, value.shipment.tracking
    return {
        "shipmentId": parcel.id,
        "carrier": parcel.carrier,
        "trackingNumber": parcel.tracking_number,
        "shipmentStatus": parcel.status,
        "status": shown.status if shown is not None else None,
        "reason": shown.reason if shown is not None else None,
        "estimatedDelivery": shown.estimated_delivery if shown is not None else None,
        "events": [_timeline_entry(each) for each in value.entries],
    }


def erasure(value: Erasure) -> Wire:
    """Return what erasing a customer's data came to."""
    return {
        "erased": list(value.erased),
        "erasedBefore": value.erased_before,
        "postponed": list(value.postponed),
        "payloadsDeleted": value.payloads,
    }


def customer_record(value: CustomerRecord) -> Wire:
    """Return an order of a customer with what carriers have reported of it."""
    return {"order": order(value.order), "shipments": [timeline(each) for each in value.shipments]}


def _timeline_entry(value: TimelineEntry) -> Wire:
    scan, event = value.scan, value.scan.event
    return {
        "id": scan.id,
        "status": event.status,
        "reason": event.reason,
        "code": event.code,
        "description": event.description,
        "at": to_wire(scan.at),
        "localTime": event.local_time.isoformat() if event.local_time is not None else None,
        "timeBasis": event.time_basis,
        "location": {
            "city": event.place.city,
            "region": event.place.region,
            "postalCode": event.place.postal_code,
            "country": event.place.country,
        },
        "signedBy": event.signer,
        "estimatedDelivery": event.estimated_delivery,
        "proofOfDelivery": event.proof_url,
        "contradicts": value.contradicts,
        "carrier": event.carrier,
        "receivedAt": to_wire(scan.received_at),
    }


def receipt(value: Receipt) -> Wire:
    """Return what was taken of a carrier's push, with what the carrier wants to be told."""
    return {
        "accepted": value.accepted,
        "duplicates": value.duplicates,
        "waiting": value.waiting,
        "rejected": len(value.rejected),
        "rejections": [{"path": fault.path, "reason": fault.message} for fault in value.rejected],
        **value.reply,
    }


def carrier_account(value: CarrierAccount) -> Wire:
    """Return how a carrier's pushes prove themselves, without the secrets."""
    return {
        "carrier": value.carrier,
        "proof": value.proof,
        "secrets": len(value.secrets),
        "header": value.header,
        "encoding": value.encoding,
        "parameter": value.parameter,
        "username": value.username,
        "clientId": value.client_id,
        "zone": value.zone,
        "payloadDays": value.payload_days,
        "notices": [
            {
                "kind": each.kind,
                "message": each.message,
                "subscription": each.subscription,
                "isAlarming": each.is_alarming,
                "at": to_wire(each.at),
            }
            for each in value.notices
        ],
        "createdAt": to_wire(value.created_at),
        "updatedAt": to_wire(value.updated_at),
    }


def _shipment_line(line: ShipmentLine) -> Wire:
    return {
        "lineId": line.line_id,
        "sku": line.sku,
        "quantity": line.quantity,
        "warehouseId": line.warehouse_id,
    }


def product(value: Product) -> Wire:
    """Return a product."""
    return {
        "id": value.id,
        "sku": value.sku,
        "name": value.name,
        "weight": _weight(value.weight),
        "dimensions": _dimensions(value.dimensions),
        "active": value.active,
        "createdAt": to_wire(value.created_at),
        "updatedAt": to_wire(value.updated_at),
    }


def _weight(weight: Weight | None) -> Wire | None:
    return {"value": weight.value, "unit": weight.unit} if weight is not None else None


def _dimensions(dimensions: Dimensions | None) -> Wire | None:
    if dimensions is None:
        return None
    return {
        "length": dimensions.length,
        "width": dimensions.width,
        "height": dimensions.height,
        "unit": dimensions.unit,
    }


def stock_record(value: StockRecord) -> Wire:
    """Return a stock record."""
    return {
        "id": value.id,
        "sku": value.sku,
        "quantityAvailable": value.available,
        "quantityReserved": value.reserved,
        "warehouseId": value.warehouse_id,
        "quantityOnHand": value.on_hand,
        "reorderPoint": value.reorder_point,
        "low": value.low,
        "updatedAt": to_wire(value.updated_at),
    }


def movement(value: Movement) -> Wire:
    """Return a row of a stock record's ledger."""
    return {
        "sequence": value.seq,
        "kind": value.kind,
        "onHandDelta": value.on_hand_delta,
        "reservedDelta": value.reserved_delta,
        "onHandAfter": value.on_hand_after,
        "reservedAfter": value.reserved_after,
        "reason": value.reason,
        "orderId": value.order_id,
        "shipmentId": value.shipment_id,
        "actor": value.actor,
        "timestamp": to_wire(value.at),
    }


def explanation(value: Explanation) -> Wire:
    """Return a stock record with who holds what of it."""
    return {**stock_record(value.record), "holders": [_holder(holder) for holder in value.holders]}


def _holder(holder: Holder) -> Wire:
    return {
        "orderId": holder.order_id,
        "externalId": holder.external_id,
        "line": holder.line_no,
        "quantity": holder.quantity,
        "since": to_wire(holder.since),
    }


def warehouse(value: Warehouse) -> Wire:
    """Return a warehouse."""
    return {
        "id": value.id,
        "code": value.code,
        "name": value.name,
        "address": _warehouse_address(value.address),
        "priority": value.priority,
        "isDefault": value.is_default,
        "active": value.active,
        "createdAt": to_wire(value.created_at),
        "updatedAt": to_wire(value.updated_at),
    }


def _warehouse_address(address: WarehouseAddress | None) -> Wire | None:
    if address is None:
        return None
    return {
        "line1": address.line1,
        "line2": address.line2,
        "city": address.city,
        "region": address.region,
        "postalCode": address.postal_code,
        "country": address.country,
    }


def event(value: Event) -> Wire:
    """Return an event, in the form in which the guide prints what is sent of one, with its place beside it."""
    return {
        "id": value.id,
        "event": value.type,
        "timestamp": to_wire(value.at),
        "data": value.data,
        "subject": value.subject,
        "subjectId": value.subject_id,
        "sequence": value.sequence,
        "actor": value.actor,
    }


def event_page(value: EventPage) -> Wire:
    """Return part of the feed and the cursor that continues it."""
    return {"events": [event(entry) for entry in value.events], "next": value.next}


def settings(value: Settings) -> Wire:
    """Return a tenant's settings."""
    return {"autoConfirm": value.auto_confirm}


def client(value: ApiClient) -> Wire:
    """Return an API client, without anything of its secrets."""
    return {
        "id": value.id,
        "name": value.name,
        "scopes": value.scopes,
        "createdAt": to_wire(value.created_at),
        "revokedAt": _time(value.revoked_at),
    }


def issued_client(value: IssuedClient) -> Wire:
    """Return a client with what it asks for tokens with; ``null`` for the secret in a replay."""
    return {**client(value.client), "clientId": value.client.id, "clientSecret": value.secret}


def subscription(value: Subscription) -> Wire:
    """Return a webhook, without anything of its secrets but their ages."""
    return {
        "id": value.id,
        "url": value.url,
        "events": value.events,
        "active": value.status is SubscriptionStatus.ACTIVE,
        "status": value.status,
        "statusReason": value.reason,
        "statusSince": to_wire(value.status_since),
        "failingSince": _time(value.failing_since),
        "restsUntil": _time(value.rests_until),
        "secrets": [
            {"createdAt": to_wire(each.created_at), "retiresAt": _time(each.retires_at)} for each in value.secrets
        ],
        "createdAt": to_wire(value.created_at),
        "updatedAt": to_wire(value.updated_at),
    }


def issued_subscription(value: IssuedSubscription) -> Wire:
    """Return a webhook with the secret that we made, which is shown this once."""
    shown = subscription(value.subscription)
    return shown if value.secret is None else {**shown, "secret": value.secret}


def delivery(value: Delivery) -> Wire:
    """Return a delivery."""
    return {
        "id": value.id,
        "webhookId": value.subscription_id,
        "eventId": value.event_id,
        "event": value.event_type,
        "subjectId": value.subject_id,
        "sequence": value.sequence,
        "trigger": value.trigger,
        "status": value.status,
        "attempts": value.attempts,
        "nextAttemptAt": _time(value.due_at),
        "lastStatusCode": value.last_code,
        "lastError": value.last_error,
        "createdAt": to_wire(value.created_at),
        "updatedAt": to_wire(value.updated_at),
    }


def delivery_log(value: DeliveryLog) -> Wire:
    """Return a delivery with its attempts."""
    return {**delivery(value.delivery), "log": [_attempt(each) for each in value.attempts]}


def _attempt(value: Attempt) -> Wire:
    return {
        "number": value.number,
        "at": to_wire(value.at),
        "url": value.url,
        "statusCode": value.code,
        "error": value.error,
        "durationMs": value.duration,
        "response": value.excerpt,
    }


def replay(value: Replay) -> Wire:
    """Return how far a replay is."""
    return {
        "id": value.id,
        "webhookId": value.subscription_id,
        "since": to_wire(value.since),
        "until": to_wire(value.until),
        "types": value.types,
        "deliveries": value.made,
        "done": value.done,
        "createdAt": to_wire(value.created_at),
    }


def event_kind(value: EventKind) -> Wire:
    """Return a type of event."""
    return {"event": value.type, "description": value.description, "schema": value.schema, "example": value.example}

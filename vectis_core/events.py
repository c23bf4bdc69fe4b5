"""Domain events: what happened, written in the transaction that made it happen.

An event has an id that never changes, a ``sequence`` of its own subject (1, 2, 3 ... per order and per stock
record), and a place in the tenant's feed, which readers hold as an opaque cursor. Events carry ids and numbers,
never names or addresses.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import attrs

from vectis_core.constraints import Schema
from vectis_core.errors import ValidationError


class EventType(StrEnum):
    """What can happen."""

    ORDER_CREATED = "order.created"
    ORDER_CONFIRMED = "order.confirmed"
    ORDER_SHIPPED = "order.shipped"
    ORDER_DELIVERED = "order.delivered"
    ORDER_CANCELLED = "order.cancelled"
    ORDER_HELD = "order.held"
    ORDER_RELEASED = "order.released"
    ORDER_UPDATED = "order.updated"
    ORDER_REDACTED = "order.redacted"
    SHIPMENT_LABEL_CREATED = "shipment.label_created"
    SHIPMENT_DELIVERED = "shipment.delivered"
    SHIPMENT_VOIDED = "shipment.voided"
    SHIPMENT_TRACKING_UPDATED = "shipment.tracking_updated"
    SHIPMENT_DELIVERY_ATTEMPTED = "shipment.delivery_attempted"
    SHIPMENT_EXCEPTION = "shipment.exception"
    SHIPMENT_RETURNED_TO_SENDER = "shipment.returned_to_sender"
    INVENTORY_ADJUSTED = "inventory.adjusted"
    INVENTORY_LOW_STOCK = "inventory.low_stock"
    WEBHOOK_TEST = "webhook.test"
    WEBHOOK_DISABLED = "webhook.disabled"


class Subject(StrEnum):
    """What an event is about."""

    ORDER = "order"
    STOCK = "stock"
    WEBHOOK = "webhook"


#: What a subscription can ask for: a type, all of a group as ``order.*``, or everything.
EVENT_FILTERS = ("*", *sorted({f"{kind.partition('.')[0]}.*" for kind in EventType}), *EventType)


@attrs.frozen
class EventFilter:
    """A type of event, a group of them as ``order.*``, or ``*``."""

    def problem(self, value: Any) -> str | None:
        """Return why *value* is refused."""
        if isinstance(value, str) and value in EVENT_FILTERS:
            return None
        return f"must be one of {', '.join(EVENT_FILTERS)}"

    def schema(self) -> Schema:
        """Return the rule as a JSON Schema."""
        return {"type": "string", "enum": [str(each) for each in EVENT_FILTERS]}


def is_asked_for(event_type: str, filters: Sequence[str]) -> bool:
    """Return whether one of the *filters* lets events of the type through."""
    return event_type in filters or "*" in filters or f"{event_type.partition('.')[0]}.*" in filters


def types_of(filters: Sequence[str]) -> tuple[EventType, ...]:
    """Return the types that the *filters* let through."""
    return tuple(kind for kind in EventType if is_asked_for(kind, filters))


@attrs.frozen
class Event:
    """Something that happened to one subject."""

    tenant: str
    id: str
    type: EventType
    subject: Subject
    subject_id: str
    #: 1, 2, 3 ... within the subject.
    sequence: int
    at: datetime
    actor: str
    data: Mapping[str, Any]
    #: The place in the tenant's feed; given when the transaction is flushed.
    position: int = 0

    @property
    def cursor(self) -> str:
        """The cursor that continues after this event."""
        return cursor_at(self.position)


def cursor_at(position: int) -> str:
    """Return the opaque cursor that continues after *position*."""
    return base64.urlsafe_b64encode(b"v1:%d" % position).decode().rstrip("=")


def position_of(cursor: str) -> int:
    """Return the place in the feed that *cursor* stands for; raises ``ValidationError`` for ``after``."""
    try:
        text = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)).decode("ascii")
    except (UnicodeError, binascii.Error):
        text = ""
    version, _, digits = text.partition(":")
    if version != "v1" or not digits.isdigit() or len(digits) > 18 or cursor_at(int(digits)) != cursor:
        raise ValidationError.of("after", "is not a cursor of this feed; use one that the feed returned")
    return int(digits)

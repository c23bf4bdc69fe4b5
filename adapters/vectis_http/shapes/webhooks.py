"""How webhooks, what is delivered to them, and the catalogue of events are shown."""

from __future__ import annotations

from vectis_core.queries import DeliveryLog
from vectis_core.shapes import Member, Shape
from vectis_core.webhooks.catalogue import EventKind
from vectis_core.webhooks.model import (
    Attempt,
    Delivery,
    IssuedSubscription,
    Replay,
    SealedSecret,
    Subscription,
    SubscriptionStatus,
)


def _is_active(status: SubscriptionStatus) -> bool:
    return status is SubscriptionStatus.ACTIVE


# Its age is all that is ever shown of a secret.
_SECRET = Shape.of(SealedSecret, "WebhookSecret", "created_at", "retires_at")

SUBSCRIPTION = Shape.of(
    Subscription,
    "Webhook",
    "id",
    "url",
    "events",
    Member(
        "active",
        "status",
        convert=_is_active,
        schema={"type": "boolean"},
        description="Whether deliveries go out",
    ),
    "status",
    Member("statusReason", "reason"),
    "status_since",
    "failing_since",
    "rests_until",
    Member("secrets", "secrets", _SECRET),
    "created_at",
    "updated_at",
)

ISSUED_SUBSCRIPTION = Shape.of(
    IssuedSubscription,
    "IssuedWebhook",
    *SUBSCRIPTION.below("subscription"),
    Member("secret", "secret", description="Where we made it; shown this once", is_left_out=True),
)

DELIVERY = Shape.of(
    Delivery,
    "Delivery",
    "id",
    Member("webhookId", "subscription_id"),
    "event_id",
    Member("event", "event_type", description="The type of the event"),
    "subject_id",
    "sequence",
    "trigger",
    "status",
    "attempts",
    Member("nextAttemptAt", "due_at"),
    Member("lastStatusCode", "last_code"),
    "last_error",
    "created_at",
    "updated_at",
)

_ATTEMPT = Shape.of(
    Attempt,
    "Attempt",
    "number",
    "at",
    "url",
    Member("statusCode", "code"),
    "error",
    Member("durationMs", "duration"),
    Member("response", "excerpt"),
)

DELIVERY_LOG = Shape.of(DeliveryLog, "DeliveryLog", *DELIVERY.below("delivery"), Member("log", "attempts", _ATTEMPT))

REPLAY = Shape.of(
    Replay,
    "Replay",
    "id",
    Member("webhookId", "subscription_id"),
    "since",
    "until",
    Member("types", "types", description="Of these events alone"),
    Member("deliveries", "made"),
    "done",
    "created_at",
)

EVENT_KIND = Shape.of(
    EventKind, "EventType", Member("event", "type", description="The type"), "description", "schema", "example"
)

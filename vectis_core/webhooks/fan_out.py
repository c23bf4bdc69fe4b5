"""Which deliveries an event makes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from vectis_core.events import Event, EventType, is_asked_for
from vectis_core.webhooks.model import Delivery, DeliveryStatus, Subscription, SubscriptionStatus, Trigger


def wants(subscription: Subscription, event: Event) -> bool:
    """Return whether the subscription is told of the event."""
    return subscription.status is not SubscriptionStatus.DELETED and is_told(event.type, subscription.events)


def is_told(event_type: EventType, filters: Sequence[str]) -> bool:
    """Return whether *filters* bring events of a type; tests they never do: one goes to its own endpoint, by hand."""
    return event_type is not EventType.WEBHOOK_TEST and is_asked_for(event_type, filters)


def delivery_of(
    event: Event, subscription: Subscription, delivery_id: str, now: datetime, trigger: Trigger = Trigger.EVENT
) -> Delivery:
    """Return the delivery of an event to an endpoint: due now, or skipped where the endpoint is not active.

    What its owner asked for by hand waits for the endpoint instead of being skipped.
    """
    skipped = trigger is Trigger.EVENT and subscription.status is not SubscriptionStatus.ACTIVE
    return Delivery(
        tenant=event.tenant,
        id=delivery_id,
        subscription_id=subscription.id,
        event_id=event.id,
        event_type=event.type,
        subject=event.subject,
        subject_id=event.subject_id,
        sequence=event.sequence,
        position=event.position,
        trigger=trigger,
        status=DeliveryStatus.SKIPPED if skipped else DeliveryStatus.PENDING,
        attempts=0,
        due_at=None if skipped else now,
        created_at=now,
        updated_at=now,
        last_code=None,
        last_error=None,
    )

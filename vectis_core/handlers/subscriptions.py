"""Subscribing to webhooks, and changing, testing and ending subscriptions."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from typing import Any

import attrs

from vectis_core.checking import Unset
from vectis_core.commands import (
    CreateSubscription,
    DeleteSubscription,
    FinishRotation,
    ResealSecrets,
    RotateSecret,
    SendTestEvent,
    UpdateSubscription,
)
from vectis_core.errors import Conflict, NotFound, ValidationError
from vectis_core.events import EventType, Subject
from vectis_core.identity_map import Keys
from vectis_core.unit_of_work import UnitOfWork
from vectis_core.webhooks.fan_out import delivery_of
from vectis_core.webhooks.model import (
    Delivery,
    IssuedSubscription,
    SealedSecret,
    Subscription,
    SubscriptionStatus,
    Trigger,
)

SubscriptionCommand = (
    UpdateSubscription | DeleteSubscription | RotateSecret | FinishRotation | ResealSecrets | SendTestEvent
)


def keys(command: SubscriptionCommand, keys: Keys) -> None:
    """Name the subscription."""
    keys.subscriptions.add((command.caller.tenant, command.subscription_id))


def create(command: CreateSubscription, work: UnitOfWork) -> IssuedSubscription:
    """Make a subscription with its first secret; raises ``ValidationError`` for where nothing may go."""
    intent = command.intent
    _require_allowed(intent.url, work)
    subscription_id = work.new_id("whk")
    secret = intent.secret or _new_secret(work)
    subscription = Subscription(
        tenant=command.caller.tenant,
        id=subscription_id,
        url=intent.url,
        events=_deduplicated(intent.events),
        status=SubscriptionStatus.ACTIVE,
        reason=None,
        status_since=work.now,
        secrets=(SealedSecret(work.seal(secret, subscription_id), work.now, None),),
        created_at=work.now,
        updated_at=work.now,
        event_seq=0,
        failing_since=None,
        failures=0,
        failed_deliveries=0,
        rests_until=None,
        lease_token=0,
        leased_until=None,
        claimed_at=None,
    )
    work.put_subscription(subscription)
    return IssuedSubscription(subscription, None if intent.secret else secret)


def update(command: UpdateSubscription, work: UnitOfWork) -> Subscription:
    """Change what is given; a new URL and a fresh start are both given another chance at once."""
    subscription = found(command.subscription_id, work)
    intent = command.intent
    changes: dict[str, Any] = {}
    if not isinstance(intent.url, Unset) and intent.url != subscription.url:
        _require_allowed(intent.url, work)
        # Whoever delivers to the old one just now changes nothing any more: neither is its failure ours to bear.
        moved = {"lease_token": subscription.lease_token + 1, "leased_until": None}
        changes |= {"url": intent.url, **moved, **_A_NEW_CHANCE}
    if not isinstance(intent.events, Unset):
        changes["events"] = _deduplicated(intent.events)
    if not isinstance(intent.active, Unset):
        is_active = subscription.status is SubscriptionStatus.ACTIVE
        if intent.active and not is_active:
            changes |= {"status": SubscriptionStatus.ACTIVE, "reason": None, "status_since": work.now, **_A_NEW_CHANCE}
        elif not intent.active and is_active:
            changes |= {"status": SubscriptionStatus.PAUSED, "status_since": work.now}
    return _written(work, attrs.evolve(subscription, **changes)) if changes else subscription


#: An endpoint without a past.
_A_NEW_CHANCE: dict[str, Any] = {"failing_since": None, "failures": 0, "failed_deliveries": 0, "rests_until": None}


def delete(command: DeleteSubscription, work: UnitOfWork) -> Subscription:
    """End a subscription; whoever delivers to it just now changes nothing any more."""
    subscription = found(command.subscription_id, work)
    return _written(
        work,
        attrs.evolve(
            subscription,
            status=SubscriptionStatus.DELETED,
            status_since=work.now,
            secrets=(),
            lease_token=subscription.lease_token + 1,
            leased_until=None,
        ),
    )


def rotate(command: RotateSecret, work: UnitOfWork) -> IssuedSubscription:
    """Replace the secret; the one before it signs until the overlap ends.

    So does the oldest that signs now, until its own overlap ends at the latest: it is the one that receivers have who
    have not heard of any change yet. Whatever lies between these two signs no more.
    """
    subscription = found(command.subscription_id, work)
    intent = command.intent
    secret = intent.secret or _new_secret(work)
    newest = SealedSecret(work.seal(secret, subscription.id), work.now, None)
    kept: tuple[SealedSecret, ...] = ()
    if intent.overlap:
        ends = work.now + timedelta(seconds=intent.overlap)
        signing = signing_secrets(subscription, work.now)
        kept = tuple(
            attrs.evolve(each, retires_at=min(each.retires_at or ends, ends))
            for each in dict.fromkeys((signing[0], signing[-1]))
        )
    changed = _written(work, attrs.evolve(subscription, secrets=(newest, *kept)))
    return IssuedSubscription(changed, None if intent.secret else secret)


def finish_rotation(command: FinishRotation, work: UnitOfWork) -> Subscription:
    """Leave the newest secret alone; harmless where it is alone."""
    subscription = found(command.subscription_id, work)
    if len(subscription.secrets) == 1:
        return subscription
    return _written(work, attrs.evolve(subscription, secrets=subscription.secrets[:1]))


def reseal(command: ResealSecrets, work: UnitOfWork) -> None:
    """Seal the secrets once more; raises ``StoreError`` where no master key at hand opens one."""
    subscription = found(command.subscription_id, work)
    secrets = tuple(
        attrs.evolve(each, sealed=work.seal(work.opened(each.sealed, subscription.id), subscription.id))
        for each in subscription.secrets
    )
    work.put_subscription(attrs.evolve(subscription, secrets=secrets))


def send_test(command: SendTestEvent, work: UnitOfWork) -> Delivery:
    """Put a test event on its way, for which no endpoint rests; raises ``Conflict`` where nothing goes out."""
    subscription = found(command.subscription_id, work)
    require_active(subscription)
    changed = attrs.evolve(subscription, event_seq=subscription.event_seq + 1, rests_until=None)
    work.put_subscription(changed)
    event = work.emit(
        EventType.WEBHOOK_TEST,
        Subject.WEBHOOK,
        subscription.id,
        changed.event_seq,
        {"webhookId": subscription.id, "message": "This is a test"},
    )
    delivery = delivery_of(event, changed, work.new_id("whd"), work.now, Trigger.TEST)
    work.put_delivery(delivery)
    return delivery


def found(subscription_id: str, work: UnitOfWork) -> Subscription:
    """Return the subscription; raises ``NotFound``."""
    subscription = work.subscription(subscription_id)
    if subscription is None or subscription.status is SubscriptionStatus.DELETED:
        raise NotFound("No such webhook")
    return subscription


def require_active(subscription: Subscription) -> None:
    """Raise ``Conflict`` where nothing goes out to the endpoint."""
    if subscription.status is not SubscriptionStatus.ACTIVE:
        details = {"status": subscription.status, "reason": subscription.reason}
        raise Conflict(f'The webhook is {subscription.status}: set "active" to true first', details)


def signing_secrets(subscription: Subscription, now: datetime) -> tuple[SealedSecret, ...]:
    """Return the secrets that sign at *now*, newest first."""
    return tuple(each for each in subscription.secrets if each.retires_at is None or now < each.retires_at)


def _require_allowed(url: str, work: UnitOfWork) -> None:
    problem = work.address_problem(url)
    if problem is not None:
        raise ValidationError.of("url", problem)


def _written(work: UnitOfWork, subscription: Subscription) -> Subscription:
    changed = attrs.evolve(subscription, updated_at=work.now)
    work.put_subscription(changed)
    return changed


def _deduplicated(events: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(events))


def _new_secret(work: UnitOfWork) -> str:
    """Return a secret as Standard Webhooks prints it: a prefix, and 32 random bytes in base 64."""
    raw = base64.urlsafe_b64decode(work.new_secret() + "=")
    return "whsec_" + base64.b64encode(raw).decode()

"""Deliveries: claimed under a lease, settled under its token, sent once more on request.

The endpoint is leased, not the delivery. Every claim raises the endpoint's token and every completion must have the
newest: a worker that stalled for longer than its lease comes back to find that nothing it says counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import attrs

from vectis_core.commands import AdvanceReplays, ClaimDeliveries, Redeliver, SettleDeliveries, StartReplay
from vectis_core.errors import NotFound, ValidationError
from vectis_core.events import Event, EventType, Subject
from vectis_core.handlers.subscriptions import found, require_active
from vectis_core.identity_map import Keys
from vectis_core.unit_of_work import UnitOfWork
from vectis_core.webhooks import schedule
from vectis_core.webhooks.fan_out import delivery_of, is_told
from vectis_core.webhooks.model import (
    Attempt,
    Delivery,
    DeliveryStatus,
    Lease,
    Parcel,
    Replay,
    ReplayRange,
    Report,
    Settled,
    Subscription,
    SubscriptionStatus,
    Trigger,
)
from vectis_core.webhooks.replaying import CLOCK_SLACK


def keys_of_due(command: ClaimDeliveries, keys: Keys) -> None:
    """Ask for what is due."""
    keys.due.add((command.well, command.ailing, command.deliveries))


def keys_of_lease(command: SettleDeliveries, keys: Keys) -> None:
    """Name the endpoint and the deliveries that were tried."""
    tenant = command.caller.tenant
    keys.subscriptions.add((tenant, command.subscription_id))
    keys.deliveries |= {(tenant, report.delivery_id) for report in command.reports}


def keys_of_delivery(command: Redeliver, keys: Keys) -> None:
    """Name the delivery, which leads to its endpoint."""
    keys.deliveries.add((command.caller.tenant, command.delivery_id))


def keys_of_replays(command: AdvanceReplays, keys: Keys) -> None:
    """Ask for the replays that are not done."""
    keys.replays.add(command.limit)


def claim(command: ClaimDeliveries, work: UnitOfWork) -> tuple[Lease, ...]:
    """Lease endpoints that are due, each with its oldest deliveries; one that fails is given one delivery to try.

    A lease from before the clock was set back is not ended but begins anew, once: so it ends by the clock as it is now,
    and no sooner than its holder thinks.
    """
    leases: list[Lease] = []
    left = {False: command.well, True: command.ailing}
    until = work.now + timedelta(seconds=command.lease_seconds)
    for tenant, subscription_id, delivery_ids in work.due():
        subscription = work.subscription_of(tenant, subscription_id)
        if subscription is None or not _can_be_claimed(subscription, work.now):
            continue
        if schedule.is_stranded(subscription, work.now):
            work.put_subscription(_begun_anew(subscription, work.now))
            continue
        is_ailing = subscription.failures > 0
        if not left[is_ailing]:
            continue
        most = 1 if is_ailing else command.deliveries
        parcels = _parcels(work, tenant, delivery_ids[:most])
        if not parcels:
            continue
        leased = attrs.evolve(
            subscription, lease_token=subscription.lease_token + 1, leased_until=until, claimed_at=work.now
        )
        work.put_subscription(leased)
        left[is_ailing] -= 1
        leases.append(Lease(leased, leased.lease_token, until, parcels))
    return tuple(leases)


def _can_be_claimed(subscription: Subscription, now: datetime) -> bool:
    """Say again what the store was asked: a command before this one may have changed it."""
    return subscription.status is SubscriptionStatus.ACTIVE and schedule.is_free(subscription, now)


def _begun_anew(subscription: Subscription, now: datetime) -> Subscription:
    """Return an endpoint with the lease that it has, as if that began now: whoever has it may be alive."""
    if subscription.leased_until is None or subscription.claimed_at is None:
        return subscription
    length = subscription.leased_until - subscription.claimed_at
    return attrs.evolve(subscription, leased_until=now + length, claimed_at=now)


def _parcels(work: UnitOfWork, tenant: str, delivery_ids: tuple[str, ...]) -> tuple[Parcel, ...]:
    parcels = []
    for delivery_id in delivery_ids:
        delivery = work.delivery_of(tenant, delivery_id)
        if delivery is None or not schedule.is_due(delivery, work.now):
            continue
        event = work.event_of(delivery)
        if event is None:
            raise LookupError(f"the event of delivery {delivery.id} is gone")
        parcels.append(Parcel(delivery, event))
    return tuple(parcels)


def settle(command: SettleDeliveries, work: UnitOfWork) -> Settled:
    """Write down what was tried, or nothing where somebody else has claimed the endpoint since."""
    subscription = work.subscription(command.subscription_id)
    if subscription is None or subscription.lease_token != command.lease_token:
        return Settled(current=False)
    for report in command.reports:
        subscription = _settle_one(command, subscription, report, work)
    if command.lease_seconds:
        until = work.now + timedelta(seconds=command.lease_seconds)
        subscription = attrs.evolve(subscription, leased_until=until, claimed_at=work.now)
    else:
        subscription = attrs.evolve(subscription, leased_until=None)
    work.put_subscription(subscription)
    return Settled(current=True, subscription=subscription)


def _settle_one(
    command: SettleDeliveries, subscription: Subscription, report: Report, work: UnitOfWork
) -> Subscription:
    delivery = work.delivery(report.delivery_id)
    if delivery is None or delivery.status is not DeliveryStatus.PENDING:
        return subscription
    attempts = delivery.attempts + 1
    work.attempts.append(
        Attempt(
            tenant=delivery.tenant,
            delivery_id=delivery.id,
            number=attempts,
            at=report.at,
            url=subscription.url,
            code=report.code,
            error=report.error,
            duration=report.duration,
            excerpt=report.excerpt,
        )
    )
    tried = attrs.evolve(
        delivery, attempts=attempts, updated_at=work.now, last_code=report.code, last_error=report.error
    )
    if schedule.succeeded(report):
        work.put_delivery(attrs.evolve(tried, status=DeliveryStatus.DELIVERED, due_at=None))
        return attrs.evolve(subscription, failing_since=None, failures=0, failed_deliveries=0, rests_until=None)
    due_at = schedule.next_attempt(command.policy, attempts, report, work.now)
    if report.code == schedule.GONE or due_at is None:
        work.put_delivery(attrs.evolve(tried, status=DeliveryStatus.EXHAUSTED, due_at=None))
    else:
        work.put_delivery(attrs.evolve(tried, due_at=due_at))
    return _failed(command, subscription, report, work, is_first=attempts == 1)


def _failed(
    command: SettleDeliveries, subscription: Subscription, report: Report, work: UnitOfWork, *, is_first: bool
) -> Subscription:
    """Return the endpoint after one more failure: resting, or disabled, or as it was."""
    policy = command.policy
    failures = subscription.failures + 1
    failing = attrs.evolve(
        subscription,
        failing_since=subscription.failing_since or work.now,
        failures=failures,
        failed_deliveries=subscription.failed_deliveries + is_first,
        rests_until=schedule.rest_until(policy, failures, report, work.now),
    )
    if report.code == schedule.GONE:
        return _disabled(failing, "The endpoint answered 410 Gone", work)
    since = failing.failing_since or work.now
    patience = timedelta(seconds=policy.disable_after)
    if work.now - since >= patience and failing.failed_deliveries >= policy.disable_after_deliveries:
        return _disabled(failing, f"Nothing could be delivered since {since:%Y-%m-%dT%H:%M:%SZ}", work)
    return failing


def _disabled(subscription: Subscription, reason: str, work: UnitOfWork) -> Subscription:
    """Disable an endpoint, and tell its owner by an event."""
    if subscription.status is not SubscriptionStatus.ACTIVE:
        return subscription
    disabled = attrs.evolve(
        subscription,
        status=SubscriptionStatus.DISABLED,
        reason=reason,
        status_since=work.now,
        event_seq=subscription.event_seq + 1,
    )
    work.put_subscription(disabled)
    data = {"webhookId": disabled.id, "url": disabled.url, "reason": reason}
    work.emit(EventType.WEBHOOK_DISABLED, Subject.WEBHOOK, disabled.id, disabled.event_seq, data)
    return disabled


def redeliver(command: Redeliver, work: UnitOfWork) -> Delivery:
    """Make a new delivery of the same event; the old one stays as it is, unless it waits: then it is due now.

    An endpoint that rests is tried at once: whoever asks may have mended it. Another failure sends it back to rest.
    """
    old = work.delivery(command.delivery_id)
    if old is None:
        raise NotFound("No such delivery")
    subscription = found(old.subscription_id, work)
    require_active(subscription)
    if subscription.rests_until is not None:
        work.put_subscription(attrs.evolve(subscription, rests_until=None))
    if old.status is DeliveryStatus.PENDING:
        hurried = attrs.evolve(old, due_at=work.now, updated_at=work.now)
        work.put_delivery(hurried)
        return hurried
    again = attrs.evolve(
        old,
        id=work.new_id("whd"),
        trigger=Trigger.REDELIVERY,
        status=DeliveryStatus.PENDING,
        attempts=0,
        due_at=work.now,
        created_at=work.now,
        updated_at=work.now,
        last_code=None,
        last_error=None,
    )
    work.put_delivery(again)
    return again


def keys_of_replay(command: StartReplay, keys: Keys) -> None:
    """Name the subscription, and ask where in the feed to begin."""
    tenant = command.caller.tenant
    keys.subscriptions.add((tenant, command.subscription_id))
    keys.moments.add((tenant, command.intent.since))


def start_replay(command: StartReplay, work: UnitOfWork) -> Replay:
    """Note what is to be replayed; whoever delivers goes on with it."""
    subscription = found(command.subscription_id, work)
    require_active(subscription)
    intent = command.intent
    until = min(intent.until or work.now, work.now)
    if intent.since >= until:
        raise ValidationError.of("since", "must lie before until, and before now")
    replay = Replay(
        tenant=subscription.tenant,
        id=work.new_id("whr"),
        subscription_id=subscription.id,
        since=intent.since,
        until=until,
        types=_types_of(intent, subscription),
        position=work.position_before(intent.since),
        made=0,
        done=False,
        created_at=work.now,
    )
    work.put_replay(replay)
    return replay


def _types_of(intent: ReplayRange, subscription: Subscription) -> tuple[str, ...]:
    """Return what to replay: what the subscription is for, or the part of it that is asked for."""
    if intent.types is None:
        return subscription.events
    types = tuple(each for each in EventType if is_told(each, intent.types) and is_told(each, subscription.events))
    if not types:
        raise ValidationError.of(
            "types", f"must name some of what the webhook is for: {', '.join(subscription.events)}"
        )
    return types


def advance_replays(command: AdvanceReplays, work: UnitOfWork) -> int:
    """Make deliveries of the next stretch of the feed, for each replay that is not done; return how many go on."""
    going_on = 0
    for replay, feed in work.replays():
        subscription = work.subscription_of(replay.tenant, replay.subscription_id)
        if subscription is None or subscription.status is SubscriptionStatus.DELETED:
            work.put_replay(attrs.evolve(replay, done=True))
            continue
        if replay.done or (feed and feed[0].position <= replay.position):
            # A command of the same batch has done this stretch.
            going_on += not replay.done
            continue
        advanced = _advanced(replay, feed[: command.limit], subscription, work)
        is_done = len(feed) < command.limit or _is_past(replay, feed[: command.limit])
        work.put_replay(attrs.evolve(advanced, done=is_done))
        going_on += not is_done
    return going_on


def _advanced(replay: Replay, feed: Sequence[Event], subscription: Subscription, work: UnitOfWork) -> Replay:
    """Make the deliveries of a stretch of the feed, and return how far the replay is then."""
    wanted = [event for event in feed if replay.since <= event.at < replay.until and is_told(event.type, replay.types)]
    for event in wanted:
        work.put_delivery(delivery_of(event, subscription, work.new_id("whd"), work.now, Trigger.REPLAY))
    position = feed[-1].position if feed else replay.position
    return attrs.evolve(replay, position=position, made=replay.made + len(wanted))


def _is_past(replay: Replay, feed: Sequence[Event]) -> bool:
    """Return whether nothing after *feed* can have happened before the replay's end."""
    return feed[-1].at - replay.until > CLOCK_SLACK

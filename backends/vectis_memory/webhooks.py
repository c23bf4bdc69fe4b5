"""Webhooks in memory: what a flush writes, what a dispatcher asks for, and what is cleared."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from itertools import chain, takewhile

import attrs

from vectis_core.clock import EPOCH
from vectis_core.ids import first_uuid7_at, prefixed
from vectis_core.ports import Changes, DeliveryFilter
from vectis_core.webhooks.model import (
    Backlog,
    Delivery,
    DeliveryStatus,
    Replay,
    Subscription,
    SubscriptionStatus,
)
from vectis_core.webhooks.schedule import WAIT_MAX, due_from, first_turn, free_at, in_turn, is_due, is_free
from vectis_memory import constraints
from vectis_memory.guards import guard, refuse_if
from vectis_memory.state import State
from vectis_memory.tree import Path

_PENDING = str(DeliveryStatus.PENDING)


def write(state: State, changes: Changes) -> None:
    """Write a batch's webhooks; raises ``StoreConflict``."""
    for old_subscription, subscription in changes.subscriptions:
        _write_subscription(state, old_subscription, subscription)
    for old_delivery, delivery in changes.deliveries:
        _write_delivery(state, old_delivery, delivery)
    for attempt in changes.attempts:
        key = (attempt.tenant, attempt.delivery_id, attempt.number)
        guard(state.attempts, key, None)
        refuse_if(constraints.attempt_problem(state, attempt))
        state.attempts = state.attempts.put(key, attempt)
    for old_replay, replay in changes.replays:
        _write_replay(state, old_replay, replay)


def _write_subscription(state: State, before: Subscription | None, after: Subscription) -> None:
    key = (after.tenant, after.id)
    guard(state.subscriptions, key, before, "lease_token", "event_seq")
    refuse_if(constraints.subscription_problem(state, after))
    state.subscriptions = state.subscriptions.put(key, after)


def _entries(delivery: Delivery) -> set[Path]:
    """Return the entries of a delivery in the index that lists and dispatchers go by."""
    head = (delivery.tenant, delivery.subscription_id)
    entries: set[Path] = {(*head, "status", str(delivery.status), delivery.id), (*head, "all", "", delivery.id)}
    if delivery.due_at is not None:
        is_late, position, _ = first_turn(delivery)
        first = ("first", f"{is_late:d}{position:019}")
        kind = ("again", delivery.due_at.isoformat()) if delivery.attempts else first
        entries.add((*head, *kind, delivery.id))
    return entries


def _write_delivery(state: State, before: Delivery | None, after: Delivery) -> None:
    key = (after.tenant, after.id)
    guard(state.deliveries, key, before, "status", "attempts")
    refuse_if(constraints.delivery_problem(state, after))
    told = state.histories.get(constraints.told_by(after))
    if told is not None:
        after = attrs.evolve(after, position=told.position)
    old = _entries(before) if before is not None else set()
    new = _entries(after)
    for entry in old - new:
        state.delivery_index = state.delivery_index.without(entry)
    for entry in new - old:
        state.delivery_index = state.delivery_index.put(entry, after.id)
    state.deliveries = state.deliveries.put(key, after)


def _write_replay(state: State, before: Replay | None, after: Replay) -> None:
    key = (after.tenant, after.subscription_id, after.id)
    guard(state.replays, key, before, "position", "done")
    refuse_if(constraints.replay_problem(state, after))
    state.replays = state.replays.put(key, after)
    running = (after.id,)
    state.replays_running = (
        state.replays_running.without(running) if after.done else state.replays_running.put(running, after)
    )


def _found(state: State, tenant: str, ids: Iterator[str]) -> Iterator[Delivery]:
    return (each for each in (state.deliveries.get((tenant, found)) for found in ids) if each is not None)


def _waiting(state: State, subscription: Subscription, kind: str) -> Iterator[Delivery]:
    """Return the pending deliveries of an endpoint, those that were never tried or those that are to be again."""
    ids = state.delivery_index.values_under((subscription.tenant, subscription.id, kind))
    return _found(state, subscription.tenant, ids)


def _due_again(state: State, subscription: Subscription, now: datetime) -> Iterator[Delivery]:
    """Return the deliveries of an endpoint that are due again: those whose time has come, and those put too far off."""
    index, head = state.delivery_index, (subscription.tenant, subscription.id, "again")
    begin, end = index.under(head)
    far = index.rank((*head, (now + WAIT_MAX).isoformat()))
    near, beyond = (
        _found(state, subscription.tenant, (found for _, found in index.items(*part)))
        for part in ((begin, far), (far, end))
    )
    return chain(takewhile(lambda each: is_due(each, now), near), (each for each in beyond if is_due(each, now)))


def _turn(now: datetime, subscription: Subscription) -> tuple[bool, datetime, str, str]:
    """Return by what endpoints take turns; who was claimed before the clock was set back does not wait for that."""
    claimed_at = subscription.claimed_at or EPOCH
    return EPOCH < claimed_at <= now, claimed_at, subscription.tenant, subscription.id


def load_due(
    state: State, now: datetime, well: int, ailing: int, deliveries: int
) -> list[tuple[Subscription, list[Delivery]]]:
    """Return endpoints that can be claimed, each with what is due for it."""
    free = [
        each
        for _, each in state.subscriptions.items()
        if each.status is SubscriptionStatus.ACTIVE and is_free(each, now)
    ]
    free.sort(key=partial(_turn, now))
    left = {False: well, True: ailing}
    found = []
    for subscription in free:
        is_ailing = subscription.failures > 0
        if not left[is_ailing]:
            continue
        again = _due_again(state, subscription, now)
        due = in_turn(_waiting(state, subscription, "first"), again, deliveries)
        if due:
            left[is_ailing] -= 1
            found.append((subscription, due))
    return found


def next_due(state: State, now: datetime) -> datetime | None:
    """Return when the next delivery can be claimed, or a replay goes on."""
    if len(state.replays_running):
        return now
    active = (each for _, each in state.subscriptions.items() if each.status is SubscriptionStatus.ACTIVE)
    return min((moment for moment in (_claimable_at(state, each, now) for each in active) if moment), default=None)


def _claimable_at(state: State, subscription: Subscription, now: datetime) -> datetime | None:
    waiting = chain(
        _waiting(state, subscription, "first"),
        _due_again(state, subscription, now),
        _waiting(state, subscription, "again"),
    )
    soonest = next(waiting, None)
    return None if soonest is None else max(due_from(soonest, now), free_at(subscription, now))


def backlog(state: State) -> Backlog:
    """Return how many deliveries wait, how many were given up, and since when the oldest waits."""
    pending = exhausted = 0
    oldest: list[datetime] = []
    index = state.delivery_index
    for each in state.subscriptions.values_under(()):
        head = (each.tenant, each.id, "status")
        if each.status is not SubscriptionStatus.DELETED:
            first, end = index.under((*head, str(DeliveryStatus.EXHAUSTED)))
            exhausted += end - first
        if each.status is SubscriptionStatus.ACTIVE:
            first, end = index.under((*head, _PENDING))
            pending += end - first
            found = (delivery_id for _, delivery_id in index.items(first, min(end, first + 1)))
            oldest += [delivery.created_at for delivery in _found(state, each.tenant, found)]
    return Backlog(pending, exhausted, min(oldest, default=None))


def index_prefix(tenant: str, where: DeliveryFilter) -> Path:
    """Return the part of the index that a list goes by."""
    head = (tenant, where.subscription_id)
    return (*head, "all", "") if where.status is None else (*head, "status", where.status)


def deliveries_where(state: State, tenant: str, where: DeliveryFilter) -> Iterator[Delivery]:
    """Return the deliveries that match, newest first."""
    first, end = state.delivery_index.under(index_prefix(tenant, where))
    ids = (found for _, found in state.delivery_index.backwards(first, end))
    return (each for each in _found(state, tenant, ids) if where.event_type in {None, each.event_type})


def clear_deliveries(state: State, before: datetime, limit: int) -> tuple[int, int]:
    """Delete deliveries that are finished and older than that, and what is left of deleted subscriptions."""
    bound = prefixed("whd", first_uuid7_at(before))
    cleared = ended = 0
    for key, subscription in list(state.subscriptions.items()):
        is_deleted = subscription.status is SubscriptionStatus.DELETED
        ids = state.delivery_index.values_under((*key, "all"))
        aged = [
            each
            for each in _found(state, subscription.tenant, ids)
            if is_deleted or (each.id < bound and each.status != _PENDING)
        ][: limit - cleared]
        for delivery in aged:
            _delete(state, delivery)
        cleared += len(aged)
        first, end = state.delivery_index.under((*key, "all"))
        if is_deleted and first == end and ended < limit:
            _delete_subscription(state, subscription)
            ended += 1
    return cleared, ended


def _delete(state: State, delivery: Delivery) -> None:
    for entry in _entries(delivery):
        state.delivery_index = state.delivery_index.without(entry)
    for attempt in list(state.attempts.values_under((delivery.tenant, delivery.id))):
        state.attempts = state.attempts.without((attempt.tenant, attempt.delivery_id, attempt.number))
    state.deliveries = state.deliveries.without((delivery.tenant, delivery.id))


def _delete_subscription(state: State, subscription: Subscription) -> None:
    key = (subscription.tenant, subscription.id)
    for replay in list(state.replays.values_under(key)):
        state.replays = state.replays.without((*key, replay.id))
        state.replays_running = state.replays_running.without((replay.id,))
    state.subscriptions = state.subscriptions.without(key)

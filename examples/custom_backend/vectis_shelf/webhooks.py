"""Webhooks: what a dispatcher asks for, and what is cleared of them."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from operator import attrgetter

from vectis_core.clock import EPOCH
from vectis_core.ids import first_uuid7_at, prefixed
from vectis_core.webhooks.model import Backlog, Delivery, DeliveryStatus, Subscription, SubscriptionStatus
from vectis_core.webhooks.schedule import due_from, first_turn, free_at, in_turn, is_due, is_free
from vectis_shelf.tables import Draft

_by_id = attrgetter("id")
_by_due = attrgetter("due_at", "id")


def _waiting(draft: Draft) -> dict[tuple[str, str], list[Delivery]]:
    """Return the pending deliveries by the webhooks that they are for."""
    found: dict[tuple[str, str], list[Delivery]] = defaultdict(list)
    for row in draft.rows("deliveries"):
        if row.status is DeliveryStatus.PENDING:
            found[row.tenant, row.subscription_id].append(row)
    return found


def _active(draft: Draft) -> list[Subscription]:
    return [row for row in draft.rows("subscriptions") if row.status is SubscriptionStatus.ACTIVE]


def _turn(row: Subscription, now: datetime) -> tuple[bool, datetime, str, str]:
    """Those claimed longest ago first, and before them those claimed before the clock was set back, or never."""
    claimed_at = row.claimed_at or EPOCH
    return EPOCH < claimed_at <= now, claimed_at, row.tenant, row.id


def due(
    draft: Draft, now: datetime, well: int, ailing: int, deliveries: int
) -> list[tuple[Subscription, list[Delivery]]]:
    """Return endpoints that can be claimed, each with what is due for it."""
    waiting = _waiting(draft)
    found: dict[bool, list[tuple[Subscription, list[Delivery]]]] = {False: [], True: []}
    for row in sorted(_active(draft), key=lambda row: _turn(row, now)):
        if not is_free(row, now):
            continue
        rows = waiting[row.tenant, row.id]
        first = sorted((each for each in rows if not each.attempts), key=first_turn)
        again = sorted((each for each in rows if each.attempts and is_due(each, now)), key=_by_due)
        if first or again:
            found[row.failures > 0].append((row, in_turn(first, again, deliveries)))
    return found[False][:well] + found[True][:ailing]


def next_due(draft: Draft, now: datetime) -> datetime | None:
    """Return when the next delivery can be claimed, or a replay goes on."""
    if any(not row.done for row in draft.rows("replays")):
        return now
    waiting = _waiting(draft)
    moments = []
    for row in _active(draft):
        dues = [due_from(each, now) for each in waiting[row.tenant, row.id]]
        if dues:
            moments.append(max(min(dues), free_at(row, now)))
    return min(moments, default=None)


def backlog(draft: Draft) -> Backlog:
    """Return how many deliveries wait, how many were given up, and since when the oldest waits."""
    waiting = _waiting(draft)
    pending = [each for row in _active(draft) for each in waiting[row.tenant, row.id]]
    kept = {(row.tenant, row.id) for row in draft.rows("subscriptions") if row.status is not SubscriptionStatus.DELETED}
    exhausted = sum(
        row.status is DeliveryStatus.EXHAUSTED and (row.tenant, row.subscription_id) in kept
        for row in draft.rows("deliveries")
    )
    return Backlog(len(pending), exhausted, min((each.created_at for each in pending), default=None))


def clear_deliveries(draft: Draft, before: datetime, limit: int) -> int:
    """Delete deliveries that are finished and older than that, or of deleted webhooks, with their attempts."""
    bound = prefixed("whd", first_uuid7_at(before))
    ended = {(row.tenant, row.id) for row in draft.rows("subscriptions") if row.status is SubscriptionStatus.DELETED}
    aged = [
        row
        for row in sorted(draft.rows("deliveries"), key=_by_id)
        if (row.tenant, row.subscription_id) in ended or (row.id < bound and row.status is not DeliveryStatus.PENDING)
    ][:limit]
    gone = {(row.tenant, row.id) for row in aged}
    for key in gone:
        draft.put("deliveries", key, None)
    for attempt in [row for row in draft.rows("attempts") if (row.tenant, row.delivery_id) in gone]:
        draft.put("attempts", (attempt.tenant, attempt.delivery_id, attempt.number), None)
    return len(gone)


def clear_webhooks(draft: Draft, limit: int) -> int:
    """Delete deleted webhooks that have no delivery left, with their replays."""
    used = {(row.tenant, row.subscription_id) for row in draft.rows("deliveries")}
    ended = [
        (row.tenant, row.id)
        for row in draft.rows("subscriptions")
        if row.status is SubscriptionStatus.DELETED and (row.tenant, row.id) not in used
    ][:limit]
    for key in ended:
        draft.put("subscriptions", key, None)
    for replay in [row for row in draft.rows("replays") if (row.tenant, row.subscription_id) in ended]:
        draft.put("replays", (replay.tenant, replay.id), None)
    return len(ended)

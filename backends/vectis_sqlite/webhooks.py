"""Webhooks in SQLite: their statements, rows, and what a dispatcher asks for."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from vectis_core.clock import from_micros, to_micros
from vectis_core.events import Event, Subject
from vectis_core.ids import first_uuid7_at, prefixed
from vectis_core.ports import DeliveryFilter, EventKey, Key, Slice
from vectis_core.webhooks.model import (
    Attempt,
    Backlog,
    Delivery,
    DeliveryStatus,
    Replay,
    SealedSecret,
    Subscription,
    SubscriptionStatus,
    Trigger,
)
from vectis_core.webhooks.schedule import CLOCK_STEP, WAIT_MAX, in_turn
from vectis_sqlite import loading, rows
from vectis_sqlite.lists import Statement, before_id
from vectis_sqlite.rows import Row, maybe_micros, maybe_moment
from vectis_sqlite.statements import EVENT_COLUMNS, insert, select

_WEBHOOK = (
    "tenant, id, url, events, status, reason, status_since, secrets, created_at, updated_at, event_seq, failing_since, "
    "failures, failed_deliveries, rests_until, lease_token, leased_until, claimed_at"
)
_DELIVERY = (
    "tenant, webhook_id, id, event_id, event_type, subject, subject_id, sequence, position, cause, status, attempts, "
    "due_at, created_at, updated_at, last_code, last_error"
)
_ATTEMPT = "tenant, delivery_id, number, at, url, code, error, duration, excerpt"
_REPLAY = "tenant, webhook_id, id, since, until, types, position, made, done, created_at"

INSERT_WEBHOOK = insert("webhooks", _WEBHOOK)
UPDATE_WEBHOOK = (
    "UPDATE webhooks SET url = ?, events = ?, status = ?, reason = ?, status_since = ?, secrets = ?, updated_at = ?, "
    "event_seq = ?, failing_since = ?, failures = ?, failed_deliveries = ?, rests_until = ?, lease_token = ?, "
    "leased_until = ?, claimed_at = ? WHERE tenant = ? AND id = ? AND lease_token = ? AND event_seq = ?"
)
WEBHOOKS = select("webhooks", _WEBHOOK, "tenant = ? AND id IN ({keys})")
WEBHOOKS_OF = select("webhooks", _WEBHOOK, "tenant = ? AND status <> 'deleted'")
WEBHOOKS_NEWEST = select(
    "webhooks", _WEBHOOK, "tenant = ? AND id < ? AND status <> 'deleted' ORDER BY id DESC LIMIT ? OFFSET ?"
)
COUNT_WEBHOOKS = "SELECT count(*) FROM webhooks WHERE tenant = ? AND status <> 'deleted'"

INSERT_DELIVERY = insert("deliveries", _DELIVERY)
UPDATE_DELIVERY = (
    "UPDATE deliveries SET status = ?, attempts = ?, due_at = ?, updated_at = ?, last_code = ?, last_error = ? "
    "WHERE tenant = ? AND webhook_id = ? AND id = ? AND status = ? AND attempts = ?"
)
#: By the index of ``UNIQUE (tenant, id)``: for more than a few ids the planner walks all deliveries of the tenant.
DELIVERIES = select("deliveries INDEXED BY sqlite_autoindex_deliveries_2", _DELIVERY, "tenant = ? AND id IN ({keys})")

_OF_WEBHOOK = "d.tenant = w.tenant AND d.webhook_id = w.id AND d.status = 'pending' AND d.attempts "
#: Named, because the planner takes the primary key, and with it every delivery that there ever was, for as good.
_FIRST_INDEX = "deliveries AS d INDEXED BY deliveries_first"
_IS_FIRST = f"EXISTS (SELECT 1 FROM {_FIRST_INDEX} WHERE {_OF_WEBHOOK} = 0)"  # noqa: S608 - text of our own


def _waiting(name: str, comparison: str) -> str:
    """Return the table *name* of the webhooks in an index of what waits: one step from each to the next.

    So neither a webhook for which nothing waits nor how much waits for another costs anything. The last row of each
    tenant has no webhook. (By a comparison of pairs SQLite would read all that waits for the webhook that it is at.)
    """
    waits = f"FROM deliveries INDEXED BY deliveries_{name} WHERE status = 'pending' AND attempts {comparison} 0"
    return (
        f"{name}_tenants (t) AS (SELECT min(tenant) {waits} "  # noqa: S608 - text of our own
        f"UNION ALL SELECT (SELECT min(tenant) {waits} AND tenant > t) FROM {name}_tenants WHERE t IS NOT NULL), "
        f"{name} (t, w) AS (SELECT t, (SELECT min(webhook_id) {waits} AND tenant = t) FROM {name}_tenants "
        f"UNION ALL SELECT t, (SELECT min(webhook_id) {waits} AND tenant = t AND webhook_id > w) FROM {name} "
        "WHERE w IS NOT NULL)"
    )


_WITH_WAITING = (
    f"WITH RECURSIVE {_waiting('first', '=')}, {_waiting('again', '>')}, "  # noqa: S608 - text of our own
    "waiting AS (SELECT * FROM first UNION SELECT * FROM again) "
)
#: ``:now``, ``:far`` and ``:ahead`` are now, the furthest moment that anything waits for, and the furthest at which a
#: lease may have begun. What lies beyond these was put there before the clock was set back, and counts as over.
_AGAIN = f"EXISTS (SELECT 1 FROM deliveries AS d WHERE {_OF_WEBHOOK} > 0 AND d.due_at"  # noqa: S608 - text of our own
_IS_FIRST_OR_FAR = f"{_IS_FIRST} OR {_AGAIN} > :far)"
_WAITING_WEBHOOKS = "waiting CROSS JOIN webhooks AS w ON w.tenant = waiting.t AND w.id = waiting.w"
#: ``{ailing}`` is a comparison with zero. One that was never claimed has no time and comes first.
DUE_WEBHOOKS = _WITH_WAITING + select(
    _WAITING_WEBHOOKS,
    _WEBHOOK,
    "status = 'active' AND failures {ailing} "
    "AND (leased_until IS NULL OR leased_until <= :now OR claimed_at > :ahead) "
    "AND (rests_until IS NULL OR rests_until <= :now OR rests_until > :far) "
    f"AND ({_IS_FIRST_OR_FAR} OR {_AGAIN} <= :now)) ORDER BY claimed_at <= :now, claimed_at, tenant, id LIMIT :most",
)
_PENDING = "tenant = ? AND webhook_id = ? AND status = 'pending' AND attempts "
FIRST_DELIVERIES = select(_FIRST_INDEX, _DELIVERY, f"{_PENDING} = 0 ORDER BY cause = 'replay', position, id LIMIT ?")
DUE_DELIVERIES = select("deliveries", _DELIVERY, f"{_PENDING} > 0 AND due_at <= ? ORDER BY due_at, id LIMIT ?")
FAR_DELIVERIES = select("deliveries", _DELIVERY, f"{_PENDING} > 0 AND due_at > ? ORDER BY due_at, id LIMIT ?")
NEXT_DUE = (
    f"{_WITH_WAITING} SELECT min(max("  # noqa: S608 - text of our own
    "CASE WHEN claimed_at > :ahead THEN 0 ELSE coalesce(leased_until, 0) END, "
    "CASE WHEN rests_until > :far THEN 0 ELSE coalesce(rests_until, 0) END, "
    f"CASE WHEN {_IS_FIRST_OR_FAR} THEN 0 "
    f"ELSE (SELECT min(due_at) FROM deliveries AS d WHERE {_OF_WEBHOOK} > 0) END)) "
    f"FROM {_WAITING_WEBHOOKS} WHERE status = 'active'"
)
_OF_STATUS = (
    "FROM deliveries AS d INDEXED BY deliveries_of_status "
    "WHERE d.tenant = w.tenant AND d.webhook_id = w.id AND d.status"
)
#: One look per webhook at an index that has all of a status; of the oldest one its row, to tell when it was made.
BACKLOG = (
    f"SELECT coalesce(sum(CASE status WHEN 'active' THEN (SELECT count(*) {_OF_STATUS} = 'pending') END), 0), "  # noqa: S608 - text of our own
    f"coalesce(sum((SELECT count(*) {_OF_STATUS} = 'exhausted')), 0), "
    f"min(CASE status WHEN 'active' THEN (SELECT created_at {_OF_STATUS} = 'pending' ORDER BY d.id LIMIT 1) END) "
    "FROM webhooks AS w WHERE status <> 'deleted'"
)
EVENT_OF_SUBJECT = select("events", EVENT_COLUMNS, "tenant = ? AND subject_id = ? AND sequence = ?")

INSERT_ATTEMPT = insert("attempts", _ATTEMPT)
ATTEMPTS = select("attempts", _ATTEMPT, "tenant = ? AND delivery_id = ? ORDER BY number")

INSERT_REPLAY = insert("replays", _REPLAY)
UPDATE_REPLAY = (
    "UPDATE replays SET position = ?, made = ?, done = ? WHERE tenant = ? AND webhook_id = ? AND id = ? "
    "AND position = ? AND done = 0"
)
RUNNING_REPLAYS = select("replays", _REPLAY, "done = 0 ORDER BY id LIMIT ?")
REPLAYS_OF = select("replays", _REPLAY, "tenant = ? AND webhook_id = ? ORDER BY id DESC")
IS_REPLAYING = "SELECT EXISTS (SELECT 1 FROM replays WHERE done = 0)"

_ALL_WEBHOOKS = "SELECT tenant, id, status FROM webhooks"
_CLEAR_DELIVERIES = (
    "DELETE FROM deliveries WHERE (tenant, webhook_id, id) IN (SELECT tenant, webhook_id, id FROM deliveries "
    "WHERE tenant = ? AND webhook_id = ? AND id < ? AND (status <> 'pending' OR ?) ORDER BY id LIMIT ?)"
)
_HAS_DELIVERIES = "SELECT EXISTS (SELECT 1 FROM deliveries WHERE tenant = ? AND webhook_id = ?)"
_DELETE_REPLAYS = "DELETE FROM replays WHERE tenant = ? AND webhook_id = ?"
_DELETE_WEBHOOK = "DELETE FROM webhooks WHERE tenant = ? AND id = ?"

#: Above every id.
_END = "\U0010ffff"


# Rows


def webhook_row(subscription: Subscription) -> Row:
    """Return the row of a subscription."""
    secrets = [
        {"sealed": each.sealed, "created_at": to_micros(each.created_at), "retires_at": maybe_micros(each.retires_at)}
        for each in subscription.secrets
    ]
    return (
        subscription.tenant,
        subscription.id,
        subscription.url,
        json.dumps(subscription.events),
        subscription.status.value,
        subscription.reason,
        to_micros(subscription.status_since),
        json.dumps(secrets),
        to_micros(subscription.created_at),
        to_micros(subscription.updated_at),
        subscription.event_seq,
        maybe_micros(subscription.failing_since),
        subscription.failures,
        subscription.failed_deliveries,
        maybe_micros(subscription.rests_until),
        subscription.lease_token,
        maybe_micros(subscription.leased_until),
        maybe_micros(subscription.claimed_at),
    )


def webhook_change(before: Subscription, subscription: Subscription) -> Row:
    """Return what a subscription becomes, and the guard."""
    row = webhook_row(subscription)
    return (*row[2:8], *row[9:18], *row[:2], before.lease_token, before.event_seq)


def webhook_of(row: Row) -> Subscription:
    """Return the subscription of a row."""
    secrets = tuple(
        SealedSecret(each["sealed"], from_micros(each["created_at"]), maybe_moment(each["retires_at"]))
        for each in json.loads(row[7])
    )
    return Subscription(
        tenant=row[0],
        id=row[1],
        url=row[2],
        events=tuple(json.loads(row[3])),
        status=SubscriptionStatus(row[4]),
        reason=row[5],
        status_since=from_micros(row[6]),
        secrets=secrets,
        created_at=from_micros(row[8]),
        updated_at=from_micros(row[9]),
        event_seq=row[10],
        failing_since=maybe_moment(row[11]),
        failures=row[12],
        failed_deliveries=row[13],
        rests_until=maybe_moment(row[14]),
        lease_token=row[15],
        leased_until=maybe_moment(row[16]),
        claimed_at=maybe_moment(row[17]),
    )


def delivery_row(delivery: Delivery, position: int | None = None) -> Row:
    """Return the row of a delivery, at a *position* of the feed where that was given just now."""
    return (
        delivery.tenant,
        delivery.subscription_id,
        delivery.id,
        delivery.event_id,
        delivery.event_type,
        delivery.subject.value,
        delivery.subject_id,
        delivery.sequence,
        delivery.position if position is None else position,
        delivery.trigger.value,
        delivery.status.value,
        delivery.attempts,
        maybe_micros(delivery.due_at),
        to_micros(delivery.created_at),
        to_micros(delivery.updated_at),
        delivery.last_code,
        delivery.last_error,
    )


def delivery_change(before: Delivery, delivery: Delivery) -> Row:
    """Return what a delivery becomes, and the guard."""
    row = delivery_row(delivery)
    return (*row[10:13], *row[14:17], *row[:3], before.status.value, before.attempts)


def delivery_of(row: Row) -> Delivery:
    """Return the delivery of a row."""
    return Delivery(
        tenant=row[0],
        subscription_id=row[1],
        id=row[2],
        event_id=row[3],
        event_type=row[4],
        subject=Subject(row[5]),
        subject_id=row[6],
        sequence=row[7],
        position=row[8],
        trigger=Trigger(row[9]),
        status=DeliveryStatus(row[10]),
        attempts=row[11],
        due_at=maybe_moment(row[12]),
        created_at=from_micros(row[13]),
        updated_at=from_micros(row[14]),
        last_code=row[15],
        last_error=row[16],
    )


def attempt_row(attempt: Attempt) -> Row:
    """Return the row of an attempt."""
    return (
        attempt.tenant,
        attempt.delivery_id,
        attempt.number,
        to_micros(attempt.at),
        attempt.url,
        attempt.code,
        attempt.error,
        attempt.duration,
        attempt.excerpt,
    )


def attempt_of(row: Row) -> Attempt:
    """Return the attempt of a row."""
    return Attempt(row[0], row[1], row[2], from_micros(row[3]), *row[4:])


def replay_row(replay: Replay) -> Row:
    """Return the row of a replay."""
    return (
        replay.tenant,
        replay.subscription_id,
        replay.id,
        to_micros(replay.since),
        to_micros(replay.until),
        json.dumps(replay.types),
        replay.position,
        replay.made,
        replay.done,
        to_micros(replay.created_at),
    )


def replay_change(before: Replay, replay: Replay) -> Row:
    """Return how far a replay is, and the guard."""
    row = replay_row(replay)
    return (*row[6:9], *row[:3], before.position)


def replay_of(row: Row) -> Replay:
    """Return the replay of a row."""
    return Replay(
        tenant=row[0],
        subscription_id=row[1],
        id=row[2],
        since=from_micros(row[3]),
        until=from_micros(row[4]),
        types=tuple(json.loads(row[5])),
        position=row[6],
        made=row[7],
        done=bool(row[8]),
        created_at=from_micros(row[9]),
    )


# Reading


def load_subscriptions(
    connection: sqlite3.Connection, ids: Sequence[Key], tenants: Sequence[str]
) -> list[Subscription]:
    """Return subscriptions by id, and all those of the tenants that are not deleted."""
    found = loading.entities(connection, WEBHOOKS, ids, webhook_of)
    for tenant in tenants:
        found += [webhook_of(row) for row in connection.execute(WEBHOOKS_OF, (tenant,)).fetchall()]
    return found


def load_events(connection: sqlite3.Connection, keys: Sequence[EventKey]) -> list[Event]:
    """Return events by their place in their subject's history."""
    found = (connection.execute(EVENT_OF_SUBJECT, key).fetchone() for key in keys)
    return [rows.event_of(row) for row in found if row is not None]


def load_due(
    connection: sqlite3.Connection, now: datetime, well: int, ailing: int, deliveries: int
) -> list[tuple[Subscription, list[Delivery]]]:
    """Return endpoints that can be claimed, each with what is due for it."""
    bounds = bounds_of(now)
    heads: list[Row] = []
    for comparison, most in (("= 0", well), ("> 0", ailing)):
        if most:
            heads += connection.execute(DUE_WEBHOOKS.format(ailing=comparison), {**bounds, "most": most}).fetchall()
    return [(webhook_of(head), _due_of(connection, head[:2], bounds, deliveries)) for head in heads]


def bounds_of(now: datetime) -> dict[str, int]:
    """Return what the statements that ask for what is due go by."""
    return {"now": to_micros(now), "far": to_micros(now + WAIT_MAX), "ahead": to_micros(now + CLOCK_STEP)}


def _due_of(connection: sqlite3.Connection, webhook: Row, bounds: dict[str, int], most: int) -> list[Delivery]:
    first = connection.execute(FIRST_DELIVERIES, (*webhook, most)).fetchall()
    again = connection.execute(DUE_DELIVERIES, (*webhook, bounds["now"], most)).fetchall()
    again += connection.execute(FAR_DELIVERIES, (*webhook, bounds["far"], most)).fetchall()
    return in_turn(map(delivery_of, first), map(delivery_of, again), most)


def next_due(connection: sqlite3.Connection, now: datetime) -> datetime | None:
    """Return when the next delivery can be claimed, or a replay goes on."""
    if connection.execute(IS_REPLAYING).fetchone()[0]:
        return now
    due: datetime | None = maybe_moment(connection.execute(NEXT_DUE, bounds_of(now)).fetchone()[0])
    return due


def backlog(connection: sqlite3.Connection) -> Backlog:
    """Return how many deliveries wait, how many were given up, and since when the oldest waits."""
    pending, exhausted, oldest = connection.execute(BACKLOG).fetchone()
    return Backlog(pending, exhausted, maybe_moment(oldest))


def subscriptions(connection: sqlite3.Connection, tenant: str, part: Slice) -> list[Subscription]:
    """Return subscriptions by id, newest first."""
    values = (tenant, before_id(part), part.limit, part.offset)
    return [webhook_of(row) for row in connection.execute(WEBHOOKS_NEWEST, values).fetchall()]


def deliveries(tenant: str, wanted: DeliveryFilter) -> Statement:
    """Return the statement for deliveries of a subscription."""
    statement = Statement("deliveries", "id")
    statement.where("tenant = ? AND webhook_id = ?", tenant, wanted.subscription_id)
    if wanted.status is not None:
        statement.where("status = ?", wanted.status)
    if wanted.event_type is not None:
        statement.where("event_type = ?", wanted.event_type)
    return statement


DELIVERY_COLUMNS = _DELIVERY


def clear_deliveries(connection: sqlite3.Connection, before: datetime, limit: int) -> tuple[int, int]:
    """Delete deliveries that are finished and older than that, and what is left of deleted subscriptions."""
    bound = prefixed("whd", first_uuid7_at(before))
    cleared = ended = 0
    for tenant, webhook_id, status in connection.execute(_ALL_WEBHOOKS).fetchall():
        is_deleted = status == SubscriptionStatus.DELETED
        key: tuple[Any, ...] = (tenant, webhook_id)
        if cleared < limit:
            values = (*key, _END if is_deleted else bound, is_deleted, limit - cleared)
            cleared += connection.execute(_CLEAR_DELIVERIES, values).rowcount
        if is_deleted and ended < limit and not connection.execute(_HAS_DELIVERIES, key).fetchone()[0]:
            connection.execute(_DELETE_REPLAYS, key)
            connection.execute(_DELETE_WEBHOOK, key)
            ended += 1
    return cleared, ended

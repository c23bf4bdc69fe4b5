"""Judging deliveries: what workers and endpoints noted, held against the books.

The laws:

- W1 every event is kept for each webhook that is for it, once, as delivered, pending, exhausted or skipped.
- W2 what is delivered was taken by the endpoint; what is exhausted was tried to the end; what is skipped could not go.
- W3 the log of attempts is what workers reported whose lease was the newest, whole, and nothing else.
- W4 first deliveries of one subject leave in the order of its events.
- W5 nothing comes that has not happened, nor with other content than the feed has.
- W6 an endpoint that is paused, disabled or deleted is leased to nobody.
- W7 an endpoint is leased to one at a time, by the store's clock, and whoever comes back from the dead sends at most
  the one request that was about to leave.
- W8 a repeat is the same to the last byte, under the same id, and everything is signed.
- W9 where nothing is in the way any more, nothing is left to be delivered.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import attrs

from vectis_core.commands import CreateSubscription, DeleteSubscription, UpdateSubscription
from vectis_core.events import Event, EventType, is_asked_for
from vectis_core.faces import TenantFace
from vectis_core.queries import DeliveryLog
from vectis_core.signing import verify
from vectis_core.testing.judge.requests import Request, requests
from vectis_core.testing.judge.violation import Violation
from vectis_core.testing.posts import Arrival, Deliveries, Granted, Settling
from vectis_core.webhooks.model import DeliveryStatus, Subscription, SubscriptionStatus, Trigger

_GONE = 410
_TAKEN = range(200, 300)


@attrs.frozen
class _Books:
    """One webhook, as the public API tells of it, and all that was noted of it."""

    hook: Subscription
    deliveries: Sequence[DeliveryLog]
    leases: Sequence[Granted]
    settlings: Sequence[Settling]
    arrivals: Sequence[Arrival]
    #: Requests that paused, deleted or resumed it.
    changes: Sequence[Request]
    feed: Sequence[Event]
    #: From after this position on it had to be told.
    known_since: int | None
    #: When the store's clock was set back.
    set_back: Sequence[float]

    def __str__(self) -> str:
        return self.hook.url


def judge_deliveries(log: Deliveries, face: TenantFace, *, attempts_max: int, secret: str) -> list[Violation]:
    """Return what is wrong with the webhooks of one tenant, by the log.

    The log is complete, and nobody writes meanwhile. Webhooks have URLs of their own, which never change, and the one
    *secret*; a delivery is exhausted after *attempts_max*.
    """
    feed = list(face.events())
    asked = requests([call for call in log.calls if call.command.caller.tenant == face.caller.tenant])
    found = list(_made_once(asked, list(face.webhooks.list())))
    for hook in face.webhooks.list():
        books = _read(log, face, hook, feed, asked)
        found += _kept(books)
        for each in books.deliveries:
            found += _status(books, each, attempts_max)
        found += _attempts(books)
        found += _order(books)
        found += _content(books, secret)
        found += _nothing_while_inactive(books)
        found += _one_at_a_time(books)
        if not log.clocks_went_wrong:
            found += _soon_over(books)
    return found


def _read(
    log: Deliveries, face: TenantFace, hook: Subscription, feed: Sequence[Event], asked: Sequence[Request]
) -> _Books:
    def is_change(request: Request) -> bool:
        command = request.command
        return isinstance(command, UpdateSubscription | DeleteSubscription) and command.subscription_id == hook.id

    return _Books(
        hook,
        [face.webhooks.delivery(each.id) for each in face.webhooks.deliveries(hook.id)],
        [each for each in log.leases if each.subscription_id == hook.id],
        [each for each in log.settlings if each.subscription_id == hook.id],
        [each for each in log.arrivals if each.subscription_id == hook.id],
        [each for each in asked if is_change(each)],
        feed,
        log.known_since.get(hook.id),
        log.set_back,
    )


def _made_once(asked: Sequence[Request], hooks: Sequence[Subscription]) -> Iterator[Violation]:
    made = Counter(hook.url for hook in hooks)
    ended = {each.command.subscription_id for each in asked if isinstance(each.command, DeleteSubscription)}
    for request in asked:
        if not isinstance(request.command, CreateSubscription):
            continue
        url = request.command.intent.url
        ids = {call.result.subscription.id for call in request.calls if call.result is not None}
        if made[url] > 1 or len(ids) > 1:
            yield Violation("W1", f"{request} made {made[url]} webhooks, told as {sorted(ids)}")
        elif request.done and not made[url] and not ids & ended:
            yield Violation("W1", f"{request} was told of a webhook that is not there")


def _kept(books: _Books) -> Iterator[Violation]:
    """Yield each event that is not kept for the webhook, or kept twice (W1)."""
    kept = Counter(each.delivery.event_id for each in books.deliveries if each.delivery.trigger is Trigger.EVENT)
    if books.known_since is not None:
        for place, event in enumerate(books.feed):
            wanted = event.type is not EventType.WEBHOOK_TEST and is_asked_for(event.type, books.hook.events)
            if place >= books.known_since and wanted and not kept[event.id]:
                yield Violation("W1", f"{event.type} {event.id} was dropped: nothing of it is kept for {books}")
    for event_id, count in kept.items():
        if count > 1:
            yield Violation("W1", f"{event_id} is kept {count} times for {books}")


def _status(books: _Books, log: DeliveryLog, attempts_max: int) -> Iterator[Violation]:
    """Yield where a delivery is not what it says (W2), or was never made though nothing stood in its way (W9)."""
    delivery = log.delivery
    name = f"delivery {delivery.id} of {delivery.event_id} to {books} is {delivery.status}"
    last = log.attempts[-1].code if log.attempts else None
    match delivery.status:
        case DeliveryStatus.DELIVERED:
            taken = any(_is_of(each, delivery.event_id) and each.code in _TAKEN for each in books.arrivals)
            if not taken:
                yield Violation("W2", f"{name}: the endpoint never took it")
        case DeliveryStatus.EXHAUSTED:
            if last != _GONE and len(log.attempts) < attempts_max:
                yield Violation("W2", f"{name} after {len(log.attempts)} attempts, the last with {last}")
        case DeliveryStatus.SKIPPED:
            if delivery.trigger is not Trigger.EVENT or not _stopped(books):
                yield Violation("W2", f"{name}, though the webhook was never paused or disabled")
        case DeliveryStatus.PENDING if books.hook.status is SubscriptionStatus.ACTIVE:
            yield Violation("W9", f"{name} still")


def _stopped(books: _Books) -> bool:
    disabled = any(
        event.type is EventType.WEBHOOK_DISABLED and event.subject_id == books.hook.id for event in books.feed
    )
    return disabled or any(not _resumes(request) for request in books.changes)


def _attempts(books: _Books) -> Iterator[Violation]:
    """Yield where the log of attempts is not what was reported under the newest leases (W3)."""
    logged = Counter(
        (each.delivery_id, each.at, each.code, each.error, each.excerpt)
        for log in books.deliveries
        for each in log.attempts
    )
    allowed: Counter[tuple[object, ...]] = Counter()
    for settling in books.settlings:
        keys = [(each.delivery_id, each.at, each.code, each.error, each.excerpt) for each in settling.reports]
        newer = max((each.token for each in books.leases if each.at <= settling.sent), default=0)
        if newer > settling.token:
            if settling.current:
                yield Violation("W3", f"a report under lease {settling.token} of {books} counted beside lease {newer}")
            continue
        if settling.current is False:
            continue
        allowed.update(keys)
        if settling.current:
            for key in keys:
                if not logged[key]:
                    yield Violation("W3", f"attempt {key} counted and is not in the log of {books}")
    for key, count in logged.items():
        if count > allowed[key]:
            yield Violation(
                "W3", f"attempt {key} in the log of {books} was reported by nobody whose lease was the newest"
            )
    for log in books.deliveries:
        numbers = [each.number for each in log.attempts]
        if numbers != list(range(1, log.delivery.attempts + 1)):
            yield Violation(
                "W3", f"delivery {log.delivery.id} was tried {log.delivery.attempts} times, its log: {numbers}"
            )


def _order(books: _Books) -> Iterator[Violation]:
    """Yield where a first attempt comes after that of a later event of its subject (W4).

    Not so where the request was made by somebody whose lease was over, which nobody can keep from coming; nor where
    its owner asked for the event by hand.
    """
    by_hand = {each.delivery.event_id for each in books.deliveries if each.delivery.trigger is not Trigger.EVENT}
    events = {event.id: event for event in books.feed}
    newest: dict[str, int] = {}
    seen: set[str] = set()
    for arrival in books.arrivals:
        event = events.get(arrival.headers["webhook-id"])
        if event is None or event.id in by_hand or event.id in seen or _is_late(books, arrival):
            continue
        seen.add(event.id)
        latest = newest.get(event.subject_id, 0)
        if arrival.headers["X-Webhook-Attempt"] == "1" and event.sequence < latest:
            number = f"number {event.sequence} of {event.subject_id}"
            yield Violation("W4", f"{event.type} {event.id}, {number}, came to {books} after {latest}")
        newest[event.subject_id] = max(event.sequence, latest)


def _is_late(books: _Books, arrival: Arrival) -> bool:
    return any(each.token > arrival.token and each.at <= arrival.at for each in books.leases)


def _content(books: _Books, secret: str) -> Iterator[Violation]:
    """Yield what comes that has not happened (W5), or is not what was sent before (W8)."""
    events = {event.id: event for event in books.feed}
    first: dict[str, bytes] = {}
    for arrival in books.arrivals:
        headers = arrival.headers
        told = json.loads(arrival.body, parse_float=Decimal)
        event = events.get(told["id"])
        if event is None or not arrival.happened:
            yield Violation("W5", f"{told['id']} came to {books} at {arrival.at:.6f} and had not happened")
            continue
        if (told["event"], told["sequence"], told["data"]) != (event.type, event.sequence, event.data):
            yield Violation("W5", f"{event.id} came to {books} as {told}")
        if not is_asked_for(event.type, books.hook.events) and event.subject_id != books.hook.id:
            yield Violation("W5", f"{event.type} came to {books}, which is for {books.hook.events}")
        if headers["webhook-id"] != event.id or first.setdefault(event.id, arrival.body) != arrival.body:
            yield Violation("W8", f"{event.id} came to {books} as {headers['webhook-id']} with {arrival.body!r}")
        if not _is_signed(headers, arrival.body, secret):
            yield Violation("W8", f"{event.id} came to {books} with a signature that is not its own")


def _is_signed(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    timestamp = headers["X-Webhook-Timestamp"]
    return verify(
        body, signature=headers["X-Webhook-Signature"], timestamp=timestamp, secret=secret, now=float(timestamp)
    )


def _nothing_while_inactive(books: _Books) -> Iterator[Violation]:
    """Yield each lease of a webhook that was known to be stopped before it was asked for (W6)."""
    resumed = [each for each in books.changes if _resumes(each)]
    stopped = [(each.sent, each.answered, "was paused or deleted") for each in books.changes if not _resumes(each)]
    stopped += [
        (settling.sent, settling.answered or math.inf, "had answered 410")
        for settling in books.settlings
        if settling.current and any(report.code == _GONE for report in settling.reports)
    ]
    for lease in books.leases:
        for sent, answered, why in stopped:
            if answered < lease.asked and not any(_may_lie_between(each, sent, lease.at) for each in resumed):
                yield Violation(
                    "W6", f"{lease.worker} got lease {lease.token} of {books}, which {why} at {answered:.6f}"
                )


def _may_lie_between(request: Request, after: float, before: float) -> bool:
    return request.sent <= before and request.answered >= after


def _resumes(request: Request) -> bool:
    command = request.command
    return isinstance(command, UpdateSubscription) and command.intent.active is True


def _one_at_a_time(books: _Books) -> Iterator[Violation]:
    """Yield each lease that begins before the one before it has ended or was given back (W7)."""
    leases = sorted(books.leases, key=lambda each: each.token)
    for before, after in pairwise(leases):
        if before.token == after.token:
            yield Violation("W7", f"{before.worker} and {after.worker} both got lease {after.token} of {books}")
        end = _end(books, before, after)
        if end is not None and after.since < end:
            yield Violation(
                "W7",
                f"{after.worker} got lease {after.token} of {books} at {after.since:%H:%M:%S.%f}, while {before.worker}"
                f" had lease {before.token} until {end:%H:%M:%S.%f}",
            )


def _soon_over(books: _Books) -> Iterator[Violation]:
    """Yield each lease under which more than one request came after the next was given (W7)."""
    late = Counter(each.token for each in books.arrivals if _is_late(books, each))
    for token, count in late.items():
        if count > 1:
            yield Violation("W7", f"{count} requests came to {books} under lease {token} after it was over")


def _end(books: _Books, lease: Granted, after: Granted) -> datetime | None:
    """Return until when a lease lasted for sure, ``None`` where it may have been given back before the next.

    A clock that is set back may end it at another of its moments, no sooner than it would have ended else.
    """
    if any(lease.asked <= moment <= after.at for moment in books.set_back):
        return None
    until = lease.until
    for settling in books.settlings:
        if settling.token != lease.token or settling.sent > after.at or settling.current is False:
            continue
        if not settling.lease_seconds or settling.current is None or settling.answered_at is None:
            return None
        until = min(settling.sent_at, settling.answered_at) + timedelta(seconds=settling.lease_seconds)
    return until


def _is_of(arrival: Arrival, event_id: str) -> bool:
    return arrival.headers["webhook-id"] == event_id

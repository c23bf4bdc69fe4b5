"""When to try again, and when to stop trying.

The schedule is the example of Standard Webhooks 1.0.0: ten attempts in 75 hours, each delay moved by up to a fifth.

Moments are kept by a clock that may be set back later, by a year where it was wrong when the machine started. Nothing
waits for that long: what lies further ahead than it can have been put is over.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from heapq import merge
from itertools import islice

import attrs

from vectis_core.clock import EPOCH
from vectis_core.errors import UsageError
from vectis_core.webhooks.model import Delivery, DeliveryStatus, Report, Subscription, Trigger

#: Answers that ask for time, beside every answer of 500 and above.
_BUSY = frozenset({408, 425, 429})
#: No retry and no rest is put further ahead: a day, which is the longest delay and what an endpoint may ask for, moved
#: by a fifth, and some more.
WAIT_MAX = timedelta(hours=30)
#: A lease that began so far ahead of now was given before the clock was set back. Less may be between two processes.
CLOCK_STEP = timedelta(minutes=1)
#: The answer of an endpoint that wants nothing any more (RFC 9110 section 15.5.11).
GONE = 410


@attrs.frozen
class Policy:
    """How patient a dispatcher is; all times in seconds.

    Raises ``UsageError`` where something would wait for longer than ``WAIT_MAX``: it would not be told from what the
    clock left behind when it was set back. More patience is more delays.
    """

    #: The delays before the second, third ... attempt; a delivery is exhausted after one more than there are.
    delays: tuple[int, ...] = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
    #: By which part a delay is moved at most, either way.
    spread: float = 0.2
    #: The least delay after an endpoint showed that it is busy: 408, 425, 429, 5xx, or no answer in time.
    busy_delay: int = 60
    #: The longest time for which an endpoint may ask (``Retry-After``).
    asked_delay_max: int = 86_400
    #: From so many failed attempts in a row on an endpoint rests, and is tried with one delivery at a time.
    failures_before_rest: int = 5
    #: The first rest, which doubles with every further failure, and the longest.
    rest: int = 30
    rest_max: int = 900
    #: An endpoint is disabled that failed for so long ...
    disable_after: int = 5 * 86_400
    #: ... over at least so many deliveries.
    disable_after_deliveries: int = 20

    def __attrs_post_init__(self) -> None:
        """Look at the longest wait."""
        moved = max((*self.delays, self.busy_delay, self.rest_max)) * (1 + self.spread)
        if max(moved, self.asked_delay_max) > WAIT_MAX.total_seconds():
            raise UsageError(f"No single wait of a policy may be longer than {WAIT_MAX}, with its spread")


def is_due(delivery: Delivery, now: datetime) -> bool:
    """Return whether a delivery may be tried: a first time at any moment, even before a clock that was set back."""
    if delivery.status is not DeliveryStatus.PENDING or delivery.due_at is None:
        return False
    return not delivery.attempts or _is_over(delivery.due_at, now)


def is_free(subscription: Subscription, now: datetime) -> bool:
    """Return whether an endpoint neither rests nor is leased, by a lease that still stands (``is_stranded``)."""
    return _is_over(subscription.rests_until, now) and (
        subscription.leased_until is None or subscription.leased_until <= now or is_stranded(subscription, now)
    )


def is_stranded(subscription: Subscription, now: datetime) -> bool:
    """Return whether the clock was set back since an endpoint was leased: it would be kept for as long as that."""
    leased, began = subscription.leased_until, subscription.claimed_at
    return leased is not None and began is not None and began - now > CLOCK_STEP


def free_at(subscription: Subscription, now: datetime) -> datetime:
    """Return from when on an endpoint is neither leased nor rests; the beginning of time where that has no bound."""
    bounds = [EPOCH]
    if subscription.leased_until is not None and not is_stranded(subscription, now):
        bounds.append(subscription.leased_until)
    if subscription.rests_until is not None and not _is_over(subscription.rests_until, now):
        bounds.append(subscription.rests_until)
    return max(bounds)


def due_from(delivery: Delivery, now: datetime) -> datetime:
    """Return from when on a pending delivery may be tried; the beginning of time where it waits for no clock."""
    due_at = delivery.due_at
    return EPOCH if due_at is None or is_due(delivery, now) else due_at


def _is_over(until: datetime | None, now: datetime) -> bool:
    return until is None or until <= now or until - now > WAIT_MAX


def first_turn(delivery: Delivery) -> tuple[bool, int, str]:
    """Return by what first attempts go: those of a replay after all that is new, both by their places in the feed."""
    return delivery.trigger is Trigger.REPLAY, delivery.position, delivery.id


def in_turn(first: Iterable[Delivery], again: Iterable[Delivery], most: int) -> list[Delivery]:
    """Return at most so many deliveries of one endpoint in the order in which they are tried.

    *first* are those that were never tried, by ``first_turn``, and they stay in that order whatever the clock says.
    *again* are those that are due once more, by when they are due; they take their turns among the others by that.
    """
    return list(islice(merge(again, first, key=_due_at), most))


def _due_at(delivery: Delivery) -> datetime:
    return delivery.due_at or delivery.created_at


def succeeded(report: Report) -> bool:
    """Return whether the endpoint took it: any 2xx."""
    return report.code is not None and 200 <= report.code < 300


def next_attempt(policy: Policy, attempts: int, report: Report, now: datetime) -> datetime | None:
    """Return when to try again after *attempts* have failed, the last as reported; ``None`` for never."""
    if attempts > len(policy.delays):
        return None
    delay = policy.delays[attempts - 1] * (1 + policy.spread * max(-1.0, min(1.0, report.jitter)))
    if _is_busy(report):
        delay = max(delay, policy.busy_delay)
    if report.retry_after is not None:
        delay = max(delay, min(report.retry_after, policy.asked_delay_max))
    return now + timedelta(seconds=delay)


def rest_until(policy: Policy, failures: int, report: Report, now: datetime) -> datetime | None:
    """Return until when an endpoint is left alone after *failures* in a row, ``None`` where it need not be."""
    wait = 0.0
    if report.retry_after is not None:
        wait = min(report.retry_after, policy.asked_delay_max)
    beyond = failures - policy.failures_before_rest
    if beyond >= 0:
        rest = min(policy.rest * 2 ** min(beyond, 20), policy.rest_max)
        wait = max(wait, rest * (1 + policy.spread * max(-1.0, min(1.0, report.jitter))))
    return now + timedelta(seconds=wait) if wait else None


def _is_busy(report: Report) -> bool:
    return report.code is None or report.code in _BUSY or report.code >= 500

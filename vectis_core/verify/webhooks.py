"""Rules of webhooks: what is on its way tells of an event, its log is whole, and first attempts went in order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TypeVar

from vectis_core.events import Event, Subject
from vectis_core.ports import DeliveryFilter, Slice, View
from vectis_core.verify.report import Fault, Findings, Group
from vectis_core.webhooks.model import Attempt, Delivery, DeliveryStatus, Subscription, SubscriptionStatus, Trigger

#: Rows that are read at a time.
_PAGE = 200

_fault = partial(Fault, Group.WEBHOOKS)
T = TypeVar("T", Subscription, Delivery)
#: (subject, its id, number) to the event.
_Told = Mapping[tuple[Subject, str, int], Event]


def verify_webhooks(view: View, tenant: str, found: Findings) -> None:
    """Check all webhooks of a tenant that are not deleted, with their deliveries and attempts."""
    last_position = view.last_event_position(tenant)
    for page in _pages(lambda part: view.subscriptions(tenant, part)):
        for webhook in page:
            found.looked_at("webhooks", 1)
            history = view.history(tenant, Subject.WEBHOOK, webhook.id)
            for fault in subscription_faults(webhook, history):
                found.add(fault)
            for replay in view.replays(tenant, webhook.id):
                if replay.position > last_position:
                    message = f"the replay {replay.id} is at {replay.position}, the feed ends at {last_position}"
                    found.add(_fault("replay", message, {"webhook": webhook.id, "replay": replay.id}))
            _verify_deliveries(view, webhook, found)


def _pages(read: Callable[[Slice], list[T]]) -> Iterator[list[T]]:
    before: str | None = None
    while page := read(Slice(_PAGE, before=before)):
        yield page
        before = page[-1].id


def _verify_deliveries(view: View, webhook: Subscription, found: Findings) -> None:
    where = DeliveryFilter(webhook.id)
    firsts = _Firsts()
    for page in _pages(lambda part: view.deliveries(webhook.tenant, where, part)):
        told = _events_of(view, webhook.tenant, page)
        for delivery in page:
            attempts = view.attempts(webhook.tenant, delivery.id)
            found.looked_at("deliveries", 1)
            found.looked_at("attempts", len(attempts))
            firsts.follow(delivery)
            for fault in (*event_faults(delivery, told), *delivery_faults(delivery, attempts)):
                found.add(fault)
    for fault in firsts.end():
        found.add(fault)


def _events_of(view: View, tenant: str, page: Sequence[Delivery]) -> _Told:
    subjects: dict[Subject, set[str]] = defaultdict(set)
    for delivery in page:
        subjects[delivery.subject].add(delivery.subject_id)
    return {
        (subject, event.subject_id, event.sequence): event
        for subject, ids in subjects.items()
        for event in view.scan_history(tenant, subject, sorted(ids))
    }


def subscription_faults(webhook: Subscription, history: Sequence[Event]) -> Iterator[Fault]:
    """Yield a webhook whose parts contradict each other, or its own events."""
    rows = {"webhook": webhook.id}
    if [each.retires_at is None for each in webhook.secrets] not in ([True], [True, False]):
        yield _fault("secret", "has not one secret that stays, and at most one that retires", rows)
    if (webhook.status is SubscriptionStatus.DISABLED) is (webhook.reason is None):
        yield _fault("reason", f"is {webhook.status}, for the reason {webhook.reason!r}", rows)
    counts = (webhook.failed_deliveries, webhook.failures)
    if not 0 <= counts[0] <= counts[1] or (webhook.failures > 0) is (webhook.failing_since is None):
        message = f"{counts[0]} deliveries have failed in {counts[1]} attempts since {webhook.failing_since}"
        yield _fault("failing", message, rows)
    if not webhook.lease_token and (webhook.leased_until is not None or webhook.claimed_at is not None):
        yield _fault("lease", "is or was leased without a token", rows)
    numbers = [event.sequence for event in history]
    if numbers != list(range(1, webhook.event_seq + 1)):
        yield _fault("events", f"has told {webhook.event_seq} events, there are {len(numbers)}", rows)


def event_faults(delivery: Delivery, told: _Told) -> Iterator[Fault]:
    """Yield a delivery that tells of no event, or of another one than it says."""
    rows = {"webhook": delivery.subscription_id, "delivery": delivery.id}
    event = told.get((delivery.subject, delivery.subject_id, delivery.sequence))
    says = (delivery.event_id, delivery.event_type, delivery.position)
    if event is None or says != (event.id, event.type, event.position):
        what = "no event" if event is None else f"the event {event.id} ({event.type}, {event.position})"
        yield _fault("event", f"says {says}, and tells of {what}", rows)


def delivery_faults(delivery: Delivery, attempts: Sequence[Attempt]) -> Iterator[Fault]:
    """Yield a delivery that is not where its attempts have brought it."""
    rows = {"webhook": delivery.subscription_id, "delivery": delivery.id}
    if (delivery.status is DeliveryStatus.PENDING) is (delivery.due_at is None):
        yield _fault("due", f"is {delivery.status}, and due at {delivery.due_at}", rows)
    numbers = [attempt.number for attempt in attempts]
    if numbers != list(range(1, delivery.attempts + 1)):
        yield _fault("attempts", f"counts {delivery.attempts} attempts, its log has {numbers}", rows)
        return
    last = attempts[-1] if attempts else None
    if (delivery.last_code, delivery.last_error) != (last and last.code, last and last.error):
        message = f"ended with {delivery.last_code or delivery.last_error}, its last attempt with {last}"
        yield _fault("last_attempt", message, rows)
    taken = [attempt.number for attempt in attempts if attempt.code is not None and attempt.code // 100 == 2]
    expected = [delivery.attempts] if delivery.status is DeliveryStatus.DELIVERED else []
    was_tried = {DeliveryStatus.SKIPPED: False, DeliveryStatus.EXHAUSTED: True}
    if taken != expected or was_tried.get(delivery.status, bool(attempts)) is not bool(attempts):
        yield _fault("status", f"is {delivery.status} after {numbers}, of which {taken} were taken", rows)


class _Firsts:
    """First attempts of one webhook, which go by the feed: whatever happened before one was tried was tried too."""

    def __init__(self) -> None:
        self._newest_tried: Delivery | None = None
        self._oldest_untried: Delivery | None = None

    def follow(self, delivery: Delivery) -> None:
        """Look at a delivery; what was sent once more, or by hand, has no place among the others."""
        if delivery.trigger is not Trigger.EVENT:
            return
        if delivery.attempts:
            if self._newest_tried is None or delivery.position > self._newest_tried.position:
                self._newest_tried = delivery
        elif delivery.status is DeliveryStatus.PENDING and (
            self._oldest_untried is None or delivery.position < self._oldest_untried.position
        ):
            self._oldest_untried = delivery

    def end(self) -> Iterator[Fault]:
        """Yield what was passed over."""
        tried, untried = self._newest_tried, self._oldest_untried
        if tried is not None and untried is not None and untried.position < tried.position:
            rows = {"webhook": untried.subscription_id, "delivery": untried.id, "later": tried.id}
            message = f"was never tried at {untried.position}, and {tried.position} was"
            yield _fault("order", message, rows)

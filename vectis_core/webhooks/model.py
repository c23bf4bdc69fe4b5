"""Subscriptions, deliveries and attempts, as values."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import attrs

from vectis_core.checking import UNSET, Unset
from vectis_core.constraints import Flag, Many, Moment, Text, Whole
from vectis_core.events import EVENT_FILTERS, Event, EventFilter, Subject
from vectis_core.orders.model import as_tuple
from vectis_core.webhooks.addresses import WebhookUrl

#: Longest overlap of two secrets, in seconds: seven days.
OVERLAP_MAX = 7 * 24 * 3600
#: The overlap where none is asked for, in seconds: a day.
OVERLAP_DEFAULT = 24 * 3600

_SECRET = Text(16, 255)
_EVENTS = Many(1, len(EVENT_FILTERS))


class SubscriptionStatus(StrEnum):
    """Whether deliveries go out."""

    ACTIVE = "active"
    #: By its owner.
    PAUSED = "paused"
    #: By us, for the reason that stands beside it.
    DISABLED = "disabled"
    #: Gone for its owner; kept until its deliveries have been cleared.
    DELETED = "deleted"


@attrs.frozen
class NewSubscription:
    """What is asked when a webhook is subscribed to."""

    #: Where events are posted to.
    url: Annotated[str, WebhookUrl()]
    #: Types of events, ``order.*`` and the like, or ``*``.
    events: Annotated[tuple[Annotated[str, EventFilter()], ...], _EVENTS] = attrs.field(converter=as_tuple)
    #: What deliveries are signed with; made by us where left out.
    secret: Annotated[str, _SECRET] | None = attrs.field(default=None, repr=False)


@attrs.frozen
class SubscriptionChange:
    """Which properties of a subscription to change; what is left ``UNSET`` stays."""

    url: Annotated[str, WebhookUrl()] | Unset = UNSET
    events: Annotated[tuple[Annotated[str, EventFilter()], ...], _EVENTS] | Unset = attrs.field(
        default=UNSET, converter=as_tuple
    )
    #: Resumes one that is paused or disabled, or pauses it.
    active: Annotated[bool, Flag()] | Unset = UNSET


@attrs.frozen
class Rotation:
    """How a subscription's secret is replaced."""

    #: Made by us where left out.
    secret: Annotated[str, _SECRET] | None = attrs.field(default=None, repr=False)
    #: For how many seconds the secret before it signs too; 0 ends it at once.
    overlap: Annotated[int, Whole(0, OVERLAP_MAX)] = OVERLAP_DEFAULT


@attrs.frozen
class ReplayRange:
    """Which events to deliver once more."""

    #: From this moment on.
    since: Annotated[datetime, Moment()]
    #: Before this moment; until now, where left out.
    until: Annotated[datetime, Moment()] | None = None
    #: All that the subscription is for, where left out.
    types: Annotated[tuple[Annotated[str, EventFilter()], ...], _EVENTS] | None = attrs.field(
        default=None, converter=as_tuple
    )


@attrs.frozen
class SealedSecret:
    """A secret that signs, encrypted."""

    sealed: str = attrs.field(repr=False)
    created_at: datetime
    #: From when on it signs no more; ``None`` for the newest.
    retires_at: datetime | None


@attrs.frozen
class Subscription:
    """An endpoint that is told of events, how it fares, and who delivers to it just now."""

    tenant: str
    id: str
    url: str
    events: tuple[str, ...]
    status: SubscriptionStatus
    #: Why it is disabled.
    reason: str | None
    status_since: datetime
    #: Newest first; at most three sign at a time.
    secrets: tuple[SealedSecret, ...] = attrs.field(repr=False)
    created_at: datetime
    updated_at: datetime
    #: The number of the subscription's newest event.
    event_seq: int
    #: When the first attempt failed after which none succeeded.
    failing_since: datetime | None
    #: Attempts that failed since then.
    failures: int
    #: Deliveries of which the first attempt failed since then.
    failed_deliveries: int
    #: Nothing is sent before this moment: the circuit is open, or the endpoint asked for time.
    rests_until: datetime | None
    #: Raised by every claim; a completion with an older one changes nothing.
    lease_token: int
    #: Until when whoever has the newest token may deliver.
    leased_until: datetime | None
    #: When its lease began or was last prolonged, by which endpoints take turns.
    claimed_at: datetime | None


class DeliveryStatus(StrEnum):
    """How far a delivery is."""

    PENDING = "pending"
    DELIVERED = "delivered"
    #: Every attempt failed, or the endpoint said that it is gone.
    EXHAUSTED = "exhausted"
    #: The subscription was paused or disabled when the event happened.
    SKIPPED = "skipped"


class Trigger(StrEnum):
    """Why there is a delivery."""

    EVENT = "event"
    TEST = "test"
    #: Of one delivery, by its owner.
    REDELIVERY = "redelivery"
    #: Of a range of events, by its owner.
    REPLAY = "replay"


@attrs.frozen
class Delivery:
    """One event on its way to one endpoint."""

    tenant: str
    id: str
    subscription_id: str
    event_id: str
    event_type: str
    subject: Subject
    subject_id: str
    sequence: int
    #: The event's place in the feed, by which first attempts go; given when the transaction is flushed that made it.
    position: int
    trigger: Trigger
    status: DeliveryStatus
    #: Attempts made.
    attempts: int
    #: When to try next; ``None`` unless it is pending.
    due_at: datetime | None
    created_at: datetime
    updated_at: datetime
    #: Of the last attempt.
    last_code: int | None
    last_error: str | None


@attrs.frozen
class Attempt:
    """One try to deliver, for the log."""

    tenant: str
    delivery_id: str
    #: 1, 2, 3 ... within the delivery.
    number: int
    at: datetime
    #: Where it went, which may have changed since.
    url: str
    #: The answer's status; ``None`` where none came.
    code: int | None
    #: A word for what went wrong, such as ``timeout``; ``None`` where an answer came.
    error: str | None
    #: Milliseconds.
    duration: int
    #: The first bytes of the answer, as text.
    excerpt: str | None


@attrs.frozen
class Replay:
    """The work of delivering a range of events once more; it goes on after a restart."""

    tenant: str
    id: str
    subscription_id: str
    since: datetime
    until: datetime
    types: tuple[str, ...]
    #: The feed is done up to this position.
    position: int
    #: Deliveries made so far.
    made: int
    done: bool
    created_at: datetime


@attrs.frozen
class IssuedSubscription:
    """A subscription, with its secret where we made it: shown this once, and ``None`` in a replay."""

    subscription: Subscription
    secret: str | None = attrs.field(repr=False)


@attrs.frozen
class Parcel:
    """A delivery that is due, with what it tells."""

    delivery: Delivery
    event: Event


@attrs.frozen
class Lease:
    """The right to deliver to one endpoint for a while: whoever comes back later than that changes nothing."""

    #: As it was when claimed, lease included.
    subscription: Subscription
    token: int
    until: datetime
    parcels: tuple[Parcel, ...]


@attrs.frozen
class Report:
    """What one attempt came to, as the one who made it saw it."""

    delivery_id: str
    at: datetime
    code: int | None
    error: str | None
    #: Milliseconds.
    duration: int
    excerpt: str | None
    #: For how many seconds the endpoint asked to be left alone (``Retry-After``).
    retry_after: int | None = None
    #: Between -1 and 1, from the sender's source of randomness: by how much the next try is moved.
    jitter: float = 0.0


@attrs.frozen
class Settled:
    """Whether a worker's reports counted."""

    #: Whether its lease was still the newest; where not, nothing was changed.
    current: bool
    #: How the endpoint is now: it may have been paused since it was claimed, or have other secrets.
    subscription: Subscription | None = None


@attrs.frozen
class Backlog:
    """What is on its way to webhooks of all tenants, and what has not arrived."""

    #: Deliveries that wait for an attempt, to webhooks that are active.
    pending: int
    #: Deliveries that were given up, to webhooks that are not deleted, for as long as they are kept.
    exhausted: int
    #: When the oldest of the pending ones was made, ``None`` where there is none.
    oldest_pending: datetime | None

"""What dispatchers did and what endpoints saw: the log that a judge trusts instead of the program it judges.

As in ``vectis_core.testing.calls``, all moments are of a clock that whoever keeps the log shares, in seconds; where the
store's own clock is meant, it is a ``datetime``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import attrs

from vectis_core.testing.calls import Call
from vectis_core.webhooks.model import Report


@attrs.frozen
class Granted:
    """A lease, as the worker that got it saw it."""

    worker: str
    subscription_id: str
    token: int
    #: When it was asked for, and when it was there.
    asked: float
    at: float
    #: From when until when it lasts, by the store's clock.
    since: datetime
    until: datetime


@attrs.define
class Settling:
    """A worker's report, and what it was told."""

    subscription_id: str
    token: int
    #: For how long it wants to go on; 0 gives the endpoint back.
    lease_seconds: int
    reports: tuple[Report, ...]
    sent: float
    #: By the store's clock.
    sent_at: datetime
    #: ``None`` where no answer came.
    answered: float | None = None
    answered_at: datetime | None = None
    #: Whether it counted; ``None`` where that is not known.
    current: bool | None = None


@attrs.frozen
class Arrival:
    """A request, as the endpoint saw it."""

    url: str
    at: float
    headers: Mapping[str, str]
    body: bytes
    #: What the endpoint answered, whether or not that was heard.
    code: int
    #: The lease under which it was sent.
    subscription_id: str
    token: int
    #: Whether the event stood in the public feed when the request came.
    happened: bool


@attrs.define
class Deliveries:
    """All of it, in the order in which it happened, and what clients asked of webhooks."""

    calls: list[Call] = attrs.Factory(list)
    leases: list[Granted] = attrs.Factory(list)
    settlings: list[Settling] = attrs.Factory(list)
    arrivals: list[Arrival] = attrs.Factory(list)
    #: How far the tenant's feed had come by the time when somebody knew of a webhook, by its id.
    known_since: dict[str, int] = attrs.Factory(dict)
    #: Whether any clock went wrong, so that somebody may have believed too long in a lease.
    clocks_went_wrong: bool = False
    #: When the store's clock was set back: a lease may begin anew by it, and end at another of its moments.
    set_back: list[float] = attrs.Factory(list)

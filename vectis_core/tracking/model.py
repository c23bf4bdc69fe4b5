"""What carriers report, as values: read from their payloads, and as it is filed."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import attrs

from vectis_core.constraints import Flag, Moment, Text, TimeZoneName
from vectis_core.tracking.numbers import normalised, track_key
from vectis_core.tracking.statuses import TrackingStatus


class TimeBasis(StrEnum):
    """Where the moment of a tracking event comes from."""

    #: The carrier said it in UTC, with an offset, or in a zone that it named.
    UTC = "utc"
    #: The carrier said it in UTC, but that does not fit the local time beside it.
    GMT_SUSPECT = "gmt_suspect"
    #: A local time without a zone: a zone was assumed, to have an order.
    LOCAL_UNKNOWN_ZONE = "local_unknown_zone"
    #: When the carrier made the message: the event itself has no time.
    ENVELOPE_TIMESTAMP = "envelope_timestamp"
    #: When the message reached us: nothing in it has a time.
    RECEIVED_AT = "received_at"


@attrs.frozen
class Place:
    """Where something happened, as far as the carrier says."""

    city: Annotated[str, Text(1, 255)] | None = None
    region: Annotated[str, Text(1, 255)] | None = None
    postal_code: Annotated[str, Text(1, 32)] | None = None
    country: Annotated[str, Text(1, 64)] | None = None


@attrs.frozen
class Reading:
    """Why a code was read as what it was read as."""

    #: The table that was looked into, as the documents name it.
    table: Annotated[str, Text(1, 255)]
    #: The row of it that decided; ``None`` where none did.
    row: Annotated[str, Text(1, 255)] | None
    #: Whether nobody knows for sure that the row is right.
    is_guess: Annotated[bool, Flag()] = False


@attrs.frozen
class TrackingEvent:
    """One thing that a carrier reports of one parcel, in the form that all carriers are brought to."""

    #: The carrier's name in the API, such as ``ups``.
    carrier: Annotated[str, Text(1, 64)]
    #: Normalised; see ``vectis_core.tracking.numbers``.
    tracking_number: Annotated[str, Text(1, 128)]
    #: ``None`` for news that says nothing of where the parcel is, such as a changed estimate.
    status: TrackingStatus | None
    #: The second level, such as ``customs``; ``None`` where there is none.
    reason: Annotated[str, Text(1, 64)] | None
    #: The carrier's own code, such as ``DE/08``.
    code: Annotated[str, Text(1, 64)]
    #: The carrier's own words.
    description: Annotated[str, Text(1, 500)] | None
    #: In UTC; ``None`` where the carrier did not say it so that it could be known.
    occurred_at: Annotated[datetime, Moment()] | None
    #: As on the clock at the place, without a zone, where the carrier wrote it.
    local_time: datetime | None
    time_basis: TimeBasis
    reading: Reading
    place: Place = Place()
    #: Who took the parcel.
    signer: Annotated[str, Text(1, 255)] | None = None
    #: A date, or a moment in UTC, in the form of ISO 8601.
    estimated_delivery: Annotated[str, Text(1, 64)] | None = None
    #: Where the proof of delivery lies.
    proof_url: Annotated[str, Text(1, 2000)] | None = None
    #: Whether the carrier takes back, by this, a final scan before it.
    corrects: Annotated[bool, Flag()] = False
    #: What else tells events of one code, time and city apart: a second code of the carrier, or its short words.
    sub_code: Annotated[str, Text(1, 64)] | None = None
    #: The zone that a local time without one most likely is in, where the payload hints at it better than the carrier.
    likely_zone: Annotated[str, TimeZoneName()] | None = None

    @property
    def track_key(self) -> str:
        """The parcel's key; see ``vectis_core.tracking.numbers.track_key``."""
        return track_key(self.carrier, self.tracking_number)

    @property
    def id(self) -> str:
        """What a repeat of the same event is known by: parcel, codes, time and city, and not what they are read as."""
        moment = self.occurred_at or self.local_time
        when, city = moment.isoformat() if moment else "", (self.place.city or "").upper()
        told = (self.track_key, self.code, self.sub_code or "", when, city)
        return hashlib.sha256("\x1f".join(told).encode("utf-8", "replace")).hexdigest()[:32]

    def moment(self, received_at: datetime, zone: str | None, usual_zone: str) -> datetime:
        """Return when it happened, in UTC; *received_at* where the carrier leaves it open.

        A local time is in the *zone* that somebody has said it is in; else in the one that the payload hints at; else
        in the *usual_zone* of the carrier.
        """
        if self.occurred_at is not None:
            return self.occurred_at
        if self.local_time is None:
            return received_at
        from zoneinfo import ZoneInfo  # noqa: PLC0415 - few programs know a zone, all import

        assumed = ZoneInfo(zone or self.likely_zone or usual_zone)
        try:
            return self.local_time.replace(tzinfo=assumed).astimezone(UTC)
        except OverflowError:
            return self.local_time.replace(tzinfo=UTC)


@attrs.frozen
class Fault:
    """A part of a payload that tells of no event, and why."""

    #: The path within the payload, such as ``shipments[0]``.
    path: str
    message: str


@attrs.frozen
class Notice:
    """What a carrier's push service says about itself: a handshake, or the end of a subscription."""

    #: In the carrier's own word, such as ``subscription.validate``.
    kind: str
    #: What it means, and what is to be done.
    message: str
    #: What the carrier's subscription is known by.
    subscription: str | None = None
    #: Whether somebody should look at it.
    is_alarming: bool = False
    #: What the answer must say, where the carrier wants something said.
    reply: dict[str, str] | None = None
    #: A line for a shell that answers a handshake. It holds a secret, so it is kept nowhere but in the sealed payload.
    activation: str | None = attrs.field(default=None, repr=False)


@attrs.frozen
class Parsed:
    """All that a payload says; nothing of it is lost because another part is bad."""

    events: tuple[TrackingEvent, ...] = ()
    faults: tuple[Fault, ...] = ()
    notices: tuple[Notice, ...] = ()


@attrs.frozen
class Scan:
    """A tracking event as it is filed in the timeline of its parcel."""

    tenant: str
    track_key: str
    #: See ``TrackingEvent.id``.
    id: str
    event: TrackingEvent
    #: When it happened, by which it is filed.
    at: datetime
    received_at: datetime
    #: The shipments it is about, as (order, shipment); none while it waits for one to be registered.
    shipments: tuple[tuple[str, str], ...] = ()


class Filing(StrEnum):
    """What became of a tracking event."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    #: No shipment has its number yet.
    WAITING = "waiting"


@attrs.frozen
class Filed:
    """What recording a tracking event came to."""

    outcome: Filing
    scan: Scan


@attrs.frozen
class TrackingState:
    """What the carrier's newest word on a shipment is."""

    status: TrackingStatus
    reason: str | None
    code: str
    description: str | None
    #: When the scan happened that says so.
    at: datetime
    #: Whether that moment was assumed.
    is_inferred: bool
    estimated_delivery: str | None


def event_of(carrier: str, number: str, **fields: object) -> TrackingEvent:
    """Return a tracking event with its number normalised."""
    return TrackingEvent(carrier=carrier, tracking_number=normalised(carrier, number), **fields)  # type: ignore[arg-type]

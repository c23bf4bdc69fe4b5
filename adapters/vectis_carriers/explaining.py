"""What a payload would be read as, and why: for who integrates a carrier, before anything is stored."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs

from vectis_core.clock import to_wire
from vectis_core.errors import NotFound
from vectis_core.tracking.carrier import Carrier, UnreadablePayload, carrier_names, carrier_of
from vectis_core.tracking.model import Parsed, TimeBasis, TrackingEvent
from vectis_core.tracking.numbers import network_of
from vectis_core.tracking.statuses import TrackingStatus, is_movement

_TIMES = {
    TimeBasis.UTC: "as the carrier said it",
    TimeBasis.GMT_SUSPECT: "the carrier's UTC and local time do not fit together",
    TimeBasis.LOCAL_UNKNOWN_ZONE: "local time, its zone unknown",
    TimeBasis.ENVELOPE_TIMESTAMP: "when the message was made; the event has no time",
    TimeBasis.RECEIVED_AT: "when it arrives; nothing in it has a time",
}


@attrs.frozen
class Explained:
    """What one carrier reads in a payload."""

    carrier: Carrier
    parsed: Parsed


def explain(payload: Any, name: str | None = None) -> Explained:
    """Return what *payload* is read as, by the carrier of this name or by the one that makes most of it.

    Raises ``NotFound`` for a carrier that is not installed, ``UnreadablePayload`` where nobody can read it.
    """
    if name is not None:
        carrier = carrier_of(name)
        return Explained(carrier, carrier.parse(payload))
    readings = list(_readings(payload))
    if not readings:
        raise NotFound(f"No carrier reads this: say which one sent it, of {', '.join(carrier_names())}")
    return max(readings, key=_worth)


def _readings(payload: Any) -> Iterator[Explained]:
    for name in carrier_names():
        carrier = carrier_of(name)
        try:
            yield Explained(carrier, carrier.parse(payload))
        except UnreadablePayload:
            continue


def _worth(explained: Explained) -> tuple[int, int, int, bool]:
    """Return how much a carrier makes of a payload; of two names of one network, that of the network is better."""
    parsed, name = explained.parsed, explained.carrier.name
    known = sum(event.reading.row is not None for event in parsed.events)
    return known, len(parsed.events) + len(parsed.notices), -len(parsed.faults), network_of(name) == name


def lines_of(explained: Explained) -> Iterator[str]:
    """Return the explanation as lines of text."""
    parsed = explained.parsed
    events = len(parsed.events)
    yield f"Read as a push of {explained.carrier.name}: {events} {'event' if events == 1 else 'events'}"
    for number, event in enumerate(parsed.events, start=1):
        yield ""
        yield f"{number}. {event.tracking_number}  {_status_of(event)}"
        yield f"   code     {event.code}{f'  {event.description!r}' if event.description else ''}"
        yield f"   because  {_why(event)}"
        yield f"   time     {_when(event)}"
        yield from _details(event)
        yield f"   effect   {_effect_of(event)}"
    for notice in parsed.notices:
        yield ""
        yield f"Notice {notice.kind}: {notice.message}"
    for fault in parsed.faults:
        yield ""
        yield f"Not taken, {fault.path or 'the payload'}: {fault.message}"


def _status_of(event: TrackingEvent) -> str:
    status = str(event.status) if event.status is not None else "(no change)"
    return f"{status} / {event.reason}" if event.reason else status


def _why(event: TrackingEvent) -> str:
    reading = event.reading
    if reading.row is None:
        return f"no row of the table {reading.table!r} has it"
    sure = "; a guess, nobody knows for sure" if reading.is_guess else ""
    return f"row {reading.row!r} of the table {reading.table!r}{sure}"


def _when(event: TrackingEvent) -> str:
    basis = _TIMES[event.time_basis]
    if event.occurred_at is not None:
        return f"{to_wire(event.occurred_at)}, {basis}"
    if event.local_time is not None:
        return f"{event.local_time.isoformat()}, {basis}"
    return basis


def _details(event: TrackingEvent) -> Iterator[str]:
    place = ", ".join(part for part in attrs.astuple(event.place) if part)
    told = (
        ("place", place),
        ("signer", event.signer),
        ("estimate", event.estimated_delivery),
        ("proof", event.proof_url),
    )
    for name, value in told:
        if value:
            yield f"   {name:8} {value}"


def _effect_of(event: TrackingEvent) -> str:
    if event.corrects:
        return "takes back a final scan before it"
    if event.status is TrackingStatus.DELIVERED:
        return "delivers the shipment"
    if is_movement(event.status, event.reason):
        return "ships the shipment where only its label is made"
    if event.status is None or event.status is TrackingStatus.UNKNOWN:
        return "none, beside its place in the timeline"
    return "shown on the shipment; its state stays"

"""Pigeon Post, a carrier for Vectis in a package of its own."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import attrs

from vectis_core import (
    Carrier,
    Fault,
    Parsed,
    Place,
    Reading,
    TimeBasis,
    TrackingEvent,
    TrackingStatus,
    UnreadablePayload,
)
from vectis_core.errors import FieldProblem
from vectis_core.tracking.numbers import normalised

#: What each code means: a status, a reason where there is one, and whether nobody knows for sure.
CODES: dict[str, tuple[TrackingStatus | None, str | None, bool]] = {
    "RING": (TrackingStatus.LABEL_CREATED, None, False),
    "LOFT": (TrackingStatus.PICKED_UP, None, False),
    "WING": (TrackingStatus.IN_TRANSIT, None, False),
    "HAWK": (TrackingStatus.EXCEPTION, "delayed", True),
    "BACK": (TrackingStatus.RETURNED_TO_SENDER, "returned", False),
    "HOME": (TrackingStatus.DELIVERED, None, False),
    # A weather report says nothing of where the pigeon is.
    "WIND": (None, "informational", False),
}
_TABLE = "sightings.code"


@attrs.frozen
class Pigeon:
    """Pigeon Post's dialect."""

    name: str = "pigeon"
    default_proof: str = "carrier"
    default_header: str | None = "x-pigeon-signature"
    default_zone: str = "Europe/Amsterdam"

    def authenticate(self, headers: Mapping[str, str], body: bytes, secret: str) -> bool:
        """Return whether the header has the HMAC-SHA256 of the body, in hexadecimal."""
        right = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        given = headers.get("x-pigeon-signature", "")
        return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), right.encode())

    def parse(self, payload: Any) -> Parsed:
        """Return all that a payload says; raises ``UnreadablePayload`` and nothing else."""
        flights = _member(payload, "flights")
        if not isinstance(flights, list):
            raise UnreadablePayload([FieldProblem("flights", "must be a list")])
        read = [each for index, flight in enumerate(flights) for each in _read(flight, f"flights[{index}]")]
        return Parsed(
            events=tuple(each for each in read if isinstance(each, TrackingEvent)),
            faults=tuple(each for each in read if isinstance(each, Fault)),
        )

    def cut(self, payload: Any) -> Any:
        """Return the payload as it is: pigeons carry no cameras."""
        return payload


def _read(flight: Any, path: str) -> Iterator[TrackingEvent | Fault]:
    number = normalised("pigeon", _text(_member(flight, "ring"), 64) or "")
    if not number:
        yield Fault(f"{path}.ring", "There must be the number of a ring")
        return
    sightings = _member(flight, "sightings")
    for index, sighting in enumerate(sightings if isinstance(sightings, list) else []):
        yield _event(number, sighting, f"{path}.sightings[{index}]")


def _event(number: str, sighting: Any, path: str) -> TrackingEvent | Fault:
    code = _text(_member(sighting, "code"), 64)
    if code is None:
        return Fault(f"{path}.code", "There must be a code")
    status, reason, is_guess = CODES.get(code, (TrackingStatus.UNKNOWN, None, False))
    moment = _moment(_member(sighting, "at"))
    is_zoned = moment is not None and moment.tzinfo is not None
    local_time = moment.replace(tzinfo=None) if moment is not None else None
    return TrackingEvent(
        carrier="pigeon",
        tracking_number=number,
        status=status,
        reason=reason,
        code=code,
        description=_text(_member(sighting, "words"), 500),
        occurred_at=_in_utc(moment) if moment is not None and is_zoned else None,
        local_time=local_time,
        time_basis=_basis(moment),
        reading=Reading(_TABLE, code if code in CODES else None, is_guess),
        place=Place(city=_text(_member(sighting, "loft"), 255)),
        signer=_text(_member(sighting, "takenBy"), 255) if status is TrackingStatus.DELIVERED else None,
    )


def _basis(moment: datetime | None) -> TimeBasis:
    if moment is None:
        return TimeBasis.RECEIVED_AT
    return TimeBasis.UTC if moment.tzinfo is not None else TimeBasis.LOCAL_UNKNOWN_ZONE


def _moment(value: Any) -> datetime | None:
    """Return a moment of ISO 8601; ``None`` where there is none, or none that can be told in UTC."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        return moment if moment is None or moment.tzinfo is None or _in_utc(moment) else None
    except (ValueError, OverflowError):
        return None


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def _member(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def _text(value: Any, longest: int) -> str | None:
    """Return a text in one line that can be printed and kept; ``None`` for none, and for what is no text."""
    if not isinstance(value, str):
        return None
    return " ".join("".join(c if c.isprintable() else " " for c in value).split())[:longest].rstrip() or None


CARRIER: Carrier = Pigeon()

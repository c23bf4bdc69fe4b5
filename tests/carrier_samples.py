"""The carriers' samples and signed requests, for the tests of their dialects."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import attrs

from vectis_core.tracking.model import TrackingEvent

_HERE = Path(__file__).parent / "carriers"


def sample(name: str) -> Any:
    """Return a sample, decoded."""
    return json.loads(sample_bytes(name))


def sample_bytes(name: str) -> bytes:
    """Return a sample as it came, to the last byte."""
    return (_HERE / "samples" / f"{name}.json").read_bytes()


@attrs.frozen
class SignedRequest:
    """A request that proves where it comes from, or fails to."""

    body: bytes
    secret: str
    #: By lower-case name.
    headers: dict[str, str]
    scheme: str
    is_valid: bool


def signed_requests(carrier: str) -> list[SignedRequest]:
    """Return a carrier's."""
    return [
        SignedRequest(
            sample_bytes(each["body_file"].removesuffix(".json")),
            each["secret"],
            {name.lower(): value for name, value in each["headers"].items()},
            each["scheme"],
            each["valid"],
        )
        for each in json.loads((_HERE / "auth_vectors.json").read_text())
        if each["carrier"] == carrier
    ]


def shown(event: TrackingEvent) -> tuple[str | None, ...]:
    """Return number, status, reason, code, moment in UTC, clock at the place, and what the moment is based on."""
    return (
        event.tracking_number,
        event.status.value if event.status else None,
        event.reason,
        event.code,
        event.occurred_at.isoformat() if event.occurred_at else None,
        event.local_time.isoformat() if event.local_time else None,
        event.time_basis.value,
    )


def place_of(event: TrackingEvent) -> tuple[str | None, ...]:
    """Return city, region, postal code and country."""
    return (event.place.city, event.place.region, event.place.postal_code, event.place.country)

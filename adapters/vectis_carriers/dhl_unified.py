"""DHL Unified Push, and the answer of the Unified Tracking API: one form for the divisions, which fill it as they like.

A status code says little: all between the first scan and the last is ``transit``. What happened stands in ``status``
or ``description``, as a code of the division or in words.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import attrs

from vectis_carriers.codes import Meaning, tables_of, unknown
from vectis_carriers.dhl_words import NAMES, meaning_of, signer_in
from vectis_carriers.parts import CODE_MAX, estimate_of, in_time_order, link_of, no_number, number_of
from vectis_carriers.payload import Node, cleaned
from vectis_carriers.times import When, read_iso
from vectis_core.tracking.model import Fault, Place, Reading, TrackingEvent
from vectis_core.tracking.statuses import TrackingStatus

_TABLES = tables_of("dhl")
_CODES = _TABLES["unified"]
#: The tables of those divisions that write their codes as they are.
_DIVISIONS = {"express": "express", "parcel-de": "parcel-de", "ecommerce": "ecommerce-americas"}

ZONE = "Europe/Berlin"
#: The clocks of countries that have one; of the United States, the clock of most of its people.
_ZONES = {
    "AT": "Europe/Vienna",
    "BE": "Europe/Brussels",
    "CH": "Europe/Zurich",
    "CN": "Asia/Shanghai",
    "CZ": "Europe/Prague",
    "DE": "Europe/Berlin",
    "DK": "Europe/Copenhagen",
    "ES": "Europe/Madrid",
    "FI": "Europe/Helsinki",
    "FR": "Europe/Paris",
    "GB": "Europe/London",
    "GR": "Europe/Athens",
    "HK": "Asia/Hong_Kong",
    "HU": "Europe/Budapest",
    "IE": "Europe/Dublin",
    "IN": "Asia/Kolkata",
    "IT": "Europe/Rome",
    "JP": "Asia/Tokyo",
    "LU": "Europe/Luxembourg",
    "NL": "Europe/Amsterdam",
    "PL": "Europe/Warsaw",
    "PT": "Europe/Lisbon",
    "RO": "Europe/Bucharest",
    "SE": "Europe/Stockholm",
    "SG": "Asia/Singapore",
    "US": "America/New_York",
}

_UNDER_WAY = frozenset(
    {
        TrackingStatus.PICKED_UP,
        TrackingStatus.IN_TRANSIT,
        TrackingStatus.OUT_FOR_DELIVERY,
        TrackingStatus.AVAILABLE_FOR_PICKUP,
        TrackingStatus.DELIVERY_ATTEMPTED,
        TrackingStatus.EXCEPTION,
        TrackingStatus.RETURNED_TO_SENDER,
        None,
    }
)
#: What a division's code or words may make of a status code; anything else contradicts it, and the status code counts.
_ALLOWED: dict[str, frozenset[TrackingStatus | None]] = {
    "pre-transit": frozenset({TrackingStatus.LABEL_CREATED, None}),
    "transit": _UNDER_WAY,
    "delivered": frozenset(
        {TrackingStatus.DELIVERED, TrackingStatus.AVAILABLE_FOR_PICKUP, TrackingStatus.RETURNED_TO_SENDER}
    ),
    "failure": frozenset(
        {
            TrackingStatus.DELIVERY_ATTEMPTED,
            TrackingStatus.EXCEPTION,
            TrackingStatus.AVAILABLE_FOR_PICKUP,
            TrackingStatus.RETURNED_TO_SENDER,
        }
    ),
}
_ANYTHING = frozenset({*TrackingStatus, None})
#: The reason of an event of which the words say otherwise than its status code.
CONTRADICTED = "contradicted_by_text"
#: Two views of one event are at most so far apart: one in UTC, the other on the clock of the place.
_WIDEST = timedelta(hours=14)


def read(shipment: Node) -> list[TrackingEvent | Fault]:
    """Return the events of a shipment, and what of it could not be read."""
    number = number_of("dhl", shipment["id"])
    if number is None:
        return [no_number(shipment["id"])]
    service = (shipment["service"].text(64) or "").lower()
    places = list(shipment["events"])
    if shipment["status"].is_object and not _has_twin(shipment["status"], places):
        places.append(shipment["status"])
    if not places:
        return [Fault(shipment.path, "There must be a status or events")]
    found = [_event(number, service, place) for place in places]
    events = in_time_order((each for each in found if isinstance(each, TrackingEvent)), ZONE)
    faults = [each for each in found if isinstance(each, Fault)]
    frame = shipment["estimatedDeliveryTimeFrame"]["estimatedThrough"]
    estimate = estimate_of(shipment["estimatedTimeOfDelivery"], frame)
    newest = [attrs.evolve(event, estimated_delivery=estimate) for event in events[-1:]]
    proof = shipment["details"]["proofOfDelivery"]
    return [*(_with_proof(event, proof) for event in (*events[:-1], *newest)), *faults]


def cut(shipment: Any) -> Any:
    """Return a shipment of which the proof of delivery holds no images."""
    details = shipment.get("details") if isinstance(shipment, dict) else None
    if not isinstance(details, dict) or not isinstance(details.get("proofOfDelivery"), dict):
        return shipment
    proof = details["proofOfDelivery"]
    kept = {
        name: value
        for name, value in proof.items()
        if name in {"timestamp", "signed"} or link_of(Node(value)) is not None
    }
    return {**shipment, "details": {**details, "proofOfDelivery": kept}}


def _has_twin(status: Node, events: list[Node]) -> bool:
    """Return whether the newest state is told once more among the events, where its time may lack the zone."""
    words = _told(status)
    clock = read_iso(status["timestamp"].text()).local_time
    for event in events:
        other = read_iso(event["timestamp"].text()).local_time
        if _told(event) == words and (clock is None or other is None or abs(clock - other) <= _WIDEST):
            return True
    return False


def _told(place: Node) -> tuple[str, ...]:
    return tuple((place[name].text() or "").lower() for name in ("statusCode", "status", "description"))


def _event(number: str, service: str, place: Node) -> TrackingEvent | Fault:
    short, long = place["status"].text(), place["description"].text()
    code = place["statusCode"].text(CODE_MAX)
    if code is None and short is None:
        return Fault(place.path, "There must be a statusCode or a status")
    meaning = _meaning(code, service, short, long)
    when = _when(place)
    address = place["location"]["address"]
    is_naive = when.occurred_at is None and when.local_time is not None
    is_delivered = meaning.status is TrackingStatus.DELIVERED
    return TrackingEvent(
        carrier="dhl",
        tracking_number=number,
        status=meaning.status,
        reason=meaning.reason,
        code=code or "status",
        description=long or short,
        occurred_at=when.occurred_at,
        local_time=when.local_time,
        time_basis=when.basis,
        reading=meaning.reading,
        place=Place(
            city=address["addressLocality"].text(255),
            region=address["addressRegion"].text(255),
            postal_code=address["postalCode"].text(32),
            country=address["countryCode"].text(64),
        ),
        signer=signer_in(long) if is_delivered else None,
        sub_code=cleaned(short or long or "", CODE_MAX),
        likely_zone=_ZONES.get((address["countryCode"].text(64) or "").upper(), ZONE) if is_naive else None,
    )


def _when(place: Node) -> When:
    """Return when an event was. A moment in UTC does not tell what the clock at the place showed."""
    text = place["timestamp"].text() or ""
    when = read_iso(text)
    return When(when.occurred_at, None, when.basis) if text.upper().endswith("Z") else when


def _meaning(code: str | None, service: str, short: str | None, long: str | None) -> Meaning:
    known = (code or NAMES.get((short or "").lower(), "")).lower()
    base = _CODES.get(known) or unknown(_CODES.name)
    allowed = _ALLOWED.get(known, _ANYTHING)
    exact = _divisional(service, short) or _divisional(service, long)
    if exact is not None:
        return exact if exact.status in allowed else _contradicted(base)
    if NAMES.get((short or "").lower(), known) != known and base.reading.row is not None:
        return _contradicted(base)
    found = meaning_of(f"{short or ''} {long or ''}", allowed)
    if found is None:
        return base
    if known == "delivered" and found.status is TrackingStatus.RETURNED_TO_SENDER:
        return attrs.evolve(found, reason="returned")
    return found


def _divisional(service: str, text: str | None) -> Meaning | None:
    """Return what a text means that is exactly one code of the division; of an unnamed division, where all agree."""
    if text is None:
        return None
    if service:
        return _TABLES[_DIVISIONS[service]].get(text) if service in _DIVISIONS else None
    found = [row for name in _DIVISIONS.values() if (row := _TABLES[name].get(text)) is not None]
    if not found or any((row.status, row.reason) != (found[0].status, found[0].reason) for row in found):
        return None
    reading = found[0].reading
    return attrs.evolve(found[0], reading=Reading(reading.table, reading.row, is_guess=True))


def _contradicted(base: Meaning) -> Meaning:
    reading = Reading(base.reading.table, base.reading.row, is_guess=True)
    return attrs.evolve(base, reason=CONTRADICTED, reading=reading)


def _with_proof(event: TrackingEvent, proof: Node) -> TrackingEvent:
    """Return a delivery with who signed for it, and where the proof lies; other events as they are."""
    if event.status is not TrackingStatus.DELIVERED:
        return event
    signed = proof["signed"]
    names = (signed["givenName"].text(120), signed["familyName"].text(120))
    whole = " ".join(name for name in names if name)
    return attrs.evolve(
        event,
        signer=event.signer or whole or signed["name"].text(255),
        proof_url=link_of(proof["documentUrl"]) or link_of(proof["signatureUrl"]),
    )

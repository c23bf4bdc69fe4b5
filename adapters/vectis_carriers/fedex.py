"""FedEx: pushes of Advanced Integrated Visibility, which repeat the answer of the Track API, version 1.

A push tells each parcel's whole history again, newest scan first; a number that FedEx has used again brings the
histories of both parcels. A delivery exception (``DE``) says what happened in a second code, of which FedEx publishes
no full list: where the code is not known, its words are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from vectis_carriers.codes import Meaning, tables_of, unknown
from vectis_carriers.cutting import without_files
from vectis_carriers.parts import CODE_MAX, estimate_of, in_time_order, no_number, number_of
from vectis_carriers.payload import Node, cleaned, unreadable
from vectis_carriers.proofs import is_signed
from vectis_carriers.times import read_iso
from vectis_carriers.zones import likely_zone
from vectis_core.tracking.model import Fault, Parsed, Place, Reading, TrackingEvent
from vectis_core.tracking.statuses import TrackingStatus

_NAME = "fedex"
_ZONE = "America/New_York"
_HEADER = "fdx-signature"
_TABLES = tables_of(_NAME)
_EVENTS, _EXCEPTIONS, _DERIVED, _KEYWORDS = (_TABLES[key] for key in ("events", "exceptions", "derived", "keywords"))

#: The event types that an exception code belongs to; beside others it says nothing of where the parcel is.
_WITH_EXCEPTION = {"DE", "SE"}
#: FedEx's list has it for a refusal, its guide to testing for "customer not available": the words decide.
_TWO_MEANINGS = {"07", "007", "7"}


class _FedEx:
    name = _NAME
    default_proof = "carrier"
    default_header = _HEADER
    default_zone = _ZONE

    def authenticate(self, headers: Mapping[str, str], body: bytes, secret: str) -> bool:
        """Return whether ``fdx-signature`` is the Base64 HMAC-SHA256 of the body under the project's security token."""
        return is_signed(headers.get(_HEADER), body, secret)

    def parse(self, payload: Any) -> Parsed:
        """Return what a payload says of each parcel; raises ``UnreadablePayload`` where it is no answer of tracking."""
        read = [each for number, result in _results(Node(payload)) for each in _read(number, result)]
        return Parsed(
            events=tuple(in_time_order((each for each in read if isinstance(each, TrackingEvent)), _ZONE)),
            faults=tuple(each for each in read if isinstance(each, Fault)),
        )

    def cut(self, payload: Any) -> Any:
        """Return the payload without the images of signatures and deliveries, which come with a later push."""
        return without_files(payload)


def _results(top: Node) -> list[tuple[Node, Node]]:
    """Return the place of each parcel's number with a history of it; raises ``UnreadablePayload``."""
    for outer in (top["output"], top):
        if outer["completeTrackResults"].is_list:
            return [
                (parcel["trackingNumber"], result)
                for parcel in outer["completeTrackResults"]
                for result in _histories(parcel)
            ]
        if outer["trackResults"].is_list:
            return [(result["trackingNumber"], result) for result in outer["trackResults"]]
    raise unreadable("There must be completeTrackResults or trackResults")


def _histories(parcel: Node) -> Iterator[Node]:
    if any(parcel["trackResults"]):
        yield from parcel["trackResults"]
    else:
        yield parcel


def _read(outer: Node, result: Node) -> list[TrackingEvent | Fault]:
    """Return the events of a history, and what of it could not be read."""
    number = number_of(_NAME, outer, result["trackingNumberInfo"]["trackingNumber"])
    if number is None:
        return [no_number(outer)]
    if not any(result["scanEvents"]):
        return [_nothing(result)]
    found = [_event(number, scan) for scan in result["scanEvents"]]
    events = in_time_order((each for each in found if isinstance(each, TrackingEvent)), _ZONE)
    faults = [each for each in found if isinstance(each, Fault)]
    return [*_with_details(events, result), *faults]


def _nothing(result: Node) -> Fault:
    """Return why a history tells of no event; FedEx says so of numbers that it does not know yet."""
    error = result["error"]
    if not error.is_object:
        return Fault(f"{result.path}.scanEvents", "There must be scanEvents")
    told = ": ".join(text for text in (error["code"].text(100), error["message"].text(300)) if text)
    return Fault(error.path, f"FedEx has no scans of it (it says: {told})" if told else "FedEx has no scans of it")


def _event(number: str, scan: Node) -> TrackingEvent | Fault:
    derived = scan["derivedStatusCode"].text(CODE_MAX)
    code = scan["eventType"].text(CODE_MAX) or derived
    if code is None:
        return Fault(scan.path, "There must be an eventType or a derivedStatusCode")
    exception, problem = scan["exceptionCode"].text(CODE_MAX), scan["exceptionDescription"].text()
    is_exception = code.upper() in _WITH_EXCEPTION
    meaning = _exception(code.upper(), exception, problem) if is_exception else _meaning(code, derived)
    # Of a pick-up FedEx often knows the day alone, and writes midnight: its scan may then lie before the label's.
    when = read_iso(scan["date"].text())
    place = _place(scan["scanLocation"])
    is_naive = when.occurred_at is None and when.local_time is not None
    return TrackingEvent(
        carrier=_NAME,
        tracking_number=number,
        status=meaning.status,
        reason=meaning.reason,
        code=f"{code}/{exception}"[:CODE_MAX].rstrip() if is_exception and exception else code,
        description=_both(scan["eventDescription"].text(), problem),
        occurred_at=when.occurred_at,
        local_time=when.local_time,
        time_basis=when.basis,
        reading=meaning.reading,
        place=place,
        sub_code=None if is_exception else exception,
        likely_zone=likely_zone(place) if is_naive else None,
    )


def _meaning(code: str, derived: str | None) -> Meaning:
    """Return what an event type means: itself, or what FedEx sums it up as."""
    found = _EVENTS.get(code.upper())
    if found is not None:
        return found
    summed = (derived or "").upper()
    found = _DERIVED.get(summed) or _EVENTS.get(summed)
    if found is None:
        return unknown(_EVENTS.name)
    return attrs.evolve(_other(found), reading=Reading(_DERIVED.name, found.reading.row, is_guess=True))


def _exception(code: str, exception: str | None, words: str | None) -> Meaning:
    """Return what an exception means: by its own code, for a delivery by its words, or no more than its type says."""
    key = (exception or "").upper()
    found = _EXCEPTIONS.get(key) or _EXCEPTIONS.get(key.lstrip("0"))
    if found is not None and key not in _TWO_MEANINGS:
        return found
    by_words = _by_words(words) if code == "DE" or key in _TWO_MEANINGS else None
    return by_words or found or _other(_EVENTS.rows[code])


def _other(meaning: Meaning) -> Meaning:
    """Return an exception of which no more is known with the reason that says so; other meanings as they are."""
    is_bare = meaning.status is TrackingStatus.EXCEPTION and meaning.reason is None
    return attrs.evolve(meaning, reason="other") if is_bare else meaning


def _by_words(words: str | None) -> Meaning | None:
    """Return what the first phrase of the table that stands in the words hints at."""
    told = (words or "").lower()
    return next((row for phrase, row in _KEYWORDS.rows.items() if re.search(rf"\b{re.escape(phrase)}", told)), None)


def _both(words: str | None, more: str | None) -> str | None:
    """Return the words of an event, and those of its exception where they add something."""
    if words is None or more is None or words.lower() == more.lower():
        return words or more
    return cleaned(f"{words}: {more}")


def _place(location: Node) -> Place:
    return Place(
        city=location["city"].text(255),
        region=location["stateOrProvinceCode"].text(255),
        postal_code=location["postalCode"].text(32),
        country=location["countryCode"].text(64),
    )


def _with_details(events: list[TrackingEvent], result: Node) -> list[TrackingEvent]:
    """Return the events, the delivery with who took the parcel; of one under way, the newest with when it will come."""
    if any(event.status is TrackingStatus.DELIVERED for event in events):
        details = result["deliveryDetails"]
        signer = details["signedByName"].text(255) or details["receivedByName"].text(255)
        return [
            attrs.evolve(event, signer=signer) if event.status is TrackingStatus.DELIVERED else event
            for event in events
        ]
    window = result["estimatedDeliveryTimeWindow"]["window"]["ends"]
    estimates = [each["dateTime"] for each in result["dateAndTimes"] if each["type"].text() == "ESTIMATED_DELIVERY"]
    usual = result["standardTransitTimeWindow"]["window"]["ends"]
    estimate = estimate_of(window, *estimates, usual)
    return [*events[:-1], *(attrs.evolve(event, estimated_delivery=estimate) for event in events[-1:])]


CARRIER = _FedEx()

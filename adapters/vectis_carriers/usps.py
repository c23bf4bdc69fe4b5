"""USPS: the Subscriptions - Tracking API, version 3.2.

A push is an envelope whose member ``payload`` is JSON within a text. The inner JSON is a tracking summary with its
newest events, or a single scan; USPS gives it the form of its Tracking API, version 3.2.4, whose description is where
the fields below come from.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import attrs

from vectis_carriers.codes import Meaning, tables_of, unknown
from vectis_carriers.parts import CODE_MAX, estimate_of, in_time_order, no_number, number_of
from vectis_carriers.payload import Node, cleaned, read_body, unreadable
from vectis_carriers.proofs import is_signed
from vectis_carriers.times import NEVER, When, offset_of, placed, read_iso
from vectis_core.tracking.carrier import UnreadablePayload
from vectis_core.tracking.model import Fault, Notice, Parsed, Place, Reading, TimeBasis, TrackingEvent
from vectis_core.tracking.statuses import INFERRED, TrackingStatus

_NAME = "usps"
_ZONE = "America/New_York"
_TABLES = tables_of(_NAME)
_EVENTS, _CATEGORIES = _TABLES["events"], _TABLES["categories"]

_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
#: How far a local clock can be from UTC; a wider gap means that one of the two is wrong.
_WIDEST = timedelta(hours=14)
#: The estimates of the Tracking API, the most certain first.
_ESTIMATES = (
    "expectedDeliveryTimeStamp",
    "expectedDeliveryDate",
    "predictedDeliveryDate",
    "predictedDeliveryTimeStamp",
    "guaranteedDeliveryTimeStamp",
    "guaranteedDeliveryDate",
)
#: Words that tell that a parcel "picked up" came from the sender, and did not go to the recipient.
_FROM_SENDER = ("shipper", "sender", "shipping partner", "by usps", "by carrier")


class _Usps:
    name = _NAME
    default_proof = "carrier"
    default_header = "x-hmac"
    default_zone = _ZONE

    def authenticate(self, headers: Mapping[str, str], body: bytes, secret: str) -> bool:
        """Return whether ``X-HMAC`` is the Base64 HMAC-SHA256 of the envelope's ``timestamp`` and ``payload``.

        Both are signed as the texts that they are, so the envelope is decoded first: its size is the caller's limit,
        its depth ours. A ``payload`` that is no text has no one spelling that could have been signed. The older
        name of the header, ``hmac-header``, counts only where the newer one is not there: where both are, the newer
        one decides, for a sender that goes on sending the older name has no duty to keep it right.
        """
        try:
            envelope = read_body(body)
        except UnreadablePayload:
            return False
        told = (envelope.get("timestamp"), envelope.get("payload")) if isinstance(envelope, dict) else (None, None)
        if not isinstance(told[0], str) or not isinstance(told[1], str):
            return False
        try:
            signed = (told[0] + told[1]).encode()
        except UnicodeEncodeError:
            return False
        return is_signed(headers.get("x-hmac", headers.get("hmac-header")), signed, secret)

    def parse(self, payload: Any) -> Parsed:
        """Return what an envelope says, or several, or an inner payload without one."""
        top = Node(payload)
        if top["challenge"].text() is not None and top["payload"].value is None:
            return Parsed(notices=(_challenge(top["challenge"]),))
        envelopes = list(top) if top.is_list else [top]
        parts = [part for envelope in envelopes for part in _parts_of(envelope)]
        if not parts:
            raise unreadable("There must be an envelope with a payload, or a trackingNumber")
        read = [each for part in parts for each in part.read()]
        events = [each for each in read if isinstance(each, TrackingEvent)]
        faults = [each for each in read if isinstance(each, Fault)]
        return Parsed(tuple(in_time_order(events, _ZONE)), tuple(faults))

    def cut(self, payload: Any) -> Any:
        """Return the payload as it is: USPS sends neither photographs nor signatures, but letters by mail."""
        return payload


def _challenge(node: Node) -> Notice:
    challenge = node.text() or ""
    return Notice(
        kind="challenge",
        message="USPS asked whether this address takes its pushes, and was answered with its own challenge",
        reply={"challenge": challenge},
    )


def _parts_of(envelope: Node) -> Iterator[_Part]:
    """Yield the inner payloads of an envelope; raises ``UnreadablePayload`` where a text in it is no JSON."""
    sent = read_iso(envelope["timestamp"].text(), ZoneInfo("UTC"))
    inner = envelope["payload"]
    if isinstance(inner.value, str):
        try:
            inner = Node(read_body(inner.value.encode("utf-8", "surrogatepass")), inner.path)
        except UnreadablePayload:
            raise unreadable("The envelope's payload must be JSON") from None
    elif inner.value is None and envelope["trackingNumber"].value is not None:
        inner = envelope
    for part in inner if inner.is_list else [inner]:
        if part.is_object:
            yield _Part(part, sent)


@attrs.frozen
class _Part:
    """What an envelope says of one parcel."""

    node: Node
    #: When the envelope was made.
    sent: When

    def read(self) -> list[TrackingEvent | Fault]:
        """Return the events of the parcel, and what could not be read."""
        number = number_of(_NAME, self.node["trackingNumber"])
        if number is None:
            return [no_number(self.node["trackingNumber"])]
        scans = list(self.node["trackingEvents"])
        if not scans and any(self.node[name].value is not None for name in ("eventCode", "eventTimestamp")):
            scans = [self.node]
        if not scans:
            return [self._summary(number) or Fault(self.node.path, "There must be an event or a status")]
        read = [self._scan(number, scan) for scan in scans]
        events = in_time_order((each for each in read if isinstance(each, TrackingEvent)), _ZONE)
        faults = [each for each in read if isinstance(each, Fault)]
        return [*events[:-1], *(self._newest(event) for event in events[-1:]), *faults]

    def _scan(self, number: str, scan: Node) -> TrackingEvent | Fault:
        code, words = _code_of(scan["eventCode"]), _words(scan["eventType"])
        if code is None and words is None:
            return Fault(scan.path, "There must be an eventCode or an eventType")
        meaning = _by_words(_meaning(code, words), code, words, scan)
        when = self._when(scan)
        is_delivered = meaning.status is TrackingStatus.DELIVERED
        return TrackingEvent(
            carrier=_NAME,
            tracking_number=number,
            status=meaning.status,
            reason=meaning.reason,
            code=code or "eventType",
            description=words,
            occurred_at=when.occurred_at,
            local_time=when.local_time,
            time_basis=when.basis,
            reading=meaning.reading,
            place=_place(scan),
            signer=scan["name"].text(255) or scan["firm"].text(255) if is_delivered else None,
            sub_code=None if code else cleaned(words or "", CODE_MAX),
        )

    def _when(self, scan: Node) -> When:
        when = _time_of(scan)
        return when if when != NEVER else self._sent()

    def _sent(self) -> When:
        if self.sent.occurred_at is None:
            return NEVER
        return When(self.sent.occurred_at, None, TimeBasis.ENVELOPE_TIMESTAMP)

    def _newest(self, event: TrackingEvent) -> TrackingEvent:
        """Return the newest event with what the summary says of it; of the older ones the summary says nothing."""
        event = attrs.evolve(event, estimated_delivery=estimate_of(*(self.node[name] for name in _ESTIMATES)))
        if event.status is not TrackingStatus.UNKNOWN:
            return event
        found = _category(self.node["statusCategory"].text())
        if found is None:
            return event
        meaning = _alert(found)
        return attrs.evolve(event, status=meaning.status, reason=meaning.reason, reading=meaning.reading)

    def _summary(self, number: str) -> TrackingEvent | None:
        """Return the event that a summary without events tells of, at the time of the envelope."""
        name = "statusCategory" if self.node["statusCategory"].text() else "status"
        told = self.node[name].text(CODE_MAX)
        if told is None:
            return None
        words = _words(self.node["statusSummary"]) or _words(self.node["status"]) or told
        status = _words(self.node["status"])
        meaning = _by_words(_category(told) or unknown(_CATEGORIES.name), None, status, self.node)
        when = self._sent()
        return TrackingEvent(
            carrier=_NAME,
            tracking_number=number,
            status=meaning.status,
            reason=meaning.reason or "from_summary",
            code=name,
            description=words,
            occurred_at=when.occurred_at,
            local_time=None,
            time_basis=when.basis,
            reading=meaning.reading,
            estimated_delivery=estimate_of(*(self.node[each] for each in _ESTIMATES)),
            sub_code=told,
        )


def _code_of(node: Node) -> str | None:
    """Return an event code as the table has it: in capitals, with two digits where it is a number."""
    code = node.text(CODE_MAX)
    if code is None:
        return None
    return code.zfill(2) if code.isdecimal() else code.upper()[:CODE_MAX]


def _words(node: Node) -> str | None:
    """Return a text without the tags and entities of HTML that USPS writes into it."""
    text = _TAG.sub("", html.unescape(_TAG.sub("", node.text() or "")))
    return cleaned(text)


def _place(scan: Node) -> Place:
    return Place(
        city=scan["eventCity"].text(255),
        region=scan["eventState"].text(255),
        postal_code=scan["eventZIP"].text(32),
        country=scan["eventCountry"].text(64),
    )


def _time_of(scan: Node) -> When:
    """Return when a scan was: in GMT where that is said, else local with its offset, else local alone."""
    local = read_iso(scan["eventTimestamp"].text())
    gmt = read_iso(scan["GMTTimestamp"].text(), ZoneInfo("UTC"))
    clock = local.local_time
    if gmt.occurred_at is None:
        where = offset_of(scan["GMTOffset"].text())
        if clock is None or local.occurred_at is not None or where is None:
            return local
        return placed(clock, where)
    is_odd = clock is not None and abs(clock.replace(tzinfo=UTC) - gmt.occurred_at) > _WIDEST
    return When(gmt.occurred_at, clock, TimeBasis.GMT_SUSPECT if is_odd else TimeBasis.UTC)


def _meaning(code: str | None, words: str | None) -> Meaning:
    found = _EVENTS.get(code)
    if found is not None:
        return found
    found = _category(words)
    if found is None:
        return unknown(_EVENTS.name)
    # USPS begins many of its words with the category, but promises nowhere that it does.
    return attrs.evolve(found, reading=Reading("eventType", found.reading.row, is_guess=True))


def _category(told: str | None) -> Meaning | None:
    """Return what a text means that begins with a category: the longest, for ``Delivered`` begins another one."""
    text = (told or "").lower()
    fitting = [name for name in _CATEGORIES.rows if text.startswith(name.lower())]
    return _CATEGORIES.get(max(fitting, key=len, default=None))


def _alert(meaning: Meaning) -> Meaning:
    """Return what a category means for an event whose own code says nothing."""
    is_bare = meaning.status is TrackingStatus.EXCEPTION and meaning.reason is None
    return attrs.evolve(meaning, reason="other") if is_bare else meaning


def _by_words(meaning: Meaning, code: str | None, words: str | None, scan: Node) -> Meaning:
    """Return what a code means in the words beside it, which some codes need."""
    told = (words or "").lower()
    if meaning.status is TrackingStatus.DELIVERED:
        if "original sender" in told:
            return _said(meaning, TrackingStatus.RETURNED_TO_SENDER, "returned", "to original sender")
        if code in {"17", "43"} and any(phrase in told for phrase in _FROM_SENDER):
            return _said(meaning, TrackingStatus.PICKED_UP, None, "from the sender")
        if meaning.reason is None and ("agent" in told or scan["authorizedAgent"].value in (True, "true")):
            return _said(meaning, TrackingStatus.DELIVERED, "agent", "agent")
    if meaning.status is TrackingStatus.IN_TRANSIT and told.startswith("in transit to next facility"):
        return _said(meaning, TrackingStatus.IN_TRANSIT, INFERRED, "in transit to next facility")
    return meaning


def _said(meaning: Meaning, status: TrackingStatus, reason: str | None, words: str) -> Meaning:
    row = f"{meaning.reading.row} with {words!r}"
    return Meaning(status, reason, Reading(meaning.reading.table, row, meaning.reading.is_guess))


CARRIER = _Usps()

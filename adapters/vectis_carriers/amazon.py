"""Amazon: the push of Amazon Shipping, the notification of the Selling Partner API, and either in an SNS message.

Amazon Shipping posts an event of EventBridge's form, one scan each (developer-docs.amazon.com, "Push Notifications -
Tracking a Shipment"). The Selling Partner API delivers ``SHIPMENT_TRACKING_MILESTONE_CHANGED`` to a queue only: it
comes here by a relay of the merchant's, maybe wrapped by Amazon SNS.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from vectis_carriers.codes import Meaning, tables_of, unknown
from vectis_carriers.parts import CODE_MAX, estimate_of, in_time_order, link_of, no_number, number_of
from vectis_carriers.payload import Node, read_body, unreadable
from vectis_carriers.proofs import has_header
from vectis_carriers.sns import is_sns, notice_of
from vectis_carriers.times import When, read_iso
from vectis_core.tracking.model import Fault, Parsed, Place, TimeBasis, TrackingEvent, event_of
from vectis_core.tracking.statuses import TrackingStatus

_MILESTONE = "shipmentTrackingMilestoneChangedNotification"
#: What a milestone can be known by, other than a carrier's tracking number.
_IDENTIFIERS = ("id", "aftn", "acsin", "containerNumber", "houseBillOfLadingNumber")


@attrs.frozen
class Amazon:
    """Amazon's dialects."""

    name: str = "amazon"
    default_proof: str = "header"
    default_header: str | None = "x-api-key"
    #: Amazon documents UTC; a time that lost its ``Z`` was made in Seattle, most likely.
    default_zone: str = "America/Los_Angeles"

    def authenticate(self, headers: Mapping[str, str], body: bytes, secret: str) -> bool:  # noqa: ARG002 - signs nothing
        """Return whether the API key's header, as Amazon's documents name it, carries the secret."""
        return has_header(headers, "x-api-key", secret)

    def parse(self, payload: Any) -> Parsed:
        """Return all that a payload says; raises ``UnreadablePayload``."""
        root = Node(payload)
        if is_sns(root):
            notice = notice_of(root)
            if notice is not None:
                return Parsed(notices=(notice,))
            root = Node(read_body((root["Message"].value).encode("utf-8", "replace")), "Message")
        return _read(root)

    def cut(self, payload: Any) -> Any:
        """Return the payload as it is: Amazon sends links to photographs and signatures, never these themselves."""
        return payload


def _read(root: Node) -> Parsed:
    for outer in (root, root["detail"]):
        milestone = outer["payload"][_MILESTONE]["trackingDetail"]
        if milestone.is_object:
            return _milestones(milestone)
    for told in (root["detail"], root["payload"], root):
        if told.is_object and (told["trackingId"].text() or told["eventCode"].text() or told["eventHistory"].is_list):
            return _shipping(root, told)
    if root.is_object and (root["detail-type"].text() or root["notificationType"].text()):
        kind = root["detail-type"].text() or root["notificationType"].text()
        return Parsed(faults=(Fault(root.path, f"{kind!r} is no message about where a parcel is"),))
    raise unreadable("The body must be a tracking event of Amazon Shipping or of the Selling Partner API")


@attrs.frozen
class _Way:
    """What a message of Amazon Shipping says about the parcel as a whole."""

    number: str
    detail: Node
    #: The codes of the leg that the newest event is of.
    codes: tuple[str, ...]


def _shipping(root: Node, detail: Node) -> Parsed:
    """Return the one event of a push, or all those of a tracking result in its place."""
    number = number_of("amazon", detail["trackingId"])
    if number is None:
        return Parsed(faults=(no_number(detail["trackingId"]),))
    history = list(detail["eventHistory"])
    if not history:
        return _pushed(root, _Way(number, detail, _detail_codes(detail, _is_return(detail))))
    return _history(_Way(number, detail, ()), history)


def _pushed(root: Node, way: _Way) -> Parsed:
    detail = way.detail
    summary = detail["summary"]["status"].text(CODE_MAX) or detail["status"].text(CODE_MAX)
    code = detail["eventCode"].text(CODE_MAX) or summary
    if code is None:
        return Parsed(faults=(Fault(detail["eventCode"].path, "has no code of an event"),))
    when = _when(detail["eventTime"])
    if when.basis is TimeBasis.RECEIVED_AT:
        made = _when(root["time"]).occurred_at
        when = When(made, None, TimeBasis.ENVELOPE_TIMESTAMP) if made is not None else when
    event = _event(way, detail, code, when, _is_return(detail), _meaning(code, summary))
    return Parsed((_last(event, detail),))


def _history(way: _Way, history: Iterable[Node]) -> Parsed:
    events, faults = [], []
    scans = sorted(((_when(node["eventTime"]), node) for node in history), key=lambda pair: _clock(pair[0]))
    newest = scans[-1][1]
    is_going_back = False
    for when, node in scans:
        code = node["eventCode"].text(CODE_MAX)
        if code is None:
            faults.append(Fault(node["eventCode"].path, "has no code of an event"))
            continue
        is_return = _is_return(node) or (is_going_back and node["shipmentType"].text() is None)
        is_going_back = is_going_back or code == "ReturnInitiated"
        # The codes of the leg tell of its newest event only.
        codes = _detail_codes(way.detail, is_return) if node is newest else ()
        event = _event(attrs.evolve(way, codes=codes), node, code, when, is_return, _meaning(code, None))
        events.append(_last(event, way.detail) if node is newest else event)
    return Parsed(tuple(events), tuple(faults))


def _clock(when: When) -> str:
    """Return what the moments of one message are ordered by, with a zone or without; no moment comes last."""
    moment = when.occurred_at or when.local_time
    return moment.replace(tzinfo=None).isoformat() if moment is not None else "~"


def _event(way: _Way, node: Node, code: str, when: When, is_return: bool, meaning: Meaning) -> TrackingEvent:
    status, reason = meaning.status, meaning.reason
    if is_return and status is TrackingStatus.DELIVERED:
        status, reason = TrackingStatus.RETURNED_TO_SENDER, "returned"
    elif is_return and status is not None and status is not TrackingStatus.UNKNOWN and not way.codes:
        reason = reason or "returning"
    where = node["location"]
    region = where["stateOrRegion"].text(255) or where["stateProvince"].text(255)
    return event_of(
        "amazon",
        way.number,
        status=status,
        reason=reason or _first(way.codes, status),
        code=code,
        description=", ".join(way.codes) or None,
        occurred_at=when.occurred_at,
        local_time=when.local_time,
        time_basis=when.basis,
        reading=meaning.reading,
        place=Place(where["city"].text(255), region, where["postalCode"].text(32), where["countryCode"].text(64)),
    )


def _first(codes: Iterable[str], status: TrackingStatus | None) -> str | None:
    return next(iter(codes), None) if status not in {None, TrackingStatus.UNKNOWN} else None


def _last(event: TrackingEvent, detail: Node) -> TrackingEvent:
    """Return the newest event with what the message says of now: the promised time, and who took the parcel."""
    estimate = estimate_of(detail["promisedDeliveryDate"])
    if event.status not in {TrackingStatus.DELIVERED, TrackingStatus.RETURNED_TO_SENDER}:
        return attrs.evolve(event, estimated_delivery=estimate)
    proofs = [detail["proofOfDelivery"], detail["summary"]["proofOfDelivery"]]
    links = (link_of(proof[name]) for name in ("deliveryImageURL", "signatureImageURL") for proof in proofs)
    names = (proof["receivedBy"].text(255) for proof in proofs)
    return attrs.evolve(
        event,
        estimated_delivery=estimate,
        signer=next((each for each in names if each), None),
        proof_url=next((each for each in links if each), None),
    )


def _meaning(code: str, summary: str | None) -> Meaning:
    """Return what an event's code means; where no table has it, what the parcel's status says."""
    tables = tables_of("amazon")
    found = tables["events"].get(code) or tables["tracker"].get(code) or tables["summaries"].get(summary)
    return found or unknown(tables["events"].name)


def _is_return(node: Node) -> bool:
    return (node["shipmentType"].text() or "").upper() in {"RETURNS", "RETURN"}


def _detail_codes(detail: Node, is_return: bool) -> tuple[str, ...]:
    """Return the codes beside the event: a list in pushes, one for each leg in tracking results."""
    for codes in (detail["trackingDetailCodes"], detail["summary"]["trackingDetailCodes"]):
        leg = codes if codes.is_list else codes["returns" if is_return else "forward"]
        found = tuple(text for text in (node.text(CODE_MAX) for node in leg) if text)
        if found:
            return found[:8]
    return ()


def _milestones(detail: Node) -> Parsed:
    """Return the milestones of a notification; the newest may stand outside of the history."""
    identifier = detail["identifier"]
    places = (identifier["carrierTracking"]["trackingNumber"], *(identifier[name] for name in _IDENTIFIERS))
    number = number_of("amazon", *places)
    if number is None:
        return Parsed(faults=(no_number(identifier),))
    nodes = list(detail["milestoneHistory"])
    latest = detail["latestMilestone"]
    if latest.is_object and not any(each.value == latest.value for each in nodes):
        nodes.append(latest)
    events: dict[str, TrackingEvent] = {}
    faults = []
    for node in nodes:
        code = node["status"]["code"].text(CODE_MAX)
        if code is None:
            faults.append(Fault(node["status"]["code"].path, "has no code of a milestone"))
            continue
        event = _milestone(number, node, code)
        events.setdefault(event.id, event)
    if not nodes:
        faults.append(Fault(detail["milestoneHistory"].path, "tells of no milestone"))
    told = in_time_order(events.values(), "UTC")
    estimate = _latest_estimate(detail["trackingEstimates"])
    newest = (attrs.evolve(each, estimated_delivery=estimate) for each in told[-1:])
    return Parsed((*told[:-1], *newest), tuple(faults))


def _milestone(number: str, node: Node, code: str) -> TrackingEvent:
    table = tables_of("amazon")["milestones"]
    meaning = table.get(code) or unknown(table.name)
    sub_code, words = node["status"]["subCode"].text(CODE_MAX), node["status"]["description"].text()
    when, where = _when(node["occurredAt"]), node["location"]["address"]
    return event_of(
        "amazon",
        number,
        status=meaning.status,
        # A row's reason says how the status is meant: "returned" is the end of a parcel's way, whatever it was for.
        reason=meaning.reason or _first([sub_code] if sub_code else [], meaning.status),
        code=code,
        sub_code=sub_code,
        description=f"{words or code} ({sub_code})" if sub_code and meaning.reason else words,
        occurred_at=when.occurred_at,
        local_time=when.local_time,
        time_basis=when.basis,
        reading=meaning.reading,
        place=Place(where["city"].text(255), where["region"].text(255), None, where["countryCode"].text(64)),
    )


def _latest_estimate(estimates: Node) -> str | None:
    """Return the end of the newest estimate of the delivery: the parcel should be there by then."""
    kinds = [each for each in estimates if each["type"].text() == "ESTIMATED_DELIVERY_DATE"]
    newest = max(kinds, key=lambda each: each["lastUpdatedTime"].text() or "", default=None)
    return estimate_of(newest["estimatedInterval"]["endTime"]) if newest is not None else None


def _when(node: Node) -> When:
    when = read_iso(node.text())
    # ``Z`` says nothing about the clock at the place.
    is_utc = when.occurred_at is not None and when.occurred_at.replace(tzinfo=None) == when.local_time
    return attrs.evolve(when, local_time=None) if is_utc else when


CARRIER = Amazon()

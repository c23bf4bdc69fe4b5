"""What OnTrac and LaserShip send: one network since their merger, so both names read all forms of either.

No specification of a push is public. Read are the forms of their tracking services, which a push most likely repeats:
``Packages[]`` (OnTrac's site since 2023), ``Shipments`` (OnTrac's older web service, XML turned into JSON) and
``Pieces[]`` with ``Events[]`` (LaserShip's site).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import attrs

from vectis_carriers.codes import Meaning, Table, tables_of, unknown
from vectis_carriers.parts import CODE_MAX, in_time_order, link_of, no_number, number_of
from vectis_carriers.payload import Node, cleaned, unreadable
from vectis_carriers.proofs import has_header
from vectis_carriers.times import NEVER, When, read_date, read_iso
from vectis_core.clock import to_wire
from vectis_core.tracking.model import Fault, Parsed, Place, TimeBasis, TrackingEvent, event_of
from vectis_core.tracking.statuses import TrackingStatus

#: The header that carries the secret; neither carrier documents one, so it is ours.
HEADER = "x-vectis-token"

#: LaserShip's events are an order's: each is told of each of its pieces, and nothing honest has more of them.
_EVENTS_MAX = 10_000
_UTC = ZoneInfo("UTC")
#: How far local time is behind UTC in the states that the network serves.
_BEHIND = (timedelta(hours=3), timedelta(hours=11))
#: "Wrong delivery status. Update pending." (OnTrac's web service specification, status codes, 2023)
_TAKES_BACK = "ER"


@attrs.frozen
class NetworkCarrier:
    """The merged network under one of its two names."""

    name: str
    default_zone: str
    default_proof: str = "header"
    default_header: str | None = HEADER

    def authenticate(self, headers: Mapping[str, str], body: bytes, secret: str) -> bool:  # noqa: ARG002 - signs nothing
        """Return whether the header that we define carries the secret."""
        return has_header(headers, HEADER, secret)

    def parse(self, payload: Any) -> Parsed:
        """Return all that a payload says, in whichever form; raises ``UnreadablePayload``."""
        events: list[TrackingEvent] = []
        faults: list[Fault] = []
        for parcel in _parcels(Node(payload)):
            if isinstance(parcel, Fault):
                faults.append(parcel)
                continue
            told = in_time_order(_told(self.name, parcel, faults), self.default_zone)
            # An estimate is of now: older events were not sent with it.
            events += [*told[:-1], *(attrs.evolve(each, estimated_delivery=parcel.estimate) for each in told[-1:])]
        return Parsed(tuple(events), tuple(faults))

    def cut(self, payload: Any) -> Any:
        """Return the payload without the images of signatures and doorsteps that stand in it themselves."""
        return _without_images(payload)


@attrs.frozen
class _Scan:
    """One event as one of the forms has it."""

    node: Node
    code: str | None
    meaning: Meaning
    when: When
    words: str | None
    signer: str | None
    proof_url: str | None


@attrs.frozen
class _Parcel:
    """One parcel and its events, in whichever form."""

    number: str
    scans: tuple[_Scan, ...]
    estimate: str | None


def _parcels(root: Node) -> Iterator[_Parcel | Fault]:
    if root["Pieces"].is_list:
        yield from _pieces(root)
        return
    for outer in (root, root["OnTracTrackingResult"], root["OnTracShipmentStatus"]):
        for many, one in (("Packages", "Package"), ("Shipments", "Shipment")):
            if outer[many].is_list or outer[many].is_object:
                yield from (_parcel(node) for node in _listed(outer[many], one))
                return
    raise unreadable("The body must have Packages, Shipments or Pieces")


def _listed(node: Node, one: str) -> list[Node]:
    """Return the members of a list, of which XML turned into JSON makes an object, or one without a list around it."""
    inner = node if node.is_list else node[one]
    return list(inner) if inner.is_list else [inner] if inner.is_object else []


def _parcel(node: Node) -> _Parcel | Fault:
    """Return one of OnTrac's packages, in its newer or its older form."""
    number = number_of("ontrac", node["Tracking"])
    if number is None:
        return no_number(node["Tracking"])
    error = node["Error"].text()
    events = _listed(node["Events"], "Event")
    if not events:
        return Fault(f"{node.path}.Events", f"tells of no event{f': {error}' if error else ''}")
    proof_url = link_of(node["VpodImageUrl"]) or link_of(node["Vpod"])
    signer = node["PodText"].text(255) or node["POD"].text(255)
    return _Parcel(number, tuple(_package_scan(each, signer, proof_url) for each in events), _estimate(node))


def _package_scan(node: Node, signer: str | None, proof_url: str | None) -> _Scan:
    code = node["EventCode"].text(CODE_MAX) or node["Status"].text(CODE_MAX)
    meaning = _meaning(code, ("ontrac", "lasership"))
    # The older form's time is the clock of the place, and has no other name.
    when = _when(node["UtcEventDateTime"], node["ZonedEventDateTime"])
    if when is NEVER:
        when = read_iso(node["EventTime"].text())
    words = (node[name].text() for name in ("EventLongDescription", "EventShortDescription", "Description", "Status"))
    is_delivery = meaning.status is TrackingStatus.DELIVERED
    return _Scan(
        node,
        code,
        meaning,
        when,
        next((each for each in words if each), None),
        signer if is_delivery else None,
        proof_url if is_delivery else None,
    )


def _pieces(root: Node) -> Iterator[_Parcel | Fault]:
    """Yield LaserShip's pieces, each with the events of the order that they are of."""
    pieces, events = list(root["Pieces"]), list(root["Events"])
    if len(pieces) * len(events) > _EVENTS_MAX:
        raise unreadable(f"The body must not tell of more than {_EVENTS_MAX} events")
    scans = tuple(_order_scan(each) for each in events)
    estimate = _estimate(root)
    if not pieces:
        yield Fault("Pieces", "names no parcel")
    for piece in pieces:
        number = number_of("ontrac", piece["TrackingNumber"])
        if number is None:
            yield no_number(piece["TrackingNumber"])
        elif scans or piece["EventType"].text():
            yield _Parcel(number, scans or (_order_scan(piece),), estimate)
        else:
            yield Fault(f"{piece.path}.EventType", "tells of no event, and neither does Events")


def _order_scan(node: Node) -> _Scan:
    code = node["EventType"].text(CODE_MAX) or node["EventModifier"].text(CODE_MAX)
    short = node["EventShortText"].text()
    meaning = _meaning(code, ("lasership", "ontrac"), short)
    told = (node["EventLongText"].text() or short or node["EventLabel"].text(), node["Reason"].text())
    words = "; ".join(each for each in (*told, node["Location"].text()) if each)
    signer = node["Signature"].text(255) or node["Signature2"].text(255)
    when = _when(node["UTCDateTime"], node["DateTime"])
    return _Scan(node, code, meaning, when, cleaned(words), signer, link_of(node["PhotoPath"]))


def _told(carrier: str, parcel: _Parcel, faults: list[Fault]) -> list[TrackingEvent]:
    events = []
    for scan in parcel.scans:
        if scan.code is None:
            faults.append(Fault(scan.node.path, "has no code of an event"))
        else:
            events.append(_event(carrier, parcel.number, scan, scan.code))
    return events


def _event(carrier: str, number: str, scan: _Scan, code: str) -> TrackingEvent:
    return event_of(
        carrier,
        number,
        status=scan.meaning.status,
        reason=scan.meaning.reason,
        code=code,
        description=scan.words,
        occurred_at=scan.when.occurred_at,
        local_time=scan.when.local_time,
        time_basis=scan.when.basis,
        reading=scan.meaning.reading,
        place=_place(scan.node),
        signer=scan.signer,
        proof_url=scan.proof_url,
        corrects=code.upper() == _TAKES_BACK,
    )


def _meaning(code: str | None, carriers: Iterable[str], words: str | None = None) -> Meaning:
    tables = [tables_of(carrier)["events"] for carrier in carriers]
    for table in tables:
        row = _row(table, code)
        if row is not None:
            return row
    return _by_keyword(words) or unknown(tables[0].name)


def _row(table: Table, code: str | None) -> Meaning | None:
    if code is None:
        return None
    # No two rows differ in case only, and senders are not known to keep to one.
    folded = code.casefold()
    return table.get(code) or next((row for key, row in table.rows.items() if key.casefold() == folded), None)


def _by_keyword(words: str | None) -> Meaning | None:
    """Return what the words of an event with an unknown code hint at; every such row is a guess."""
    text = (words or "").casefold()
    for phrase, row in tables_of("lasership")["keywords"].rows.items():
        # "Will be delivered tomorrow" is a promise: the words must begin with what ends a parcel's way.
        is_there = text.startswith(phrase) if row.status is TrackingStatus.DELIVERED else _says(text, phrase)
        if is_there:
            return row
    return None


def _says(text: str, phrase: str) -> bool:
    return re.search(rf"\b{re.escape(phrase)}\b", text) is not None


def _when(utc: Node, local: Node) -> When:
    """Return the moment of an event that is given in UTC, with or without saying so, and on the clock of the place."""
    told, clock = read_iso(utc.text(), _UTC), read_iso(local.text())
    if told.occurred_at is None:
        return clock
    if clock.local_time is None:
        return When(told.occurred_at, None, TimeBasis.UTC)
    if clock.occurred_at is not None:
        fits = abs(clock.occurred_at - told.occurred_at) < timedelta(minutes=1)
    else:
        behind = told.occurred_at.replace(tzinfo=None) - clock.local_time
        fits = _BEHIND[0] <= behind <= _BEHIND[1]
    return When(told.occurred_at, clock.local_time, TimeBasis.UTC if fits else TimeBasis.GMT_SUSPECT)


def _estimate(node: Node) -> str | None:
    # Despite its name the field carries an offset in what was captured, and read_iso heeds it.
    moment = read_iso(node["UtcExpectedDeliveryDateTime"].text(), _UTC).occurred_at
    if moment is not None:
        return to_wire(moment)
    days = (read_date(node[name].text()) for name in ("ExpectedDeliveryDate", "EstimatedDeliveryDate", "Exp_Del_Date"))
    return next((day.isoformat() for day in days if day is not None), None)


def _place(node: Node) -> Place:
    postal_code = node["PostalCode"].text(32) or node["Zip"].text(32)
    return Place(node["City"].text(255), node["State"].text(255), postal_code, node["Country"].text(64))


_OUTER = {"OnTracTrackingResult", "OnTracShipmentStatus", "Packages", "Package", "Shipments", "Shipment"}
#: OnTrac's older form has the image of a signature where LaserShip's has the name of who signed, in its events.
_IMAGES = {"Signature", "SignatureImageString", "Logo"}


def _without_images(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_images(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _without_images(inner) if name in _OUTER else inner
        for name, inner in value.items()
        # ``Vpod`` is the address of the photograph, or the photograph.
        if name not in _IMAGES and not (name == "Vpod" and link_of(Node(inner)) is None)
    }

"""UPS: pushes of Track Alert, versions 1 and 2. A push is one event of one parcel.

A code means something within its type alone: ``DL`` is a loaded vehicle in type ``I`` and a parcel on its way back in
type ``X``. What neither is in the tables is read by ``descriptionCode``, and then by the type.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

import attrs

from vectis_carriers.codes import Meaning, tables_of, unknown
from vectis_carriers.cutting import without_files
from vectis_carriers.parts import CODE_MAX, in_time_order, no_number, number_of
from vectis_carriers.payload import Node, unreadable
from vectis_carriers.proofs import has_bearer, has_header
from vectis_carriers.times import NEVER, When, offset_of, placed, read_date
from vectis_carriers.zones import is_behind_utc, likely_zone
from vectis_core.tracking.model import Fault, Parsed, Place, Reading, TimeBasis, TrackingEvent
from vectis_core.tracking.statuses import TrackingStatus

_NAME = "ups"
_ZONE = "America/New_York"
_HEADER = "credential"
_TABLES = tables_of(_NAME)
_TYPES, _DESCRIPTIONS, _MAIL = (_TABLES[key] for key in ("types", "descriptions", "mail_innovations"))

#: Mail Innovations numbers its parcels unlike UPS: ``MI`` with the customer's six digits, 18 digits of its own, or the
#: 22 to 34 of a USPS delivery confirmation (UPS help center, "What is a tracking number?").
_MAIL_NUMBER = re.compile(r"MI\d{6}[0-9A-Z]{1,22}|\d{18}|\d{22,34}", re.ASCII)
#: "The delivery information was updated in error. We've corrected the mistake."
_TAKES_BACK = ("X", "TL")
#: How far clocks are from UTC; a wider gap means that one of the two times is wrong.
_OFFSETS = (timedelta(hours=-12), timedelta(hours=14))
#: Both times are of the same second, but for how each was rounded.
_ROUNDED = timedelta(minutes=1)
_TIME = re.compile(r"(\d{2})(\d{2})(\d{2})", re.ASCII)
_DIGITS = re.compile(r"\d+", re.ASCII)


class _Ups:
    name = _NAME
    default_proof = "carrier"
    default_header = _HEADER
    default_zone = _ZONE

    def authenticate(self, headers: Mapping[str, str], body: bytes, secret: str) -> bool:  # noqa: ARG002 - not signed
        """Return whether the secret is the ``credential`` of version 1, or the bearer token of version 2.

        UPS signs nothing. In version 2 it fetches the token from an address of its customer's; a token that does not
        change is compared here, as either version may come while a customer changes from one to the other.
        """
        proofs = (has_header(headers, _HEADER, secret), has_bearer(headers, secret))
        return any(proofs)

    def parse(self, payload: Any) -> Parsed:
        """Return what an event says, or several in a list; raises ``UnreadablePayload`` where there is none."""
        top = Node(payload)
        parts = list(top) if top.is_list else [top]
        if not any(part["trackingNumber"].value is not None or part["activityStatus"].is_object for part in parts):
            raise unreadable("There must be a trackingNumber and an activityStatus")
        read = [_event(part) for part in parts]
        return Parsed(
            events=tuple(in_time_order((each for each in read if isinstance(each, TrackingEvent)), _ZONE)),
            faults=tuple(each for each in read if isinstance(each, Fault)),
        )

    def cut(self, payload: Any) -> Any:
        """Return the payload without ``deliveryPhoto``, which is the photograph itself."""
        return without_files(payload)


def _event(node: Node) -> TrackingEvent | Fault:
    number = number_of(_NAME, node["trackingNumber"])
    if number is None:
        return no_number(node["trackingNumber"])
    status = node["activityStatus"]
    kind, code = (status[name].text(CODE_MAX) for name in ("type", "code"))
    if kind is None and code is None:
        return Fault(status.path, "There must be a type or a code")
    meaning = _meaning(number, kind, code, status["descriptionCode"])
    place = _place(node["activityLocation"])
    when = _when(node, place)
    is_naive = when.occurred_at is None and when.local_time is not None
    is_delivered = meaning.status is TrackingStatus.DELIVERED
    return TrackingEvent(
        carrier=_NAME,
        tracking_number=number,
        status=meaning.status,
        reason=meaning.reason,
        code="/".join(each for each in (kind, code) if each)[:CODE_MAX].rstrip(),
        description=status["description"].text(),
        occurred_at=when.occurred_at,
        local_time=when.local_time,
        time_basis=when.basis,
        reading=meaning.reading,
        place=place,
        signer=node["receivedBy"].text(255) if is_delivered else None,
        estimated_delivery=None if is_delivered else _estimate(node, when),
        corrects=(kind or "").upper() == _TAKES_BACK[0] and (code or "").upper() == _TAKES_BACK[1],
        likely_zone=likely_zone(place) if is_naive else None,
    )


def _meaning(number: str, kind: str | None, code: str | None, description: Node) -> Meaning:
    """Return what a code means: within its type, or by its description's code, or no more than its type says."""
    found = _by_code(number, (kind or "").upper(), _plain(code))
    if found is None:
        found = _DESCRIPTIONS.get(_plain(description.text(CODE_MAX)))
        # Of some description codes UPS itself says that they mean nothing in particular.
        if found is None or found.status is TrackingStatus.UNKNOWN:
            found = _TYPES.get((kind or "").upper())
    return found or unknown(f"activityStatus.code of type {kind}" if kind else "activityStatus.code")


def _by_code(number: str, kind: str, code: str) -> Meaning | None:
    if _MAIL_NUMBER.fullmatch(number):
        found = _MAIL.get(code)
        # Whether Track Alert reports such parcels, and by these codes, nobody has published.
        return found and attrs.evolve(found, reading=Reading(_MAIL.name, code, is_guess=True))
    # A voided manifest is voided, whatever was manifested.
    table = _TABLES["M"] if kind == "MV" else _TABLES.get(kind) if kind in _TYPES.rows else None
    return table.get("VP" if kind == "MV" else code) if table else None


def _plain(code: str | None) -> str:
    """Return a code as the tables have it: in capitals, of a number its digits without leading zeros."""
    text = (code or "").upper()
    return text.lstrip("0") or "0" if _DIGITS.fullmatch(text) else text


def _place(location: Node) -> Place:
    return Place(
        city=location["city"].text(255),
        region=location["stateProvince"].text(255),
        postal_code=location["postalCode"].text(32),
        country=location["country"].text(64),
    )


def _when(node: Node, place: Place) -> When:
    """Return when an event was: in GMT where that is said, else local with its offset, else local alone."""
    local = _clock(node["localActivityDate"], node["localActivityTime"], is_day_enough=True)
    gmt = _clock(node["gmtActivityDate"], node["gmtActivityTime"])
    offset = offset_of(node["gmtOffset"].text())
    if gmt is not None:
        is_odd = local is not None and not _fits(local - gmt, offset and offset.utcoffset(None), place)
        return When(gmt.replace(tzinfo=UTC), local, TimeBasis.GMT_SUSPECT if is_odd else TimeBasis.UTC)
    return placed(local, offset) if local is not None else NEVER


def _fits(gap: timedelta, offset: timedelta | None, place: Place) -> bool:
    """Return whether a local clock can be so far ahead of GMT; UPS documents an example in which it cannot be."""
    if offset is not None and abs(gap - offset) > _ROUNDED:
        return False
    return _OFFSETS[0] <= gap <= _OFFSETS[1] and not (gap > _ROUNDED and is_behind_utc(place))


def _clock(day: Node, hours: Node, *, is_day_enough: bool = False) -> datetime | None:
    """Return the moment of a clock from ``YYYYMMDD`` and ``HHMMSS``; of a day alone, where that is enough, midnight."""
    date, text = read_date(day.text()), hours.text()
    # The hours of the night lose their zeros in senders that take a time for a number.
    parts = _TIME.fullmatch(text.zfill(6)) if text else None
    if date is None or not (parts or is_day_enough):
        return None
    hour, minute, second = (int(part) for part in parts.groups()) if parts else (0, 0, 0)
    try:
        return datetime.combine(date, time(hour, minute, second))
    except ValueError:
        return datetime.combine(date, time()) if is_day_enough else None


def _estimate(node: Node, when: When) -> str | None:
    """Return the day on which UPS means to deliver; one before the event is left over from an earlier plan."""
    day = read_date(node["scheduledDeliveryDate"].text())
    moment = when.local_time or when.occurred_at
    return day.isoformat() if day is not None and (moment is None or day >= moment.date()) else None


CARRIER = _Ups()

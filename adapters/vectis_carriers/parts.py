"""What the dialects have in common: numbers, codes, links, estimates, and the order in which events happened."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, time

from vectis_carriers.payload import Node
from vectis_carriers.times import read_date, read_iso
from vectis_core.clock import to_wire
from vectis_core.tracking.model import Fault, TrackingEvent
from vectis_core.tracking.numbers import normalised

#: Longest tracking number, and longest code, that is kept; what carriers use is far shorter.
NUMBER_MAX = 64
CODE_MAX = 64
LINK_MAX = 2000

_LINK = re.compile(r"https?://[^\s\"'<>\\]+", re.ASCII | re.IGNORECASE)


def number_of(carrier: str, *places: Node) -> str | None:
    """Return the tracking number in the first of the places that has one; ``None`` where none has.

    It is normalised, and has 1 to 64 printable characters.
    """
    for place in places:
        number = normalised(carrier, place.text() or "")
        if number and len(number) <= NUMBER_MAX and number.isprintable():
            return number
    return None


def no_number(place: Node) -> Fault:
    """Return the fault of a part without a tracking number that can be one."""
    return Fault(place.path, f"There must be a tracking number of 1 to {NUMBER_MAX} printable characters")


def link_of(place: Node) -> str | None:
    """Return the address of a web page that stands here, and no other text."""
    text = place.text(LINK_MAX) or ""
    return text if _LINK.fullmatch(text) else None


def estimate_of(*places: Node) -> str | None:
    """Return the first estimate that the places have: a moment in UTC, or the date where no moment is known.

    Midnight is how carriers write a date.
    """
    for place in places:
        text = place.text()
        when = read_iso(text)
        if when.occurred_at is not None and when.local_time is not None and when.local_time.time() != time():
            return to_wire(when.occurred_at)
        day = read_date(text)
        if day is not None:
            return day.isoformat()
    return None


def in_time_order(events: Iterable[TrackingEvent], zone: str) -> list[TrackingEvent]:
    """Return events oldest first, those without any time last; carriers send them in all orders.

    A local time counts as one of *zone*, unless the payload hints at another.
    """
    never = datetime.max.replace(tzinfo=UTC)
    return sorted(events, key=lambda event: event.moment(never, None, zone))

"""DHL eCommerce Americas: Tracking Webhooks, version 4. A push is one package with its whole history."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import attrs

from vectis_carriers.codes import Meaning, tables_of, unknown
from vectis_carriers.parts import CODE_MAX, estimate_of, in_time_order, no_number, number_of
from vectis_carriers.payload import Node, cleaned
from vectis_carriers.times import When, read_iso
from vectis_core.tracking.model import Fault, Place, TrackingEvent

_TABLE = tables_of("dhl")["ecommerce-americas"]

#: Where a local time without a zone most likely is: DHL's own are in eastern time more often than in any other.
ZONE = "America/New_York"
#: DHL writes the daylight letter or leaves it out; either way the clock at the place is meant. ``LT`` is no zone.
_ZONES = {
    abbreviation: zone
    for zone, abbreviations in {
        "America/New_York": "ET EST EDT",
        "America/Chicago": "CT CST CDT",
        "America/Denver": "MT MST MDT",
        "America/Los_Angeles": "PT PST PDT",
        "America/Anchorage": "AKT AKST AKDT",
        "Pacific/Honolulu": "HST",
        "America/Adak": "HDT",
        "UTC": "UTC GMT",
    }.items()
    for abbreviation in abbreviations.split()
}
#: City, state and country.
_PARTS = 3


def read(node: Node) -> list[TrackingEvent | Fault]:
    """Return the events of a package, and what of it could not be read."""
    package = node["package"]
    number = number_of("dhl", *(package[name] for name in ("trackingId", "dhlPackageId", "packageId")))
    if number is None:
        return [no_number(package["trackingId"])]
    scans = list(node["events"])
    if not scans:
        return [Fault(node.path, "There must be events")]
    found = [_event(number, scan) for scan in scans]
    events = in_time_order((each for each in found if isinstance(each, TrackingEvent)), ZONE)
    faults = [each for each in found if isinstance(each, Fault)]
    estimate = estimate_of(package["expectedDelivery"])
    newest = [attrs.evolve(event, estimated_delivery=estimate) for event in events[-1:]]
    return [*events[:-1], *newest, *faults]


def _event(number: str, scan: Node) -> TrackingEvent | Fault:
    code = scan["primaryEventId"].text(CODE_MAX)
    words = scan["primaryEventDescription"].text()
    if code is None and words is None:
        return Fault(scan.path, "There must be a primaryEventId or a primaryEventDescription")
    meaning = _meaning(code)
    when = _when(scan)
    return TrackingEvent(
        carrier="dhl",
        tracking_number=number,
        status=meaning.status,
        reason=meaning.reason,
        code=code or "primaryEventDescription",
        description=_both(words, scan["secondaryEventDescription"].text()),
        occurred_at=when.occurred_at,
        local_time=when.local_time,
        time_basis=when.basis,
        reading=meaning.reading,
        place=_place(scan),
        sub_code=scan["secondaryEventId"].text(CODE_MAX) if code else cleaned(words or "", CODE_MAX),
        likely_zone=ZONE if when.occurred_at is None and when.local_time is not None else None,
    )


def _meaning(code: str | None) -> Meaning:
    known = code.lstrip("0") if code is not None and code.isdecimal() else code
    return _TABLE.get(known) or unknown(_TABLE.name)


def _both(words: str | None, more: str | None) -> str | None:
    """Return the primary words, and the secondary ones where they add something."""
    if words is None or more is None or words.lower() == more.lower():
        return words or more
    return cleaned(f"{words}: {more}")


def _when(scan: Node) -> When:
    """Return when a scan was; of a date without a time, midnight."""
    day, clock = scan["date"].text(32), scan["time"].text(32)
    zone = _ZONES.get((scan["timeZone"].text(16) or "").upper()) if clock else None
    return read_iso(f"{day}T{clock or '00:00'}", ZoneInfo(zone) if zone else None)


def _place(scan: Node) -> Place:
    """Return the place of ``Tampa, FL, US``; the ZIP code ``0`` is one that DHL does not know."""
    location = scan["location"].text(255)
    parts = [part.strip() or None for part in location.split(",")] if location else []
    city, region, country = parts if len(parts) == _PARTS else (location, None, None)
    code = scan["postalCode"].text(32)
    return Place(
        city=city,
        region=region,
        postal_code=code if code != "0" else None,
        country=scan["country"].text(64) or (country[:64].rstrip() if country else None),
    )

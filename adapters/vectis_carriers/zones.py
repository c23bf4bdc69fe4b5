"""The clock by which a scan in the United States most likely was written down, where it names no zone."""

from __future__ import annotations

from vectis_core.tracking.model import Place

#: Of a state that has two zones, that of most of its people.
_ZONES = {
    state: zone
    for zone, states in {
        "America/New_York": "CT DC DE FL GA IN KY MA MD ME MI NC NH NJ NY OH PA RI SC VA VT WV",
        "America/Chicago": "AL AR IA IL KS LA MN MO MS ND NE OK SD TN TX WI",
        "America/Denver": "CO ID MT NM UT WY",
        "America/Phoenix": "AZ",
        "America/Los_Angeles": "CA NV OR WA",
        "America/Anchorage": "AK",
        "Pacific/Honolulu": "HI",
        "America/Puerto_Rico": "PR VI",
        "Pacific/Guam": "GU MP",
        "Pacific/Pago_Pago": "AS",
    }.items()
    for state in states.split()
}
#: How the country is left out, or written; the islands have codes of their own too.
_COUNTRIES = {"", "US", "USA", "PR", "VI", "GU", "MP", "AS"}
#: Where the clock is ahead of UTC.
_AHEAD = {"GU", "MP"}


def likely_zone(place: Place) -> str | None:
    """Return the zone that most of a state's people live in, by its name in the IANA database; ``None`` elsewhere."""
    country = (place.country or "").upper()
    if country not in _COUNTRIES:
        return None
    return _ZONES.get((place.region or "").upper()) or _ZONES.get(country)


def is_behind_utc(place: Place) -> bool:
    """Return whether the place is in the United States, and its clock behind UTC as nearly all of them are."""
    country, region = (place.country or "").upper(), (place.region or "").upper()
    return country in _COUNTRIES - {""} and not _AHEAD & {country, region}

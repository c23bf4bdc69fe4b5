"""Moments as carriers write them: in UTC, with an offset, or local without a word about where."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import attrs

from vectis_core.tracking.model import TimeBasis

_ISO = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(Z|z|[+-]\d{1,2}[:.]?\d{2})?",
    re.ASCII,
)
_DATE = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})", re.ASCII)
_OFFSET = re.compile(r"([+-]?)(\d{1,2})[:.]?(\d{2})", re.ASCII)


@attrs.frozen
class When:
    """A moment, as far as it is known."""

    occurred_at: datetime | None
    local_time: datetime | None
    basis: TimeBasis


#: Nothing says when it was.
NEVER = When(None, None, TimeBasis.RECEIVED_AT)


def in_utc(moment: datetime) -> datetime | None:
    """Return a moment with a zone in UTC; ``None`` where that lies outside of what a calendar has."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return None


def read_iso(text: str | None, zone: ZoneInfo | None = None) -> When:
    """Return the moment that ISO 8601 *text* says; one without an offset is in *zone*, where that is known.

    Text that is no moment says nothing: ``NEVER``.
    """
    found = _ISO.fullmatch(text.strip()) if text else None
    if found is None:
        return NEVER
    year, month, day, hour, minute, second, fraction, offset = found.groups()
    micro = int((fraction or "0")[:6].ljust(6, "0"))
    try:
        local = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second or 0), micro)  # noqa: DTZ001 - as it is written
    except ValueError:
        return NEVER
    where = offset_of(offset) if offset else zone
    return placed(local, where)


def placed(local: datetime, where: timezone | ZoneInfo | None) -> When:
    """Return the moment of a clock at a place, of which the zone may be unknown."""
    if where is None:
        return When(None, local, TimeBasis.LOCAL_UNKNOWN_ZONE)
    moment = in_utc(local.replace(tzinfo=where))
    return When(moment, local, TimeBasis.UTC) if moment is not None else NEVER


def offset_of(text: str | None) -> timezone | None:
    """Return the zone of an offset such as ``-05:00``, ``-7:00`` or ``-04.00``; ``None`` where it is none."""
    if text in {"Z", "z"}:
        return UTC
    found = _OFFSET.fullmatch(text.strip()) if text else None
    if found is None:
        return None
    size = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return timezone(-size if found[1] == "-" else size) if size <= timedelta(hours=14) else None


def read_date(text: str | None) -> date | None:
    """Return the date that ``YYYY-MM-DD`` or ``YYYYMMDD`` says, whatever time follows; ``None`` where it is none."""
    found = _DATE.match(text.strip()) if text else None
    if found is None:
        return None
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None

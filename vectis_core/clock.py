"""Time as a port: every moment the domain sees comes from an injected clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the present moment, aware and in UTC."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        return datetime.now(UTC)


def to_micros(moment: datetime) -> int:
    """Return *moment* as whole microseconds since 1970, the form in which stores keep it."""
    return (moment - EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """Return the moment that is *micros* microseconds after 1970, in UTC."""
    return EPOCH + timedelta(microseconds=micros)


def to_wire(moment: datetime) -> str:
    """Return *moment* as the API prints it: ``2026-01-26T12:00:00Z``, whole seconds, UTC."""
    return moment.isoformat(timespec="seconds")[:19] + "Z"

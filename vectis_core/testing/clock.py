"""A clock that a test owns."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

#: The moment that the integration guide's examples carry.
GUIDE_MOMENT = datetime(2026, 1, 26, 12, 0, 0, tzinfo=UTC)


class FrozenClock:
    """Stands still until it is told to move; starts at the moment of the integration guide's examples."""

    def __init__(self, moment: datetime = GUIDE_MOMENT) -> None:
        self.set(moment)

    def now(self) -> datetime:
        """Return the moment at which it stands."""
        return self._moment

    def set(self, moment: datetime) -> None:
        """Stand at *moment*, which must have a zone; it may lie in the past, as a real clock may be set back."""
        if moment.tzinfo is None:
            raise ValueError("a moment needs a zone, such as datetime.UTC")
        self._moment = moment.astimezone(UTC)

    def advance(self, duration: timedelta | float) -> datetime:
        """Move on by *duration*, a timedelta or seconds, and return the moment then."""
        step = duration if isinstance(duration, timedelta) else timedelta(seconds=duration)
        self._moment += step
        return self._moment

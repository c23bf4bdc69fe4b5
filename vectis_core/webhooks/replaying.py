"""Where in a feed a replay begins."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from vectis_core.events import Event

#: So far a clock may have been set back, and a replay still finds every event by its moment.
CLOCK_SLACK = timedelta(minutes=10)


class Feed(Protocol):
    """What is needed of a transaction."""

    def load_feed(self, tenant: str, after: int, limit: int) -> Sequence[Event]:
        """Return events of the tenant's feed after a position, in order."""
        ...


def position_before(feed: Feed, tenant: str, moment: datetime) -> int:
    """Return a position up to which every event happened before *moment*, by looking at few of them.

    Moments follow positions but for clocks that were set back: an event that is earlier than *moment* by more than
    ``CLOCK_SLACK`` has nothing before it that happened at *moment* or later.
    """

    def early(after: int) -> int | None:
        """Return the position of the first event after a position where it is early enough to be passed over."""
        found = feed.load_feed(tenant, after, 1)
        return found[0].position if found and moment - found[0].at > CLOCK_SLACK else None

    passed, step = 0, 1
    while (position := early(passed + step - 1)) is not None:
        passed, step = position, step * 2
    end = passed + step - 1
    while passed < end:
        middle = (passed + end) // 2
        position = early(middle)
        if position is None:
            end = middle
        else:
            passed = position
    return passed

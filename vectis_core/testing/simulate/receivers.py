"""Simulated endpoints, each in some mood, with a log of what came."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from vectis_core.testing.simulate.plan import Mood


@attrs.frozen
class Manners:
    """What a mood comes to."""

    #: What it answers; ``None`` where nothing reaches it.
    code: int | None
    #: In how many seconds.
    seconds: float
    retry_after: str | None = None
    #: What the sender learns instead of the answer.
    failure: str | None = None


_MANNERS: Mapping[Mood, Manners] = {
    Mood.WELL: Manners(204, 0.05),
    Mood.SLOW: Manners(200, 8.0),
    Mood.BAD_REQUEST: Manners(400, 0.05),
    Mood.ERROR: Manners(500, 0.2),
    Mood.BUSY: Manners(429, 0.05, retry_after="40"),
    Mood.GONE: Manners(410, 0.05),
    Mood.SILENT: Manners(200, 15.0, failure="timeout"),
    Mood.UNHEARD: Manners(200, 0.3, failure="connection_lost"),
    Mood.UNREACHABLE: Manners(None, 0.01, failure="connect"),
}


class Receivers:
    """All endpoints; each is well until it changes."""

    def __init__(self) -> None:
        self._moods: dict[str, Mood] = {}

    def change(self, url: str, mood: Mood) -> None:
        """Put an endpoint into another mood."""
        self._moods[url] = mood

    def calm(self) -> None:
        """Make all of them well."""
        self._moods.clear()

    def manners(self, url: str) -> Manners:
        """Return how an endpoint takes what comes now."""
        return _MANNERS[self._moods.get(url, Mood.WELL)]

"""What a conversation with the server asks of whoever drives it, and how hard it tries."""

from __future__ import annotations

import random
from collections.abc import Generator, Mapping
from typing import Any, TypeVar

import attrs

from vectis_core.errors import UsageError

T = TypeVar("T")


@attrs.frozen
class Request:
    """One request, complete."""

    method: str
    url: str
    headers: Mapping[str, str] = attrs.field(repr=False)
    body: bytes | None = attrs.field(repr=False)


class NoAnswerError(Exception):
    """Nothing came back; raised into a conversation by its driver."""

    def __init__(self, reason: str, *, was_sent: bool) -> None:
        super().__init__(reason)
        #: Whether the server may have got the request.
        self.was_sent = was_sent


@attrs.frozen
class Send:
    """Send a request; comes to its ``Answer``, or raises ``NoAnswerError``."""

    request: Request


@attrs.frozen
class Sleep:
    """Wait for some seconds."""

    seconds: float


@attrs.frozen
class Alone:
    """Take steps while nobody else takes such; comes to their result."""

    steps: Steps[Any]


Effect = Send | Sleep | Alone
Steps = Generator[Effect, Any, T]

_CHANCE = random.SystemRandom()
#: A number of doublings that makes any wait longer than all that are usual.
_DOUBLINGS = 64


@attrs.frozen(kw_only=True)
class Retries:
    """How often a call is tried, and how long is waited in between; raises ``UsageError`` for what is no number so."""

    #: Tries in all; 1 never tries again.
    attempts: int = 5
    #: Seconds before the second try; doubled for each that follows, and shortened by up to a half by chance.
    first_wait: float = 0.25
    #: The most seconds between tries where the server does not say how long.
    usual_wait: float = 8.0
    #: The most seconds that the server may ask to wait (``Retry-After``); asked for more, the call fails at once.
    longest_wait: float = 60.0

    def __attrs_post_init__(self) -> None:
        if self.attempts < 1:
            raise UsageError("A call is tried once at least: attempts is 1 or more")
        if not all(wait >= 0 for wait in (self.first_wait, self.usual_wait, self.longest_wait)):
            raise UsageError("Waits are of no or more seconds")

    def wait_after(self, attempt: int) -> float:
        """Return how long to wait after a try of which nobody said how long."""
        return min(self.first_wait * 2.0 ** min(attempt - 1, _DOUBLINGS), self.usual_wait) * _CHANCE.uniform(0.5, 1)

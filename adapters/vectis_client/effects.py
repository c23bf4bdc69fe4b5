"""What a conversation with the server asks of whoever drives it, and how hard it tries."""

from __future__ import annotations

import random
from collections.abc import Generator, Mapping
from typing import Any, TypeVar

import attrs

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


@attrs.frozen(kw_only=True)
class Retries:
    """How often a call is tried, and how long is waited in between."""

    #: Tries in all; 1 never tries again.
    attempts: int = 5
    #: Seconds before the second try; doubled for each that follows, and shortened by up to a half by chance.
    first_wait: float = 0.25
    #: The most seconds between tries where the server does not say how long.
    usual_wait: float = 8.0
    #: The most seconds that the server may ask to wait (``Retry-After``); asked for more, the call fails at once.
    longest_wait: float = 60.0

    def wait_after(self, attempt: int) -> float:
        """Return how long to wait after a try of which nobody said how long."""
        return min(self.first_wait * 2.0 ** (attempt - 1), self.usual_wait) * _CHANCE.uniform(0.5, 1)

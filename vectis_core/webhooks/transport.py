"""What a dispatcher sends with: a port, so that tests and simulations bring their own network."""

from __future__ import annotations

from typing import Protocol

import attrs


class NotDelivered(Exception):
    """No answer came; ``kind`` is a word for why that tells an endpoint's owner nothing about our network."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


@attrs.frozen
class Post:
    """One request to an endpoint."""

    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    #: Seconds in all, from resolving the name to the end of the answer.
    deadline: float


@attrs.frozen
class Answer:
    """What an endpoint answered."""

    code: int
    #: The header ``Retry-After`` as it came.
    retry_after: str | None
    #: The first bytes of the body.
    excerpt: bytes


class Transport(Protocol):
    """Sends a request to an address that may be dialled, and follows no redirect."""

    def post(self, post: Post) -> Answer:
        """Return the answer, whatever its status.

        Raises ``NotDelivered``: ``refused_address`` (nothing was dialled), ``dns``, ``connect``, ``tls``, ``timeout``,
        ``connection_lost`` (before anything was answered) or ``protocol`` (no HTTP, or too long).
        """
        ...

    def close(self) -> None:
        """Close all connections."""
        ...

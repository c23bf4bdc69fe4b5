"""The headers of answers that clients may look at: what each says, for those who set it and those who describe it."""

from __future__ import annotations

from typing import Any

import attrs


@attrs.frozen
class Header:
    """A header of answers."""

    name: str
    meaning: str
    schema: dict[str, Any]
    example: Any

    @property
    def true(self) -> tuple[str, str]:
        """The header as it stands where it is there at all."""
        return self.name, "true"


_WHOLE = {"type": "integer", "minimum": 0}
_WORDS = {"type": "string"}
_TRUE = {"type": "string", "const": "true"}

IDENTIFIED = Header(
    "X-Request-Id",
    "The request's id, which logs have too: its own `X-Request-Id` where that is 1 to 128 visible ASCII characters",
    {"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[!-~]+$"},
    "Zt6QmP0rYb3Xw9Kc1LsVnA-4711",
)
LIMIT = Header("X-RateLimit-Limit", "Max requests per window of a minute", _WHOLE, 1000)
REMAINING = Header("X-RateLimit-Remaining", "Remaining requests", _WHOLE, 999)
RESET = Header("X-RateLimit-Reset", "Window reset (Unix timestamp)", _WHOLE, 1769428860)
RETRY_AFTER = Header("Retry-After", "Seconds to wait before asking again", {"type": "integer", "minimum": 1}, 17)
LOCATION = Header("Location", "The path of what was made", _WORDS, "/api/orders/550e8400-e29b-41d4-a716-446655440000")
CHALLENGE = Header("WWW-Authenticate", "How to prove who is calling", _WORDS, 'Bearer realm="vectis"')
REPLAYED = Header("X-Idempotent-Replay", "There where this is the result of an earlier request", _TRUE, "true")
MISMATCHED = Header("X-Idempotency-Mismatch", "There where that request asked for something else", _TRUE, "true")
ETAG = Header("ETag", "The version of what is answered, for `If-None-Match`", _WORDS, '"5dc3b0f2a1e6"')
CACHED = Header("Cache-Control", "For how long it may be kept", _WORDS, "public, max-age=300")

HEADERS = {
    header.name: header
    for header in (
        IDENTIFIED,
        LIMIT,
        REMAINING,
        RESET,
        RETRY_AFTER,
        LOCATION,
        CHALLENGE,
        REPLAYED,
        MISMATCHED,
        ETAG,
        CACHED,
    )
}
#: What every answer has to a request whose token is good.
RATE_LIMITED = (LIMIT.name, REMAINING.name, RESET.name)

"""How tokens, the server's health, lists and errors are shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from vectis_core.queries import Page
from vectis_core.shapes import Member, Shape


@attrs.frozen
class AccessToken:
    """A token that calls are made with (RFC 6749, section 5.1)."""

    #: For `Authorization: Bearer ...`; a JSON Web Token signed with RS256.
    access_token: str = attrs.field(repr=False)
    #: Always `Bearer`.
    token_type: str
    #: Seconds for which it is good.
    expires_in: int
    #: What it allows, with spaces between the scopes.
    scope: str


@attrs.frozen
class Health:
    """How the server is."""

    #: `ok` of one that answers, `ready` of one that can work.
    status: str


@attrs.frozen
class Told:
    """What every error says."""

    #: A stable word for what went wrong.
    error: str
    #: In a sentence for people; it may change.
    message: str
    #: More for programs, by `error`.
    details: Mapping[str, Any]


@attrs.frozen
class TokenRefusal:
    """Why there is no token: what RFC 6749, section 5.2 wants, and the form of all other errors."""

    #: `invalid_client`, `invalid_request`, `invalid_scope`, `unsupported_grant_type`, or `RateLimitExceeded`.
    error: str
    #: In a sentence for people; it may change.
    message: str
    #: Always empty.
    details: Mapping[str, Any] = attrs.field(factory=dict)


ACCESS_TOKEN = Shape.of(
    AccessToken,
    "AccessToken",
    *(Member(name, name) for name in ("access_token", "token_type", "expires_in", "scope")),
)

HEALTH = Shape.of(Health, "Health", "status")

ERROR = Shape.of(Told, "Error", "error", "message", "details")

TOKEN_REFUSAL = Shape.of(
    TokenRefusal,
    "TokenRefusal",
    "error",
    Member("error_description", "message", description="The same as `message`"),
    "message",
    "details",
)

PAGINATION = Shape.of(
    Page,
    "Pagination",
    Member("limit", "limit", description="The most entries that a page has"),
    Member("offset", "offset", description="Entries that were skipped"),
    Member("total", "total", description="Entries in the whole list"),
)

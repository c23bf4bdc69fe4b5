"""API clients, their scopes and secrets, the keys that sign tokens, and allowances of requests."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime
from pathlib import Path
from typing import Annotated

import attrs

from vectis_core.constraints import Many, OneOf, Text
from vectis_core.orders.model import as_tuple

#: All that a token can allow; ``admin`` is for clients, settings and carriers.
SCOPES = (
    "orders:read",
    "orders:write",
    "products:read",
    "products:write",
    "inventory:read",
    "inventory:write",
    "webhooks:read",
    "webhooks:write",
    "events:read",
    "metrics",
    "admin",
)
#: What a client has unless it is made otherwise.
DEFAULT_SCOPES = tuple(scope for scope in SCOPES if scope != "admin")

#: How many secrets of one client are good at once, so that one can be replaced without a gap.
LIVE_SECRETS = 2


def key_file_of(database: Path) -> Path:
    """Return where the master key lies that seals the signing keys of a local file, unless one is given otherwise."""
    return database.with_name(f"{database.name}.key")


@attrs.frozen
class NewClient:
    """What is asked when an API client is made."""

    #: For people: what it is that calls.
    name: Annotated[str, Text(1, 255)]
    #: What its tokens may do; all but ``admin`` where left out.
    scopes: Annotated[tuple[Annotated[str, OneOf(SCOPES)], ...], Many(1, len(SCOPES))] | None = attrs.field(
        default=None, converter=as_tuple
    )


@attrs.frozen
class ClientSecret:
    """What is kept of a secret: its SHA-256, which suffices because we make secrets of 256 random bits."""

    sha256: str
    created_at: datetime


@attrs.frozen
class ApiClient:
    """A program that may use the HTTP API for a tenant."""

    tenant: str
    id: str
    name: str
    scopes: tuple[str, ...]
    #: Newest first, at most ``LIVE_SECRETS``.
    secrets: tuple[ClientSecret, ...] = attrs.field(repr=False)
    created_at: datetime
    revoked_at: datetime | None


@attrs.frozen
class IssuedClient:
    """A client with a new secret, which is shown this once and ``None`` in a replay."""

    client: ApiClient
    secret: str | None = attrs.field(repr=False)


@attrs.frozen
class SigningKey:
    """A key pair that signs access tokens; the private half is sealed."""

    id: str
    #: The public half as a JSON Web Key (RFC 7517), in JSON.
    public: str
    #: The private half, encrypted.
    sealed: str = attrs.field(repr=False)
    created_at: datetime
    #: From when on it signs; it is published at once, so that verifiers know it before it does.
    signs_from: datetime
    #: When the last token it signed has expired, where another has replaced it.
    retires_at: datetime | None


@attrs.frozen
class Allowance:
    """A block of requests granted out of one fixed window of a rate limit."""

    #: How many of the limit this call was granted; 0 where the window is used up.
    granted: int
    #: How many of the limit are granted to nobody yet.
    left: int
    #: When the window ends.
    resets_at: datetime


def digest_of(secret: str) -> str:
    """Return what is kept of *secret*."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


_NOBODY = digest_of("")


def is_secret_of(client: ApiClient | None, secret: str) -> bool:
    """Return whether *secret* is a live one of *client*, in the same time whether or not there is a client."""
    given = digest_of(secret)
    good = False
    kept = [s.sha256 for s in client.secrets] if client is not None else []
    for digest in (kept + [_NOBODY] * LIVE_SECRETS)[:LIVE_SECRETS]:
        good |= hmac.compare_digest(given, digest)
    return good and client is not None and client.revoked_at is None and given != _NOBODY

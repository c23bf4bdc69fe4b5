"""How a carrier's pushes prove, per tenant, that they come from the carrier.

A carrier for which nothing is configured accepts nothing. ``open`` accepts what anybody sends, and is never a default.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import attrs

from vectis_core.constraints import Flag, Many, OneOf, Pattern, Text, TimeZoneName, Whole
from vectis_core.orders.model import as_tuple

#: Days for which a payload is kept where nothing else is said.
PAYLOAD_DAYS = 30

#: What stands in the place of a proof once a carrier is closed again.
CLOSED = "closed"

PROOFS = (
    #: The carrier's own scheme.
    "carrier",
    #: The secret, in a header.
    "header",
    #: Base64 or hexadecimal HMAC-SHA256 of the body, in a header.
    "hmac",
    #: The secret, in the query.
    "query",
    #: The secret, as the last segment of the path.
    "path",
    #: A user's name and the secret as the password (RFC 7617).
    "basic",
    #: The secret, as a bearer token that does not change (RFC 6750).
    "bearer",
    #: An access token of ours, that the carrier got from ``/oauth/token`` as one of our clients.
    "oauth",
    #: None: anybody who knows the address can report what they like.
    "open",
)


@attrs.frozen
class CarrierSetup:
    """What is asked when a carrier is configured; it replaces what was configured before, but for secrets left out."""

    #: The carrier's own scheme, or what takes its place: how a push shows that it comes from there.
    proof: Annotated[str, OneOf(PROOFS)]
    #: Any of them is good, so that a carrier's secret can be changed without a gap. Left out, those there are stay.
    secrets: Annotated[tuple[Annotated[str, Text(8, 512)], ...], Many(1, 3)] | None = attrs.field(
        default=None, converter=as_tuple, repr=False
    )
    #: The header of ``header`` and ``hmac``; the carrier's own where left out.
    header: Annotated[str, Pattern(r"[A-Za-z0-9-]{1,64}", "a header's name")] | None = None
    #: Of ``hmac``.
    encoding: Annotated[str, OneOf(("base64", "hex"))] = "base64"
    #: The parameter of ``query``.
    parameter: Annotated[str, Pattern(r"[A-Za-z0-9_.-]{1,64}", "a query parameter's name")] = "token"
    #: The user of ``basic``.
    username: Annotated[str, Text(1, 255)] | None = None
    #: The client of ours that the carrier is, for ``oauth``.
    client_id: Annotated[str, Text(1, 64)] | None = None
    #: The zone of local times without one; the carrier's usual one where left out.
    zone: Annotated[str, TimeZoneName()] | None = None
    #: For how many days payloads are kept, sealed; 0 keeps none, but for a day those that tell of the push service.
    payload_days: Annotated[int, Whole(0, 365)] = PAYLOAD_DAYS
    #: Must be true with ``open``: it says that whoever sends this knows that anybody can then report anything.
    accept_unproven: Annotated[bool, Flag()] = False


@attrs.frozen
class KeptNotice:
    """What a carrier's push service said about itself, and when."""

    kind: str
    message: str
    subscription: str | None
    is_alarming: bool
    at: datetime


@attrs.frozen
class CarrierAccount:
    """What a tenant has configured for a carrier."""

    tenant: str
    carrier: str
    proof: str
    #: Encrypted, newest first.
    secrets: tuple[str, ...] = attrs.field(repr=False)
    header: str | None
    encoding: str
    parameter: str
    username: str | None
    client_id: str | None
    zone: str | None
    payload_days: int
    created_at: datetime
    updated_at: datetime
    #: The newest, at most ten.
    notices: tuple[KeptNotice, ...] = ()

    @property
    def is_closed(self) -> bool:
        """Whether nothing is configured any more."""
        return self.proof == CLOSED


def secret_owner(tenant: str, carrier: str) -> str:
    """Return what a carrier's secrets are sealed for."""
    return f"carrier:{tenant}:{carrier}"


def payload_owner(tenant: str, carrier: str) -> str:
    """Return what a carrier's payloads are sealed for."""
    return f"payload:{tenant}:{carrier}"


@attrs.frozen
class KeptPayload:
    """What a carrier sent, encrypted, so that a better parser can read it again."""

    tenant: str
    id: str
    carrier: str
    received_at: datetime
    #: From when on housekeeping clears it.
    expires_at: datetime
    sealed: str = attrs.field(repr=False)

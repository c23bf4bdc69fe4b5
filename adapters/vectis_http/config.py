"""What whoever serves the API can set."""

from __future__ import annotations

import attrs


def _as_hosts_are(base_domain: str | None) -> str | None:
    return base_domain.lower().strip(".") if base_domain else None


@attrs.frozen(kw_only=True)
class HttpConfig:
    """How the API is served."""

    #: Where given, a host such as ``acme.example.com`` must name the token's tenant before this domain;
    #: ``api.example.com`` serves all.
    base_domain: str | None = attrs.field(default=None, converter=_as_hosts_are)
    #: The address under which clients know the API; it is the issuer of tokens.
    public_url: str | None = None
    #: Requests a minute and access token.
    rate_limit: int = attrs.field(default=1000, validator=attrs.validators.ge(1))
    #: The address of a proxy whose ``X-Forwarded-For`` is believed.
    trusted_proxy: str | None = None
    #: Bytes that the body of a request may have.
    body_max: int = 1024 * 1024
    #: Bytes that a carrier's push may have: it may carry photographs.
    push_max: int = 8 * 1024 * 1024

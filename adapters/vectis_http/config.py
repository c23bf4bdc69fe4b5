"""What whoever serves the API can set."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_network
from typing import Any

import attrs

from vectis_http.proxies import FORWARDED, UNIX


def _as_hosts_are(base_domain: str | None) -> str | None:
    return base_domain.lower().strip(".") if base_domain else None


def _as_names(given: str | Iterable[str] | None) -> tuple[str, ...]:
    """Return names, which may come in one text with commas, as settings do."""
    several = given.split(",") if isinstance(given, str) else given or ()
    return tuple(name.strip() for name in several if name.strip())


def _are_proxies(_: object, attribute: attrs.Attribute[Any], names: tuple[str, ...]) -> None:
    for name in names:
        try:
            if name != UNIX:
                ip_network(name)
        except ValueError as error:
            raise ValueError(f"{attribute.name}: {error}; name an address, a network, or {UNIX!r}") from error


@attrs.frozen(kw_only=True)
class HttpConfig:
    """How the API is served."""

    #: Where given, a host such as ``acme.example.com`` must name the token's tenant before this domain;
    #: ``api.example.com`` serves all.
    base_domain: str | None = attrs.field(default=None, converter=_as_hosts_are)
    #: The address under which clients know the API; it is the issuer of tokens, and
    #: what ``/docs`` shows; with the prefix that the API is mounted at.
    public_url: str | None = None
    #: Requests a minute and access token.
    rate_limit: int = attrs.field(default=1000, validator=attrs.validators.ge(1))
    #: The proxies that are believed: addresses, networks such as ``10.0.0.0/8``, or ``unix`` for a socket file.
    trusted_proxies: tuple[str, ...] = attrs.field(default=(), converter=_as_names, validator=_are_proxies)
    #: What they set themselves of ``X-Forwarded-For``, ``-Host`` and ``-Prefix``. A proxy that does not set one lets
    #: through what the client wrote.
    forwarded: tuple[str, ...] = attrs.field(
        default=("for",),
        converter=_as_names,
        validator=attrs.validators.deep_iterable(attrs.validators.in_(FORWARDED)),
    )
    #: Whether ``/metrics`` answers whoever asks, as where no stranger reaches the server; else it takes a token that
    #: has the scope ``metrics``.
    open_metrics: bool = False
    #: Bytes that the body of a request may have.
    body_max: int = 1024 * 1024
    #: Bytes that a carrier's push may have: it may carry photographs.
    push_max: int = 8 * 1024 * 1024

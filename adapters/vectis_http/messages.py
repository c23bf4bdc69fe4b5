"""Requests and responses as plain values: all that the API knows of a server."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import quote

import attrs

#: The headers of requests that anything here looks at.
HEADERS_READ = (
    "authorization",
    "content-length",
    "content-type",
    "host",
    "idempotency-key",
    "if-none-match",
    "traceparent",
    "tracestate",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-prefix",
    "x-request-id",
)
#: Below this path all headers are read: a carrier's proof stands in one of the carrier's choice.
FOREIGN_HEADERS_BELOW = "/api/webhooks/carriers/"
#: What a path may have unencoded (RFC 3986, section 3.3), and the slashes between its segments.
_PATH_SAFE = "/:@!$&'()*+,;=~-._"


@attrs.frozen
class HttpRequest:
    """One request, as any server can hand it over."""

    method: str
    #: Percent-encoded, below the prefix that the API is mounted at.
    path: str
    #: The raw query, without its question mark.
    query: str = ""
    #: By lower-case name; see ``join_headers`` for headers that stand several times.
    headers: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    body: bytes = attrs.field(default=b"", repr=False)
    #: The address of who connected, which may be a proxy; empty where a socket file was connected to.
    remote_address: str = ""
    #: What the API is mounted at, such as ``/oms``; empty at the root.
    prefix: str = ""
    #: ``http`` or ``https``, as the server says it.
    scheme: str = "http"

    @property
    def host(self) -> str:
        """The host asked for, in lower case, without its port or a closing dot."""
        host = self.headers.get("host", "").lower()
        name = host.partition("]")[0] if host.startswith("[") else host.partition(":")[0]
        return name.rstrip(".")


@attrs.frozen
class HttpResponse:
    """One response; ``Content-Length`` stands among its headers wherever it has a body."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes = b""


def quoted_path(path: bytes) -> str:
    """Return a decoded path percent-encoded, the same whichever server decoded it."""
    return quote(path, safe=_PATH_SAFE)


def join_headers(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return headers by lower-case name; one that is repeated becomes a list with commas (RFC 9110, 5.3)."""
    joined: dict[str, str] = {}
    for name, value in pairs:
        key = name.lower()
        joined[key] = f"{joined[key]},{value}" if key in joined else value
    return joined

"""The sender: one request, one answer, no redirect, one deadline."""

from __future__ import annotations

import socket
import ssl
from urllib.parse import SplitResult, urlsplit

import httpcore

from vectis_core.webhooks.address_rules import AddressRules
from vectis_core.webhooks.addresses import WebhookUrl
from vectis_core.webhooks.transport import Answer, NotDelivered, Post
from vectis_webhooks.network import Attempt, BoundedStream, Dial, RefusedAddress, VettedNetwork
from vectis_webhooks.resolving import Resolver, UnknownHost, resolve

#: Of an answer's body so many bytes are read; a longer one costs its connection.
_ANSWER_MAX = 16 * 1024
#: An idle connection is kept open for so many seconds.
_KEEP_OPEN = 30.0
#: Endpoints are spread over so many pools, since a pool looks at each of its connections at every request; and each
#: keeps so many open, together half of the descriptors that a process usually may have.
_POOLS = 32
_KEPT_MAX = 16

_WEB_PORTS = {"http": 80, "https": 443}

#: What a failure is called, the narrower kinds first.
_KINDS: tuple[tuple[type[BaseException], str], ...] = (
    (RefusedAddress, "refused_address"),
    (UnknownHost, "dns"),
    (httpcore.TimeoutException, "timeout"),
    (ssl.SSLError, "tls"),
    (httpcore.ConnectError, "connect"),
    (httpcore.NetworkError, "connection_lost"),
    (httpcore.ProtocolError, "protocol"),
    (httpcore.UnsupportedProtocol, "protocol"),
    (OSError, "connect"),
)
_FAILURES = tuple(kind for kind, _ in _KINDS)
#: What ends headers, and the chunks of a body.
_BLANK_LINES = (b"\n\r\n", b"\n\n")
#: The connection ended where an answer should have come, or in the middle of it.
_BROKEN_OFF = (httpcore.ReadError, httpcore.WriteError, httpcore.RemoteProtocolError)


class HttpTransport:
    """Posts to endpoints over HTTP/1.1, keeping connections to them open; to be shared among threads."""

    def __init__(
        self,
        rules: AddressRules,
        *,
        ssl_context: ssl.SSLContext | None = None,
        resolver: Resolver = resolve,
        dial: Dial = socket.create_connection,
    ) -> None:
        self._attempt = Attempt()
        network = VettedNetwork(rules, self._attempt, resolver, dial)
        context = ssl_context or ssl.create_default_context()
        self._pools = [
            httpcore.ConnectionPool(
                ssl_context=context,
                max_connections=None,
                max_keepalive_connections=_KEPT_MAX,
                keepalive_expiry=_KEEP_OPEN,
                network_backend=network,
            )
            for _ in range(_POOLS)
        ]

    def post(self, post: Post) -> Answer:
        """Return the answer, whatever its status; raises ``NotDelivered``."""
        if WebhookUrl().problem(post.url) is not None:
            # Whoever gave it to us should have looked: it may mean another host to the next reader.
            raise NotDelivered("refused_address")
        url = urlsplit(post.url)
        self._attempt.begin(post.deadline, secure=url.scheme == "https")
        try:
            while True:
                try:
                    return self._sent(post, url)
                except _BROKEN_OFF:
                    # A connection that was kept had been closed at the other end: nobody has heard of this request,
                    # and the pool has one such connection less.
                    if self._attempt.dialled or self._attempt.heard:
                        raise
        except _FAILURES as error:
            raise NotDelivered(self._kind(error)) from error

    def _kind(self, error: BaseException) -> str:
        if isinstance(error, _BROKEN_OFF) and not self._attempt.heard:
            return "connection_lost"
        return next(name for kind, name in _KINDS if isinstance(error, kind))

    def _sent(self, post: Post, url: SplitResult) -> Answer:
        headers = [("Host", _host(url)), *post.headers]
        encoded = [(name.encode("ascii"), value.encode("ascii")) for name, value in headers]
        pool = self._pools[hash(url.netloc) % _POOLS]
        with pool.stream("POST", _target(url), headers=encoded, content=post.body) as response:
            asked = [value for name, value in response.headers if name.lower() == b"retry-after"]
            retry_after = asked[0].decode("latin-1") if asked else None
            return Answer(response.status, retry_after, _excerpt(response))

    def close(self) -> None:
        """Close all connections."""
        for pool in self._pools:
            pool.close()


def _excerpt(response: httpcore.Response) -> bytes:
    """Return how the answer's body begins, or ends: what counts is the status, and that has come."""
    excerpt = part = b""
    try:
        for part in response.iter_stream():
            excerpt += part
            if len(excerpt) >= _ANSWER_MAX:
                return excerpt[:_ANSWER_MAX]
    except _BROKEN_OFF:
        return excerpt
    is_chunked = any(name.lower() == b"transfer-encoding" for name, _ in response.headers)
    stream: BoundedStream = response.extensions["network_stream"]
    stream.end_answer(*([part] if part and not is_chunked else _BLANK_LINES))
    return excerpt


def _target(url: SplitResult) -> httpcore.URL:
    """Return *url* for httpcore, which by itself would leave out what follows a semicolon in the path."""
    query = f"?{url.query}" if url.query else ""
    return httpcore.URL(scheme=url.scheme, host=url.hostname or "", port=url.port, target=(url.path or "/") + query)


def _host(url: SplitResult) -> str:
    """Return the header ``Host``, with the brackets of an IPv6 address that httpcore would leave out."""
    name = url.hostname or ""
    bracketed = f"[{name}]" if ":" in name else name
    return bracketed if url.port in {None, _WEB_PORTS.get(url.scheme)} else f"{bracketed}:{url.port}"


def open_transport(rules: AddressRules) -> HttpTransport:
    """Return a sender that dials what the *rules* allow: the entry point that the core finds it by."""
    return HttpTransport(rules)

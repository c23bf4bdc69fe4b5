"""The sender: one request, one answer, no redirect, one deadline."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable

import httpcore

from vectis_core.webhooks.transport import Answer, NotDelivered, Post
from vectis_webhooks.addresses import AddressRules
from vectis_webhooks.network import Deadline, RefusedAddress, Resolver, UnknownHost, VettedNetwork, resolve

#: Of an answer's body so many bytes are read; a longer one costs its connection.
_ANSWER_MAX = 16 * 1024
#: An idle connection is kept open for so many seconds.
_KEEP_OPEN = 30.0
#: A kept connection that fails sooner than that, in seconds, had been closed at the other end: the request is repeated.
_STALE_WITHIN = 1.0

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


class HttpTransport:
    """Posts to endpoints over HTTP/1.1, keeping connections to them open; to be shared among threads."""

    def __init__(
        self, rules: AddressRules, *, ssl_context: ssl.SSLContext | None = None, resolver: Resolver = resolve
    ) -> None:
        self._deadline = Deadline()
        self._network = VettedNetwork(rules, self._deadline, resolver)
        self._pool = httpcore.ConnectionPool(
            ssl_context=ssl_context or ssl.create_default_context(),
            max_connections=None,
            max_keepalive_connections=64,
            keepalive_expiry=_KEEP_OPEN,
            network_backend=self._network,
        )

    def post(self, post: Post) -> Answer:
        """Return the answer, whatever its status; raises ``NotDelivered``."""
        began = time.monotonic()
        self._deadline.at = began + post.deadline
        try:
            try:
                return self._sent(post)
            except (httpcore.ReadError, httpcore.WriteError, httpcore.RemoteProtocolError):
                if time.monotonic() - began >= _STALE_WITHIN:
                    raise
                return self._sent(post)
        except _FAILURES as error:
            raise NotDelivered(next(name for kind, name in _KINDS if isinstance(error, kind))) from error

    def _sent(self, post: Post) -> Answer:
        headers = [(name.encode("ascii"), value.encode("ascii")) for name, value in post.headers]
        with self._pool.stream("POST", post.url.encode("ascii"), headers=headers, content=post.body) as response:
            excerpt = b""
            for part in response.iter_stream():
                excerpt += part
                if len(excerpt) >= _ANSWER_MAX:
                    break
            asked = [value for name, value in response.headers if name.lower() == b"retry-after"]
            retry_after = asked[0].decode("latin-1") if asked else None
            return Answer(response.status, retry_after, excerpt[:_ANSWER_MAX])

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()
        self._network.close()


def open_transport(*, allow: Iterable[str] = ()) -> HttpTransport:
    """Return a sender that dials public addresses, and those in the networks *allow* names, as ``127.0.0.0/8``."""
    return HttpTransport(AddressRules(allow))

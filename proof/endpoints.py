"""Endpoints of webhooks, well-behaved and hostile: servers on a loopback address that count what comes to them."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Self

import attrs

#: After so many seconds without anything an endpoint gives a connection up, so that no thread is left behind.
_PATIENCE = 60
_PIECE = 64 * 1024


@attrs.frozen
class Request:
    """A request as it came."""

    line: str
    #: Their names in lower case.
    headers: dict[str, str]
    body: bytes


@attrs.define
class Talk:
    """One connection to an endpoint, and what its behaviour may need."""

    connection: socket.socket
    endpoint: Endpoint
    _waiting: bytes = b""

    def send(self, data: bytes) -> None:
        """Send all of *data*."""
        self.connection.sendall(data)

    def requests(self) -> Iterator[Request]:
        """Yield each request that comes over the connection, and note it."""
        while (request := self._request()) is not None:
            self.endpoint.received.append(request)
            yield request

    def _request(self) -> Request | None:
        while b"\r\n\r\n" not in self._waiting:
            if not self._more():
                return None
        head, _, self._waiting = self._waiting.partition(b"\r\n\r\n")
        line, *fields = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}
        length = int(headers.get("content-length", "0"))
        while len(self._waiting) < length:
            if not self._more():
                return None
        body, self._waiting = self._waiting[:length], self._waiting[length:]
        return Request(line, headers, body)

    def _more(self) -> bool:
        came = self.connection.recv(_PIECE)
        self._waiting += came
        return bool(came)


#: How an endpoint treats a connection.
Behaviour = Callable[[Talk], None]


class Endpoint:
    """A server at *address* that behaves as told; each connection has a thread of its own."""

    def __init__(self, behaviour: Behaviour, address: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> None:
        self._behaviour = behaviour
        self._tls = tls
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self._listener = socket.create_server((address, 0), family=family, backlog=256)
        self.address = address
        self.port: int = self._listener.getsockname()[1]
        #: Every request that came whole, in the order of coming.
        self.received: list[Request] = []
        #: How many connections were made.
        self.connections = 0
        #: Set when the endpoint closes, for behaviours that wait.
        self.closing = threading.Event()
        self._open: set[socket.socket] = set()
        self._mutex = threading.Lock()
        self._threads: list[threading.Thread] = []

    def url(self, host: str | None = None, scheme: str | None = None) -> str:
        """Return where it is, by the name *host* if one is given."""
        named = f"[{self.address}]" if ":" in self.address else self.address
        return f"{scheme or ('https' if self._tls else 'http')}://{host or named}:{self.port}/hook"

    def __enter__(self) -> Self:
        self._begin(self._listen)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.drop()
        for thread in self._threads:
            thread.join(_PATIENCE)

    def drop(self) -> None:
        """Cut all connections that are open."""
        with self._mutex:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def _begin(self, work: Callable[..., None], *arguments: socket.socket) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _listen(self) -> None:
        while not self.closing.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._begin(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(_PATIENCE)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._mutex:
            self._open.add(connection)
        try:
            if self._tls is not None:
                with self._mutex:
                    self._open.discard(connection)
                connection = self._tls.wrap_socket(connection, server_side=True)
                with self._mutex:
                    self._open.add(connection)
            self._behaviour(Talk(connection, self))
        except OSError:
            pass
        finally:
            with self._mutex:
                self._open.discard(connection)
            connection.close()


def answering(code: int = 200, *headers: str, body: bytes = b"") -> Behaviour:
    """Return an endpoint that answers every request alike, over connections that stay open."""
    fields = "".join(f"{each}\r\n" for each in headers)
    answer = f"HTTP/1.1 {code} Told\r\n{fields}Content-Length: {len(body)}\r\n\r\n".encode() + body
    return saying(answer)


def saying(answer: bytes) -> Behaviour:
    """Return an endpoint that says *answer* to every request, whatever it means."""

    def behave(talk: Talk) -> None:
        for _ in talk.requests():
            talk.send(answer)

    return behave


def silent(talk: Talk) -> None:
    """Take the request and never answer; with TLS before it, never shake hands."""
    for _ in talk.requests():
        talk.endpoint.closing.wait(_PATIENCE)


def mute(talk: Talk) -> None:
    """Accept a connection, and neither read nor write; a handshake of TLS stalls."""
    talk.endpoint.closing.wait(_PATIENCE)


def dripping(
    start: bytes = b"HTTP/1.1 200 OK\r\n", drop: bytes = b"x", every: float = 0.5, drops: int = 10_000
) -> Behaviour:
    """Return an endpoint that says *start*, then a *drop* every few seconds, and hangs up after so many."""

    def behave(talk: Talk) -> None:
        next(talk.requests())
        talk.send(start)
        for _ in range(drops):
            if talk.endpoint.closing.wait(every):
                return
            talk.send(drop)

    return behave


def flooding(start: bytes, flood: bytes, size: int = 1 << 30) -> Behaviour:
    """Return an endpoint that says *start*, and then *flood* again and again, up to *size* bytes."""
    piece = flood * (_PIECE // len(flood) + 1)

    def behave(talk: Talk) -> None:
        for _ in talk.requests():
            talk.send(start)
            for _ in range(size // len(piece)):
                talk.send(piece)
            return

    return behave


#: Behaviours that are hostile by what they say, by name.
FLOODS = {
    "a body of 1 GB": flooding(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n", b"x" * 1024),
    "a body without length": flooding(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 1024),
    "chunks of one byte": flooding(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    "headers without end": flooding(b"HTTP/1.1 200 OK\r\n", b"X-More: and more\r\n"),
    "a header without end": flooding(b"HTTP/1.1 200 OK\r\nX-Long: ", b"x" * 1024),
    "interim answers without end": flooding(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a status line without end": flooding(b"HTTP/1.1 200 ", b"O" * 1024),
}


class CountedSocket(socket.socket):
    """A connection that notes how many bytes each reading from it brought."""

    def __init__(self, plain: socket.socket, read: list[int]) -> None:
        super().__init__(plain.family, plain.type, plain.proto, fileno=plain.detach())
        self._read = read

    def recv(self, size: int, flags: int = 0) -> bytes:
        """Return what has come, and note its length."""
        came = super().recv(size, flags)
        self._read.append(len(came))
        return came

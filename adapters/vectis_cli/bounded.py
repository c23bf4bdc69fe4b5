"""HTTP/1.1 under uvicorn with bounds on what a connection may take: uvicorn itself bounds neither times nor heads.

Whoever connects must send a whole head within some seconds and bytes, and a whole body within a minute, or is let go.
A field behind the body is no header: whoever strips or sets headers on the way here does not look at it.
Where connections run out, the one that has been waiting longest without a request makes room. So a crowd that holds
connections open, or sends a byte now and then, keeps nobody else from being answered.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from vectis_core.ids import RandomIds
from vectis_http import HttpRequest, access_log
from vectis_http.headers import IDENTIFIED
from vectis_http.progress import Progress, new_request_ids

if TYPE_CHECKING:
    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

_new_request_id = new_request_ids(RandomIds())
_PHRASES = {400: "Bad Request", 431: "Request Header Fields Too Large"}


class BoundedProtocol(HttpToolsProtocol):
    """One connection."""

    #: Seconds for the request line and all headers, from the connection on, or from their first byte.
    head_seconds: ClassVar[float] = 10
    #: Seconds for the body, from the end of the head on.
    body_seconds: ClassVar[float] = 60
    #: Bytes in a row that are neither a whole head nor of a body: the request line and headers, or what ends a body.
    head_max: ClassVar[int] = 64 * 1024
    #: Connections at a time.
    connections_max: ClassVar[int] = 2_000

    _deadline: asyncio.TimerHandle | None = None
    #: The request whose head came last; uvicorn makes an object of it once the head is whole.
    _last: RequestResponseCycle | None = None
    _bare_bytes = 0
    #: Whether the head of the request that comes in is whole; fields after that are trailers.
    _is_headed = False
    #: Since when the connection has been without a request, by the loop's clock; ``None`` while one is under way.
    waiting_since: float | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Take a connection, and let go of one that only waits where there are too many."""
        super().connection_made(transport)
        self._await_head()
        if len(self.connections) > self.connections_max:
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._stop_clock()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came, and look at what is still missing."""
        self._bare_bytes += len(data)
        super().data_received(data)
        if self.transport.is_closing():
            return
        current = self.cycle
        if self._bare_bytes > self.head_max:
            self._let_go()
            return
        if current is not None and current is not self._last:
            self._last = current
            self.waiting_since = None
            self._stop_clock()
            if current.more_body:
                self._start_clock(self.body_seconds)
        elif current is not None and current.more_body:
            return
        elif current is None or current.response_complete:
            if self._deadline is None:
                self._await_head()
            return
        if not current.more_body:
            self._stop_clock()

    def on_message_begin(self) -> None:
        """Await a head."""
        self._is_headed = False
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header, and no trailer."""
        if not self._is_headed:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Note that a head is whole."""
        self._is_headed, self._bare_bytes = True, 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take part of a body."""
        self._bare_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Note that a request is whole."""
        super().on_message_complete()
        if self.cycle is self._last:
            self._stop_clock()

    def on_response_complete(self) -> None:
        """Note that the connection waits for its next request, for which uvicorn's own clock runs."""
        self.waiting_since = self.loop.time()
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP."""
        self._refuse(400, msg)

    def _refuse(self, status: int, text: str) -> None:
        """Answer what does not come to be a request of the API, and let the connection go."""
        request_id = _new_request_id()
        head = (
            f"HTTP/1.1 {status} {_PHRASES[status]}\r\ncontent-type: text/plain; charset=utf-8\r\n"
            "x-content-type-options: nosniff\r\nreferrer-policy: no-referrer\r\ncache-control: no-store\r\n"
            f"content-length: {len(text)}\r\n{IDENTIFIED.name.lower()}: {request_id}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write((head + text).encode("ascii"))
        self.transport.close()
        request = HttpRequest("", "", remote_address=self.client[0] if self.client else "")
        access_log.write(request, Progress(request_id, []), status=status, size=len(text), seconds=0.0)

    def _let_go(self) -> None:
        """Let the connection go on which too much came that is neither head nor body."""
        if self.cycle is None or (self.cycle.response_complete and not self.cycle.more_body):
            self._refuse(431, "")
        else:
            self.transport.abort()

    def _await_head(self) -> None:
        self.waiting_since = self.loop.time()
        self._start_clock(self.head_seconds)

    def _start_clock(self, seconds: float) -> None:
        self._stop_clock()
        self._deadline = self.loop.call_later(seconds, self.transport.abort)

    def _stop_clock(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _make_room(self) -> None:
        """Let go of the connection that has been waiting longest; of this one where none waits longer."""
        others = (cast(BoundedProtocol, each) for each in self.connections)
        waiting = [each for each in others if each.waiting_since is not None and not each.transport.is_closing()]
        if waiting:
            min(waiting, key=lambda each: each.waiting_since or 0.0).transport.abort()

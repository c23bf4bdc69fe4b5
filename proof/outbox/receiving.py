"""Endpoints that answer as they please, all in one server: what came is noted before anything is answered."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import threading
from collections.abc import Mapping
from enum import StrEnum
from random import Random
from types import TracebackType
from typing import Self

import attrs

from proof.outbox.dispatching import LEASE_HEADER
from vectis_core.signing import verify


class Mood(StrEnum):
    """What an endpoint makes of a request."""

    TAKES = "takes"
    #: Takes it, after a while.
    SLOW = "slow"
    #: Takes it, and the answer is lost.
    LOST = "lost"
    #: Answers 500.
    FAILS = "fails"
    #: Ends the connection without an answer.
    RESETS = "resets"
    #: Never answers.
    SILENT = "silent"


#: Of a hundred requests; the others are taken, at once or after a while.
_MOODS: Mapping[Mood, int] = {Mood.LOST: 2, Mood.FAILS: 7, Mood.RESETS: 4, Mood.SILENT: 1}
_TAKEN = frozenset({Mood.TAKES, Mood.SLOW, Mood.LOST})
_SLOWNESS = 0.1


@attrs.frozen
class Arrival:
    """One request that came whole."""

    endpoint: str
    event_id: str
    subject: str
    sequence: int
    #: By the header.
    attempt: int
    #: The token of the lease under which it was sent.
    lease: int
    mood: Mood
    is_signed: bool

    @property
    def is_taken(self) -> bool:
        """Whether the endpoint answered 2xx, or tried to."""
        return self.mood in _TAKEN


class Endpoints:
    """All endpoints of a secret, at ``url`` and a name each; listens for the length of a block."""

    def __init__(self, secret: str, seed: int, slow: int) -> None:
        """Have *slow* of a hundred requests answered after a while."""
        self.secret = secret
        self.arrivals: list[Arrival] = []
        #: Whether requests may be refused.
        self.moody = True
        self._moods = {**_MOODS, Mood.SLOW: slow, Mood.TAKES: 100 - slow - sum(_MOODS.values())}
        self._random = Random(seed)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/"

    def __enter__(self) -> Self:
        self._thread.start()
        serving = self._loop.create_server(lambda: _Connection(self), sock=self._listener)
        self._server = asyncio.run_coroutine_threadsafe(serving, self._loop).result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def take(self, path: str, headers: Mapping[str, str], body: bytes) -> Mood:
        """Note a request and say what becomes of it."""
        [mood] = self._random.choices(list(self._moods), list(self._moods.values())) if self.moody else [Mood.TAKES]
        told = json.loads(body)
        arrival = Arrival(
            endpoint=path.strip("/"),
            event_id=headers["webhook-id"],
            subject=told["data"]["orderId"],
            sequence=told["sequence"],
            attempt=int(headers["x-webhook-attempt"]),
            lease=int(headers[LEASE_HEADER.lower()]),
            mood=mood,
            is_signed=told["id"] == headers["webhook-id"]
            and verify(
                body,
                signature=headers["x-webhook-signature"],
                timestamp=headers["x-webhook-timestamp"],
                secret=self.secret,
            ),
        )
        self.arrivals.append(arrival)
        return mood


class _Connection(asyncio.Protocol):
    """A connection that is kept open; requests come one after another."""

    def __init__(self, endpoints: Endpoints) -> None:
        self._endpoints = endpoints
        self._buffer = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        first, *lines = self._buffer[:end].decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers["content-length"])
        if len(self._buffer) < end + 4 + length:
            return
        body = bytes(self._buffer[end + 4 : end + 4 + length])
        del self._buffer[: end + 4 + length]
        self._answer(self._endpoints.take(first.split(" ")[1], headers, body))

    def _answer(self, mood: Mood) -> None:
        if mood is Mood.TAKES:
            self._write(b"204 No Content")
        elif mood is Mood.SLOW:
            asyncio.get_running_loop().call_later(_SLOWNESS, self._write, b"204 No Content")
        elif mood is Mood.FAILS:
            self._write(b"500 Internal Server Error")
        elif mood in {Mood.RESETS, Mood.LOST}:
            # Closed with this, the other end is told of a reset instead of an end.
            linger = struct.pack("ii", 1, 0)
            self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self._transport.abort()

    def _write(self, status: bytes) -> None:
        self._transport.write(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n")

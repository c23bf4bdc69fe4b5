"""Endpoints in a process of their own: ``python -m benchmarks.receivers`` prints its port, and ends with its input.

Under ``/well`` everything is answered at once, under ``/fails`` with 500, ``/dead`` never answers, and ``/drips`` sends
a byte of an endless header every second.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"
_FAILURE = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n"


class _Connection(asyncio.Protocol):
    def __init__(self) -> None:
        self._buffer = bytearray()
        self._dripping: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        if self._dripping is not None:
            self._dripping.cancel()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self._buffer[:end]).lower()
        length = int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        if len(self._buffer) < end + 4 + length:
            return
        del self._buffer[: end + 4 + length]
        if head.startswith(b"post /well"):
            self._transport.write(_ANSWER)
        elif head.startswith(b"post /fails"):
            self._transport.write(_FAILURE)
        elif head.startswith(b"post /drips"):
            self._transport.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            self._drip()

    def _drip(self) -> None:
        self._transport.write(b".")
        self._dripping = asyncio.get_running_loop().call_later(1.0, self._drip)


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(_Connection, "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)


@contextmanager
def receiving() -> Iterator[str]:
    """Run the process for the length of the block; yield the URL that its paths go behind."""
    command = [sys.executable, "-m", "benchmarks.receivers"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
    finally:
        process.communicate()


if __name__ == "__main__":
    asyncio.run(_serve())

"""Crowds that hold connections open, drip their requests, or send far too much, while one client just wants an answer.

Beside each crowd a well-behaved client asks. It must be answered every time, and soon; the crowd must be let go of, and
what is too large must be refused and never be held in memory.
"""

from __future__ import annotations

import json
import resource
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlencode

import attrs

from proof.hostile_server import BODY_SECONDS, CONNECTIONS_MAX, HEAD_SECONDS
from proof.programme import Finding, Proof, Size
from vectis_core import Vectis

#: Idle connections, dripping ones, and how often the well-behaved client asks beside each crowd.
_CROWDS = {Size.FEW: (100, 40, 20), Size.FULL: (1_000, 200, 400)}
#: Seconds within which the well-behaved client must be answered on a machine that is busy otherwise.
_SOON = 5.0
_FILES = 4_096
_LARGE = 5 * 1024 * 1024
#: KiB by which the server may have grown after all crowds.
_GROWTH = 120 * 1024
_FORM = "application/x-www-form-urlencoded"


@attrs.define
class _Guest:
    """The client that behaves."""

    address: str
    token: str
    waited: list[float] = attrs.Factory(list)
    found: list[str] = attrs.Factory(list)

    def ask(self, times: int, beside: str) -> float:
        """Ask so often; return the 99th percentile of the seconds it took."""
        took = sorted(self._asked(beside) for _ in range(times))
        self.waited += took
        if took[-1] > _SOON:
            self.found.append(f"beside {beside} an answer took {took[-1]:.1f} s")
        return took[int(len(took) * 0.99) - 1]

    def _asked(self, beside: str) -> float:
        request = urllib.request.Request(  # noqa: S310 - our own server
            f"{self.address}/api/settings", headers={"Authorization": f"Bearer {self.token}"}
        )
        begun = time.perf_counter()
        try:
            with urllib.request.urlopen(request, timeout=2 * _SOON) as answer:  # noqa: S310 - our own server
                answer.read()
        except OSError as error:
            self.found.append(f"beside {beside} there was no answer: {error}")
        return time.perf_counter() - begun


@contextmanager
def _server(folder: Path, kind: str) -> Iterator[tuple[int, _Guest]]:
    url = f"sqlite:///{folder / 'shop.db'}"
    with Vectis.open(url) as oms:
        issued = oms.clients.create("a guest", scopes=("admin",))
    command = [sys.executable, "-m", "proof.hostile_server", url, kind]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            port = int(process.stdout.readline()) if process.stdout else 0
            address = f"http://127.0.0.1:{port}"
            client = {"client_id": issued.client.id, "client_secret": str(issued.secret)}
            form = urlencode({"grant_type": "client_credentials", **client}).encode()
            with urllib.request.urlopen(f"{address}/oauth/token", form, timeout=60) as answer:  # noqa: S310 - ours
                token = json.loads(answer.read())["access_token"]
            yield process.pid, _Guest(address, token)
        finally:
            process.terminate()


def _try(size: Size, folder: Path, kind: str) -> Finding:
    idle, dripping, times = _CROWDS[size]
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < _FILES:
        # Each connection is a file, here and in the server, which inherits this.
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(_FILES, hard) if hard >= 0 else _FILES, hard))
    with _server(folder, kind) as (pid, guest):
        alone = guest.ask(times, "nobody")
        before = _resident(pid)
        port = int(guest.address.rpartition(":")[2])
        slowest = 0.0
        crowds: Sequence[tuple[str, int, bytes, bytes, float]] = (
            ("idle connections", idle, b"", b"", HEAD_SECONDS),
            ("heads that drip", dripping, b"GET / HTTP/1.1\r\nHost: x\r\n", b"X-a: b\r\n", HEAD_SECONDS),
            ("bodies that drip", dripping, _head(_FORM, 500), b"a", BODY_SECONDS),
        )
        for name, count, first, more, patience in crowds:
            slowest = max(slowest, _beside(guest, port, name, count, first, more, patience, times))
        _too_large(guest, port)
        guest.ask(times, "bodies of 5 MiB")
        grown = _resident(pid) - before
        if grown > _GROWTH:
            guest.found.append(f"the server has grown by {grown:,} KiB")
    figures = f"p99 {alone * 1e3:.0f} ms alone, {slowest * 1e3:.0f} ms beside the worst crowd; grown by {grown:,} KiB"
    return Finding(f"{idle:,} idle, {dripping} dripping twice, {_LARGE >> 20} MiB", figures, guest.found)


def _head(content_type: str, length: int) -> bytes:
    return b"POST /oauth/token HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n" % (
        content_type.encode(),
        length,
    )


def _beside(
    guest: _Guest, port: int, name: str, count: int, first: bytes, more: bytes, patience: float, times: int
) -> float:
    """Let a crowd connect and drip, ask beside it, and see that it is let go of."""
    crowd = [socket.create_connection(("127.0.0.1", port), timeout=60) for _ in range(count)]
    try:
        for each in crowd:
            _tolerant(each.sendall, first)
        slowest = guest.ask(times, name)
        ends = time.monotonic() + patience + _SOON
        while time.monotonic() < ends and (held := sum(map(_is_open, crowd))):
            for each in crowd:
                _tolerant(each.sendall, more)
            time.sleep(0.2)
        held = sum(map(_is_open, crowd))
        if held:
            guest.found.append(f"{held} of {count} {name} are held after {patience:.0f} s")
        return slowest
    finally:
        for each in crowd:
            each.close()


def _too_large(guest: _Guest, port: int) -> None:
    """Send heads and bodies of 5 MiB, with their length and without: each must be refused."""
    chunked = (
        b"POST /api/orders HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
        b"Authorization: Bearer " + guest.token.encode() + b"\r\n\r\n" + b"%x\r\n" % _LARGE + b"[" * _LARGE
    )
    sized = _head("application/json", _LARGE).replace(b"/oauth/token", b"/api/orders") + b"[" * _LARGE
    sized = sized.replace(b"Host: x", b"Host: x\r\nAuthorization: Bearer " + guest.token.encode(), 1)
    head = b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-a: b\r\n" * (_LARGE // 8) + b"\r\n"
    for name, sent, statuses in (
        ("body without a length", chunked, {b"400", b"403", b"413"}),
        ("body", sized, {b"400", b"403", b"413"}),
        ("head", head, {b"431", b""}),
    ):
        with closing(socket.create_connection(("127.0.0.1", port), timeout=60)) as connection:
            _tolerant(connection.sendall, sent)
            status = _tolerant(connection.recv, 12)[9:12]
        if status not in statuses:
            guest.found.append(f"a {name} of 5 MiB was answered with {status.decode() or 'nothing'}")


def _tolerant(act: Callable[..., bytes | None], value: object) -> bytes:
    """Send or receive, where the server may have closed the connection."""
    try:
        return act(value) or b""
    except OSError:
        return b""


def _is_open(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        return connection.recv(4096) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        connection.settimeout(60)


def _resident(pid: int) -> int:
    """Return the KiB of memory that a process has now."""
    text = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(next(line.split()[1] for line in text.splitlines() if line.startswith("VmRSS")))


def run(size: Size, folder: Path) -> Finding:
    """Try the protocol of ``vectis serve``, with less patience."""
    return _try(size, folder, "bounded")


def control(_: Size, folder: Path) -> Finding:
    """Try uvicorn as it is."""
    return _try(Size.FEW, folder, "plain")


PROOF = Proof(
    number=26,
    name="http-hostility",
    rule=f"idle and dripping crowds (of up to {CONNECTIONS_MAX:,} connections at a time) and bodies of 5 MiB keep no "
    "client from a prompt answer; crowds are let go of, what is too large is refused and not held in memory",
    run=run,
    control=control,
    bad="uvicorn as it is, without bounds on heads, times and connections",
)

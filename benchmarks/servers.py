"""The servers that are loaded, each in a process of its own, and the load on them.

``python -m benchmarks.servers fixed`` answers every request with one JSON; ``handwritten FILE`` is the service of
``benchmarks.handwritten``; ``silent FILE`` and ``measured FILE`` are Vectis without and with metrics. All run under
uvicorn as ``vectis serve`` does, and print their port.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
import uvicorn

from benchmarks.load import SKUS
from vectis_asgi import asgi_app
from vectis_core import Vectis
from vectis_core.access import SCOPES
from vectis_prometheus import Prometheus

CONNECTIONS = 32

_ANSWER = json.dumps(
    {
        "id": "550e8400-e29b-41d4-a716-446655440000",
        "status": "pending",
        "total": 59.98,
        "itemCount": 2,
        "createdAt": "2026-01-26T12:00:00Z",
    }
).encode()

Message = dict[str, Any]


async def fixed(
    scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
) -> None:
    """Read the request's JSON and answer the guide's order, whatever was asked."""
    if scope["type"] != "http":
        return
    message = await receive()
    body = message["body"]
    while message.get("more_body"):
        message = await receive()
        body += message["body"]
    if body:
        json.loads(body)
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(_ANSWER))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": _ANSWER})


def main() -> None:
    """Serve what the command line names on a free port, and print which."""
    app: Any = fixed
    if sys.argv[1] == "handwritten":
        from benchmarks.handwritten import make_app

        app = make_app(sys.argv[2], SKUS)
    if sys.argv[1] in {"silent", "measured"}:
        oms = Vectis.open(sys.argv[2], telemetry=[Prometheus()] if sys.argv[1] == "measured" else [])
        app = asgi_app(oms, rate_limit=10**9)
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws="none",
        lifespan="off",
        port=0,
    )
    listener = config.bind_socket()
    # Who asks before the loop runs waits for it.
    listener.listen(config.backlog)
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    uvicorn.Server(config).run([listener])


@attrs.frozen
class Server:
    """A server under way."""

    port: int
    pid: int
    #: The access token that requests carry; empty where none is asked for.
    token: str = ""

    def load(self, kind: str, amount: str, connections: int = CONNECTIONS) -> float:
        """Send requests of a kind, ``n`` of them or for so many seconds; return how many a second were answered.

        Raises ``AssertionError`` where an answer is no success.
        """
        arguments = ["127.0.0.1", str(self.port), str(connections), amount, kind, self.token]
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.load", *arguments], check=True, capture_output=True, text=True
        )
        told = json.loads(done.stdout)
        assert set(told["statuses"]) <= {"200", "201"}, told["statuses"]
        return float(told["per_second"])

    def processor_seconds(self) -> float:
        """Return what the process has computed so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_mb(self) -> float:
        """Return the memory that the process holds, in MB."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) / 1024


def fill(oms: Vectis, skus: int = SKUS) -> None:
    """Put plenty of *skus* SKUs into an open shop."""
    for number in range(skus):
        oms.products.create(sku=f"SKU-{number}", name=f"Widget {number}")
    for record in oms.inventory.list():
        oms.inventory.adjust(record.id, 10**9, "received")


def stock_up(url: str, skus: int = SKUS) -> tuple[str, str]:
    """Make a shop with plenty of *skus* SKUs, and return the id and secret of a client."""
    with Vectis.open(url) as oms:
        fill(oms, skus)
        issued = oms.clients.create("benchmark", scopes=SCOPES)
    return issued.client.id, str(issued.secret)


@contextmanager
def serving(*command: str) -> Iterator[Server]:
    """Run a server that prints its address, until the block ends."""
    with subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline() if process.stdout is not None else ""
            port = int(line.split("http://127.0.0.1:")[1].split()[0])
            yield Server(port, process.pid)
        finally:
            process.terminate()
            process.wait(30)


@contextmanager
def vectis_serving(database: Path, *wrapper: str) -> Iterator[Server]:
    """Run ``vectis serve`` on a new database, with tokens, validation and a limit that is counted and never met."""
    url = f"sqlite:///{database}"
    credentials = stock_up(url)
    command = [*(wrapper or ("-m",)), "vectis_cli", "serve", "--database", url, "--port", "0"]
    # The others write no line for each request either.
    command += ["--log-level", "warning"]
    with serving(*command, "--rate-limit", "1000000000") as server:
        yield with_token(server, *credentials)


def with_token(server: Server, client_id: str, secret: str) -> Server:
    """Return the server with an access token for it."""
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    request = urllib.request.Request(
        f"http://127.0.0.1:{server.port}/oauth/token", urllib.parse.urlencode(form).encode()
    )
    with urllib.request.urlopen(request) as answer:  # noqa: S310 - our own server
        return attrs.evolve(server, token=json.load(answer)["access_token"])


if __name__ == "__main__":
    main()

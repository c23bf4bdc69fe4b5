"""The applications that are shown serve a whole story by HTTP, under each server that they name."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest

from vectis_core import Vectis

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "examples" / "mounting"
IMPORTS = os.pathsep.join(str(ROOT / folder) for folder in (".", "backends", "adapters"))
PATIENCE = 60

GUNICORN = ["gunicorn", "--no-control-socket", "--bind", "127.0.0.1:{port}"]
WAITRESS = ["waitress", "--listen", "127.0.0.1:{port}"]
UVICORN = ["uvicorn", "--port", "{port}"]
ASGI = ["granian", "--port", "{port}", "--interface", "asgi"]
WSGI = ["granian", "--port", "{port}", "--interface", "wsgi"]

HOSTS = {
    "wsgi-gunicorn": [*GUNICORN, "wsgi_shop:app"],
    "wsgi-gunicorn-gthread": [*GUNICORN, "--worker-class", "gthread", "--threads", "8", "wsgi_shop:app"],
    "wsgi-gunicorn-preload": [*GUNICORN, "--preload", "--workers", "2", "wsgi_shop:app"],
    "wsgi-waitress": [*WAITRESS, "wsgi_shop:app"],
    "wsgi-granian": [*WSGI, "wsgi_shop:app"],
    "flask-gunicorn": [*GUNICORN, "flask_shop:create_app()"],
    "flask-gunicorn-preload": [*GUNICORN, "--preload", "--workers", "2", "flask_shop:create_app()"],
    "flask-waitress": [*WAITRESS, "--call", "flask_shop:create_app"],
    "flask-granian": [*WSGI, "--factory", "flask_shop:create_app"],
    "fastapi-uvicorn": [*UVICORN, "fastapi_shop:app"],
    "fastapi-uvicorn-workers": [*UVICORN, "--workers", "2", "fastapi_shop:app"],
    "fastapi-granian": [*ASGI, "fastapi_shop:app"],
    "starlette-uvicorn": [*UVICORN, "starlette_shop:app"],
    "starlette-granian": [*ASGI, "starlette_shop:app"],
}
PROXIED = {
    "uvicorn": [*UVICORN, "--no-proxy-headers", "behind_a_proxy:asgi"],
    "granian": [*ASGI, "behind_a_proxy:asgi"],
    "gunicorn": [*GUNICORN, "behind_a_proxy:wsgi"],
    "waitress": [*WAITRESS, "--no-clear-untrusted-proxy-headers", "behind_a_proxy:wsgi"],
}


@attrs.define
class Client:
    """A program that uses a server; *sent* goes with each request."""

    address: str
    sent: dict[str, str] = attrs.field(factory=dict)

    def ask(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """Send a request, in JSON where it has a body."""
        sent = {**self.sent, **(headers or {})}
        return httpx.request(method, self.address + path, json=body, headers=sent, timeout=PATIENCE, trust_env=False)

    def let_in(self, database: str, prefix: str) -> None:
        """Get a token with the credentials of a new client of the database."""
        self.sent.pop("Authorization", None)
        with Vectis.open(database) as oms:
            issued = oms.clients.create("a program")
        secret = {"client_id": issued.client.id, "client_secret": str(issued.secret)}
        form = {"grant_type": "client_credentials", **secret}
        answer = httpx.post(
            f"{self.address}{prefix}/oauth/token", data=form, headers=self.sent, timeout=PATIENCE, trust_env=False
        )
        assert answer.status_code == 200, answer
        self.sent["Authorization"] = f"Bearer {answer.json()['access_token']}"


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def served(command: list[str], folder: Path) -> Iterator[Client]:
    """Run an example under its server for the length of the block, once it answers."""
    server = command[0]
    if find_spec(server) is None:
        pytest.skip(f"LEFT OUT: {server} is not installed, so this example was not run under it")
    port = free_port()
    given = [word.format(port=port) for word in command[1:]]
    environment = {
        **os.environ,
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": os.pathsep.join([str(FOLDER), IMPORTS, os.environ.get("PYTHONPATH", "")]),
        "SHOP_DATABASE": f"sqlite:///{folder / 'shop.db'}",
        "OUTLET_DATABASE": f"sqlite:///{folder / 'outlet.db'}",
        "STAFF_KEY": "hush",
    }
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", server, *given], cwd=FOLDER, env=environment, stdout=said, stderr=subprocess.STDOUT
        )
    try:
        client = Client(f"http://127.0.0.1:{port}")
        _wait_until_it_answers(process, client, folder)
        yield client
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_it_answers(process: subprocess.Popen[bytes], client: Client, folder: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        assert process.poll() is None, (folder / "said").read_text()
        assert time.monotonic() < deadline, (folder / "said").read_text()
        try:
            client.ask("GET", "/")
        except httpx.TransportError:
            time.sleep(0.02)
        else:
            return


def sell_a_lamp(client: Client, prefix: str, told: str) -> None:
    """Order a lamp by HTTP; the API is asked below *prefix*, and tells addresses below *told*."""
    made = client.ask("POST", f"{prefix}/api/products", {"sku": "LAMP-1", "name": "Lamp"})
    assert made.status_code == 201, made
    assert made.headers["Location"] == f"{told}/api/products/{made.json()['id']}"
    record = client.ask("GET", f"{prefix}/api/inventory?sku=LAMP-1").json()["items"][0]
    found = {"adjustment": 5, "reason": "delivery"}
    assert client.ask("PATCH", f"{prefix}/api/inventory/{record['id']}/adjust", found).status_code == 200
    order = {
        "externalId": "SHOP-1",
        "items": [{"sku": "LAMP-1", "quantity": 2, "unitPrice": 29.99}],
        "shippingAddresses": [{"name": "Jane Smith", "line1": "123 Main St", "city": "Austin", "country": "US"}],
    }
    placed = client.ask("POST", f"{prefix}/api/orders", order)
    assert placed.status_code == 201, placed
    assert placed.headers["Location"] == f"{told}/api/orders/{placed.json()['id']}"
    again = client.ask("POST", f"{prefix}/api/orders", order)
    assert (again.status_code, again.headers["X-Idempotent-Replay"]) == (200, "true")


@pytest.mark.parametrize("command", HOSTS.values(), ids=list(HOSTS))
def test_a_shop_and_the_api_in_one_server(command: list[str], tmp_path: Path) -> None:
    """The shop's pages, its 404 and its key are the shop's; below /oms an order is placed, and errors are the API's."""
    with served(command, tmp_path) as client:
        assert client.ask("GET", "/").content == b"The shop"
        missing = client.ask("GET", "/nothing")
        assert (missing.status_code, missing.content) == (404, b"The shop has no such page")
        assert client.ask("GET", "/oms/readyz").json() == {"status": "ready"}
        unknown = client.ask("GET", "/oms/nothing")
        assert (unknown.status_code, unknown.json()["error"]) == (404, "NotFound")
        assert client.ask("GET", "/oms/api/orders").status_code == 401
        client.let_in(f"sqlite:///{tmp_path / 'shop.db'}", "/oms")
        sell_a_lamp(client, "/oms", "/oms")
        if "starlette" in command[-1]:
            assert client.ask("GET", "/outlet/oms/api/orders").status_code == 401
            client.let_in(f"sqlite:///{tmp_path / 'outlet.db'}", "/outlet/oms")
            sell_a_lamp(client, "/outlet/oms", "/outlet/oms")
    with Vectis.open(f"sqlite:///{tmp_path / 'shop.db'}") as oms:
        assert [order.external_id for order in oms.orders.list()] == ["SHOP-1"]
        assert oms.verify().faults == ()


@pytest.mark.parametrize("command", [HOSTS["flask-waitress"], HOSTS["fastapi-uvicorn"]], ids=["flask", "fastapi"])
def test_the_shops_own_pages_ask_for_its_own_key(command: list[str], tmp_path: Path) -> None:
    """A page of the shop that asks Vectis is behind the shop's login, which the API knows nothing of."""
    with served(command, tmp_path) as client:
        assert client.ask("GET", "/staff").status_code == 401
        login = {"X-Staff-Key": "hush", "Authorization": "Basic aHVzaDpodXNo"}
        assert client.ask("GET", "/staff", headers=login).json() == {"orders": 0}


@pytest.mark.parametrize("command", PROXIED.values(), ids=list(PROXIED))
def test_behind_a_proxy(command: list[str], tmp_path: Path) -> None:
    """What the proxy cut off stands in Location again, and the host that was asked for names the tenant."""
    with served(command, tmp_path) as client:
        client.sent = {"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Host": "api.example.com"}
        client.sent["X-Forwarded-Prefix"] = "/oms"
        client.let_in(f"sqlite:///{tmp_path / 'shop.db'}", "")
        sell_a_lamp(client, "", "/oms")
        assert client.ask("GET", "/api/orders", headers={"X-Forwarded-Host": "other.example.com"}).status_code == 401


def test_every_command_that_is_shown_is_run() -> None:
    """Each server and each option that the first lines of an example name is one that a test starts it with."""
    run = {_without_place(" ".join(each)) for each in [*HOSTS.values(), *PROXIED.values()]}
    for path in FOLDER.glob("*.py"):
        shown = re.findall(r"((?:gunicorn|waitress-serve|uvicorn|granian) [^\n`#]*\w+:\w+(?:\(\))?)", path.read_text())
        assert shown, path
        for command in shown:
            plain = _without_place(command.replace('"', "").replace("-serve", ""))
            assert re.sub(r"workers \d+", "workers 2", plain) in run, f"{path.name}: {command}"


def _without_place(command: str) -> str:
    return re.sub(r" (--no-control-socket|(--bind|--listen|--port) \S+)", "", command)

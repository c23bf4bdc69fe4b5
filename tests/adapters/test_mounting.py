"""The API inside other applications: under a prefix, beside the host's own routes, through a server's life."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from flask import Flask
from http_faces import Shop, ask_asgi, environ_of, scope_of
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from vectis_asgi import asgi_app
from vectis_core import Vectis
from vectis_core.testing.clock import FrozenClock
from vectis_flask import VectisFlask, vectis_blueprint
from vectis_http import HttpApi, HttpRequest, HttpResponse, WsgiApp

PREFIX = "/l%C3%A1den%20a/oms"


@pytest.fixture(scope="module")
def oms() -> Iterator[Vectis]:
    """Return an open database."""
    with Vectis.open("memory://", clock=FrozenClock()) as oms:
        yield oms


def through_flask(oms: Vectis, request: HttpRequest) -> HttpResponse:
    """Answer by a blueprint under the prefix, in an application that has a route of its own."""
    app = Flask("host")
    app.add_url_rule("/own", view_func=lambda: "the host's own")
    app.register_blueprint(vectis_blueprint(oms), url_prefix="/láden a/oms")
    body, status, headers = app.test_client().run_wsgi_app(environ_of(request, sized=True), buffered=True)
    return HttpResponse(int(status.split()[0]), list(headers), b"".join(body))


def through_wsgi(oms: Vectis, request: HttpRequest) -> HttpResponse:
    """Answer by the WSGI callable below a SCRIPT_NAME, as a dispatcher calls it."""
    environ = environ_of(request, sized=True)
    mounted_at = "/láden a/oms".encode().decode("latin-1")
    if not environ["PATH_INFO"].startswith(mounted_at):
        return HttpResponse(200, [], b"the host's own")
    environ["SCRIPT_NAME"], environ["PATH_INFO"] = mounted_at, environ["PATH_INFO"].removeprefix(mounted_at)
    started: list[Any] = []
    body = WsgiApp(HttpApi(oms))(environ, lambda status, headers: started.extend([status, headers]))
    return HttpResponse(int(started[0].split()[0]), started[1], b"".join(body))


def through_starlette(oms: Vectis, request: HttpRequest) -> HttpResponse:
    """Answer by a mount in Starlette."""
    own = Route("/own", lambda _: PlainTextResponse("the host's own"))
    app = Starlette(routes=[own, Mount("/láden a/oms", app=asgi_app(oms))])
    return asyncio.run(ask_asgi(app, request))


def through_fastapi(oms: Vectis, request: HttpRequest) -> HttpResponse:
    """Answer by a mount in FastAPI."""
    app = FastAPI()
    app.add_api_route("/own", lambda: PlainTextResponse("the host's own"))
    app.mount("/láden a/oms", asgi_app(oms))
    return asyncio.run(ask_asgi(app, request))


HOSTS = [through_flask, through_wsgi, through_starlette, through_fastapi]


@pytest.mark.parametrize("host", HOSTS)
def test_a_mounted_api_knows_its_prefix(oms: Vectis, host: Any) -> None:
    """Below a prefix the API answers as at the root, and its Location headers start with the prefix."""

    def send(request: HttpRequest, _: bool) -> HttpResponse:
        path = PREFIX + request.path if request.path != "/own" else request.path
        moved = HttpRequest(request.method, path, request.query, request.headers, request.body, request.remote_address)
        answer: HttpResponse = host(oms, moved)
        return answer

    shop = Shop(send, oms, FrozenClock(), f"tenant-{HOSTS.index(host)}")
    made = shop.post("/api/products", {"sku": "A/B", "name": "x"})
    assert made.status == 201
    assert made.headers["location"] == f"{PREFIX}/api/products/{made.json['id']}"
    assert shop.get("/api/products/sku/A%2FB").json == made.json
    refused = shop.ask("BREW", "/api/products")
    assert (refused.status, refused.error) == (405, "MethodNotAllowed")
    assert shop.get("/nothing").error == "NotFound"
    assert shop.get("/own").body == b"the host's own"


def test_flask_serves_the_hosts_routes_first_where_there_is_no_prefix(oms: Vectis) -> None:
    """At the root the host's own rules win, and everything else is the API's."""
    app = Flask("host")
    app.add_url_rule("/own", view_func=lambda: "the host's own")
    app.register_blueprint(vectis_blueprint(oms))
    client = app.test_client()
    assert client.get("/own").text == "the host's own"
    assert client.get("/healthz").json == {"status": "ok"}
    assert client.get("/else").get_json()["error"] == "NotFound"


def test_the_extension_reads_the_applications_configuration(tmp_path: Path) -> None:
    """``VectisFlask`` opens the database that the configuration names, and hands it to the host's views."""
    app = Flask("host")
    app.config["VECTIS_DATABASE_URL"] = f"sqlite:///{tmp_path / 'shop.db'}"
    app.config["VECTIS_URL_PREFIX"] = "/oms"
    app.config["VECTIS_BODY_MAX"] = 10
    vectis = VectisFlask()
    with pytest.raises(RuntimeError, match="init_app"):
        _ = vectis.oms
    vectis.init_app(app)
    with vectis.oms:
        assert app.extensions["vectis"].oms is vectis.oms
        client = app.test_client()
        assert client.get("/oms/readyz").json == {"status": "ready"}
        assert client.post("/oms/oauth/token", data={"grant_type": "x" * 20}).status_code == 413
        assert (tmp_path / "shop.db").exists()


def test_the_extension_reads_every_setting_that_there_is(oms: Vectis) -> None:
    """What can be set in Python can be set in the application's configuration, under its name in capitals."""
    app = Flask("host")
    app.config["VECTIS_OPEN_METRICS"] = True
    app.config["VECTIS_PUSH_MAX"] = 10
    VectisFlask(app, oms=oms)
    client = app.test_client()
    oms.carriers.configure("ups", secrets=["a secret that UPS was given"])

    assert client.get("/metrics").status_code != 401
    pushed = client.post("/api/webhooks/carriers/ups/tracking", data=b"x" * 20)
    assert pushed.status_code == 413


def test_the_extension_takes_an_open_database(oms: Vectis) -> None:
    """A host that opened Vectis itself hands it in, and keeps it."""
    app = Flask("host")
    vectis = VectisFlask(app, oms=oms)
    assert vectis.oms is oms
    assert app.test_client().get("/healthz").status_code == 200


def test_the_asgi_application_follows_its_servers_life(oms: Vectis) -> None:
    """Startup and shutdown are acknowledged, so that servers with lifespan start and end cleanly."""
    waiting = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent: list[Any] = []

    async def receive() -> Any:
        return waiting.pop(0)

    async def send(message: Any) -> None:
        sent.append(message["type"])

    asyncio.run(asgi_app(oms)({"type": "lifespan"}, receive, send))
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


def test_a_websocket_is_turned_away(oms: Vectis) -> None:
    """The API has no websockets: the handshake is refused, not left hanging."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message["type"])

    asyncio.run(asgi_app(oms)({"type": "websocket"}, None, send))  # type: ignore[arg-type]  # never called
    assert sent == ["websocket.close"]


def test_a_client_that_goes_away_is_not_answered(oms: Vectis) -> None:
    """Who disconnects before the body is complete gets no answer, and nothing is done."""
    token = Shop(lambda r, _: HttpApi(oms).handle(r), oms, FrozenClock(), "gone").token
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    request = HttpRequest("POST", "/api/products", headers=headers)
    waiting = [{"type": "http.request", "body": b'{"sku":"A",', "more_body": True}, {"type": "http.disconnect"}]

    async def receive() -> Any:
        return waiting.pop(0)

    async def send(message: Any) -> None:
        raise AssertionError(message)

    asyncio.run(asgi_app(oms)(scope_of(request, sized=False), receive, send))
    assert list(oms.tenant("gone").products.list()) == []


def test_a_body_that_ends_early_is_refused(oms: Vectis) -> None:
    """A WSGI body shorter than it was declared is a 400, not a shorter body."""
    token = Shop(lambda r, _: HttpApi(oms).handle(r), oms, FrozenClock(), "early").token
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    environ = environ_of(HttpRequest("POST", "/api/products", headers=headers, body=b"{}"), sized=True)
    environ["CONTENT_LENGTH"] = "500"
    started: list[Any] = []
    body = WsgiApp(HttpApi(oms))(environ, lambda *told: started.extend(told))
    assert started[0] == "400 Bad Request"
    assert b"ended before its declared length" in b"".join(body)


def test_an_http_client_reaches_the_asgi_application(oms: Vectis) -> None:
    """A real client's requests, through its ASGI transport, are answered."""

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=asgi_app(oms))
        async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
            return await client.get("/readyz")

    assert asyncio.run(ask()).json() == {"status": "ready"}


@pytest.mark.parametrize(
    ("missing", "package", "extra"),
    [("joserfc", "vectis_http", "http"), ("joserfc", "vectis_asgi", "http"), ("flask", "vectis_flask", "flask")],
)
def test_a_missing_extra_is_named(missing: str, package: str, extra: str) -> None:
    """Importing what is in a face whose dependency is not installed says what to install."""
    program = f"import sys; sys.modules['{missing}'] = None; from {package} import *"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert f'pip install "vectis-oms[{extra}]"' in ended.stderr

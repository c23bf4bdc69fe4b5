"""The API and its host do not get in each other's way: errors, authentication, middleware, lives, several of us."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import httpx
import pytest
from fastapi import Depends, FastAPI, HTTPException
from fastapi.middleware.cors import CORSMiddleware
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.middleware.trustedhost import TrustedHostMiddleware
from flask import Flask, Response, abort, request
from starlette.applications import Starlette
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.routing import Mount

from vectis_asgi import asgi_app
from vectis_core import UsageError, Vectis
from vectis_flask import VectisFlask, vectis_blueprint
from vectis_http import wsgi_app

PRODUCT = {"sku": "LAMP-1", "name": "Lamp"}


@pytest.fixture
def oms() -> Iterator[Vectis]:
    """Return an open database."""
    with Vectis.open("memory://") as oms:
        yield oms


def form_of(oms: Vectis) -> dict[str, str]:
    """Return the form that asks for a token of a new client."""
    issued = oms.clients.create("a program")
    return {
        "grant_type": "client_credentials",
        "client_id": issued.client.id,
        "client_secret": str(issued.secret),
    }


def flask_host(before: Callable[[], object], *mounted: Any) -> Any:
    """Return a client of a Flask application with its own errors, and something before each request."""
    app = Flask("host")
    app.before_request(before)
    app.register_error_handler(404, lambda _: ("the host's own 404", 404))
    app.register_error_handler(Exception, lambda _: ("the host's own error", 500))
    for blueprint, prefix in mounted:
        app.register_blueprint(blueprint, url_prefix=prefix)
    return app.test_client()


def bearer(answer: Any) -> dict[str, str]:
    """Return the header for the token that was answered; both test clients know ``status_code``."""
    assert answer.status_code == 200, answer.text
    told = answer.json() if callable(answer.json) else answer.json
    return {"Authorization": f"Bearer {told['access_token']}"}


@pytest.mark.parametrize(
    "reads",
    [
        lambda: request.get_data(as_text=True),
        lambda: request.get_json(silent=True),
        lambda: request.form.get("csrf_token"),
        lambda: request.values.get("csrf_token"),
        lambda: request.stream,
        lambda: None,
    ],
    ids=["data", "json", "form", "values", "stream", "nothing"],
)
def test_flask_may_read_the_body_first(oms: Vectis, reads: Callable[[], object]) -> None:
    """A ``before_request`` that looks at the body, as logging and CSRF protection do, leaves it for the API."""
    client = flask_host(lambda: (reads(), None)[1], (vectis_blueprint(oms), "/oms"))
    headers = bearer(client.post("/oms/oauth/token", data=form_of(oms)))
    made = client.post("/oms/api/products", json=PRODUCT, headers=headers)
    assert (made.status_code, made.json["sku"]) == (201, "LAMP-1")


def test_flasks_errors_and_ours_stay_apart(oms: Vectis) -> None:
    """What is unknown below the prefix is answered by the API, elsewhere by the host."""
    client = flask_host(lambda: None, (vectis_blueprint(oms), "/oms"))
    assert client.get("/oms/nothing").json["error"] == "NotFound"
    assert client.get("/oms/api/products").json["error"] == "Unauthorized"
    assert client.delete("/oms/healthz").json["error"] == "MethodNotAllowed"
    assert (client.get("/nothing").text, client.get("/nothing").status_code) == ("the host's own 404", 404)


def test_flask_lets_the_blueprint_in_by_its_name(oms: Vectis) -> None:
    """A host that demands a login everywhere excepts us by the blueprint's name."""

    def login() -> None:
        if request.blueprint != "vectis":
            abort(Response("log in", 401))

    client = flask_host(login, (vectis_blueprint(oms), "/oms"))
    assert client.get("/oms/healthz").status_code == 200
    assert (client.get("/nothing").text, client.get("/nothing").status_code) == ("log in", 401)


def test_several_in_one_flask_application() -> None:
    """Two databases under two prefixes: the token of one opens nothing of the other, and neither sees the other's."""
    with Vectis.open("memory://") as one, Vectis.open("memory://") as two:
        mounted = [(vectis_blueprint(one, name="one"), "/one"), (vectis_blueprint(two, name="two"), "/two")]
        client = flask_host(lambda: None, *mounted)
        headers = bearer(client.post("/one/oauth/token", data=form_of(one)))
        made = client.post("/one/api/products", json=PRODUCT, headers=headers)
        assert made.headers["Location"].startswith("/one/api/products/")
        assert client.get("/two/api/products", headers=headers).status_code == 401
        assert [each.sku for each in one.products.list()] == ["LAMP-1"]
        assert list(two.products.list()) == []


class _Reading(BaseHTTPMiddleware):
    """Middleware that looks at the whole body before the application does."""

    async def dispatch(self, request: Request, call_next: Any) -> Any:
        """Answer with a header that tells how long the body was."""
        body = await request.body()
        response = await call_next(request)
        response.headers["x-body"] = str(len(body))
        return response


def fastapi_host() -> FastAPI:
    """Return an application with errors, authentication, a life and middleware of its own, and us in it."""

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        with Vectis.open("memory://") as app.state.oms:
            yield

    def key(request: Request) -> None:
        if request.headers.get("x-key") != "host":
            raise HTTPException(401, "the host's own key")

    app = FastAPI(lifespan=life, dependencies=[Depends(key)])
    app.add_api_route("/own", lambda: "own")
    app.add_exception_handler(404, lambda _request, _error: _plain("the host's own 404"))
    app.mount("/oms", asgi_app(lambda: app.state.oms))
    app.add_middleware(_Reading)
    app.add_middleware(GZipMiddleware, minimum_size=100)
    app.add_middleware(CORSMiddleware, allow_origins=["https://shop.example"], allow_headers=["authorization"])
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=["shop"])
    return app


def _plain(text: str) -> Any:
    from starlette.responses import PlainTextResponse

    return PlainTextResponse(text, 404)


@asynccontextmanager
async def living(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    """Return a client of an application that has started, for as long as it lives."""
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://shop") as client,
    ):
        yield client


def test_fastapis_ways_and_ours_stay_apart() -> None:
    """Middleware that reads bodies, zips, allows origins and checks hosts serves both; its dependencies are its own."""

    async def story() -> None:
        app = fastapi_host()
        async with living(app) as client:
            headers = bearer(await client.post("/oms/oauth/token", data=form_of(app.state.oms)))
            sent = {**headers, "origin": "https://shop.example"}
            made = await client.post("/oms/api/products", json=PRODUCT, headers=sent)
            assert made.status_code == 201
            assert made.headers["location"] == f"/oms/api/products/{made.json()['id']}"
            assert made.headers["access-control-allow-origin"] == "https://shop.example"
            assert int(made.headers["x-body"]) > 20
            assert made.headers["content-encoding"] == "gzip"
            assert (await client.get("/oms/nothing")).json()["error"] == "NotFound"
            missing = await client.get("/nothing")
            assert (missing.status_code, missing.text) == (404, "the host's own 404")
            assert (await client.get("/own")).json() == {"detail": "the host's own key"}
            assert (await client.get("/own", headers={"x-key": "host"})).json() == "own"
            asked = {"origin": "https://shop.example", "access-control-request-method": "GET"}
            asked["access-control-request-headers"] = "authorization"
            assert (await client.options("/oms/api/products", headers=asked)).status_code == 200
            assert (await client.get("/oms/healthz", headers={"host": "evil.example"})).status_code == 400

    asyncio.run(story())


def test_the_lifespan_opens_what_is_mounted() -> None:
    """A function in the place of an open Vectis finds the one of this life; the next life has another."""

    async def two_lives() -> None:
        app = fastapi_host()
        for _ in range(2):
            async with living(app) as client:
                headers = bearer(await client.post("/oms/oauth/token", data=form_of(app.state.oms)))
                assert (await client.post("/oms/api/products", json=PRODUCT, headers=headers)).status_code == 201
                assert len((await client.get("/oms/api/products", headers=headers)).json()["products"]) == 1

    asyncio.run(two_lives())


def test_several_in_one_starlette_application() -> None:
    """Two databases under two mounts keep to themselves."""

    async def story(one: Vectis, two: Vectis) -> None:
        mounts = [Mount("/a/one", app=asgi_app(one)), Mount("/a", app=asgi_app(two))]
        async with living(Starlette(routes=mounts)) as client:
            headers = bearer(await client.post("/a/one/oauth/token", data=form_of(one)))
            made = await client.post("/a/one/api/products", json=PRODUCT, headers=headers)
            assert made.headers["location"].startswith("/a/one/api/products/")
            assert (await client.get("/a/api/products", headers=headers)).status_code == 401

    with Vectis.open("memory://") as one, Vectis.open("memory://") as two:
        asyncio.run(story(one, two))


def test_a_wsgi_application_asks_for_the_open_vectis(oms: Vectis) -> None:
    """``wsgi_app`` takes an open Vectis, or a function that is asked with every request."""
    now = [oms]
    for given in (oms, lambda: now[0]):
        client = Flask("unused").test_client()
        client.application.wsgi_app = wsgi_app(given)
        assert client.get("/readyz").status_code == 200
    with Vectis.open("memory://") as other:
        now[0] = other
        assert client.post("/oauth/token", data=form_of(other)).status_code == 200
    assert client.get("/readyz").status_code == 503


@pytest.mark.parametrize("face", [asgi_app, wsgi_app, vectis_blueprint])
def test_a_bad_setting_is_told_at_once(face: Callable[..., Any]) -> None:
    """Settings are looked at when the application is put together, though Vectis is opened later."""

    def later() -> Vectis:
        raise AssertionError("asked for too early")

    with pytest.raises(ValueError, match="rate_limit"):
        face(later, rate_limit=0)


def test_the_extension_tells_at_once_what_it_cannot_open() -> None:
    """A database that cannot be opened stops the host's start, and not its first request."""
    app = Flask("host")
    app.config["VECTIS_DATABASE_URL"] = "nonsense://"
    with pytest.raises(UsageError.__mro__[1], match="nonsense"):
        VectisFlask(app)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("VECTIS_RATELIMIT", "VECTIS_RATELIMIT is no setting of Vectis; VECTIS_RATE_LIMIT is meant"),
        ("VECTIS_TRUSTED_PROXY", "VECTIS_TRUSTED_PROXIES is meant"),
        ("VECTIS_QUITE_ELSE", r"VECTIS_QUITE_ELSE is no setting of Vectis\. There are: VECTIS_DATABASE_URL, "),
    ],
)
def test_a_setting_that_there_is_not_is_refused(oms: Vectis, name: str, told: str) -> None:
    """A typing error in Flask's configuration is told at the start, with the nearest name or all of them."""
    app = Flask("host")
    app.config[name] = "10.0.0.1"
    with pytest.raises(UsageError, match=told):
        VectisFlask(app, oms=oms)


def test_settings_of_the_environment_and_of_others_are_let_be(oms: Vectis) -> None:
    """The application's own settings, and ours that stand in the environment, may be in the configuration."""
    app = Flask("host")
    app.config |= {"VECTIS_SECRET_KEY": "k", "VECTIS_RATE_LIMIT": 7, "SHOP_RATELIMIT": 1}
    assert VectisFlask(app, oms=oms).oms is oms


def test_flask_takes_a_function_that_opens(oms: Vectis) -> None:
    """It is asked for nothing before the first request, as a server that forks needs, then for each."""
    asked: list[Vectis] = []
    app = Flask("host")
    vectis = VectisFlask(app, oms=lambda: asked.append(oms) or oms)  # type: ignore[func-returns-value]  # it does both

    assert asked == []
    assert app.test_client().get("/readyz").status_code == 200
    assert asked == [oms]
    assert vectis.oms is oms


def test_openers_in_threads_make_one_api(oms: Vectis) -> None:
    """Of many that come first at once, all are served by one and the same."""
    from concurrent.futures import ThreadPoolExecutor

    from vectis_http.late import Late

    made: list[object] = []
    late = Late(lambda: oms, partial(_make, made))
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: late(), range(64)))
    assert len(made) == 1
    assert {id(each) for each in found} == {id(made[0])}


def _make(made: list[object], _: Vectis) -> object:
    made.append(object())
    return made[-1]

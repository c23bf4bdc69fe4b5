"""One way to call every face of the HTTP API, so that a test is written once and run over all of them."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Any
from urllib.parse import quote, unquote_to_bytes, urlencode

import attrs
from described import check_described
from flask import Flask
from through_client import through_client

from vectis_asgi import AsgiApp
from vectis_core import Vectis
from vectis_core.access import SCOPES
from vectis_core.testing.clock import FrozenClock
from vectis_flask.blueprint import mount
from vectis_http import HttpApi, HttpRequest, HttpResponse, WsgiApp

#: Takes a request, and whether its body comes with a declared length; returns what the face answers.
Send = Callable[[HttpRequest, bool], HttpResponse]


def _with_length(request: HttpRequest) -> dict[str, str]:
    length = {"content-length": str(len(request.body))} if request.body else {}
    return {"host": "localhost", **length, **request.headers}


@contextmanager
def in_memory(api: HttpApi) -> Iterator[Send]:
    """No server at all."""

    def send(request: HttpRequest, sized: bool) -> HttpResponse:
        headers = _with_length(request) if sized else request.headers
        return api.handle(attrs.evolve(request, headers=headers))

    yield send


def environ_of(request: HttpRequest, *, sized: bool) -> dict[str, Any]:
    """Return the request as a WSGI server would hand it over, its path decoded."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(request.path).decode("latin-1"),
        "QUERY_STRING": request.query,
        "REMOTE_ADDR": request.remote_address,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.input": io.BytesIO(request.body + (b"of the next request" if sized else b"")),
        "wsgi.input_terminated": not sized,
        "wsgi.url_scheme": "http",
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
    }
    for name, value in (_with_length(request) if sized else {"host": "localhost", **request.headers}).items():
        key = name.upper().replace("-", "_")
        environ[key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"] = value
    return environ


@contextmanager
def wsgi(api: HttpApi) -> Iterator[Send]:
    """The plain WSGI callable."""
    app = WsgiApp(api)

    def send(request: HttpRequest, sized: bool) -> HttpResponse:
        started: list[Any] = []
        body = app(environ_of(request, sized=sized), lambda status, headers: started.extend([status, headers]))
        return HttpResponse(int(started[0].split()[0]), started[1], b"".join(body))

    yield send


@contextmanager
def flask(api: HttpApi) -> Iterator[Send]:
    """The blueprint in a Flask application, through Flask's test client."""
    app = Flask("shop")
    app.register_blueprint(mount(api))
    client = app.test_client()

    def send(request: HttpRequest, sized: bool) -> HttpResponse:
        body, status, headers = client.run_wsgi_app(environ_of(request, sized=sized), buffered=True)
        return HttpResponse(int(status.split()[0]), list(headers), b"".join(body))

    yield send


def scope_of(request: HttpRequest, *, sized: bool) -> dict[str, Any]:
    """Return the request as an ASGI server would hand it over."""
    headers = _with_length(request) if sized else {"host": "localhost", **request.headers}
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": "http",
        "path": unquote_to_bytes(request.path).decode("utf-8", "replace"),
        "raw_path": request.path.encode(),
        "query_string": request.query.encode(),
        "root_path": "",
        "headers": [(k.encode("latin-1"), v.encode("latin-1")) for k, v in headers.items()],
        "client": (request.remote_address, 4711),
    }


async def ask_asgi(app: Any, request: HttpRequest, *, sized: bool = True) -> HttpResponse:
    """Return what an ASGI application answers; the body comes in two pieces."""
    half = len(request.body) // 2
    waiting = [
        {"type": "http.request", "body": request.body[:half], "more_body": True},
        {"type": "http.request", "body": request.body[half:]},
    ]
    sent: list[Any] = []

    async def receive() -> Any:
        return waiting.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope_of(request, sized=sized), receive, send)
    headers = [(name.decode(), value.decode("latin-1")) for name, value in sent[0]["headers"]]
    return HttpResponse(sent[0]["status"], headers, b"".join(m.get("body", b"") for m in sent[1:]))


@contextmanager
def asgi(api: HttpApi) -> Iterator[Send]:
    """The plain ASGI callable, on an event loop."""
    app = AsgiApp(api)
    with asyncio.Runner() as runner:
        yield lambda request, sized: runner.run(ask_asgi(app, request, sized=sized))


FACES = {"handle": in_memory, "WSGI": wsgi, "ASGI": asgi, "Flask": flask}
#: What the API suite runs over: the faces, and the client.
SUITE = {**FACES, "client": through_client}


@attrs.frozen
class Answer:
    """A response, easier to look at."""

    status: int
    #: By lower-case name.
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """What the body says, its numbers exact."""
        return json.loads(self.body, parse_float=Decimal)

    @property
    def error(self) -> str:
        """The name of the error that it tells, in the guide's form."""
        told = self.json
        assert {"error", "message", "details"} <= set(told)
        assert isinstance(told["message"], str)
        assert isinstance(told["details"], dict)
        return str(told["error"])

    @property
    def field(self) -> Any:
        """The first bad field."""
        assert self.error == "ValidationError", self.json
        assert self.status == 400
        return self.json["details"]["field"]


class Shop:
    """A client of the API with a tenant of its own."""

    def __init__(self, send: Send, oms: Vectis, clock: FrozenClock, tenant: str) -> None:
        self.send = send
        self.oms = oms
        self.clock = clock
        self.tenant = tenant
        self.face = oms.tenant(tenant)
        self.token = self.new_token()

    def new_token(self, scopes: tuple[str, ...] = SCOPES) -> str:
        """Return an access token of a new client with *scopes*."""
        issued = self.face.clients.create("a program", scopes=scopes)
        return self.token_of(issued.client.id, str(issued.secret))

    def token_of(self, client_id: str, secret: str) -> str:
        """Return an access token by client credentials."""
        form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
        answer = self.ask("POST", "/oauth/token", urlencode(form).encode(), token=None, content_type=FORM)
        assert answer.status == 200, answer.json
        return str(answer.json["access_token"])

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = "",
        content_type: str | None = "application/json",
        sized: bool = True,
        address: str = "192.0.2.1",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request, with the shop's own token unless told otherwise; bytes go as they are, else as JSON."""
        plain_path, _, query = path.partition("?")
        sent = dict(headers or {})
        if token is not None:
            sent["authorization"] = f"Bearer {token or self.token}"
        content = body if isinstance(body, bytes) else b"" if body is None else to_json(body)
        if body is not None and content_type is not None:
            sent["content-type"] = content_type
        request = HttpRequest(
            method=method,
            path=quote(plain_path, safe="/%:@!$&'()*+,;=~"),
            query=query,
            headers=sent,
            body=content,
            remote_address=address,
        )
        response = self.send(request, sized)
        # Whatever a test is about: what the API answers, it has said in its description.
        check_described(request, response)
        return Answer(response.status, {n.lower(): v for n, v in response.headers}, response.body)

    def get(self, path: str, **more: Any) -> Answer:
        """Send a GET request."""
        return self.ask("GET", path, **more)

    def post(self, path: str, body: Any = None, **more: Any) -> Answer:
        """Send a POST request."""
        return self.ask("POST", path, body, **more)

    def patch(self, path: str, body: Any = None, **more: Any) -> Answer:
        """Send a PATCH request."""
        return self.ask("PATCH", path, body, **more)

    def delete(self, path: str, **more: Any) -> Answer:
        """Send a DELETE request."""
        return self.ask("DELETE", path, **more)

    def stocked(self, sku: str = "WIDGET-001", pieces: int = 100) -> Any:
        """Make a product with so many pieces on hand, and return its stock record."""
        made = self.post("/api/products", {"sku": sku, "name": f"The {sku}"})
        assert made.status == 201, made.json
        record = self.get(f"/api/inventory?sku={quote(sku, safe='')}").json["items"][0]
        if not pieces:
            return record
        adjusted = self.patch(f"/api/inventory/{record['id']}/adjust", {"adjustment": pieces, "reason": "delivery"})
        assert adjusted.status == 200, adjusted.json
        return adjusted.json

    def ordered(self, external_id: str = "SHOPIFY-12345", **changes: Any) -> Any:
        """Create an order of two widgets and return it."""
        made = self.post("/api/orders", an_order(external_id, **changes))
        assert made.status == 201, made.json
        return made.json

    def shipped(self, external_id: str = "SHOPIFY-12345") -> Any:
        """Create, confirm and ship an order, and return its shipment."""
        order = self.ordered(external_id)
        assert self.post(f"/api/orders/{order['id']}/confirm").status == 200
        parcel = {"carrier": "ups", "trackingNumber": "1Z999AA10123456784"}
        made = self.post(f"/api/orders/{order['id']}/shipments", parcel)
        assert made.status == 201, made.json
        return made.json


FORM = "application/x-www-form-urlencoded"

AN_ADDRESS = {"name": "Jane Smith", "line1": "123 Main St", "city": "Austin", "country": "US"}


def an_order(external_id: str = "SHOPIFY-12345", **changes: Any) -> dict[str, Any]:
    """Return the body of an order of two widgets."""
    body = {
        "externalId": external_id,
        "items": [{"sku": "WIDGET-001", "quantity": 2, "unitPrice": Decimal("29.99")}],
        "shippingAddresses": [AN_ADDRESS],
    }
    return body | changes


def to_json(value: Any) -> bytes:
    """Return *value* in JSON, a Decimal as a number; none of the product's own code is used."""
    if isinstance(value, dict):
        members = [b"%s:%s" % (json.dumps(k).encode(), to_json(v)) for k, v in value.items()]
        return b"{%s}" % b",".join(members)
    if isinstance(value, list | tuple):
        return b"[%s]" % b",".join(map(to_json, value))
    return str(value).encode() if isinstance(value, Decimal) else json.dumps(value).encode()

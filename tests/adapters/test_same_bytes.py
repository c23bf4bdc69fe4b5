"""All faces over all backends answer one story with the same status, the same headers and the same bytes."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from http_faces import FACES, FORM, Send, Shop, an_order

from vectis_core import Vectis
from vectis_core.testing.clock import FrozenClock
from vectis_core.testing.ids import CountingIds
from vectis_http import HttpApi, HttpConfig, HttpRequest, HttpResponse

#: What a server adds by itself, and the API to tell one request from another.
_VARYING = {"date", "server", "x-request-id"}
#: Status, headers by lower-case name, and body of each answer.
Told = list[tuple[int, list[tuple[str, str]], bytes]]


def go_through(send: Send, oms: Vectis, clock: FrozenClock) -> Told:
    """Go through a story with every kind of answer, and return all of them in order."""
    told: Told = []

    def listen(request: HttpRequest, sized: bool) -> HttpResponse:
        response = send(request, sized)
        # The token is signed with a key of the run's own.
        if b"access_token" not in response.body:
            headers = sorted((n.lower(), v) for n, v in response.headers if n.lower() not in _VARYING)
            told.append((response.status, headers, response.body))
        return response

    shop = Shop(listen, oms, clock, "acme")
    record = shop.stocked("A/B ü")
    shop.stocked()
    order = shop.ordered()
    shipment = shop.shipped("SECOND")
    ask_everything(shop, order["id"])
    change_things(shop, order["id"], shipment["id"], record["id"])
    be_refused(shop)
    return told


def ask_everything(shop: Shop, order_id: str) -> None:
    """Ask by every method, known or not, at paths of every kind."""
    paths = (
        "/api/orders",
        f"/api/orders/{order_id}",
        "/api/products/sku/A%2FB%20%C3%BC",
        "/api/events?limit=3",
        "/oauth/token",
        "/healthz",
        "/nothing//at%20all",
        "//",
        "/api/products/%FF",
        "/api/orders?limit=0&limit=x&what=%FF",
    )
    for method in ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"):
        for path in paths:
            shop.ask(method, path)


def change_things(shop: Shop, order_id: str, shipment_id: str, stock_id: str) -> None:
    """Change, repeat, replay, and break rules."""
    shop.post("/api/orders", an_order())
    shop.post("/api/orders", an_order(customerId="other"))
    cancel = f"/api/orders/{order_id}/cancel"
    shop.post(cancel, b"\xff")
    for _ in range(2):
        shop.post(cancel, {"reason": "x"}, headers={"idempotency-key": "k"})
    shop.post(cancel, {"reason": "x"})
    shop.post(f"/api/shipments/{shipment_id}/deliver", b"{}", sized=False)
    shop.patch(f"/api/inventory/{stock_id}/adjust", {"adjustment": -101, "reason": "x"})


def be_refused(shop: Shop) -> None:
    """Be refused for the body, for the token, and for being revoked."""
    for sized in (True, False):
        shop.post("/api/orders", b"x" * 2_000_000, sized=sized)
    shop.post("/api/orders", an_order(), content_type="text/plain")
    shop.get("/api/orders", token="bad")
    shop.get("/api/orders", token=None)
    shop.post("/oauth/token", b"grant_type=password", token=None, content_type=FORM)
    assert {shop.get("/api/settings").status for _ in range(200)} == {200, 429}
    shop.token = shop.new_token()
    shop.delete(f"/api/clients/{shop.get('/api/clients').json['clients'][0]['id']}")
    shop.get("/api/orders")


def told_by(face: str, url: str) -> Told:
    """Return what one face answers over a new database."""
    clock = FrozenClock()
    ids = CountingIds()
    with Vectis.open(url, clock=clock, ids=ids) as oms:
        api = HttpApi(oms, HttpConfig(rate_limit=150), environ={})
        # From here on alike, however many ids a backend takes to open.
        ids._numbers = itertools.count(1000)
        with FACES[face](api) as send:
            return go_through(send, oms, clock)


@pytest.fixture(scope="module")
def expected() -> Told:
    """Return what the API answers without a server, from memory."""
    return told_by("handle", "memory://")


def test_the_story_has_every_kind_of_answer(expected: Told) -> None:
    """The comparison below is worth something only if the story is rich."""
    kinds = {200, 201, 204, 400, 401, 404, 405, 409, 413, 415, 429}
    assert kinds <= {status for status, _, _ in expected}


@pytest.mark.parametrize("backend", ["memory", "sqlite"])
@pytest.mark.parametrize("face", list(FACES))
def test_every_face_answers_the_same_bytes(face: str, backend: str, expected: Told, tmp_path: Path) -> None:
    """Whatever serves and whatever stores, the answers are equal to the last byte."""
    url = "memory://" if backend == "memory" else f"sqlite:///{tmp_path / 'shop.db'}"
    assert told_by(face, url) == expected

"""Paths, methods and headers: what every operation has in common."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from http_faces import Shop


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/api",
        "/api/",
        "/api/nothing",
        "/api/orders/",
        "//api/orders",
        "/api//orders",
        "/api/orders/x/y/z",
        "/api/orders/../products",
        "/api/orders/%00",
        "/api/orders/%0A/x",
        "/api/products/%FF",
        "/api/products/sku/",
        "/healthz/",
        "/API/orders",
    ],
)
def test_an_unknown_path_is_not_found(shop: Shop, path: str) -> None:
    """What is at no path of the API is a 404 in the API's own form, with a token or without."""
    for token in ("", None):
        refused = shop.get(path, token=token)
        assert (refused.status, refused.error) == (404, "NotFound")


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", "/api/orders", "GET, HEAD, OPTIONS, POST"),
        ("DELETE", "/api/orders/x", "GET, HEAD, OPTIONS"),
        ("GET", "/api/orders/x/cancel", "OPTIONS, POST"),
        ("HEAD", "/oauth/token", "OPTIONS, POST"),
        ("GET", "/api/inventory/x/adjust", "OPTIONS, PATCH"),
        ("TRACE", "/healthz", "GET, HEAD, OPTIONS"),
        ("PURGE", "/api/clients/x", "DELETE, GET, HEAD, OPTIONS"),
        ("get", "/api/orders", "GET, HEAD, OPTIONS, POST"),
    ],
)
def test_a_wrong_method_is_told_the_right_ones(shop: Shop, method: str, path: str, allow: str) -> None:
    """A method that a path does not take is a 405 whose Allow header lists what it takes."""
    refused = shop.ask(method, path)
    assert refused.status == 405
    assert refused.headers["allow"] == allow
    if method != "HEAD":
        assert refused.error == "MethodNotAllowed"


def test_options_lists_the_methods(shop: Shop) -> None:
    """OPTIONS needs no token and answers with the Allow header alone."""
    answer = shop.ask("OPTIONS", "/api/orders/x", token=None)
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"
    assert "content-type" not in answer.headers


def test_head_answers_as_get_without_the_body(shop: Shop) -> None:
    """HEAD has the headers of GET, its length included, and no body."""
    shop.stocked()
    got = shop.get("/api/inventory")
    head = shop.ask("HEAD", "/api/inventory")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == got.headers["content-length"] == str(len(got.body))
    assert shop.ask("HEAD", "/api/orders/x").status == 404


def test_every_answer_is_marked(shop: Shop) -> None:
    """Successes and refusals alike are JSON that must not be stored or guessed at."""
    for answer in (shop.get("/api/orders"), shop.get("/nothing"), shop.get("/api/orders", token="x")):
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "sku",
    ["WIDGET-001", "A/B", "A//B", "/", "A/", "50%", "%41", "a b", "a+b", "ü/ß", "..", "?x=1", "#1", "日本", "a;b,c"],
)
def test_a_product_is_found_by_any_sku(shop: Shop, sku: str) -> None:
    """A SKU of any characters stands percent-encoded in the path, slashes included."""
    made = shop.post("/api/products", {"sku": sku, "name": "Odd"})
    assert made.status == 201
    found = shop.get(f"/api/products/sku/{quote(sku, safe='')}")
    assert (found.status, found.json) == (200, made.json)
    listed = shop.get(f"/api/products?sku={quote(sku, safe='')}")
    assert listed.json["products"] == [made.json]


def test_a_slash_in_a_sku_may_stand_as_it_is(shop: Shop) -> None:
    """``A%2FB`` and ``A/B`` in the path are the same SKU, since some servers do not tell them apart."""
    made = shop.post("/api/products", {"sku": "A/B", "name": "Odd"})
    assert shop.get("/api/products/sku/A/B").json == made.json


def test_a_space_in_a_query_may_be_a_plus(shop: Shop) -> None:
    """A query is read as forms write it."""
    made = shop.post("/api/products", {"sku": "a b", "name": "Odd"})
    assert shop.get("/api/products?sku=a+b").json["products"] == [made.json]


@pytest.mark.parametrize("step", ["confirm", "cancel"])
@pytest.mark.parametrize(
    ("body", "content_type"),
    [(None, None), (b"", None), (b"", "text/plain"), (b"{}", "application/json"), (b"", "application/json")],
)
def test_a_step_that_needs_nothing_takes_nothing(
    shop: Shop, step: str, body: bytes | None, content_type: str | None
) -> None:
    """Where no field is required, ``{}`` and no body at all mean the same."""
    shop.stocked()
    order = shop.ordered()
    answer = shop.post(f"/api/orders/{order['id']}/{step}", body, content_type=content_type)
    assert answer.status == 200, answer.json


def test_a_step_that_needs_nothing_still_reads_what_it_is_given(shop: Shop) -> None:
    """A body on such a step is judged like any other."""
    shop.stocked()
    order = shop.ordered()
    place = f"/api/orders/{order['id']}/confirm"
    assert shop.post(place, {"reason": "x"}).field == "reason"
    assert shop.post(place, b"[]").status == 400
    assert shop.post(place, b"{}", content_type="text/plain").status == 415
    assert shop.post(place, b"{}", content_type=None).status == 415
    assert shop.get(f"/api/orders/{order['id']}").json["status"] == "pending"


def test_the_server_tells_how_it_is_without_a_token(shop: Shop) -> None:
    """Health and readiness are answered to anyone."""
    assert shop.get("/healthz", token=None).json == {"status": "ok"}
    assert shop.get("/readyz", token=None).json == {"status": "ready"}


def test_the_key_set_is_public_and_may_be_kept(shop: Shop) -> None:
    """The keys that verify tokens are published without their private halves, for a while of caching."""
    answer = shop.get("/.well-known/jwks.json", token=None)
    assert answer.status == 200
    assert answer.headers["cache-control"] == "public, max-age=300"
    for key in answer.json["keys"]:
        assert set(key) == {"kty", "n", "e", "kid", "use", "alg"}

"""The access log: one record for each request, with all that is asked of it and nothing that must not be told."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from http_faces import Shop, scope_of
from hypothesis import given
from hypothesis import strategies as st

from vectis_asgi import AsgiApp
from vectis_core import Vectis
from vectis_http import HttpApi, HttpConfig, HttpRequest

ACCESS = "vectis.http.access"
FIELDS = (
    *("request_id", "method", "route", "status", "bytes", "duration_ms"),
    *("tenant", "client_id", "remote_address"),
)


def records(caplog: pytest.LogCaptureFixture) -> list[Any]:
    """Return what the access log has, field by field."""
    return [record.__dict__ for record in caplog.records if record.name == ACCESS]


@pytest.fixture(autouse=True)
def _written(caplog: pytest.LogCaptureFixture) -> Any:
    with caplog.at_level(logging.INFO, ACCESS):
        yield


def test_a_request_is_one_record(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    """Who asked for what, from where, and how it was answered; the template of the path in the place of the path."""
    order = (shop.stocked(), shop.ordered())[1]
    caplog.clear()

    answer = shop.get(f"/api/orders/{order['id']}?secret=sEcReT")
    found = shop.get(f"/api/orders/{order['id']}")

    refused, told = records(caplog)
    assert set(FIELDS) <= set(told)
    assert (refused["status"], refused["route"]) == (answer.status, "/api/orders/{id}")
    assert (told["method"], told["route"], told["status"]) == ("GET", "/api/orders/{id}", 200)
    assert told["bytes"] == len(found.body)
    assert told["request_id"] == found.headers["x-request-id"]
    assert told["tenant"] == shop.tenant
    assert told["client_id"].startswith("cli_")
    assert told["remote_address"] == "192.0.2.1"
    assert told["duration_ms"] >= 0
    assert told["levelname"] == "INFO"
    assert "GET /api/orders/{id} 200 in" in caplog.text


@pytest.mark.parametrize(
    ("method", "path", "token", "told"),
    [
        ("GET", "/nothing/sEcReT", "", ("GET", None, 404)),
        ("GET", "/api/orders", "bad", ("GET", "/api/orders", 401)),
        ("BREW", "/api/orders", "", ("_OTHER", "/api/orders", 405)),
        ("HEAD", "/api/orders", "", ("HEAD", "/api/orders", 200)),
        (
            *("POST", "/api/webhooks/carriers/ups/tracking/sEcReT", None),
            ("POST", "/api/webhooks/carriers/{carrier}/tracking/{secret}", 401),
        ),
    ],
)
def test_what_is_refused_is_one_too(
    shop: Shop, caplog: pytest.LogCaptureFixture, method: str, path: str, token: str | None, told: tuple[Any, ...]
) -> None:
    """Neither a path, nor a method that a client made up, is told."""
    shop.ask(method, path, b"{}" if method == "POST" else None, token=token)

    [record] = records(caplog)
    assert (record["method"], record["route"], record["status"]) == told
    assert record.get("error") == {404: "NotFound", 401: "Unauthorized", 405: "MethodNotAllowed"}.get(told[2])
    assert "sEcReT" not in repr(record)
    assert "BREW" not in repr(record)
    assert record["bytes"] == 0 or method != "HEAD"


def test_whose_token_lacks_the_scope_or_asks_too_often_is_told(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    """A refusal of a good token names tenant and client, for that is whom to talk to."""
    token = shop.new_token(("events:read",))
    caplog.clear()
    shop.get("/api/orders", token=token)

    [record] = records(caplog)
    assert (record["status"], record["tenant"]) == (403, shop.tenant)
    assert record["client_id"]


def test_nothing_is_written_where_the_level_is_higher(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    """An application turns it off by the level of the logger."""
    logging.getLogger(ACCESS).setLevel(logging.WARNING)
    shop.get("/api/orders")

    assert records(caplog) == []


def served(config: HttpConfig, request: HttpRequest) -> None:
    """Answer a request with an API of its own."""
    with Vectis.open("memory://") as oms:
        HttpApi(oms, config, environ={}).handle(request)


def test_the_address_is_that_which_the_proxies_setting_believes(caplog: pytest.LogCaptureFixture) -> None:
    """The client's behind a named proxy, and that of whoever connects where none is named."""
    request = HttpRequest("GET", "/healthz", headers={"x-forwarded-for": "203.0.113.9"}, remote_address="10.0.0.1")
    served(HttpConfig(trusted_proxies=("10.0.0.0/8",)), request)
    served(HttpConfig(), request)

    assert [record["remote_address"] for record in records(caplog)] == ["203.0.113.9", "10.0.0.1"]


@given(text=st.text(st.characters(max_codepoint=0xFF), max_size=60))
def test_no_client_writes_lines_of_its_own(text: str) -> None:
    """Whatever stands in a method, a path, a query or a forwarded address, the message stays one plain line."""
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]  # of this handler
    logger = logging.getLogger(ACCESS)
    logger.addHandler(handler)
    try:
        headers = {"x-forwarded-for": f"fe80::1%{text}", "x-request-id": text}
        API.handle(HttpRequest(text, f"/{text}", text, headers, remote_address="10.0.0.1"))
    finally:
        logger.removeHandler(handler)

    [line] = lines
    assert line.isascii()
    assert line.isprintable()


API = HttpApi(Vectis.open("memory://"), HttpConfig(trusted_proxies=("10.0.0.1",)), environ={})


def test_a_client_that_went_away_is_told_as_such(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    """Who leaves before the body has come gets no answer, and a record with 499."""
    request = HttpRequest(
        *("POST", "/api/orders", ""),
        {"authorization": f"Bearer {shop.token}", "content-type": "application/json", "content-length": "9"},
    )

    async def gone() -> Any:
        return {"type": "http.disconnect"}

    async def send(_: Any) -> None:
        raise AssertionError("nobody is left to answer")

    caplog.clear()
    asyncio.run(AsgiApp(HttpApi(shop.oms, environ={}))(scope_of(request, sized=True), gone, send))

    [record] = records(caplog)
    assert (record["status"], record["bytes"], record["route"]) == (499, 0, "/api/orders")

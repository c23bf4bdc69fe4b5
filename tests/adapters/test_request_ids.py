"""Each request has an id, which its answer and all that is logged of it have, on every face."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from http_faces import FACES, Shop, an_order
from hypothesis import given
from hypothesis import strategies as st

from vectis_core import Vectis
from vectis_core.loggers import REQUEST_ID
from vectis_core.testing.clock import FrozenClock
from vectis_http import HttpApi, HttpConfig, HttpRequest

GIVEN = {"x-request-id": "of-the-client.1"}


def every_kind(shop: Shop, **more: Any) -> list[Any]:
    """Return an answer of each kind that layers give: found and not, allowed and not, refused before and after."""
    return [
        shop.get("/api/orders", **more),
        shop.get("/healthz", token=None, **more),
        shop.get("/docs", token=None, **more),
        shop.get("/api/orders", token="bad", **more),
        shop.get("/api/orders/none", **more),
        shop.get("/nothing", **more),
        shop.ask("DELETE", "/api/orders", **more),
        shop.ask("OPTIONS", "/api/orders", **more),
        shop.ask("HEAD", "/api/orders", **more),
        shop.post("/api/orders", b"no JSON", **more),
        shop.post("/api/orders", b"x" * (1024 * 1024 + 1), **more),
        shop.post("/api/orders", b"", content_type="text/plain", **more),
        shop.ask("POST", "/oauth/token", b"", token=None, **more),
        shop.post("/api/webhooks/carriers/ups/tracking", b"{}", token=None, **more),
    ]


def test_every_answer_has_the_id_that_its_request_came_with(shop: Shop) -> None:
    """Whichever layer answers, and whatever it says."""
    answers = every_kind(shop, headers=GIVEN)

    assert {each.status for each in answers} >= {200, 204, 400, 401, 404, 405, 413, 415}
    assert {each.headers["x-request-id"] for each in answers} == {"of-the-client.1"}


def test_a_request_without_one_gets_one_of_its_own(shop: Shop) -> None:
    """No two answers have the same, and each can be echoed."""
    ids = [each.headers["x-request-id"] for each in every_kind(shop)]

    assert len(set(ids)) == len(ids)
    assert all(each.isascii() and each.isprintable() and 1 <= len(each) <= 128 for each in ids)


@pytest.mark.parametrize("face", FACES)
def test_a_refusal_by_the_limit_and_a_failure_have_it_too(face: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """429 and 500, of which people ask most."""
    clock = FrozenClock()
    with (
        Vectis.open("memory://", clock=clock) as oms,
        FACES[face](HttpApi(oms, HttpConfig(rate_limit=2), environ={})) as send,
    ):
        shop = Shop(send, oms, clock, "acme")
        monkeypatch.setattr("vectis_core.queries.order", None)
        answers = [shop.get("/api/orders/x", headers=GIVEN) for _ in range(3)]

    assert [each.status for each in answers] == [500, 500, 429]
    assert [each.headers["x-request-id"] for each in answers] == ["of-the-client.1"] * 3


VISIBLE = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=128)


@given(text=VISIBLE | st.text(st.characters(max_codepoint=0xFF), max_size=300))
def test_only_what_can_be_echoed_is_kept(text: str) -> None:
    """1 to 128 visible ASCII characters; whatever else comes, another id takes its place, and no header is split."""
    answer = API.handle(HttpRequest("GET", "/healthz", headers={"x-request-id": text}))
    [told] = [value for name, value in answer.headers if name == "X-Request-Id"]

    can_be = 1 <= len(text) <= 128 and all("!" <= each <= "~" for each in text)
    assert (told == text) is can_be
    assert 1 <= len(told) <= 128
    assert all("!" <= each <= "~" for each in told)


API = HttpApi(Vectis.open("memory://"), environ={})


@pytest.mark.parametrize(("path", "question"), [("/api/orders/none", "order"), ("/api/orders", "orders")])
def test_what_is_logged_meanwhile_has_the_id(
    shop: Shop, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, path: str, question: str
) -> None:
    """Whoever logs, in whichever thread the request is worked on; and nothing that is logged afterwards."""
    logger = logging.getLogger("vectis.carriers")
    monkeypatch.setattr(f"vectis_http.resources.orders.queries.{question}", lambda *_: logger.warning("in the midst"))
    with caplog.at_level(logging.WARNING, "vectis"):
        shop.get(path, headers=GIVEN)
        logger.warning("afterwards")

    told = {record.getMessage(): getattr(record, "request_id", None) for record in caplog.records}
    assert told["in the midst"] == "of-the-client.1"
    assert told["afterwards"] is None
    assert REQUEST_ID.get() is None


def test_a_failure_is_logged_with_what_to_look_for(
    shop: Shop, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The record of a 500 names the call, whose it was and the id; the answer has the id."""

    def broken(*_: Any) -> None:
        raise RuntimeError("something broke")

    monkeypatch.setattr("vectis_core.handlers.placing._check", broken)
    shop.stocked()
    with caplog.at_level(logging.ERROR, "vectis.http"):
        answer = shop.post("/api/orders", an_order())

    [record] = [each for each in caplog.records if each.name == "vectis.http"]
    told = record.__dict__
    assert (answer.status, record.levelname) == (500, "ERROR")
    assert (told["request_id"], told["method"], told["route"], told["tenant"]) == (
        answer.headers["x-request-id"],
        "POST",
        "/api/orders",
        shop.tenant,
    )


def test_why_a_client_was_refused_can_be_looked_up(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    """At the level for that, one record says the error of the answer, and nothing of what was sent."""
    with caplog.at_level(logging.DEBUG, "vectis.http"):
        shop.post("/api/orders", {"secret": "sEcReT"})

    [record] = [each for each in caplog.records if each.name == "vectis.http"]
    assert (record.levelname, record.__dict__["error"]) == ("DEBUG", "ValidationError")
    assert "sEcReT" not in repr(record.__dict__)

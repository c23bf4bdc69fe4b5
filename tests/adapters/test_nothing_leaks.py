"""No secret, token or personal address stands in a log, an error, or what ``repr`` shows; answers have safe headers."""

from __future__ import annotations

import base64
import logging
from typing import Any

import pytest
from http_faces import FORM, Answer, Shop, an_order

from vectis_core.access import IssuedClient
from vectis_core.tracking.accounts import CarrierSetup
from vectis_core.webhooks.model import IssuedSubscription, NewSubscription, Rotation

#: Stands in everything secret, and in everything personal, that is sent here.
SECRET, PERSON = "sEcReT-mark-0123456789", "PeRsOn-mark"
ADDRESS = {"name": PERSON, "line1": PERSON, "city": PERSON, "country": "US", "phone": PERSON, "postalCode": PERSON}


def asked(shop: Shop) -> list[Answer]:
    """Ask for everything that holds something secret or personal, well and badly."""
    shop.stocked()
    order = an_order(shippingAddresses=[ADDRESS], billingAddress=ADDRESS, customerEmail=f"{PERSON}@example.com")
    bad = [
        {**order, "customerEmail": f"{PERSON} is no address"},
        {**order, "shippingAddresses": [{**ADDRESS, "country": PERSON}]},
        {**order, "shippingAddresses": [{**ADDRESS, "name": PERSON * 100}]},
        {**order, "externalId": ""},
        {**order, "items": [{"sku": "none", "quantity": 1, "unitPrice": 1}]},
        {**order, "externalId": "2", "items": [{"sku": "WIDGET-001", "quantity": 10_000, "unitPrice": 1}]},
    ]
    hook = {"url": "https://example.com/", "events": ["*"], "secret": SECRET}
    basic = base64.b64encode(f"nobody:{SECRET}".encode()).decode()
    form = f"grant_type=client_credentials&client_id=nobody&client_secret={SECRET}".encode()
    made = shop.post("/api/webhooks", hook)
    carrier = {"proof": "header", "secrets": [SECRET], "header": "x-mark"}
    return [
        shop.post("/api/orders", order),
        shop.post("/api/orders", {**order, "currency": "EUR"}),
        *(shop.post("/api/orders", each) for each in bad),
        shop.post("/api/orders", f'{{"customerEmail": "{PERSON}"'.encode()),
        made,
        shop.post("/api/webhooks", {**hook, "url": f"https://user:{SECRET}@example.com/"}),
        shop.post("/api/webhooks", {**hook, "events": []}),
        shop.post("/api/webhooks", {**hook, "secret": SECRET[:4]}),
        shop.post(f"/api/webhooks/{made.json['id']}/rotate-secret", {"secret": SECRET * 2}),
        shop.ask("PUT", "/api/carriers/ups", carrier),
        shop.ask("PUT", "/api/carriers/ups", {**carrier, "proof": "open"}),
        shop.post(f"/api/webhooks/carriers/ups/tracking?tenant={shop.tenant}", b"{}", token=None),
        shop.post(f"/api/webhooks/carriers/ups/tracking/{SECRET}?tenant={shop.tenant}", b"[", token=None),
        shop.get("/api/orders", token=SECRET),
        shop.get("/api/orders", token=f"{shop.token[:-8]}{SECRET}"),
        shop.get(f"/api/orders?access_token={SECRET}", token=None),
        shop.ask("POST", "/oauth/token", form, token=None, content_type=FORM),
        shop.ask("POST", "/oauth/token", b"", token=None, headers={"authorization": f"Basic {basic}"}),
        shop.post("/api/customers/erase", {"email": f"{PERSON} is no address"}),
        shop.post("/api/customers/erase", {"email": f"{PERSON}@example.com"}),
        shop.get(f"/api/nothing/{SECRET}"),
        shop.ask("BREW", "/api/orders"),
    ]


def test_neither_logs_nor_errors_tell_a_secret_or_a_person(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever is asked, all that is logged, at any level, and every refusal, is without what must not be told."""
    with caplog.at_level(logging.DEBUG):
        answers = asked(shop)
    assert {answer.status for answer in answers} >= {200, 201, 400, 401, 404, 405, 409}
    for place, answer in enumerate(answers):
        told = answer.body.decode() + repr(sorted(answer.headers.items()))
        assert SECRET not in told, place
        if answer.status >= 400:
            assert PERSON not in told, (place, told)
    logged = caplog.text + repr([record.__dict__ for record in caplog.records])
    for mark in (SECRET, PERSON, shop.token):
        assert mark not in logged


def test_a_failure_tells_its_traceback_without_them(
    shop: Shop, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What goes wrong inside is logged with where, and neither the log nor the answer says whose and what."""

    def broken(*_: Any) -> None:
        raise RuntimeError("something broke")

    monkeypatch.setattr("vectis_core.handlers.placing._check", broken)
    shop.stocked()
    order = an_order(shippingAddresses=[ADDRESS], customerEmail=f"{PERSON}@example.com")
    answer = shop.post("/api/orders", order)
    assert (answer.status, answer.error) == (500, "InternalServerError")
    assert "something broke" in caplog.text
    for text in (caplog.text, answer.body.decode()):
        assert PERSON not in text
        assert shop.token not in text
    assert "something broke" not in answer.body.decode()


def test_repr_shows_no_secret(shop: Shop) -> None:
    """Values that carry a secret do not show it, so that whoever logs one tells nothing."""
    issued: IssuedClient = shop.face.clients.create("a program")
    hook: IssuedSubscription = shop.face.webhooks.create("https://example.com/", ["*"])
    for value, secret in (
        (issued, issued.secret),
        (hook, hook.secret),
        (NewSubscription("https://example.com/", ("*",), SECRET), SECRET),
        (Rotation(secret=SECRET), SECRET),
        (CarrierSetup(proof="header", secrets=(SECRET,)), SECRET),
    ):
        assert secret
        assert secret not in repr(value)


def test_every_answer_has_the_safe_headers(shop: Shop) -> None:
    """Nothing is sniffed, kept, framed or told to another site, whatever the status."""
    for answer in asked(shop):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "server" not in answer.headers
        assert "access-control-allow-origin" not in answer.headers
        if answer.body:
            assert answer.headers["content-type"] == "application/json"

"""Who is let in: tokens, scopes and tenants."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest
from http_faces import FORM, Shop, an_order

from vectis_core.access import SCOPES
from vectis_http.operations import RESOURCES

_SCOPED = [(operation.method, operation.path.replace("...", ""), operation.scope) for operation in RESOURCES]


def _part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize(("method", "path", "scope"), _SCOPED)
def test_every_operation_wants_a_token_with_its_scope(shop: Shop, method: str, path: str, scope: str) -> None:
    """Without a token it is a 401; with one that has every scope but the operation's, a 403 that names it."""
    nobody = shop.ask(method, path, b"{}", token=None)
    assert (nobody.status, nobody.error) == (401, "Unauthorized")
    assert nobody.headers["www-authenticate"] == 'Bearer realm="vectis"'
    token = shop.new_token(tuple(s for s in SCOPES if s != scope))
    refused = shop.ask(method, path, b"{}", token=token)
    assert (refused.status, refused.error) == (403, "Forbidden")
    assert refused.json["details"] == {"scope": scope}
    challenge = f'Bearer realm="vectis", error="insufficient_scope", scope="{scope}"'
    assert refused.headers["www-authenticate"] == challenge
    only = shop.new_token((scope,))
    assert shop.ask(method, path, b"{}", token=only).status not in {401, 403}


@pytest.mark.parametrize("authorization", ["Bearer", "Bearer ", "Basic YTpi", "bearer", "Token x", ""])
def test_an_authorization_without_a_bearer_token_is_refused(shop: Shop, authorization: str) -> None:
    """Only a Bearer token opens the API."""
    refused = shop.get("/api/orders", token=None, headers={"authorization": authorization})
    assert (refused.status, refused.error) == (401, "Unauthorized")


def test_the_scheme_may_be_written_in_any_case(shop: Shop) -> None:
    """RFC 9110 compares authentication schemes without regard to case."""
    headers = {"authorization": f"bEARER {shop.token}"}
    assert shop.get("/api/orders", token=None, headers=headers).status == 200


def test_two_tokens_are_none(shop: Shop) -> None:
    """A header that stands twice names nobody."""
    headers = {"authorization": f"Bearer {shop.token},Bearer {shop.token}"}
    assert shop.get("/api/orders", token=None, headers=headers).status == 401


def test_forged_tokens_are_refused(shop: Shop) -> None:
    """``alg: none``, HS256 signed with the public key, and a token of 1 MB get a 401 that says the token is bad."""
    _, claims, signature = shop.token.split(".")
    key = shop.get("/.well-known/jwks.json", token=None).json["keys"][0]
    none = f"{_part({'alg': 'none', 'typ': 'JWT', 'kid': key['kid']})}.{claims}."
    signed = f"{_part({'alg': 'HS256', 'typ': 'JWT', 'kid': key['kid']})}.{claims}"
    digest = hmac.new(key["n"].encode(), signed.encode(), hashlib.sha256).digest()
    confused = f"{signed}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"
    other_key = f"{_part({'alg': 'RS256', 'typ': 'JWT', 'kid': 'other'})}.{claims}.{signature}"
    for token in (none, confused, other_key, "x" * 1_000_000, "a.b.c", "\xff"):
        refused = shop.get("/api/orders", token=token)
        assert (refused.status, refused.error) == (401, "Unauthorized")
        assert 'error="invalid_token"' in refused.headers["www-authenticate"]


def test_an_expired_token_is_refused(shop: Shop) -> None:
    """An hour after it was issued, and what clocks may differ by, a token is no longer good."""
    assert shop.get("/api/orders").status == 200
    shop.clock.advance(timedelta(hours=1, minutes=2))
    refused = shop.get("/api/orders")
    assert (refused.status, refused.error) == (401, "Unauthorized")
    shop.token = shop.new_token()
    assert shop.get("/api/orders").status == 200


def test_a_revoked_client_is_refused_at_once(shop: Shop) -> None:
    """The next request after revoking is refused, and so is a new token."""
    made = shop.post("/api/clients", {"name": "till"}).json
    token = shop.token_of(made["clientId"], made["clientSecret"])
    assert shop.get("/api/orders", token=token).status == 200
    assert shop.delete(f"/api/clients/{made['id']}").status == 204
    assert shop.get("/api/orders", token=token).status == 401
    form = f"grant_type=client_credentials&client_id={made['id']}&client_secret={made['clientSecret']}"
    refused = shop.post("/oauth/token", form.encode(), token=None, content_type=FORM)
    assert (refused.status, refused.error) == (401, "invalid_client")


def test_a_wrong_secret_gets_no_token(shop: Shop) -> None:
    """The token endpoint answers in RFC 6749's form with the guide's beside it."""
    form = b"grant_type=client_credentials&client_id=nobody&client_secret=wrong"
    refused = shop.post("/oauth/token", form, token=None, content_type=FORM)
    assert (refused.status, refused.error) == (401, "invalid_client")
    assert refused.json["error_description"] == refused.json["message"]


def test_a_token_may_be_asked_for_by_basic(shop: Shop) -> None:
    """The client may also be named by HTTP Basic, and ask for fewer scopes than it has."""
    issued = shop.face.clients.create("basic")
    basic = base64.b64encode(f"{issued.client.id}:{issued.secret}".encode()).decode()
    form = b"grant_type=client_credentials&scope=orders:read"
    headers = {"authorization": f"Basic {basic}"}
    answer = shop.post("/oauth/token", form, token=None, content_type=FORM, headers=headers)
    assert (answer.status, answer.json["scope"]) == (200, "orders:read")
    assert shop.get("/api/products", token=answer.json["access_token"]).status == 403


def test_another_tenants_ids_are_as_if_not_there(shop: Shop, other: Shop) -> None:
    """Whatever is asked of another tenant's id is answered exactly like an id that nobody has."""
    record = other.stocked()
    parcel = other.shipped()
    product = other.get("/api/products/sku/WIDGET-001").json
    client = other.get("/api/clients").json["clients"][0]
    hook = other.post("/api/webhooks", {"url": "https://example.com/hook", "events": ["*"]}).json
    delivery = other.post(f"/api/webhooks/{hook['id']}/test").json
    ids = {
        "/api/orders/{id}": parcel["orderId"],
        "/api/shipments/{id}": parcel["id"],
        "/api/inventory/{id}": record["id"],
        "/api/products/{id}": product["id"],
        "/api/warehouses/{id}": record["warehouseId"],
        "/api/clients/{id}": client["id"],
        "/api/webhooks/{id}": hook["id"],
        "/api/deliveries/{id}": delivery["id"],
    }
    bodies = {
        "createShipment": {"carrier": "ups", "trackingNumber": "1"},
        "adjustStock": {"adjustment": -1, "reason": "x"},
        "closeOrderShort": {"reason": "x"},
        "holdOrder": {"reason": "x"},
        "releaseOrder": {"reason": "x"},
        "updateProduct": {"name": "x"},
        "replayWebhook": {"since": "2026-01-26T12:00:00Z"},
    }
    tried = 0
    for operation in RESOURCES:
        for template, theirs in ids.items():
            if operation.path.startswith(template):
                body = bodies.get(operation.name, {})
                answers = [
                    shop.ask(operation.method, operation.path.replace("{id}", asked), body)
                    for asked in (theirs, f"{theirs}0", "nobody")
                ]
                assert [answer.status for answer in answers] == [404] * 3, operation.name
                assert answers[0].body == answers[1].body == answers[2].body
                tried += 1
    assert tried == sum("{id}" in operation.path for operation in RESOURCES)
    assert shop.get("/api/products/sku/WIDGET-001").status == 404
    for name in ("orders", "products", "events"):
        assert shop.get(f"/api/{name}").json[name] == []
    assert shop.get("/api/inventory").json["items"] == []
    assert other.get(f"/api/orders/{parcel['orderId']}").status == 200


def test_external_ids_and_skus_of_tenants_do_not_meet(shop: Shop, other: Shop) -> None:
    """Two tenants may use the same SKU and the same externalId; each gets an order of its own."""
    for one in (shop, other):
        one.stocked()
    ours, theirs = shop.ordered("SAME"), other.ordered("SAME")
    assert ours["id"] != theirs["id"]
    assert shop.get("/api/orders?externalId=SAME").json["orders"] == [ours]


def test_a_revoked_client_gets_no_further_secret(shop: Shop) -> None:
    """What has ended is not begun again: a secret for a revoked client is a 409 that says to make another."""
    made = shop.post("/api/clients", {"name": "till"}).json
    assert shop.ask("DELETE", f"/api/clients/{made['id']}").status == 204
    refused = shop.post(f"/api/clients/{made['id']}/secrets")
    assert (refused.status, refused.error) == (409, "Conflict")
    assert refused.json["details"] == {"clientId": made["id"]}


def test_a_client_made_over_http_shows_its_secret_once(shop: Shop) -> None:
    """A new client's secret is in that answer alone; a second secret is good beside the first."""
    made = shop.post("/api/clients", {"name": "till", "scopes": ["orders:read"]}, headers={"idempotency-key": "c"})
    assert made.status == 201
    assert made.headers["location"] == f"/api/clients/{made.json['id']}"
    again = shop.post("/api/clients", {"name": "till", "scopes": ["orders:read"]}, headers={"idempotency-key": "c"})
    assert again.json == {**made.json, "clientSecret": None}
    listed = shop.get("/api/clients")
    assert made.json["clientSecret"].encode() not in listed.body
    assert listed.json["clients"][0]["id"] == made.json["id"]
    second = shop.post(f"/api/clients/{made.json['id']}/secrets")
    assert second.status == 201
    for secret in (made.json["clientSecret"], second.json["clientSecret"]):
        token = shop.token_of(made.json["id"], secret)
        assert shop.get("/api/orders", token=token).status == 200
        assert shop.post("/api/orders", an_order(), token=token).status == 403

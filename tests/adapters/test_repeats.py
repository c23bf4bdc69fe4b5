"""Asking twice: orders by their externalId, all else by ``Idempotency-Key``."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from http_faces import FACES, Shop, an_order, ask_asgi, to_json

from vectis_asgi import AsgiApp
from vectis_http import HttpApi, HttpRequest


def test_a_repeated_order_is_told_as_a_replay(shop: Shop) -> None:
    """The first answer is 201; a repeat is 200 with the order as it is now, and says that it is one."""
    record = shop.stocked()
    first = shop.post("/api/orders", an_order())
    assert first.status == 201
    assert "x-idempotent-replay" not in first.headers
    confirmed = shop.post(f"/api/orders/{first.json['id']}/confirm").json
    repeat = shop.post("/api/orders", an_order())
    assert (repeat.status, repeat.json) == (200, confirmed)
    assert repeat.headers["x-idempotent-replay"] == "true"
    assert "x-idempotency-mismatch" not in repeat.headers
    assert "location" not in repeat.headers
    assert shop.get(f"/api/inventory/{record['id']}").json["quantityReserved"] == 2


def test_a_repeat_that_differs_is_told_so(shop: Shop) -> None:
    """Whatever else the body says, the first order is returned, and a header says that it was asked otherwise."""
    shop.stocked()
    first = shop.ordered()
    other = shop.post("/api/orders", an_order(customerId="someone else"))
    assert (other.status, other.json) == (200, first)
    assert other.headers["x-idempotent-replay"] == "true"
    assert other.headers["x-idempotency-mismatch"] == "true"


def test_an_idempotency_key_is_ignored_where_the_order_has_its_own(shop: Shop) -> None:
    """Creating an order is idempotent by its externalId alone, even where the key could not be one."""
    shop.stocked()
    headers = {"idempotency-key": "x" * 300}
    assert shop.post("/api/orders", an_order("A"), headers=headers).status == 201
    assert shop.post("/api/orders", an_order("B"), headers=headers).status == 201


def test_a_key_makes_a_repeat_harmless(shop: Shop) -> None:
    """The same request with the same key is done once and answered alike, with a header that tells the replay."""
    record = shop.stocked()
    place = f"/api/inventory/{record['id']}/adjust"
    body = {"adjustment": -5, "reason": "Damaged goods removed"}
    headers = {"idempotency-key": "one of two"}
    first = shop.patch(place, body, headers=headers)
    second = shop.patch(place, body, headers=headers)
    assert (first.status, first.json["quantityOnHand"]) == (200, 95)
    assert (second.status, second.body) == (first.status, first.body)
    assert "x-idempotent-replay" not in first.headers
    assert second.headers["x-idempotent-replay"] == "true"
    assert shop.get(f"/api/inventory/{record['id']}").json["quantityOnHand"] == 95


def test_a_created_shipment_is_replayed_as_created(shop: Shop) -> None:
    """A replay of a 201 is a 201 with the same Location, and makes no second shipment."""
    shop.stocked()
    order = shop.ordered()
    shop.post(f"/api/orders/{order['id']}/confirm")
    place, headers = f"/api/orders/{order['id']}/shipments", {"idempotency-key": "parcel"}
    body = {"carrier": "ups", "trackingNumber": "1Z"}
    first, second = (shop.post(place, body, headers=headers) for _ in range(2))
    assert first.status == second.status == 201
    assert first.headers["location"] == second.headers["location"] == f"/api/shipments/{first.json['id']}"
    assert shop.get(place).json["shipments"] == [first.json]


def test_a_key_used_for_something_else_is_a_conflict(shop: Shop) -> None:
    """The same key with another body, or for another operation, is a 409 and changes nothing."""
    record = shop.stocked()
    place, headers = f"/api/inventory/{record['id']}/adjust", {"idempotency-key": "k"}
    assert shop.patch(place, {"adjustment": 1, "reason": "a"}, headers=headers).status == 200
    for answer in (
        shop.patch(place, {"adjustment": 2, "reason": "a"}, headers=headers),
        shop.post("/api/products", {"sku": "B", "name": "B"}, headers=headers),
    ):
        assert (answer.status, answer.error) == (409, "Conflict")
    assert shop.get("/api/products").json["pagination"]["total"] == 1


def test_a_refused_command_leaves_its_key_free(shop: Shop) -> None:
    """A key whose command was refused may be used again once the reason is gone."""
    shop.stocked()
    order = shop.ordered()
    place, headers = f"/api/orders/{order['id']}/shipments", {"idempotency-key": "again"}
    body = {"carrier": "ups", "trackingNumber": "1Z"}
    assert shop.post(place, body, headers=headers).status == 409
    shop.post(f"/api/orders/{order['id']}/confirm")
    assert shop.post(place, body, headers=headers).status == 201


def test_keys_of_two_clients_do_not_meet(shop: Shop, other: Shop) -> None:
    """A key belongs to one client of one tenant."""
    headers = {"idempotency-key": "shared"}
    tokens = [(shop, shop.token), (shop, shop.new_token()), (other, other.token)]
    for number, (one, token) in enumerate(tokens):
        body = {"sku": f"SKU-{number}", "name": "x"}
        made = one.post("/api/products", body, token=token, headers=headers)
        assert (made.status, made.json["sku"]) == (201, f"SKU-{number}")


def test_twenty_first_requests_at_once_make_one_order(api: HttpApi, shop: Shop) -> None:
    """Of twenty threads with one externalId one is answered 201 and nineteen 200, all with one order."""
    record = shop.stocked()
    start = Barrier(20)

    with FACES["handle"](api) as send, ThreadPoolExecutor(20) as pool:
        threads = Shop(send, shop.oms, shop.clock, shop.tenant)

        def create(_: int) -> tuple[int, str]:
            start.wait()
            answer = threads.post("/api/orders", an_order())
            return answer.status, answer.json["id"]

        told = list(pool.map(create, range(20)))
    assert sorted(status for status, _ in told) == [200] * 19 + [201]
    assert len({order_id for _, order_id in told}) == 1
    assert shop.get(f"/api/inventory/{record['id']}").json["quantityReserved"] == 2


def test_twenty_first_requests_on_one_loop_make_one_order(api: HttpApi, shop: Shop) -> None:
    """The same on one event loop, on which all twenty wait for their commit at once."""
    shop.stocked()
    headers = {"authorization": f"Bearer {shop.token}", "content-type": "application/json"}
    request = HttpRequest("POST", "/api/orders", headers=headers, body=to_json(an_order()))
    app = AsgiApp(api)

    async def all_at_once() -> list[int]:
        return [r.status for r in await asyncio.gather(*(ask_asgi(app, request) for _ in range(20)))]

    assert sorted(asyncio.run(all_at_once())) == [200] * 19 + [201]
    assert shop.get("/api/orders").json["pagination"]["total"] == 1

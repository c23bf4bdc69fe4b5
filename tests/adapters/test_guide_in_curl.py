"""The integration guide, followed by hand: each of its calls by curl, in its order and words, against ``vectis serve``.

The commands are made of the guide's text. What the guide takes for granted, such as stock, is seen to beside the
server, by a program that has the same database open. Each part has a tenant of its own.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest
from carrier_pushes import BODIES, SECRET, proof_of
from carrier_samples import sample_bytes
from curl import DOMAIN, JSON, TOKEN, Reader
from endpoints import OK, Endpoints
from guide import Call, call, calls, check_shown, points, program, rows, sentences, shown, statements
from serving import serving
from small_shop import ADDRESS, spin_until

from proof import node
from vectis_core import Item, Vectis
from vectis_core.webhooks.transport import Answer, Post

pytestmark = pytest.mark.skipif(
    not shutil.which("curl") and "CI" not in os.environ, reason="LEFT OUT: the guide by curl, which is not installed"
)

NUMBER = "1Z999AA10123456784"


@pytest.fixture(name="served", scope="module")
def _served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Vectis]]:
    database = f"sqlite:///{tmp_path_factory.mktemp('guide')}/shop.db"
    options = ("--base-domain", DOMAIN, "--public-url", f"https://api.{DOMAIN}", "--no-webhooks")
    with serving(database, *options) as server, Vectis.open(database) as oms:
        yield server.address, oms


def reader(served: tuple[str, Vectis], tenant: str) -> Reader:
    """Return a reader of the guide with a tenant and a token."""
    new = Reader(*served, tenant)
    new.get_token()
    return new


def test_no_call_of_the_guide_is_left_out() -> None:
    """Whatever the guide shows as a call is followed by a test below, or when a reader gets a token."""
    here = Path(__file__)
    followed = {"Obtaining a Token"} | set(re.findall(r'\bcalls?\("([^"]+)"\)', here.read_text("utf-8")))

    assert followed == {each.section for each in statements() if isinstance(each, Call)}


def test_a_token_is_got_and_used(served: tuple[str, Vectis]) -> None:
    """The guide's first two commands, as they stand there; whoever has no token is sent away."""
    someone = Reader(*served, "acme")
    told = someone.get_token()
    check_shown(shown("Obtaining a Token"), told)
    assert told["access_token"].startswith("eyJ")
    listed = someone.follow(call("Making Requests"))
    assert (listed.status, listed.json["orders"]) == (200, [])

    nobody = attrs.evolve(someone, own={})
    assert nobody.follow(call("Making Requests")).status == 401


def test_an_order_is_pushed_followed_and_cancelled(served: tuple[str, Vectis]) -> None:
    """Ecommerce Integration: stock as printed, an order as printed, shipped as printed, another cancelled in time."""
    shop = reader(served, "ecommerce")
    shop.stocked(160)
    orders = shop.oms.tenant(shop.tenant).orders
    orders.create(external_id="before", items=[Item("WIDGET-001", 10, "1")], shipping_addresses=[ADDRESS])

    stock = shop.follow(call("Check Inventory Before Selling"))
    assert stock.status == 200
    check_shown(shown("Check Inventory Before Selling"), stock.json)

    asked = call("Create an Order")
    created = shop.follow(asked)
    assert created.status == 201
    check_shown(shown("Create an Order"), created.json)
    check_shown(asked.json, created.json)
    order_id = created.json["id"]

    orders.confirm(order_id)
    orders.ship(order_id, carrier="ups", tracking_number=NUMBER)
    found = shop.follow(call("Get Order Status"), orderId=order_id)
    assert (found.status, found.json["id"]) == (200, order_id)
    check_shown(shown("Get Order Status"), found.json)

    cancel = call("Cancel an Order")
    assert shop.follow(cancel, orderId=order_id).status == 409
    [earlier] = [order.id for order in orders.list(status="pending")]
    cancelled = shop.follow(cancel, orderId=earlier)
    assert (cancelled.status, cancelled.json["status"]) == (200, "cancelled")
    assert cancelled.json["cancelReason"] == cancel.json["reason"]
    assert shop.follow(cancel, orderId=earlier).status == 409


def test_the_catalogue_is_kept_in_step(served: tuple[str, Vectis]) -> None:
    """Product Catalog Sync and Inventory Adjustments: made, found by SKU, changed, and five pieces taken off."""
    shop = reader(served, "catalogue")
    made = shop.follow(call("Create a Product"))
    assert made.status == 201
    check_shown(call("Create a Product").json, made.json)

    found = shop.follow(call("Get Product by SKU"))
    assert (found.status, found.json) == (200, made.json)

    change = call("Update a Product")
    changed = shop.follow(change, productId=made.json["id"])
    assert changed.status == 200
    check_shown(call("Create a Product").json | change.json, changed.json)

    stock = shop.oms.tenant(shop.tenant).inventory
    [record] = stock.list(sku="WIDGET-001")
    stock.adjust(record.id, 20, "First delivery")
    adjusted = shop.follow(call("Inventory Adjustments"), id=record.id)
    assert (adjusted.status, adjusted.json["quantityAvailable"]) == (200, 15)
    [*_, told] = shop.oms.tenant(shop.tenant).events()
    assert told.data["reason"] == call("Inventory Adjustments").json["reason"]


def test_what_is_subscribed_to_is_sent(served: tuple[str, Vectis]) -> None:
    """Webhooks: the guide's subscription hears of its events, another of all in the guide's table, and the payload is
    as printed; the guide's own program, in Node.js, takes each, and refuses it under another secret."""
    shop = reader(served, "webhooks")
    subscription = call("Create a Webhook Subscription")
    secret = subscription.json["secret"]
    everything = subscription.json | {
        "url": "https://your-system.com/all",
        "events": [name for name, _ in rows("Available Events")],
    }
    for body in (subscription.body, json.dumps(everything)):
        made = shop.follow(subscription, body=body)
        assert made.status == 201
        check_shown({name: value for name, value in json.loads(body).items() if name != "secret"}, made.json)
    what_happens(shop)

    posts: list[Post] = []
    endpoints = Endpoints()
    endpoints.answering = lambda post: noted(posts, post)
    wanted = {each["url"]: set(each["events"]) for each in (subscription.json, everything)}
    with shop.oms.dispatcher(transport=endpoints):
        spin_until(lambda: heard(posts) == wanted)
    assert heard(posts) == wanted
    shipped = [body for body in (json.loads(post.body) for post in posts) if body["event"] == "order.shipped"]
    for body in shipped:
        check_shown(shown("Webhook Payload Example"), body)

    assert program().partition("function")[2] in (Path(node.__file__).with_name("guide_verifier.js")).read_text("utf-8")
    assert node.verdicts(delivery(post, secret) for post in posts) == ["true"] * len(posts)
    assert node.verdicts(delivery(post, "another-secret-of-it") for post in posts) == ["false"] * len(posts)


def what_happens(shop: Reader) -> None:
    """Let each event of the guide's table happen."""
    tenant = shop.oms.tenant(shop.tenant)
    record = shop.stocked(10)
    tenant.inventory.update(record, reorder_point=9)
    placed = [
        tenant.orders.create(external_id=name, items=[Item("WIDGET-001", 1, "1")], shipping_addresses=[ADDRESS]).order
        for name in ("kept", "dropped")
    ]
    tenant.orders.confirm(placed[0].id)
    parcel = tenant.orders.ship(placed[0].id, carrier="ups", tracking_number=NUMBER)
    tenant.shipments.deliver(parcel.id)
    tenant.orders.cancel(placed[1].id, "Not wanted")


def noted(posts: list[Post], post: Post) -> Answer:
    """Keep what is sent, and take it."""
    posts.append(post)
    return OK


def heard(posts: list[Post]) -> dict[str, set[str]]:
    """Return the types of event that came to each address."""
    found: dict[str, set[str]] = {}
    for post in list(posts):
        found.setdefault(post.url, set()).add(json.loads(post.body)["event"])
    return found


def delivery(post: Post, secret: str) -> node.Delivery:
    """Return what the guide's program is asked about a post, by the headers that the guide names."""
    headers = dict(post.headers)
    [signature, timestamp] = [headers[name] for name, _ in points("Webhook Signature Verification")]
    assert re.fullmatch("[0-9a-f]{64}", signature)
    assert abs(int(timestamp) - time.time()) < 300
    return node.Delivery(post.body, signature, timestamp, secret)


def test_carriers_report(served: tuple[str, Vectis]) -> None:
    """Carrier Tracking Webhooks: each that the guide names is taken in its own form, without a token of ours."""
    shop = reader(served, "carriers")
    [named] = [value for name, value in points("Carrier Tracking Webhooks") if name == "Supported carriers"]
    assert set(named.split(", ")) == set(BODIES) == set(shop.oms.carriers.names())
    for carrier in named.split(", "):
        body = sample_bytes(BODIES[carrier][0])
        proof = "carrier" if carrier in {"fedex", "ups", "usps"} else "header"
        shop.oms.tenant(shop.tenant).carriers.configure(carrier, proof=proof, secrets=[SECRET])
        headers = [f"{name}: {value}" for name, value in proof_of(carrier, body).items()]
        taken = shop.follow(call("Carrier Tracking Webhooks"), *headers, body=body.decode(), carrier=carrier)
        assert taken.status == 200, (carrier, taken)
        assert taken.json["rejected"] == 0, (carrier, taken)


def test_pages_and_retries(served: tuple[str, Vectis]) -> None:
    """Pagination and Idempotency: the page is told, limits are as in the table, and an order is made once."""
    shop = reader(served, "retries")
    shop.stocked(10)
    first, retry = calls("Idempotency")
    whole = call("Create an Order").json
    answers = []
    for told in (first, retry):
        body = json.dumps(whole | told.json, default=float)
        answer = shop.follow(told, TOKEN, JSON, body=body)
        assert (answer.status, answer.json["externalId"]) == (told.status, told.json["externalId"])
        answers.append(answer.json)
    assert answers[0] == answers[1]

    page = shop.follow(call("Pagination"), TOKEN)
    assert page.status == 200
    check_shown(shown("Pagination")["pagination"] | {"total": 1}, page.json["pagination"])
    check_parameters(shop)


def check_parameters(shop: Reader) -> None:
    """What the guide's table says of the parameters of a list."""
    told = call("Pagination")
    path = told.target.partition("?")[0]
    for name, _, usual, most, _ in rows("Pagination"):
        plain = shop.follow(attrs.evolve(told, target=path), TOKEN)
        assert plain.json["pagination"][name] == int(usual)
        if most != "-":
            assert shop.follow(attrs.evolve(told, target=f"{path}?{name}={most}"), TOKEN).status == 200
            assert shop.follow(attrs.evolve(told, target=f"{path}?{name}={int(most) + 1}"), TOKEN).status == 400
    skipped = shop.follow(attrs.evolve(told, target=f"{path}?offset=1"), TOKEN)
    assert (len(plain.json["orders"]), skipped.json["orders"]) == (1, [])


def test_limits_and_errors_are_told(served: tuple[str, Vectis]) -> None:
    """Rate Limits and Error Handling: the three headers of each answer, the example, and one form for each status."""
    shop = reader(served, "errors")
    create, find = call("Create a Product"), call("Get Order Status")
    bad = shop.follow(create, body='{"name": "Premium Widget"}')
    check_shown(shown("Error Handling"), bad.json)
    answers = [
        bad,
        attrs.evolve(shop, own={"YOUR_ACCESS_TOKEN": "none"}).follow(find, orderId="x"),
        shop.follow(find, orderId="550e8400-e29b-41d4-a716-446655440000"),
        [shop.follow(create), shop.follow(create)][1],
    ]
    assert [str(answer.status) for answer in answers] == [status for status, _ in rows("Error Handling")][:4]
    for answer in answers:
        assert set(shown("Error Handling")) == set(answer.json)
    check_rate(bad.headers)


def check_rate(headers: dict[str, Any]) -> None:
    """What the guide says of a token's requests, and of the headers that tell of them."""
    [most] = re.findall(r"^(\d+) requests per minute", sentences("Rate Limits")[0].said)
    told = {name: headers[name.lower()] for name, _ in points("Rate Limits")}
    assert told["X-RateLimit-Limit"] == most
    assert 0 <= int(told["X-RateLimit-Remaining"]) < int(most)
    assert 0 <= int(told["X-RateLimit-Reset"]) - time.time() + 1 <= 62

"""Carriers over HTTP: what they push, whom we believe, and what is refused."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from carrier_pushes import (
    BODIES,
    HEADERS,
    NOTHING,
    OTHER_SECRET,
    SECRET,
    SIGNING,
    configure,
    counts,
    proof_of,
    push,
    signature,
    stored,
    ups_scan,
)
from carrier_samples import SignedRequest, sample, sample_bytes, signed_requests
from http_faces import FACES, Shop
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vectis_core.testing.clock import FrozenClock
from vectis_core.testing.faults import ALWAYS, Point, open_faulty
from vectis_http import HttpApi

CARRIERS = sorted(BODIES)
UPS = sample_bytes("ups_delivered")


def body_of(carrier: str) -> bytes:
    """Return a body of the carrier's."""
    return sample_bytes(BODIES[carrier][0])


# Who is believed


@pytest.mark.parametrize("carrier", CARRIERS)
def test_what_is_proved_is_taken(autumn: Shop, carrier: str) -> None:
    """Each carrier's own proof opens the door: every event is kept, and what was known already is counted as that."""
    configure(autumn, carrier)
    body, events = body_of(carrier), BODIES[carrier][1]
    assert counts(push(autumn, carrier, body)) == (0, 0, events, 0)
    assert counts(push(autumn, carrier, body)) == (0, events, 0, 0)
    assert stored(autumn)[1] == events


@pytest.mark.parametrize("request_", [r for c in CARRIERS for r in signed_requests(c)], ids=lambda r: r.scheme[:40])
def test_the_recorded_requests_are_told_apart(autumn: Shop, request_: SignedRequest) -> None:
    """Requests as the carriers sign them are taken, and those that are signed in a way they do not use are not."""
    payload = json.loads(request_.body)
    carrier = next(c for c in CARRIERS if request_ in signed_requests(c))
    given = request_.headers.get("authorization")
    configure(autumn, carrier, secrets=[given.split()[1] if given else request_.secret])

    answer = push(autumn, carrier, request_.body, {k: v for k, v in request_.headers.items() if k != "content-type"})

    assert payload
    assert answer.status == (200 if request_.is_valid else 401)
    assert (stored(autumn) == NOTHING) is not request_.is_valid


@pytest.mark.parametrize("carrier", CARRIERS)
def test_what_is_not_proved_is_refused_and_leaves_nothing(autumn: Shop, carrier: str) -> None:
    """A proof that is missing, empty, wrong, cut short or spelt otherwise is a 401, and nothing at all is kept."""
    configure(autumn, carrier)
    body, name = body_of(carrier), HEADERS[carrier]
    [right] = proof_of(carrier, body).values()
    [wrong] = proof_of(carrier, body, OTHER_SECRET).values()
    for value in (None, "", wrong, right[:-1], right[:8], right.swapcase(), f"{right}=", f"{right},{right}"):
        refused = push(autumn, carrier, body, {} if value is None else {name: value})
        assert (refused.status, refused.error) == (401, "Unauthorized"), value
        assert refused.headers["www-authenticate"]
        assert SECRET.encode() not in refused.body
    assert stored(autumn) == NOTHING


@pytest.mark.parametrize("carrier", SIGNING)
def test_a_signature_is_good_for_its_own_body_alone(autumn: Shop, carrier: str) -> None:
    """A signature that was seen with one body opens the door for no other."""
    configure(autumn, carrier)
    seen = proof_of(carrier, body_of(carrier))
    forged = body_of(carrier).replace(b"Delivered", b"Destroyed").replace(b"2026", b"2025")
    assert forged != body_of(carrier)
    assert push(autumn, carrier, forged, seen).status == 401
    assert stored(autumn) == NOTHING


@pytest.mark.parametrize("is_closed", [False, True])
def test_what_is_not_configured_accepts_nothing(autumn: Shop, is_closed: bool) -> None:
    """Without a configuration, or after its end, every push is refused before its body is looked at."""
    if is_closed:
        configure(autumn, "ups")
        autumn.delete("/api/carriers/ups")
    too_long = b" " * (9 * 1024 * 1024)
    for body in (UPS, b"no JSON", too_long):
        assert push(autumn, "ups", body, {"credential": SECRET}).status == 401
    assert stored(autumn) == NOTHING


def test_a_secret_of_one_tenant_opens_no_other(autumn_shops: Callable[[], Shop]) -> None:
    """Each tenant's carrier has its own secret, and what it proves is the tenant's alone."""
    mine, theirs = autumn_shops(), autumn_shops()
    configure(mine, "ups")
    configure(theirs, "ups", secrets=[OTHER_SECRET])
    assert push(theirs, "ups", UPS, {"credential": SECRET}).status == 401
    assert counts(push(mine, "ups", UPS, {"credential": SECRET})) == (0, 0, 1, 0)
    assert stored(theirs) == NOTHING


def test_two_secrets_are_good_during_a_change(autumn: Shop) -> None:
    """A carrier's secret is replaced without a gap: both are good, until the older one is taken away."""
    configure(autumn, "fedex", secrets=[OTHER_SECRET, SECRET])
    body = body_of("fedex")
    assert push(autumn, "fedex", body, proof_of("fedex", body, SECRET)).status == 200
    assert push(autumn, "fedex", body, proof_of("fedex", body, OTHER_SECRET)).status == 200
    configure(autumn, "fedex", secrets=[OTHER_SECRET])
    assert push(autumn, "fedex", body, proof_of("fedex", body, SECRET)).status == 401


def basic(user: str, password: str) -> dict[str, str]:
    """Return the header of HTTP Basic."""
    return {"authorization": f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"}


PROOFS: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    (
        {"proof": "header", "header": "X-My-Token"},
        {"headers": {"x-my-token": SECRET}},
        {"headers": {"x-my-token": OTHER_SECRET}},
    ),
    (
        {"proof": "hmac", "header": "X-Sig", "encoding": "hex"},
        {"headers": {"x-sig": base64.b64decode(signature(UPS)).hex()}},
        {"headers": {"x-sig": signature(UPS)}},
    ),
    (
        {"proof": "hmac", "header": "X-Sig"},
        {"headers": {"x-sig": signature(UPS)}},
        {"headers": {"x-sig": signature(UPS + b" ")}},
    ),
    (
        {"proof": "query", "parameter": "key"},
        {"headers": {}, "query": f"key={SECRET}"},
        {"headers": {}, "query": f"token={SECRET}"},
    ),
    (
        {"proof": "query"},
        {"headers": {}, "query": f"token={SECRET}"},
        {"headers": {}, "query": f"token={SECRET}&token="},
    ),
    ({"proof": "path"}, {"headers": {}, "path": f"/{SECRET}"}, {"headers": {}, "path": f"/{OTHER_SECRET}"}),
    ({"proof": "path"}, {"headers": {}, "path": f"/{SECRET}"}, {"headers": {}, "path": ""}),
    (
        {"proof": "basic", "username": "ups"},
        {"headers": basic("ups", SECRET)},
        {"headers": basic("fedex", SECRET)},
    ),
    (
        {"proof": "bearer"},
        {"headers": {"authorization": f"Bearer {SECRET}"}},
        {"headers": {"authorization": f"Basic {SECRET}"}},
    ),
]


@pytest.mark.parametrize(("setup", "right", "wrong"), PROOFS, ids=lambda each: str(each.get("proof", "")))
def test_every_proof_opens_by_its_own_means_alone(
    autumn: Shop, setup: dict[str, Any], right: dict[str, Any], wrong: dict[str, Any]
) -> None:
    """A secret proves a push where it was said to stand, and in no other place."""
    configure(autumn, "ups", **setup)
    tenant = f"tenant={autumn.tenant}"

    def sent(how: dict[str, Any]) -> int:
        query = f"{tenant}&{how['query']}" if "query" in how else tenant
        return push(autumn, "ups", UPS, **how | {"query": query}).status

    assert sent(wrong) == 401
    assert sent({"headers": {"credential": SECRET}}) == 401
    assert stored(autumn) == NOTHING
    assert sent(right) == 200


def test_a_carrier_may_be_a_client_of_ours(autumn_shops: Callable[[], Shop]) -> None:
    """With ``oauth``, the token of the client that the account names is good, until it is revoked; no other is."""
    shop, theirs = autumn_shops(), autumn_shops()
    carrier = shop.face.clients.create("UPS", scopes=("events:read",))
    another = theirs.token_of(*_issued(theirs))
    token = shop.token_of(carrier.client.id, str(carrier.secret))
    configure(shop, "ups", proof="oauth", clientId=carrier.client.id, secrets=None)

    for wrong in (
        {},
        {"authorization": f"Bearer {shop.token}"},
        {"authorization": f"Bearer {another}"},
        basic("a", "b"),
    ):
        assert push(shop, "ups", UPS, wrong).status == 401
    assert stored(shop) == NOTHING
    assert counts(push(shop, "ups", UPS, {"authorization": f"Bearer {token}"})) == (0, 0, 1, 0)
    shop.face.clients.revoke(carrier.client.id)
    assert push(shop, "ups", UPS, {"authorization": f"Bearer {token}"}).status == 401


def _issued(shop: Shop) -> tuple[str, str]:
    issued = shop.face.clients.create("somebody", scopes=("events:read",))
    return issued.client.id, str(issued.secret)


def test_open_takes_what_anybody_sends(autumn: Shop) -> None:
    """Who has switched proofs off, in so many words, gets what is sent."""
    configure(autumn, "ups", proof="open", acceptUnproven=True, secrets=None)
    assert counts(push(autumn, "ups", UPS, {})) == (0, 0, 1, 0)


# For whom


def test_the_tenant_is_the_default_one_where_none_is_named(autumn: Shop) -> None:
    """Without ``?tenant=`` a push is for the tenant ``default``; one that there is not is as one not configured."""
    configure(autumn, "ups")
    proof = {"credential": SECRET}
    twice = (f"tenant={autumn.tenant}&tenant=nobody", f"tenant=nobody&tenant={autumn.tenant}")
    for query in (
        *twice,
        "",
        "tenant=",
        "tenant=nobody",
        f"tenant={autumn.tenant}%00",
        "tenant=%FF%FE",
        "tenant=" + "x" * 999,
    ):
        assert push(autumn, "ups", UPS, proof, query=query).status == 401, query
    assert stored(autumn) == NOTHING


def test_a_tenants_host_names_it(serve: Callable[..., Shop], other: Shop) -> None:
    """Where there is a base domain, the host names the tenant, whatever the query says; ``api`` names none."""
    shop = serve(base_domain="example.com")
    at = {"host": f"{shop.tenant}.example.com"}
    assert shop.ask("PUT", "/api/carriers/ups", {"proof": "carrier", "secrets": [SECRET]}, headers=at).status == 200
    proof = {"credential": SECRET}

    assert push(shop, "ups", UPS, proof | at, query="").status == 200
    assert push(shop, "ups", UPS, proof | at, query=f"tenant={other.tenant}").status == 200
    assert push(shop, "ups", UPS, proof | {"host": "api.example.com"}).status == 200
    assert push(shop, "ups", UPS, proof | {"host": f"{other.tenant}.example.com"}).status == 401
    assert push(shop, "ups", UPS, proof | {"host": "api.example.com"}, query="").status == 401


# What a body may be


def test_a_push_may_carry_photographs(autumn: Shop) -> None:
    """More than the API's usual megabyte is taken, up to 8 MiB; more is a 413, and nothing is kept of it."""
    configure(autumn, "ups")
    photo = sample("ups_photo")
    megabytes = 1024 * 1024
    body = json.dumps(photo | {"deliveryPhoto": base64.b64encode(b"\x89" * 2 * megabytes).decode()}).encode()
    too_long = json.dumps(photo | {"deliveryPhoto": "A" * 8 * megabytes}).encode()

    refused = push(autumn, "ups", too_long)
    assert (refused.status, refused.error) == (413, "PayloadTooLarge")
    assert stored(autumn) == NOTHING
    assert push(autumn, "ups", body).status == 200
    with autumn.oms.engine.read() as view:
        [kept] = view.payloads(autumn.tenant, "", 2)
    assert len(kept.sealed) < 10_000, "the photograph is cut"


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"{'a': 1}", b"\xff\xfe", b"[" * 100_000, b"[" * 100 + b"]" * 100, b'{"a": NaN', b"1" * 5000],
    ids=["empty", "cut", "quotes", "no UTF-8", "deep and cut", "deep", "no number", "long number"],
)
def test_what_is_no_json_is_refused(autumn: Shop, body: bytes) -> None:
    """A body that no carrier can mean is a 400 in the usual form, and nothing is kept of it."""
    configure(autumn, "ups")
    assert push(autumn, "ups", body).field == ""
    assert stored(autumn) == NOTHING


def test_json_of_an_unknown_form_is_kept_for_a_better_parser(autumn: Shop) -> None:
    """What is proved and JSON, and still no message of the carrier's, is a 400 and is kept, sealed: it may be new."""
    configure(autumn, "ups")
    assert push(autumn, "ups", b'{"shipments": []}').field == ""
    assert stored(autumn) == (1, 0, 0, 0)


@pytest.mark.parametrize(
    "content_type", [None, "text/plain", "application/x-www-form-urlencoded", "application/json; x"]
)
def test_the_content_type_does_not_matter(autumn: Shop, content_type: str | None) -> None:
    """Carriers call their JSON what they like."""
    configure(autumn, "ups")
    assert push(autumn, "ups", UPS, content_type=content_type).status == 200


def test_a_push_of_thousands_of_events_is_none(autumn: Shop) -> None:
    """What no carrier sends at once does not fill the queue that all wait in: it is a 400, and kept to be looked at."""
    configure(autumn, "fedex")
    told = sample("fedex_in_transit")
    [result] = told["output"]["completeTrackResults"][0]["trackResults"]
    [scan, *_] = result["scanEvents"]

    def of(number: int) -> bytes:
        result["scanEvents"] = [scan | {"locationId": str(each)} for each in range(number)]
        return json.dumps(told).encode()

    assert push(autumn, "fedex", of(2001)).field == ""
    assert stored(autumn) == (1, 0, 0, 0)
    assert counts(push(autumn, "fedex", of(2000))) == (0, 1999, 1, 0)


def test_a_packed_body_is_no_json(autumn: Shop) -> None:
    """No carrier packs its pushes; what is packed is not unpacked, and so refused."""
    import gzip

    configure(autumn, "ups")
    headers = {"credential": SECRET, "content-encoding": "gzip"}
    assert push(autumn, "ups", gzip.compress(UPS), headers).status == 400


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
def test_pushes_are_posts(autumn: Shop, method: str) -> None:
    """No other method is taken, whoever asks."""
    configure(autumn, "ups")
    refused = push(autumn, "ups", b"", {"credential": SECRET}, method=method)
    assert (refused.status, refused.headers["allow"]) == (405, "OPTIONS, POST")


# What is answered


def test_the_answer_says_what_was_taken(autumn: Shop) -> None:
    """Accepted, known already, of no shipment yet, and refused with the reasons: each event is counted once."""
    configure(autumn, "fedex")
    autumn.stocked()
    order = autumn.ordered()
    autumn.post(f"/api/orders/{order['id']}/confirm")
    told = sample("fedex_batch_multi_tracking")
    results = told["output"]["completeTrackResults"]
    label = {"carrier": "FedEx", "trackingNumber": results[0]["trackingNumber"], "status": "label_created"}
    assert autumn.post(f"/api/orders/{order['id']}/shipments", label).status == 201
    [scans] = [each["scanEvents"] for each in results[0]["trackResults"]]
    scans[0]["date"] = "2036-09-10T10:26:00-07:00"
    results.append({"trackingNumber": "", "trackResults": [{"scanEvents": scans}]})
    body = json.dumps(told).encode()

    first, second = push(autumn, "fedex", body), push(autumn, "fedex", body)

    accepted, duplicates, waiting, rejected = counts(first)
    assert (accepted + waiting, duplicates) == (3, 0)
    assert min(accepted, waiting) >= 1
    assert rejected >= 2
    reasons = " ".join(each["reason"] for each in first.json["rejections"])
    assert "lies in the future" in reasons
    assert "tracking number" in reasons
    assert counts(second) == (0, 3, 0, rejected)


def test_a_new_subscription_of_dhl_is_told_of(autumn: Shop) -> None:
    """DHL's question is answered with 200, and what is to be done stands among the carrier's notices."""
    configure(autumn, "dhl")
    body = sample_bytes("dhl_unified_validate")
    assert push(autumn, "dhl", body, {}).status == 401
    answer = push(autumn, "dhl", body)
    assert counts(answer) == (0, 0, 0, 0)
    assert push(autumn, "dhl", sample_bytes("dhl_unified_ready")).status == 200

    newest, first = autumn.get("/api/carriers/dhl").json["notices"]
    assert (newest["kind"], first["kind"], first["isAlarming"]) == (
        "subscription.ready",
        "subscription.validate",
        False,
    )
    assert "DHL-API-Hook-Secret" in first["message"]
    assert first["subscription"] == "8f7a2a3e-4f2d-4e2b-9a66-0d9b0f6f1c55"
    assert sample("dhl_unified_validate")["secret"] not in json.dumps(first)


def test_a_challenge_of_usps_is_answered_where_it_is_proved(autumn: Shop) -> None:
    """What USPS asks, its answer repeats; a question that proves nothing is a 401 like all else."""
    body = sample_bytes("usps_challenge_guess")
    configure(autumn, "usps", proof="path")
    assert push(autumn, "usps", body, {}).status == 401
    answer = push(autumn, "usps", body, {}, path=f"/{SECRET}")
    assert (answer.status, answer.json["challenge"]) == (200, sample("usps_challenge_guess")["challenge"])


def test_the_timeline_tells_what_was_reported(autumn: Shop) -> None:
    """Each shipment of an order has its scans, oldest first, with place, times, signer and what they are read as."""
    configure(autumn, "ups")
    autumn.stocked()
    order = autumn.ordered()
    autumn.post(f"/api/orders/{order['id']}/confirm")
    number = sample("ups_delivered")["trackingNumber"]
    label = {"carrier": "UPS", "trackingNumber": number, "status": "label_created"}
    shipment = autumn.post(f"/api/orders/{order['id']}/shipments", label).json
    for name in ("ups_delivered", "ups_in_transit"):
        assert counts(push(autumn, "ups", sample_bytes(name))) == (1, 0, 0, 0)

    [told] = autumn.get(f"/api/orders/{order['id']}/tracking").json["shipments"]

    assert (told["shipmentId"], told["shipmentStatus"], told["status"]) == (shipment["id"], "delivered", "delivered")
    first, last = told["events"]
    assert (first["code"], first["status"], first["at"]) == ("I/AR", "in_transit", "2026-09-09T07:15:00Z")
    assert (first["localTime"], first["timeBasis"]) == ("2026-09-09T03:15:00", "utc")
    assert first["location"] == {"city": "Louisville", "region": "KY", "postalCode": None, "country": "US"}
    assert (last["status"], last["signedBy"], last["contradicts"], last["carrier"]) == (
        "delivered",
        "DOCK",
        False,
        "ups",
    )
    shown = autumn.get(f"/api/shipments/{shipment['id']}").json["tracking"]
    assert (shown["status"], shown["code"], shown["at"]) == ("delivered", "D/FS", "2026-09-11T17:50:04Z")
    assert autumn.get("/api/orders/ord_nobody/tracking").status == 404


def test_either_name_of_the_one_network_will_do(autumn: Shop) -> None:
    """What is registered with LaserShip is followed by what OnTrac reports, and the other way round."""
    configure(autumn, "ontrac")
    autumn.stocked()
    order = autumn.ordered()
    autumn.post(f"/api/orders/{order['id']}/confirm")
    number = sample("ontrac_delivered")["Packages"][0]["Tracking"]
    label = {"carrier": "LaserShip", "trackingNumber": number, "status": "label_created"}
    shipment = autumn.post(f"/api/orders/{order['id']}/shipments", label).json
    assert counts(push(autumn, "ontrac", sample_bytes("ontrac_delivered"))) == (3, 0, 0, 0)
    assert autumn.get(f"/api/shipments/{shipment['id']}").json["status"] == "delivered"


# What must never be


@pytest.mark.parametrize("face_name", list(FACES))
@pytest.mark.parametrize("point", [Point.BEGIN, Point.COMMIT])
def test_what_cannot_be_written_is_sent_again(face_name: str, point: Point) -> None:
    """While the database cannot be written, a push is a 503: the carrier sends it again, and then it is taken."""
    with open_faulty("memory://", clock=FrozenClock()) as oms, FACES[face_name](HttpApi(oms, environ={})) as send:
        clock = oms.clock
        assert isinstance(clock, FrozenClock)
        shop = Shop(send, oms, clock, "acme")
        configure(shop, "ups")
        body = ups_scan("1Z999AA10100001012", "I/AR", "2026-01-25T08:00")
        oms.faults.unavailable(ALWAYS) if point is Point.BEGIN else oms.faults.error(point, when=ALWAYS)
        refused = push(shop, "ups", body)
        oms.faults.clear()

        assert (refused.status, refused.error in {"ServiceUnavailable", "OutcomeUnknown"}) == (503, True)
        assert refused.headers["retry-after"]
        assert counts(push(shop, "ups", body)) == (0, 0, 1, 0)


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@st.composite
def bent(draw: st.DrawFn) -> tuple[str, Any]:
    """Return a carrier and a body: one of its own with something else in a place of it, or anything at all."""
    carrier = draw(st.sampled_from(CARRIERS))
    payload = sample(BODIES[carrier][0])
    if draw(st.booleans()):
        return carrier, draw(ANY_JSON)
    node: Any = {"body": payload}
    holder: Any = node
    key: Any = "body"
    while draw(st.integers(0, 4)) and holder[key] and isinstance(holder[key], dict | list):
        holder = holder[key]
        key = draw(st.sampled_from(sorted(holder) if isinstance(holder, dict) else range(len(holder))))
    holder[key] = draw(ANY_JSON)
    return carrier, node["body"]


@given(asked=bent())
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_json_is_too_much(autumn: Shop, asked: tuple[str, Any]) -> None:
    """Whatever is pushed, by whichever carrier, is answered with 200 or 400, never with an error of ours."""
    carrier, payload = asked
    configure(autumn, carrier, proof="bearer")
    body = json.dumps(payload).encode()
    answer = push(autumn, carrier, body, {"authorization": f"Bearer {SECRET}"})
    assert answer.status in {200, 400}, answer.json


def test_no_secret_and_nobodys_name_is_logged(autumn: Shop, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever is pushed, taken or refused: no secret, token, name, address or tracking number is in our logs."""
    caplog.set_level(logging.DEBUG)
    codes = sample("ups_delivered") | {"receivedBy": "Jane Smith", "activityStatus": {"type": "Q", "code": "QQ"}}
    number = codes["trackingNumber"]
    configure(autumn, "ups", proof="query")
    for token in (SECRET, OTHER_SECRET):
        push(autumn, "ups", json.dumps(codes).encode(), {}, query=f"tenant={autumn.tenant}&token={token}")
    push(autumn, "ups", b'{"name": "Jane Smith"}', {}, query=f"tenant={autumn.tenant}&token={SECRET}")
    configure(autumn, "ups", proof="basic", username="ups-user")
    push(autumn, "ups", json.dumps(codes).encode(), basic("ups-user", SECRET))
    configure(autumn, "dhl")
    for name in ("dhl_unified_validate", "dhl_unified_failure_notice"):
        push(autumn, "dhl", sample_bytes(name))
    configure(autumn, "amazon")
    confirm = {
        "Type": "SubscriptionConfirmation",
        "TopicArn": "arn:aws:sns:us-east-1:1:t",
        "SubscribeURL": "https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&Token=2336412f37f",
    }
    push(autumn, "amazon", json.dumps(confirm).encode(), {"x-api-key": SECRET})
    push(autumn, "fedex", body_of("fedex"), {"fdx-signature": OTHER_SECRET})
    configure(autumn, "usps")
    push(autumn, "usps", body_of("usps"))

    assert "has the code" in caplog.text
    assert "subscription.failure" in caplog.text
    assert "could not be read" in caplog.text
    private = [
        SECRET,
        OTHER_SECRET,
        basic("ups-user", SECRET)["authorization"].split()[1],
        sample("dhl_unified_validate")["secret"],
        "2336412f37f",
        "Jane",
        number,
        autumn.token,
    ]
    assert not [each for each in private if each in caplog.text]

"""Webhooks over HTTP: subscribed to, changed, tested, rotated, listed, redelivered and replayed."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest
from guide import call
from http_faces import Shop

from vectis_core.clock import to_wire
from vectis_core.commands import ClaimDeliveries, SettleDeliveries
from vectis_core.tenancy import Caller
from vectis_core.webhooks.model import Report

GUIDE = call("Create a Webhook Subscription").json
HOOK = {"url": "https://example.com/hook", "events": ["*"]}
#: More endpoints than all tests here have together.
MANY = 10_000


def subscribed(shop: Shop, **changes: Any) -> Any:
    """Subscribe an endpoint and return what that is answered with."""
    made = shop.post("/api/webhooks", HOOK | changes)
    assert made.status == 201, made.json
    return made.json


def attempt(shop: Shop, webhook: Any, code: int | None, **more: Any) -> None:
    """Let a dispatcher try the first delivery that is due, with what came of it."""
    claim = ClaimDeliveries(caller=Caller(), well=MANY, ailing=MANY, deliveries=1, lease_seconds=60)
    [lease] = [each for each in shop.oms.engine.run(claim) if each.subscription.id == webhook["id"]]
    report = Report(
        lease.parcels[0].delivery.id, shop.oms.store.now(), code, None if code else "timeout", 12, **(_NO_TEXT | more)
    )
    settled = shop.oms.engine.run(
        SettleDeliveries(
            caller=Caller(shop.tenant, "dispatcher"),
            subscription_id=webhook["id"],
            lease_token=lease.token,
            reports=(report,),
        )
    )
    assert settled.current


_NO_TEXT: dict[str, Any] = {"excerpt": None}


def test_the_guides_subscription_is_made(shop: Shop) -> None:
    """The guide's body is a 201 with its id, URL and events; the secret that came with it is not sent back."""
    made = shop.post("/api/webhooks", GUIDE)

    assert made.status == 201
    assert {name: made.json[name] for name in ("url", "events", "active")} == {
        "url": GUIDE["url"],
        "events": GUIDE["events"],
        "active": True,
    }
    assert "secret" not in made.json
    assert made.headers["location"] == f"/api/webhooks/{made.json['id']}"
    assert shop.get(made.headers["location"]).json == made.json


def test_a_secret_that_we_make_is_shown_once(shop: Shop) -> None:
    """Without a secret we make one of the form of Standard Webhooks, and no other answer shows it."""
    made = subscribed(shop)

    assert made["secret"].startswith("whsec_")
    place = f"/api/webhooks/{made['id']}"
    later = [shop.get(place), shop.get("/api/webhooks"), shop.patch(place, {"events": ["order.*"]})]
    assert not [answer for answer in later if made["secret"].encode() in answer.body]
    assert later[0].json == {name: value for name, value in made.items() if name != "secret"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"secret": "fifteen letters"}, "secret"),
        ({"secret": ""}, "secret"),
        ({"secret": " " * 20}, "secret"),
        ({"secret": "x" * 256}, "secret"),
        ({"secret": 1234567890123456}, "secret"),
        ({"events": ["order.lost"]}, "events[0]"),
        ({"events": ["order.created", "order."]}, "events[1]"),
        ({"events": ["order.created", None]}, "events[1]"),
        ({"events": []}, "events"),
        ({"events": "*"}, "events"),
        ({"events": None}, "events"),
        ({"url": "example.com/hook"}, "url"),
        ({"url": "ftp://example.com/hook"}, "url"),
        ({"url": "https://user:password@example.com/"}, "url"),
        ({"url": "https://example.com/a b"}, "url"),
        ({"url": "https://example.com\\@127.0.0.1/"}, "url"),
        ({"url": "https://example.com/\n"}, "url"),
        ({"url": "https://exämple.com/"}, "url"),
        ({"url": "https://example.com:99999/"}, "url"),
        ({"url": "http://example.com/"}, "url"),
        ({"url": "https://10.0.0.1/"}, "url"),
        ({"url": "https://"}, "url"),
        ({"url": ""}, "url"),
        ({"url": None}, "url"),
        ({"url": "https://example.com/" + "x" * 2048}, "url"),
        ({"active": False}, "active"),
        ({"name": "x"}, "name"),
    ],
    ids=str,
)
def test_a_bad_subscription_names_its_field(shop: Shop, changes: dict[str, Any], field: str) -> None:
    """What is wrong is named by its JSON path, and nothing is subscribed."""
    assert shop.post("/api/webhooks", HOOK | changes).field == field
    assert shop.get("/api/webhooks").json["pagination"]["total"] == 0


@pytest.mark.parametrize("missing", ["url", "events"])
def test_url_and_events_are_required(shop: Shop, missing: str) -> None:
    """A subscription says where to and of what."""
    assert shop.post("/api/webhooks", {name: HOOK[name] for name in HOOK if name != missing}).field == missing


def test_a_change_is_as_strict_as_a_beginning(shop: Shop) -> None:
    """PATCH refuses what POST refuses, a secret too: that has an operation of its own."""
    place = f"/api/webhooks/{subscribed(shop)['id']}"
    before = shop.get(place).json

    assert shop.patch(place, {"url": "https://a@example.com/"}).field == "url"
    assert shop.patch(place, {"events": ["lost"]}).field == "events[0]"
    assert shop.patch(place, {"active": "yes"}).field == "active"
    assert shop.patch(place, {"secret": "sixteen letters!"}).field == "secret"
    assert shop.get(place).json == before


def test_subscriptions_are_listed_changed_and_ended(shop: Shop) -> None:
    """The list is newest first with pages; what is changed is so at once; what is ended is gone."""
    first, second = subscribed(shop), subscribed(shop, url="https://example.org/", events=["order.*", "order.*"])
    assert second["events"] == ["order.*"]

    page = shop.get("/api/webhooks?limit=1").json
    assert ([each["id"] for each in page["webhooks"]], page["pagination"]["total"]) == ([second["id"]], 2)
    place = f"/api/webhooks/{first['id']}"
    shop.clock.advance(1)
    changed = shop.patch(place, {"url": "https://example.com/other", "events": ["inventory.*"]})
    assert (changed.status, changed.json["url"], changed.json["events"]) == (
        200,
        "https://example.com/other",
        ["inventory.*"],
    )
    assert changed.json["updatedAt"] > first["updatedAt"]
    ended = shop.delete(place)
    assert (ended.status, ended.body) == (204, b"")
    assert [shop.get(place).status, shop.patch(place, {}).status, shop.delete(place).status] == [404] * 3
    assert [each["id"] for each in shop.get("/api/webhooks").json["webhooks"]] == [second["id"]]


def test_a_paused_webhook_keeps_what_it_misses(shop: Shop) -> None:
    """While it is paused nothing is sent, and what happens is listed as skipped; resumed, it goes on."""
    shop.stocked()
    hook = subscribed(shop, events=["order.created"])
    place = f"/api/webhooks/{hook['id']}"
    paused = shop.patch(place, {"active": False}).json
    assert (paused["active"], paused["status"]) == (False, "paused")
    shop.ordered("missed")
    assert shop.patch(place, {"active": True}).json["status"] == "active"
    shop.ordered("told")

    listed = shop.get(f"{place}/deliveries").json
    assert [each["status"] for each in listed["deliveries"]] == ["pending", "skipped"]
    assert listed["pagination"]["total"] == 2
    assert [each["nextAttemptAt"] is None for each in listed["deliveries"]] == [False, True]


def test_nothing_can_be_sent_by_hand_while_it_is_paused(shop: Shop) -> None:
    """Test, redelivery and replay of a webhook that is not active are a 409 that says what to do."""
    hook = subscribed(shop)
    place = f"/api/webhooks/{hook['id']}"
    delivery = shop.post(f"{place}/test").json
    shop.patch(place, {"active": False})

    for path, body in [
        (f"{place}/test", None),
        (f"{place}/replay", {"since": "2026-01-01T00:00:00Z"}),
        (f"/api/deliveries/{delivery['id']}/redeliver", None),
    ]:
        refused = shop.post(path, body)
        assert (refused.status, refused.error, refused.json["details"]["status"]) == (409, "Conflict", "paused")
        assert '"active"' in refused.json["message"]


@pytest.mark.parametrize("how", ["create", "rotate"])
def test_a_repeat_does_not_show_the_secret_again(shop: Shop, how: str) -> None:
    """The same key gets the same webhook back, made once, without the secret that the first answer showed."""
    path, body = "/api/webhooks", dict(HOOK)
    if how == "rotate":
        path, body = f"/api/webhooks/{subscribed(shop)['id']}/rotate-secret", {"overlap": 60}
    headers = {"idempotency-key": "once"}
    first, second = shop.post(path, body, headers=headers), shop.post(path, body, headers=headers)

    secret = first.json.pop("secret")
    assert second.status == first.status
    assert second.headers["x-idempotent-replay"] == "true"
    assert secret.encode() not in second.body
    assert second.json == {name: value for name, value in first.json.items() if name != "secret"}
    assert shop.get("/api/webhooks").json["pagination"]["total"] == 1


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/api/webhooks/{hook}", {"active": False}),
        ("POST", "/api/webhooks/{hook}/test", None),
        ("POST", "/api/webhooks/{hook}/finish-rotation", None),
        ("POST", "/api/webhooks/{hook}/replay", {"since": "2026-01-01T00:00:00Z", "types": ["*"]}),
        ("POST", "/api/deliveries/{delivery}/redeliver", None),
        ("DELETE", "/api/webhooks/{hook}", None),
    ],
)
def test_a_repeat_does_nothing_twice(shop: Shop, method: str, path: str, body: Any) -> None:
    """The same key gets the very answer of the first time, and no second test, redelivery or replay begins."""
    hook = subscribed(shop)
    shop.post(f"/api/webhooks/{hook['id']}/rotate-secret")
    delivery = shop.post(f"/api/webhooks/{hook['id']}/test").json
    attempt(shop, hook, 200)
    place, headers = path.format(hook=hook["id"], delivery=delivery["id"]), {"idempotency-key": "once"}

    first = shop.ask(method, place, body, headers=headers)
    lists = [shop.get(f"/api/webhooks/{hook['id']}/{name}").body for name in ("deliveries", "replays")]
    shop.clock.advance(1)
    second = shop.ask(method, place, body, headers=headers)

    assert (second.status, second.body) == (first.status, first.body)
    assert first.status in {200, 202, 204}
    assert second.headers["x-idempotent-replay"] == "true"
    assert [shop.get(f"/api/webhooks/{hook['id']}/{name}").body for name in ("deliveries", "replays")] == lists


def test_a_repeat_with_another_secret_is_a_conflict(shop: Shop) -> None:
    """The secret is part of what was asked for."""
    headers = {"idempotency-key": "once"}
    assert shop.post("/api/webhooks", HOOK | {"secret": "a" * 16}, headers=headers).status == 201
    assert shop.post("/api/webhooks", HOOK | {"secret": "b" * 16}, headers=headers).status == 409


def test_a_secret_is_replaced_with_an_overlap(shop: Shop) -> None:
    """Rotated, a webhook has two secrets, the older until the overlap ends or its owner ends it."""
    hook = subscribed(shop)
    place = f"/api/webhooks/{hook['id']}"
    rotated = shop.post(f"{place}/rotate-secret")
    assert rotated.status == 200
    assert rotated.json["secret"] not in {hook["secret"], None}
    newest, older = rotated.json["secrets"]
    assert (newest["retiresAt"], older["retiresAt"]) == (None, to_wire(shop.clock.now() + timedelta(days=1)))
    own = shop.post(f"{place}/rotate-secret", {"secret": "a secret of our own", "overlap": 3600}).json
    assert "secret" not in own
    assert own["secrets"][1]["retiresAt"] == to_wire(shop.clock.now() + timedelta(hours=1))
    finished = shop.post(f"{place}/finish-rotation")
    assert (finished.status, len(finished.json["secrets"])) == (200, 1)
    assert shop.post(f"{place}/finish-rotation").json == finished.json
    assert len(shop.post(f"{place}/rotate-secret", {"overlap": 0}).json["secrets"]) == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"secret": "short"}, "secret"),
        ({"overlap": -1}, "overlap"),
        ({"overlap": 7 * 86_400 + 1}, "overlap"),
        ({"overlap": True}, "overlap"),
        ({"overlap": "1"}, "overlap"),
        ({"grace": 1}, "grace"),
    ],
    ids=str,
)
def test_a_bad_rotation_names_its_field(shop: Shop, body: dict[str, Any], field: str) -> None:
    """A rotation that cannot be leaves the secret that there is."""
    place = f"/api/webhooks/{subscribed(shop)['id']}"
    assert shop.post(f"{place}/rotate-secret", body).field == field
    assert len(shop.get(place).json["secrets"]) == 1


def test_a_test_event_goes_to_its_webhook_alone(shop: Shop) -> None:
    """Asked for, a test is on its way to one webhook whatever that is for, and stands in the feed."""
    hook, _ = subscribed(shop, events=["inventory.*"]), subscribed(shop)
    sent = shop.post(f"/api/webhooks/{hook['id']}/test")

    assert sent.status == 202
    delivery = sent.json
    assert (delivery["event"], delivery["trigger"], delivery["status"]) == ("webhook.test", "test", "pending")
    assert (delivery["webhookId"], delivery["subjectId"], delivery["sequence"]) == (hook["id"], hook["id"], 1)
    [event] = shop.get("/api/events").json["events"]
    assert (event["id"], event["event"], event["data"]["webhookId"]) == (
        delivery["eventId"],
        "webhook.test",
        hook["id"],
    )
    totals = [
        shop.get(f"/api/webhooks/{each['id']}/deliveries").json["pagination"]["total"]
        for each in shop.get("/api/webhooks").json["webhooks"]
    ]
    assert sorted(totals) == [0, 1]


def test_every_attempt_is_in_the_log(shop: Shop) -> None:
    """A delivery tells of each try when it was, how long it took and what was answered, and of the next."""
    hook = subscribed(shop)
    delivery = shop.post(f"/api/webhooks/{hook['id']}/test").json
    place = f"/api/deliveries/{delivery['id']}"
    attempt(shop, hook, 500, excerpt="Oops")
    failed = shop.get(place).json
    assert (failed["status"], failed["attempts"], failed["lastStatusCode"]) == ("pending", 1, 500)
    assert failed["nextAttemptAt"] > to_wire(shop.clock.now())
    shop.clock.advance(600)
    attempt(shop, hook, None)
    shop.clock.advance(600)
    attempt(shop, hook, 204)

    told = shop.get(place).json
    log = told.pop("log")
    assert (told["status"], told["attempts"], told["nextAttemptAt"]) == ("delivered", 3, None)
    assert [(each["number"], each["statusCode"], each["error"], each["response"]) for each in log] == [
        (1, 500, None, "Oops"),
        (2, None, "timeout", None),
        (3, 204, None, None),
    ]
    assert {(each["url"], each["durationMs"]) for each in log} == {(HOOK["url"], 12)}
    assert shop.get(f"/api/webhooks/{hook['id']}/deliveries").json["deliveries"] == [told]


def test_deliveries_are_filtered_and_paged(shop: Shop) -> None:
    """The list shows a status, a type of event, or both, newest first, with the total of what matches."""
    hook = subscribed(shop)
    place = f"/api/webhooks/{hook['id']}/deliveries"
    shop.stocked()
    for name in "ABC":
        shop.ordered(name)
    attempt(shop, hook, 200)

    def shown(query: str) -> tuple[list[str], int]:
        page = shop.get(f"{place}?{query}").json
        return [each["event"] for each in page["deliveries"]], page["pagination"]["total"]

    assert shown("") == (["order.created"] * 3 + ["inventory.adjusted"], 4)
    assert shown("status=delivered") == (["inventory.adjusted"], 1)
    assert shown("status=pending&event=inventory.adjusted") == ([], 0)
    assert shown("event=order.created&limit=2&offset=1") == (["order.created"] * 2, 3)


@pytest.mark.parametrize(
    ("query", "field"),
    [("status=lost", "status"), ("event=order.*", "event"), ("limit=0", "limit"), ("type=x", "type")],
)
def test_a_filter_that_can_match_nothing_is_refused(shop: Shop, query: str, field: str) -> None:
    """A status or a type that there is not is a mistake of the caller's."""
    assert shop.get(f"/api/webhooks/{subscribed(shop)['id']}/deliveries?{query}").field == field


def test_a_redelivery_is_a_delivery_of_its_own(shop: Shop) -> None:
    """What was delivered is sent once more on request; what waits for its next try is due at once instead."""
    hook = subscribed(shop)
    first = shop.post(f"/api/webhooks/{hook['id']}/test").json
    place = f"/api/deliveries/{first['id']}"
    attempt(shop, hook, 503)
    hurried = shop.post(f"{place}/redeliver")
    assert (hurried.status, hurried.json["id"], hurried.json["attempts"]) == (202, first["id"], 1)
    assert hurried.json["nextAttemptAt"] == to_wire(shop.clock.now())
    attempt(shop, hook, 200)
    done = shop.get(place).json
    again = shop.post(f"{place}/redeliver")

    assert again.status == 202
    assert again.json["id"] != first["id"]
    assert (again.json["eventId"], again.json["trigger"]) == (first["eventId"], "redelivery")
    assert (again.json["status"], again.json["attempts"]) == ("pending", 0)
    assert shop.get(place).json == done


def test_a_replay_is_accepted_and_listed(shop: Shop) -> None:
    """A replay is answered before it is done, with its range, and listed newest first until its webhook ends."""
    hook = subscribed(shop, events=["order.*"])
    place = f"/api/webhooks/{hook['id']}"
    until = to_wire(shop.clock.advance(10))
    first = shop.post(f"{place}/replay", {"since": "2026-01-01T02:00:00+02:00"})
    second = shop.post(f"{place}/replay", {"since": "2026-01-01T00:00:00Z", "until": until, "types": ["order.created"]})

    assert (first.status, second.status) == (202, 202)
    assert (first.json["since"], first.json["until"], first.json["types"]) == (
        "2026-01-01T00:00:00Z",
        until,
        ["order.*"],
    )
    assert (second.json["types"], second.json["done"], second.json["deliveries"]) == (["order.created"], False, 0)
    assert shop.get(f"{place}/replays").json == {"replays": [second.json, first.json]}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "since"),
        ({"since": None}, "since"),
        ({"since": "yesterday"}, "since"),
        ({"since": "2026-01-01T00:00:00"}, "since"),
        ({"since": "2999-01-01T00:00:00Z"}, "since"),
        ({"since": "2026-01-01T00:00:00Z", "until": "2025-01-01T00:00:00Z"}, "since"),
        ({"since": "2026-01-01T00:00:00Z", "until": "now"}, "until"),
        ({"since": "2026-01-01T00:00:00Z", "types": ["lost"]}, "types[0]"),
        ({"since": "2026-01-01T00:00:00Z", "types": []}, "types"),
        ({"since": "2026-01-01T00:00:00Z", "events": ["*"]}, "events"),
    ],
    ids=str,
)
def test_a_bad_replay_names_its_field(shop: Shop, body: dict[str, Any], field: str) -> None:
    """A range that can hold nothing is refused, and no replay begins."""
    place = f"/api/webhooks/{subscribed(shop)['id']}"
    assert shop.post(f"{place}/replay", body).field == field
    assert shop.get(f"{place}/replays").json == {"replays": []}


def test_reading_and_writing_webhooks_are_scopes_apart(shop: Shop) -> None:
    """A token to read sees webhooks and changes none; one to write sees none."""
    place = f"/api/webhooks/{subscribed(shop)['id']}"
    reads, writes = shop.new_token(("webhooks:read",)), shop.new_token(("webhooks:write",))

    assert shop.get(place, token=reads).status == 200
    assert shop.get(f"{place}/deliveries", token=reads).status == 200
    refused = shop.post(f"{place}/test", token=reads)
    assert (refused.status, refused.error) == (403, "Forbidden")
    assert "webhooks:write" in str(refused.json["details"])
    assert shop.get(place, token=writes).status == 403
    assert shop.post(f"{place}/test", token=writes).status == 202


def test_no_secret_is_told_or_logged(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever is asked of a webhook, and whatever is wrong with it, its secrets are in no answer and no log."""
    secrets = ["a secret of the owner", "the next one of theirs", "too short"]
    caplog.set_level(logging.DEBUG)
    made = shop.post("/api/webhooks", HOOK | {"secret": secrets[0]})
    place = f"/api/webhooks/{made.json['id']}"
    answers = [
        made,
        shop.post("/api/webhooks", HOOK | {"secret": secrets[2]}),
        shop.post("/api/webhooks", HOOK | {"secret": secrets[0], "url": "none"}),
        shop.post(f"{place}/rotate-secret", {"secret": secrets[1]}),
        shop.post(f"{place}/test"),
        shop.get(place),
        shop.get("/api/webhooks"),
        shop.get(f"{place}/deliveries"),
        shop.get("/api/events"),
        shop.patch(place, {"active": False}),
        shop.post(f"{place}/finish-rotation"),
        shop.post(f"{place}/test"),
    ]

    told = b"\n".join(answer.body for answer in answers).decode() + caplog.text
    told += repr(shop.face.webhooks.get(made.json["id"]))
    told += repr(shop.face.webhooks.create("https://example.com/", ["*"], secret=secrets[0]))
    assert not [secret for secret in secrets if secret in told]
    assert [answer.status for answer in answers] == [201, 400, 400, 200, 202, 200, 200, 200, 200, 200, 200, 409]


def test_the_catalogue_lists_every_type_with_its_schema(shop: Shop) -> None:
    """What can be subscribed to is listed, each type with a schema of its data and an example of it."""
    kinds = shop.get("/api/webhooks/events").json["events"]

    assert {"order.created", "inventory.low_stock", "webhook.disabled"} <= {kind["event"] for kind in kinds}
    assert all(set(kind["schema"]["required"]) == set(kind["example"]) for kind in kinds)
    types = [kind["event"] for kind in kinds]
    assert shop.post("/api/webhooks", HOOK | {"events": types}).json["events"] == types

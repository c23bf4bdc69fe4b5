"""``vectis webhooks``."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from cli_types import Call

from vectis_core import Delivery, Subscription, Vectis
from vectis_core.clock import to_wire
from vectis_core.commands import ClaimDeliveries, SettleDeliveries
from vectis_core.tenancy import Caller
from vectis_core.webhooks.model import Report

URL = "https://example.com/hook"
SECRET = "a secret of the owner"


@pytest.fixture(name="hook")
def _hook(oms: Vectis) -> Subscription:
    return oms.webhooks.create(URL, ["order.*", "webhook.*"], secret=SECRET).subscription


@pytest.fixture(name="delivery")
def _delivery(oms: Vectis, hook: Subscription) -> Delivery:
    return oms.webhooks.test(hook.id)


def attempt(oms: Vectis, code: int, retry_after: int | None = None) -> None:
    """Let a dispatcher try what is due, with what came of it."""
    [lease] = oms.engine.run(ClaimDeliveries(caller=Caller(), well=9, ailing=9, deliveries=9, lease_seconds=60))
    report = Report(lease.parcels[0].delivery.id, oms.store.now(), code, None, 5, None, retry_after)
    settle = SettleDeliveries(
        caller=Caller(), subscription_id=lease.subscription.id, lease_token=lease.token, reports=(report,)
    )
    assert oms.engine.run(settle).current


def test_list_tells_how_each_webhook_fares(vectis: Call, oms: Vectis, delivery: Delivery) -> None:
    """Webhooks are listed newest first, with what is wrong with them, in words and as JSON, and without secrets."""
    attempt(oms, 500)
    gone = oms.webhooks.create("https://example.org/", ["*"], secret=SECRET).subscription
    oms.webhooks.test(gone.id)
    attempt(oms, 410)

    in_words, as_json = vectis("webhooks", "list").stdout, vectis("webhooks", "list", "--json").stdout

    first, second = in_words.splitlines()
    assert first.startswith(f"{gone.id}  disabled since ")
    assert "410 Gone" in first
    assert first.endswith("https://example.org/  (*)")
    assert f"{delivery.subscription_id}  active but failing since " in second
    assert [(each["status"], each["failures"]) for each in json.loads(as_json)] == [("disabled", 1), ("active", 1)]
    assert SECRET not in in_words + as_json


def test_list_tells_who_rests(vectis: Call, oms: Vectis, delivery: Delivery) -> None:
    """Whoever wonders why nothing goes out sees until when that is."""
    attempt(oms, 429, retry_after=3_600)
    rests_until = oms.webhooks.get(delivery.subscription_id).rests_until

    in_words, as_json = vectis("webhooks", "list").stdout, vectis("webhooks", "list", "--json").stdout

    assert rests_until is not None
    assert f", 1 attempt and resting until {to_wire(rests_until)}  {URL}" in in_words
    assert json.loads(as_json)[0]["restsUntil"] == to_wire(rests_until)


def test_deliveries_are_listed_with_their_outcome(vectis: Call, oms: Vectis, delivery: Delivery) -> None:
    """What was tried says what came of it; filters and the limit choose, and --json is for scripts."""
    hook_id = delivery.subscription_id
    attempt(oms, 200)
    waiting = oms.webhooks.test(hook_id)

    lines = vectis("webhooks", "deliveries", hook_id).stdout.splitlines()

    assert lines[0].startswith(f"{waiting.id}  pending  webhook.test  0 attempts, next at ")
    assert lines[1] == f"{delivery.id}  delivered  webhook.test  1 attempt, the last: 200"
    assert vectis("webhooks", "deliveries", hook_id, "--limit", "1").stdout.splitlines() == lines[:1]
    assert vectis("webhooks", "deliveries", hook_id, "--status", "delivered").stdout.splitlines() == lines[1:]
    assert vectis("webhooks", "deliveries", hook_id, "--event", "order.created").stdout == ""
    [told] = json.loads(vectis("webhooks", "deliveries", hook_id, "--status", "delivered", "--json").stdout)
    assert (told["id"], told["lastStatusCode"], told["nextAttemptAt"]) == (delivery.id, 200, None)


def test_a_test_is_put_on_its_way(vectis: Call, oms: Vectis, hook: Subscription) -> None:
    """The id of the delivery is printed, with who will send it."""
    done = vectis("webhooks", "test", hook.id)

    assert oms.webhooks.delivery(done.stdout.strip()).delivery.trigger == "test"
    assert "vectis worker" in done.stderr


def test_a_delivery_is_sent_once_more(vectis: Call, oms: Vectis, delivery: Delivery) -> None:
    """What has arrived becomes a new delivery of the same event."""
    attempt(oms, 200)

    again = oms.webhooks.delivery(vectis("webhooks", "redeliver", delivery.id).stdout.strip()).delivery

    assert (again.event_id, again.trigger, again.status) == (delivery.event_id, "redelivery", "pending")


def test_a_time_is_replayed(vectis: Call, oms: Vectis, hook: Subscription) -> None:
    """A replay begins with the range and the types that were named."""
    since, until = to_wire(hook.created_at - timedelta(hours=1)), to_wire(hook.created_at - timedelta(minutes=1))

    done = vectis(
        "webhooks", "replay", hook.id, "--since", since, "--until", until, "--type", "order.*", "--type", "order.held"
    )

    [replay] = oms.webhooks.replays(hook.id)
    assert done.stdout == f"{replay.id}\n"
    assert (to_wire(replay.since), to_wire(replay.until)) == (since, until)
    assert "order.created" in replay.types or "order.*" in replay.types
    assert vectis("webhooks", "replay", hook.id, "--since", since).exit_code == 0


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["test", "whk_nobody"], 1, "Error: No such webhook in tenant default; --tenant asks another one\n"),
        (["deliveries", "whk_nobody"], 1, "Error: No such webhook in tenant default; --tenant asks another one\n"),
        (["redeliver", "whd_nobody"], 1, "Error: No such delivery in tenant default; --tenant asks another one\n"),
        (["replay", "whk_nobody", "--since", "yesterday"], 2, "no time"),
        (["replay", "HOOK", "--since", "2026-01-26T12:00:00"], 1, "Error: since: must be a time with a zone"),
        (["replay", "HOOK", "--since", "2026-01-26T12:00:00Z", "--type", "lost"], 1, "Error: types[0]: must be one of"),
        (["deliveries", "HOOK", "--status", "lost"], 2, "skipped"),
        (["list", "--tenant", "acmee"], 1, "There is no tenant 'acmee'"),
    ],
    ids=str,
)
def test_what_cannot_be_is_told_in_a_line(
    vectis: Call, hook: Subscription, words: list[str], code: int, said: str
) -> None:
    """A mistake is told in words, with the exit code of its kind."""
    done = vectis("webhooks", *[hook.id if word == "HOOK" else word for word in words])

    assert (done.exit_code, done.stdout) == (code, "")
    assert said in done.stderr


def test_a_paused_webhook_is_not_sent_to(vectis: Call, oms: Vectis, hook: Subscription) -> None:
    """A webhook that is not active says so, and what to do."""
    oms.webhooks.update(hook.id, active=False)

    done = vectis("webhooks", "test", hook.id)

    assert (done.exit_code, done.stdout) == (1, "")
    assert "paused" in done.stderr


def test_without_webhooks_the_list_says_so(vectis: Call, oms: Vectis) -> None:
    """An empty list is empty on stdout, and explained on stderr."""
    done = vectis("webhooks", "list")

    assert (done.exit_code, done.stdout) == (0, "")
    assert "no webhook" in done.stderr

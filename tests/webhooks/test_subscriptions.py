"""Subscriptions and their secrets: made, changed, rotated, ended."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from endpoints import SECRET, Endpoints, buy, subscribe, work, worker_of
from hypothesis import given
from hypothesis import strategies as st

from vectis_core import IdempotencyConflict, NotFound, ValidationError, Vectis
from vectis_core.commands import CreateSubscription, RotateSecret
from vectis_core.errors import Conflict
from vectis_core.signing import sign, standard_signatures
from vectis_core.testing import FrozenClock
from vectis_core.webhooks.model import NewSubscription, Rotation, Subscription, SubscriptionStatus
from vectis_core.webhooks.transport import Answer

DAY = 86_400
OTHER = "another secret of the test"


def signed_with(endpoints: Endpoints, secrets: list[str]) -> tuple[list[str], list[str]]:
    """Return which of *secrets* have signed the newest delivery: in the hex header, and in the list."""
    newest, body = endpoints.received[-1], endpoints.bodies[-1]
    timestamp = int(newest.headers["X-Webhook-Timestamp"])
    single = [each for each in secrets if sign(each, timestamp, body) == newest.headers["X-Webhook-Signature"]]
    listed = newest.headers.get("webhook-signature", "").split()
    wanted = {each: standard_signatures([each], newest.headers["webhook-id"], timestamp, body) for each in secrets}
    return single, [secret for signature in listed for secret, made in wanted.items() if made == signature]


class Noting(Endpoints):
    """Endpoints that keep the bodies as they came."""

    def __init__(self) -> None:
        super().__init__()
        self.bodies: list[bytes] = []

    def post(self, post: Any) -> Answer:
        """Note the body too."""
        self.bodies.append(post.body)
        return super().post(post)


@pytest.fixture(name="endpoints")
def _endpoints() -> Noting:
    return Noting()


def told(oms: Vectis, endpoints: Noting, clock: FrozenClock, secrets: list[str]) -> tuple[list[str], list[str]]:
    """Make an event, deliver it, and return which secrets have signed."""
    buy(oms, f"order {len(endpoints.received)}")
    list(work(worker_of(oms, endpoints, clock)))
    return signed_with(endpoints, secrets)


def test_a_secret_of_ours_is_shown_once(oms: Vectis) -> None:
    """One that we make is of Standard Webhooks' form and is returned, one that was given is not."""
    made = oms.webhooks.create("https://a.test/", ["*"])
    given_by_owner = oms.webhooks.create("https://b.test/", ["*"], secret=SECRET)

    assert made.secret is not None
    assert made.secret.startswith("whsec_")
    assert len(made.secret) == len("whsec_") + 44
    assert given_by_owner.secret is None
    assert made.secret not in repr(made)
    assert made.secret not in repr(oms.webhooks.get(made.subscription.id))


@pytest.mark.parametrize("secret", ["", "fifteen letters", "x" * 256, " " * 16, "\x00" * 20, "\ud800" * 20])
def test_a_secret_that_is_none_is_refused(oms: Vectis, secret: str) -> None:
    """A secret has 16 to 255 characters that can be kept, when subscribing and when rotating."""
    webhook = subscribe(oms, "a")
    for refused in (
        lambda: oms.webhooks.create("https://b.test/", ["*"], secret=secret),
        lambda: oms.webhooks.rotate_secret(webhook, secret=secret),
    ):
        with pytest.raises(ValidationError):
            refused()
    assert oms.webhooks.list().page().total == 1


def test_events_are_kept_once_in_the_order_they_were_given(oms: Vectis) -> None:
    """Naming a type twice is naming it once."""
    made = oms.webhooks.create("https://a.test/", ["order.*", "inventory.adjusted", "order.*"], secret=SECRET)

    assert made.subscription.events == ("order.*", "inventory.adjusted")


@pytest.mark.parametrize("events", [[], ["order"], ["order.lost"], ["*.created"], ["ORDER.*"], [""]])
def test_events_that_there_are_not_are_refused(oms: Vectis, events: list[str]) -> None:
    """Nobody waits for events that never come."""
    webhook = subscribe(oms, "a")
    with pytest.raises(ValidationError):
        oms.webhooks.create("https://b.test/", events, secret=SECRET)
    with pytest.raises(ValidationError):
        oms.webhooks.update(webhook, events=events)


def test_the_old_secret_signs_until_the_overlap_ends(oms: Vectis, endpoints: Noting, clock: FrozenClock) -> None:
    """The hex header is the old secret's until the overlap's last second; the list has both from the start."""
    webhook = oms.webhooks.create("https://a.test/", ["*"])
    old = str(webhook.secret)
    new = str(oms.webhooks.rotate_secret(webhook.subscription.id, overlap=DAY).secret)
    both = [new, old]

    assert told(oms, endpoints, clock, both) == ([old], [new, old])
    clock.advance(DAY - 1)
    assert told(oms, endpoints, clock, both) == ([old], [new, old])
    clock.advance(1)
    assert told(oms, endpoints, clock, both) == ([new], [new])


@pytest.mark.parametrize("ends", ["by its owner", "at once"])
def test_an_overlap_can_be_ended(oms: Vectis, endpoints: Noting, clock: FrozenClock, ends: str) -> None:
    """Where the owner ends the overlap, or wants none, the new secret signs alone from then on."""
    webhook = oms.webhooks.create("https://a.test/", ["*"])
    old = str(webhook.secret)
    overlap = 0 if ends == "at once" else DAY
    new = str(oms.webhooks.rotate_secret(webhook.subscription.id, overlap=overlap).secret)
    if ends == "by its owner":
        oms.webhooks.finish_rotation(webhook.subscription.id)

    assert told(oms, endpoints, clock, [new, old]) == ([new], [new])
    changed = oms.webhooks.get(webhook.subscription.id)
    assert oms.webhooks.finish_rotation(changed.id) == changed


@pytest.mark.parametrize("times", [2, 3])
def test_rotating_again_takes_nobody_by_surprise(
    oms: Vectis, endpoints: Noting, clock: FrozenClock, times: int
) -> None:
    """Within the overlap the hex header stays the first secret's, who has no other yet is still told; three sign."""
    webhook = oms.webhooks.create("https://a.test/", ["*"])
    secrets = [str(webhook.secret)]
    for _ in range(times):
        secrets.insert(0, str(oms.webhooks.rotate_secret(webhook.subscription.id, overlap=DAY).secret))
        clock.advance(60)

    assert told(oms, endpoints, clock, secrets) == ([secrets[-1]], [*secrets[:2], secrets[-1]])
    clock.advance(DAY - 60 * times)
    assert told(oms, endpoints, clock, secrets) == ([secrets[1]], secrets[:2])
    clock.advance(60 * times)
    assert told(oms, endpoints, clock, secrets) == ([secrets[0]], secrets[:1])


@pytest.mark.parametrize(("overlap", "still"), [(3600, 3), (0, 1)])
def test_a_shorter_overlap_holds_for_all_secrets(
    oms: Vectis, endpoints: Noting, clock: FrozenClock, overlap: int, still: int
) -> None:
    """Who wants the old secrets gone in an hour, or at once, is not kept waiting by an overlap that began before."""
    webhook = oms.webhooks.create("https://a.test/", ["*"])
    secrets = [str(webhook.secret)]
    for each in (7 * DAY, overlap):
        secrets.insert(0, str(oms.webhooks.rotate_secret(webhook.subscription.id, overlap=each).secret))

    assert told(oms, endpoints, clock, secrets) == ([secrets[still - 1]], secrets[:still])
    clock.advance(3600)
    assert told(oms, endpoints, clock, secrets) == ([secrets[0]], secrets[:1])


def test_a_free_secret_makes_no_list(oms: Vectis, endpoints: Noting, clock: FrozenClock) -> None:
    """Standard Webhooks has no signature for a secret of another form; the hex header is there all the same."""
    subscribe(oms, "a", "*")

    assert told(oms, endpoints, clock, [SECRET]) == ([SECRET], [])


Repeatable = Callable[[str | None, str], object]


@pytest.fixture(name="asked", params=["create", "rotate"])
def _asked(request: pytest.FixtureRequest, oms: Vectis) -> Repeatable:
    """Return a command that takes a secret, asked for by its command id."""
    webhook = subscribe(oms, "a")
    if request.param == "create":
        return lambda secret, key: oms.webhooks.create("https://b.test/", ["*"], secret=secret, command_id=key)
    return lambda secret, key: oms.webhooks.rotate_secret(webhook, secret=secret, command_id=key)


def test_a_repeat_is_told_by_its_secret(oms: Vectis, asked: Repeatable) -> None:
    """The same command with the same secret is a repeat; with another one, or with none, the id was used before."""
    first = asked(SECRET, "key")

    assert asked(SECRET, "key") == first
    for other in (OTHER, None):
        with pytest.raises(IdempotencyConflict):
            asked(other, "key")
    made = asked(None, "other key")
    again = asked(None, "other key")
    assert getattr(made, "secret", None) is not None
    assert getattr(again, "secret", "shown") is None
    with pytest.raises(IdempotencyConflict):
        asked(SECRET, "other key")


@given(first=st.text(min_size=16, max_size=40), second=st.text(min_size=16, max_size=40))
def test_a_fingerprint_says_nothing_of_a_secret(first: str, second: str) -> None:
    """Nobody who reads kept fingerprints can try secrets against them: they are the same for all."""
    for made in (
        lambda secret: CreateSubscription(intent=NewSubscription("https://a.test/", ("*",), secret)),
        lambda secret: RotateSecret(subscription_id="whk_1", intent=Rotation(secret)),
    ):
        assert made(first).fingerprint() == made(second).fingerprint()
        assert made(first).fingerprint() != made(None).fingerprint()


def test_nothing_that_is_kept_shows_a_secret(oms: Vectis) -> None:
    """Neither subscriptions nor the kept results of commands hold a secret in the clear."""
    made = oms.webhooks.create("https://a.test/", ["*"], command_id="made")
    oms.webhooks.create("https://b.test/", ["*"], secret=SECRET, command_id="given")
    rotated = oms.webhooks.rotate_secret(made.subscription.id, command_id="rotated")
    ids = [("default", "embedded", name) for name in ("given", "made", "rotated")]
    transaction = oms.store.begin()
    results = [json.dumps([each.result, each.fingerprint]) for each in transaction.load_results(ids)]
    webhooks = list(transaction.load_subscriptions((), ["default"]))
    transaction.rollback()
    kept = "".join(results) + "".join(each.sealed for webhook in webhooks for each in webhook.secrets)

    assert len(results) == 3
    for secret in (made.secret, rotated.secret, SECRET):
        assert str(secret) not in kept
        assert str(secret).removeprefix("whsec_")[:20] not in kept


def test_what_is_not_given_stays(oms: Vectis) -> None:
    """A change of one property leaves the others, and one that changes nothing is none."""
    webhook = oms.webhooks.get(subscribe(oms, "a"))
    moved = oms.webhooks.update(webhook.id, url="https://b.test/")
    asked = oms.webhooks.update(webhook.id, events=["*"])

    assert (moved.url, moved.events, moved.status) == ("https://b.test/", webhook.events, webhook.status)
    assert (asked.url, asked.events) == ("https://b.test/", ("*",))
    assert oms.webhooks.update(webhook.id) == asked
    assert oms.webhooks.update(webhook.id, url="https://b.test/", active=True) == asked


def test_a_pause_and_its_end_have_their_moments(oms: Vectis, clock: FrozenClock) -> None:
    """The status says since when it is so; asking for what is so already changes nothing."""
    webhook = oms.webhooks.get(subscribe(oms, "a"))
    seen: list[Subscription] = []
    for active in (False, False, True, True):
        clock.advance(timedelta(hours=1))
        seen.append(oms.webhooks.update(webhook.id, active=active))

    active_again, paused = SubscriptionStatus.ACTIVE, SubscriptionStatus.PAUSED
    assert [each.status for each in seen] == [paused, paused, active_again, active_again]
    assert seen[0] == seen[1]
    assert seen[2] == seen[3]
    assert seen[0].status_since == webhook.created_at + timedelta(hours=1)
    assert seen[2].status_since == webhook.created_at + timedelta(hours=3)


def test_a_deleted_webhook_is_gone_with_its_secret(oms: Vectis) -> None:
    """Nothing finds it any more, nothing can be asked of it, and its secrets are not kept."""
    webhook = subscribe(oms, "a")
    deleted = oms.webhooks.delete(webhook)

    assert deleted.secrets == ()
    assert list(oms.webhooks.list()) == []
    asks: list[Callable[[], object]] = [
        lambda: oms.webhooks.get(webhook),
        lambda: oms.webhooks.update(webhook, active=False),
        lambda: oms.webhooks.delete(webhook),
        lambda: oms.webhooks.rotate_secret(webhook),
        lambda: oms.webhooks.finish_rotation(webhook),
        lambda: oms.webhooks.test(webhook),
        lambda: oms.webhooks.deliveries(webhook).page(),
        lambda: oms.webhooks.replays(webhook),
        lambda: oms.webhooks.replay(webhook, deleted.created_at - timedelta(days=1)),
    ]
    for ask in asks:
        with pytest.raises(NotFound):
            ask()


def test_webhooks_of_another_tenant_are_not_found(oms: Vectis) -> None:
    """A tenant can neither see, change, test nor end another one's webhook or delivery."""
    webhook = subscribe(oms, "a")
    delivery = oms.webhooks.test(webhook)
    theirs = oms.tenant("globex").webhooks
    asks: list[Callable[[], object]] = [
        lambda: theirs.get(webhook),
        lambda: theirs.update(webhook, active=False),
        lambda: theirs.delete(webhook),
        lambda: theirs.rotate_secret(webhook),
        lambda: theirs.test(webhook),
        lambda: theirs.delivery(delivery.id),
        lambda: theirs.redeliver(delivery.id),
    ]
    for ask in asks:
        with pytest.raises(NotFound):
            ask()
    assert oms.webhooks.get(webhook).status is SubscriptionStatus.ACTIVE


def test_nothing_is_sent_on_request_while_nothing_goes_out(oms: Vectis) -> None:
    """A test, a redelivery and a replay of a paused webhook are refused, with its status."""
    webhook = subscribe(oms, "a")
    delivery = oms.webhooks.test(webhook)
    paused = oms.webhooks.update(webhook, active=False)
    asks: list[Callable[[], object]] = [
        lambda: oms.webhooks.test(webhook),
        lambda: oms.webhooks.redeliver(delivery.id),
        lambda: oms.webhooks.replay(webhook, paused.created_at - timedelta(days=1)),
    ]
    for ask in asks:
        with pytest.raises(Conflict) as refused:
            ask()
        assert refused.value.details["status"] == "paused"

"""Claims and what became of them: leases and their tokens, failures, rests, and the end of an endpoint."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import attrs
import pytest
from endpoints import buy, stocked, subscribe
from hypothesis import given
from hypothesis import strategies as st

from vectis_core import Vectis
from vectis_core.commands import (
    ClaimDeliveries,
    Command,
    DeleteSubscription,
    Redeliver,
    SettleDeliveries,
    UpdateSubscription,
)
from vectis_core.engine.tickets import ThreadWaiter
from vectis_core.tenancy import Caller
from vectis_core.testing import FrozenClock
from vectis_core.webhooks import schedule
from vectis_core.webhooks.model import (
    Delivery,
    DeliveryStatus,
    Lease,
    Report,
    Settled,
    Subscription,
    SubscriptionChange,
    SubscriptionStatus,
    Trigger,
)
from vectis_core.webhooks.schedule import Policy

LEASE = 60
HOUR = 3600
DAY = 86_400


def claim(oms: Vectis, well: int = 9, ailing: int = 9, deliveries: int = 20) -> tuple[Lease, ...]:
    """Claim what is due."""
    return oms.run(claiming(well, ailing, deliveries))


def claiming(well: int = 9, ailing: int = 9, deliveries: int = 20) -> ClaimDeliveries:
    """Return a command that claims what is due."""
    return ClaimDeliveries(well=well, ailing=ailing, deliveries=deliveries, lease_seconds=LEASE)


def settling(oms: Vectis, lease: Lease, *codes: int | None, lease_seconds: int = 0, **more: Any) -> SettleDeliveries:
    """Return a command that reports an answer for each of the first deliveries of a lease."""
    reports = tuple(
        Report(parcel.delivery.id, oms.store.now(), code, None if code else "timeout", 12, None, **more)
        for parcel, code in zip(lease.parcels, codes, strict=False)
    )
    return SettleDeliveries(
        caller=Caller(lease.subscription.tenant, "dispatcher"),
        subscription_id=lease.subscription.id,
        lease_token=lease.token,
        reports=reports,
        lease_seconds=lease_seconds,
    )


def settle(oms: Vectis, lease: Lease, *codes: int | None, **more: Any) -> Settled:
    """Report an answer for each of the first deliveries of a lease."""
    return oms.run(settling(oms, lease, *codes, **more))


def only(oms: Vectis) -> Lease:
    """Claim what is due, which is for one endpoint."""
    (lease,) = claim(oms)
    return lease


def deliveries(oms: Vectis, webhook: str) -> list[Delivery]:
    """Return all deliveries, oldest first."""
    return list(oms.webhooks.deliveries(webhook))[::-1]


def at_once(oms: Vectis, *commands: Command[Any]) -> list[Any]:
    """Run commands in one batch, in their order, and return their results."""
    tickets = [oms.engine.ask(command, ThreadWaiter()) for command in commands]
    oms.engine.step()
    assert [ticket.error for ticket in tickets] == [None] * len(tickets)
    return [ticket.outcome.result for ticket in tickets if ticket.outcome is not None]


def everything(oms: Vectis, webhook: str) -> tuple[Subscription, list[Any]]:
    """Return all that is stored of a webhook."""
    logs = [oms.webhooks.delivery(each.id) for each in deliveries(oms, webhook)]
    return oms.webhooks.get(webhook), logs


# Leases


def test_a_lease_has_the_oldest_deliveries_and_the_newest_token(oms: Vectis, clock: FrozenClock) -> None:
    """So many as asked for, in the order of their events, for so long as asked, under a token that was raised."""
    webhook = subscribe(oms, "a", "order.*")
    orders = [buy(oms, str(number)) for number in range(4)]
    (lease,) = claim(oms, deliveries=3)

    assert [each.event.subject_id for each in lease.parcels] == orders[:3]
    assert [each.delivery.event_id for each in lease.parcels] == [each.event.id for each in lease.parcels]
    assert (lease.token, lease.until) == (1, clock.now() + timedelta(seconds=LEASE))
    kept = oms.webhooks.get(webhook)
    assert kept == lease.subscription
    assert (kept.lease_token, kept.leased_until, kept.claimed_at) == (1, lease.until, clock.now())


def test_a_leased_endpoint_is_nobody_elses_until_the_lease_ends(oms: Vectis, clock: FrozenClock) -> None:
    """It is claimed again when its lease has ended, to the second, under the next token."""
    subscribe(oms, "a")
    buy(oms, "1")
    first = only(oms)
    clock.advance(LEASE - 0.001)
    assert claim(oms) == ()
    clock.advance(0.001)
    second = only(oms)

    assert second.parcels == first.parcels
    assert second.token == first.token + 1


def test_an_endpoint_that_is_given_back_is_free_at_once(oms: Vectis) -> None:
    """Settling the last reports ends the lease; settling some in between prolongs it."""
    webhook = subscribe(oms, "a")
    buy(oms, "1")
    buy(oms, "2")
    lease = only(oms)
    settle(oms, lease, 200, lease_seconds=90)
    assert oms.webhooks.get(webhook).leased_until == oms.store.now() + timedelta(seconds=90)
    assert claim(oms) == ()
    settle(oms, lease)

    assert [each.delivery.status for each in only(oms).parcels] == [DeliveryStatus.PENDING]


# A clock that was wrong, and is set back


@pytest.mark.parametrize("back", [HOUR, 365 * DAY])
def test_a_lease_does_not_last_for_as_long_as_the_clock_was_set_back(
    oms: Vectis, clock: FrozenClock, back: int
) -> None:
    """Whoever looks for work has it begin anew: it is the same lease, and over when it has lasted once more."""
    webhook = subscribe(oms, "a")
    buy(oms, "1")
    first = only(oms)
    clock.advance(-back)
    assert claim(oms) == ()

    kept = oms.webhooks.get(webhook)
    assert (kept.lease_token, kept.leased_until) == (first.token, clock.now() + timedelta(seconds=LEASE))
    with oms.store.read() as view:
        assert view.next_due(clock.now()) == kept.leased_until
    clock.advance(LEASE - 0.001)
    assert claim(oms) == ()
    clock.advance(0.001)
    second = only(oms)
    assert (second.token, second.parcels) == (first.token + 1, first.parcels)
    assert not settle(oms, first, 200).current


def test_who_holds_a_lease_may_use_it_over_a_clock_that_is_set_back(oms: Vectis, clock: FrozenClock) -> None:
    """A worker that is alive settles under it, and prolongs it, as if nothing had been."""
    webhook = subscribe(oms, "a")
    buy(oms, "1")
    buy(oms, "2")
    lease = only(oms)
    settle(oms, lease, 200, lease_seconds=600)
    clock.advance(-HOUR)
    assert claim(oms) == ()
    assert oms.webhooks.get(webhook).leased_until == clock.now() + timedelta(seconds=600)
    clock.advance(599)
    assert claim(oms) == ()

    report = Report(lease.parcels[1].delivery.id, clock.now(), 200, None, 12, None)
    assert oms.run(attrs.evolve(settling(oms, lease), reports=(report,))).current
    assert {each.status for each in deliveries(oms, webhook)} == {DeliveryStatus.DELIVERED}


@given(jumps=st.lists(st.tuples(st.floats(0, 2 * LEASE), st.integers(0, 2 * DAY)), max_size=6))
def test_no_lease_ends_before_it_has_lasted(jumps: list[tuple[float, int]]) -> None:
    """However often the clock is set back meanwhile, nobody else is given the endpoint for as long as a lease is."""
    clock = FrozenClock()
    with Vectis.open("memory://", clock=clock) as oms:
        stocked(oms)
        subscribe(oms, "a")
        buy(oms, "1")
        only(oms)
        lasted = 0.0
        for passed, back in jumps:
            clock.advance(passed)
            lasted += passed
            clock.advance(-back)
            if claim(oms):
                assert lasted >= LEASE - 0.001
                lasted = 0.0
        clock.advance(LEASE + schedule.CLOCK_STEP.total_seconds())
        assert claim(oms)


def test_a_retry_and_a_rest_do_not_last_for_as_long_as_the_clock_was_set_back(oms: Vectis, clock: FrozenClock) -> None:
    """An endpoint that asked for a day is tried at once by a clock that is a year behind."""
    webhook = subscribe(oms, "a")
    buy(oms, "1")
    settle(oms, only(oms), 503, retry_after=DAY)
    clock.advance(-HOUR)
    assert claim(oms) == ()
    clock.advance(-365 * DAY)

    (delivery,) = deliveries(oms, webhook)
    assert [each.delivery.id for each in only(oms).parcels] == [delivery.id]


def test_two_claims_in_one_batch_do_not_share(oms: Vectis) -> None:
    """Each endpoint goes to one of them, and neither gets more than it asked for."""
    for name in "abc":
        subscribe(oms, name)
    buy(oms, "1")
    first, second, third = at_once(oms, claiming(well=1), claiming(well=9), claiming())

    assert [len(first), len(second), len(third)] == [1, 2, 0]
    assert len({lease.subscription.id for lease in first + second}) == 3


def test_a_claim_sees_what_its_batch_did_before(oms: Vectis) -> None:
    """What is paused or ended by a command before it is not claimed; a pause after it does not take the lease back."""
    paused, ended, stays = subscribe(oms, "a"), subscribe(oms, "b"), subscribe(oms, "c")
    buy(oms, "1")
    pause = SubscriptionChange(active=False)
    _, _, leases, _ = at_once(
        oms,
        UpdateSubscription(subscription_id=paused, intent=pause),
        DeleteSubscription(subscription_id=ended),
        claiming(),
        UpdateSubscription(subscription_id=stays, intent=pause),
    )

    assert [lease.subscription.id for lease in leases] == [stays]
    assert settle(oms, leases[0], 200).current
    assert [each.status for each in deliveries(oms, stays)] == [DeliveryStatus.DELIVERED]


def test_a_late_report_counts_until_somebody_else_has_claimed(oms: Vectis, clock: FrozenClock) -> None:
    """In one batch too: reports before a claim count, and the claim does not send again what they say was taken."""
    webhook = subscribe(oms, "a")
    buy(oms, "1")
    lease = only(oms)
    clock.advance(10 * LEASE)
    settled, leases = at_once(oms, settling(oms, lease, 200), claiming())

    assert settled.current
    assert leases == ()
    assert [each.status for each in deliveries(oms, webhook)] == [DeliveryStatus.DELIVERED]


@pytest.mark.parametrize("code", [200, 500, 410, None])
def test_a_worker_that_comes_back_from_the_dead_changes_nothing(
    oms: Vectis, clock: FrozenClock, code: int | None
) -> None:
    """After somebody else has claimed, reports under the old token are dropped, whoever was told what."""
    webhook = subscribe(oms, "a")
    buy(oms, "1")
    dead = only(oms)
    clock.advance(LEASE)
    alive = only(oms)
    for answers in ((), (200,)):
        settle(oms, alive, *answers, lease_seconds=LEASE)
        before = everything(oms, webhook)
        assert settle(oms, dead, code, lease_seconds=LEASE) == Settled(current=False)
        assert everything(oms, webhook) == before


def test_a_new_url_is_a_new_endpoint(oms: Vectis, clock: FrozenClock) -> None:
    """What is under way to the old one is neither logged nor counted, and goes to the new one at once."""
    webhook = subscribe(oms, "a")
    buy(oms, "1")
    for _ in range(6):
        settle(oms, only(oms), 500)
        clock.advance(DAY)
    lease = only(oms)
    moved = oms.webhooks.update(webhook, url="https://b.test/")

    assert (moved.failures, moved.failed_deliveries, moved.failing_since, moved.rests_until) == (0, 0, None, None)
    assert settle(oms, lease, 500) == Settled(current=False)
    assert oms.webhooks.get(webhook) == moved
    again = only(oms)
    assert again.parcels == lease.parcels
    assert again.subscription.url == "https://b.test/"
    settle(oms, again, 200)
    log = oms.webhooks.delivery(again.parcels[0].delivery.id)
    assert [each.url for each in log.attempts] == ["https://a.test/"] * 6 + ["https://b.test/"]


def test_a_deleted_webhook_takes_no_reports(oms: Vectis) -> None:
    """Whoever delivers to it finds that its lease is gone, and nothing of it is claimed again."""
    webhook = subscribe(oms, "a")
    buy(oms, "1")
    lease = only(oms)
    oms.webhooks.delete(webhook)

    assert settle(oms, lease, 500) == Settled(current=False)
    assert claim(oms) == ()


# Failure


def test_every_attempt_is_in_the_log(oms: Vectis, clock: FrozenClock) -> None:
    """Attempts are numbered; each has its time, answer or error, duration and address; the delivery has the last."""
    webhook = subscribe(oms, "a")
    buy(oms, "1")
    for code in (500, None, 404, 200):
        settle(oms, only(oms), code)
        clock.advance(DAY)
    ((delivery,), log) = deliveries(oms, webhook), everything(oms, webhook)[1][0]

    assert (delivery.status, delivery.attempts, delivery.due_at) == (DeliveryStatus.DELIVERED, 4, None)
    assert (delivery.last_code, delivery.last_error) == (200, None)
    assert [each.number for each in log.attempts] == [1, 2, 3, 4]
    assert [(each.code, each.error) for each in log.attempts] == [
        (500, None),
        (None, "timeout"),
        (404, None),
        (200, None),
    ]
    assert [each.at for each in log.attempts] == [delivery.created_at + timedelta(days=n) for n in range(4)]
    assert oms.verify().ok


def test_after_ten_attempts_a_delivery_is_exhausted_and_kept(oms: Vectis, clock: FrozenClock) -> None:
    """It is tried when it is due and not before, ten times; then it is listed, not lost, and the next one flows."""
    webhook = subscribe(oms, "a")
    buy(oms, "1")
    policy = Policy(failures_before_rest=1_000)
    for number in range(10):
        lease = only(oms)
        oms.run(attrs.evolve(settling(oms, lease, 404), policy=policy))
        (delivery,) = deliveries(oms, webhook)
        assert delivery.attempts == number + 1
        if delivery.due_at is not None:
            clock.set(delivery.due_at - timedelta(microseconds=1))
            assert claim(oms) == ()
            clock.set(delivery.due_at)

    assert delivery.status is DeliveryStatus.EXHAUSTED
    clock.advance(100 * DAY)
    assert claim(oms) == ()
    assert [each.id for each in oms.webhooks.deliveries(webhook, status="exhausted")] == [delivery.id]
    buy(oms, "2")
    settle(oms, only(oms), 200)
    assert oms.webhooks.get(webhook).failures == 0


def test_one_that_fails_is_given_one_delivery_to_try(oms: Vectis, clock: FrozenClock) -> None:
    """No herd on recovery: after a failure the endpoint is sent one, and all the others once that was taken."""
    subscribe(oms, "a")
    for number in range(8):
        buy(oms, str(number))
    settle(oms, only(oms), 200, 200, 404)
    clock.advance(HOUR)
    trial = only(oms)
    assert len(trial.parcels) == 1
    settle(oms, trial, 200)

    assert len(only(oms).parcels) == 5


def test_ailing_endpoints_have_places_of_their_own(oms: Vectis, clock: FrozenClock) -> None:
    """However many fail, those that are well find their places free, and the other way round."""
    webhooks = [subscribe(oms, f"a{number}") for number in range(6)]
    buy(oms, "1")
    ailing = set(webhooks[:4])
    for lease in claim(oms):
        settle(oms, lease, 500 if lease.subscription.id in ailing else 200)
    clock.advance(HOUR)
    buy(oms, "2")
    leases = claim(oms, well=9, ailing=3)

    assert sum(lease.subscription.id in ailing for lease in leases) == 3
    assert {lease.subscription.id for lease in leases} >= set(webhooks[4:])
    for lease in leases:
        settle(oms, lease)
    assert {lease.subscription.id for lease in claim(oms, well=1, ailing=9)} >= ailing


def test_an_endpoint_that_goes_on_failing_rests(oms: Vectis, clock: FrozenClock) -> None:
    """From the fifth failure in a row nothing is sent for a while, though something is due; a success ends it."""
    webhook = subscribe(oms, "a")
    for number in range(9):
        buy(oms, str(number))
    for _ in range(5):
        settle(oms, only(oms), 404)
    rests = oms.webhooks.get(webhook)

    assert rests.rests_until == clock.now() + timedelta(seconds=30)
    clock.advance(29.999)
    assert claim(oms) == ()
    clock.advance(0.001)
    settle(oms, only(oms), 200)
    well = oms.webhooks.get(webhook)
    assert (well.failures, well.failed_deliveries, well.failing_since, well.rests_until) == (0, 0, None, None)


@pytest.mark.parametrize("is_test", [False, True], ids=["redelivery", "test"])
def test_whoever_asks_for_a_delivery_ends_a_rest(oms: Vectis, clock: FrozenClock, is_test: bool) -> None:
    """Its owner may have mended it: one attempt goes out at once, and where that fails the next rest is longer."""
    webhook = subscribe(oms, "a")
    for number in range(6):
        buy(oms, str(number))
    for _ in range(5):
        settle(oms, only(oms), 404)
    assert claim(oms) == ()

    if is_test:
        oms.webhooks.test(webhook)
    else:
        oms.webhooks.redeliver(deliveries(oms, webhook)[0].id)
    lease = only(oms)

    assert len(lease.parcels) == 1
    settle(oms, lease, 404)
    assert oms.webhooks.get(webhook).rests_until == clock.now() + timedelta(seconds=60)
    assert claim(oms) == ()


def test_what_asks_for_time_is_left_alone(oms: Vectis, clock: FrozenClock) -> None:
    """Retry-After holds for the whole endpoint, a first attempt of another event included, and for a day at most."""
    webhook = subscribe(oms, "a")
    buy(oms, "1")
    settle(oms, only(oms), 429, retry_after=10**6)
    buy(oms, "2")

    assert oms.webhooks.get(webhook).rests_until == clock.now() + timedelta(days=1)
    clock.advance(DAY - 1)
    assert claim(oms) == ()
    clock.advance(1)
    assert len(only(oms).parcels) == 1


# The end of an endpoint


def fail_for(oms: Vectis, clock: FrozenClock, webhook: str, events: int, seconds: float) -> None:
    """Let so many deliveries fail for the first time, evenly over so long."""
    began = clock.now()
    for number in range(events):
        clock.set(max(clock.now(), began + timedelta(seconds=seconds * number / (events - 1))))
        buy(oms, f"failing {clock.now()}")
        while any(not each.attempts for each in oms.webhooks.deliveries(webhook, status="pending")):
            for lease in claim(oms):
                settle(oms, lease, 404)
            # Longer than any rest.
            clock.advance(HOUR / 3)


@pytest.mark.parametrize(
    ("events", "seconds", "disabled"),
    [(20, 5 * DAY, True), (19, 9 * DAY, False), (20, 4 * DAY, False)],
)
def test_only_failure_for_days_over_many_events_disables(
    oms: Vectis, clock: FrozenClock, events: int, seconds: float, disabled: bool
) -> None:
    """Five days and twenty deliveries: neither few events over a long time nor many at once are enough."""
    webhook = subscribe(oms, "a", "order.*")
    watching = subscribe(oms, "watching", "webhook.*")
    oms.webhooks.update(watching, url="https://watching.test/x")
    fail_for(oms, clock, webhook, events, seconds)
    found = oms.webhooks.get(webhook)

    assert (found.status is SubscriptionStatus.DISABLED) is disabled
    assert (found.reason is not None) is disabled
    told = deliveries(oms, watching)
    assert [str(each.event_type) for each in told] == ["webhook.disabled"] * disabled
    if disabled:
        assert str(found.reason).startswith("Nothing could be delivered since 2026-01-26T12:00")
        event = next(event for event in oms.events() if event.type == "webhook.disabled")
        assert event.data == {"webhookId": webhook, "url": found.url, "reason": found.reason}
    assert oms.verify().ok


def test_a_success_starts_the_count_anew(oms: Vectis, clock: FrozenClock) -> None:
    """An endpoint that takes something now and then is never disabled, however much it fails."""
    webhook = subscribe(oms, "a")
    for _ in range(3):
        fail_for(oms, clock, webhook, 15, 3 * DAY)
        clock.advance(DAY)
        settle(oms, only(oms), 200)

    assert oms.webhooks.get(webhook).status is SubscriptionStatus.ACTIVE


def test_410_disables_at_once(oms: Vectis, clock: FrozenClock) -> None:
    """The delivery is kept as exhausted, what waits is neither sent nor lost, and the reason is there."""
    webhook = subscribe(oms, "a", "*")
    first, second = buy(oms, "1"), buy(oms, "2")
    settle(oms, only(oms), 410)
    found = oms.webhooks.get(webhook)

    assert (found.status, found.reason) == (SubscriptionStatus.DISABLED, "The endpoint answered 410 Gone")
    assert found.status_since == clock.now()
    assert {each.subject_id: str(each.status) for each in deliveries(oms, webhook)} == {
        first: "exhausted",
        second: "pending",
        webhook: "skipped",
    }
    clock.advance(DAY)
    assert claim(oms) == ()


def test_who_is_resumed_starts_afresh(oms: Vectis, clock: FrozenClock) -> None:
    """After it was disabled, a webhook has no past, and what waited for it goes out at once."""
    webhook = subscribe(oms, "a", "order.*")
    buy(oms, "1")
    for _ in range(7):
        settle(oms, only(oms), 500)
        clock.advance(DAY)
    settle(oms, only(oms), 410)
    buy(oms, "skipped")
    resumed = oms.webhooks.update(webhook, active=True)

    assert (resumed.status, resumed.reason) == (SubscriptionStatus.ACTIVE, None)
    assert (resumed.failures, resumed.failed_deliveries, resumed.failing_since, resumed.rests_until) == (
        0,
        0,
        None,
        None,
    )
    waits = buy(oms, "2")
    assert [each.event.subject_id for each in only(oms).parcels] == [waits]


# Once more


def test_a_redelivery_is_a_delivery_of_its_own(oms: Vectis) -> None:
    """The same event under the same id; the old delivery and its log stay as they were."""
    webhook = subscribe(oms, "a")
    buy(oms, "1")
    settle(oms, only(oms), 200)
    (old,) = deliveries(oms, webhook)
    made = [oms.webhooks.redeliver(old.id) for _ in range(2)]
    lease = only(oms)

    assert [each.delivery.id for each in lease.parcels] == [each.id for each in made]
    assert {each.event.id for each in lease.parcels} == {old.event_id}
    assert {each.delivery.trigger for each in lease.parcels} == {Trigger.REDELIVERY}
    settle(oms, lease, 200, 200)
    assert deliveries(oms, webhook)[0] == old
    assert [log.delivery.attempts for log in everything(oms, webhook)[1]] == [1, 1, 1]


def test_what_waits_is_hurried_instead(oms: Vectis, clock: FrozenClock) -> None:
    """Redelivering what is to be tried again tries it now, and makes no second delivery, however often."""
    webhook = subscribe(oms, "a")
    buy(oms, "1")
    settle(oms, only(oms), 404)
    (waits,) = deliveries(oms, webhook)
    clock.advance(1)
    assert claim(oms) == ()
    first, second = at_once(oms, Redeliver(delivery_id=waits.id), Redeliver(delivery_id=waits.id))

    assert first == second
    assert (first.id, first.attempts, first.due_at) == (waits.id, 1, clock.now())
    assert [each.delivery for each in only(oms).parcels] == [first]

"""One turn of a dispatcher's work, step by step, on each backend."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import pytest
from endpoints import OK, SECRET, Endpoints, buy, stocked, subscribe, work, worker_of

from vectis_core import Vectis
from vectis_core.errors import ServiceUnavailable, UsageError
from vectis_core.signing import sign
from vectis_core.testing import ALWAYS, FrozenClock, open_faulty
from vectis_core.testing.faults import When
from vectis_core.webhooks.model import Subscription
from vectis_core.webhooks.transport import Answer, NotDelivered, Post

#: What replaces it.
NEXT = "the next secret of the test"


def answers(*codes: int) -> Callable[[Post], Answer]:
    """Answer with these codes in turn."""
    left = list(codes)
    return lambda _post: Answer(left.pop(0), None, b"")


def statuses(oms: Vectis, subscription_id: str) -> list[str]:
    """Return the status of each delivery, oldest first."""
    return [str(each.status) for each in oms.webhooks.deliveries(subscription_id)][::-1]


def test_deliveries_of_one_lease_go_in_order(oms: Vectis, clock: FrozenClock, endpoints: Endpoints) -> None:
    """Twenty at most under one lease, in the order in which things happened, until all are delivered."""
    hook = subscribe(oms, "shop")
    orders = [buy(oms, f"o{number}") for number in range(45)]

    claims = list(work(worker_of(oms, endpoints, clock)))

    assert claims == [hook] * 3
    assert [each.subject for each in endpoints.received] == orders
    assert set(statuses(oms, hook)) == {"delivered"}


def test_a_failure_ends_the_lease(oms: Vectis, clock: FrozenClock, endpoints: Endpoints) -> None:
    """What comes after a failed delivery is left for the next claim, which begins with one alone."""
    hook = subscribe(oms, "shop")
    for number in range(4):
        buy(oms, f"o{number}")
    endpoints.answering = answers(200, 500, 200, 200)

    claims = list(work(worker_of(oms, endpoints, clock)))

    assert len(claims) == 3
    assert statuses(oms, hook) == ["delivered", "pending", "delivered", "delivered"]


def test_an_attempt_begins_only_where_it_must_end_within_the_lease(
    oms: Vectis, clock: FrozenClock, endpoints: Endpoints
) -> None:
    """With less than a deadline left of the lease nothing is begun; what was sent is written down."""
    subscribe(oms, "shop")
    for number in range(8):
        buy(oms, f"o{number}")

    def slowly(_post: Post) -> Answer:
        clock.advance(14)
        return OK

    endpoints.answering = slowly
    worker = worker_of(oms, endpoints, clock, settle_every=1e9)
    [(lease, until)] = worker.claim(1, 1)
    worker.deliver(lease, until)

    assert len(endpoints.received) == 4
    assert len(list(oms.webhooks.deliveries(lease.subscription.id, status="delivered"))) == 4


def test_a_lease_that_lasts_is_settled_in_pieces(oms: Vectis, clock: FrozenClock, endpoints: Endpoints) -> None:
    """Every few seconds what was sent is written down and the lease goes on, so that slow endpoints get on too."""
    hook = subscribe(oms, "shop")
    for number in range(8):
        buy(oms, f"o{number}")
    written: list[int] = []

    def slowly(_post: Post) -> Answer:
        clock.advance(14)
        written.append(statuses(oms, hook).count("delivered"))
        return OK

    endpoints.answering = slowly
    worker = worker_of(oms, endpoints, clock)
    [(lease, until)] = worker.claim(1, 1)
    worker.deliver(lease, until)

    assert written == list(range(8))
    assert statuses(oms, hook) == ["delivered"] * 8


@pytest.mark.parametrize("how", ["paused", "ended", "moved"])
def test_what_is_wanted_no_more_is_soon_not_sent(
    oms: Vectis, clock: FrozenClock, endpoints: Endpoints, how: str
) -> None:
    """In the middle of a lease the worker hears of it with its next report: the rest waits, and for nobody's lease."""
    hook = subscribe(oms, "shop")
    for number in range(8):
        buy(oms, f"o{number}")

    def changing(_post: Post) -> Answer:
        clock.advance(1)
        if len(endpoints.received) == 2:
            if how == "paused":
                oms.webhooks.update(hook, active=False)
            elif how == "ended":
                oms.webhooks.delete(hook)
            else:
                oms.webhooks.update(hook, url="https://new.test/")
        return OK

    endpoints.answering = changing
    worker = worker_of(oms, endpoints, clock)
    [(lease, until)] = worker.claim(1, 1)
    worker.deliver(lease, until)
    sent = len(endpoints.received)

    assert sent == 2
    if how == "paused":
        oms.webhooks.update(hook, active=True)
        assert statuses(oms, hook).count("delivered") == 2
    if how != "ended":
        assert len(worker.claim(1, 1)) == 1


def test_a_secret_that_is_replaced_during_a_lease_is_soon_used(
    oms: Vectis, clock: FrozenClock, endpoints: Endpoints
) -> None:
    """The rest of the lease is signed as its owner wants it now; a lease of slow attempts may last for minutes."""
    hook = subscribe(oms, "shop")
    for number in range(6):
        buy(oms, f"o{number}")
    signed: list[str] = []

    def noting(post: Post) -> Answer:
        clock.advance(1)
        headers = dict(post.headers)
        timestamp = int(headers["X-Webhook-Timestamp"])
        signed.extend(
            name for name in (SECRET, NEXT) if headers["X-Webhook-Signature"] == sign(name, timestamp, post.body)
        )
        if len(signed) == 2:
            oms.webhooks.rotate_secret(hook, secret=NEXT, overlap=0)
        return OK

    endpoints.answering = noting
    worker = worker_of(oms, endpoints, clock)
    [(lease, until)] = worker.claim(1, 1)
    worker.deliver(lease, until)

    assert signed == [SECRET] * 2 + [NEXT] * 4


def test_nobody_claims_what_somebody_has(oms: Vectis, clock: FrozenClock, endpoints: Endpoints) -> None:
    """While a lease lasts the endpoint cannot be claimed; when it has ended without a word, it can."""
    subscribe(oms, "shop")
    buy(oms, "o1")
    one, other = (worker_of(oms, endpoints, clock) for _ in range(2))

    [(lease, _)] = one.claim(1, 1)
    assert other.claim(1, 1) == []
    clock.advance(60)
    [(again, _)] = other.claim(1, 1)

    assert again.token > lease.token


def test_a_worker_back_from_the_dead_changes_nothing(oms: Vectis, clock: FrozenClock, endpoints: Endpoints) -> None:
    """It stalls in the midst of an attempt for longer than its lease; meanwhile another has delivered."""
    hook = subscribe(oms, "shop")
    for number in range(3):
        buy(oms, f"o{number}")
    zombie, other = (worker_of(oms, endpoints, clock) for _ in range(2))
    [(lease, until)] = zombie.claim(1, 1)

    def stall(_post: Post) -> Answer:
        endpoints.answering = lambda _post: OK
        clock.advance(100)
        list(work(other))
        return Answer(500, None, b"")

    endpoints.answering = stall
    zombie.deliver(lease, until)

    assert statuses(oms, hook) == ["delivered"] * 3
    assert oms.webhooks.get(hook).failures == 0
    assert [each.attempts for each in oms.webhooks.deliveries(hook)] == [1, 1, 1]
    assert len(endpoints.received) == 4


def test_a_worker_back_from_the_dead_frees_nothing(oms: Vectis, clock: FrozenClock, endpoints: Endpoints) -> None:
    """What it says does not end the lease of whoever has claimed the endpoint since, nor count as an attempt."""
    hook = subscribe(oms, "shop")
    buy(oms, "o1")
    zombie, other, third = (worker_of(oms, endpoints, clock) for _ in range(3))
    [(lease, until)] = zombie.claim(1, 1)

    def stall(_post: Post) -> Answer:
        clock.advance(100)
        assert len(other.claim(1, 1)) == 1
        return Answer(500, None, b"")

    endpoints.answering = stall
    zombie.deliver(lease, until)

    assert third.claim(1, 1) == []
    assert [each.attempts for each in oms.webhooks.deliveries(hook)] == [0]


def test_a_clock_that_falls_back_sends_nothing_twice_at_once(
    oms: Vectis, clock: FrozenClock, endpoints: Endpoints
) -> None:
    """What is leased stays leased, and what is delivered stays so, when the store's clock falls back by an hour."""
    subscribe(oms, "shop")
    buy(oms, "o1")
    one, other = (worker_of(oms, endpoints, FrozenClock()) for _ in range(2))
    [(lease, until)] = one.claim(1, 1)
    clock.advance(-3_600)

    assert other.claim(1, 1) == []
    one.deliver(lease, until)
    assert list(work(other)) == []
    assert len(endpoints.received) == 1


def test_whatever_goes_wrong_with_an_attempt_is_an_attempt(
    oms: Vectis, clock: FrozenClock, endpoints: Endpoints, caplog: pytest.LogCaptureFixture
) -> None:
    """A mistake in the transport is logged and counts as a failure: it is not tried for ever, nor stops the others."""
    hook, well = subscribe(oms, "broken"), subscribe(oms, "well")
    buy(oms, "o1")

    def broken(post: Post) -> Answer:
        if "broken" in post.url:
            raise ZeroDivisionError
        return OK

    endpoints.answering = broken
    list(work(worker_of(oms, endpoints, clock)))

    [delivery] = oms.webhooks.deliveries(hook)
    assert (delivery.status, delivery.attempts, delivery.last_error) == ("pending", 1, "internal")
    assert statuses(oms, well) == ["delivered"]
    assert "ZeroDivisionError" in caplog.text


def test_what_is_logged_of_an_endpoint_names_it_by_its_ids(
    oms: Vectis, clock: FrozenClock, endpoints: Endpoints, caplog: pytest.LogCaptureFixture
) -> None:
    """Disabled, it is a warning; each attempt is a line for who looks; its address may be secret, and is in none."""
    hook = subscribe(oms, "shop")
    buy(oms, "o1")
    endpoints.answering = answers(410)
    with caplog.at_level(logging.DEBUG, "vectis.webhooks"):
        list(work(worker_of(oms, endpoints, clock)))

    attempt, disabled = [each.__dict__ for each in caplog.records if each.name == "vectis.webhooks"]
    assert (attempt["levelname"], attempt["status"], attempt["event"]) == ("DEBUG", 410, "order.created")
    assert (disabled["levelname"], disabled["webhook_id"]) == ("WARNING", hook)
    assert attempt["webhook_id"] == hook
    assert attempt["tenant"] == disabled["tenant"] == "default"
    assert oms.webhooks.get(hook).url not in repr((attempt, disabled))


def test_a_secret_that_cannot_be_opened_is_seen_and_stops_nobody(
    tmp_path: Path, clock: FrozenClock, endpoints: Endpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under another master key nothing is sent to the endpoint, its log says why, and other endpoints get theirs."""
    url = f"sqlite:///{tmp_path}/shop.db"
    monkeypatch.setenv("VECTIS_SECRET_KEY", "x" * 40)
    with Vectis.open(url, clock=clock) as oms:
        stocked(oms)
        sealed = subscribe(oms, "sealed")
    monkeypatch.setenv("VECTIS_SECRET_KEY", "y" * 40)
    with Vectis.open(url, clock=clock) as oms:
        well = subscribe(oms, "well")
        buy(oms, "o1")
        list(work(worker_of(oms, endpoints, clock)))

        [delivery] = oms.webhooks.deliveries(sealed)
        [attempt] = oms.webhooks.delivery(delivery.id).attempts
        assert (delivery.status, attempt.error) == ("pending", "secret_unreadable")
        assert statuses(oms, well) == ["delivered"]
        assert [each.url for each in endpoints.received] == ["https://well.test/"]

    monkeypatch.setenv("VECTIS_SECRET_KEY", "x" * 40 + "," + "y" * 40)
    with Vectis.open(url, clock=clock) as oms:
        clock.advance(100)
        list(work(worker_of(oms, endpoints, clock)))
        assert statuses(oms, sealed) == ["delivered"]


def test_reports_are_offered_until_the_database_takes_them(clock: FrozenClock, endpoints: Endpoints) -> None:
    """While it cannot be used nothing is lost: the attempt is written down later, and not made again."""
    with open_faulty("memory://", clock=clock) as oms:
        stocked(oms)
        hook = subscribe(oms, "shop")
        buy(oms, "o1")
        worker = worker_of(oms, endpoints, clock)
        [(lease, until)] = worker.claim(1, 1)
        oms.faults.error("begin", ServiceUnavailable("locked"), When(times=2))
        worker.deliver(lease, until)

        assert len(oms.faults.struck) == 2
        assert statuses(oms, hook) == ["delivered"]


def test_reports_nobody_takes_are_given_up_with_the_lease(
    clock: FrozenClock, endpoints: Endpoints, caplog: pytest.LogCaptureFixture
) -> None:
    """A worker is not stuck with a database that stays away; the next who claims tells the endpoint again."""
    with open_faulty("memory://", clock=clock) as oms:
        stocked(oms)
        hook = subscribe(oms, "shop")
        buy(oms, "o1")
        worker = worker_of(oms, endpoints, clock)
        [(lease, until)] = worker.claim(1, 1)
        oms.faults.unavailable(ALWAYS)
        worker.deliver(lease, until)
        oms.faults.clear()
        assert "it will be told again" in caplog.text

        clock.advance(60)
        list(work(worker))
        assert statuses(oms, hook) == ["delivered"]
        assert len(endpoints.received) == 2


@pytest.mark.parametrize("made", [True, False])
def test_reports_of_unknown_outcome_are_not_offered_again(clock: FrozenClock, endpoints: Endpoints, made: bool) -> None:
    """One attempt is counted once, whether the commit that failed was made or not."""
    with open_faulty("memory://", clock=clock) as oms:
        stocked(oms)
        hook = subscribe(oms, "shop")
        buy(oms, "o1")
        endpoints.answering = answers(500, 200)
        worker = worker_of(oms, endpoints, clock)
        [(lease, until)] = worker.claim(1, 1)
        (oms.faults.error_after_commit if made else oms.faults.error_before_commit)()
        worker.deliver(lease, until)

        assert [each.attempts for each in oms.webhooks.deliveries(hook)] == [int(made)]
        clock.advance(100)
        list(work(worker))
        assert statuses(oms, hook) == ["delivered"]


def test_one_that_is_stopped_begins_nothing_and_keeps_nothing(
    oms: Vectis, clock: FrozenClock, endpoints: Endpoints
) -> None:
    """Stopped amid a lease it finishes the attempt, writes it down, and gives the endpoint back."""
    hook = subscribe(oms, "shop")
    for number in range(3):
        buy(oms, f"o{number}")
    worker, next_one = (worker_of(oms, endpoints, clock) for _ in range(2))

    def stop(_post: Post) -> Answer:
        worker.stop()
        return OK

    endpoints.answering = stop
    [(lease, until)] = worker.claim(1, 1)
    worker.deliver(lease, until)

    assert statuses(oms, hook) == ["delivered", "pending", "pending"]
    assert len(next_one.claim(1, 1)) == 1


def test_a_dead_endpoint_is_tried_with_one_delivery(oms: Vectis, clock: FrozenClock, endpoints: Endpoints) -> None:
    """However much waits for it, each claim brings one attempt, and after five in a row it rests."""
    hook = subscribe(oms, "dead")
    for number in range(50):
        buy(oms, f"o{number}")

    def dead(_post: Post) -> Answer:
        raise NotDelivered("timeout")

    endpoints.answering = dead
    worker = worker_of(oms, endpoints, clock)

    assert len(list(work(worker))) == len(endpoints.received) == 5
    resting: Subscription = oms.webhooks.get(hook)
    assert resting.failures == 5
    assert resting.rests_until is not None
    assert resting.rests_until > clock.now()


def test_one_that_comes_back_is_drained_by_one_worker_at_a_time(
    oms: Vectis, clock: FrozenClock, endpoints: Endpoints
) -> None:
    """The first success brings more under the next lease, and at no time is there more than one request at once."""
    hook = subscribe(oms, "dead")
    for number in range(50):
        buy(oms, f"o{number}")
    endpoints.answering = lambda _post: Answer(503, None, b"")
    workers = [worker_of(oms, endpoints, clock) for _ in range(2)]
    list(work(workers[0]))
    clock.advance(100)
    endpoints.received.clear()
    leased: list[int] = []

    def well(_post: Post) -> Answer:
        assert workers[1].claim(9, 9) == []
        return OK

    endpoints.answering = well
    while leases := workers[0].claim(9, 9):
        [(lease, until)] = leases
        leased.append(len(lease.parcels))
        workers[0].deliver(lease, until)

    assert leased == [1, 20, 20, 9]
    assert statuses(oms, hook) == ["delivered"] * 50


def test_a_lease_must_outlive_three_deadlines(oms: Vectis, clock: FrozenClock, endpoints: Endpoints) -> None:
    """A pace with which one slow answer could end the lease is refused."""
    with pytest.raises(UsageError, match="three deadlines"):
        worker_of(oms, endpoints, clock, deadline=30.0, lease=60)


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "vectis.webhooks")

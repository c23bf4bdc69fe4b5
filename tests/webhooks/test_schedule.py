"""When to try again and when to stop: the arithmetic, without a shop."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectis_core.errors import UsageError
from vectis_core.testing import samples
from vectis_core.testing.clock import GUIDE_MOMENT
from vectis_core.webhooks.model import Delivery, DeliveryStatus, Report
from vectis_core.webhooks.schedule import WAIT_MAX, Policy, in_turn, is_due, next_attempt, rest_until, succeeded

NOW = GUIDE_MOMENT
POLICY = Policy()
#: The example schedule of Standard Webhooks 1.0.0: after the first attempt, in seconds.
EXAMPLE = (5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)
#: Answers that do not ask for time.
CALM = st.sampled_from([300, 301, 400, 401, 404, 409, 410, 422])
BUSY = st.one_of(st.sampled_from([None, 408, 425, 429]), st.integers(500, 599))
JITTERS = st.floats(-1, 1)


def report(code: int | None = 404, *, retry_after: int | None = None, jitter: float = 0.0) -> Report:
    """Return what an attempt came to."""
    return Report("whd_1", NOW, code, None if code is not None else "timeout", 1, None, retry_after, jitter)


def wait(moment: datetime | None) -> float:
    """Return how many seconds away a moment is."""
    assert moment is not None
    return (moment - NOW).total_seconds()


@given(attempts=st.integers(1, 9), jitter=JITTERS, code=CALM)
def test_a_delay_is_that_of_the_schedule_moved_by_at_most_a_fifth(attempts: int, jitter: float, code: int) -> None:
    """Every retry comes after the schedule's delay, moved by exactly the share of a fifth that chance says."""
    base = EXAMPLE[attempts - 1]
    delay = wait(next_attempt(POLICY, attempts, report(code, jitter=jitter), NOW))

    assert 0.8 * base <= delay <= 1.2 * base
    assert abs(delay - base * (1 + 0.2 * jitter)) < 0.001


@given(code=st.one_of(CALM, BUSY), retry_after=st.none() | st.integers(0, 10**9))
def test_there_are_ten_attempts(code: int | None, retry_after: int | None) -> None:
    """After the ninth failure there is another attempt, after the tenth there is none, whatever was answered."""
    asked = report(code, retry_after=retry_after)

    assert next_attempt(POLICY, 9, asked, NOW) is not None
    assert next_attempt(POLICY, 10, asked, NOW) is None
    assert sum(EXAMPLE) == 75 * 3600 + 35 * 60 + 5


@given(attempts=st.integers(1, 9), code=BUSY, jitter=JITTERS)
def test_a_busy_endpoint_is_left_alone_for_a_minute(attempts: int, code: int | None, jitter: float) -> None:
    """After 408, 425, 429, any 5xx, and where no answer came, the next attempt is a minute away or more."""
    delay = wait(next_attempt(POLICY, attempts, report(code, jitter=jitter), NOW))

    assert delay >= 60
    assert delay == 60 or abs(delay - EXAMPLE[attempts - 1] * (1 + 0.2 * jitter)) < 0.001


@given(attempts=st.integers(1, 9), asked=st.integers(0, 10**9), jitter=JITTERS, code=CALM)
def test_what_the_endpoint_asks_for_is_respected_up_to_a_day(
    attempts: int, asked: int, jitter: float, code: int
) -> None:
    """Retry-After moves the next attempt back, never forward, and by no more than a day."""
    plain = wait(next_attempt(POLICY, attempts, report(code, jitter=jitter), NOW))
    delay = wait(next_attempt(POLICY, attempts, report(code, retry_after=asked, jitter=jitter), NOW))

    assert delay == max(plain, min(asked, 86_400))


@given(jitter=st.floats(allow_nan=False))
def test_chance_cannot_move_more_than_a_fifth(jitter: float) -> None:
    """A source of randomness that is out of bounds moves nothing further."""
    assert 4 <= wait(next_attempt(POLICY, 1, report(jitter=jitter), NOW)) <= 6


@given(failures=st.integers(1, 10**6), jitter=JITTERS, code=st.one_of(CALM, BUSY))
def test_an_endpoint_rests_longer_the_longer_it_fails(failures: int, jitter: float, code: int | None) -> None:
    """Up to the fourth failure in a row there is no rest; from the fifth on one of 30 s, which doubles up to 15 min."""
    rest = rest_until(POLICY, failures, report(code, jitter=jitter), NOW)

    if failures < 5:
        assert rest is None
    else:
        base = min(30 * 2 ** min(failures - 5, 40), 900)
        assert abs(wait(rest) - base * (1 + 0.2 * jitter)) < 0.001


@given(failures=st.integers(1, 30), asked=st.integers(1, 10**9))
def test_an_endpoint_that_asks_for_time_gets_it_for_everything(failures: int, asked: int) -> None:
    """Retry-After holds for all deliveries of the endpoint, not for the one that was answered."""
    assert wait(rest_until(POLICY, failures, report(429, retry_after=asked), NOW)) >= min(asked, 86_400)


@given(code=st.none() | st.integers(100, 599))
def test_success_is_any_2xx_and_nothing_else(code: int | None) -> None:
    """Redirects and the lack of an answer are failures."""
    assert succeeded(report(code)) is (code is not None and code // 100 == 2)


DELIVERIES = st.builds(
    lambda number, attempts, minutes, status: samples.delivery(
        id=f"whd_{number:02}",
        position=number + 1,
        attempts=attempts,
        status=status,
        due_at=NOW + timedelta(minutes=minutes) if status is DeliveryStatus.PENDING else None,
    ),
    st.integers(0, 99),
    st.integers(0, 2),
    st.integers(-3, 3),
    st.sampled_from([DeliveryStatus.PENDING] * 4 + list(DeliveryStatus)),
)


@given(delivery=DELIVERIES)
def test_what_may_be_tried(delivery: Delivery) -> None:
    """A pending delivery: the first time whatever the clock says, again once its time has come, or lies too far off."""
    expected = delivery.status is DeliveryStatus.PENDING and (
        delivery.attempts == 0 or (delivery.due_at is not None and delivery.due_at <= NOW)
    )
    assert is_due(delivery, NOW) is expected
    if delivery.status is DeliveryStatus.PENDING:
        assert is_due(attrs.evolve(delivery, due_at=NOW + WAIT_MAX), NOW) is (delivery.attempts == 0)
        assert is_due(attrs.evolve(delivery, due_at=NOW + WAIT_MAX + timedelta(microseconds=1)), NOW)


@given(
    attempts=st.integers(1, 9),
    failures=st.integers(1, 10**6),
    asked=st.none() | st.integers(0, 10**9),
    jitter=st.floats(allow_nan=False),
    code=st.one_of(CALM, BUSY),
)
def test_nothing_is_put_so_far_off_that_it_counts_as_left_behind(
    attempts: int, failures: int, asked: int | None, jitter: float, code: int | None
) -> None:
    """No retry and no rest ends further ahead than what is taken for a clock that was set back."""
    what = report(code, retry_after=asked, jitter=jitter)
    waits = [next_attempt(POLICY, attempts, what, NOW), rest_until(POLICY, failures, what, NOW)]

    assert all(moment is None or moment - NOW <= WAIT_MAX for moment in waits)


@pytest.mark.parametrize(
    "longer",
    [{"delays": (5, 90_001)}, {"busy_delay": 90_001}, {"rest_max": 90_001}, {"asked_delay_max": 108_001}],
    ids=str,
)
def test_a_policy_has_no_longer_wait(longer: dict[str, Any]) -> None:
    """Whose single steps are longer than thirty hours, moved by a fifth, is refused; up to there it is not."""
    with pytest.raises(UsageError, match="longer than"):
        Policy(**longer)
    Policy(delays=(90_000,), busy_delay=90_000, rest_max=90_000, asked_delay_max=108_000)


@given(found=st.lists(DELIVERIES, max_size=20, unique_by=lambda each: each.id), most=st.integers(0, 12))
def test_first_attempts_keep_their_order_and_nobody_is_left_out(found: list[Delivery], most: int) -> None:
    """Those never tried stay in the order of the feed, the others in that of their time; each kind has its turns."""
    waiting = [each for each in found if is_due(each, NOW)]
    first = sorted((each for each in waiting if not each.attempts), key=lambda each: each.position)
    again = sorted((each for each in waiting if each.attempts), key=lambda each: (each.due_at or NOW, each.id))
    turns = in_turn(first, again, most)

    assert len(turns) == min(most, len(waiting))
    taken = [each for each in turns if not each.attempts]
    assert taken == first[: len(taken)]
    retried = [each for each in turns if each.attempts]
    assert retried == again[: len(retried)]


@given(found=st.lists(DELIVERIES, max_size=20, unique_by=lambda each: each.id), most=st.integers(0, 12))
def test_all_go_by_when_they_are_due(found: list[Delivery], most: int) -> None:
    """Where the clock only went forward, first attempts and later ones go by when they are due: none is starved."""
    waiting = [each for each in found if is_due(each, NOW)]
    again = sorted((each for each in waiting if each.attempts), key=lambda each: (each.due_at or NOW, each.id))
    first = sorted((each for each in waiting if not each.attempts), key=lambda each: each.due_at or NOW)
    turns = in_turn(first, again, most)

    moments = [each.due_at or NOW for each in turns]
    assert moments == sorted(each.due_at or NOW for each in waiting)[:most]

"""Laws of ids: of version 7, never repeated, sorted by the time they were made."""

from __future__ import annotations

import threading
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectis_core.clock import EPOCH
from vectis_core.ids import CLOCK_SLACK, Ids, RandomIds, first_uuid7_at, prefixed, uuid7_of
from vectis_core.testing import CountingIds

MOMENTS = st.timedeltas(timedelta(0), timedelta(days=365 * 8000)).map(lambda since: EPOCH + since)
STEPS = st.lists(st.integers(-9_000, 20_000), max_size=60)
SOURCES = pytest.mark.parametrize("make", [RandomIds, CountingIds])


def time_of(value: str) -> datetime:
    """Return the time that an id of version 7 carries (RFC 9562 section 5.7)."""
    return EPOCH + timedelta(milliseconds=uuid.UUID(value).int >> 80)


@SOURCES
@given(st.lists(MOMENTS, min_size=1, max_size=30))
def test_ids_are_of_version_7_and_never_repeat(make: type[Ids], moments: list[datetime]) -> None:
    """Whatever the clock does, every id is a UUID of version 7 and unlike all others."""
    ids = make()
    made = [ids.uuid7(moment) for moment in moments]

    assert len(set(made)) == len(made)
    read = [uuid.UUID(each) for each in made]
    assert {(each.version, each.variant) for each in read} == {(7, uuid.RFC_4122)}
    assert [str(each) for each in read] == made


@given(MOMENTS.filter(lambda moment: moment.year < 9000), STEPS)
def test_random_ids_only_grow_while_the_clock_falls_back_a_little(start: datetime, steps: list[int]) -> None:
    """While the clock never falls more than the slack behind its newest reading, each id is above the one before."""
    ids = RandomIds()
    newest = start
    made = []
    for step in steps:
        # A reading that lies behind the newest by at most nine seconds.
        reading = newest + timedelta(milliseconds=step)
        newest = max(newest, reading)
        made.append(ids.uuid7(reading))

    assert made == sorted(made)


@given(MOMENTS.filter(lambda moment: moment.year < 9000), STEPS)
def test_an_ids_time_stays_near_the_clock(start: datetime, steps: list[int]) -> None:
    """An id's own time is never farther than the slack from the reading it was made with."""
    ids = RandomIds()
    reading = start
    for step in steps:
        reading = max(reading + timedelta(milliseconds=step), EPOCH)
        assert abs(time_of(ids.uuid7(reading)) - reading) <= CLOCK_SLACK


def test_a_stopped_clock_makes_as_many_ids_as_are_wanted() -> None:
    """Ids of one millisecond count up, and go on in the next when their counter is full."""
    ids = RandomIds()
    moment = datetime(2026, 1, 26, 12, tzinfo=UTC)
    made = [ids.uuid7(moment) for _ in range(10_000)]

    assert made == sorted(set(made))
    assert time_of(made[-1]) - moment < timedelta(milliseconds=10)


@SOURCES
def test_threads_never_get_the_same_id(make: type[Ids]) -> None:
    """Ids that many threads make at once are all different."""
    ids = make()
    moment = datetime(2026, 1, 26, 12, tzinfo=UTC)
    barrier = threading.Barrier(8)
    made: list[str] = []

    def work() -> None:
        barrier.wait(30)
        made.extend([ids.uuid7(moment) for _ in range(500)])

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(set(made)) == 8 * 500


@given(st.lists(st.uuids().map(str), min_size=2, max_size=10))
def test_prefixed_ids_sort_as_their_uuids(values: list[str]) -> None:
    """The text of prefixed ids has one length and the order of the UUIDs, and differs where they differ."""
    texts = [prefixed("inv", value) for value in values]

    assert sorted(texts) == [prefixed("inv", value) for value in sorted(values)]
    assert {len(text) for text in texts} == {30}
    assert len(set(texts)) == len(set(values))


@given(MOMENTS, st.integers(0, 0xFFF), st.integers(0, 2**62 - 1))
def test_the_first_id_of_a_moment_is_below_all_others_of_it(moment: datetime, counter: int, random: int) -> None:
    """No id with the time of a moment sorts before the first one, and all of the millisecond before do."""
    ms = (moment - EPOCH) // timedelta(milliseconds=1)

    assert first_uuid7_at(moment) <= uuid7_of(ms, counter, random)
    if ms:
        assert first_uuid7_at(moment) > uuid7_of(ms - 1, counter, random)


@SOURCES
def test_secrets_have_256_bits_and_differ(make: type[Ids]) -> None:
    """Secrets are 43 characters of URL-safe text, each unlike the others."""
    ids = make()
    secrets = {ids.secret() for _ in range(100)}

    assert len(secrets) == 100
    assert {len(secret) for secret in secrets} == {43}


def test_counting_ids_can_be_foretold() -> None:
    """The same calls give the same ids and secrets, whose time is that of the clock to the millisecond."""
    moment = datetime(2026, 1, 26, 12, 0, 0, 123_000, tzinfo=UTC)
    first, second = CountingIds(), CountingIds()

    assert [first.uuid7(moment) for _ in range(3)] == [second.uuid7(moment) for _ in range(3)]
    assert first.secret() == second.secret()
    assert time_of(first.uuid7(moment)) == moment

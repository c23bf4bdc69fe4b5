"""Faults strike where and when a test planned them, and leave what such a fault leaves."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from vectis_core import Address, Item, OutcomeUnknown, Placed, ServiceUnavailable, Vectis
from vectis_core.errors import StoreConflict
from vectis_core.testing import CountingIds, FrozenClock
from vectis_core.testing.faults import (
    ALWAYS,
    Crash,
    Faults,
    FaultyVectis,
    Point,
    When,
    by_chance,
    nth,
    open_faulty,
)

ADDRESS = Address(name="Jane Smith", line1="123 Main St", city="Austin", country="US")


@pytest.fixture(params=["memory", "sqlite"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of an empty database on each backend."""
    return "memory://" if request.param == "memory" else f"sqlite:///{tmp_path}/shop.db"


@pytest.fixture
def oms(url: str) -> Iterator[FaultyVectis]:
    """Return a Vectis with ten widgets, and no fault planned."""
    with open_faulty(url, clock=FrozenClock(), ids=CountingIds()) as oms:
        oms.products.create(sku="W", name="Widget")
        [record] = oms.inventory.list(sku="W")
        oms.inventory.adjust(record.id, 10, "first delivery")
        yield oms
        oms.faults.clear()


def buy(oms: Vectis, external_id: str = "ORDER-1") -> Placed:
    """Order one widget."""
    return oms.orders.create(external_id=external_id, items=[Item("W", 1, 1)], shipping_addresses=[ADDRESS])


def reserved(oms: Vectis) -> int:
    """Return how many widgets are promised."""
    [record] = oms.inventory.list(sku="W")
    return record.reserved


def test_an_error_before_the_commit_leaves_nothing(oms: FaultyVectis) -> None:
    """The caller cannot know, nothing is there, and asking again creates the order."""
    oms.faults.error_before_commit()
    with pytest.raises(OutcomeUnknown):
        buy(oms)

    assert reserved(oms) == 0
    assert buy(oms).created
    assert oms.faults.struck == [("error", Point.COMMIT)]


def test_an_error_after_the_commit_leaves_everything(oms: FaultyVectis) -> None:
    """The caller cannot know, the order is there, and asking again returns it."""
    oms.faults.error_after_commit()
    with pytest.raises(OutcomeUnknown):
        buy(oms)

    assert reserved(oms) == 1
    assert not buy(oms).created


def test_a_passing_conflict_is_not_seen(oms: FaultyVectis) -> None:
    """The engine tries again: the caller gets the order."""
    oms.faults.conflict()

    assert buy(oms).created
    assert oms.faults.struck == [("error", Point.FLUSH)]


def test_a_lasting_conflict_is_told(oms: FaultyVectis) -> None:
    """What never fits is told to the caller, who finds nothing done."""
    oms.faults.conflict(ALWAYS)
    with pytest.raises(StoreConflict):
        buy(oms)

    assert reserved(oms) == 0


def test_a_store_that_is_not_free_is_told(oms: FaultyVectis) -> None:
    """The caller is told to come again, which then works."""
    oms.faults.unavailable()
    with pytest.raises(ServiceUnavailable) as caught:
        buy(oms)

    assert not isinstance(caught.value, OutcomeUnknown)
    assert buy(oms).created


@pytest.mark.parametrize("point", ["begin", "load", "flush", "commit", "committed"])
def test_a_crash_leaves_what_was_committed(oms: FaultyVectis, point: str) -> None:
    """The dead process answers nothing more; the next one has the order if it was committed, and goes on."""
    oms.faults.crash(point)
    for _ in range(2):
        with pytest.raises(Crash):
            buy(oms)
    with pytest.raises(Crash):
        oms.orders.list().page()
    after = oms.restarted()

    assert reserved(after) == (1 if point == "committed" else 0)
    assert buy(after).created == (point != "committed")
    assert reserved(after) == 1
    assert after.verify().ok


def test_a_crash_takes_everyone_along(oms: FaultyVectis) -> None:
    """Callers who wait in the queue of a process that dies get no answer, and nothing of theirs is there."""
    stuck = oms.faults.stuck("commit")
    oms.faults.crash("commit")
    with ThreadPoolExecutor(4) as pool, stuck:
        first = pool.submit(buy, oms, "first")
        stuck.wait_until_reached()
        others = [pool.submit(buy, oms, f"ORDER-{number}") for number in range(3)]
        stuck.let_go()
        errors = [future.exception() for future in (first, *others)]

    assert [type(error) for error in errors] == [Crash] * 4
    assert reserved(oms.restarted()) == 0


def test_a_store_can_be_slow(oms: FaultyVectis) -> None:
    """Time passes at the point that is slow, by the test's own clock."""
    clock = oms.clock
    assert isinstance(clock, FrozenClock)
    before = clock.now()
    oms.faults.slow(lambda: clock.advance(30))
    buy(oms)

    assert (clock.now() - before).total_seconds() == 30


def test_a_call_is_stuck_until_it_is_let_go(oms: FaultyVectis) -> None:
    """Who is stuck has no answer and shows nothing; once let go, it goes on as if nothing had been."""
    with ThreadPoolExecutor(1) as pool, oms.faults.stuck() as gate:
        future = pool.submit(buy, oms)
        gate.wait_until_reached()
        assert not future.done()
        assert reserved(oms) == 0
        gate.let_go()
        assert future.result().created

    assert reserved(oms) == 1


def struck(faults: Faults, times: int) -> list[int]:
    """Return at which of so many times that the point is reached a fault strikes."""
    found = []
    for number in range(1, times + 1):
        try:
            faults("load")
        except OSError:
            found.append(number)
    return found


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        (When(), [1]),
        (nth(3), [3]),
        (ALWAYS, [1, 2, 3, 4, 5, 6]),
        (When(first=2, times=2), [2, 3]),
        (When(first=5, times=None), [5, 6]),
        (by_chance(0), []),
        (by_chance(1), [1, 2, 3, 4, 5, 6]),
    ],
)
def test_faults_strike_when_planned(when: When, expected: list[int]) -> None:
    """Once, at the nth time, from then on, for ever, or never."""
    faults = Faults()
    faults.error("load", when=when)

    assert struck(faults, 6) == expected


def test_chance_follows_the_seed() -> None:
    """One seed strikes at the same times again, another at others, and about as often as was said."""

    def times(seed: int) -> list[int]:
        faults = Faults(seed)
        faults.error("load", when=by_chance(0.3))
        return struck(faults, 200)

    assert times(1) == times(1) != times(2)
    assert 30 <= len(times(1)) <= 90


def test_faults_are_forgotten_when_cleared(oms: FaultyVectis) -> None:
    """After clearing, nothing strikes any more."""
    oms.faults.error("begin", when=ALWAYS)
    oms.faults.clear()

    assert buy(oms).created


def test_a_point_that_there_is_not_is_refused() -> None:
    """A misspelt point would never strike, and the test that rests on it never fail."""
    with pytest.raises(ValueError, match="comit"):
        Faults().crash("comit")


def test_faults_that_are_given_strike_while_it_opens(url: str) -> None:
    """A program that opens a failing store meets the failure there, and opens it the next time."""
    faults = Faults()
    faults.unavailable()
    with pytest.raises(ServiceUnavailable):
        open_faulty(url, faults=faults)
    with open_faulty(url, faults=faults) as oms:
        assert oms.verify().ok

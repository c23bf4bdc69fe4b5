"""Rate limits: what a window lets pass, in one process and in several that share it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import attrs
import pytest
from access.world import START, World
from hypothesis import given, settings
from hypothesis import strategies as st

from vectis_core.commands import LeaseAllowance
from vectis_core.vectis import Vectis
from vectis_http.access import Decision, LeasedWindows, MemoryWindows, RateLimiter

ENDS = int(START.timestamp()) + 60


@attrs.define
class Limited:
    """A process that asks its limiter, and runs what commands that needs."""

    limiter: RateLimiter
    world: World
    oms: Vectis
    commands: int = 0

    def ask(self, key: str = "tok_1") -> Decision:
        """Return what becomes of one request."""
        outcome = self.limiter.hit(key, self.world.now)
        if isinstance(outcome, LeaseAllowance):
            self.commands += 1
            outcome = self.limiter.leased(key, self.oms.run(outcome), self.world.now)
        return outcome


def limited(make: Callable[[int], RateLimiter], limit: int, world: World) -> Limited:
    """Return a process with a limiter."""
    return Limited(make(limit), world, Vectis(world.store, clock=world.time, ids=world.ids))


@pytest.fixture(params=[MemoryWindows, LeasedWindows])
def make(request: pytest.FixtureRequest) -> Callable[[int], RateLimiter]:
    """Return each kind of limiter in turn."""
    kind: Callable[[int], RateLimiter] = request.param
    return kind


@pytest.mark.parametrize("limit", [1, 2, 63, 64, 128, 1000])
def test_exactly_the_limit_passes_in_a_window(make: Callable[[int], RateLimiter], world: World, limit: int) -> None:
    """A lone process lets pass exactly the limit, counting down by one, and not one more until the window ends."""
    process = limited(make, limit, world)
    decisions = [process.ask() for _ in range(limit)]
    assert [d.allowed for d in decisions] == [True] * limit
    assert [d.remaining for d in decisions] == list(reversed(range(limit)))
    assert {(d.limit, d.resets_at) for d in decisions} == {(limit, ENDS)}
    assert process.ask() == Decision(False, limit, 0, ENDS, 60)
    world.time.pass_by(59.5)
    assert process.ask() == Decision(False, limit, 0, ENDS, 1)
    world.time.pass_by(0.5)
    assert process.ask() == Decision(True, limit, limit - 1, ENDS + 60, 1)


def test_a_window_begins_with_the_first_request(make: Callable[[int], RateLimiter], world: World) -> None:
    """The window is anchored at the key's own first request, and told in whole seconds, rounded up."""
    world.time.pass_by(1000.25)
    process = limited(make, 10, world)
    assert process.ask().resets_at == int(START.timestamp()) + 1061
    world.time.pass_by(100)
    assert process.ask().resets_at == int(START.timestamp()) + 1161


def test_keys_are_counted_apart(make: Callable[[int], RateLimiter], world: World) -> None:
    """One token's requests are no concern of another's."""
    process = limited(make, 2, world)
    assert [process.ask("a").allowed for _ in range(3)] == [True, True, False]
    assert process.ask("b").remaining == 1


def test_a_used_up_window_costs_no_more_commands(world: World) -> None:
    """Once the window is used up, refusals are made from memory; and a window costs few commands."""
    process = limited(LeasedWindows, 1000, world)
    for _ in range(1000):
        process.ask()
    spent = process.commands
    assert spent < 150
    for _ in range(1000):
        assert not process.ask().allowed
    assert process.commands == spent


def test_several_processes_share_one_window(world: World) -> None:
    """What one process was granted, another is not."""
    first, second = (limited(LeasedWindows, 10, world) for _ in range(2))
    assert [p.ask().allowed for p in (first, second) * 5] == [True] * 10
    assert [p.ask().allowed for p in (first, second)] == [False, False]


def test_threads_share_one_limiter(make: Callable[[int], RateLimiter], world: World) -> None:
    """Sixteen threads at once let pass exactly the limit."""
    process = limited(make, 200, world)
    with ThreadPoolExecutor(16) as pool:
        allowed = sum(d.allowed for d in pool.map(lambda _: process.ask(), range(400)))
    assert allowed == 200


def test_a_process_holds_at_most_one_block_unused(world: World) -> None:
    """However many coroutines come at once, one takes a block and the others take singly."""
    limiter = LeasedWindows(1000)
    oms = Vectis(world.store, clock=world.time, ids=world.ids)
    outcomes = [limiter.hit("a", world.now) for _ in range(32)]
    commands = [outcome for outcome in outcomes if isinstance(outcome, LeaseAllowance)]
    assert sorted(command.block for command in commands) == [1] * 31 + [15]
    for command in commands:
        assert limiter.leased("a", oms.run(command), world.now).allowed
    assert [isinstance(limiter.hit("a", world.now), Decision) for _ in range(15)] == [True] * 14 + [False]


def test_blocks_shrink_towards_the_end_of_a_window(world: World) -> None:
    """The less is left, the smaller the blocks, so that what others were granted is little of it."""
    limiter = LeasedWindows(1000)
    process = Limited(limiter, world, Vectis(world.store, clock=world.time, ids=world.ids))
    blocks = []
    for _ in range(1000):
        outcome = limiter.hit("a", world.now)
        if isinstance(outcome, LeaseAllowance):
            blocks.append(outcome.block)
            limiter.leased("a", process.oms.run(outcome), world.now)
    assert blocks == sorted(blocks, reverse=True)
    assert (blocks[0], blocks[-1]) == (15, 1)
    assert sum(blocks) == 1000


def test_a_lease_that_failed_is_asked_for_again(world: World) -> None:
    """After a command that failed, the next ones go on singly, and soon in blocks again."""
    process = limited(LeasedWindows, 1000, world)
    assert isinstance(process.limiter.hit("tok_1", world.now), LeaseAllowance)
    assert process.ask().allowed
    world.time.pass_by(3)
    again = process.limiter.hit("tok_1", world.now)
    assert isinstance(again, LeaseAllowance)
    assert again.block == 15


def test_an_answer_from_an_ended_window_serves_only_who_asked(world: World) -> None:
    """A grant that arrives when a newer window is open adds nothing to that."""
    limiter = LeasedWindows(1000)
    oms = Vectis(world.store, clock=world.time, ids=world.ids)
    late = limiter.hit("a", world.now)
    assert isinstance(late, LeaseAllowance)
    granted = oms.run(late)
    world.time.pass_by(61)
    process = Limited(limiter, world, oms)
    fresh = process.ask("a")
    assert limiter.leased("a", granted, world.now).allowed
    assert process.ask("a").remaining == fresh.remaining - 1


def test_memory_is_bounded(world: World) -> None:
    """A flood of keys makes the oldest windows go, and ended ones first of all."""
    windows = MemoryWindows(1, keys_max=3)
    for key in "abc":
        assert windows.hit(key, world.now).allowed
    assert not windows.hit("a", world.now).allowed
    windows.hit("d", world.now)
    assert windows.hit("a", world.now).allowed
    assert not windows.hit("d", world.now).allowed
    leases = LeasedWindows(1, keys_max=2)
    process = Limited(leases, world, Vectis(world.store, clock=world.time, ids=world.ids))
    assert [process.ask(key).allowed for key in "abc"] == [True] * 3
    assert (process.ask("c").allowed, process.commands) == (False, 3)
    assert (process.ask("a").allowed, process.commands) == (False, 4)


@pytest.mark.parametrize("kind", [MemoryWindows, LeasedWindows])
def test_a_limit_of_nothing_is_refused(kind: Callable[[int], RateLimiter]) -> None:
    """A limit below one is a mistake of who configures it."""
    with pytest.raises(ValueError, match="at least 1"):
        kind(0)


#: Which process does what next: ask, answer its oldest lease, or let time pass (in tenths of a second).
STEP = st.one_of(
    st.tuples(st.just("ask"), st.integers(0, 3)),
    st.tuples(st.just("answer"), st.integers(0, 3)),
    st.tuples(st.just("burst"), st.integers(0, 3)),
)


class Shared:
    """Several processes under one limit, whose answers from the store come when the test says so."""

    def __init__(self, limit: int, processes: int) -> None:
        self.world = World()
        self.oms = Vectis(self.world.store, clock=self.world.time, ids=self.world.ids)
        self.limiters = [LeasedWindows(limit) for _ in range(processes)]
        self.waiting: list[list[LeaseAllowance]] = [[] for _ in range(processes)]
        self.passed = 0

    def ask(self, number: int) -> bool | None:
        """Ask one process, and return what it says; ``None`` where it must ask the store."""
        outcome = self.limiters[number].hit("a", self.world.now)
        if isinstance(outcome, LeaseAllowance):
            self.waiting[number].append(outcome)
            return None
        self.passed += outcome.allowed
        return outcome.allowed

    def answer(self, number: int) -> bool | None:
        """Give one process the answer it has waited for longest."""
        if not self.waiting[number]:
            return None
        allowance = self.oms.run(self.waiting[number].pop(0))
        allowed = self.limiters[number].leased("a", allowance, self.world.now).allowed
        self.passed += allowed
        return allowed


@given(
    limit=st.integers(1, 2000),
    processes=st.integers(1, 4),
    steps=st.lists(STEP, max_size=60),
    last=st.integers(0, 3),
)
def test_processes_together_never_pass_the_limit_and_can_use_95_percent(
    limit: int, processes: int, steps: list[tuple[str, int]], last: int
) -> None:
    """Whatever up to four processes do in a window, they never pass the limit, and nearly all of it can be used.

    After any history the rest of the traffic goes to one process: what the others were granted is the loss.
    """
    shared = Shared(limit, processes)
    for what, number in steps:
        if what == "answer":
            shared.answer(number % processes)
        else:
            for _ in range(20 if what == "burst" else 1):
                shared.ask(number % processes)
        assert shared.passed <= limit
    for number in range(processes):
        while shared.waiting[number]:
            shared.answer(number)
    while True:
        allowed = shared.ask(last % processes)
        if allowed is None:
            allowed = shared.answer(last % processes)
        if not allowed:
            break
    assert limit * 0.95 <= shared.passed <= limit


@settings(max_examples=30)
@given(limit=st.integers(1, 300), pauses=st.lists(st.integers(0, 900), min_size=10, max_size=40))
def test_no_window_lets_more_pass_than_its_limit(limit: int, pauses: list[int]) -> None:
    """With time passing between bursts, no window, told from its reset, holds more passes than the limit."""
    world = World()
    processes = [limited(LeasedWindows, limit, world) for _ in range(2)]
    passes: dict[int, int] = {}
    for number, pause in enumerate(pauses):
        world.time.moment += timedelta(milliseconds=100 * pause)
        for _ in range(40):
            decision = processes[number % 2].ask()
            assert world.now.timestamp() < decision.resets_at
            passes[decision.resets_at] = passes.get(decision.resets_at, 0) + decision.allowed
    assert max(passes.values()) <= limit

"""Many processes that all write as fast as they can: nobody is ever told that the database is locked, or kept waiting.

That there is too little stock, or that an order's status forbids a step, are answers; every other error is a breach.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs

from proof.builds import environment
from proof.crowd.parent import Crowd
from proof.crowd.records import log_of
from proof.crowd.shop import Shop, unforeseen
from proof.crowd.worker import Task
from proof.mutants.controls import DEFERRED_BEGIN
from proof.programme import Finding, Proof, Size
from vectis_core.testing.calls import Call

#: Seconds in which 99 of 100 calls are answered, and all of them.
_P99, _LONGEST = 0.25, 2.0
#: The calls of the slowest client, and process, beside those of the fastest.
_FAIR = 0.5


@attrs.frozen
class _Plan:
    seconds: float
    processes: int = 4
    threads: int = 8


_PLANS = {Size.FEW: _Plan(1, threads=4), Size.FULL: _Plan(60)}
_CONTROL = _Plan(1, threads=4)


@attrs.frozen
class _Pace:
    """How long answers took, in seconds, and how evenly they were given."""

    calls: int
    p99: float
    longest: float
    #: The calls of the slowest client beside those of the fastest, and of the slowest process.
    clients: float
    processes: float

    @classmethod
    def of(cls, calls: Sequence[Call]) -> _Pace:
        """Return the pace of these calls."""
        took = sorted(call.answered - call.sent for call in calls if call.answered is not None)
        clients = Counter(call.client for call in calls)
        processes = Counter(call.client.partition("t")[0] for call in calls)
        return cls(len(took), took[len(took) * 99 // 100], took[-1], _evenness(clients), _evenness(processes))

    def __str__(self) -> str:
        """Return the figures for the table."""
        return (
            f"p99 {self.p99 * 1000:.0f} ms, max {self.longest * 1000:.0f} ms,"
            f" slowest/fastest client {self.clients:.2f}, process {self.processes:.2f}"
        )

    def breaches(self) -> list[str]:
        """Return which bound of time is passed."""
        found = []
        if self.p99 > _P99 or self.longest > _LONGEST:
            found.append(f"answers took too long: {self}")
        if min(self.clients, self.processes) < _FAIR:
            found.append(f"some were served less than half as often as others: {self}")
        return found


def _evenness(counts: Counter[str]) -> float:
    return min(counts.values()) / max(counts.values())


def run(size: Size, folder: Path) -> Finding:
    """Let the storm blow."""
    plan = _PLANS[size]
    shop, calls = _storm(plan, folder, environment(None, folder))
    pace = _Pace.of(calls)
    errors = unforeseen(calls)
    violations = errors + shop.verdict() + (pace.breaches() if size is Size.FULL else [])
    return Finding(
        f"{plan.processes} processes x {plan.threads} threads, {plan.seconds:g} s, {pace.calls:,} calls",
        f"{len(errors)} errors visible; {pace}",
        violations,
    )


def control(_size: Size, folder: Path) -> Finding:
    """The same with a build that begins its transactions deferred and takes no lock between processes."""
    _, calls = _storm(_CONTROL, folder, environment(DEFERRED_BEGIN, folder))
    errors = unforeseen(calls)
    return Finding(f"{len(calls)} calls", f"{len(errors)} of {len(calls)} calls failed", errors)


def _storm(plan: _Plan, folder: Path, build: Mapping[str, str]) -> tuple[Shop, list[Call]]:
    shop = Shop(f"sqlite:///{folder}/shop.db", skus=20, pieces=1_000)
    tasks = [Task(shop.url, f"p{n}", plan.threads, "proof.crowd.stories:trade") for n in range(plan.processes)]
    with Crowd(tasks, build) as crowd:
        crowd.go()
        crowd.wait(plan.seconds)
    heard = crowd.records()
    shop.records += heard
    return shop, [each for each in log_of(heard) if isinstance(each, Call)]


PROOF = Proof(
    number=6,
    name="busy-storm",
    rule="however many processes write, nobody sees an error, waits long, or is served half as often as others",
    run=run,
    control=control,
    bad="a build with a deferred BEGIN and no lock between processes",
)

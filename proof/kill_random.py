"""All processes killed at a random moment under load, again and again: what was acknowledged is there.

Half of the crashes come at a moment of the parent's, the others in the very moment in which one process has told an
answer. The next crowd starts at once, while the parent asks again for all whose outcome nobody knows.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from random import Random

import attrs

from proof.builds import environment
from proof.crowd.parent import Crowd
from proof.crowd.records import Record
from proof.crowd.shop import Shop
from proof.crowd.worker import Task
from proof.mutants.controls import ANSWER_BEFORE_COMMIT
from proof.programme import Finding, Proof, Size

#: Seconds from a crash to the next answer.
_BACK_WITHIN = 2.0
_PATIENCE = 60.0


@attrs.frozen
class _Plan:
    crashes: int
    #: Crashes after which a new database is begun, so that judging does not take longer and longer.
    crashes_of_one_database: int
    #: A crash comes after at most so many answers.
    answers: int
    #: Crashes go on until so many answers were given.
    at_least: int = 0
    processes: int = 3
    threads: int = 4
    story: str = "trade"


_PLANS = {Size.FEW: _Plan(4, 4, 300), Size.FULL: _Plan(50, 10, 2_400, 50_000)}


@attrs.define
class _Tally:
    crashes: int = 0
    answers: int = 0
    asked_again: int = 0
    databases: int = 0
    #: Seconds from each crash to the next answer.
    back: list[float] = attrs.Factory(list)
    violations: list[str] = attrs.Factory(list)


def run(size: Size, folder: Path) -> Finding:
    """Crash as often as the size says."""
    plan = _PLANS[size]
    tally = _Tally()
    while tally.crashes < plan.crashes or tally.answers < plan.at_least:
        _crash_one_database(plan, folder, environment(None, folder), tally)
    lost = sum(each.startswith("L1") for each in tally.violations)
    slowest = max(tally.back)
    if size is Size.FULL and slowest > _BACK_WITHIN:
        tally.violations.append(f"after a crash the next answer took {slowest:.1f} s")
    return Finding(
        f"{tally.crashes} crashes of {plan.processes} processes x {plan.threads} threads, {tally.databases} databases",
        f"{tally.answers:,} answers, {lost} lost; {tally.asked_again} of unknown outcome asked again;"
        f" answers again within {slowest:.2f} s",
        tally.violations,
    )


def control(_size: Size, folder: Path) -> Finding:
    """Crash a build that answers before the commit until it has lost something."""
    plan = _Plan(1, 1, 200, processes=1, threads=24, story="order")
    tally = _Tally()
    while not tally.violations and tally.crashes < 40:
        _crash_one_database(plan, folder, environment(ANSWER_BEFORE_COMMIT, folder), tally)
    return Finding(f"{tally.crashes} crashes", f"after crash {tally.crashes}", tally.violations)


def _crash_one_database(plan: _Plan, folder: Path, build: Mapping[str, str], tally: _Tally) -> None:
    tally.databases += 1
    shop = Shop(f"sqlite:///{folder}/shop{tally.databases}.db", skus=10, pieces=2_000)
    crashed_at = 0.0
    heard: list[Record] = []
    for number in range(plan.crashes_of_one_database):
        name = f"d{tally.databases}c{number}"
        random = Random(name)
        dies_after = random.randint(1, plan.answers // plan.processes) if number % 2 == 0 else None
        with Crowd(_tasks(plan, shop.url, name, dies_after), build) as crowd:
            crowd.go()
            crowd.wait(_PATIENCE, answers=1)
            if heard:
                tally.back.append(time.monotonic() - crashed_at)
                tally.asked_again += shop.ask_again(heard)
            crowd.wait(_PATIENCE, answers=random.randint(1, plan.answers) if dies_after is None else None, ended=1)
            crashed_at = time.monotonic()
            crowd.kill()
        heard = crowd.records()
        shop.records += heard
        tally.crashes += 1
        tally.answers += crowd.answers
    tally.asked_again += shop.ask_again(heard)
    tally.violations += shop.verdict()


def _tasks(plan: _Plan, url: str, name: str, dies_after: int | None) -> list[Task]:
    story = f"proof.crowd.stories:{plan.story}"
    tasks = [Task(url, f"{name}p{number}", plan.threads, story) for number in range(plan.processes)]
    return [attrs.evolve(tasks[0], dies_after=dies_after), *tasks[1:]]


PROOF = Proof(
    number=3,
    name="kill9-random",
    rule="whenever all processes are killed, what was acknowledged is there, once, and the books are right",
    run=run,
    control=control,
    bad="a build that answers before the commit",
)

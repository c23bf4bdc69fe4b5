"""Copies of a database under load, by the product and by ``cp``; and migrations killed before each of their statements.

The judge has the log of all clients as it was when the copy was begun: what was answered by then must be in the copy,
what was under way may be, and what was sent only after the copy was there cannot.
"""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import cycle
from pathlib import Path

import attrs

from proof.builds import environment
from proof.crowd.parent import Crowd
from proof.crowd.records import Trouble, log_of
from proof.crowd.shop import Shop
from proof.crowd.worker import Task
from proof.migrating import kills, violations
from proof.mutants.controls import MIGRATION_IN_PIECES
from proof.programme import Finding, Proof, Size
from vectis_core import Vectis
from vectis_core.errors import VectisError
from vectis_core.testing.calls import Call, Look, Told
from vectis_core.testing.judge import judge

#: Copies a database to a file, and returns what went wrong.
Way = Callable[[str, Path], str | None]

_PATIENCE = 60.0
_STORY = "proof.crowd.stories:trade"


@attrs.frozen
class _Plan:
    databases: int
    copies_of_each: int
    #: Of the statements of a migration, one in so many has a kill before it.
    every: int
    processes: int = 3
    threads: int = 2
    #: So many answers are given between two copies.
    answers: int = 150


_PLANS = {Size.FEW: _Plan(1, 2, 40), Size.FULL: _Plan(5, 10, 1)}


@attrs.frozen
class _Copy:
    """A copy that was made, and when, on the clock of the log."""

    path: Path
    began: float
    ended: float
    failure: str | None


@attrs.define
class _Tally:
    copies: int = 0
    #: How many copies were not what a backup must be.
    wrong: int = 0
    #: How many could not even be opened or read.
    unusable: int = 0
    #: Calls that were answered as done before a copy of them was begun, over all copies.
    acknowledged: int = 0
    #: Answers that were given while a copy was made.
    meanwhile: int = 0
    slowest: float = 0.0
    violations: list[str] = attrs.Factory(list)


def in_process(url: str, target: Path) -> str | None:
    """Copy by ``oms.backup``."""
    try:
        with Vectis.open(url) as oms:
            oms.backup(target)
    except VectisError as error:
        return str(error)
    return None


def by_command(url: str, target: Path) -> str | None:
    """Copy by ``vectis backup``, in a process of its own."""
    command = [sys.executable, "-P", "-m", "vectis_cli", "backup", str(target), "--database", url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE, check=False)
    return f"exit code {done.returncode}: {done.stderr}" if done.returncode else None


def without_the_log(url: str, target: Path) -> str | None:
    """Copy the wrong way: the file alone, without the write-ahead log beside it."""
    subprocess.run(["cp", url.removeprefix("sqlite:///"), str(target)], check=True)
    return None


def run(size: Size, folder: Path) -> Finding:
    """Back up under load by both ways in turn, and kill migrations."""
    plan = _PLANS[size]
    tally = _copied(plan, folder, (in_process, by_command))
    killed = [kill for old in (None, "0001_shop") for kill in kills(folder, old, environment(None, folder), plan.every)]
    return Finding(
        f"{tally.copies} copies of {plan.databases} databases under load of {plan.processes} processes x"
        f" {plan.threads} threads; {len(killed)} kills at statements of migrations",
        f"{tally.acknowledged:,} calls acknowledged before a copy, none missing in it; {tally.meanwhile:,} answered"
        f" while copies were made and proved, at most {tally.slowest:.1f} s each",
        [*tally.violations, *violations(killed)],
    )


def control(size: Size, folder: Path) -> Finding:
    """Copy without the log, and migrate by a build that commits on the way; both must be caught."""
    # One in ten such copies is whole, where the log was emptied in the very moment in which it was made.
    plan = attrs.evolve(_PLANS[size], databases=1, copies_of_each=max(_PLANS[size].copies_of_each, 6), answers=60)
    tally = _copied(plan, folder, (without_the_log,))
    build: Mapping[str, str] = environment(MIGRATION_IN_PIECES, folder)
    killed = violations(kills(folder, None, build, every=20))
    return Finding(
        f"{tally.copies} copies",
        f"{tally.wrong} of {tally.copies} copies wrong, {tally.unusable} of them not even readable;"
        f" a migration that commits on the way: {len(killed)} violations",
        [*tally.violations, *killed] if tally.violations and killed else [],
    )


def _copied(plan: _Plan, folder: Path, ways: Sequence[Way]) -> _Tally:
    """Copy databases under load, and judge each copy by what the clients had been told when it was begun."""
    tally = _Tally()
    for number in range(plan.databases):
        shop = Shop(f"sqlite:///{folder}/shop{number}.db", skus=20, pieces=2_000)
        tasks = [Task(shop.url, f"d{number}p{n}", plan.threads, _STORY) for n in range(plan.processes)]
        way = cycle(ways)
        copies = []
        with Crowd(tasks, environment(None, folder)) as crowd:
            crowd.go()
            for copy in range(plan.copies_of_each):
                crowd.wait(_PATIENCE, answers=crowd.answers + plan.answers)
                copies.append(_copy(next(way), shop.url, folder / f"copy{number}-{copy}.db"))
        records = [*shop.records, *crowd.records()]
        tally.violations += [f"{each.client} saw: {each.what}" for each in records if isinstance(each, Trouble)]
        log = log_of(records)
        for made in copies:
            _judge(made, log, tally)
    return tally


def _copy(way: Way, url: str, target: Path) -> _Copy:
    began = time.monotonic()
    failure = way(url, target)
    return _Copy(target, began, time.monotonic(), failure)


def _judge(copy: _Copy, log: Sequence[Call | Look], tally: _Tally) -> None:
    tally.copies += 1
    tally.slowest = max(tally.slowest, copy.ended - copy.began)
    known = list(_as_of(copy, log))
    tally.acknowledged += sum(isinstance(each, Call) and each.told is Told.DONE for each in known)
    tally.meanwhile += sum(copy.began < (each.answered or 0) < copy.ended for each in log if isinstance(each, Call))
    found = [copy.failure] if copy.failure is not None else _faults(copy.path, known, tally)
    tally.wrong += bool(found)
    tally.violations += [f"{copy.path.name}, begun at {copy.began:.3f}: {what}" for what in found]


def _faults(path: Path, log: Sequence[Call | Look], tally: _Tally) -> list[str]:
    try:
        with Vectis.open(f"sqlite:///{path}", must_exist=True) as oms:
            return [*map(str, oms.verify().faults), *map(str, judge(log, oms))]
    except (VectisError, sqlite3.Error) as error:
        tally.unusable += 1
        return [f"cannot be used: {error}"]


def _as_of(copy: _Copy, log: Sequence[Call | Look]) -> Iterator[Call | Look]:
    """Yield what clients had asked, and what they knew of it when the copy was begun."""
    for each in log:
        if each.sent > copy.ended:
            continue
        if each.answered is not None and each.answered < copy.began:
            yield each
        elif isinstance(each, Call):
            yield attrs.evolve(each, answered=None, result=None, error=None)


PROOF = Proof(
    number=28,
    name="backup-and-migrate",
    rule="a backup under load has all that was acknowledged before it, and a migration can be killed at any statement",
    run=run,
    control=control,
    bad="cp without the log; a migration that commits on the way",
)

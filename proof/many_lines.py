"""Orders of several lines, in whatever order their SKUs come: all of an order is held or nothing, at any moment."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import attrs

from proof.builds import Mutant, environment
from proof.crowd.alone import Outcome
from proof.crowd.parent import Crowd
from proof.crowd.records import log_of
from proof.crowd.shop import Shop, unforeseen
from proof.crowd.worker import Task
from proof.mutants.controls import HELD_LINE_BY_LINE, UNSORTED_LOCKING
from proof.programme import Finding, Proof, Size
from vectis_core.testing.calls import Call


@attrs.frozen
class _Plan:
    seconds: float
    processes: int
    threads: int


_PLANS = {Size.FEW: _Plan(1, 2, 4), Size.FULL: _Plan(60, 4, 8)}
_CONTROL_SECONDS = 0.5
_BUYERS = 32


def run(size: Size, folder: Path) -> Finding:
    """Buy in several processes on a file, then in one on memory with a watch over the order of locks."""
    plan = _PLANS[size]
    build = environment(None, folder)
    shop = Shop(f"sqlite:///{folder}/shop.db", skus=12, pieces=40)
    tasks = [Task(shop.url, f"p{n}", plan.threads, "proof.crowd.many_lines:buy") for n in range(plan.processes)]
    with Crowd([*tasks, Task(shop.url, "w", 1, "proof.crowd.many_lines:watch")], build) as crowd:
        crowd.go()
        crowd.wait(plan.seconds)
    heard = crowd.records()
    shop.records += heard
    log = log_of(heard)
    calls = [each for each in log if isinstance(each, Call)]
    memory = _alone(plan.seconds, build)
    violations = [*unforeseen(calls), *shop.verdict(), *memory.violations]
    partly = sum(" holds [" in each for each in violations)
    return Finding(
        f"{plan.processes} processes x {plan.threads} buyers on SQLite, {_BUYERS} buyers on memory,"
        f" {plan.seconds:g} s each",
        f"{len(calls):,} and {memory.calls:,} calls; {partly} orders seen held in part in {len(log) - len(calls):,} and"
        f" {memory.looks:,} looks; rows asked for by {memory.transactions:,} transactions",
        violations,
    )


def control(_size: Size, folder: Path) -> Finding:
    """Do it on memory with a build that holds line by line, and with one that asks for rows in no order."""
    partly = [each for each in _bad(HELD_LINE_BY_LINE, folder) if " holds [" in each]
    circles = [each for each in _bad(UNSORTED_LOCKING, folder) if "deadlock" in each]
    caught = [*circles, *partly] if partly and circles else []
    return Finding("two builds", f"{len(partly)} looks at partial holds, {len(circles)} circle of locks", caught)


def _bad(mutant: Mutant, folder: Path) -> list[str]:
    return _alone(_CONTROL_SECONDS, environment(mutant, folder)).violations


def _alone(seconds: float, build: Mapping[str, str]) -> Outcome:
    command = [sys.executable, "-P", "-m", "proof.crowd.alone", str(seconds), str(_BUYERS)]
    done = subprocess.run(command, env=dict(build), stdout=subprocess.PIPE, check=True)
    return Outcome(**json.loads(done.stdout))


PROOF = Proof(
    number=10,
    name="many-lines",
    rule="an order holds all of its lines or none, at any moment, and no order of lines ever leads to a deadlock",
    run=run,
    control=control,
    bad="a build that holds line by line; a build that asks for rows in no order",
)

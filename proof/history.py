"""A history of many clients, with processes killed among it: it must look as if all calls came one after another.

Clients in several processes read what others write. Every call is noted with its times, on the clock that all
processes share; the judge sees to it that each ledger is one order of events that agrees with these times, that
nothing answered is unseen afterwards, and that no change rests on a balance that another had changed.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from random import Random

import attrs

from proof.builds import environment
from proof.crowd.parent import Crowd
from proof.crowd.records import log_of
from proof.crowd.shop import Shop
from proof.crowd.worker import Task
from proof.mutants.controls import ANSWER_BEFORE_COMMIT
from proof.programme import Finding, Proof, Size
from vectis_core.testing.calls import Look


@attrs.frozen
class _Plan:
    seconds: float
    processes: int = 4
    threads: int = 2
    #: So many processes are killed, one after another, and replaced.
    kills: int = 0


_PLANS = {Size.FEW: _Plan(1.5, kills=1), Size.FULL: _Plan(60, kills=12)}
_CONTROL = _Plan(1.5, processes=2, threads=4)


def run(size: Size, folder: Path) -> Finding:
    """Let the clients trade and judge their history."""
    plan = _PLANS[size]
    shop, asked_again = _lived_through(plan, folder, environment(None, folder))
    log = log_of(shop.records)
    looks = sum(isinstance(each, Look) for each in log)
    return Finding(
        f"{plan.processes * plan.threads} clients in {plan.processes} processes, {plan.seconds:g} s,"
        f" {plan.kills} processes killed",
        f"{len(log) - looks:,} calls and {looks:,} looks; {asked_again} of unknown outcome asked again",
        shop.verdict(),
    )


def control(_size: Size, folder: Path) -> Finding:
    """Do the same with a build that answers before the commit: a look right after an answer must miss it."""
    shop, _ = _lived_through(_CONTROL, folder, environment(ANSWER_BEFORE_COMMIT, folder))
    return Finding(f"{_CONTROL.seconds:g} s", "", shop.verdict())


def _lived_through(plan: _Plan, folder: Path, build: Mapping[str, str]) -> tuple[Shop, int]:
    """Return the shop after the clients have left, and how many calls had to be asked again."""
    shop = Shop(f"sqlite:///{folder}/shop.db", skus=5, pieces=1_000)
    crowds: list[Crowd] = []
    try:
        crowds += [_started(plan, shop, f"p{number}", build) for number in range(plan.processes)]
        for crowd in crowds:
            crowd.go()
        living = list(crowds)
        for kill in range(plan.kills):
            time.sleep(plan.seconds / (plan.kills + 1))
            living.pop(Random(kill).randrange(len(living))).kill()
            crowds.append(_started(plan, shop, f"k{kill}", build))
            crowds[-1].go()
            living.append(crowds[-1])
        time.sleep(plan.seconds / (plan.kills + 1))
    finally:
        for crowd in crowds:
            crowd.stop()
    heard = [record for crowd in crowds for record in crowd.records()]
    shop.records += heard
    return shop, shop.ask_again(heard)


def _started(plan: _Plan, shop: Shop, name: str, build: Mapping[str, str]) -> Crowd:
    task = Task(shop.url, name, plan.threads, "proof.crowd.stories:trade", {"looks": 4})
    return Crowd([task], build)


PROOF = Proof(
    number=25,
    name="history",
    rule="the history of all clients is one order of events that agrees with real time, and what is answered is seen",
    run=run,
    control=control,
    bad="a build that answers before the commit",
)

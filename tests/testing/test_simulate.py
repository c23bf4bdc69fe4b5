"""Simulated days replay exactly, find planted bugs, and make their stories short."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import attrs
import pytest

from vectis_core.engine.batch import BatchRunner
from vectis_core.engine.tickets import wake_all
from vectis_core.handlers import stockkeeping
from vectis_core.stock.model import MovementKind
from vectis_core.testing.simulate import Shape, planned, shrunk, simulate
from vectis_core.testing.simulate.__main__ import main
from vectis_core.testing.simulate.plan import Ask, Harm, Jump, Peek, Stop, Strike

SEEDS = range(40)


def run_aside(*arguments: str, hashes: str) -> str:
    """Return what the command line prints in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "vectis_core.testing.simulate", *arguments],
        env={**os.environ, "PYTHONHASHSEED": hashes},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_a_day_is_the_same_in_every_process() -> None:
    """Two processes with different hashes tell one and the same story, digest included."""
    first, second = (run_aside("--seed", "3", "--days", "2", hashes=hashes) for hashes in ("1", "2"))

    assert first == second
    assert re.search(r"^seed 3: all is well after \d+ calls and looks; digest [0-9a-f]{64}$", first, re.MULTILINE)


def test_days_differ_by_their_seed() -> None:
    """Each seed has a story of its own, which all kinds of trouble come up in."""
    digests = {simulate(planned(seed, Shape(commands=10))).digest for seed in SEEDS}
    steps = [step for seed in SEEDS for step in planned(seed, Shape()).steps]

    assert len(digests) == len(SEEDS)
    assert {type(step) for step in steps} == {Ask, Peek, Strike, Jump, Stop}
    assert {step.harm for step in steps if isinstance(step, Strike)} == set(Harm)


@pytest.mark.parametrize("seed", [*range(10)])
def test_nothing_is_wrong(seed: int) -> None:
    """The product passes, also over several days and with more of everything."""
    shape = Shape(days=2, commands=30, clients=9, processes=3)

    assert simulate(planned(seed, shape)).violations == []


def test_a_file_is_found_again_after_crashes(tmp_path: Path) -> None:
    """What one process leaves in a file when it dies, the next one goes on with."""
    for seed in range(3):
        assert simulate(planned(seed, Shape()), f"sqlite:///{tmp_path / f'{seed}.db'}").violations == []


def test_a_cut_plan_can_be_lived_through() -> None:
    """Whatever half of the steps is left out, the rest means something, and nothing is wrong with it."""
    for seed in SEEDS:
        plan = planned(seed, Shape())
        for half in (plan.steps[::2], plan.steps[1::2], plan.steps[len(plan.steps) // 2 :]):
            assert simulate(attrs.evolve(plan, steps=half)).violations == []


def plant_a_row_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have releases change balances without a row of the ledger."""
    move = stockkeeping.move

    def forgetful(work: Any, stock_id: str, kind: MovementKind, *rest: Any) -> Any:
        record = move(work, stock_id, kind, *rest)
        if kind is MovementKind.RELEASE:
            work.movements.pop()
        return record

    monkeypatch.setattr(stockkeeping, "move", forgetful)


def plant_an_early_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have callers woken with their answers before the commit."""
    flush = BatchRunner._flush

    def hasty(self: BatchRunner, transaction: Any, changes: Any, verdicts: Any) -> None:
        flush(self, transaction, changes, verdicts)
        for verdict in verdicts:
            verdict.ticket.outcome, verdict.ticket.error = verdict.outcome, verdict.refusal
        wake_all(verdict.ticket for verdict in verdicts)

    monkeypatch.setattr(BatchRunner, "_flush", hasty)


@pytest.mark.parametrize("plant", [plant_a_row_not_written, plant_an_early_answer])
def test_a_planted_bug_is_found_and_made_short(plant: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug is found by some seed, and its story comes down to a few steps of which none can be left out."""
    plant(monkeypatch)
    bad = next(plan for plan in (planned(seed, Shape()) for seed in range(300)) if simulate(plan).violations)

    short = shrunk(bad, simulate)

    assert simulate(short).violations != []
    assert len(short.steps) <= 8
    for left_out in range(len(short.steps)):
        steps = short.steps[:left_out] + short.steps[left_out + 1 :]
        assert simulate(attrs.evolve(short, steps=steps)).violations == []


def test_the_command_line_tells_a_story(capsys: pytest.CaptureFixture[str]) -> None:
    """A good day is told line by line, with times, who asks whom for what, and the verdict."""
    assert main(["--seed", "1"]) == 0

    told = capsys.readouterr().out
    assert re.search(r"^  09:\d\d:\d\d\.\d{6} +cid asks p0: PlaceOrder e6: 3 x B", told, re.MULTILINE)
    assert re.search(r"is told by p\d: created: order [0-9a-f-]{36} pending at event 1", told)
    assert "judge all is well" in told


def test_the_command_line_makes_a_bad_story_short(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A bad seed ends the run with its short story, and with the command that tells the same story again."""
    plant_a_row_not_written(monkeypatch)

    assert main(["--seeds", "300"]) == 1

    told = capsys.readouterr().out
    [violation] = re.findall(r"^VIOLATION (the judge: L3 .*)$", told, re.MULTILINE)
    [again] = re.findall(r"^To see it again: python -m vectis_core.testing.simulate (.*)$", told, re.MULTILINE)
    assert main([*again.split(), "--no-shrink"]) == 1
    assert violation in capsys.readouterr().out


def test_the_command_line_takes_a_database(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A URL is simulated on as it is, one with a folder in it gets an empty one for each seed."""
    assert main(["--seed", "1", "--store", f"sqlite:///{tmp_path}/given.db"]) == 0
    assert (tmp_path / "given.db").exists()
    assert main(["--seed", "1", "--seeds", "2", "--store", "sqlite:///{folder}/own.db"]) == 0
    assert capsys.readouterr().out.count("all is well after") == 3

"""Power cuts on the database as it is shipped: whatever was acknowledged is there when the power is back.

The unmodified ``sqlite3`` trades in its default configuration; a library below it records what reaches the disk. The
recording is then cut at some thousands of its points, and what a disk can have kept by then is opened and judged.
Between two recorded points nothing on the disk changes, so that the points are all there is to try.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from random import Random

import attrs

from proof.builds import environment
from proof.mutants.controls import SYNCHRONOUS_NORMAL
from proof.powerloss.cuts import DATABASE, Cut, chosen, points, suffer
from proof.powerloss.disk import Loss
from proof.powerloss.trading import Day, record
from proof.preload.build import build
from proof.programme import Finding, Proof, Size, fewer
from proof.recording import events
from proof.watch import Watch
from proof.work import spread

#: A control that loses in no more than this part of its cuts could be chance.
_ENOUGH = 0.1


@attrs.frozen
class _Plan:
    """How much is tried."""

    days: int
    #: Of each of the 12 clients; in 20 of them the log comes to its 1,000 pages once or twice, which are then
    #: checkpointed, as they are whenever the last process closes.
    steps: int
    cuts_a_day: int


_RUN = {Size.FEW: _Plan(1, 6, 30), Size.FULL: _Plan(12, 20, 430)}
_CONTROL = {Size.FEW: _Plan(1, 6, 10), Size.FULL: _Plan(2, 20, 120)}


@attrs.frozen
class _Piece:
    """A day to trade and to cut; its number is the seed."""

    number: int
    plan: _Plan
    build: Mapping[str, str]
    recorder: Path
    folder: Path
    #: Whether the recording is kept where something is wrong, to look at it again.
    keeps: bool


@attrs.frozen
class _Suffered:
    """What came of a day."""

    commits: int
    checkpoints: int
    cuts: list[Cut]
    violations: list[str]


def _suffered(piece: _Piece) -> _Suffered:
    recording = record(Day(piece.plan.steps, piece.build), piece.recorder, piece.folder)
    watch = Watch(DATABASE)
    watch.follow(events(recording.read_bytes()))
    before = chosen(points(recording), piece.plan.cuts_a_day, Random(piece.number))
    cuts = list(suffer(recording, before, piece.number))
    wrong = [cut for cut in cuts if cut.faults]
    kept = recording
    if wrong and piece.keeps:
        kept = Path(tempfile.mkdtemp(prefix="vectis-power-cut-")) / recording.name
        shutil.copy(recording, kept)
    shutil.rmtree(piece.folder)
    return _Suffered(watch.commits, watch.checkpoints, cuts, [_violation(cut, kept, piece.number) for cut in wrong])


def _violation(cut: Cut, recording: Path, seed: int) -> str:
    again = f"python -m proof.power_cut {recording} {cut.before} {cut.loss.name} {seed}"
    return f"after {cut.answers} answers, {cut.loss} unsynced lost: {cut.faults[0]} (again: {again})"


def _tried(plan: _Plan, build_of: Mapping[str, str], folder: Path, *, keeps: bool) -> list[_Suffered]:
    recorder = build("recorder", folder)
    pieces = [_Piece(n, plan, build_of, recorder, folder / f"day{n}", keeps) for n in range(plan.days)]
    return list(spread(_suffered, pieces) if plan.days > 1 else map(_suffered, pieces))


def _run(size: Size, folder: Path) -> Finding:
    days = _tried(_RUN[size], environment(None, folder), folder, keeps=True)
    cuts = [cut for day in days for cut in day.cuts]
    answers = sum(cut.answers for cut in cuts)
    violations = [violation for day in days for violation in day.violations]
    plan = _RUN[size]
    violations += fewer("cuts", len(cuts) // len(Loss), plan.days * plan.cuts_a_day)
    violations += fewer("checkpoints", sum(day.checkpoints for day in days), plan.days)
    faulty = sum(bool(cut.faults) for cut in cuts)
    tried = f"{len(cuts) // len(Loss):,} cuts x {len(Loss)} loss models, in {len(days)} days of 3 processes x 4 threads"
    figures = (
        f"{faulty} of {len(cuts):,} disks at fault, {answers:,} times an answer was looked for,"
        f" {sum(day.commits for day in days):,} commits and {sum(day.checkpoints for day in days)} checkpoints recorded"
    )
    return Finding(tried, figures, violations)


def _control(size: Size, folder: Path) -> Finding:
    days = _tried(_CONTROL[size], environment(SYNCHRONOUS_NORMAL, folder), folder, keeps=False)
    violations = [violation for day in days for violation in day.violations]
    cuts = {(number, cut.before) for number, day in enumerate(days) for cut in day.cuts}
    losing = {(number, cut.before) for number, day in enumerate(days) for cut in day.cuts if cut.faults}
    enough = len(losing) > _ENOUGH * len(cuts)
    return Finding(f"{len(cuts)} cuts", f"{len(losing)} of {len(cuts)} cuts lose", violations if enough else ())


def main() -> None:
    """Cut the power in a recording that was kept, once more: RECORDING POINT LOSS SEED."""
    recording, before, loss, seed = sys.argv[1:]
    for cut in suffer(Path(recording), [int(before)], int(seed)):
        if cut.loss is Loss[loss]:
            print("\n".join(cut.faults) or "nothing is wrong")


PROOF = Proof(
    number=1,
    name="power-cut-sqlite",
    rule="whatever was acknowledged before a power cut is there after it, and the books are right",
    run=_run,
    control=_control,
    bad="synchronous=NORMAL",
)

if __name__ == "__main__":
    main()

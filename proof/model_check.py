"""Everything that can be asked of a shop, in any order, against the reference model: on memory and on SQLite."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from proof.builds import environment
from proof.model_check_worker import Came, Piece, checked
from proof.mutants.table import named
from proof.programme import Finding, Proof, Size, fewer
from proof.work import in_memory, spread

#: Examples on each backend, steps of each at most, and how many one process takes at a time.
_EXAMPLES = {Size.FEW: 10, Size.FULL: 5_000}
_STEPS = {Size.FEW: 30, Size.FULL: 60}
_AT_A_TIME = 250
#: The bugs that must be found, each by as many runs that begin with seeds of their own.
_BUGS = {
    Size.FEW: ("released-twice",),
    Size.FULL: (
        "released-twice",
        "balance-without-ledger-row",
        "shipped-and-still-promised",
        "two-labels-for-one-piece",
        "cancelled-after-some-shipped",
        "labels-outlive-a-cancellation",
        "low-stock-told-twice",
        "status-counter-not-lowered",
        "replay-acts-again",
    ),
}
_RUNS = {Size.FEW: 1, Size.FULL: 3}
#: Within how many examples a bug must be found.
_UNTIL_FOUND = 500


def run(size: Size, folder: Path) -> Finding:
    """Let Hypothesis look for a difference, in runs of seeds 0, 1, 2 ..."""
    with in_memory(folder) as memory:
        pieces = list(_pieces(size, memory))
        came = list(spread(checked, pieces))
    examples = {kind: sum(c.examples for c, p in zip(came, pieces, strict=True) if p.kind == kind) for kind in _KINDS}
    steps, ended = sum(each.steps for each in came), sum(each.restarts for each in came)
    told = ", ".join(f"{count:,} examples on {kind}" for kind, count in examples.items())
    violations = [
        f"{piece.kind}, seed {piece.seed}, example {each.examples}: {each.difference}"
        for piece, each in zip(pieces, came, strict=True)
        if each.difference is not None
    ]
    differences = len(violations)
    for kind, count in examples.items():
        violations += fewer(f"examples on {kind}", count, _EXAMPLES[size])
    return Finding(
        size=f"{told}, of up to {_STEPS[size]} steps",
        figures=f"{differences} differences in {steps:,} steps, {ended:,} of them the end of the process",
        violations=violations,
    )


_KINDS = ("memory", "sqlite")


def _pieces(size: Size, folder: Path) -> Iterator[Piece]:
    for kind in _KINDS:
        for seed, start in enumerate(range(0, _EXAMPLES[size], _AT_A_TIME)):
            count = min(_AT_A_TIME, _EXAMPLES[size] - start)
            yield Piece(kind, seed, count, _STEPS[size], str(folder / f"{kind}-{seed}"))


def control(size: Size, folder: Path) -> Finding:
    """Put known bugs back, and see that each is found by every run."""
    tries = [(bug, seed) for bug in _BUGS[size] for seed in range(_RUNS[size])]

    def tried(bug: str, seed: int) -> Came:
        return _in_a_process(
            bug, Piece("memory", 1_000 + seed, _UNTIL_FOUND, _STEPS[size], str(folder), shrink=False), folder
        )

    for bug in _BUGS[size]:
        environment(named(bug), folder)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        came = list(pool.map(lambda each: tried(*each), tries))
    missed = [f"{bug} with seed {seed}" for (bug, seed), each in zip(tries, came, strict=True) if not each.difference]
    found = [
        f"{bug}: example {', '.join(str(c.examples) for (b, _), c in zip(tries, came, strict=True) if b == bug)}"
        for bug in _BUGS[size]
    ]
    return Finding(
        size=f"{len(_BUGS[size])} bugs x {_RUNS[size]} seeds",
        figures=f"MISSED: {'; '.join(missed)}" if missed else f"found in {'; '.join(found)}",
        violations=[] if missed else [f"{bug}: {each.difference}" for (bug, _), each in zip(tries, came, strict=True)],
    )


def _in_a_process(bug: str, piece: Piece, folder: Path) -> Came:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "proof.model_check_worker", json.dumps(piece._asdict())],
        env=environment(named(bug), folder),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    # Before it, Hypothesis may have printed what it found.
    return Came(**json.loads(done.stdout.splitlines()[-1]))


PROOF = Proof(
    number=22,
    name="model-check",
    rule="the product and the reference model come to the same, whatever is asked, through faults and crashes",
    run=run,
    control=control,
    bad="bugs put back by hand, each found in every run",
)

"""Simulated days with webhooks: workers that stall, die and have wrong clocks, endpoints that fail, answers lost."""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from proof.builds import Mutant, environment
from proof.mutants.controls import NEWEST_FIRST, NO_TOKEN
from proof.programme import Finding, Proof, Size
from proof.simulation import SQLITE, differing, options, pieces, simulator, tried_all
from proof.work import in_memory
from vectis_core.testing.simulate import Shape

#: Three workers, on two processes; less trade than where nobody is told of it.
_SHAPE = Shape(commands=24, workers=3)
#: How many seeds: on memory, on SQLite, and replayed by another process.
_SEEDS = {Size.FEW: (40, 3, 3), Size.FULL: (10_000, 200, 100)}
#: From how many seeds each control is tried.
_CONTROLS = {Size.FEW: 25, Size.FULL: 500}
_BUGS = (NO_TOKEN, NEWEST_FIRST)


def run(size: Size, folder: Path) -> Finding:
    """Simulate a day from every seed, and some of them again in another process."""
    on_memory, on_sqlite, replayed = _SEEDS[size]
    with in_memory(folder) as memory:
        days = tried_all(
            size, [*pieces("memory://", on_memory, memory, _SHAPE), *pieces(SQLITE, on_sqlite, memory, _SHAPE)]
        )
    violations = [violation for each in days for violation in each.violations]
    violations += differing(replayed, folder, _SHAPE)
    return Finding(
        size=f"{on_memory:,} seeds on memory, {on_sqlite:,} on SQLite, {replayed:,} replayed in another process,"
        f" {_SHAPE.workers} workers",
        figures=f"{sum(each.requests for each in days):,} requests at endpoints judged, {len(violations)} violations",
        violations=violations,
    )


def control(size: Size, folder: Path) -> Finding:
    """Count the bad days of each build; unless each has some, none counts."""
    for bug in _BUGS:
        environment(bug, folder)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        told = list(pool.map(lambda bug: _counted(bug, size, folder), _BUGS))
    bad = {
        bug.name: re.findall(r"^seed \d+: (?!all is well).*$", text, re.MULTILINE)
        for bug, text in zip(_BUGS, told, strict=True)
    }
    shares = [f"{name}: {len(found)} days are bad ({len(found) / _CONTROLS[size]:.0%})" for name, found in bad.items()]
    return Finding(
        size=f"{len(_BUGS)} builds x {_CONTROLS[size]:,} seeds",
        figures="; ".join(shares),
        violations=[line for found in bad.values() for line in found] if all(bad.values()) else [],
    )


def _counted(bug: Mutant, size: Size, folder: Path) -> str:
    return simulator(bug, folder, "--count", "--seeds", str(_CONTROLS[size]), *options(_SHAPE))


PROOF = Proof(
    number=23,
    name="simulated-dispatchers",
    rule="whatever workers, endpoints, crashes, faults and clocks do, each event is kept and told of as promised, in"
    " order the first time, and nobody counts whose lease is over; a seed replays exactly",
    run=run,
    control=control,
    bad="a build without the fencing token; a build that sends the newest first",
)

"""Every call to the operating system fails once, and for ever, while a script of fifteen orders is followed."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import attrs

from proof.builds import environment
from proof.failing import CHANGING, LOOKING, NEEDING_SPACE, Done, Faults, Kind
from proof.mutants.table import named
from proof.nth_io_worker import Point, Task, Told
from proof.programme import Finding, Proof, Size, fewer
from proof.script import Start

#: Points that one process tries.
_AT_ONCE = 100
#: Where only a few are tried: so many calls lie between one and the next.
_FEW_APART = 320
#: Of a script that ends too early there is too little that can fail.
_AT_LEAST = {Size.FEW: 10, Size.FULL: 700}


class _Bench:
    """Where points are tried: a database to begin with, and processes of one build."""

    def __init__(self, folder: Path, build: Mapping[str, str]) -> None:
        self._folder = folder.resolve()
        self._template = self._folder / "template"
        self._template.mkdir()
        Start.make(self._template)
        self._build = build
        self._numbers = itertools.count()

    def tried(self, points: Sequence[Point]) -> list[Told]:
        """Try all points, by as many processes at a time as there are processors."""
        at_once = min(_AT_ONCE, len(points) // 2 + 1)
        parts = [points[start : start + at_once] for start in range(0, len(points), at_once)]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            return list(pool.map(self._work, parts))

    def calls(self, kinds: Kind) -> int:
        """Return how many calls of these kinds the script makes where none fails."""
        return self._work([Point(0, kinds, "EIO", for_ever=False, done=Done.NOTHING)]).calls

    def _work(self, points: Sequence[Point]) -> Told:
        number = next(self._numbers)
        watched = self._folder / f"watched-{number}"
        watched.mkdir()
        task = Task(str(self._template), str(watched), points)
        done = subprocess.run(
            [sys.executable, "-P", "-m", "proof.nth_io_worker"],
            input=json.dumps(attrs.asdict(task)),
            env=Faults(self._folder / f"control-{number}").environment(watched, self._build),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        return Told(**json.loads(done.stdout))


def points(kinds: Kind, calls: int, apart: int = 1) -> Iterator[Point]:
    """Yield each call of these kinds, or one in *apart*, failing in each way that it can fail in.

    Every other write that fails is done by half.
    """
    for call in range(1, calls + 1, apart):
        ways = itertools.product(("EIO", "ENOSPC") if kinds & NEEDING_SPACE else ("EIO",), (False, True))
        for number, (error, for_ever) in enumerate(ways):
            half = kinds & Kind.WRITE and (call + number) % 2
            yield Point(call, kinds, error, for_ever, Done.HALF if half else Done.NOTHING)


def run(size: Size, folder: Path) -> Finding:
    """Fail every call, or a few, of those that change something and of those that only look."""
    bench = _Bench(folder, os.environ)
    changing, looking = bench.calls(CHANGING), bench.calls(LOOKING)
    apart = 1 if size is Size.FULL else _FEW_APART
    told = bench.tried([*points(CHANGING, changing, apart), *points(LOOKING, looking, apart)])
    tried = f"{changing} changing calls x EIO/ENOSPC x once/for ever, {looking} looking x EIO"
    return _finding(told, tried, _AT_LEAST[size])


def control(size: Size, folder: Path) -> Finding:
    """Fail the syncs of a build that calls a failed commit a refusal: some of those commits are there after a crash."""
    bench = _Bench(folder, environment(named("unknown-told-as-failure"), folder))
    syncs = bench.calls(Kind.SYNC)
    first = 10  # beyond those of opening
    found = [p for p in points(Kind.SYNC, syncs) if p.error == "EIO" and not p.for_ever and p.call > first]
    told = bench.tried(found if size is Size.FULL else found[:3])
    return _finding(told, f"{len(found)} syncs", 1)


def _finding(told: Sequence[Told], size: str, at_least: int) -> Finding:
    struck = sum(one.struck for one in told)
    unknown = sum(one.unknown for one in told)
    unavailable = sum(one.unavailable for one in told)
    return Finding(
        f"{struck} points ({size}), each followed by going on and by a crash",
        f"{unknown:,} unknown outcomes and {unavailable:,} refusals told",
        [fault for one in told for fault in one.violations] + fewer("points", struck, at_least),
    )


PROOF = Proof(
    number=2,
    name="nth-io-error",
    rule="whichever call fails, nothing acknowledged is lost, a failed commit is told as unknown and asked again"
    " happens once, looks go on, and so does writing without a restart",
    run=run,
    control=control,
    bad="a failed commit is told as a refusal",
)

"""A process killed at chosen calls to the operating system: just before one, in the midst of it, or just after.

What it had been told by then is in its pipe. Then the database is opened by another process, judged, and asked for the
whole script again with the same keys.
"""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import attrs

from proof.builds import environment
from proof.crowd.client import Client
from proof.crowd.parent import Crowd
from proof.crowd.records import Answered, Record
from proof.crowd.shop import verdict
from proof.crowd.worker import Task
from proof.failing import ALWAYS, KILL, Done, Faults, Kind
from proof.mutants.controls import JOURNAL_IN_MEMORY
from proof.programme import Finding, Proof, Size, fewer
from proof.script import Progress, Script, Start
from vectis_core import Vectis

#: The calls that are killed at: those that carry data to the disk.
_KINDS = Kind.WRITE | Kind.SYNC
#: From one point to the next, in calls.
_APART = 3
#: The same where only a few are tried.
_FEW_APART = 150
#: Of a script that ends too early there is too little to kill.
_AT_LEAST = {Size.FEW: 3, Size.FULL: 150}
#: How much of the call was done by the time of the kill, in turns.
_MOMENTS = (Done.NOTHING, Done.HALF, Done.ALL)
_PATIENCE = 60.0


@attrs.define
class _Bench:
    """A database to begin with, and the build whose processes are killed."""

    folder: Path
    build: Mapping[str, str]
    start: Start
    _numbers: itertools.count[int] = attrs.Factory(itertools.count)

    @classmethod
    def make(cls, folder: Path, build: Mapping[str, str]) -> _Bench:
        template = folder / "template"
        template.mkdir()
        return cls(folder.resolve(), build, Start.make(template))

    def killed_at(self, call: int, done: Done) -> _Death:
        """Follow the script in a process that is killed at a call, counted from 1 before the database is opened."""
        watched = self.folder / f"watched-{next(self._numbers)}"
        watched.mkdir()
        shutil.copy(self.folder / "template" / "shop.db", watched)
        faults = Faults(watched.with_suffix(".control"))
        faults.arm(_KINDS, KILL, first=call, last=call, done=done)
        url = f"sqlite:///{watched / 'shop.db'}"
        task = Task(url, "script", 1, "proof.script:story")
        with Crowd([task], faults.environment(watched, self.build)) as crowd:
            crowd.go()
            crowd.wait(_PATIENCE, ended=1)
            if faults.struck:
                crowd.kill()
        return _Death(url, crowd.records(), calls=faults.counted, struck=bool(faults.struck))

    def judged(self, death: _Death) -> list[str]:
        """Return what is wrong with the database that a killed process left, before and after asking for all again."""
        records = [*self.start.records, *death.records]
        with Vectis.open(death.url) as oms:
            found = verdict(records, oms)
            script = Script(Client(oms, "again", records.append), self.start.stock, Progress(), looks_fail=False)
            found += [f"{step} was not done after the crash" for step in script.run()]
            return found + [f"asked again: {fault}" for fault in verdict(records, oms)]

    def tried(self, point: tuple[int, Done]) -> tuple[_Death, list[str]]:
        """Kill at a point and judge."""
        death = self.killed_at(*point)
        try:
            found = self.judged(death)
        except Exception as error:  # noqa: BLE001 - a database that nobody can open is what is looked for
            found = [repr(error)]
        name = f"killed at call {point[0]} of WRITE|SYNC, {point[1].name} of it done"
        return death, [f"{name}: {fault}" for fault in found]


@attrs.frozen
class _Death:
    """What a killed process left."""

    url: str
    records: list[Record]
    calls: int
    struck: bool


def run(size: Size, folder: Path) -> Finding:
    """Kill at every third call, or at a few."""
    return _killed(_Bench.make(folder, os.environ), _APART if size is Size.FULL else _FEW_APART, _AT_LEAST[size])


def control(size: Size, folder: Path) -> Finding:
    """Kill a build that keeps its rollback journal in memory, where it dies with the process."""
    build = environment(JOURNAL_IN_MEMORY, folder)
    return _killed(_Bench.make(folder, build), 30 if size is Size.FULL else 60, 1)


def _killed(bench: _Bench, apart: int, at_least: int) -> Finding:
    calls = bench.killed_at(ALWAYS, Done.NOTHING).calls
    points = [(call, _MOMENTS[number % 3]) for number, call in enumerate(range(1, calls + 1, apart))]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return _finding(list(pool.map(bench.tried, points)), calls, at_least)


def _finding(tried: Sequence[tuple[_Death, list[str]]], calls: int, at_least: int) -> Finding:
    killed = sum(death.struck for death, _ in tried)
    answers = sum(isinstance(record, Answered) for death, _ in tried for record in death.records)
    return Finding(
        f"{killed} kills at one of {calls} writes and syncs: before, amid or after it",
        f"{answers:,} answers told before them",
        [fault for _, found in tried for fault in found] + fewer("kills", killed, at_least),
    )


PROOF = Proof(
    number=4,
    name="kill9-exact",
    rule="at whichever call a process is killed, what it was told is there, the rest wholly or not at all, and asking"
    " again with the same keys gives exactly one of each",
    run=run,
    control=control,
    bad="journal_mode=MEMORY",
)

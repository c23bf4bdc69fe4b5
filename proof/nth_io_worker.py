"""A process in which calls fail one after another: ``python -P -m proof.nth_io_worker TASK``, run by ``nth_io``.

Each point has a database of its own, copied from one that is set up already; what they came to is printed as JSON.
"""

from __future__ import annotations

import json
import logging
import shutil
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

import attrs

from proof.crowd.client import Client
from proof.crowd.records import Answered, Record
from proof.crowd.shop import verdict
from proof.failing import ALWAYS, ERRORS, LOOKING, Done, Faults, Kind
from proof.script import Progress, Script, Start, often_checkpoint
from vectis_core import Vectis
from vectis_core.errors import OutcomeUnknown, ServiceUnavailable, StoreError


@attrs.frozen
class Point:
    """Which call fails, and how."""

    #: Counted from 1, among the calls of these kinds, from before the database is opened; 0 fails none.
    call: int
    kinds: int
    error: str
    for_ever: bool
    #: Of ``Done``.
    done: int

    def __str__(self) -> str:
        """Return what is needed to see it again."""
        kinds = "|".join(kind.name or "" for kind in Kind if kind & self.kinds)
        length = "for ever" if self.for_ever else "once"
        return f"call {self.call} of {kinds} fails with {self.error} {length}, {Done(self.done).name} of it done"


@attrs.frozen
class Task:
    """What a worker is to do."""

    #: The folder of the database to begin with.
    template: str
    #: The folder that is watched.
    watched: str
    points: Sequence[Point]


@attrs.define
class Told:
    """What a worker found."""

    violations: list[str] = attrs.Factory(list)
    #: Calls of the kinds of the last point, until the database was closed.
    calls: int = 0
    #: Points whose call was reached.
    struck: int = 0
    #: Answers that left the outcome open.
    unknown: int = 0
    #: Answers that said that nothing was done.
    unavailable: int = 0


class Trial:
    """One point: the script with a failing call, then the same process going on, then another after a crash."""

    def __init__(self, task: Task, point: Point, faults: Faults) -> None:
        self._faults = faults
        self._point = point
        self._start = Start.load(Path(task.template))
        self._live = Path(task.watched) / "live"
        self._crashed = Path(task.watched).with_name(f"{Path(task.watched).name}-crashed")
        for folder in (self._live, self._crashed):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
        shutil.copy(Path(task.template) / "shop.db", self._live)
        self.records: list[Record] = list(self._start.records)

    def run(self) -> list[str]:
        """Return what was found wrong."""
        self._arm()
        oms = self._opened()
        client = Client(oms, "script", self.records.append)
        often_checkpoint(client)
        progress = Progress()
        crash: tuple[list[Record], Progress] | None = None
        for _ in self._script(client, progress).steps():
            if crash is None and self._faults.struck and not self._point.for_ever:
                # Later commits would write over what a failed one left.
                crash = self._crash(progress)
        closing = not self._faults.struck
        if closing:
            oms.close()
        records, crashed = crash or self._crash(progress)
        found = self._go_on(Vectis.open(_url(self._live)) if closing else oms, self.records, progress)
        # No power fails here, and syncs are what most of the time goes by with.
        other = Vectis.open(_url(self._crashed), synchronous="NORMAL")
        found += [f"after a crash: {fault}" for fault in verdict(records, other)]
        return found + [f"after a crash, asked again: {fault}" for fault in self._go_on(other, records, crashed)]

    def _crash(self, progress: Progress) -> tuple[list[Record], Progress]:
        """Let no more calls fail; keep the files as another process would find them if this one were killed now.

        Returns what was told by now.
        """
        self._faults.disarm()
        for name in ("shop.db", "shop.db-wal"):
            if (self._live / name).exists():
                shutil.copy(self._live / name, self._crashed)
        return list(self.records), progress.copy()

    def _arm(self) -> None:
        point = self._point
        last = ALWAYS if point.for_ever else point.call
        first = point.call or ALWAYS
        self._faults.arm(Kind(point.kinds), ERRORS[point.error], first=first, last=last, done=Done(point.done))

    def _opened(self) -> Vectis:
        try:
            return Vectis.open(_url(self._live))
        except (ServiceUnavailable, StoreError):
            if self._point.for_ever:
                self._faults.disarm()
            return Vectis.open(_url(self._live))

    def _script(self, client: Client, progress: Progress) -> Script:
        return Script(client, self._start.stock, progress, looks_fail=bool(self._point.kinds & LOOKING))

    def _go_on(self, oms: Vectis, records: list[Record], progress: Progress) -> list[str]:
        """Ask for the rest, with the same keys as before, and close."""
        with oms:
            left = self._script(Client(oms, "again", records.append), progress).run()
            found = [f"{step} was not done with all calls working again" for step in left]
            return found + verdict(records, oms)


def work(task: Task, faults: Faults) -> Told:
    """Try each point."""
    told = Told()
    for point in task.points:
        trial = Trial(task, point, faults)
        try:
            found = trial.run()
        except Exception:  # noqa: BLE001 - whatever is raised, no caller may ever see it
            found = [traceback.format_exc()]
        finally:
            faults.disarm()
        told.calls = faults.counted
        told.struck += bool(faults.struck)
        told.violations += [f"{point}: {fault}" for fault in found]
        errors = [record.error for record in trial.records if isinstance(record, Answered)]
        told.unknown += sum(isinstance(error, OutcomeUnknown) for error in errors)
        told.unavailable += sum(type(error) is ServiceUnavailable for error in errors)
    return told


def _url(folder: Path) -> str:
    return f"sqlite:///{folder / 'shop.db'}"


def main() -> None:
    """Work as the task says, and print what was told."""
    asked = json.loads(sys.stdin.read())
    task = Task(**{**asked, "points": [Point(**point) for point in asked["points"]]})
    # The engine reports each failed commit; here they are meant to fail.
    logging.disable()
    print(json.dumps(attrs.asdict(work(task, Faults.of_this_process()))))


if __name__ == "__main__":
    main()

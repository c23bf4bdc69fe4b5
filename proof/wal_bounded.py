"""A reader that never ends: the write-ahead log keeps its bound, writers are told, and all is well once it is gone."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import attrs

from proof.builds import environment
from proof.crowd.parent import Crowd
from proof.crowd.records import Record, log_of
from proof.crowd.shop import Shop, unforeseen
from proof.crowd.worker import Task
from proof.mutants.controls import LOG_WITHOUT_LIMIT
from proof.programme import Finding, Proof, Size
from vectis_core.errors import ServiceUnavailable
from vectis_core.testing.calls import Call, Look

_MIB = 1024 * 1024
#: How long the log may stay as it is once the reader is gone, in seconds.
_CUT_WITHIN = 5.0
#: After so many seconds what should happen has not.
_PATIENCE = 60.0

#: Begins to read, and goes on until its input ends; it knows nothing of Vectis.
_READER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN")
print(connection.execute("SELECT count(*) FROM orders").fetchone()[0], flush=True)
sys.stdin.read()
"""


@attrs.frozen
class _Plan:
    #: Of the log, in bytes.
    limit: int
    #: In seconds: lists alone, then beside them a reader that does not end, then lists alone again.
    before: float
    beside: float
    after: float
    processes: int = 2
    writers: int = 8
    scanners: int = 2
    #: How long the log is watched to be cut.
    patience: float = _PATIENCE


_PLANS = {Size.FEW: _Plan(8 * _MIB, 0.3, 1.5, 0.3), Size.FULL: _Plan(64 * _MIB, 15, 30, 15)}


@attrs.define
class _Log:
    """The log's file, and the most that it ever had."""

    path: Path
    most: int = 0

    def watch(self, seconds: float, enough: Callable[[int], bool] = lambda _: False) -> float:
        """Look until its size is *enough* or time is up; returns after how many seconds that was."""
        began = time.monotonic()
        while (passed := time.monotonic() - began) < seconds:
            size = self.path.stat().st_size if self.path.exists() else 0
            self.most = max(self.most, size)
            if enough(size):
                break
            time.sleep(0.005)
        return passed


@attrs.frozen
class _Course:
    """What came of it, with moments on the clock of all processes."""

    most: int
    #: When the reader had begun and had ended.
    begun: float
    released: float
    #: Seconds from the reader's end until the log was cut.
    cut: float
    records: Sequence[Record]
    alarms: int
    shop: Shop


def _proceed(plan: _Plan, folder: Path, build: Mapping[str, str]) -> _Course:
    shop = Shop(f"sqlite:///{folder}/shop.db", skus=20, pieces=10_000_000)
    alarms = folder / "alarms.txt"
    options = {"alarms": str(alarms)}
    tasks = [
        Task(shop.url, name, threads, f"proof.crowd.under_limit:{story}", options, settings={"wal_limit": plan.limit})
        for name, threads, story in (
            *((f"w{number}", plan.writers, "press") for number in range(plan.processes)),
            ("s", plan.scanners, "scan"),
        )
    ]
    log = _Log(folder / "shop.db-wal")
    with Crowd(tasks, build) as crowd:
        crowd.go()
        log.watch(plan.before)
        with _reading(folder / "shop.db"):
            begun = time.monotonic()
            # Until somebody is pushed back, however slow the machine is, and then for as long as it is to hold.
            log.watch(_PATIENCE, lambda size: size > plan.limit or bool(_alarms(alarms)))
            log.watch(plan.beside, lambda size: size > plan.limit)
        released = time.monotonic()
        cut = log.watch(plan.patience, lambda size: size < plan.limit // 4)
        # Each writer is answered what it has asked by now, and then some more.
        more = crowd.answers + 2 * plan.processes * plan.writers
        log.watch(plan.after)
        crowd.wait(plan.patience, answers=more)
    records = crowd.records()
    shop.records += records
    return _Course(log.most, begun, released, cut, records, _alarms(alarms), shop)


def _alarms(file: Path) -> int:
    """Return how many alarms all processes have given."""
    return file.read_text(encoding="utf-8").count("ERROR:vectis.sqlite:") if file.exists() else 0


@contextmanager
def _reading(database: Path) -> Iterator[None]:
    """Let another program keep a transaction open in which it reads, for the length of a ``with`` block."""
    command = [sys.executable, "-c", _READER, str(database)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield
        process.communicate()


def run(size: Size, folder: Path) -> Finding:
    """Order and read lists, with and without a reader that does not end."""
    plan = _PLANS[size]
    course = _proceed(plan, folder, environment(None, folder))
    log = log_of(course.records)
    calls = [each for each in log if isinstance(each, Call)]
    refused = [call for call in calls if isinstance(call.error, ServiceUnavailable)]
    seen = [each for each in log if isinstance(each, Look) and course.begun < each.sent < course.released]
    took = [call for call in calls if call.error is None and call.sent > course.released + course.cut]
    found = _too_long(course, plan) + unforeseen(_set_apart(calls))
    if not refused or not course.alarms:
        found.append(f"{len(refused)} calls were pushed back, with {course.alarms} alarms")
    alone = [call for call in refused if not course.begun < call.sent < course.released + course.cut]
    # With the small limit a scanner that a busy machine lets wait for a second holds the log for long enough.
    if alone and size is Size.FULL:
        found.append(f"{len(alone)} calls were pushed back though nobody but lists was reading")
    if course.cut > (_CUT_WITHIN if size is Size.FULL else plan.patience - 1):
        found.append(f"{course.cut:.1f} s after the reader's end the log was not cut")
    if not seen or not took:
        found.append(f"{len(seen)} reads beside the reader, {len(took)} orders taken after it")
    return Finding(
        f"{plan.processes} processes x {plan.writers} writers and {plan.scanners} scanners,"
        f" {plan.before + plan.beside + plan.after:g} s, {len(calls):,} calls",
        f"log at most {course.most / _MIB:.1f} of {plan.limit // _MIB} MiB, {len(refused):,} calls pushed back with"
        f" {course.alarms} alarms, cut {course.cut:.2f} s after the reader's end",
        found + course.shop.verdict(),
    )


def _set_apart(calls: Sequence[Call]) -> list[Call]:
    """Return the calls but those that were pushed back."""
    return [call for call in calls if not isinstance(call.error, ServiceUnavailable)]


def _too_long(course: _Course, plan: _Plan) -> list[str]:
    if course.most <= plan.limit:
        return []
    return [f"the log grew to {course.most / _MIB:.1f} MiB, beyond its limit of {plan.limit / _MIB:.0f} MiB"]


def control(_size: Size, folder: Path) -> Finding:
    """The same with a build whose log has no limit."""
    plan = attrs.evolve(_PLANS[Size.FEW], beside=_PATIENCE, after=0.0, patience=0.0)
    course = _proceed(plan, folder, environment(LOG_WITHOUT_LIMIT, folder))
    return Finding("one reader", f"log of {course.most / _MIB:.0f} MiB", _too_long(course, plan))


PROOF = Proof(
    number=7,
    name="wal-bounded",
    rule="beside a reader that never ends, the write-ahead log keeps its bound: writers are pushed back, with an alarm,"
    " and resume by themselves",
    run=run,
    control=control,
    bad="a build without the bound",
)

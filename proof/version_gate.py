"""The lock between processes does what it is there for: no checkpoint of one process overlaps a commit of another.

SQLite from 3.7.0 to 3.51.2 can lose a commit where one does (https://sqlite.org/wal.html#walresetbug). Vectis takes
its lock with every version; a library below the unmodified ``sqlite3`` records when what was written, and by whom.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from pathlib import Path

from proof.builds import environment
from proof.crowd.client import Client
from proof.crowd.parent import Crowd
from proof.crowd.records import Trouble
from proof.crowd.shop import stock_up
from proof.crowd.worker import Task
from proof.mutants.controls import NO_LOCK_AMONG_PROCESSES
from proof.preload.build import build
from proof.programme import Finding, Proof, Size, fewer
from proof.recording import events, recorded
from proof.watch import Watch
from proof.work import in_memory
from vectis_core.commands import AdjustStock
from vectis_core.stock.model import Adjustment

_DATABASE = "shop.db"
_PROCESSES = 4
#: Each process rests for up to so many seconds between two commits. Without a rest, and without our lock, one would
#: keep SQLite's lock to itself for long, since the others look for it ever more seldom: then nothing overlaps.
_REST = 0.003
#: After so many seconds a crowd is given up that does not end by itself.
_PATIENCE = 600
#: An overlap is a matter of chance, seen in nearly every round of a few; so many are tried at most.
_MOST_CONTROLS = 8
_FIRST_AFFECTED, _LAST_AFFECTED = (3, 7, 0), (3, 51, 2)
#: How many times each process adjusts stock, a commit each. A recording of more would take much memory to read.
_COMMITS = {Size.FEW: 150, Size.FULL: 5_000}
_ROUNDS = {Size.FEW: 1, Size.FULL: 5}


def open_shop(client: Client) -> Iterator[None]:
    """Make as many SKUs as there are processes."""
    stock_up(client, _PROCESSES, 1)
    yield


def adjust(client: Client) -> Iterator[None]:
    """Adjust stock again and again, with short rests; the answers matter to nobody."""
    records = client.oms.inventory.list().page(limit=_PROCESSES).items
    [stock_id] = client.random.sample([record.id for record in records], 1)
    for number in range(client.options["commits"]):
        client.oms.run(AdjustStock(stock_id=stock_id, intent=Adjustment(1, f"{client.name} {number}")))
        time.sleep(client.random.uniform(0, _REST))
        yield


def _watched(folder: Path, recorder: Path, build_of: Mapping[str, str], commits: int) -> tuple[Watch, list[str]]:
    """Let a crowd commit in the empty *folder*; return what was seen below it, and by the crowd itself."""
    watched = folder / "watched"
    watched.mkdir(parents=True)
    log = folder / "recording"
    url = f"sqlite:///{watched.resolve() / _DATABASE}"
    opening = Task(url, "opening", 1, f"{__name__}:open_shop")
    adjusting = [Task(url, f"p{n}", 1, f"{__name__}:adjust", {"commits": commits}) for n in range(_PROCESSES)]
    troubles: list[str] = []
    for tasks in ([opening], adjusting):
        with Crowd(tasks, recorded(recorder, watched, log, build_of, data=False)) as crowd:
            crowd.go()
            crowd.wait(_PATIENCE)
        troubles += [f"{each.client} saw: {each.what}" for each in crowd.records() if isinstance(each, Trouble)]
    watch = Watch(_DATABASE)
    watch.follow(events(log.read_bytes()))
    return watch, troubles


def _run(size: Size, folder: Path) -> Finding:
    # The disk is no part of the question, and memory is quicker.
    with in_memory(folder) if size is Size.FULL else nullcontext(folder) as place:
        recorder = build("recorder", place)
        rounds = [_watched(place / f"round{n}", recorder, os.environ, _COMMITS[size]) for n in range(_ROUNDS[size])]
    watches = [watch for watch, _ in rounds]
    violations = [
        f"round {n}, {what}"
        for n, (watch, troubles) in enumerate(rounds)
        for what in (*watch.overlaps, *watch.unlocked, *troubles)
    ]
    commits, checkpoints = sum(watch.commits for watch in watches), sum(watch.checkpoints for watch in watches)
    violations += fewer("commits", commits, _ROUNDS[size] * _PROCESSES * _COMMITS[size])
    violations += fewer("checkpoints", checkpoints, _ROUNDS[size])
    return Finding(
        f"{commits:,} commits and {checkpoints:,} checkpoints of {_PROCESSES} processes, SQLite {_version()}",
        f"{sum(len(watch.overlaps) for watch in watches)} overlaps,"
        f" {sum(len(watch.unlocked) for watch in watches)} writes without the lock",
        violations,
    )


def _version() -> str:
    needs_it = _FIRST_AFFECTED <= sqlite3.sqlite_version_info <= _LAST_AFFECTED
    return f"{sqlite3.sqlite_version} ({'needs' if needs_it else 'could do without'} the lock)"


def _control(_size: Size, folder: Path) -> Finding:
    recorder = build("recorder", folder)
    without_lock = environment(NO_LOCK_AMONG_PROCESSES, folder)
    commits = 0
    for number in range(_MOST_CONTROLS):
        watch, _ = _watched(folder / f"round{number}", recorder, without_lock, _COMMITS[Size.FEW])
        commits += watch.commits
        if watch.overlaps:
            break
    return Finding(f"{commits:,} commits", f"{len(watch.overlaps)} overlaps", watch.overlaps)


PROOF = Proof(
    number=8,
    name="sqlite-version-gate",
    rule="whatever is written to the database or its log is written under the lock between processes, so that no"
    " checkpoint of one overlaps a commit of another",
    run=_run,
    control=_control,
    bad="no lock between processes",
)

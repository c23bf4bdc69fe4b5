"""Who was in a commit, in a checkpoint, or held the lock between processes, by what was recorded below them."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from proof.recording import Event, Kind

#: The length of a write-ahead log's header, in bytes (https://sqlite.org/fileformat2.html#walformat).
_HEADER = 32


@attrs.define
class _Process:
    """What a process is in."""

    #: It has written to the log, and not synced it yet.
    in_commit: bool = False
    #: Some of that was more than the log's header.
    wrote_frames: bool = False
    #: It has written to the database file, and not synced it yet.
    in_checkpoint: bool = False
    holds_lock: bool = False


@attrs.define
class Watch:
    """Follows what processes do to one database in WAL mode, each by one connection that writes."""

    database: str
    commits: int = 0
    checkpoints: int = 0
    #: Where a commit or checkpoint of one process met one of another.
    overlaps: list[str] = attrs.Factory(list)
    #: Where something was written without the lock between processes.
    unlocked: list[str] = attrs.Factory(list)
    _names: dict[int, str] = attrs.field(factory=dict, init=False)
    _processes: dict[int, _Process] = attrs.field(factory=dict, init=False)

    def follow(self, recording: Iterable[Event]) -> None:
        """Follow a recording from its beginning."""
        for number, event in enumerate(recording):
            if event.kind is Kind.OPENED:
                self._names[event.inode] = event.name
                continue
            name = self._names.get(event.inode)
            if name is not None:
                self._take(number, name, event)

    def _take(self, number: int, name: str, event: Event) -> None:
        process = self._processes.setdefault(event.process, _Process())
        if event.kind in {Kind.LOCKED, Kind.UNLOCKED}:
            process.holds_lock = event.kind is Kind.LOCKED
            # Whatever it was in has ended: pages of a transaction that was rolled back are never synced.
            process.in_commit = process.wrote_frames = False
        elif event.kind is Kind.WRITTEN and name in {self.database, f"{self.database}-wal"}:
            self._written(number, name, event, process)
        elif event.kind is Kind.SYNCED and name == self.database:
            self.checkpoints += process.in_checkpoint
            process.in_checkpoint = False
        elif event.kind is Kind.SYNCED and name == f"{self.database}-wal":
            self.commits += process.wrote_frames
            process.in_commit = process.wrote_frames = False

    def _written(self, number: int, name: str, event: Event, process: _Process) -> None:
        if not process.holds_lock:
            self.unlocked.append(f"event {number}: process {event.process} writes {name} without the lock")
        begins = not process.in_checkpoint if name == self.database else not process.in_commit
        if name == self.database:
            process.in_checkpoint = True
        else:
            process.in_commit = True
            process.wrote_frames |= event.offset >= _HEADER
        others = [pid for pid, other in self._processes.items() if other is not process and _meets(process, other)]
        if begins and others:
            self.overlaps.append(f"event {number}: process {event.process} writes {name} while {others[0]} is not done")


def _meets(one: _Process, other: _Process) -> bool:
    """Return whether one is in a checkpoint and the other in a commit."""
    return (one.in_checkpoint and other.in_commit) or (one.in_commit and other.in_checkpoint)

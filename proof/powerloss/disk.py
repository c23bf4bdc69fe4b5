"""A disk without power protection, replayed from a recording: what can be on it when the power goes.

What was synced stays. Of the rest, a disk may have written nothing, some calls, or some 512-byte sectors, in any
order. A sync covers what was written before it began. A name that was given to a file, or taken from one, stays so
once the folder was synced; until then the file may be there under no name, or a removed one may be back. Bytes that no
write touched stay as they are, which SQLite relies on by default (https://sqlite.org/psow.html).
"""

from __future__ import annotations

from enum import StrEnum
from itertools import pairwise
from random import Random

import attrs

from proof.recording import EMPTIED, MADE, Event, Kind

_SECTOR = 512
_FOLDER = "."

#: A place in a file and what was written there; ``None`` cuts the file at that place.
Change = tuple[int, bytes | None]


class Loss(StrEnum):
    """What is lost of what was not synced."""

    EVERYTHING = "everything"
    CALLS = "some calls"
    SECTORS = "some sectors"


@attrs.define(eq=False)
class _File:
    """What is on the disk of a file for sure, and what may be."""

    durable: bytearray = attrs.Factory(bytearray)
    pending: list[Change] = attrs.Factory(list)
    #: How many changes became durable.
    settled: int = 0

    @property
    def changes(self) -> int:
        """How many changes there have been."""
        return self.settled + len(self.pending)

    def settle(self, changes: int) -> None:
        """Make the first so many of all changes durable."""
        fresh = changes - self.settled
        if fresh > 0:
            for change in self.pending[:fresh]:
                _apply(self.durable, change)
            del self.pending[:fresh]
            self.settled = changes

    def survivor(self, loss: Loss, odds: float, random: Random) -> bytes:
        """Return what is left of it, where each call or sector that was not synced stays with these *odds*."""
        if loss is Loss.EVERYTHING or not self.pending:
            return bytes(self.durable)
        content = bytearray(self.durable)
        for change in self.pending:
            for part in _sectors(change) if loss is Loss.SECTORS else (change,):
                if random.random() < odds:
                    _apply(content, part)
        return bytes(content)


def _apply(content: bytearray, change: Change) -> None:
    place, data = change
    if len(content) < place:
        content.extend(bytes(place - len(content)))
    if data is None:
        del content[place:]
    else:
        content[place : place + len(data)] = data


def _sectors(change: Change) -> list[Change]:
    place, data = change
    if data is None:
        return [change]
    edges = [0, *range(_SECTOR - place % _SECTOR, len(data), _SECTOR), len(data)]
    return [(place + start, data[start:end]) for start, end in pairwise(edges)]


class Disk:
    """One folder on a disk, empty at first, that takes part in a recording event by event."""

    def __init__(self) -> None:
        self._files: dict[int, _File] = {}
        self._folders: set[int] = set()
        #: Who has which name for the programs that run, and after a power cut.
        self._names: dict[str, _File] = {}
        self._durable_names: dict[str, _File] = {}
        #: Changes of names that were not synced; a rename is one of two.
        self._naming: list[dict[str, _File | None]] = []
        #: How many changes of names became durable.
        self._named = 0
        #: What the sync covers that a thread is in.
        self._syncing: dict[int, int] = {}

    def take(self, event: Event) -> None:
        """Let an event have its effect."""
        if event.kind is Kind.WRITTEN:
            self._files[event.inode].pending.append((event.offset, event.data))
        elif event.kind is Kind.CUT:
            self._files[event.inode].pending.append((event.size, None))
        elif event.kind is Kind.OPENED:
            self._opened(event)
        elif event.kind is Kind.UNLINKED:
            del self._names[event.name]
            self._naming.append({event.name: None})
        elif event.kind is Kind.RENAMED:
            old, new = event.name.split("\0")
            self._names[new] = self._names.pop(old)
            self._naming.append({new: self._names[new], old: None})
        elif event.kind is Kind.SYNC_BEGUN:
            folder = event.inode in self._folders
            changes = self._named + len(self._naming) if folder else self._files[event.inode].changes
            self._syncing[event.thread] = changes
        elif event.kind is Kind.SYNCED:
            self._synced(event)

    def _opened(self, event: Event) -> None:
        if event.name == _FOLDER:
            self._folders.add(event.inode)
        elif event.size == MADE:
            file = self._files[event.inode] = self._names[event.name] = _File()
            self._naming.append({event.name: file})
        elif event.size == EMPTIED:
            self._files[event.inode].pending.append((0, None))

    def _synced(self, event: Event) -> None:
        covered = self._syncing.pop(event.thread)
        if event.inode not in self._folders:
            self._files[event.inode].settle(covered)
            return
        while self._named < covered:
            _rename(self._durable_names, self._naming.pop(0))
            self._named += 1

    def image(self, loss: Loss, random: Random) -> dict[str, bytes]:
        """Return the files that are found by name after a power cut now, and what is in them."""
        odds = random.random()
        names = dict(self._durable_names)
        if loss is not Loss.EVERYTHING:
            for change in self._naming:
                if random.random() < odds:
                    _rename(names, change)
        return {name: file.survivor(loss, odds, random) for name, file in names.items()}


def _rename(names: dict[str, _File], change: dict[str, _File | None]) -> None:
    for name, file in change.items():
        if file is None:
            names.pop(name, None)
        else:
            names[name] = file

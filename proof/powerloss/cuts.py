"""Cutting the power in a recording, and judging what is found when it is back."""

from __future__ import annotations

import pickle
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from random import Random

import attrs

from proof.crowd.records import Answered, Record, bodies
from proof.crowd.shop import verdict
from proof.powerloss.disk import Disk, Loss
from proof.recording import Event, Kind, events
from proof.work import in_memory
from vectis_core import Vectis
from vectis_core.errors import VectisError

#: The database's name in the folder that is recorded.
DATABASE = "shop.db"
#: After these there is something else on the disk.
_EFFECTS = frozenset({Kind.WRITTEN, Kind.CUT, Kind.SYNCED, Kind.UNLINKED, Kind.RENAMED})


class Place(StrEnum):
    """What the power cut falls into."""

    #: Something else is done than just before: after an answer, about a sync, a new name, a truncation.
    TURN = "turn"
    CHECKPOINT = "checkpoint"
    LOG = "log"


@attrs.frozen
class Cut:
    """One power cut, and what was wrong afterwards."""

    #: The number of the event before which the power went.
    before: int
    loss: Loss
    #: How many answers had been given.
    answers: int
    faults: Sequence[str]


def points(recording: Path) -> dict[Place, list[int]]:
    """Return the numbers of all events that change what is on the disk: before each, the power can go.

    What was told since the last such event has been told by then.
    """
    found: dict[Place, list[int]] = {place: [] for place in Place}
    names: dict[int, str] = {}
    last: tuple[Kind, int] | None = None
    for number, event in enumerate(events(recording.read_bytes())):
        if event.kind is Kind.OPENED:
            names[event.inode] = event.name
        if event.kind in _EFFECTS:
            turns = (event.kind, event.inode) != last
            place = Place.CHECKPOINT if names.get(event.inode) == DATABASE else Place.LOG
            found[Place.TURN if turns else place].append(number)
        last = event.kind, event.inode
    return found


def chosen(points_of: Mapping[Place, Sequence[int]], most: int, random: Random) -> list[int]:
    """Return at most so many points in order, as many of each place as there are."""
    taken: list[int] = []
    by_number = sorted(points_of.values(), key=len)
    for left, numbers in zip(range(len(by_number), 0, -1), by_number, strict=True):
        share = (most - len(taken)) // left
        taken += random.sample(numbers, min(share, len(numbers)))
    return sorted(taken)


def suffer(recording: Path, before: Sequence[int], seed: int) -> Iterator[Cut]:
    """Cut the power before each of these events in every loss model, and yield what is wrong with what is found."""
    with in_memory() as folder:
        for number, disk, records in moments(recording, before):
            answers = sum(isinstance(record, Answered) for record in records)
            for loss in Loss:
                image = disk.image(loss, Random(f"{seed} {number} {loss}"))
                yield Cut(number, loss, answers, _faults(image, records, folder))


def moments(recording: Path, before: Sequence[int]) -> Iterator[tuple[int, Disk, list[Record]]]:
    """Yield the disk as it was before each of these events, in order, and what clients had noted by then."""
    wanted = iter(before)
    following = next(wanted, None)
    disk = Disk()
    records: list[Record] = []
    buffers: defaultdict[int, bytearray] = defaultdict(bytearray)
    for number, event in enumerate(events(recording.read_bytes())):
        if number == following:
            yield number, disk, records
            following = next(wanted, None)
        if following is None:
            return
        if event.kind is Kind.MARKED:
            records += _noted(event, buffers[event.process])
        else:
            disk.take(event)


def _noted(event: Event, buffer: bytearray) -> list[Record]:
    """Return the records that are whole with this mark."""
    buffer += event.data
    return [pickle.loads(body) for _, body in bodies(buffer)]  # noqa: S301 - our own process wrote it


def _faults(image: dict[str, bytes], records: list[Record], folder: Path) -> list[str]:
    """Open what is left, and return what is wrong with it."""
    for name, content in image.items():
        (folder / name).write_bytes(content)
    try:
        with Vectis.open(f"sqlite:///{folder / DATABASE}") as oms:
            return verdict(records, oms)
    except (VectisError, sqlite3.Error) as error:
        return [f"it cannot be used: {error!r}"]
    finally:
        for path in folder.iterdir():
            path.unlink()

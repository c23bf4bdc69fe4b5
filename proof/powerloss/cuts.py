"""Cutting the power in a recording, and judging what is found when it is back."""

from __future__ import annotations

import pickle
import sqlite3
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

import attrs

from proof.crowd.records import Answered, Record, bodies
from proof.crowd.shop import verdict
from proof.powerloss.disk import Disk, Loss
from proof.recording import Event, Kind, events
from vectis_core import Vectis
from vectis_core.errors import VectisError

#: The database's name in the folder that is recorded.
DATABASE = "shop.db"
#: After these there is something else on the disk.
_EFFECTS = frozenset({Kind.WRITTEN, Kind.CUT, Kind.SYNCED, Kind.UNLINKED, Kind.RENAMED})
_IN_MEMORY = Path("/dev/shm")  # noqa: S108 - nothing is opened here by a name that others know


@attrs.frozen
class Cuts:
    """Power cuts in one recording."""

    recording: Path
    #: Numbers of events: the power goes just before each. In order.
    before: Sequence[int]
    seed: int


@attrs.frozen
class Cut:
    """One power cut, and what was wrong afterwards."""

    before: int
    loss: Loss
    #: How many answers had been given.
    answers: int
    faults: Sequence[str]


def points(recording: Path) -> list[int]:
    """Return the numbers of all events that change what is on the disk: before each, the power can go.

    What was told since the last such event has been told by then.
    """
    return [number for number, event in enumerate(events(recording.read_bytes())) if event.kind in _EFFECTS]


def suffer(cuts: Cuts) -> list[Cut]:
    """Cut the power at each of the points in every loss model, and say what is wrong with what is found then."""
    found = []
    with tempfile.TemporaryDirectory(prefix="vectis-", dir=_IN_MEMORY if _IN_MEMORY.is_dir() else None) as folder:
        for number, disk, records in moments(cuts):
            answers = sum(isinstance(record, Answered) for record in records)
            for loss in Loss:
                random = Random(f"{cuts.seed} {number} {loss}")
                faults = _faults(disk.image(loss, random), records, Path(folder))
                found.append(Cut(number, loss, answers, faults))
    return found


def moments(cuts: Cuts) -> Iterator[tuple[int, Disk, list[Record]]]:
    """Yield the disk and what clients had noted by then, for each cut."""
    wanted = iter(cuts.before)
    following = next(wanted, None)
    disk = Disk()
    records: list[Record] = []
    buffers: defaultdict[int, bytearray] = defaultdict(bytearray)
    for number, event in enumerate(events(cuts.recording.read_bytes())):
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

"""What programs did to the files of a folder, as the recorder below them wrote it down."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from enum import IntEnum
from pathlib import Path

import attrs

from proof.preload.build import preloaded

#: ``struct record`` of ``proof/preload/recorder.c``.
_RECORD = struct.Struct("<QQQIIII")


class Kind(IntEnum):
    """What was done; the numbers are those of ``proof/preload/recorder.c``."""

    OPENED = 1
    WRITTEN = 2
    CUT = 3
    SYNC_BEGUN = 4
    SYNCED = 5
    UNLINKED = 6
    RENAMED = 7
    MARKED = 8
    LOCKED = 9
    UNLOCKED = 10


#: What ``size`` says of an ``OPENED``: that the file was made, or emptied.
MADE, EMPTIED = 1, 2


@attrs.frozen
class Event:
    """One thing that a thread did to a file, or a mark of what it was told."""

    kind: Kind
    #: The file, as the file system numbers it; a number comes again once its file is gone.
    inode: int
    #: Where it was written, in bytes.
    offset: int
    #: How much was written, or what a file was cut to, in bytes.
    size: int
    process: int
    thread: int
    #: What was written, where data was kept; the name of a file that was opened or unlinked, the text of a mark.
    data: bytes

    @property
    def name(self) -> str:
        """The file's name in the folder; "." is the folder itself."""
        return self.data.decode()


def recorded(library: Path, watched: Path, log: Path, base: Mapping[str, str], *, data: bool) -> dict[str, str]:
    """Return the environment in which programs are recorded: *library* is the recorder, *log* lies outside *watched*.

    With *data* the log holds what was written, not only that and where.
    """
    environment = preloaded(library, watched, base)
    return {**environment, "VECTIS_PROOF_LOG": str(log), "VECTIS_PROOF_DATA": str(int(data))}


def events(log: bytes) -> Iterator[Event]:
    """Yield what a log holds, in the order in which it took effect."""
    place = 0
    while place < len(log):
        inode, offset, size, process, thread, kind, length = _RECORD.unpack_from(log, place)
        place += _RECORD.size
        yield Event(Kind(kind), inode, offset, size, process, thread, log[place : place + length])
        place += length

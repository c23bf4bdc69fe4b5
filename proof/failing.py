"""Input/output that fails on command: the Python side of ``preload/fail.c``.

A program started in ``Faults.environment`` is the one that is shipped; below it, calls on the files of one folder
fail or kill it. Which ones stands in a small file that all of them map, so that it can be changed while they run.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
from collections.abc import Mapping
from enum import IntEnum, IntFlag
from pathlib import Path

from proof.preload.build import build, preloaded

#: For ever, as the last call that is struck.
ALWAYS = 2**63 - 1
#: The error that kills the process instead.
KILL = 0
#: What failing calls are told.
ERRORS = {"EIO": errno.EIO, "ENOSPC": errno.ENOSPC}

_CONTROL = "VECTIS_FAIL_CONTROL"


class Kind(IntFlag):
    """Which calls are counted and struck."""

    WRITE = 1
    SYNC = 2
    TRUNCATE = 4
    #: Opening a file that is not there yet.
    CREATE = 8
    UNLINK = 16
    READ = 32
    #: Opening a file that is there.
    OPEN = 64


#: Calls that change something, and those of them that a full disk can refuse.
CHANGING = Kind.WRITE | Kind.SYNC | Kind.TRUNCATE | Kind.CREATE | Kind.UNLINK
NEEDING_SPACE = Kind.WRITE | Kind.SYNC | Kind.TRUNCATE | Kind.CREATE
#: Calls that only look.
LOOKING = Kind.READ | Kind.OPEN


class Done(IntEnum):
    """How much of a struck call is done all the same; only a write can be done by half."""

    NOTHING = 0
    HALF = 1
    ALL = 2


class _Control(ctypes.Structure):
    """As in ``preload/fail.c``."""

    _fields_ = [
        (name, ctypes.c_int64) for name in ("armed", "kinds", "first", "last", "error", "done", "counted", "struck")
    ]


class Faults:
    """Commands the processes that run on the control file *place*, which is made where it is new."""

    def __init__(self, place: Path) -> None:
        self.place = place
        with place.open("a+b") as file:
            if not file.tell():
                file.truncate(mmap.PAGESIZE)
            self._mapped = mmap.mmap(file.fileno(), mmap.PAGESIZE)
        self._control = _Control.from_buffer(self._mapped)

    def environment(self, watched: Path, base: Mapping[str, str]) -> dict[str, str]:
        """Return *base* as the environment of programs whose calls on files in *watched* are commanded."""
        library = self.place.with_name("fail.so")
        if not library.exists():
            build("fail", library.parent)
        return {**preloaded(library, watched, base), _CONTROL: str(self.place)}

    @classmethod
    def of_this_process(cls) -> Faults:
        """Return what commands the process that asks; for one that was started in such an environment."""
        return cls(Path(os.environ[_CONTROL]))

    def count(self, kinds: Kind) -> None:
        """Count calls of these kinds from 0 on, and strike none."""
        self._control.armed = 0
        self._control.kinds = kinds
        self._control.counted = self._control.struck = 0

    def arm(self, kinds: Kind, error: int, *, first: int = 1, last: int = ALWAYS, done: Done = Done.NOTHING) -> None:
        """Strike the calls of these kinds from number *first*, counted from now on as 1, to *last*.

        They fail with the *error*, or kill their process where it is ``KILL``.
        """
        self.count(kinds)
        self._control.first, self._control.last = first, last
        self._control.error, self._control.done = error, done
        self._control.armed = 1

    def disarm(self) -> None:
        """Strike no more."""
        self._control.armed = 0

    @property
    def counted(self) -> int:
        """How many calls there were since the counting began."""
        return int(self._control.counted)

    @property
    def struck(self) -> int:
        """How many calls were struck since then."""
        return int(self._control.struck)

"""Calls that fail on command: exactly those that were chosen, below a program that knows nothing of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from proof.failing import ALWAYS, ERRORS, KILL, Done, Faults, Kind

#: Writes eight bytes four times to each of two files, and prints what it is told.
SCRIPT = """
import errno, os, sys
for path in sys.argv[1:]:
    file = os.open(path, os.O_RDWR | os.O_CREAT)
    for number in range(4):
        try:
            print(os.pwrite(file, b"%d" % number * 8, number * 8))
        except OSError as error:
            print(errno.errorcode[error.errno])
"""


@pytest.fixture
def watched(tmp_path: Path) -> Path:
    """Return the folder whose files are struck."""
    folder = tmp_path / "watched"
    folder.mkdir()
    return folder


@pytest.fixture
def faults(tmp_path: Path) -> Faults:
    """Return what commands the program."""
    return Faults(tmp_path / "control")


def written(faults: Faults, watched: Path) -> tuple[int, list[str]]:
    """Run the script on a file that is watched and one that is not; return its exit code and what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, watched / "file", watched.with_name("other")],
        env=faults.environment(watched, os.environ),
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout.split()


@pytest.mark.parametrize(
    ("last", "told"),
    [(2, ["8", "ENOSPC", "8", "8"]), (ALWAYS, ["8", "ENOSPC", "ENOSPC", "ENOSPC"])],
    ids=["once", "for ever"],
)
def test_the_chosen_calls_fail(faults: Faults, watched: Path, last: int, told: list[str]) -> None:
    """From the second write on, once or for ever, on the watched file alone; calls of other kinds do not count."""
    faults.arm(Kind.WRITE, ERRORS["ENOSPC"], first=2, last=last)

    assert written(faults, watched) == (0, [*told, "8", "8", "8", "8"])
    assert (faults.counted, faults.struck) == (4, told.count("ENOSPC"))


@pytest.mark.parametrize(
    ("done", "left"), [(Done.NOTHING, b"\0" * 8), (Done.HALF, b"1111\0\0\0\0"), (Done.ALL, b"1" * 8)]
)
def test_a_call_that_fails_may_have_been_done(faults: Faults, watched: Path, done: Done, left: bytes) -> None:
    """As much of the failed write is in the file as was chosen."""
    faults.arm(Kind.WRITE, ERRORS["EIO"], first=2, last=2, done=done)
    written(faults, watched)

    assert (watched / "file").read_bytes()[8:16] == left


def test_a_call_can_be_the_last(faults: Faults, watched: Path) -> None:
    """The process is killed at the third write, and what was written before is there."""
    faults.arm(Kind.WRITE, KILL, first=3, last=3)

    assert written(faults, watched)[0] == -signal.SIGKILL
    assert (watched / "file").read_bytes() == b"0" * 8 + b"1" * 8
    faults.disarm()
    assert written(faults, watched)[0] == 0

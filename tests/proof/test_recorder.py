"""The recorder below a program: it writes down what is done to the files of a folder, in the order of effects."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from proof import power_cut
from proof.powerloss.cuts import DATABASE, Place, moments, points
from proof.powerloss.disk import Loss
from proof.powerloss.trading import Day, record
from proof.preload.build import NoCompiler, build
from proof.recording import EMPTIED, MADE, Event, Kind, events, recorded

_PROGRAM = """
import fcntl, os, sys
folder = sys.argv[1]
a = os.open(f"{folder}/a", os.O_RDWR | os.O_CREAT)
fcntl.flock(a, fcntl.LOCK_EX)
os.write(a, b"one")
os.pwrite(a, b"two", 10)
os.write(a, b"three")
fcntl.flock(a, fcntl.LOCK_UN)
os.fsync(a)
os.write(1, b"told")
os.ftruncate(a, 12)
os.rename(f"{folder}/a", f"{folder}/b")
os.fdatasync(a)
top = os.open(folder, os.O_RDONLY)
os.fsync(top)
os.close(a)
os.write(os.open(f"{folder}/not-ours-shm", os.O_RDWR | os.O_CREAT), b"memory")
os.write(os.open(f"{folder}-beside", os.O_RDWR | os.O_CREAT), b"elsewhere")
os.open(f"{folder}/b", os.O_RDWR | os.O_TRUNC)
os.unlink(f"{folder}/b")
"""


def _recorded(tmp_path: Path, *, data: bool) -> list[Event]:
    watched = tmp_path / "watched"
    watched.mkdir()
    environment = recorded(build("recorder", tmp_path), watched, tmp_path / "log", os.environ, data=data)
    answer = subprocess.run(
        [sys.executable, "-c", _PROGRAM, watched], env=environment, check=True, stdout=subprocess.PIPE
    )
    assert answer.stdout == b"told"
    return list(events((tmp_path / "log").read_bytes()))


def test_everything_that_was_done_is_recorded_in_order(tmp_path: Path) -> None:
    """With the data of writes, wherever the file stood; what lies elsewhere, or in memory only, is passed over."""
    found = [(event.kind, event.offset, event.size, event.data) for event in _recorded(tmp_path, data=True)]

    assert found == [
        (Kind.OPENED, 0, MADE, b"a"),
        (Kind.LOCKED, 0, 0, b""),
        (Kind.WRITTEN, 0, 3, b"one"),
        (Kind.WRITTEN, 10, 3, b"two"),
        (Kind.WRITTEN, 3, 5, b"three"),
        (Kind.UNLOCKED, 0, 0, b""),
        (Kind.SYNC_BEGUN, 0, 0, b""),
        (Kind.SYNCED, 0, 0, b""),
        (Kind.MARKED, 0, 4, b"told"),
        (Kind.CUT, 0, 12, b""),
        (Kind.RENAMED, 0, 0, b"a\0b"),
        (Kind.SYNC_BEGUN, 0, 0, b""),
        (Kind.SYNCED, 0, 0, b""),
        (Kind.OPENED, 0, 0, b"."),
        (Kind.SYNC_BEGUN, 0, 0, b""),
        (Kind.SYNCED, 0, 0, b""),
        (Kind.OPENED, 0, EMPTIED, b"b"),
        (Kind.UNLINKED, 0, 0, b"b"),
    ]


def test_without_data_it_is_told_where_was_written(tmp_path: Path) -> None:
    """Place and length are there, and what was marked."""
    found = [event for event in _recorded(tmp_path, data=False) if event.kind in {Kind.WRITTEN, Kind.MARKED}]

    assert [(event.offset, event.size, event.data) for event in found] == [
        (0, 3, b""),
        (10, 3, b""),
        (3, 5, b""),
        (0, 4, b"told"),
    ]


def test_where_nothing_compiles_it_is_said_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names the packages."""
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(NoCompiler, match="apt-get install gcc libc6-dev"):
        build("recorder", tmp_path)


def test_a_recorded_day_can_be_replayed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The disk at its end holds the very database that the processes left, and any point can be looked at again."""
    recording = record(Day(2, os.environ), build("recorder", tmp_path), tmp_path / "day")
    found = points(recording)
    [(_, disk, records)] = moments(recording, [max(map(max, found.values())) + 1])

    assert disk.image(Loss.EVERYTHING, Random(0))[DATABASE] == (tmp_path / "day" / "watched" / DATABASE).read_bytes()
    assert len(records) > 12
    assert found[Place.CHECKPOINT]

    monkeypatch.setattr(sys, "argv", ["power_cut", str(recording), str(found[Place.CHECKPOINT][-1]), "SECTORS", "1"])
    power_cut.main()
    assert capsys.readouterr().out == "nothing is wrong\n"

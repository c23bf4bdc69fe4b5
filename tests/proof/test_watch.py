"""The watch over commits and checkpoints: it counts them, and sees where those of two processes meet."""

from __future__ import annotations

from collections.abc import Iterator

from proof.recording import Event, Kind
from proof.watch import Watch

_DATABASE, _LOG, _LOCK = 1, 2, 3
_NAMES = {_DATABASE: b"shop.db", _LOG: b"shop.db-wal", _LOCK: b"shop.db.lock"}
_FRAME = 32


def did(process: int, kind: Kind, inode: int, offset: int = _FRAME) -> Event:
    """Return something that a process did."""
    return Event(kind, inode, offset, 0, process, process, b"")


def commit(process: int) -> list[Event]:
    """Return a commit."""
    return [did(process, Kind.WRITTEN, _LOG), did(process, Kind.WRITTEN, _LOG), did(process, Kind.SYNCED, _LOG)]


def checkpoint(process: int) -> list[Event]:
    """Return a checkpoint."""
    return [
        did(process, Kind.SYNCED, _LOG),
        did(process, Kind.WRITTEN, _DATABASE),
        did(process, Kind.WRITTEN, _DATABASE),
        did(process, Kind.SYNCED, _DATABASE),
    ]


def locked(process: int, done: list[Event]) -> list[Event]:
    """Return what was done with the lock around it."""
    return [did(process, Kind.LOCKED, _LOCK), *done, did(process, Kind.UNLOCKED, _LOCK)]


def watch(*done: list[Event]) -> Watch:
    """Return a watch that followed all of this."""

    def recording() -> Iterator[Event]:
        for inode, name in _NAMES.items():
            yield Event(Kind.OPENED, inode, 0, 1, 1, 1, name)
        for each in done:
            yield from each

    found = Watch("shop.db")
    found.follow(recording())
    return found


def test_what_comes_one_after_another_is_counted() -> None:
    """Commits and checkpoints of several processes, each under the lock."""
    found = watch(locked(1, commit(1)), locked(2, commit(2) + checkpoint(2)), locked(1, commit(1)))

    assert (found.commits, found.checkpoints) == (3, 1)
    assert not found.overlaps
    assert not found.unlocked


def test_a_new_header_of_the_log_is_no_commit_of_its_own() -> None:
    """It is synced before the frames that follow it."""
    header = [did(1, Kind.WRITTEN, _LOG, 0), did(1, Kind.SYNCED, _LOG)]

    assert watch(locked(1, header + commit(1))).commits == 1


def test_a_commit_that_begins_in_a_checkpoint_is_seen() -> None:
    """At its first write, once."""
    first, *rest = checkpoint(1)[1:]

    assert len(watch([first], commit(2), rest).overlaps) == 1


def test_a_checkpoint_that_begins_in_a_commit_is_seen() -> None:
    """Before the commit is synced; after that it is none."""
    *frames, sync = commit(1)

    assert len(watch(frames, checkpoint(2), [sync]).overlaps) == 1
    assert not watch(frames, [sync], checkpoint(2)).overlaps


def test_writes_without_the_lock_are_seen() -> None:
    """Each of them, to the database and to its log, also where another process has the lock."""
    assert len(watch(locked(1, commit(1)), commit(1)).unlocked) == 2
    assert len(watch(locked(1, checkpoint(2))).unlocked) == 2


def test_what_was_rolled_back_is_over_with_the_lock() -> None:
    """Frames that are never synced do not make a commit that lasts for ever."""
    spilled = [did(1, Kind.WRITTEN, _LOG)]

    found = watch(locked(1, spilled), locked(2, checkpoint(2)))

    assert not found.overlaps
    assert found.commits == 0

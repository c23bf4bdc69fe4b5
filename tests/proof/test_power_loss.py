"""The disk that loses power: what was synced is there, and of the rest each loss model can lose what it says."""

from __future__ import annotations

from random import Random

import pytest

from proof.powerloss.cuts import Place, chosen
from proof.powerloss.disk import Disk, Loss
from proof.recording import EMPTIED, MADE, Event, Kind

_FOLDER, _FILE = 1, 2
_ALL = [pytest.param(loss, id=loss.name) for loss in Loss]


def event(
    kind: Kind, inode: int = _FILE, *, offset: int = 0, size: int = 0, data: bytes = b"", thread: int = 1
) -> Event:
    """Return something that a program did."""
    return Event(kind, inode, offset, size, 1, thread, data)


def written(data: bytes, offset: int = 0) -> Event:
    """Return a write to the file."""
    return event(Kind.WRITTEN, offset=offset, size=len(data), data=data)


def synced(inode: int = _FILE) -> tuple[Event, Event]:
    """Return a whole sync."""
    return event(Kind.SYNC_BEGUN, inode), event(Kind.SYNCED, inode)


MADE_DURABLE = (
    event(Kind.OPENED, _FOLDER, data=b"."),
    event(Kind.OPENED, size=MADE, data=b"a"),
    *synced(_FOLDER),
)


def images(loss: Loss, *done: Event) -> set[tuple[tuple[str, bytes], ...]]:
    """Return all that is found on the disk in many power cuts after this was done."""
    disk = Disk()
    for each in done:
        disk.take(each)
    return {tuple(sorted(disk.image(loss, Random(seed)).items())) for seed in range(200)}


def contents(loss: Loss, *done: Event) -> set[bytes]:
    """Return what the file "a" can hold after this was done to it."""
    return {dict(image)["a"] for image in images(loss, *MADE_DURABLE, *done)}


@pytest.mark.parametrize("loss", _ALL)
def test_what_was_synced_stays(loss: Loss) -> None:
    """Writes, an overwrite, a hole and a truncation."""
    done = (written(b"first"), written(b"F"), written(b"far", 8), event(Kind.CUT, size=10), *synced())

    assert contents(loss, *done) == {b"First\0\0\0fa"}


def test_nothing_else_stays_where_everything_is_lost() -> None:
    """Neither writes nor truncations since the last sync."""
    assert contents(Loss.EVERYTHING, written(b"old"), *synced(), written(b"new"), event(Kind.CUT, size=1)) == {b"old"}


@pytest.mark.parametrize("loss", _ALL)
def test_a_sync_covers_what_was_written_before_it_began(loss: Loss) -> None:
    """What came while it ran may be lost."""
    begun, ended = synced()

    found = contents(loss, written(b"ab"), begun, written(b"x", 2), ended)

    assert b"ab" in found
    assert found <= {b"ab", b"abx"}


def test_syncs_of_two_threads_do_not_cover_more_together() -> None:
    """The later one has settled more by the time the earlier one ends."""
    done = (
        written(b"a"),
        event(Kind.SYNC_BEGUN, thread=1),
        written(b"b", 1),
        event(Kind.SYNC_BEGUN, thread=2),
        event(Kind.SYNCED, thread=2),
        written(b"c", 2),
        event(Kind.SYNCED, thread=1),
    )

    assert contents(Loss.EVERYTHING, *done) == {b"ab"}


def test_calls_are_lost_whole_and_in_any_order() -> None:
    """A later write can be there without an earlier one, or a truncation alone."""
    found = contents(Loss.CALLS, written(b"..."), *synced(), written(b"A"), written(b"B", 1), event(Kind.CUT, size=2))

    assert found == {b"...", b"A..", b".B.", b"AB.", b"..", b"A.", b".B", b"AB"}


def test_sectors_of_a_call_are_lost_one_by_one() -> None:
    """They are cut at multiples of 512 bytes of the file, not of the call."""
    old, new = b"-" * 1536, b"+" * 1000

    found = contents(Loss.SECTORS, written(old), *synced(), written(new, 500))

    parts = ((500, 512), (512, 1024), (1024, 1500))
    expected = set()
    for kept in range(8):
        content = bytearray(old)
        for number, (start, end) in enumerate(parts):
            if kept & 1 << number:
                content[start:end] = b"+" * (end - start)
        expected.add(bytes(content))
    assert found == expected


def test_a_name_is_there_for_sure_once_its_folder_was_synced() -> None:
    """Syncing the file does not make its name durable."""
    made = (event(Kind.OPENED, _FOLDER, data=b"."), event(Kind.OPENED, size=MADE, data=b"a"), written(b"x"), *synced())

    assert images(Loss.EVERYTHING, *made) == {()}
    assert images(Loss.CALLS, *made) == {(), (("a", b"x"),)}
    assert images(Loss.EVERYTHING, *made, *synced(_FOLDER)) == {(("a", b"x"),)}


def test_a_removed_file_may_be_back_until_the_folder_was_synced() -> None:
    """Also where a new one has its name, and its number in the file system."""
    removed = (*MADE_DURABLE, written(b"old"), *synced(), event(Kind.UNLINKED, 0, data=b"a"))
    again = (*removed, event(Kind.OPENED, size=MADE, data=b"a"), written(b"new"), *synced())

    assert images(Loss.EVERYTHING, *removed) == {(("a", b"old"),)}
    assert images(Loss.CALLS, *removed) == {(("a", b"old"),), ()}
    assert images(Loss.EVERYTHING, *removed, *synced(_FOLDER)) == {()}
    assert images(Loss.EVERYTHING, *again) == {(("a", b"old"),)}
    assert images(Loss.CALLS, *again) == {(("a", b"old"),), (), (("a", b"new"),)}
    assert images(Loss.EVERYTHING, *again, *synced(_FOLDER)) == {(("a", b"new"),)}


def test_a_rename_happens_whole_or_not_at_all() -> None:
    """A file never has both names, nor none."""
    renamed = (*MADE_DURABLE, written(b"x"), *synced(), event(Kind.RENAMED, 0, data=b"a\0b"))

    assert images(Loss.EVERYTHING, *renamed) == {(("a", b"x"),)}
    assert images(Loss.SECTORS, *renamed) == {(("a", b"x"),), (("b", b"x"),)}
    assert images(Loss.EVERYTHING, *renamed, *synced(_FOLDER)) == {(("b", b"x"),)}


def test_a_file_emptied_as_it_was_opened_may_be_full_again() -> None:
    """Until it was synced."""
    emptied = event(Kind.OPENED, size=EMPTIED, data=b"a")

    assert contents(Loss.CALLS, written(b"x"), *synced(), emptied) == {b"x", b""}
    assert contents(Loss.CALLS, written(b"x"), *synced(), emptied, *synced()) == {b""}


def test_cuts_are_shared_among_places() -> None:
    """Each kind of place has its share, and what one kind has too few of goes to the others."""
    numbers = {Place.TURN: range(100), Place.CHECKPOINT: range(100, 105), Place.LOG: range(200, 1000)}

    taken = chosen(numbers, 60, Random(1))

    assert taken == sorted(set(taken))
    assert [sum(number in each for number in taken) for each in numbers.values()] == [27, 5, 28]

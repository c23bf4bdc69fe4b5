"""Copies of a file: what they leave alone, what they refuse, and what the wrong way to copy loses."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from small_shop import Shop, spin_until

from vectis_core import StoreError, Vectis
from vectis_core.ports import View
from vectis_sqlite import copying


def names(folder: Path) -> set[str]:
    """Return the names of all files in a folder."""
    return {path.name for path in folder.iterdir()}


def test_a_copy_is_one_file_by_itself(sqlite_shop: Shop, tmp_path: Path) -> None:
    """Nothing lies beside a copy, which SQLite reads without writing to it or its folder."""
    sqlite_shop.buy("A")
    before = names(tmp_path)

    sqlite_shop.oms.backup(tmp_path / "copy.db")

    assert names(tmp_path) - before == {"copy.db"}
    with closing(sqlite3.connect(f"file:{tmp_path}/copy.db?mode=ro", uri=True)) as copy:
        assert copy.execute("SELECT external_id FROM orders").fetchall() == [("A",)]
        assert copy.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert names(tmp_path) - before == {"copy.db"}


def test_the_log_may_shrink_while_a_copy_is_checked(sqlite_shop: Shop, tmp_path: Path) -> None:
    """Checking takes much longer than copying, and holds up no checkpoint: the original is not read any more."""

    def check(view: View) -> None:
        sqlite_shop.buy("meanwhile")
        with closing(sqlite3.connect(tmp_path / "shop.db")) as other:
            busy, _, _ = other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        assert not busy
        assert view.order_by_external_id("default", "meanwhile") is None

    sqlite_shop.store.backup(tmp_path / "copy.db", check)
    assert (tmp_path / "copy.db").exists()


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644])
def test_a_copy_can_be_read_by_whom_the_database_can(sqlite_shop: Shop, tmp_path: Path, mode: int) -> None:
    """Its permissions are those of the database, whatever the umask says."""
    (tmp_path / "shop.db").chmod(mode)

    sqlite_shop.oms.backup(tmp_path / "copy.db")

    assert stat.S_IMODE((tmp_path / "copy.db").stat().st_mode) == mode


@pytest.mark.parametrize("suffix", ["", "-wal", "-shm", "-journal", ".lock", ".key"])
def test_the_database_is_no_place_for_its_copy(sqlite_shop: Shop, tmp_path: Path, suffix: str) -> None:
    """Neither the file itself nor what lies beside it is written over, however much it is asked for."""
    with pytest.raises(StoreError, match="belongs to the database itself"):
        sqlite_shop.oms.backup(tmp_path / f"shop.db{suffix}", overwrite=True)

    assert sqlite_shop.buy("A").created
    assert sqlite_shop.oms.verify().ok


@pytest.mark.parametrize("link", [os.link, os.symlink])
def test_another_name_of_the_database_is_no_place_either(sqlite_shop: Shop, tmp_path: Path, link: object) -> None:
    """A link of either kind is seen through."""
    assert callable(link)
    link(tmp_path / "shop.db", tmp_path / "link.db")

    with pytest.raises(StoreError, match="belongs to the database itself"):
        sqlite_shop.oms.backup(tmp_path / "link.db", overwrite=True)


def test_a_database_in_use_is_no_place_for_a_copy(sqlite_shop: Shop, tmp_path: Path) -> None:
    """A log beside the target would be read as the copy's own, so an open database is not replaced even if asked."""
    with Vectis.open(f"sqlite:///{tmp_path}/other.db") as other:
        other.products.create(sku="X", name="Other")
        with pytest.raises(StoreError, match=r"other\.db-wal is there"):
            sqlite_shop.oms.backup(tmp_path / "other.db", overwrite=True)
        assert other.products.by_sku("X").name == "Other"


def test_a_copy_does_not_take_the_place_of_a_file_that_came_meanwhile(sqlite_shop: Shop, tmp_path: Path) -> None:
    """A file that somebody makes while the copy is checked stays, and the copy is given up."""

    def check(_view: View) -> None:
        (tmp_path / "copy.db").write_text("mine")

    with pytest.raises(StoreError, match="exists"):
        sqlite_shop.store.backup(tmp_path / "copy.db", check)

    assert (tmp_path / "copy.db").read_text() == "mine"
    assert not list(tmp_path.glob("*.part"))


def test_a_database_that_came_into_use_meanwhile_is_not_replaced(sqlite_shop: Shop, tmp_path: Path) -> None:
    """Copying and checking take minutes: who opens a database under the target's name by then does not lose it."""
    opened: list[Vectis] = []

    def check(_view: View) -> None:
        opened.append(Vectis.open(f"sqlite:///{tmp_path}/copy.db"))
        opened[0].products.create(sku="X", name="Other")

    with pytest.raises(StoreError, match=r"copy\.db-wal is there"):
        sqlite_shop.store.backup(tmp_path / "copy.db", check, overwrite=True)

    opened[0].close()
    with Vectis.open(f"sqlite:///{tmp_path}/copy.db") as other:
        assert [product.sku for product in other.products.list()] == ["X"]


def test_only_a_plain_file_is_replaced(sqlite_shop: Shop, tmp_path: Path) -> None:
    """Whoever names a device, such as /dev/null, does not find a file in its place."""
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(StoreError, match="a device or a pipe"):
        sqlite_shop.oms.backup(tmp_path / "pipe", overwrite=True)

    assert (tmp_path / "pipe").is_fifo()


@pytest.mark.skipif(sys.platform == "darwin", reason="its file systems take names in UTF-8 alone")
def test_a_target_of_any_name_is_taken_as_it_stands(sqlite_shop: Shop, tmp_path: Path) -> None:
    """A name need not be UTF-8."""
    target = os.fsdecode(os.fsencode(tmp_path) + b"/\xff.db")

    sqlite_shop.oms.backup(target)

    assert Path(target).is_file()


def test_what_progress_raises_is_not_told_of_the_target(sqlite_shop: Shop, tmp_path: Path) -> None:
    """An error of the caller's own comes back as it is, and the copy is given up."""

    def progress(_done: int, _total: int) -> None:
        raise BrokenPipeError("the terminal is gone")

    with pytest.raises(BrokenPipeError, match="the terminal is gone"):
        sqlite_shop.oms.backup(tmp_path / "copy.db", progress=progress)

    assert [name for name in names(tmp_path) if "copy" in name] == []


def test_copying_can_be_interrupted(sqlite_shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C ends a copy between two steps, also where nobody asked for its progress, and nothing is left of it."""
    monkeypatch.setattr(copying, "_STEP", 1)
    with closing(sqlite3.connect(tmp_path / "shop.db", isolation_level=None)) as other:
        other.execute("CREATE TABLE notes AS SELECT zeroblob(64000000) AS body")
        total = other.execute("PRAGMA page_count").fetchone()[0] * other.execute("PRAGMA page_size").fetchone()[0]
    copied: list[int] = []

    def interrupted(*_: object) -> None:
        copied.extend(part.stat().st_size for part in tmp_path.glob("*.part"))
        raise KeyboardInterrupt

    def interrupt() -> None:
        spin_until(lambda: any(part.stat().st_size for part in tmp_path.glob("*.part")))
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)

    before = signal.signal(signal.SIGUSR1, interrupted)
    thread = threading.Thread(target=interrupt)
    try:
        thread.start()
        with pytest.raises(KeyboardInterrupt):
            sqlite_shop.oms.backup(tmp_path / "copy.db")
    finally:
        thread.join()
        signal.signal(signal.SIGUSR1, before)

    assert 0 < copied[0] < total
    assert [name for name in names(tmp_path) if "copy" in name] == []


@pytest.mark.parametrize(
    ("target", "said"), [("missing/copy.db", "No such file"), ("folder", "is a folder"), ("c" * 256, "too long")]
)
def test_a_place_that_cannot_be_written_is_told(sqlite_shop: Shop, tmp_path: Path, target: str, said: str) -> None:
    """The error names what is wrong with the target, not with the database."""
    (tmp_path / "folder").mkdir()

    with pytest.raises(StoreError, match=said):
        sqlite_shop.oms.backup(tmp_path / target)


def test_broken_books_make_no_backup(sqlite_shop: Shop, tmp_path: Path) -> None:
    """A copy that breaks a rule is not kept, and a good one from before is not replaced by it."""
    sqlite_shop.oms.backup(tmp_path / "copy.db")
    good = (tmp_path / "copy.db").read_bytes()
    with closing(sqlite3.connect(tmp_path / "shop.db", isolation_level=None)) as other:
        other.execute("UPDATE stock SET on_hand = on_hand + 1")

    with pytest.raises(StoreError, match="ledger/balance") as caught:
        sqlite_shop.oms.backup(tmp_path / "copy.db", overwrite=True)

    assert caught.value.details["faults"]
    assert (tmp_path / "copy.db").read_bytes() == good
    assert not list(tmp_path.glob("*.part"))


def test_the_file_without_its_log_is_no_backup(sqlite_shop: Shop, tmp_path: Path) -> None:
    """The wrong way: copied with ``cp``, the file lacks what is only in the log beside it, and nothing says so."""
    with closing(sqlite3.connect(tmp_path / "shop.db")) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for number in range(20):
        sqlite_shop.buy(f"o-{number}")

    shutil.copyfile(tmp_path / "shop.db", tmp_path / "wrong.db")
    sqlite_shop.oms.backup(tmp_path / "right.db")

    with Vectis.open(f"sqlite:///{tmp_path}/wrong.db") as wrong, Vectis.open(f"sqlite:///{tmp_path}/right.db") as right:
        assert wrong.verify().ok
        assert wrong.orders.list().page().total == 0
        assert right.orders.list().page().total == 20


def test_a_copy_in_many_steps_is_of_one_moment(
    sqlite_shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever others commit between two steps, the copy has what was there at its beginning, and is not begun anew."""
    monkeypatch.setattr(copying, "_STEP", 4)
    sqlite_shop.buy("before")
    seen: list[int] = []

    def progress(done: int, total: int) -> None:
        seen.append(done)
        sqlite_shop.buy(f"at {done} of {total}")

    sqlite_shop.oms.backup(tmp_path / "copy.db", progress=progress)

    assert len(seen) > 5
    assert seen == sorted(seen)
    with Vectis.open(f"sqlite:///{tmp_path}/copy.db") as copy:
        assert [order.external_id for order in copy.orders.list()] == ["before"]


def test_a_copy_has_its_name_only_once_it_is_on_the_disk(
    sqlite_shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rename comes after everything else, and the folder is synced after it; see the proofs for the file itself."""
    order: list[str] = []
    sync, replace = os.fsync, Path.replace

    def noted_sync(handle: int) -> None:
        order.append("folder synced" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file synced")
        sync(handle)

    def noted_replace(source: Path, target: Path) -> Path:
        order.append(f"rename to {target.name}")
        return replace(source, target)

    monkeypatch.setattr(os, "fsync", noted_sync)
    monkeypatch.setattr(Path, "replace", noted_replace)
    sqlite_shop.store.backup(tmp_path / "copy.db", lambda _view: order.append("checked"))

    assert order == ["checked", "rename to copy.db", "folder synced"]


#: Backs up to a disk on which there is room for a few pages only.
NO_ROOM = """
import resource, sys
from vectis_core import StoreError, Vectis

with Vectis.open("sqlite:///" + sys.argv[1]) as oms:
    resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    try:
        oms.backup(sys.argv[2])
    except StoreError as error:
        print(error)
    assert oms.verify().ok
"""


def test_a_copy_that_does_not_fit_leaves_nothing(sqlite_shop: Shop, tmp_path: Path) -> None:
    """Where the disk is full the error names the target, and neither it nor its beginning is left."""
    paths = [str(tmp_path / "shop.db"), str(tmp_path / "copy.db")]
    done = subprocess.run([sys.executable, "-c", NO_ROOM, *paths], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    assert re.match(r"Cannot copy \S+/shop\.db to \S+/copy\.db: ", done.stdout)
    assert [name for name in names(tmp_path) if "copy" in name] == []

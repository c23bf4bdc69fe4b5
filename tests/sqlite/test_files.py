"""Which file a URL names, and what is said where it is none."""

from __future__ import annotations

import fcntl
import gc
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from vectis_core import StoreError, Vectis
from vectis_core.backends import open_store
from vectis_core.clock import SystemClock
from vectis_core.errors import ServiceUnavailable, UsageError
from vectis_core.ids import RandomIds
from vectis_core.ports import Store
from vectis_sqlite.connections import open_reader
from vectis_sqlite.lock import FileLock


def opened(path: Path) -> Store:
    """Open a store that waits for nobody."""
    return open_store(f"sqlite:///{path}", clock=SystemClock(), ids=RandomIds(), lock_timeout=0.0)


def test_a_link_and_its_file_share_one_lock(tmp_path: Path) -> None:
    """Two that open one file by two names take turns, as two that use the same name do."""
    (tmp_path / "link.db").symlink_to(tmp_path / "shop.db")
    one, other = opened(tmp_path / "shop.db"), opened(tmp_path / "link.db")

    transaction = one.begin()
    with pytest.raises(ServiceUnavailable, match="Another process"):
        other.begin()
    transaction.rollback()
    other.begin().rollback()

    other.close()
    one.close()
    assert not (tmp_path / "link.db.lock").exists()


def test_a_store_that_recovers_waits_for_the_lock_before_it_closes_anything(tmp_path: Path) -> None:
    """Who closes as the last of all empties the log into the database, which another process may not see happen."""
    store = opened(tmp_path / "shop.db")
    log = tmp_path / "shop.db-wal"
    written = log.read_bytes()

    with (tmp_path / "shop.db.lock").open() as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(ServiceUnavailable, match="Another process"):
            store.recover()
        assert log.read_bytes() == written

    store.recover()
    store.begin().rollback()
    store.close()


SHOP_FILES = ("shop.db", "shop.db-wal", "shop.db-shm")


def test_a_store_that_recovers_makes_no_new_database(tmp_path: Path) -> None:
    """Where the disk was taken away, an empty database in its place would be served; nothing is until it is back."""
    store = opened(tmp_path / "shop.db")
    away = tmp_path / "away"
    away.mkdir()
    for name in SHOP_FILES:
        (tmp_path / name).rename(away / name)

    for _ in range(2):
        with pytest.raises(ServiceUnavailable, match="cannot be opened again yet"):
            store.recover()
        assert not (tmp_path / "shop.db").exists()

    for name in SHOP_FILES:
        (away / name).rename(tmp_path / name)
    store.recover()
    store.begin().rollback()
    store.close()


def test_a_store_that_recovers_takes_no_other_database(tmp_path: Path) -> None:
    """What lies under the name may be of another shop by then: it is left alone."""
    store, other = opened(tmp_path / "shop.db"), opened(tmp_path / "other.db")
    store.close()
    store = opened(tmp_path / "shop.db")
    other.close()
    (tmp_path / "other.db").replace(tmp_path / "shop.db")

    with pytest.raises(ServiceUnavailable, match="another database"):
        store.recover()
    store.close()


def test_no_file_is_opened_while_another_process_writes(tmp_path: Path) -> None:
    """Opening may migrate, which waits its turn like everything that writes."""
    one = opened(tmp_path / "shop.db")
    transaction = one.begin()
    with pytest.raises(ServiceUnavailable, match="Another process"):
        opened(tmp_path / "shop.db")
    transaction.rollback()

    opened(tmp_path / "shop.db").close()
    one.close()


def test_the_log_is_left_alone_while_another_process_writes(tmp_path: Path) -> None:
    """Who closes last empties the write-ahead log, and must not where it does not get the lock: not even later."""
    store = opened(tmp_path / "shop.db")
    written = (tmp_path / "shop.db-wal").read_bytes()
    other = FileLock(tmp_path / "shop.db.lock", timeout=0.0)
    with other.held():
        store.close()
        del store
        gc.collect()
        assert (tmp_path / "shop.db-wal").read_bytes() == written != b""
    other.close()

    opened(tmp_path / "shop.db").close()
    assert not (tmp_path / "shop.db-wal").exists()


def test_a_database_that_was_taken_away_can_be_closed(tmp_path: Path) -> None:
    """Where neither the lock is free nor the file is there, a store is closed nevertheless, and makes no file."""
    store = opened(tmp_path / "shop.db")
    (tmp_path / "shop.db").rename(tmp_path / "away.db")
    other = FileLock(tmp_path / "shop.db.lock", timeout=0.0)
    with other.held():
        store.close()
    other.close()

    assert not (tmp_path / "shop.db").exists()
    with pytest.raises(UsageError, match="closed"):
        store.begin()


def test_a_connection_that_fails_while_it_is_opened_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What turns out to be no database is not held open, neither by the look whether it is ours nor by the next."""
    (tmp_path / "notes.txt").write_text("remember the milk, and a good deal more than the header of a database\n" * 20)
    connect, made = sqlite3.connect, []

    def recorded(*arguments: Any, **options: Any) -> sqlite3.Connection:
        made.append(connect(*arguments, **options))
        return made[-1]

    monkeypatch.setattr(sqlite3, "connect", recorded)
    with pytest.raises(StoreError, match="not a database"):
        Vectis.open(f"sqlite:///{tmp_path}/notes.txt", must_exist=True)

    assert len(made) == 2
    for connection in made:
        with pytest.raises(sqlite3.ProgrammingError, match="closed database"):
            connection.execute("SELECT 1")


def test_a_failed_commit_leaves_no_transaction_behind(tmp_path: Path) -> None:
    """After a recovery nothing is left of the connection that failed, not even what it had begun."""
    store = opened(tmp_path / "shop.db")
    store.begin()
    store.recover()

    store.begin().rollback()
    store.close()


def test_who_reads_cannot_write(tmp_path: Path) -> None:
    """A reading connection changes nothing, and makes no file."""
    opened(tmp_path / "shop.db").close()
    with closing(open_reader(tmp_path / "shop.db")) as connection, pytest.raises(sqlite3.OperationalError):
        connection.execute("CREATE TABLE more (key TEXT)")
    with pytest.raises(sqlite3.OperationalError):
        open_reader(tmp_path / "other.db")
    assert not (tmp_path / "other.db").exists()


@pytest.mark.parametrize("name", ["a b?c#d%41.db", "\u00fc%.db", "quo'te\".db", "-dash.db", "line\nbreak.db"])
def test_any_file_name_is_taken_as_it_stands(tmp_path: Path, name: str) -> None:
    """A name that means something in a URI or in SQL names the very file."""
    with Vectis.open(f"sqlite:///{tmp_path}/{name}") as oms:
        oms.products.create(sku="W", name="Widget")

    assert (tmp_path / name).is_file()
    with Vectis.open(f"sqlite:///{tmp_path}/{name}", must_exist=True) as oms:
        assert oms.products.by_sku("W").name == "Widget"


def test_one_slash_too_many_is_still_the_path(tmp_path: Path) -> None:
    """``sqlite:////`` and a path that begins with a slash itself is what people write."""
    with Vectis.open(f"sqlite:////{tmp_path}/shop.db"):
        assert (tmp_path / "shop.db").is_file()


def test_a_folder_is_no_database_and_never_will_be(tmp_path: Path) -> None:
    """What cannot be opened by waiting is not told as unavailable just now."""
    with pytest.raises(StoreError, match="Cannot open"):
        Vectis.open(f"sqlite:///{tmp_path}")


def test_a_file_that_opened_only_for_reading_is_opened_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where opening to write fails for once, SQLite opens to read: that is told, and does not stay for good."""
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    Vectis.open(url).close()
    connect = sqlite3.connect
    with monkeypatch.context() as patched:
        patched.setattr(
            sqlite3, "connect", lambda name, **options: connect(name.replace("mode=rwc", "mode=ro"), **options)
        )
        with pytest.raises(ServiceUnavailable, match="only for reading just now"):
            Vectis.open(url)

    with Vectis.open(url) as oms:
        assert oms.products.create(sku="W", name="Widget").sku == "W"

"""The write-ahead log has a bound, whoever reads and for however long."""

from __future__ import annotations

import logging
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from small_shop import ADDRESS

from vectis_core import Item, OutcomeUnknown, ServiceUnavailable, StoreError, Vectis
from vectis_core.backends import open_store
from vectis_core.clock import SystemClock
from vectis_core.ids import RandomIds

LIMIT = 8 * 1024 * 1024

READER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN")
print(connection.execute("SELECT count(*) FROM products").fetchone()[0], flush=True)
sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the database's file."""
    return tmp_path / "shop.db"


def size_of_log(path: Path) -> int:
    """Return how many bytes the log has."""
    return path.with_name(path.name + "-wal").stat().st_size


@pytest.fixture
def oms(path: Path) -> Iterator[Vectis]:
    """Return a Vectis whose log may have 8 MiB, with a product in stock and a table of the host's."""
    with Vectis.open(f"sqlite:///{path}", wal_limit=LIMIT) as oms:
        oms.products.create(sku="W", name="Widget")
        [stock] = oms.inventory.list(sku="W")
        oms.inventory.adjust(stock.id, 10_000, "first delivery")
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("CREATE TABLE notes (body BLOB)")
        yield oms


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Keep a transaction open that reads, as a shell does that somebody has forgotten."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM products").fetchone()
        yield


@contextmanager
def reading_process(path: Path) -> Iterator[int]:
    """Let another process do so; yield its id."""
    command = [sys.executable, "-c", READER, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process.pid
        process.communicate()


def open_files() -> list[str]:
    """Return the names of all files that this process has open."""
    handles = (handle for handle in Path("/proc/self/fd").iterdir() if handle.is_symlink())
    return [str(handle.readlink()) for handle in handles]


def write(oms: Vectis, number: int) -> None:
    """Place an order beside which the host writes 200 KB."""
    oms.orders.create(
        external_id=f"o-{number}",
        items=[Item("W", 1, "29.99")],
        shipping_addresses=[ADDRESS],
        within=lambda _, connection: connection.execute("INSERT INTO notes VALUES (zeroblob(200000))"),
    )


def write_when_taken(oms: Vectis, number: int) -> None:
    """Ask for an order again until it is taken."""
    deadline = time.monotonic() + 30
    while True:
        try:
            return write(oms, number)
        except ServiceUnavailable:
            assert time.monotonic() < deadline, "writing does not resume"


def write_until_refused(oms: Vectis) -> tuple[int, ServiceUnavailable]:
    """Return how many orders were taken, and why no more were."""
    for number in range(1_000):
        try:
            write(oms, number)
        except ServiceUnavailable as error:
            return number, error
    raise AssertionError("the log has grown to 200 MB, and nobody was refused")


def alarms(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """Return what was logged as an error."""
    return [record for record in caplog.records if record.name == "vectis.sqlite" and record.levelno == logging.ERROR]


def test_writers_are_pushed_back_before_the_log_is_too_long(oms: Vectis, path: Path) -> None:
    """A reader that does not end costs refusals that say what to do, but neither the disk nor an order."""
    with reading(path):
        taken, refusal = write_until_refused(oms)

        assert taken > 10
        assert not isinstance(refusal, OutcomeUnknown)
        assert refusal.retry_after >= 1
        assert "wal_limit" in refusal.message
        assert LIMIT // 2 < size_of_log(path) <= LIMIT
        assert len(list(oms.orders.list())) == taken, "reads go on"


def test_writing_resumes_and_the_log_is_cut_once_the_reader_is_gone(oms: Vectis, path: Path) -> None:
    """Nobody need do anything: what was refused is taken when asked again."""
    with reading(path):
        taken, _ = write_until_refused(oms)
    write_when_taken(oms, taken)

    assert size_of_log(path) < LIMIT // 4
    assert len(list(oms.orders.list())) == taken + 1
    assert oms.verify().ok


def test_another_process_or_store_is_pushed_back_too(oms: Vectis, path: Path) -> None:
    """The log is one for all who write to it."""
    with reading(path), Vectis.open(f"sqlite:///{path}", wal_limit=LIMIT) as other:
        taken, _ = write_until_refused(oms)

        with pytest.raises(ServiceUnavailable, match="wal_limit"):
            write(other, taken)


def test_the_alarm_is_raised_once_per_episode(oms: Vectis, path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A thousand refusals are one thing that is wrong; when it is wrong again, it is said again."""
    caplog.set_level(logging.INFO, logger="vectis.sqlite")
    for episode in (1, 2):
        with reading(path):
            write_until_refused(oms)
            for _ in range(20):
                with pytest.raises(ServiceUnavailable):
                    write(oms, 0)
        write_when_taken(oms, 0)

        assert len(alarms(caplog)) == episode
        assert "writing goes on" in caplog.messages[-1]


@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="only Linux tells who holds a lock")
def test_the_refusal_names_the_process_that_reads(oms: Vectis, path: Path) -> None:
    """Whoever is to end the reader needs to know which program it is."""
    with reading_process(path) as process:
        _, refusal = write_until_refused(oms)

    assert f"process {process} has" in refusal.message


def test_readers_that_come_and_go_refuse_nobody(oms: Vectis, path: Path) -> None:
    """Lists read while others write are views of a page each, which the log can be emptied between."""
    stopping = threading.Event()

    def scan() -> None:
        while not stopping.is_set():
            list(oms.orders.list())

    with ThreadPoolExecutor(3) as pool:
        for _ in range(3):
            pool.submit(scan)
        try:
            for number in range(150):
                write(oms, number)
                assert size_of_log(path) <= LIMIT
        finally:
            stopping.set()


def test_a_list_that_is_left_half_read_holds_nothing(oms: Vectis, path: Path) -> None:
    """Whoever stops in the middle of a list, or of the events, keeps no state alive."""
    for number in range(3):
        write(oms, number)
    orders, events = iter(oms.orders.list()), iter(oms.events())
    next(orders), next(events)

    for number in range(3, 150):
        write(oms, number)

    assert size_of_log(path) <= LIMIT


def test_the_bound_holds_for_a_log_made_anew(oms: Vectis, path: Path) -> None:
    """A store that recovers may remove the log and make another, which is the one to be watched from then on."""
    oms.close()
    store = open_store(f"sqlite:///{path}", clock=SystemClock(), ids=RandomIds(), wal_limit=LIMIT)
    store.begin().rollback()
    store.recover()

    with reading(path), closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("INSERT INTO notes VALUES (zeroblob(?))", (LIMIT,))
        with pytest.raises(ServiceUnavailable, match="wal_limit"):
            store.begin()
    store.close()


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="only Linux tells which files are open")
def test_a_closed_vectis_keeps_no_file_open(path: Path) -> None:
    """Neither the log nor anything else that lies beside the database is held after the end."""
    with Vectis.open(f"sqlite:///{path}") as oms:
        oms.products.create(sku="W", name="Widget")
        assert any(name.startswith(str(path)) for name in open_files())

    assert not [name for name in open_files() if name.startswith(str(path))]


def test_a_limit_that_leaves_no_room_is_refused(path: Path) -> None:
    """A number of pages, or of megabytes, taken for one of bytes is told at once."""
    with pytest.raises(StoreError, match="wal_limit must be at least 8388608"):
        Vectis.open(f"sqlite:///{path}", wal_limit=64)

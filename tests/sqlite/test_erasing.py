"""What is erased is gone from the file's bytes, not only from its tables."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from vectis_core import Address, Item, Vectis
from vectis_core.testing import samples
from vectis_core.tracking.statuses import TrackingStatus
from vectis_sqlite import connections
from vectis_sqlite.lock import FileLock

GONE, KEPT = b"Zyxwvut-gone", b"Zyxwvut-kept"


def trade(oms: Vectis, number: int, customer: str, mark: str) -> None:
    """Take an order through its life, so that its rows are written over several times and at several lengths."""
    address = Address(name=mark + " Smith" * (number % 40), line1=mark, city=mark, country="US")
    placed = oms.orders.create(
        external_id=f"{number}",
        items=[Item("W", 1, 1)],
        shipping_addresses=[address] * (1 + number % 9 * 4),
        billing_address=address,
        customer_id=customer,
        customer_email=f"{mark}@example.com",
    )
    oms.orders.confirm(placed.order.id)
    oms.orders.hold(placed.order.id, "h" * (number % 300 + 1))
    oms.orders.release(placed.order.id, "r")
    tracking_number = f"1Z{number:016}"
    oms.orders.ship(placed.order.id, carrier="UPS", tracking_number=tracking_number)
    for code in ("X", "KB"):
        oms.tracking.record(
            samples.tracking_event(
                tracking_number=tracking_number,
                status=TrackingStatus.DELIVERED,
                reason=None,
                corrects=False,
                code=code,
                signer=mark,
                description=mark,
                occurred_at=oms.store.now(),
            )
        )


def left_in_file(file: Path) -> tuple[int, int]:
    """Return how often the bytes of the erased and of the other customer stand in the file, its log emptied."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = b"".join(path.read_bytes() for path in file.parent.glob("shop.db*"))
    return data.count(GONE), data.count(KEPT)


IDLE = """
import sys
from vectis_core import Vectis
with Vectis.open("sqlite:///" + sys.argv[1]) as oms:
    print(len(list(oms.orders.list())), flush=True)
    sys.stdin.read()
"""
READING = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN")
print(connection.execute("SELECT count(*) FROM orders").fetchone()[0], flush=True)
sys.stdin.read()
"""


@contextmanager
def beside(program: str, file: Path) -> Iterator[None]:
    """Have *program* run with the file open, until the block ends."""
    with subprocess.Popen(
        [sys.executable, "-c", program, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        yield
        process.communicate()


def left(file: Path) -> int:
    """Return how often the bytes of the erased customer stand in the file and beside it, as it lies there."""
    return sum(path.read_bytes().count(GONE) for path in file.parent.glob("shop.db*"))


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Vectis]:
    """Return a shop with two orders that have ended, of the customer to be erased."""
    with Vectis.open(f"sqlite:///{tmp_path}/shop.db") as oms:
        oms.products.create(sku="W", name="Widget")
        [stock] = oms.inventory.list(sku="W")
        oms.inventory.adjust(stock.id, 1_000, "delivery")
        for number in range(2):
            trade(oms, number, "c1", GONE.decode())
        yield oms


def test_erasing_leaves_no_byte_while_others_have_the_file_open(shop: Vectis, tmp_path: Path) -> None:
    """Neither in the file nor in its log, as soon as the call has returned; another process is open and idle."""
    file = tmp_path / "shop.db"
    with beside(IDLE, file):
        assert left(file) > 0
        assert shop.customers.erase(customer_id="c1").purged
        assert left(file) == 0


def test_who_reads_a_former_state_keeps_its_bytes_until_later(shop: Vectis, tmp_path: Path) -> None:
    """Then the erasure says so, others go on writing, and once the reader has ended a repeat lets go of the bytes."""
    file = tmp_path / "shop.db"
    with beside(READING, file):
        done = shop.customers.erase(customer_id="c1")
        assert (len(done.erased), done.purged) == (2, False)
        assert left(file) > 0
        shop.products.create(sku="X", name="Written meanwhile")
    assert shop.customers.erase(customer_id="c1").purged
    assert left(file) == 0


def test_a_lock_that_is_held_stops_no_erasure(
    shop: Vectis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The rows are erased by then: that the file could not be purged is an answer and a line in the log."""
    monkeypatch.setattr("vectis_sqlite.purging._LOCK_TIMEOUT", 0.0)
    with FileLock(tmp_path / "shop.db.lock", 1.0).held():
        assert not shop.store.purge()
    assert "could not be purged" in caplog.text


def erased_shop(file: Path) -> tuple[int, int]:
    """Trade with two customers, erase one, and return what is left of each."""
    with Vectis.open(f"sqlite:///{file}", synchronous="NORMAL") as oms:
        oms.products.create(sku="W", name="Widget")
        [stock] = oms.inventory.list(sku="W")
        oms.inventory.adjust(stock.id, 1_000, "delivery")
        for number in range(120):
            trade(oms, number, f"c{number % 2}", (KEPT, GONE)[number % 2].decode())
        erased = oms.customers.erase(customer_id="c1")
        assert (len(erased.erased), erased.postponed) == (60, ())
        assert oms.verify().ok
        return left_in_file(file)


def test_no_byte_of_an_erased_customer_is_left(tmp_path: Path) -> None:
    """Neither in a row, nor in what rows were before, nor in free pages, once the log is emptied."""
    gone, kept = erased_shop(tmp_path / "shop.db")
    assert gone == 0
    assert kept > 1_000


def test_without_secure_deletion_bytes_would_be_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test above is one: a build that does not overwrite leaves thousands of them."""
    opened = connections.open_writer

    def careless(*args: object, **more: object) -> sqlite3.Connection:
        connection = opened(*args, **more)  # type: ignore[arg-type]  # passed on as they came
        connection.execute("PRAGMA secure_delete = OFF")
        return connection

    monkeypatch.setattr("vectis_sqlite.store.open_writer", careless)
    gone, _ = erased_shop(tmp_path / "shop.db")
    assert gone > 100

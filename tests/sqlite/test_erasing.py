"""What is erased is gone from the file's bytes, not only from its tables."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from vectis_core import Address, Item, Vectis
from vectis_core.testing import samples
from vectis_core.tracking.statuses import TrackingStatus
from vectis_sqlite import connections

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

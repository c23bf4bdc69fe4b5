"""Backing up and restoring exactly as the page says, and losing what it says is lost by the wrong way."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from vectis_core import Vectis

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", (ROOT / "docs" / "backup.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
RIGHT, WRONG, RESTORE = BLOCKS

#: Sells one piece under each of the names given, and dies without closing: the log stays beside the file.
SELLER = """
import os, signal, sys
from vectis_core import Address, Item, Vectis

oms = Vectis.open("sqlite:///shop.db")
if not list(oms.products.list()):
    oms.products.create(sku="W", name="Widget")
    oms.inventory.adjust(oms.inventory.list().page().items[0].id, 100, "first delivery")
for name in sys.argv[1:]:
    oms.orders.create(
        external_id=name,
        items=[Item("W", 1, "29.99")],
        shipping_addresses=[Address(name="Jane", line1="123 Main St", city="Austin", country="US")],
    )
os.kill(os.getpid(), signal.SIGKILL)
"""


def sell(folder: Path, *names: str) -> None:
    """Sell in a process that is killed once it has been told that all is done."""
    done = subprocess.run([sys.executable, "-c", SELLER, *names], cwd=folder, check=False)
    assert done.returncode == -signal.SIGKILL


def follow(block: str, folder: Path) -> str:
    """Do what a block of the page says, in the folder of the database, and return what it prints."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    script = block.replace("/backups/", "backups/")
    done = subprocess.run(
        ["sh", "-eu", "-c", script],
        cwd=folder,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def orders(path: Path) -> set[str]:
    """Return the external ids of all orders in a database with right books."""
    with Vectis.open(f"sqlite:///{path}", must_exist=True) as oms:
        assert oms.verify().ok
        return {order.external_id for order in oms.orders.list()}


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    """Return a folder with a shop that sold ``before``, a backup of it, and then sold ``after``."""
    (tmp_path / "backups").mkdir()
    sell(tmp_path, "before")
    follow(RIGHT, tmp_path)
    sell(tmp_path, "after")
    return tmp_path


def test_a_restore_brings_back_what_was_backed_up(folder: Path) -> None:
    """Followed step by step, the page gives the database of the backup, although a crash had left a log beside it."""
    assert (folder / "shop.db-wal").stat().st_size > 0

    said = follow(RESTORE, folder)

    assert said.endswith("No fault.\n")
    assert orders(folder / "shop.db") == {"before"}
    assert orders(folder / "backups" / "shop.db") == {"before"}
    assert orders(folder / "broken" / "shop.db") == {"before", "after"}


def test_a_log_that_is_left_behind_undoes_the_restore(folder: Path) -> None:
    """What the page warns of: without moving the log away, what the restore was to undo is not undone."""
    careless = RESTORE.replace("shop.db-wal shop.db-shm", "")
    assert careless != RESTORE

    try:
        follow(careless, folder)
        spoiled = orders(folder / "shop.db") != {"before"}
    except AssertionError:
        spoiled = True

    assert spoiled


def test_those_who_ask_again_with_the_same_ids_lose_nothing(folder: Path) -> None:
    """After a restore, a client that repeats what it had sent has each of its orders once."""
    follow(RESTORE, folder)

    sell(folder, "before", "after")

    assert orders(folder / "shop.db") == {"before", "after"}


def test_a_cursor_from_after_the_backup_misses_events(folder: Path) -> None:
    """What the page warns of: such a cursor is accepted, shows nothing, and then misses what came in between."""
    with Vectis.open(f"sqlite:///{folder}/shop.db") as oms:
        ahead = oms.events().page().next
    follow(RESTORE, folder)

    sell(folder, "other")

    with Vectis.open(f"sqlite:///{folder}/shop.db") as oms:
        assert list(oms.events(after=ahead)) == []
        assert any(event.data.get("externalId") == "other" for event in oms.events())


def test_the_wrong_way_loses_orders(folder: Path) -> None:
    """The file without its log opens without complaint and lacks what was committed last."""
    with closing(sqlite3.connect(folder / "shop.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        sell(folder, "newest")
        follow(WRONG, folder)

    assert orders(folder / "wrong.db") == {"before", "after"}
    assert orders(folder / "shop.db") == {"before", "after", "newest"}

"""``vectis backup``."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from cli_types import Call

from vectis_core import Vectis


@pytest.fixture(autouse=True)
def _stock(oms: Vectis) -> None:
    oms.products.create(sku="WIDGET-001", name="Premium Widget")
    [stock] = oms.inventory.list()
    oms.inventory.adjust(stock.id, 7, "First delivery")


def test_a_database_in_use_is_copied(vectis: Call, oms: Vectis, tmp_path: Path) -> None:
    """Beside a program that has it open, the copy is made, what is in it is said, and it is a database by itself."""
    done = vectis("backup", str(tmp_path / "copy.db"))

    assert (done.exit_code, done.stderr.count("Error")) == (0, 0)
    assert "1 products" in done.stdout
    assert "no fault" in done.stdout
    with Vectis.open(f"sqlite:///{tmp_path}/copy.db", must_exist=True) as copy:
        assert [stock.on_hand for stock in copy.inventory.list()] == [7]
        assert copy.store.database_id == oms.store.database_id


def test_a_file_is_replaced_only_by_force(vectis: Call, tmp_path: Path) -> None:
    """An older copy stays unless --force is given."""
    target = tmp_path / "copy.db"
    target.write_text("last night's")

    refused = vectis("backup", str(target))
    kept = target.read_text()
    done = vectis("backup", "--force", str(target))

    assert (refused.exit_code, kept) == (1, "last night's")
    assert "exists" in refused.stderr
    assert done.exit_code == 0
    assert target.read_bytes().startswith(b"SQLite format 3")


def test_broken_books_are_told_by_the_exit_code(vectis: Call, tmp_path: Path) -> None:
    """A copy with a fault is no backup: the first fault is named, the exit code is 1, and there is no file."""
    with closing(sqlite3.connect(tmp_path / "shop.db", isolation_level=None)) as connection:
        connection.execute("UPDATE stock SET on_hand = on_hand + 1")

    done = vectis("backup", str(tmp_path / "copy.db"))

    assert done.exit_code == 1
    assert "ledger/balance" in done.stderr
    assert not (tmp_path / "copy.db").exists()


def test_the_key_that_is_not_in_the_copy_is_named(vectis: Call, tmp_path: Path) -> None:
    """Once there are keys that sign tokens, what seals them is named as a thing to be kept too, and not copied."""
    before = json.loads(vectis("backup", "--json", str(tmp_path / "one.db")).stdout)
    vectis("keys", "rotate")
    done = vectis("backup", str(tmp_path / "two.db"))
    after = json.loads(vectis("backup", "--json", str(tmp_path / "three.db")).stdout)

    assert before["sealedBy"] is None
    assert after["sealedBy"] == str(tmp_path / "shop.db.key")
    assert f"open only with {tmp_path}/shop.db.key" in done.stdout
    assert (tmp_path / "shop.db.key").read_bytes() not in (tmp_path / "two.db").read_bytes()
    assert not (tmp_path / "two.db.key").exists()


def test_what_seals_the_secrets_of_webhooks_is_named(vectis: Call, oms: Vectis, tmp_path: Path) -> None:
    """A copy with webhooks and without keys that sign tokens needs the master key just as well, until they ended."""
    hook = oms.webhooks.create("https://example.com/", ["*"]).subscription
    with_one = json.loads(vectis("backup", "--json", str(tmp_path / "one.db")).stdout)
    oms.webhooks.delete(hook.id)
    without = json.loads(vectis("backup", "--json", str(tmp_path / "two.db")).stdout)

    assert with_one["sealedBy"] == str(tmp_path / "shop.db.key")
    assert without["sealedBy"] is None


def test_the_variable_is_named_where_it_goes_before_the_file(
    vectis: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key file that is left over opens nothing that was sealed by the variable, and keeping it would not help."""
    (tmp_path / "shop.db.key").write_text("left over from before the variable was set")
    monkeypatch.setenv("VECTIS_SECRET_KEY", "k" * 43)
    vectis("keys", "rotate")

    report = json.loads(vectis("backup", "--json", str(tmp_path / "copy.db")).stdout)

    assert report["sealedBy"] == "VECTIS_SECRET_KEY"


def test_a_backup_for_scripts(vectis: Call, tmp_path: Path) -> None:
    """With --json stdout is one object with where, how large and what."""
    report = json.loads(vectis("backup", "--json", str(tmp_path / "copy.db")).stdout)

    assert report["target"] == str(tmp_path / "copy.db")
    assert report["bytes"] == (tmp_path / "copy.db").stat().st_size
    assert report["rows"]["products"] == 1


def test_a_store_in_memory_has_no_backup(vectis: Call, tmp_path: Path) -> None:
    """What is not kept anywhere cannot be copied, and that is said."""
    done = vectis("backup", "--database", "memory://", str(tmp_path / "copy.db"))

    assert done.exit_code == 1
    assert "nothing that could be backed up" in done.stderr

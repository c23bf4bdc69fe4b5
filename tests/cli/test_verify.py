"""``vectis verify``."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from cli_types import Call

from vectis_core import Vectis


@pytest.fixture(autouse=True)
def _stock(database: str) -> None:
    with Vectis.open(database) as oms:
        oms.products.create(sku="WIDGET-001", name="Premium Widget")
        [stock] = oms.inventory.list()
        oms.inventory.adjust(stock.id, 7, "First delivery")


def spoil(tmp_path: Path) -> None:
    """Change a balance behind the ledger's back."""
    connection = sqlite3.connect(tmp_path / "shop.db")
    connection.execute("UPDATE stock SET on_hand = on_hand + 1")
    connection.commit()
    connection.close()


def test_a_clean_shop_has_no_fault(vectis: Call) -> None:
    """Where all is right, what was looked at is said, and the exit code is 0."""
    done = vectis("verify")

    assert done.exit_code == 0
    assert done.stdout.endswith("No fault.\n")
    assert "1 products" in done.stdout


def test_a_fault_is_named_with_its_row_and_counted(vectis: Call, oms: Vectis, tmp_path: Path) -> None:
    """A balance that is not the ledger's sum is told with the stock record's id, and the exit code is 1."""
    [stock] = oms.inventory.list()
    spoil(tmp_path)

    done = vectis("verify")

    assert done.exit_code == 1
    assert stock.id in done.stdout
    assert "ledger" in done.stdout.splitlines()[-1]


def test_faults_as_json_are_for_scripts(vectis: Call, oms: Vectis, tmp_path: Path) -> None:
    """With --json stdout is the whole report as one object."""
    clean = json.loads(vectis("verify", "--json").stdout)
    spoil(tmp_path)
    done = vectis("verify", "--json")
    broken = json.loads(done.stdout)

    assert (clean["ok"], clean["faults"]) == (True, [])
    assert done.exit_code == 1
    assert not broken["ok"]
    assert broken["counts"]["ledger"] == len([f for f in broken["faults"] if f["group"] == "ledger"]) > 0
    assert next(iter(oms.inventory.list())).id in broken["faults"][0]["rows"].values()

"""``vectis import stock``: set and adjust, each row of a file once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from cli_types import Call

from vectis_core import Address, Item, Vectis
from vectis_core.commands import Housekeep
from vectis_core.testing import FrozenClock


@pytest.fixture(name="file")
def _file(tmp_path: Path, oms: Vectis) -> Path:
    oms.products.create(sku="W-1", name="Widget")
    oms.products.create(sku="W-2", name="Gadget")
    return tmp_path / "stock.csv"


def on_hand(oms: Vectis, sku: str) -> int:
    """Return the pieces of a SKU in all warehouses."""
    return sum(record.on_hand for record in oms.inventory.list(sku=sku))


def ship_one(oms: Vectis, sku: str, external_id: str) -> None:
    """Sell and ship a piece."""
    home = Address(name="Jane Smith", line1="123 Main St", city="Austin", country="US")
    order = oms.orders.create(external_id=external_id, items=[Item(sku, 1, 1)], shipping_addresses=[home]).order
    oms.orders.confirm(order.id)
    oms.orders.ship(order.id, carrier="UPS", tracking_number=external_id)


def test_set_makes_what_is_on_hand_what_was_counted(vectis: Call, oms: Vectis, file: Path) -> None:
    """Whatever was there, afterwards there is what the file says, and the ledger says why."""
    [record] = oms.inventory.list(sku="W-1")
    oms.inventory.adjust(record.id, 3, "Found")
    file.write_text("sku,quantity,reason\nW-1,100,Counted\nW-2,5,\n")

    done = vectis("import", "stock", str(file))

    newest = next(iter(oms.inventory.movements(record.id)))
    assert (done.exit_code, done.stdout) == (0, "2 applied.\n")
    assert (on_hand(oms, "W-1"), on_hand(oms, "W-2")) == (100, 5)
    assert (newest.on_hand_delta, newest.actor) == (97, "cli")
    assert str(newest.reason).startswith("Counted [import ")


def test_adjust_adds_and_takes_away(vectis: Call, oms: Vectis, file: Path) -> None:
    """With --mode adjust a quantity is a difference."""
    file.write_text("sku,quantity\nW-1,10\nW-1,-3\nW-2,+4\n")

    done = vectis("import", "stock", str(file), "--mode", "adjust")

    assert done.stdout == "3 applied.\n"
    assert (on_hand(oms, "W-1"), on_hand(oms, "W-2")) == (7, 4)


@pytest.mark.parametrize("mode", ["set", "adjust"])
def test_the_same_file_again_changes_nothing(vectis: Call, oms: Vectis, file: Path, mode: str) -> None:
    """A repeat neither doubles stock nor puts back what was shipped since."""
    file.write_text("sku,quantity\nW-1,10\nW-1,20\nW-2,5\n")
    vectis("import", "stock", str(file), "--mode", mode)
    ship_one(oms, "W-1", "SHOP-1")
    before = on_hand(oms, "W-1")

    done = vectis("import", "stock", str(file), "--mode", mode)

    assert done.stdout == "3 applied before.\n"
    assert on_hand(oms, "W-1") == before
    assert on_hand(oms, "W-2") == 5


@pytest.mark.parametrize("mode", ["set", "adjust"])
def test_a_repeat_is_harmless_when_stored_results_have_aged(
    vectis: Call, database: str, oms: Vectis, file: Path, mode: str
) -> None:
    """The ledger, not the stored results that housekeeping clears, tells which rows were applied."""
    file.write_text("sku,quantity\nW-1,10\n")
    vectis("import", "stock", str(file), "--mode", mode)
    ship_one(oms, "W-1", "SHOP-1")
    with Vectis.open(database, clock=FrozenClock(oms.clock.now() + timedelta(days=400))) as later:
        assert later.run(Housekeep()).results > 0

    done = vectis("import", "stock", str(file), "--mode", mode)

    assert done.stdout == "1 applied before.\n"
    assert on_hand(oms, "W-1") == 9


def test_a_file_that_was_changed_is_another_file(vectis: Call, oms: Vectis, file: Path) -> None:
    """Rows added to an imported file do not hide that the whole of it is to be applied."""
    file.write_text("sku,quantity\nW-1,10\n")
    vectis("import", "stock", str(file), "--mode", "adjust")
    file.write_text("sku,quantity\nW-1,10\nW-1,1\n")

    vectis("import", "stock", str(file), "--mode", "adjust")

    assert on_hand(oms, "W-1") == 21


def test_an_import_that_was_cut_off_is_resumed(vectis: Call, oms: Vectis, file: Path) -> None:
    """Rows that an interrupted run had applied are passed over, and the rest is applied."""
    file.write_text("sku,quantity\nW-1,10\nNEW,5\nW-2,20\n")
    first = vectis("import", "stock", str(file), "--mode", "adjust")
    oms.products.create(sku="NEW", name="New")

    second = vectis("import", "stock", str(file), "--mode", "adjust")

    assert (first.exit_code, first.stdout) == (1, "2 applied, 1 refused.\n")
    assert (second.exit_code, second.stdout) == (0, "2 applied before, 1 applied.\n")
    assert [on_hand(oms, sku) for sku in ("W-1", "NEW", "W-2")] == [10, 5, 20]


def test_a_count_that_is_right_already_leaves_the_ledger_alone(vectis: Call, oms: Vectis, file: Path) -> None:
    """A row that changes nothing writes nothing."""
    file.write_text("sku,quantity\nW-1,0\n")

    assert vectis("import", "stock", str(file)).stdout == "1 unchanged.\n"
    [record] = oms.inventory.list(sku="W-1")
    assert list(oms.inventory.movements(record.id)) == []


def test_a_warehouse_is_named_by_code_or_id_and_opened_where_new(vectis: Call, oms: Vectis, file: Path) -> None:
    """A SKU gets its stock record in a further warehouse by the first row that says so."""
    outlet = oms.warehouses.create(code="OUTLET", name="Outlet")
    file.write_text(f"sku,warehouse,quantity,reorder_point\nW-1,OUTLET,7,2\nW-2,{outlet.id},8,\nW-1,,9,3\n")

    done = vectis("import", "stock", str(file))

    there = {r.sku: (r.on_hand, r.reorder_point) for r in oms.inventory.list(warehouse_id=outlet.id)}
    here = {r.sku: (r.on_hand, r.reorder_point) for r in oms.inventory.list() if r.warehouse_id != outlet.id}
    assert done.exit_code == 0
    assert there == {"W-1": (7, 2), "W-2": (8, None)}
    assert here == {"W-1": (9, 3), "W-2": (0, None)}


def test_bad_rows_are_told_by_line_and_change_nothing(vectis: Call, oms: Vectis, file: Path) -> None:
    """Each refused row is named with its line and why, and the others are applied."""
    file.write_text(
        "sku,warehouse,quantity,reason\n"
        "NOBODY,,1,\n"
        "W-1,NOWHERE,1,\n"
        "W-1,,1.0,\n"
        "W-1,,-1,\n"
        "W-1,,9999999999999,\n"
        f"W-1,,1,{'x' * 441}\n"
        "W-2,,6,Good\n"
    )

    done = vectis("import", "stock", str(file))

    told = dict(line.split(": ", 1) for line in done.stderr.splitlines() if line.startswith("line "))
    assert (done.exit_code, done.stdout) == (1, "1 applied, 6 refused.\n")
    assert list(told) == [f"line {n}" for n in range(2, 8)]
    assert "NOWHERE" in told["line 3"]
    assert "--mode adjust" in told["line 5"]
    assert (on_hand(oms, "W-1"), on_hand(oms, "W-2")) == (0, 6)


def test_what_is_promised_cannot_be_counted_away(vectis: Call, oms: Vectis, file: Path) -> None:
    """A count below what orders hold is refused by its line, and the order keeps its pieces."""
    [record] = oms.inventory.list(sku="W-1")
    oms.inventory.adjust(record.id, 5, "Found")
    home = Address(name="Jane Smith", line1="123 Main St", city="Austin", country="US")
    oms.orders.create(external_id="SHOP-1", items=[Item("W-1", 4, 1)], shipping_addresses=[home])
    file.write_text("sku,quantity\nW-1,3\n")

    done = vectis("import", "stock", str(file))

    assert done.exit_code == 1
    assert "line 2: " in done.stderr
    assert on_hand(oms, "W-1") == 5

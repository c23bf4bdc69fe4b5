"""``vectis export``."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from pathlib import Path

import pytest
from cli_types import Call

from vectis_core import Address, Dimensions, Item, Vectis, Weight

HOME = Address(name="Jane Smith", line1="123 Main St", city="Austin", country="US")


@pytest.fixture(autouse=True)
def _shop(oms: Vectis) -> None:
    size = Dimensions(Decimal(10), Decimal(8), Decimal("4.25"), "in")
    oms.products.create(sku="W-1", name='Widget, "premium"', weight=Weight(Decimal("1.5"), "lb"), dimensions=size)
    oms.products.create(sku="W-2", name="Gädget\nin two lines")
    oms.products.update(oms.products.create(sku="W-3", name="Old").id, active=False)
    for record in oms.inventory.list():
        oms.inventory.adjust(record.id, 50, "First delivery")


def rows(text: str) -> list[dict[str, str]]:
    """Return the rows of a CSV text by column."""
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_products_come_back_unchanged_by_an_import(vectis: Call, tmp_path: Path) -> None:
    """What an export of products writes, an import takes as it is."""
    file = tmp_path / "products.csv"

    exported = vectis("export", "products", str(file))
    imported = vectis("import", "products", str(file))

    assert (exported.exit_code, exported.stdout) == (0, "")
    assert [row["sku"] for row in rows(file.read_text())] == ["W-3", "W-2", "W-1"]
    assert imported.stdout == "3 unchanged.\n"


def test_products_rebuild_a_catalogue_elsewhere(vectis: Call, oms: Vectis, tmp_path: Path) -> None:
    """Imported into an empty tenant, an export makes equal products."""
    file = tmp_path / "products.csv"
    vectis("export", "products", str(file))
    acme = oms.tenant("acme")

    vectis("import", "products", str(file), "--tenant", "acme")

    def said(product: object) -> list[object]:
        return [getattr(product, name) for name in ("sku", "name", "weight", "dimensions", "active")]

    assert sorted(map(said, acme.products.list()), key=str) == sorted(map(said, oms.products.list()), key=str)


def test_stock_comes_back_unchanged_by_an_import(vectis: Call, oms: Vectis, tmp_path: Path) -> None:
    """An export of stock is a count: importing it sets everything to what it was."""
    file = tmp_path / "stock.csv"
    oms.orders.create(external_id="SHOP-1", items=[Item("W-1", 2, 1)], shipping_addresses=[HOME])
    vectis("export", "stock", str(file))

    imported = vectis("import", "stock", str(file))

    widget = next(row for row in rows(file.read_text()) if row["sku"] == "W-1")
    assert (widget["quantity"], widget["reserved"], widget["available"]) == ("50", "2", "48")
    assert imported.stdout == "3 unchanged.\n"


def test_orders_go_to_standard_output_line_by_line(vectis: Call, oms: Vectis) -> None:
    """Without a file the CSV goes to stdout, one row per line of an order, money exact; progress stays on stderr."""
    items = [Item("W-1", 2, "29.99"), Item("W-2", 1, "0.5")]
    order = oms.orders.create(external_id="SHOP-1", items=items, shipping_addresses=[HOME]).order
    oms.orders.cancel(order.id, "Changed my mind")

    done = vectis("export", "orders")

    first, second = rows(done.stdout)
    assert (first["external_id"], first["status"], first["order_total"]) == ("SHOP-1", "cancelled", "60.48")
    assert (first["sku"], first["unit_price"], first["line_total"]) == ("W-1", "29.99", "59.98")
    assert (second["sku"], second["quantity"], second["cancelled"]) == ("W-2", "1", "1")


def test_every_order_is_exported_once(vectis: Call, oms: Vectis) -> None:
    """More orders than a page holds are all there, newest first."""
    [record] = oms.inventory.list(sku="W-1")
    oms.inventory.adjust(record.id, 100, "Second delivery")
    for n in range(101):
        oms.orders.create(external_id=f"SHOP-{n}", items=[Item("W-1", 1, 1)], shipping_addresses=[HOME])

    exported = [row["external_id"] for row in rows(vectis("export", "orders").stdout)]

    assert exported == [f"SHOP-{n}" for n in reversed(range(101))]


def test_a_file_that_cannot_be_written_is_told(vectis: Call, tmp_path: Path) -> None:
    """A folder that does not exist is told in one line, and nothing is left behind."""
    done = vectis("export", "stock", str(tmp_path / "nowhere" / "stock.csv"))

    assert done.exit_code == 1
    assert "nowhere" in done.stderr.splitlines()[-1]


def test_an_export_that_fails_leaves_the_old_file(vectis: Call, oms: Vectis, tmp_path: Path) -> None:
    """A file appears under its name only once it is complete."""
    file = tmp_path / "stock.csv"
    file.write_text("the old one")

    done = vectis("export", "stock", str(file), "--tenant", "nobody")

    assert done.exit_code == 1
    assert file.read_text() == "the old one"
    assert list(tmp_path.glob("*.part")) == []

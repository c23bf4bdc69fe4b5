"""``vectis import products``."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from cli_types import Call

from vectis_core import Dimensions, Vectis, Weight


@pytest.fixture(name="file")
def _file(tmp_path: Path, vectis: Call) -> Path:
    vectis("clients", "create", "Shop")
    return tmp_path / "products.csv"


def test_products_are_created_with_all_they_have(vectis: Call, oms: Vectis, file: Path) -> None:
    """Every column becomes a property, exactly; an empty cell is nothing."""
    file.write_text(
        "sku,name,weight,weight_unit,length,width,height,dimension_unit,active\n"
        'W-1,"Widget, ""premium""",1.50,lb,10,8,4.25,in,true\n'
        "W-2,Gädget,,,,,,,false\n"
    )

    done = vectis("import", "products", str(file))

    first, second = oms.products.by_sku("W-1"), oms.products.by_sku("W-2")
    assert (done.exit_code, done.stdout) == (0, "2 created.\n")
    assert first.name == 'Widget, "premium"'
    assert first.weight == Weight(Decimal("1.5"), "lb")
    assert first.dimensions == Dimensions(Decimal(10), Decimal(8), Decimal("4.25"), "in")
    assert (second.name, second.weight, second.dimensions) == ("Gädget", None, None)
    assert (first.active, second.active) == (True, False)


def test_a_repeat_changes_nothing(vectis: Call, oms: Vectis, file: Path) -> None:
    """The same file again finds every product as it should be."""
    file.write_text("sku,name,weight,weight_unit\nW-1,Widget,1.50,lb\n")
    vectis("import", "products", str(file))
    before = oms.products.by_sku("W-1")

    done = vectis("import", "products", str(file))

    assert done.stdout == "1 unchanged.\n"
    assert oms.products.by_sku("W-1") == before


def test_a_known_sku_is_brought_in_line_as_often_as_it_strays(vectis: Call, oms: Vectis, file: Path) -> None:
    """What differs is updated, also when the same file had set it once before."""
    file.write_text("sku,name,weight,weight_unit\nW-1,Widget,,\n")
    vectis("import", "products", str(file))
    outcomes = []
    for name in ("Changed", "Changed again"):
        oms.products.update(oms.products.by_sku("W-1").id, name=name, weight=Weight(Decimal(1), "kg"))
        outcomes.append(vectis("import", "products", str(file)).stdout)

    product = oms.products.by_sku("W-1")
    assert outcomes == ["1 updated.\n"] * 2
    assert (product.name, product.weight) == ("Widget", None)


def test_a_missing_column_leaves_what_is_there(vectis: Call, oms: Vectis, file: Path) -> None:
    """A file of names alone renames, and clears no weight."""
    oms.products.create(sku="W-1", name="Widget", weight=Weight(Decimal(1), "kg"))
    file.write_text("name,sku\nNew name,W-1\n")

    vectis("import", "products", str(file))

    product = oms.products.by_sku("W-1")
    assert (product.name, product.weight) == ("New name", Weight(Decimal(1), "kg"))


def test_bad_rows_are_told_by_line_and_the_others_taken(vectis: Call, oms: Vectis, file: Path) -> None:
    """Each refused row is named with the line it begins on, and the exit code is 1."""
    file.write_text(
        "sku,name,weight,weight_unit,active\n"
        ",No SKU,,,\n"
        'W-2,"Name over\ntwo lines",,,\n'
        "W-3,Heavy,heavy,kg,\n"
        "W-4,Unit,1,stone,\n"
        "W-5,Flag,,,perhaps\n"
        "W-6,Short row\n"
        "\n"
        "W-7,Good,,,\n"
    )

    done = vectis("import", "products", str(file))

    lines = [line.split(":")[0] for line in done.stderr.splitlines() if line.startswith("line ")]
    assert done.exit_code == 1
    assert done.stdout == "2 created, 5 refused.\n"
    assert lines == ["line 2", "line 5", "line 6", "line 7", "line 8"]
    assert {product.sku for product in oms.products.list()} == {"W-2", "W-7"}


def test_refused_rows_are_written_to_be_corrected(vectis: Call, oms: Vectis, file: Path, tmp_path: Path) -> None:
    """The file of refused rows has the header and only them, so that it can be corrected and imported."""
    file.write_text("sku,name\n,Nameless\nW-2,Good\n")
    rejects = tmp_path / "rejects.csv"

    vectis("import", "products", str(file), "--rejects", str(rejects))

    assert rejects.read_text().splitlines() == ["sku,name", ",Nameless"]
    rejects.write_text(rejects.read_text().replace(",Nameless", "W-1,Nameless"))
    assert vectis("import", "products", str(rejects)).exit_code == 0
    assert {product.sku for product in oms.products.list()} == {"W-1", "W-2"}


def test_the_outcome_as_json_is_for_scripts(vectis: Call, file: Path) -> None:
    """With --json stdout is one object with the counts and the refused lines."""
    file.write_text("sku,name\nW-1,Widget\n,Nobody\n")

    outcome = json.loads(vectis("import", "products", str(file), "--json").stdout)

    assert outcome["created"] == 1
    assert [row["line"] for row in outcome["refused"]] == [3]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "lacks 'sku', 'name'"),
        (b"sku,name,colour\n", "has unknown 'colour'"),
        (b"sku,name,sku\n", "repeats 'sku'"),
        (b"sku,name\nW-1,Gl\xfchwein\n", "is not UTF-8"),
    ],
)
def test_a_file_of_another_form_is_refused_as_a_whole(vectis: Call, file: Path, content: bytes, words: str) -> None:
    """A header that is not ours, or bytes that are no UTF-8, are told in one line."""
    file.write_bytes(content)

    done = vectis("import", "products", str(file))

    assert done.exit_code == 1
    assert words in done.stderr.splitlines()[-1]


def test_a_byte_order_mark_is_no_part_of_the_header(vectis: Call, oms: Vectis, file: Path) -> None:
    """What spreadsheets write before the first column does not hide it."""
    file.write_bytes(b"\xef\xbb\xbfsku,name\r\nW-1,Widget\r\n")

    assert vectis("import", "products", str(file)).exit_code == 0
    assert oms.products.by_sku("W-1").name == "Widget"

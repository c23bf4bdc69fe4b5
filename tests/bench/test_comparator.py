"""The benchmarks compare like with like."""

from __future__ import annotations

from pathlib import Path

from benchmarks import growth
from benchmarks.in_process import check_comparator
from vectis_core import Vectis


def test_the_comparator_writes_the_very_rows_that_we_write(tmp_path: Path) -> None:
    """Orders written by hand have as many rows in each table as ours, with the same columns set, and are sound."""
    check_comparator(tmp_path)


def test_the_large_database_is_a_sound_shop(tmp_path: Path) -> None:
    """What is copied to make many orders out of few has balances, numbers and counters that follow."""
    few, many = tmp_path / "few.db", tmp_path / "many.db"
    growth.make_few(few)
    growth.grow(few, many, 3 * growth.FEW)
    with Vectis.open(f"sqlite:///{many}") as oms:
        report = oms.verify()
        assert report.faults == ()
        assert report.checked["orders"] == 3 * growth.FEW
        assert oms.orders.list().page(1).total == 3 * growth.FEW

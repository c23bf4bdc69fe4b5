"""Several processes on one file: nothing is sold twice; that nothing is lost when they die is ``proof.kill_random``."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from small_shop import spin_until

from vectis_core import Vectis

BUYERS = Path(__file__).parent / "buyers.py"
#: After so many seconds a process that hangs is given up, and its test fails.
PATIENCE = 120


def start(story: str, *arguments: object) -> subprocess.Popen[str]:
    """Start a process of buyers."""
    command = [sys.executable, str(BUYERS), story, *map(str, arguments)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def run_together(tmp_path: Path, stories: list[list[object]]) -> list[dict[str, int]]:
    """Start processes, let them go once all are ready, and return what each printed."""
    gate = tmp_path / "gate"
    processes = [start(str(story), database, gate, *rest) for story, database, *rest in stories]
    spin_until(lambda: len(list(tmp_path.glob("gate.*"))) == len(processes) or any(p.poll() for p in processes))
    printed = []
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        out, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, err
        printed.append(json.loads(out))
    return printed


@pytest.fixture
def database(tmp_path: Path) -> str:
    """Return the URL of a file with 100 pieces of one SKU."""
    url = f"sqlite:///{tmp_path}/shop.db"
    with Vectis.open(url) as oms:
        oms.products.create(sku="W", name="Widget")
        oms.inventory.adjust(oms.inventory.list().page().items[0].id, 100, "first delivery")
    return url


def test_four_processes_of_sixteen_threads_sell_exactly_what_there_is(tmp_path: Path, database: str) -> None:
    """400 attempts at 100 pieces: exactly 100 orders, no other error, and the books are right."""
    stories: list[list[object]] = [["sell_out", database, f"p{n}", 16, 100] for n in range(4)]

    outcomes: Counter[str] = Counter()
    for each in run_together(tmp_path, stories):
        outcomes.update(each)

    assert outcomes == {"bought": 100, "sold out": 300}
    with Vectis.open(database) as oms:
        assert oms.orders.list().page().total == 100
        assert oms.inventory.list().page().items[0].available == 0
        assert oms.verify().ok


def test_one_external_id_asked_for_by_four_processes_is_one_order(tmp_path: Path, database: str) -> None:
    """Of twenty first requests at once exactly one creates; the others get its order."""
    outcomes: Counter[str] = Counter()
    for each in run_together(tmp_path, [["stampede", database, 5]] * 4):
        outcomes.update(each)

    assert outcomes == {"bought": 1, "known": 19}
    with Vectis.open(database) as oms:
        assert oms.inventory.list().page().items[0].reserved == 1


def test_four_processes_open_a_new_file_at_once(tmp_path: Path) -> None:
    """All succeed, and agree on the database they made."""
    database = f"sqlite:///{tmp_path}/new.db"

    printed = run_together(tmp_path, [["open_new", database]] * 4)

    assert len({each["id"] for each in printed}) == 1
    assert [each["warehouses"] for each in printed] == [1, 1, 1, 1]

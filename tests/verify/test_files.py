"""Books in a file, broken from outside with every check of the database turned off."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from verify.shop import tell_the_story

from vectis_core import Vectis
from vectis_core.verify import Report


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database in which everything happened once."""
    path = tmp_path_factory.mktemp("sound") / "shop.db"
    with Vectis.open(f"sqlite:///{path}") as oms:
        tell_the_story(oms)
        tell_the_story(oms.tenant("acme"))
    return path


def after(sound: Path, folder: Path, statement: str) -> Report:
    """Return what verifying tells of a copy of the database after a statement."""
    path = folder / "broken.db"
    with sqlite3.connect(sound) as source, sqlite3.connect(path) as copy:
        source.backup(copy)
        copy.execute("PRAGMA foreign_keys = OFF")
        copy.execute("PRAGMA ignore_check_constraints = ON")
        copy.executescript(MEANT)
        assert copy.execute(statement).rowcount > 0
    copy.close()
    source.close()
    with Vectis.open(f"sqlite:///{path}") as oms:
        return oms.verify()


def rules(report: Report) -> set[str]:
    """Return the rules that are broken, as ``group/rule``."""
    return {f"{fault.group}/{fault.rule}" for fault in report.faults}


def test_a_sound_file_is_clean(sound: Path) -> None:
    """Two tenants in one file, in which everything happened once, have no fault."""
    with Vectis.open(f"sqlite:///{sound}") as oms:
        report = oms.verify()
    assert report.faults == ()
    assert report.checked["tenants"] == 2
    assert report.checked["orders"] == 18


#: Tables that hold one order's id each, so that a statement can say ``order_id IN short``.
MEANT = """
CREATE TEMP TABLE pending AS SELECT id FROM orders WHERE tenant = 'acme' AND external_id = 'pending';
CREATE TEMP TABLE short AS SELECT id FROM orders WHERE tenant = 'acme' AND external_id = 'short';
CREATE TEMP TABLE shipped AS SELECT id FROM orders WHERE tenant = 'acme' AND external_id = 'shipped';
CREATE TEMP TABLE delivered AS SELECT id FROM orders WHERE tenant = 'acme' AND external_id = 'delivered';
"""

BROKEN: dict[str, set[str]] = {
    "UPDATE stock SET on_hand = on_hand + 1 WHERE tenant = 'acme' AND sku = 'B'": {"ledger/balance", "ledger/sum"},
    "UPDATE stock SET reserved = on_hand + 1 WHERE tenant = 'acme' AND sku = 'B'": {
        "ledger/balance",
        "ledger/sum",
        "ledger/oversold",
        "reservations/held",
    },
    "UPDATE order_lines SET reserved = reserved + 1 WHERE order_id IN pending": {
        "lines/pieces",
        "reservations/line_reserved",
    },
    "UPDATE orders SET total = '1.00' WHERE id IN pending": {"lines/order_total"},
    "UPDATE orders SET status = 'confirmed' WHERE id IN pending": {
        "status/status",
        "status/confirmed",
        "status/last_step",
        "counters/counter",
    },
    "DELETE FROM stock_ledger WHERE kind = 'release' AND order_id IN short": {
        "ledger/balance",
        "ledger/newest",
        "ledger/sum",
        "causes/open_cause",
    },
    "DELETE FROM events WHERE type = 'order.delivered' AND subject_id IN delivered": {
        "events/missing",
        "events/sequence",
        "status/last_step",
    },
    "UPDATE counters SET value = value + 1 WHERE tenant = 'acme' AND name = 'products'": {"counters/counter"},
    "UPDATE shipment_lines SET quantity = quantity + 1 WHERE order_id IN shipped": {
        "lines/shipped",
        "causes/ship_cause",
    },
}


@pytest.mark.parametrize("statement", BROKEN)
def test_what_was_broken_in_the_file_is_named(sound: Path, tmp_path: Path, statement: str) -> None:
    """Each change past the checks is told by the rules it breaks; what the file says of itself may stand beside."""
    assert rules(after(sound, tmp_path, statement)) - {"references/stray"} == BROKEN[statement]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE orders SET status = 'lost' WHERE id IN pending",
        "UPDATE orders SET total = 'much' WHERE id IN pending",
        "UPDATE stock_ledger SET kind = 'magic' WHERE tenant = 'acme' AND seq = 2",
        "UPDATE events SET type = 'order.vanished' WHERE tenant = 'acme' AND position = 20",
    ],
)
def test_a_value_that_means_nothing_is_a_fault(sound: Path, tmp_path: Path, statement: str) -> None:
    """What cannot be read is told as such, and is no reason to stop checking the rest."""
    report = after(sound, tmp_path, statement)
    assert rules(report) - {"references/stray"} == {"references/unreadable"}
    assert report.checked["tenants"] == 2


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM products WHERE tenant = 'acme' AND sku = 'A'",
        "DELETE FROM orders WHERE id IN shipped",
        "UPDATE reservations SET tenant = 'default' WHERE order_id IN pending",
        "UPDATE stock SET warehouse_id = 'wh_nowhere' WHERE tenant = 'acme' AND sku = 'B'",
    ],
)
def test_rows_that_point_to_nothing_are_told(sound: Path, tmp_path: Path, statement: str) -> None:
    """A row whose owner is gone, or of another tenant, is a fault of the references."""
    assert "references/stray" in rules(after(sound, tmp_path, statement))

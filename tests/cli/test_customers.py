"""``vectis customers``: what is personal of a customer, printed and erased."""

from __future__ import annotations

import json

import pytest
from cli_types import Call

from vectis_core import Address, Item, Vectis


def test_a_customer_is_printed_and_erased(vectis: Call, database: str) -> None:
    """Lines of JSON, one an order; then nothing personal; what has not ended is named and makes the exit code 2."""
    jane = Address(name="Jane Smith", line1="123 Main St", city="Austin", country="US")
    with Vectis.open(database) as oms:
        oms.products.create(sku="W", name="Widget")
        [stock] = oms.inventory.list(sku="W")
        oms.inventory.adjust(stock.id, 9, "delivery")
        ids = [
            oms.orders.create(
                external_id=name, items=[Item("W", 1, 1)], shipping_addresses=[jane], customer_id="jane"
            ).order.id
            for name in ("1", "2")
        ]
        oms.orders.cancel(ids[0])
    printed = vectis("customers", "export", "--customer-id", "jane")
    assert printed.exit_code == 0
    orders = [json.loads(line)["order"] for line in printed.stdout.splitlines()]
    assert [order["id"] for order in orders] == ids[::-1]
    assert "Jane Smith" in printed.stdout

    erased = vectis("customers", "erase", "--customer-id", "jane", "--json")
    assert erased.exit_code == 2
    assert json.loads(erased.stdout) == {
        "tenant": "default",
        "erased": [ids[0]],
        "erasedBefore": 0,
        "postponed": [ids[1]],
        "payloadsDeleted": 0,
        "purged": True,
    }
    with Vectis.open(database) as oms:
        oms.orders.cancel(ids[1])
    last = vectis("customers", "erase", "--customer-id", "jane")
    told = "Tenant default: 1 order erased, 1 before; 0 payloads of carriers deleted\n"
    assert (last.exit_code, last.stdout) == (0, told)
    assert "Jane Smith" not in vectis("customers", "export", "--customer-id", "jane").stdout


def test_erasing_nobody_is_no_success(vectis: Call, database: str) -> None:
    """Asked of the wrong tenant, it names the tenant and fails, for the customer's data are somewhere else."""
    with Vectis.open(database):
        pass
    for form in ([], ["--json"]):
        asked = vectis("customers", "erase", "--email", "jane@example.com", *form)
        assert asked.exit_code == 1
        assert "Tenant default has no order that names this customer" in asked.stderr


def test_bytes_that_stay_are_told(vectis: Call, database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the file cannot be purged just now, the command says so, and its exit code is 2."""
    jane = Address(name="Jane Smith", line1="123 Main St", city="Austin", country="US")
    with Vectis.open(database) as oms:
        oms.products.create(sku="W", name="Widget")
        [stock] = oms.inventory.list(sku="W")
        oms.inventory.adjust(stock.id, 9, "delivery")
        placed = oms.orders.create(
            external_id="1", items=[Item("W", 1, 1)], shipping_addresses=[jane], customer_id="jane"
        )
        oms.orders.cancel(placed.order.id)
    monkeypatch.setattr("vectis_sqlite.store.SqliteStore.purge", lambda _: False)
    erased = vectis("customers", "erase", "--customer-id", "jane")
    assert erased.exit_code == 2
    assert "still in the file" in erased.stderr


def test_a_customer_must_be_named(vectis: Call) -> None:
    """Without a key, or with two, it is a wrong use, and no database is looked at."""
    for wrong in (("erase",), ("export", "--customer-id", "1", "--email", "a@b.c")):
        refused = vectis("customers", *wrong)
        assert refused.exit_code == 2
        assert "--customer-id or by --email" in refused.stderr

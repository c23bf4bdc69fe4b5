"""Checks of values: what the strategies draw is accepted, and each rule refuses what breaks it, by JSON path."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectis_core.catalogue import NewProduct, Weight
from vectis_core.checking import UNSET, Unset, canonical_form, check, problems_of, wire_name
from vectis_core.commands import PlaceOrder
from vectis_core.errors import ValidationError
from vectis_core.orders.model import Item, NewOrder, NewShipment, ShipmentItem
from vectis_core.stock.model import Adjustment, StockChange
from vectis_core.testing import samples
from vectis_core.testing import strategies as shop

ORDER = NewOrder("ORDER-1", (Item("WIDGET-001", 2, "29.99"),), (samples.address(),))


@given(st.one_of(shop.new_orders(), shop.new_products(), shop.adjustments(), shop.new_shipments()))
def test_what_the_strategies_draw_is_valid(value: object) -> None:
    """The public strategies draw nothing that the product refuses."""
    check(value)


@given(shop.new_orders(), shop.new_orders())
def test_equal_requests_have_equal_fingerprints_and_others_do_not(first: NewOrder, second: NewOrder) -> None:
    """Two orders mean the same exactly if their canonical forms and their fingerprints are equal."""
    same_again = attrs.evolve(first)

    assert canonical_form(first) == canonical_form(same_again)
    assert PlaceOrder(intent=first).fingerprint() == PlaceOrder(intent=same_again).fingerprint()
    alike = PlaceOrder(intent=first).fingerprint() == PlaceOrder(intent=second).fingerprint()
    assert alike == (first == second)


def problems(value: Any) -> dict[str, str]:
    """Return what is wrong with a value, by path."""
    return {problem.field: problem.message for problem in problems_of(value)}


BAD_ITEMS = [
    ({"sku": ""}, "items[0].sku"),
    ({"sku": " \t"}, "items[0].sku"),
    ({"sku": "x" * 129}, "items[0].sku"),
    ({"sku": "a\x00b"}, "items[0].sku"),
    ({"sku": "a\ud800b"}, "items[0].sku"),
    ({"sku": 7}, "items[0].sku"),
    ({"quantity": 0}, "items[0].quantity"),
    ({"quantity": -1}, "items[0].quantity"),
    ({"quantity": 1.0}, "items[0].quantity"),
    ({"quantity": True}, "items[0].quantity"),
    ({"quantity": "2"}, "items[0].quantity"),
    ({"quantity": 1_000_001}, "items[0].quantity"),
    ({"quantity": 10**30}, "items[0].quantity"),
    ({"unit_price": "-0.01"}, "items[0].unitPrice"),
    ({"unit_price": "NaN"}, "items[0].unitPrice"),
    ({"unit_price": "sNaN"}, "items[0].unitPrice"),
    ({"unit_price": "Infinity"}, "items[0].unitPrice"),
    ({"unit_price": "1e400"}, "items[0].unitPrice"),
    ({"unit_price": "1000000000"}, "items[0].unitPrice"),
    ({"unit_price": "0.00001"}, "items[0].unitPrice"),
    ({"shipping_address": -1}, "items[0].shippingAddress"),
    ({"shipping_address": 50}, "items[0].shippingAddress"),
]


@pytest.mark.parametrize(("changes", "field"), BAD_ITEMS)
def test_a_bad_line_is_refused_by_its_path(changes: dict[str, Any], field: str) -> None:
    """Each thing that can be wrong with a line is named by its JSON path, and by nothing else."""
    good = {"sku": "WIDGET-001", "quantity": 2, "unit_price": "29.99"}
    order = attrs.evolve(ORDER, items=(Item(**{**good, **changes}),))

    assert list(problems(order)) == [field]


BAD_ORDERS = [
    ({"external_id": ""}, "externalId"),
    ({"external_id": "x" * 256}, "externalId"),
    ({"items": ()}, "items"),
    ({"items": ORDER.items * 501}, "items"),
    ({"items": "abc"}, "items"),
    ({"items": ({"sku": "A"},)}, "items[0]"),
    ({"shipping_addresses": ()}, "shippingAddresses"),
    ({"shipping_addresses": (samples.address(),) * 51}, "shippingAddresses"),
    ({"shipping_addresses": (samples.address(country="us"),)}, "shippingAddresses[0].country"),
    ({"shipping_addresses": (samples.address(), samples.address(city=" "))}, "shippingAddresses[1].city"),
    ({"billing_address": samples.address(postal_code="9" * 33)}, "billingAddress.postalCode"),
    ({"currency": "usd"}, "currency"),
    ({"currency": "XXX"}, "currency"),
    ({"customer_email": "jane"}, "customerEmail"),
    ({"customer_email": "jane@"}, "customerEmail"),
    ({"customer_id": ""}, "customerId"),
]


@pytest.mark.parametrize(("changes", "field"), BAD_ORDERS)
def test_a_bad_order_is_refused_by_its_path(changes: dict[str, Any], field: str) -> None:
    """Each thing that can be wrong with an order is named by its JSON path, and by nothing else."""
    assert list(problems(attrs.evolve(ORDER, **changes))) == [field]


def test_everything_wrong_is_told_at_once() -> None:
    """The error lists every problem, in the order of the fields, and the first one is its field."""
    order = NewOrder("", (Item("", 0, "-1"),), (samples.address(name=""),))

    with pytest.raises(ValidationError) as refused:
        check(order)
    fields = [problem.field for problem in refused.value.problems]
    assert fields == [
        "externalId",
        "items[0].sku",
        "items[0].quantity",
        "items[0].unitPrice",
        "shippingAddresses[0].name",
    ]
    assert refused.value.details["field"] == "externalId"
    assert [error["field"] for error in refused.value.details["errors"]] == fields


@pytest.mark.parametrize(
    ("value", "field"),
    [
        (Adjustment(0, "x"), "adjustment"),
        (Adjustment(1_000_000_001, "x"), "adjustment"),
        (Adjustment(1, ""), "reason"),
        (NewProduct("A", "A", Weight(Decimal(0), "lb")), "weight.value"),
        (NewProduct("A", "A", Weight(Decimal(1), "stone")), "weight.unit"),
        (NewShipment("UPS", "1Z", status="delivered"), "status"),
        (NewShipment("UPS", "1Z", items=(ShipmentItem(quantity=0, sku="A"),)), "items[0].quantity"),
        (StockChange(-1), "reorderPoint"),
    ],
)
def test_other_requests_are_refused_by_their_path(value: object, field: str) -> None:
    """The other requests name their bad fields in the same way."""
    assert list(problems(value)) == [field]


def test_what_is_not_mentioned_is_not_checked() -> None:
    """A partial update that leaves a field out, or clears one that may be cleared, is fine."""
    assert problems(StockChange()) == {}
    assert problems(StockChange(None)) == {}
    assert StockChange().reorder_point is UNSET
    assert not UNSET
    assert Unset() is UNSET


def test_names_on_the_wire() -> None:
    """Python's names become the API's."""
    assert [wire_name(name) for name in ("sku", "unit_price", "line1")] == ["sku", "unitPrice", "line1"]

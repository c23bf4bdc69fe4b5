"""The converter: strict where cattrs' own is lenient, and exact about where a fault is."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from vectis_core.access import NewClient
from vectis_core.catalogue import Dimensions, NewProduct, ProductChange, WarehouseChange, Weight
from vectis_core.checking import UNSET
from vectis_core.errors import ValidationError
from vectis_core.orders import Address, Item, NewOrder, NewShipment, ShipmentItem, ShipmentMoment
from vectis_core.stock import Adjustment, StockChange
from vectis_http.converter import decode, moment_of

ADDRESS = {"name": "Jane", "line1": "1 Main St", "city": "Austin", "country": "US"}
ITEM = {"sku": "A", "quantity": 2, "unitPrice": Decimal("29.99")}


def faults(cls: type, value: Any) -> dict[str, str]:
    """Return what is wrong with *value* as a *cls*, by path."""
    with pytest.raises(ValidationError) as caught:
        decode(cls, value)
    return {problem.field: problem.message for problem in caught.value.problems}


def test_an_order_is_decoded_in_depth() -> None:
    """Wire names become Python names, objects become value objects, lists become tuples."""
    value = {
        "externalId": "E",
        "items": [{**ITEM, "shippingAddress": 0}],
        "shippingAddresses": [{**ADDRESS, "postalCode": "78701"}],
        "customerId": None,
    }
    assert decode(NewOrder, value) == NewOrder(
        external_id="E",
        items=(Item("A", 2, Decimal("29.99"), 0),),
        shipping_addresses=(Address("Jane", "1 Main St", "Austin", "US", postal_code="78701"),),
    )


@pytest.mark.parametrize("quantity", ["2", 1.5, Decimal("2.0"), True, None, [2], {}, 0, -1, 10**30])
def test_an_integer_is_never_made_of_something_else(quantity: Any) -> None:
    """Text, decimals, booleans and null are no integers, whatever they look like."""
    assert list(faults(Item, {**ITEM, "quantity": quantity})) == ["quantity"]


@pytest.mark.parametrize("text", [1, None, True, ["A"], Decimal(1)])
def test_text_is_never_made_of_something_else(text: Any) -> None:
    """Null does not become 'None'; a number does not become its digits."""
    assert list(faults(Item, {**ITEM, "sku": text})) == ["sku"]


@pytest.mark.parametrize("price", ["29.99", True, None, Decimal("NaN"), Decimal("1E+400"), Decimal("0.00001")])
def test_a_price_is_a_number(price: Any) -> None:
    """A number in text is refused over HTTP, and so is what no price can be."""
    assert list(faults(Item, {**ITEM, "unitPrice": price})) == ["unitPrice"]


@pytest.mark.parametrize(
    ("given", "price"), [(30, "30"), (Decimal("29.9900000"), "29.99"), (Decimal("1E+2"), "100"), (0, "0")]
)
def test_a_price_keeps_its_significant_digits(given: Any, price: str) -> None:
    """Integers are prices too; zeros at the end are no decimals."""
    assert str(decode(Item, {**ITEM, "unitPrice": given}).unit_price) == price


def test_each_fault_is_told_by_its_path() -> None:
    """Missing, unknown and wrong fields at every depth are told at once, in the order of the fields."""
    value = {
        "items": [{**ITEM, "quantity": "2", "x": 1}, 7, {"sku": "A"}],
        "shippingAddresses": [ADDRESS, {**ADDRESS, "country": "USA"}],
        "billingAddress": [],
        "more": 1,
    }
    assert list(faults(NewOrder, value)) == [
        "externalId",
        "items[0].quantity",
        "items[0].x",
        "items[1]",
        "items[2].quantity",
        "items[2].unitPrice",
        "shippingAddresses[1].country",
        "billingAddress",
        "more",
    ]


def test_faults_have_words() -> None:
    """Each fault says what the field must be."""
    assert faults(Item, {"quantity": 0, "unitPrice": "1", "price": 1}) == {
        "sku": "is required",
        "quantity": "must be between 1 and 1000000",
        "unitPrice": "must be a number",
        "price": "is not a known field",
    }


def test_a_python_name_is_no_wire_name() -> None:
    """A field goes by its camelCase name alone."""
    assert set(faults(Item, {"sku": "A", "quantity": 1, "unit_price": 1})) == {"unitPrice", "unit_price"}


def test_a_body_must_be_an_object() -> None:
    """Anything but an object is refused as a whole."""
    for value in ([], "x", 1, None, True, [ITEM]):
        assert faults(Item, value) == {"": "The body must be an object"}


@pytest.mark.parametrize("items", [None, {}, "A", ("A",), 5])
def test_a_list_is_a_list(items: Any) -> None:
    """Only a JSON list is a list, and it has as many entries as the rule allows."""
    value = {"externalId": "E", "shippingAddresses": [ADDRESS], "items": items}
    assert faults(NewOrder, value) == {"items": "must be a list"}
    assert list(faults(NewOrder, value | {"items": [ITEM] * 501})) == ["items"]


def test_of_very_many_faults_a_hundred_are_told() -> None:
    """An answer does not grow with the question."""
    value = {"externalId": "E", "shippingAddresses": [ADDRESS], "items": [{}] * 500}
    assert len(faults(NewOrder, value)) == 100


def test_what_is_left_out_is_unset_and_null_is_none() -> None:
    """A partial update tells a field that is not mentioned from one that is cleared."""
    assert decode(ProductChange, {}) == ProductChange()
    change = decode(ProductChange, {"weight": None, "active": False})
    assert (change.weight, change.active, change.name, change.dimensions) == (None, False, UNSET, UNSET)
    assert decode(StockChange, {"reorderPoint": None}).reorder_point is None
    assert list(faults(ProductChange, {"name": None, "active": None})) == ["name", "active"]
    assert list(faults(WarehouseChange, {"address": {}, "priority": None})) == [
        "address.line1",
        "address.city",
        "address.country",
        "priority",
    ]


def test_value_objects_within_are_checked() -> None:
    """Weights and dimensions are decoded exactly."""
    value = {
        "sku": "A",
        "name": "B",
        "weight": {"value": Decimal("1.5"), "unit": "lb"},
        "dimensions": {"length": 10, "width": Decimal("8.0"), "height": 4, "unit": "in"},
    }
    product = decode(NewProduct, value)
    assert product.weight == Weight("1.5", "lb")
    assert product.dimensions == Dimensions(10, 8, 4, "in")


def test_an_optional_list_may_be_left_out() -> None:
    """A shipment without items is of all that is reserved; given, they are checked."""
    parcel = {"carrier": "ups", "trackingNumber": "1"}
    assert decode(NewShipment, parcel).items is None
    given = decode(NewShipment, {**parcel, "items": [{"lineId": "l", "quantity": 1}]})
    assert given.items == (ShipmentItem(quantity=1, line_id="l"),)
    assert list(faults(NewShipment, {**parcel, "items": []})) == ["items"]


def test_a_list_of_words_is_checked_word_by_word() -> None:
    """Each scope of a client must be one."""
    assert decode(NewClient, {"name": "x", "scopes": ["admin"]}).scopes == ("admin",)
    assert list(faults(NewClient, {"name": "x", "scopes": ["admin", "root", 1]})) == ["scopes[1]", "scopes[2]"]


def test_an_adjustment_may_be_negative_but_not_zero() -> None:
    """The sign of an adjustment says whether pieces were found or are gone."""
    assert decode(Adjustment, {"adjustment": -5, "reason": "x"}).adjustment == -5
    assert faults(Adjustment, {"adjustment": 0, "reason": "x"}) == {"adjustment": "must not be 0"}


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-26T12:00:00Z", datetime(2026, 1, 26, 12, tzinfo=UTC)),
        ("2026-01-26t12:00:00z", datetime(2026, 1, 26, 12, tzinfo=UTC)),
        ("2026-01-26T12:00:00.5+02:00", datetime(2026, 1, 26, 10, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-01-26T12:00:00-06:00", datetime(2026, 1, 26, 18, tzinfo=UTC)),
    ],
)
def test_a_moment_is_read_in_its_zone(text: str, moment: datetime) -> None:
    """Times are those of RFC 3339, brought to UTC."""
    assert decode(ShipmentMoment, {"at": text}).at == moment


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-26T12:00:00",
        "2026-01-26",
        "20260126T120000Z",
        "2026-W05-1T12:00:00Z",
        "2026-02-30T12:00:00Z",
        "2026-01-26T24:00:01Z",
        "2026-01-26T12:00:60Z",
        "2026-01-26T12:00Z",
        "2026-01-26 12:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "٢٠٢٦-01-26T12:00:00Z",
        "now",
        "",
    ],
)
def test_what_is_no_moment_of_rfc_3339_is_refused(text: str) -> None:
    """Times without a zone, other forms of ISO 8601 and days that do not exist are no moments."""
    assert moment_of(text) is None
    assert list(faults(ShipmentMoment, {"at": text})) == ["at"]
    assert list(faults(ShipmentMoment, {"at": 1_769_428_800})) == ["at"]

"""What the operations of our own do, one story each."""

from __future__ import annotations

from datetime import timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from http_faces import Shop, an_order

from vectis_core.clock import to_wire
from vectis_http.operations import RESOURCES


def test_a_shipment_goes_from_label_to_delivered(shop: Shop) -> None:
    """A label takes no stock; shipping it does; delivering it delivers the order."""
    record = shop.stocked()
    order = shop.ordered()
    shop.post(f"/api/orders/{order['id']}/confirm")
    body = {"carrier": "fedex", "trackingNumber": "7", "status": "label_created"}
    made = shop.post(f"/api/orders/{order['id']}/shipments", body)
    assert made.status == 201
    place = made.headers["location"]
    assert shop.get(place).json == made.json
    assert (made.json["status"], made.json["shippedAt"]) == ("label_created", None)
    assert shop.get(f"/api/inventory/{record['id']}").json["quantityOnHand"] == 100
    moment = shop.clock.advance(60)
    in_austin = moment.astimezone(timezone(timedelta(hours=-6))).isoformat()
    shop.clock.advance(60)
    shipped = shop.post(f"{place}/ship", {"at": in_austin}).json
    assert (shipped["status"], shipped["shippedAt"]) == ("shipped", to_wire(moment))
    assert shop.get(f"/api/inventory/{record['id']}").json["quantityOnHand"] == 98
    assert shop.post(f"{place}/deliver").json["status"] == "delivered"
    assert shop.get(f"/api/orders/{order['id']}").json["status"] == "delivered"


def test_an_order_ships_in_parts_and_is_closed_short(shop: Shop) -> None:
    """One piece ships, the rest is closed short: released, and the order's figures follow."""
    record = shop.stocked()
    order = shop.ordered()
    shop.post(f"/api/orders/{order['id']}/confirm")
    parcel = {"carrier": "dhl", "trackingNumber": "1", "items": [{"sku": "WIDGET-001", "quantity": 1}]}
    assert shop.post(f"/api/orders/{order['id']}/shipments", parcel).status == 201
    assert shop.get(f"/api/orders/{order['id']}").json["status"] == "partially_shipped"
    closed = shop.post(f"/api/orders/{order['id']}/close-short", {"reason": "lost"}).json
    assert (closed["status"], closed["itemCount"], closed["total"]) == ("shipped", 1, Decimal("29.99"))
    left = shop.get(f"/api/inventory/{record['id']}").json
    assert (left["quantityOnHand"], left["quantityReserved"]) == (99, 0)


def test_a_label_is_voided(shop: Shop) -> None:
    """A voided label frees its pieces for another."""
    shop.stocked()
    order = shop.ordered()
    shop.post(f"/api/orders/{order['id']}/confirm")
    body = {"carrier": "ups", "trackingNumber": "1", "status": "label_created"}
    label = shop.post(f"/api/orders/{order['id']}/shipments", body).json
    assert shop.post(f"/api/orders/{order['id']}/shipments", body).status in {400, 409}
    assert shop.post(f"/api/shipments/{label['id']}/void", {}).json["status"] == "voided"
    assert shop.post(f"/api/shipments/{label['id']}/ship").status == 409
    assert shop.post(f"/api/orders/{order['id']}/shipments", body).status == 201


def test_a_held_order_is_neither_confirmed_nor_shipped(shop: Shop) -> None:
    """A hold is told with its reason and forbids confirming until it is released."""
    shop.stocked()
    order = shop.ordered()
    place = f"/api/orders/{order['id']}"
    held = shop.post(f"{place}/hold", {"reason": "fraud check"}).json
    assert (held["onHold"], held["holdReason"], held["status"]) == (True, "fraud check", "pending")
    assert shop.post(f"{place}/confirm").status == 409
    assert shop.post(f"{place}/release", {"reason": "cleared"}).json["onHold"] is False
    assert shop.post(f"{place}/confirm").status == 200


def test_an_orders_history_names_each_step_and_who_took_it(shop: Shop) -> None:
    """Each step is there once, oldest first, with a number, a moment and the client."""
    shop.stocked()
    order = shop.ordered()
    shop.post(f"/api/orders/{order['id']}/confirm")
    shop.post(f"/api/orders/{order['id']}/cancel", {"reason": "x"})
    history = shop.get(f"/api/orders/{order['id']}/history").json["history"]
    client = shop.get("/api/clients").json["clients"][0]["id"]
    assert [(step["event"], step["sequence"], step["actor"]) for step in history] == [
        ("order.created", 1, client),
        ("order.confirmed", 2, client),
        ("order.cancelled", 3, client),
    ]


def test_too_little_stock_names_each_short_sku(shop: Shop) -> None:
    """Two lines of one SKU that fit singly but not together are refused whole, with what is to be had."""
    record = shop.stocked(pieces=3)
    line = {"sku": "WIDGET-001", "quantity": 2, "unitPrice": 1}
    refused = shop.post("/api/orders", an_order(items=[line, line]))
    assert (refused.status, refused.error) == (409, "InsufficientStock")
    shortage = {"sku": "WIDGET-001", "requested": 4, "available": 3}
    assert refused.json["details"]["shortages"] == [shortage]
    assert shop.get(f"/api/inventory/{record['id']}").json == record


def test_less_than_is_promised_cannot_remain(shop: Shop) -> None:
    """An adjustment that would eat into a reservation is a 409."""
    record = shop.stocked(pieces=2)
    shop.ordered()
    refused = shop.patch(f"/api/inventory/{record['id']}/adjust", {"adjustment": -1, "reason": "gone"})
    assert (refused.status, refused.error) == (409, "Conflict")


def test_a_sku_is_taken_once(shop: Shop) -> None:
    """A second product of one SKU is a 409."""
    assert shop.post("/api/products", {"sku": "A", "name": "B"}).status == 201
    refused = shop.post("/api/products", {"sku": "A", "name": "B"})
    assert (refused.status, refused.error) == (409, "Conflict")


def test_null_clears_what_is_optional(shop: Shop) -> None:
    """``null`` takes a weight away; what is left out stays."""
    weight = {"value": Decimal("1.5"), "unit": "lb"}
    size = {"length": 10, "width": 8, "height": 4, "unit": "in"}
    body = {"sku": "A", "name": "B", "weight": weight, "dimensions": size}
    product = shop.post("/api/products", body).json
    changed = shop.patch(f"/api/products/{product['id']}", {"weight": None}).json
    assert (changed["weight"], changed["dimensions"], changed["name"]) == (None, size, "B")
    assert shop.patch(f"/api/products/{product['id']}", {}).json["dimensions"] == size


def test_warehouses_are_added_read_and_changed(shop: Shop) -> None:
    """A tenant starts with a default warehouse; others are added, listed, read and changed."""
    address = {"line1": "1 Dock Rd", "city": "Austin", "country": "US"}
    made = shop.post("/api/warehouses", {"code": "W2", "name": "Second", "address": address})
    assert made.status == 201
    assert {k: made.json["address"][k] for k in address} == address
    assert shop.get(made.headers["location"]).json == made.json
    listed = shop.get("/api/warehouses").json["warehouses"]
    assert [w["isDefault"] for w in listed] == [False, True]
    changed = shop.patch(made.headers["location"], {"name": "2nd", "address": None}).json
    assert (changed["name"], changed["address"], changed["code"]) == ("2nd", None, "W2")
    assert shop.post("/api/warehouses", {"code": "W3", "name": "Third", "active": False}).json["active"] is False


def test_settings_are_read_and_changed(shop: Shop) -> None:
    """With autoConfirm an order is confirmed as it is created."""
    assert shop.get("/api/settings").json == {"autoConfirm": False}
    assert shop.patch("/api/settings", {"autoConfirm": 1}).field == "autoConfirm"
    assert shop.patch("/api/settings", {"autoConfirm": True}).json == {"autoConfirm": True}
    shop.stocked()
    assert shop.ordered()["status"] == "confirmed"


@pytest.mark.parametrize(
    ("currency", "price", "quantity", "unit_price", "total"),
    [
        ("USD", "0.1", 3, b'"unitPrice":0.1', b'"total":0.30'),
        ("USD", "30", 2, b'"unitPrice":30', b'"total":60.00'),
        ("USD", "29.9900", 2, b'"unitPrice":29.99', b'"total":59.98'),
        ("USD", "0.0050", 1, b'"unitPrice":0.005', b'"total":0.01'),
        ("USD", "-0.0", 1, b'"unitPrice":0', b'"total":0.00'),
        ("USD", "1e2", 1, b'"unitPrice":100', b'"total":100.00'),
        ("USD", "999999999.9999", 1_000_000, b'"unitPrice":999999999.9999', b'"total":999999999999900.00'),
        ("JPY", "60", 1, b'"unitPrice":60', b'"total":60,'),
        ("KWD", "1.5", 1, b'"unitPrice":1.5', b'"total":1.500'),
    ],
)
def test_money_is_written_exactly(
    shop: Shop, currency: str, price: str, quantity: int, unit_price: bytes, total: bytes
) -> None:
    """Totals have exactly the currency's minor digits, unit prices their significant ones; no float is near."""
    shop.stocked(pieces=1_000_000)
    line = {"sku": "WIDGET-001", "quantity": quantity, "unitPrice": Decimal(price)}
    made = shop.post("/api/orders", an_order(currency=currency, items=[line]))
    assert made.status == 201
    assert made.json["currency"] == currency
    assert unit_price + b"," in made.body
    assert made.body.count(total) >= 2 if total.endswith(b",") else made.body.count(total + b",") == 2


def test_text_of_any_language_comes_back_as_it_was(shop: Shop) -> None:
    """Names beyond ASCII are kept and written as they are, not escaped."""
    name = "Łódź 東京 🚚 \u2028"
    made = shop.post("/api/products", {"sku": "A", "name": name})
    assert made.json["name"] == name
    assert name.encode() in made.body


def test_the_table_of_operations_is_sound() -> None:
    """The rows' names are unique, and each row says what it is for and what it answers."""
    names = [operation.name for operation in RESOURCES]
    assert len(set(names)) == len(names)
    assert all(operation.responses and operation.summary for operation in RESOURCES)


def test_an_order_line_names_its_address(shop: Shop) -> None:
    """A line may name another shipping address by index."""
    shop.stocked()
    two: list[dict[str, Any]] = [{"name": n, "line1": "1", "city": "Austin", "country": "US"} for n in ("Home", "Work")]
    line = {"sku": "WIDGET-001", "quantity": 1, "unitPrice": 1}
    order = shop.ordered(shippingAddresses=two, items=[line, {**line, "shippingAddress": 1}])
    assert [item["shippingAddress"] for item in order["items"]] == [0, 1]
    assert [address["name"] for address in order["shippingAddresses"]] == ["Home", "Work"]

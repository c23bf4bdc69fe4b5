"""Bad input: each a 4xx in the guide's error form that names what is wrong, with nothing changed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from http_faces import AN_ADDRESS, Shop, an_order

#: Fields of an order line, and what they must not be.
BAD_ITEMS: list[tuple[str, bytes]] = [
    ("quantity", b"0"),
    ("quantity", b"-1"),
    ("quantity", b"-0"),
    ("quantity", b"1.5"),
    ("quantity", b"2.0"),
    ("quantity", b"1e1"),
    ("quantity", b'"2"'),
    ("quantity", b"true"),
    ("quantity", b"null"),
    ("quantity", b"[2]"),
    ("quantity", b"1" + b"0" * 30),
    ("unitPrice", b"-1"),
    ("unitPrice", b"1e400"),
    ("unitPrice", b"-1e400"),
    ("unitPrice", b"1e1000000"),
    ("unitPrice", b"1000000000"),
    ("unitPrice", b"1.00001"),
    ("unitPrice", b'"29.99"'),
    ("unitPrice", b"true"),
    ("unitPrice", b"null"),
    ("sku", b'""'),
    ("sku", b'" "'),
    ("sku", b"7"),
    ("sku", b'"NOBODY-HAS-IT"'),
    ("sku", b'"a\\u0000b"'),
    ("sku", b'"\\ud800"'),
    ("sku", b'"' + b"x" * 129 + b'"'),
    ("shippingAddress", b"1"),
    ("shippingAddress", b"-1"),
]

#: Bodies that are no sound JSON at all.
BAD_BODIES: dict[str, bytes] = {
    "nothing": b"",
    "no JSON": b"sku=WIDGET-001",
    "broken off": b'{"externalId": "A',
    "two values": b"{}{}",
    "NaN": b'{"externalId": NaN}',
    "Infinity": b'{"externalId": -Infinity}',
    "nested 100,000 deep": b"[" * 100_000 + b"]" * 100_000,
    "objects nested 33 deep": b'{"a":' * 33 + b"1" + b"}" * 33,
    "a number of 5,000 digits": b'{"externalId": ' + b"9" * 5000 + b"}",
    "an exponent beyond any": b'{"externalId": 1e' + b"9" * 40 + b"}",
    "not UTF-8": b'{"externalId": "\xff"}',
    "an encoded surrogate": b'{"externalId": "\xed\xa0\x80"}',
    "a byte order mark": b'\xef\xbb\xbf{"externalId": "A"}',
    "UTF-16": '{"externalId": "A"}'.encode("utf-16"),
    "a raw NUL": b'{"externalId": "\x00"}',
    "a list": b"[]",
    "a string": b'"order"',
    "a number": b"1",
    "null": b"null",
}


def order_with(field: str, value: bytes) -> bytes:
    """Return the body of an order whose only line has *value* as its *field*."""
    line = {"sku": b'"WIDGET-001"', "quantity": b"2", "unitPrice": b"29.99", field: value}
    item = b",".join(b'"%s":%s' % (name.encode(), text) for name, text in line.items())
    address = json.dumps(AN_ADDRESS).encode()
    return b'{"externalId":"BAD","items":[{%s}],"shippingAddresses":[%s]}' % (item, address)


def nothing_changed(shop: Shop) -> bool:
    """Return whether the shop has no order and all its stock."""
    records = shop.get("/api/inventory").json["items"]
    return not shop.get("/api/orders").json["orders"] and all(r["quantityReserved"] == 0 for r in records)


@pytest.mark.parametrize(("field", "value"), BAD_ITEMS, ids=[f"{f}={v[:12]!r}" for f, v in BAD_ITEMS])
def test_a_bad_line_is_refused_by_the_path_of_its_field(shop: Shop, field: str, value: bytes) -> None:
    """A line that breaks a rule is a 400 that names ``items[0]`` and the field; no order, no stock taken."""
    shop.stocked()
    refused = shop.post("/api/orders", order_with(field, value))
    assert refused.field == f"items[0].{field}"
    assert nothing_changed(shop)


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES.keys())
def test_a_body_that_is_no_sound_json_object_is_refused(shop: Shop, body: bytes) -> None:
    """What is not one object of sound JSON in UTF-8 is a 400, never a 500."""
    refused = shop.post("/api/orders", body)
    assert (refused.status, refused.error) == (400, "ValidationError")


@pytest.mark.parametrize("missing", ["externalId", "items", "shippingAddresses"])
def test_a_missing_field_is_named(shop: Shop, missing: str) -> None:
    """An order without a required field is refused by that field's name."""
    body = {name: value for name, value in an_order().items() if name != missing}
    refused = shop.post("/api/orders", body)
    assert refused.field == missing
    assert refused.json["message"] == f"{missing} is required"


@pytest.mark.parametrize("missing", ["sku", "quantity", "unitPrice"])
def test_a_missing_field_of_a_line_is_named(shop: Shop, missing: str) -> None:
    """A line without a required field is refused by its path."""
    body = an_order()
    del body["items"][0][missing]
    assert shop.post("/api/orders", body).field == f"items[0].{missing}"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"externalId": ""}, "externalId"),
        ({"externalId": "x" * 256}, "externalId"),
        ({"externalId": None}, "externalId"),
        ({"items": []}, "items"),
        ({"items": {}}, "items"),
        ({"items": "WIDGET-001"}, "items"),
        ({"items": ["WIDGET-001"]}, "items[0]"),
        ({"shippingAddresses": []}, "shippingAddresses"),
        ({"shippingAddresses": [AN_ADDRESS] * 51}, "shippingAddresses"),
        ({"shippingAddresses": [{**AN_ADDRESS, "country": "USA"}]}, "shippingAddresses[0].country"),
        ({"shippingAddresses": [AN_ADDRESS, {**AN_ADDRESS, "city": 1}]}, "shippingAddresses[1].city"),
        ({"billingAddress": "here"}, "billingAddress"),
        ({"customerEmail": "jane"}, "customerEmail"),
        ({"currency": "usd"}, "currency"),
        ({"status": "shipped"}, "status"),
        ({"total": 1}, "total"),
        ({"external_id": "A"}, "external_id"),
        ({"billingAddress": {**AN_ADDRESS, "planet": "Mars"}}, "billingAddress.planet"),
    ],
    ids=str,
)
def test_a_bad_field_of_an_order_is_named(shop: Shop, changes: dict[str, Any], field: str) -> None:
    """Wrong types, lengths and unknown fields of an order are refused by path; nothing is coerced or dropped."""
    shop.stocked()
    assert shop.post("/api/orders", an_order(**changes) | changes).field == field
    assert nothing_changed(shop)


def test_all_problems_are_told_at_once(shop: Shop) -> None:
    """A body with several faults gets one answer that lists them all, the first as the field."""
    body = an_order(items=[{"sku": 1, "quantity": "2", "unitPrice": 1}, {"sku": "A", "quantity": 1}], more=1)
    refused = shop.post("/api/orders", body)
    told = [problem["field"] for problem in refused.json["details"]["errors"]]
    assert told == ["items[0].sku", "items[0].quantity", "items[1].unitPrice", "more"]
    assert refused.field == told[0]


def test_duplicate_keys_are_refused_by_name(shop: Shop) -> None:
    """Two values for one name leave open which is meant, so neither is taken."""
    body = b'{"externalId":"A","items":[],"externalId":"B","shippingAddresses":[]}'
    assert shop.post("/api/orders", body).field == "externalId"


@pytest.mark.parametrize(
    "name",
    ["x" * 10_000, "\\ud800", "\\u0000", "a\\nb", "\u00fc", "<script>"],
    ids=["long", "surrogate", "NUL", "newline", "umlaut", "markup"],
)
def test_an_unknown_fields_name_is_told_back_harmlessly(shop: Shop, name: str) -> None:
    """Whatever an unknown field is called, the answer is a 400 of sound JSON and of reasonable size."""
    refused = shop.post("/api/products", f'{{"{name}": 1}}'.encode())
    assert (refused.status, refused.error) == (400, "ValidationError")
    assert len(refused.body) < 2000


@pytest.mark.parametrize("sized", [True, False], ids=["length declared", "chunked"])
def test_a_body_of_five_mebibytes_is_refused(shop: Shop, sized: bool) -> None:
    """A body over the limit is a 413 in the guide's form, also where no length was declared."""
    body = b'{"externalId":"' + b"x" * (5 * 1024 * 1024) + b'"}'
    refused = shop.post("/api/orders", body, sized=sized)
    assert (refused.status, refused.error) == (413, "PayloadTooLarge")
    assert refused.headers["x-ratelimit-limit"] == "1000"


@pytest.mark.parametrize("sized", [True, False], ids=["length declared", "chunked"])
def test_a_body_of_just_the_limit_is_read(shop: Shop, sized: bool) -> None:
    """One mebibyte is read and judged; one byte more is not."""
    limit = 1024 * 1024
    body = b'{"externalId":"' + b"x" * (limit - 17) + b'"}'
    assert len(body) == limit
    assert shop.post("/api/orders", body, sized=sized).status == 400
    assert shop.post("/api/orders", body + b" ", sized=sized).status == 413


def test_a_chunked_body_is_read_whole(shop: Shop) -> None:
    """An order whose length is not declared is taken like any other."""
    shop.stocked()
    assert shop.post("/api/orders", an_order(), sized=False).status == 201


@pytest.mark.parametrize("length", ["9" * 5000, "2000000"])
def test_a_declared_length_beyond_the_limit_is_enough(shop: Shop, length: str) -> None:
    """Who declares too much is refused before the body is read."""
    refused = shop.post("/api/orders", b"{}", headers={"content-length": length})
    assert (refused.status, refused.error) == (413, "PayloadTooLarge")


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded", "json"])
def test_another_content_type_is_refused(shop: Shop, content_type: str | None) -> None:
    """Only JSON is read as JSON, whatever the body looks like."""
    refused = shop.post("/api/orders", an_order(), content_type=content_type)
    assert (refused.status, refused.error) == (415, "UnsupportedMediaType")
    assert nothing_changed(shop)


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON"])
def test_parameters_of_the_content_type_are_fine(shop: Shop, content_type: str) -> None:
    """The media type is compared as RFC 9110 says: without its parameters, in any case."""
    made = shop.post("/api/products", {"sku": "A", "name": "B"}, content_type=content_type)
    assert made.status == 201


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=x", "limit"),
        ("limit=", "limit"),
        ("limit=1.0", "limit"),
        ("limit=1_0", "limit"),
        ("limit=%D9%A3", "limit"),
        ("limit=" + "9" * 5000, "limit"),
        ("offset=-1", "offset"),
        ("offset=9223372036854775808", "offset"),
        ("page=2", "page"),
        ("Limit=1", "Limit"),
        ("limit=1&limit=2", "limit"),
        ("status=open", "status"),
        ("sku=%00", "sku"),
        ("sku=%FF", "sku"),
        ("sku=%ED%A0%80", "sku"),
        ("createdAfter=yesterday", "createdAfter"),
        ("createdAfter=2026-01-26T12:00:00", "createdAfter"),
        ("createdAfter=2026-02-30T12:00:00Z", "createdAfter"),
        ("createdBefore=0001-01-01T00:00:00%2B14:00", "createdBefore"),
        ("access_token=abc", "access_token"),
    ],
)
def test_a_bad_query_is_refused_by_the_parameters_name(shop: Shop, query: str, field: str) -> None:
    """Unknown, repeated and ill-typed query parameters are each a 400 that names them."""
    assert shop.get(f"/api/orders?{query}").field == field


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("adjust", {"adjustment": 0, "reason": "x"}, "adjustment"),
        ("adjust", {"adjustment": "5", "reason": "x"}, "adjustment"),
        ("adjust", {"adjustment": 1.5, "reason": "x"}, "adjustment"),
        ("adjust", {"adjustment": 5}, "reason"),
        ("adjust", {"adjustment": 5, "reason": ""}, "reason"),
        ("adjust", {"adjustment": 10**30, "reason": "x"}, "adjustment"),
        ("", {"reorderPoint": -1}, "reorderPoint"),
        ("", {"quantityOnHand": 5}, "quantityOnHand"),
    ],
    ids=str,
)
def test_a_bad_change_of_stock_is_refused(shop: Shop, path: str, body: Any, field: str) -> None:
    """Stock is changed by whole pieces and with a reason, and by nothing else."""
    record = shop.stocked()
    place = f"/api/inventory/{record['id']}/{path}".rstrip("/")
    assert shop.patch(place, body).field == field
    assert shop.get(f"/api/inventory/{record['id']}").json == record


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"sku": "A"}, "name"),
        ({"sku": "A", "name": "B", "weight": 5}, "weight"),
        ({"sku": "A", "name": "B", "weight": {"value": 1.5}}, "weight.unit"),
        ({"sku": "A", "name": "B", "weight": {"value": 0, "unit": "kg"}}, "weight.value"),
        ({"sku": "A", "name": "B", "weight": {"value": "1", "unit": "kg"}}, "weight.value"),
        ({"sku": "A", "name": "B", "weight": {"value": 1, "unit": "stone"}}, "weight.unit"),
        ({"sku": "A", "name": "B", "id": "prod_1"}, "id"),
    ],
    ids=str,
)
def test_a_bad_product_is_refused(shop: Shop, body: Any, field: str) -> None:
    """A product is checked in depth, and no product is made."""
    assert shop.post("/api/products", body).field == field
    assert shop.get("/api/products").json["products"] == []


@pytest.mark.parametrize("name", [None, "", 1])
def test_a_required_field_cannot_be_cleared(shop: Shop, name: Any) -> None:
    """``null`` clears an optional field; a product always has a name."""
    product = shop.post("/api/products", {"sku": "A", "name": "B"}).json
    assert shop.patch(f"/api/products/{product['id']}", {"name": name}).field == "name"
    assert shop.get(f"/api/products/{product['id']}").json == product


@pytest.mark.parametrize("key", ["", "x" * 256, "caf\u00e9", "a\tb"])
def test_an_idempotency_key_must_be_printable(shop: Shop, key: str) -> None:
    """A key that could not be kept or compared byte for byte is refused by its header's name."""
    made = shop.post("/api/products", {"sku": "A", "name": "B"}, headers={"idempotency-key": key})
    assert made.field == "Idempotency-Key"

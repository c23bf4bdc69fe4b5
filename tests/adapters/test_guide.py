"""The integration guide's calls and answers, as data: what it prints is what the API answers, field for field."""

from __future__ import annotations

import re

import pytest
from described import description
from guide import Call, Statement, call, check_shown, points, rows, shown, statements
from http_faces import Shop

from vectis_http.openapi.answering import path_of
from vectis_http.openapi.errors import ERRORS
from vectis_http.openapi.examples import examples

PRODUCT = call("Create a Product").json
PRODUCT_CHANGE = call("Update a Product").json
ADJUSTMENT = call("Inventory Adjustments").json
ORDER = call("Create an Order").json
CANCELLATION = call("Cancel an Order").json


def test_the_guides_product_is_created_read_and_changed(shop: Shop) -> None:
    """Creating, reading by SKU and changing the guide's product answers with all that was sent."""
    created = shop.post("/api/products", PRODUCT)
    assert created.status == 201
    check_shown({"id": "a new one", **PRODUCT}, created.json)
    found = shop.get("/api/products/sku/WIDGET-001")
    assert (found.status, found.json) == (200, created.json)
    changed = shop.patch(f"/api/products/{found.json['id']}", PRODUCT_CHANGE)
    assert changed.status == 200
    check_shown({**PRODUCT, **PRODUCT_CHANGE}, changed.json)


def test_the_guides_stock_is_printed_as_in_the_guide(shop: Shop) -> None:
    """A stock record with 150 available and 10 reserved is the guide's answer, with pagination beside it."""
    shop.stocked(pieces=160)
    shop.ordered(items=[{"sku": "WIDGET-001", "quantity": 10, "unitPrice": 1}])
    listed = shop.get("/api/inventory?sku=WIDGET-001")
    assert listed.status == 200
    check_shown(shown("Check Inventory Before Selling"), listed.json)
    assert listed.json["pagination"] == {"limit": 20, "offset": 0, "total": 1}


def test_the_guides_adjustment_takes_five_pieces(shop: Shop) -> None:
    """Adjusting by -5 answers with the stock record as it is then."""
    record = shop.stocked(pieces=20)
    adjusted = shop.patch(f"/api/inventory/{record['id']}/adjust", ADJUSTMENT)
    assert adjusted.status == 200
    assert adjusted.json == {**record, "quantityAvailable": 15, "quantityOnHand": 15}


def test_the_guides_order_goes_from_nothing_to_shipped(shop: Shop) -> None:
    """The guide's order is created, repeated, read and shipped, with each answer as the guide prints it."""
    shop.stocked()
    created = shop.post("/api/orders", ORDER)
    assert created.status == 201
    check_shown(shown("Create an Order"), created.json)
    check_shown(ORDER, created.json)
    order_id = created.json["id"]
    assert created.headers["location"] == f"/api/orders/{order_id}"
    repeated = shop.post("/api/orders", ORDER)
    assert (repeated.status, repeated.json) == (200, created.json)
    assert shop.get(f"/api/orders/{order_id}").json == created.json
    assert shop.post(f"/api/orders/{order_id}/confirm").json["status"] == "confirmed"
    parcel = {"carrier": "ups", "trackingNumber": "1Z999AA10123456784"}
    shipped = shop.post(f"/api/orders/{order_id}/shipments", parcel)
    assert shipped.status == 201
    check_shown({"carrier": "UPS", "trackingNumber": "1Z999AA10123456784"}, shipped.json)
    assert shipped.json["orderId"] == order_id
    found = shop.get(f"/api/orders/{order_id}").json
    check_shown(shown("Get Order Status"), found)
    check_shown([{"sku": "WIDGET-001", "quantity": 2}], found["items"])
    refused = shop.post(f"/api/orders/{order_id}/cancel", CANCELLATION)
    assert (refused.status, refused.error) == (409, "Conflict")
    assert refused.json["details"]["status"] == "shipped"


def test_the_guides_cancellation_gives_the_stock_back(shop: Shop) -> None:
    """Cancelling an order before it ships answers with it, cancelled, and frees its stock once."""
    record = shop.stocked()
    order = shop.ordered()
    cancelled = shop.post(f"/api/orders/{order['id']}/cancel", CANCELLATION)
    assert cancelled.status == 200
    assert cancelled.json["status"] == "cancelled"
    assert cancelled.json["cancelReason"] == CANCELLATION["reason"]
    assert shop.get(f"/api/inventory/{record['id']}").json["quantityAvailable"] == 100
    again = shop.post(f"/api/orders/{order['id']}/cancel", CANCELLATION)
    assert (again.status, again.error) == (409, "Conflict")


def test_the_guides_error_names_the_missing_sku(shop: Shop) -> None:
    """A product without a SKU is refused with the guide's example of an error."""
    refused = shop.post("/api/products", {"name": "Nameless"})
    assert refused.status == 400
    check_shown(shown("Error Handling"), refused.json)


def test_the_guides_token_is_good_for_an_hour(shop: Shop) -> None:
    """The token endpoint answers with the guide's fields, and the token lets its bearer in."""
    issued = shop.face.clients.create("guide")
    form = f"grant_type=client_credentials&client_id={issued.client.id}&client_secret={issued.secret}"
    answer = shop.post("/oauth/token", form.encode(), token=None, content_type="application/x-www-form-urlencoded")
    assert answer.status == 200
    check_shown(shown("Obtaining a Token"), answer.json)
    assert answer.headers["cache-control"] == "no-store"
    assert shop.get("/api/orders", token=answer.json["access_token"]).status == 200


@pytest.mark.parametrize("query", ["?limit=50&offset=100", "?offset=100&limit=50"])
def test_the_guides_page_says_where_it_stands(shop: Shop, query: str) -> None:
    """A list tells the limit and the offset that were asked for, and the total."""
    shop.stocked()
    shop.ordered()
    page = shop.get(f"/api/orders{query}")
    assert page.json == {"orders": [], "pagination": {"limit": 50, "offset": 100, "total": 1}}


def test_every_call_of_the_guide_is_an_operation() -> None:
    """Each method and path that the guide shows, whatever stands in for its braces, is a row of the table."""
    for told in statements():
        if isinstance(told, Call):
            path = re.sub(r"^https://[^/]+", "", told.target).partition("?")[0]
            found = description().router.find(re.sub(r"\{\w+\}", "x", path))
            assert found, told.said
            assert told.method in found[0].operations, told.said


#: Lists that are short by nature, and the feed of events, which is read on from a cursor.
WHOLE = {"listShipments", "listReplays", "listEventTypes", "listCarriers", "listEvents"}


def test_every_list_has_pages() -> None:
    """Whatever a shop has many of is listed in pages, with the guide's parameters, defaults and greatest values."""
    document, paged = description().document, set()
    for operation in description().operations:
        if not operation.name.startswith("list") or operation.name in WHOLE:
            continue
        paged.add(operation.name)
        told = document["paths"][path_of(operation)]["get"]
        schemas = {each["name"]: each["schema"] for each in told["parameters"] if each["in"] == "query"}
        for name, kind, usual, most, _ in rows("Pagination"):
            assert (schemas[name]["type"], schemas[name]["default"]) == (kind, int(usual)), operation.name
            assert most == "-" or schemas[name]["maximum"] == int(most), operation.name
        answer = told["responses"]["200"]["content"]["application/json"]
        assert set(answer["example"]["pagination"]) == set(shown("Pagination")["pagination"]), operation.name
    assert {"listOrders", "listProducts", "listInventory", "listWebhooks"} <= paged


def test_the_guides_statuses_are_those_of_the_errors() -> None:
    """Each status of the guide's table is that of an error, and every error has the guide's three fields."""
    assert {status for status, _ in rows("Error Handling")} <= {str(kind.status) for kind in ERRORS}
    error = description().document["components"]["schemas"]["Error"]
    assert set(shown("Error Handling")) == set(error["required"])


def test_the_reference_page_leads_to_the_whole_description(shop: Shop) -> None:
    """Without a token: the page links to OpenAPI, which has every operation, the guide's support and its terms."""
    page = shop.get("/docs", token=None)
    assert page.status == 200
    assert 'href="openapi.json"' in page.body.decode()
    document = shop.get("/openapi.json", token=None).json
    assert {told["operationId"] for path in document["paths"].values() for told in path.values()} == {
        each.name for each in description().operations
    }
    named = dict(points("Integration Guide"))
    assert document["info"]["contact"]["email"] == named["Support"]
    assert document["info"]["termsOfService"] == f"https://{named['Terms of Service']}"


def is_whole(statement: Statement) -> bool:
    """Return whether the guide shows a call with a body of which nothing is left out."""
    return isinstance(statement, Call) and bool(statement.body) and "..." not in statement.body


@pytest.mark.parametrize("told", [each for each in statements() if is_whole(each)], ids=lambda each: each.said)
def test_the_description_has_the_guides_examples(told: Call) -> None:
    """What the guide sends is what the description gives as the example of that call."""
    found = description().router.find(re.sub(r"\{\w+\}", "x", told.target))
    assert found
    example = examples()[found[0].operations[told.method].name]
    assert example.body == told.json

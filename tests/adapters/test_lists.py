"""Lists: pages that fit together, newest first, filters, and the feed of events."""

from __future__ import annotations

from datetime import timedelta

import pytest
from http_faces import Shop, an_order


def test_pages_fit_together(shop: Shop) -> None:
    """Pages of two show five orders newest first, each once, with the total on every page."""
    shop.stocked()
    made = [shop.ordered(f"ORDER-{number}")["id"] for number in range(5)]
    pages = [shop.get(f"/api/orders?limit=2&offset={offset}").json for offset in (0, 2, 4, 6)]
    assert [order["id"] for page in pages for order in page["orders"]] == made[::-1]
    assert [page["pagination"]["total"] for page in pages] == [5] * 4


def test_a_list_goes_on_from_the_last_entry_that_was_seen(shop: Shop) -> None:
    """``before`` shows what is older than an entry, each once, whatever is added meanwhile."""
    record = shop.stocked()
    made = [shop.ordered(f"ORDER-{number}")["id"] for number in range(5)]
    last = shop.get("/api/orders?limit=2").json["orders"][-1]["id"]
    shop.ordered("ORDER-LATE")
    page = shop.get(f"/api/orders?limit=2&before={last}").json
    ledger = f"/api/inventory/{record['id']}/movements"
    sequences = [each["sequence"] for each in shop.get(f"{ledger}?before=4").json["movements"]]

    assert [order["id"] for order in page["orders"]] == made[2:0:-1]
    assert page["pagination"]["total"] == 6
    assert sequences == [3, 2, 1]
    assert shop.get(f"{ledger}?before=0").field == "before"
    assert shop.get("/api/orders?before=%00").field == "before"


def test_a_page_has_twenty_entries_where_nothing_is_said(shop: Shop) -> None:
    """The default limit is 20, the greatest 100."""
    for number in range(21):
        shop.post("/api/products", {"sku": f"SKU-{number}", "name": "x"})
    assert len(shop.get("/api/products").json["products"]) == 20
    page = shop.get("/api/products?limit=100").json
    assert len(page["products"]) == page["pagination"]["total"] == 21
    assert page["pagination"]["limit"] == 100


def test_an_empty_list_is_a_page(shop: Shop) -> None:
    """Nothing found is an empty page, never an error; so is skipping past the end as far as one can count."""
    for name in ("orders", "products", "items"):
        path = "inventory" if name == "items" else name
        page = shop.get(f"/api/{path}?offset=9223372036854775807").json
        assert page[name] == []
        assert page["pagination"] == {"limit": 20, "offset": 9223372036854775807, "total": 0}


def test_orders_are_found_by_what_is_known_of_them(shop: Shop) -> None:
    """Orders are listed by status, external id, customer, SKU and moment, and by several of these together."""
    shop.stocked()
    shop.stocked("GADGET-1")
    first = shop.ordered("A", customerId="jane")
    shop.clock.advance(timedelta(hours=1, seconds=-40))
    shop.token = shop.new_token()
    line = [{"sku": "GADGET-1", "quantity": 1, "unitPrice": 1}]
    second = shop.post("/api/orders", an_order("B", customerId="joe") | {"items": line}).json
    second = shop.post(f"/api/orders/{second['id']}/confirm").json
    later = second["createdAt"]
    by_query = {
        "status=pending": [first],
        "status=confirmed": [second],
        "status=shipped": [],
        "externalId=A": [first],
        "externalId=a": [],
        "customerId=jane": [first],
        "sku=GADGET-1": [second],
        "sku=": [],
        f"createdAfter={later}": [second],
        f"createdBefore={later}": [first],
        f"createdBefore={later.replace('Z', '%2B00:00')}": [first],
        "status=confirmed&customerId=joe&sku=GADGET-1": [second],
        "status=pending&sku=GADGET-1": [],
    }
    for query, expected in by_query.items():
        page = shop.get(f"/api/orders?{query}").json
        assert page["orders"] == expected, query
        assert page["pagination"]["total"] == len(expected)


def test_products_are_found_by_sku_text_and_whether_they_are_active(shop: Shop) -> None:
    """Products are listed by SKU, by a piece of SKU or name, and by being active."""
    one = shop.post("/api/products", {"sku": "WIDGET-001", "name": "Premium Widget"}).json
    two = shop.post("/api/products", {"sku": "GADGET-1", "name": "Gadget"}).json
    two = shop.patch(f"/api/products/{two['id']}", {"active": False}).json
    by_query = {"sku=GADGET-1": [two], "q=premium": [one], "q=get": [two, one], "active=true": [one]}
    for query, expected in by_query.items():
        assert shop.get(f"/api/products?{query}").json["products"] == expected, query
    assert shop.get("/api/products?active=1").field == "active"


def test_stock_is_found_by_sku_warehouse_and_being_low(shop: Shop) -> None:
    """Stock records are listed by SKU, by warehouse, and by being below their reorder point."""
    default = shop.stocked(pieces=5)
    store = shop.post("/api/warehouses", {"code": "STORE", "name": "The store"}).json
    opened = shop.post("/api/inventory", {"sku": "WIDGET-001", "warehouseId": store["id"], "reorderPoint": 0})
    assert opened.status == 201
    low = shop.patch(f"/api/inventory/{default['id']}", {"reorderPoint": 6}).json
    assert (low["low"], low["reorderPoint"]) == (True, 6)
    by_query = {
        "sku=WIDGET-001": [opened.json, low],
        f"warehouseId={store['id']}": [opened.json],
        "low=true": [low],
        "low=false": [opened.json],
        f"low=true&warehouseId={store['id']}": [],
    }
    for query, expected in by_query.items():
        assert shop.get(f"/api/inventory?{query}").json["items"] == expected, query


def test_the_feed_goes_on_from_its_cursor(shop: Shop) -> None:
    """Events come in order, in pages that continue by cursor; at the end there is nothing and the cursor stays."""
    shop.stocked()
    shop.shipped()
    first = shop.get("/api/events?limit=2").json
    rest = shop.get(f"/api/events?after={first['next']}").json
    assert [event["event"] for event in first["events"] + rest["events"]] == [
        "inventory.adjusted",
        "order.created",
        "order.confirmed",
        "order.shipped",
    ]
    end = shop.get(f"/api/events?after={rest['next']}").json
    assert end == {"events": [], "next": rest["next"]}
    shipped = shop.get("/api/events?types=order.shipped,order.created").json["events"]
    assert [event["event"] for event in shipped] == ["order.created", "order.shipped"]
    assert shipped[1]["data"]["trackingNumber"] == "1Z999AA10123456784"
    assert shipped[1]["data"]["carrier"] == "UPS"
    page = shop.get("/api/events?types=order.shipped,order.created&limit=1").json
    page = shop.get(f"/api/events?types=order.shipped,order.created&limit=1&after={page['next']}").json
    assert [event["event"] for event in page["events"]] == ["order.shipped"]


@pytest.mark.parametrize(
    ("query", "field"),
    [("after=x", "after"), ("after=" + "A" * 200, "after"), ("types=order.lost", "types"), ("types=", "types")],
)
def test_a_bad_cursor_or_type_is_refused(shop: Shop, query: str, field: str) -> None:
    """What is no cursor of the feed, and no type of event, is a 400 by name."""
    assert shop.get(f"/api/events?{query}").field == field


def test_the_ledger_is_listed_newest_first(shop: Shop) -> None:
    """A record's movements are paged, newest first, with what each came to and who made it."""
    record = shop.stocked()
    order = shop.ordered()
    page = shop.get(f"/api/inventory/{record['id']}/movements?limit=1").json
    assert page["pagination"] == {"limit": 1, "offset": 0, "total": 2}
    newest = page["movements"][0]
    assert (newest["sequence"], newest["kind"], newest["orderId"]) == (2, "reserve", order["id"])
    assert (newest["reservedDelta"], newest["reservedAfter"], newest["onHandAfter"]) == (2, 2, 100)
    oldest = shop.get(f"/api/inventory/{record['id']}/movements?offset=1").json["movements"]
    assert [(row["kind"], row["onHandDelta"], row["reason"]) for row in oldest] == [("adjust", 100, "delivery")]


def test_a_record_tells_who_holds_what_of_it(shop: Shop) -> None:
    """Explaining a record lists the orders that hold pieces of it, oldest first."""
    record = shop.stocked()
    orders = [shop.ordered(name) for name in ("A", "B")]
    explained = shop.get(f"/api/inventory/{record['id']}/explain").json
    assert explained["quantityReserved"] == 4
    assert [(h["orderId"], h["externalId"], h["quantity"]) for h in explained["holders"]] == [
        (order["id"], order["externalId"], 2) for order in orders
    ]
    shop.post(f"/api/orders/{orders[0]['id']}/cancel", {"reason": "x"})
    explained = shop.get(f"/api/inventory/{record['id']}/explain").json
    assert [holder["externalId"] for holder in explained["holders"]] == ["B"]

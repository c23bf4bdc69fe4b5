"""The feed of events over HTTP: in order, gapless, filtered as webhooks are, and whole beside writers."""

from __future__ import annotations

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from http_faces import Shop

from vectis_core import Address, Item
from vectis_core.events import EVENT_FILTERS, is_asked_for
from vectis_http import HttpApi

_tenants = itertools.count(1)


def follow(shop: Shop, query: str = "") -> list[Any]:
    """Return all events that the feed shows from its beginning, a few at a time."""
    seen: list[Any] = []
    cursor = ""
    while True:
        page = shop.get(f"/api/events?limit=3{query}{cursor}").json
        seen += page["events"]
        cursor = f"&after={page['next']}"
        if len(page["events"]) < 3:
            return seen


@pytest.fixture(name="busy")
def _busy(shop: Shop) -> Shop:
    """Return a shop in which something of most kinds has happened."""
    shop.stocked()
    shop.shipped("A")
    shipment = shop.shipped("B")
    shop.post(f"/api/shipments/{shipment['id']}/deliver")
    order = shop.ordered("C")
    shop.post(f"/api/orders/{order['id']}/hold", {"reason": "look"})
    shop.post(f"/api/orders/{order['id']}/cancel")
    return shop


def test_the_feed_is_in_order_and_numbers_each_subject(busy: Shop) -> None:
    """Every event is shown once, and within an order or a stock record they count 1, 2, 3 ..."""
    feed = follow(busy)

    assert len({each["id"] for each in feed}) == len(feed) == len(list(busy.face.events()))
    of_subject: dict[str, list[int]] = {}
    for each in feed:
        of_subject.setdefault(each["subjectId"], []).append(each["sequence"])
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in of_subject.values())


@pytest.mark.parametrize("types", [*EVENT_FILTERS, "order.shipped,inventory.*", "order.created,order.*", "webhook.*,*"])
def test_the_feed_takes_the_filters_of_webhooks(busy: Shop, types: str) -> None:
    """A type, a group as ``order.*`` and ``*`` show in the feed what a webhook with them would be told."""
    wanted = [each for each in follow(busy) if is_asked_for(each["event"], types.split(","))]

    assert follow(busy, f"&types={types}") == wanted


@pytest.mark.parametrize("types", ["order", "order.", "order.*,", "*.created", "order.lost", "", "ORDER.*"])
def test_what_is_no_filter_is_refused(shop: Shop, types: str) -> None:
    """A filter that could match nothing is a mistake, and the answer lists those there are."""
    refused = shop.get(f"/api/events?types={types}")

    assert refused.field == "types"
    assert "order.*" in refused.json["message"]


@pytest.mark.parametrize("types", [["*"], ["order.*"], ["order.created", "inventory.*"]])
def test_a_cursor_never_steps_over_a_commit(api: HttpApi, types: list[str]) -> None:
    """Who polls while eight threads write sees every event that the filters let through, once and in order."""
    shop = api.oms.tenant(f"polled-{next(_tenants)}")
    shop.products.create(sku="WIDGET-001", name="Widget")
    shop.inventory.adjust(shop.inventory.list().page().items[0].id, 1000, "first delivery")
    ended = threading.Event()

    def buy(buyer: int) -> None:
        for number in range(10):
            lines, jane = [Item("WIDGET-001", 1, 1)], [Address("Jane", "1 St", "Austin", "US")]
            shop.orders.create(external_id=f"{buyer}-{number}", items=lines, shipping_addresses=jane)

    def poll() -> list[str]:
        seen: list[str] = []
        cursor = None
        while True:
            last = ended.is_set()
            page = shop.events(cursor, types).page(limit=7)
            seen += [event.id for event in page.events]
            cursor = page.next
            if last and not page.events:
                return seen

    with ThreadPoolExecutor(9) as pool:
        polling = pool.submit(poll)
        try:
            list(pool.map(buy, range(8)))
        finally:
            ended.set()
        seen = polling.result()

    assert seen == [event.id for event in shop.events() if is_asked_for(event.type, types)]

"""From a label to a delivered parcel, over HTTP: what carriers report, in whatever order, comes to one end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from carrier_pushes import configure, counts, push, ups_scan
from http_faces import SUITE, Shop
from receiver import Receiver
from small_shop import spin_until

from vectis_core import Vectis
from vectis_core.testing.clock import FrozenClock
from vectis_core.webhooks.address_rules import AddressRules
from vectis_http import HttpApi

HOOK_SECRET = "a secret of the owner"
NUMBER, SENT_BACK = "1Z999AA10123456784", "1Z999AA10123456775"


@pytest.fixture(params=["memory", "sqlite"])
def shop(request: pytest.FixtureRequest, face: str, tmp_path: Path) -> Iterator[Shop]:
    """Return a client of a database of its own, whose clock goes."""
    url = "memory://" if request.param == "memory" else f"sqlite:///{tmp_path}/shop.db"
    local = AddressRules(["127.0.0.0/8"])
    with Vectis.open(url, address_rules=local) as oms, SUITE[face](HttpApi(oms, environ={})) as send:
        yield Shop(send, oms, FrozenClock(), "acme")


def labelled(shop: Shop, external_id: str, number: str) -> tuple[str, str]:
    """Order, confirm and label a parcel; return the ids of order and shipment."""
    order = shop.ordered(external_id)
    assert shop.post(f"/api/orders/{order['id']}/confirm").status == 200
    label = {"carrier": "UPS", "trackingNumber": number, "status": "label_created"}
    made = shop.post(f"/api/orders/{order['id']}/shipments", label)
    assert (made.status, made.json["tracking"]) == (201, None)
    return order["id"], made.json["id"]


def scan(number: str, code: str, hours_ago: int) -> bytes:
    """Return what UPS reports of some hours ago."""
    at = (datetime.now(UTC) - timedelta(hours=hours_ago)).replace(second=0, microsecond=0)
    return ups_scan(number, code, at.strftime("%Y-%m-%dT%H:%M"))


def stock_of(shop: Shop) -> tuple[int, int]:
    """Return how many widgets are on hand, and how many of these are promised."""
    [record] = shop.get("/api/inventory").json["items"]
    return record["quantityOnHand"], record["quantityReserved"]


def told(shop: Shop, order_id: str) -> Counter[str]:
    """Return how often each type of event tells of an order."""
    return Counter(each["event"] for each in shop.get(f"/api/orders/{order_id}/history").json["history"])


def test_a_parcel_is_followed_from_its_label_to_the_door(shop: Shop) -> None:
    """Scans out of order and doubled ship and deliver an order once, and each of its webhooks is sent once."""
    shop.stocked()
    configure(shop, "ups")
    with Receiver(HOOK_SECRET) as receiver, shop.oms.dispatcher():
        hook = {"url": receiver.url, "events": ["order.shipped", "order.delivered"], "secret": HOOK_SECRET}
        assert shop.post("/api/webhooks", hook).status == 201
        order_id, shipment_id = labelled(shop, "SHOP-1", NUMBER)
        scans = {
            "out": scan(NUMBER, "I/OT", 6),
            "label": scan(NUMBER, "M/MP", 48),
            "picked up": scan(NUMBER, "I/PU", 30),
            "arrived": scan(NUMBER, "I/AR", 20),
            "delivered": scan(NUMBER, "D/FS", 2),
        }
        assert stock_of(shop) == (100, 2)
        assert counts(push(shop, "ups", scans["label"])) == (1, 0, 0, 0)
        assert shop.get(f"/api/shipments/{shipment_id}").json["status"] == "label_created"
        for name in ("out", "picked up", "out", "delivered", "arrived", "delivered", "picked up", "label"):
            assert push(shop, "ups", scans[name]).status == 200
        assert counts(push(shop, "ups", scans["arrived"])) == (0, 1, 0, 0)

        order = shop.get(f"/api/orders/{order_id}").json
        [shipment] = order["shipments"]
        assert (order["status"], shipment["status"]) == ("delivered", "delivered")
        assert shipment["tracking"]["status"] == "delivered"
        assert stock_of(shop) == (98, 0)
        [timeline] = shop.get(f"/api/orders/{order_id}/tracking").json["shipments"]
        shown = [each["status"] for each in timeline["events"]]
        assert shown == ["label_created", "picked_up", "in_transit", "out_for_delivery", "delivered"]
        # By the carrier it left before it was ordered: no sooner than that.
        assert shipment["shippedAt"] == shipment["deliveredAt"] == order["createdAt"]
        kinds = told(shop, order_id)
        assert (kinds["order.shipped"], kinds["shipment.delivered"], kinds["order.delivered"]) == (1, 1, 1)

        feed = shop.get("/api/events?types=order.shipped,order.delivered").json["events"]
        spin_until(lambda: len(receiver.events) >= 2)
    assert [each["event"] for each in feed] == ["order.shipped", "order.delivered"]
    assert sorted(receiver.events) == sorted(each["id"] for each in feed)
    assert not shop.oms.verify().faults


def test_an_exception_and_a_return_show_on_the_shipment(shop: Shop) -> None:
    """What goes wrong on the way is told and shown; the order stays what it was, a person decides about it."""
    shop.stocked()
    configure(shop, "ups")
    order_id, shipment_id = labelled(shop, "SHOP-2", SENT_BACK)
    push(shop, "ups", scan(SENT_BACK, "I/PU", 40))

    def shown() -> tuple[str, str, str | None, str]:
        shipment = shop.get(f"/api/shipments/{shipment_id}").json
        tracking = shipment["tracking"]
        order = shop.get(f"/api/orders/{order_id}").json
        return shipment["status"], tracking["status"], tracking["reason"], order["status"]

    assert shown() == ("shipped", "picked_up", None, "shipped")
    push(shop, "ups", scan(SENT_BACK, "X/13", 30))
    assert shown() == ("shipped", "exception", "damaged", "shipped")
    push(shop, "ups", scan(SENT_BACK, "X/48", 35))
    assert shown() == ("shipped", "exception", "damaged", "shipped")
    push(shop, "ups", scan(SENT_BACK, "X/4S", 10))
    push(shop, "ups", scan(SENT_BACK, "X/4S", 10))
    assert shown() == ("shipped", "returned_to_sender", "returned", "shipped")
    push(shop, "ups", scan(SENT_BACK, "I/AR", 5))
    assert shown() == ("shipped", "returned_to_sender", "returned", "shipped")

    kinds = told(shop, order_id)
    assert kinds["shipment.exception"] == kinds["shipment.delivery_attempted"] == 1
    assert (kinds["shipment.returned_to_sender"], kinds["order.shipped"], kinds["order.delivered"]) == (1, 1, 0)
    page = shop.get("/api/events?types=shipment.*&limit=100").json["events"]
    current = {each["event"]: each["data"]["isCurrent"] for each in page if "isCurrent" in each["data"]}
    assert (current["shipment.exception"], current["shipment.delivery_attempted"]) == (True, False)
    [timeline] = shop.get(f"/api/orders/{order_id}/tracking").json["shipments"]
    assert [each["code"] for each in timeline["events"] if each["contradicts"]] == ["I/AR"]
    assert not shop.oms.verify().faults


def test_a_scan_waits_for_its_label(shop: Shop) -> None:
    """What is reported before the label is registered is kept, and applied when it is."""
    shop.stocked()
    configure(shop, "ups")
    assert counts(push(shop, "ups", scan(NUMBER, "I/PU", 3))) == (0, 0, 1, 0)
    order_id, shipment_id = labelled_late(shop)

    shipment = shop.get(f"/api/shipments/{shipment_id}").json
    assert (shipment["status"], shipment["tracking"]["status"]) == ("shipped", "picked_up")
    assert shop.get(f"/api/orders/{order_id}").json["status"] == "shipped"
    assert not shop.oms.verify().faults


def labelled_late(shop: Shop) -> tuple[str, str]:
    """Register a parcel that its carrier has already, its number spelt as people do."""
    order = shop.ordered("SHOP-3")
    assert shop.post(f"/api/orders/{order['id']}/confirm").status == 200
    label = {"carrier": "ups", "trackingNumber": f"{NUMBER[:2]} {NUMBER[2:].lower()}", "status": "label_created"}
    return order["id"], shop.post(f"/api/orders/{order['id']}/shipments", label).json["id"]


def test_a_hold_stops_people_and_no_parcel(shop: Shop) -> None:
    """A parcel of an order that is held has left all the same where its carrier says so."""
    shop.stocked()
    configure(shop, "ups")
    order_id, shipment_id = labelled(shop, "SHOP-4", NUMBER)
    assert shop.post(f"/api/orders/{order_id}/hold", {"reason": "fraud check"}).status == 200
    assert shop.post(f"/api/shipments/{shipment_id}/ship").status == 409
    assert counts(push(shop, "ups", scan(NUMBER, "D/FS", 1))) == (1, 0, 0, 0)
    order = shop.get(f"/api/orders/{order_id}").json
    assert (order["status"], order["onHold"]) == ("delivered", True)

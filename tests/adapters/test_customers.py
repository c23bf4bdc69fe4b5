"""A customer's data over HTTP: handed out, erased, and who may do so."""

from __future__ import annotations

from http_faces import Shop, an_order

from vectis_core.testing import samples
from vectis_core.tracking.model import Place
from vectis_core.tracking.statuses import TrackingStatus

PERSONAL = "Jane Smith"


def bought(shop: Shop, external_id: str, *, cancelled: bool) -> str:
    """Create an order of Jane's, and cancel it; return its id."""
    order = shop.ordered(external_id, customerId="jane", customerEmail="Jane@example.com")
    if cancelled:
        assert shop.post(f"/api/orders/{order['id']}/cancel", {}).status == 200
    return str(order["id"])


def test_a_customer_is_handed_out_and_erased(shop: Shop) -> None:
    """All orders with their addresses, a page at a time; erased, none; what has not ended is named and left."""
    shop.stocked()
    ended, waiting = bought(shop, "1", cancelled=True), bought(shop, "2", cancelled=False)
    for key in ({"customerId": "jane"}, {"email": "jane@EXAMPLE.com"}):
        page = shop.post("/api/customers/export?limit=1", key)
        assert page.status == 200
        assert [each["order"]["id"] for each in page.json["records"]] == [waiting]
        assert page.json["records"][0]["shipments"] == []
        assert page.json["pagination"] == {"limit": 1, "offset": 0, "total": 2}
        assert PERSONAL in page.body.decode()

    erased = shop.post("/api/customers/erase", {"customerId": "jane"})
    assert erased.status == 200
    told = {"erasedBefore": 0, "postponed": [waiting], "payloadsDeleted": 0, "purged": True}
    assert erased.json == {"erased": [ended], **told}
    assert PERSONAL not in shop.get(f"/api/orders/{ended}").body.decode()
    assert PERSONAL in shop.get(f"/api/orders/{waiting}").body.decode()
    again = shop.post("/api/customers/erase", {"customerId": "jane"}).json
    assert (again["erased"], again["erasedBefore"]) == ([], 1)
    history = shop.get(f"/api/orders/{ended}/history").json["history"]
    assert [step["event"] for step in history] == ["order.created", "order.cancelled", "order.redacted"]
    repeat = shop.post("/api/orders", an_order("1", customerId="jane", customerEmail="Jane@example.com"))
    assert (repeat.status, repeat.headers["x-idempotency-mismatch"]) == (200, "true")
    assert PERSONAL not in repeat.body.decode()


def test_what_is_handed_out_is_all_that_is_erased(shop: Shop) -> None:
    """Each personal field of an order and of its parcel's scans is in the export, and after the erasure in none."""
    marks = [f"Mark{number:02}x" for number in range(40)]
    unused = iter(marks)

    def address() -> dict[str, str]:
        fields = ("name", "company", "line1", "line2", "city", "region", "postalCode", "phone")
        return {field: next(unused) for field in fields} | {"country": "US"}

    shop.stocked()
    order = shop.ordered(
        "all",
        shippingAddresses=[address(), address()],
        billingAddress=address(),
        customerId=f"{next(unused)}@example.com",
        customerEmail=(email := f"{next(unused)}@example.com"),
    )
    shop.post(f"/api/orders/{order['id']}/confirm")
    shop.post(f"/api/orders/{order['id']}/shipments", {"carrier": "ups", "trackingNumber": "1Z999AA10123456784"})
    told = samples.tracking_event(
        status=TrackingStatus.DELIVERED,
        reason=None,
        corrects=False,
        description=next(unused),
        signer=next(unused),
        proof_url=f"https://example.com/{next(unused)}",
        place=Place(city=next(unused), region=next(unused), postal_code=next(unused), country="US"),
        occurred_at=shop.clock.now(),
    )
    shop.face.tracking.record(told)
    written = marks[: marks.index(next(unused))]

    handed_out = shop.post("/api/customers/export", {"email": email}).body.decode()
    assert [mark for mark in written if mark not in handed_out] == []
    assert shop.post("/api/customers/erase", {"email": email}).json["erased"] == [order["id"]]
    left = [shop.get(f"/api/orders/{order['id']}{rest}") for rest in ("", "/history", "/tracking")]
    assert [each.status for each in left] == [200] * 3
    assert [mark for mark in written if any(mark in each.body.decode() for each in left)] == []
    assert shop.oms.verify().ok


def test_a_kept_result_brings_nothing_back(shop: Shop) -> None:
    """A repeat by ``Idempotency-Key`` of what was asked before shows the order as it is without the person."""
    shop.stocked()
    order_id = bought(shop, "of-jane", cancelled=False)
    first = shop.post(f"/api/orders/{order_id}/cancel", {}, headers={"idempotency-key": "cancel-2"})
    assert PERSONAL in first.body.decode()
    shop.post("/api/customers/erase", {"email": "jane@example.com"})
    repeat = shop.post(f"/api/orders/{order_id}/cancel", {}, headers={"idempotency-key": "cancel-2"})
    assert repeat.headers["x-idempotent-replay"] == "true"
    assert PERSONAL not in repeat.body.decode()


def test_a_customer_is_named_by_one_key(shop: Shop) -> None:
    """Neither, both, or what cannot be one is a 400; without the scope ``admin`` it is a 403."""
    for call in ("erase", "export"):
        path = f"/api/customers/{call}"
        for body in ({}, {"customerId": "1", "email": "a@b.c"}, {"customerId": ""}, {"email": "nobody"}):
            assert shop.post(path, body).field in {"customerId", "email"}
        token = shop.new_token(("orders:read", "orders:write"))
        assert shop.post(path, {"customerId": "jane"}, token=token).status == 403

"""What HTTP offers, the Python face offers too, with the same answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from operator import attrgetter
from typing import Any

import pytest
from http_faces import Shop

from vectis_core.errors import VectisError
from vectis_core.faces import TenantFace
from vectis_core.json_writer import write_json
from vectis_http.json_codec import read_json
from vectis_http.operations import RESOURCES
from vectis_http.reference import python_calls
from vectis_http.shapes import catalogue, orders, stock, tenancy, tracking, webhooks

#: What the library calls each operation: the client calls it the same, but for the catalogue, which it has at hand.
METHODS: Mapping[str, str] = {**python_calls.METHODS, "listEventTypes": "webhooks.event_types"}


def test_every_operation_has_its_method(shop: Shop) -> None:
    """Whatever is reachable over HTTP with a token is reachable in process."""
    assert set(METHODS) == {operation.name for operation in RESOURCES}
    assert all(callable(attrgetter(method)(shop.face)) for method in METHODS.values())


def test_what_is_read_in_process_is_what_http_answers(shop: Shop) -> None:
    """The same question gets the same answer by both ways, once one thing of each kind is there."""
    shop.stocked()
    parcel = shop.shipped()
    shop.ordered("waits")
    face, order = shop.face, shop.face.orders.get(parcel["orderId"])
    record = face.inventory.list(sku="WIDGET-001").page().items[0]
    hook = face.webhooks.create("https://example.com/hook", ["*"]).subscription
    delivery = face.webhooks.test(hook.id)
    face.webhooks.replay(hook.id, hook.created_at - timedelta(days=1))
    assert face.settings.update(auto_confirm=True).auto_confirm
    answers: Mapping[str, Any] = {
        "/api/settings": tenancy.SETTINGS.show(face.settings.get()),
        f"/api/warehouses/{record.warehouse_id}": catalogue.WAREHOUSE.show(face.warehouses.get(record.warehouse_id)),
        f"/api/inventory/{record.id}/explain": stock.EXPLANATION.show(face.inventory.explain(record.id)),
        f"/api/orders/{order.id}": orders.ORDER.show(order),
        f"/api/orders/{order.id}/shipments": {
            "shipments": [orders.SHIPMENT.show(s) for s in face.orders.shipments(order.id)]
        },
        f"/api/orders/{order.id}/history": {"history": list(map(tenancy.EVENT.show, face.orders.history(order.id)))},
        "/api/events": tenancy.EVENT_PAGE.show(face.events().page()),
        f"/api/webhooks/{hook.id}": webhooks.SUBSCRIPTION.show(face.webhooks.get(hook.id)),
        "/api/carriers/ups": tracking.CARRIER_ACCOUNT.show(face.carriers.configure("ups", secrets=["a secret of UPS"])),
        f"/api/orders/{order.id}/tracking": {
            "shipments": [tracking.TIMELINE.show(each) for each in face.tracking.of_order(order.id)]
        },
        f"/api/deliveries/{delivery.id}": webhooks.DELIVERY_LOG.show(face.webhooks.delivery(delivery.id)),
        f"/api/webhooks/{hook.id}/replays": {
            "replays": list(map(webhooks.REPLAY.show, face.webhooks.replays(hook.id)))
        },
        "/api/webhooks/events": {"events": list(map(webhooks.EVENT_KIND.show, face.webhooks.event_types()))},
    }

    for path, expected in answers.items():
        assert read_json(write_json(expected)) == read_json(shop.get(path).body), path


@pytest.mark.parametrize(
    ("method", "path", "body", "ask"),
    [
        ("GET", "/api/orders/nobody", None, lambda face: face.orders.get("nobody")),
        ("GET", "/api/orders?limit=0", None, lambda face: face.orders.list().page(limit=0)),
        ("GET", "/api/orders?status=lost", None, lambda face: face.orders.list(status="lost")),
        ("GET", "/api/events?after=x", None, lambda face: face.events("x").page()),
        ("POST", "/api/products", {"sku": "", "name": "x"}, lambda face: face.products.create(sku="", name="x")),
        ("POST", "/api/orders/nobody/hold", {"reason": ""}, lambda face: face.orders.hold("nobody", "")),
        (
            "POST",
            "/api/webhooks",
            {"url": "ftp://a", "events": ["lost"]},
            lambda face: face.webhooks.create("ftp://a", ["lost"]),
        ),
        ("GET", "/api/webhooks/nobody/deliveries", None, lambda face: face.webhooks.deliveries("nobody").page()),
        ("POST", "/api/deliveries/nobody/redeliver", None, lambda face: face.webhooks.redeliver("nobody")),
        ("PATCH", "/api/settings", {"autoConfirm": 1}, lambda face: face.settings.update(auto_confirm=1)),
    ],
)
def test_what_is_refused_in_process_is_refused_over_http(
    shop: Shop, method: str, path: str, body: Any, ask: Callable[[TenantFace], Any]
) -> None:
    """The error that is raised carries what the HTTP answer carries."""
    with pytest.raises(VectisError) as raised:
        ask(shop.face)
    error = raised.value
    answer = shop.ask(method, path, body)

    assert (answer.status, answer.error) == (error.http_status, error.code)
    assert answer.json["details"].get("field") == error.details.get("field")

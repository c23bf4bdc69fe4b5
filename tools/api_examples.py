"""Make ``adapters/vectis_http/openapi/examples.json``: ``python -m tools.api_examples``.

A shop with foretellable ids is told the guide's story over the API, each operation of the table at least once, and
what was sent and answered the first time that it succeeded is kept. So no example is written by hand, and none can
show what the API would not answer.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import attrs

from vectis_core import Vectis
from vectis_core.access import SCOPES
from vectis_core.json_writer import write_json
from vectis_core.testing.clock import FrozenClock
from vectis_core.testing.ids import CountingIds
from vectis_http import HttpApi, HttpRequest
from vectis_http.access.token_endpoint import FORM_TYPE
from vectis_http.json_codec import read_json
from vectis_http.openapi.answering import PLACEHOLDER
from vectis_http.operation import JSON, Body, Operation

FILE = Path(__file__).parents[1] / "adapters" / "vectis_http" / "openapi" / "examples.json"

#: The ids that the guide prints.
_GUIDE_ORDER = "550e8400-e29b-41d4-a716-446655440000"
_SHOWN_INSTEAD = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9..."
_ADDRESS = {
    "name": "Jane Smith",
    "line1": "123 Main St",
    "city": "Austin",
    "region": "TX",
    "postalCode": "78701",
    "country": "US",
}
_ORDER = {
    "externalId": "SHOPIFY-12345",
    "customerId": "cust_jane123",
    "customerEmail": "jane@example.com",
    "items": [{"sku": "WIDGET-001", "quantity": 2, "unitPrice": 29.99}],
    "shippingAddresses": [_ADDRESS],
    "billingAddress": _ADDRESS,
}
_PRODUCT = {
    "sku": "WIDGET-001",
    "name": "Premium Widget",
    "weight": {"value": 1.5, "unit": "lb"},
    "dimensions": {"length": 10, "width": 8, "height": 4, "unit": "in"},
}
_WEBHOOK = {
    "url": "https://your-system.com/webhooks/vectis",
    "events": ["order.shipped", "order.delivered", "inventory.low_stock"],
    "secret": "your-webhook-secret",
}
_SCAN = {
    "trackResults": [
        {
            "trackingNumberInfo": {"trackingNumber": "123456789012"},
            "scanEvents": [{"date": "2026-01-26T11:00:00+00:00", "eventType": "IT", "eventDescription": "In transit"}],
        }
    ]
}


@attrs.define
class _Teller:
    """Calls operations by name, and keeps the first success of each."""

    api: HttpApi
    token: str = ""
    kept: dict[str, dict[str, Any]] = attrs.field(factory=dict)
    #: What is not the same each time, or is secret, and what is shown in its place.
    shown: dict[str, str] = attrs.field(factory=dict)

    def tell(
        self, operation_name: str, body: Any = None, *, query: Mapping[str, Any] | None = None, **path: str
    ) -> Any:
        """Call an operation, and return what its answer says."""
        operation = next(each for each in self.api.operations if each.name == operation_name)
        answer = self.api.handle(self._request(operation, body, path, query or {}))
        said = read_json(answer.body) if answer.body else None
        if answer.status >= 300:
            raise RuntimeError(f"{operation_name} answered {answer.status}: {said}")
        told = self.kept.setdefault(operation_name, {"path": path, "query": query or {}, "body": body, "answers": {}})
        if said is not None:
            told["answers"].setdefault(str(answer.status), said)
        return said

    def _request(
        self, operation: Operation, body: Any, path: Mapping[str, str], query: Mapping[str, Any]
    ) -> HttpRequest:
        form = operation.body is Body.FORM
        filled = PLACEHOLDER.sub(lambda found: quote(path[found[1]], safe=""), operation.path)
        content = b"" if body is None else urlencode(body).encode() if form else write_json(body)
        # Of its own, so that the ids that the API makes are those of what the story tells.
        headers = {"x-request-id": "example", **({"content-type": FORM_TYPE if form else JSON} if content else {})}
        if operation.scope is not None:
            headers["authorization"] = f"Bearer {self.token}"
        if operation.name.startswith("pushTracking"):
            headers["x-api-key"] = "your-carrier-secret"
        return HttpRequest(method=operation.method, path=filled, query=urlencode(query), headers=headers, body=content)

    def all_told(self) -> dict[str, Any]:
        """Return what is kept, in the order of the table, with nothing in it that is secret or of this day."""
        told = {each.name: self.kept[each.name] for each in self.api.operations if each.name in self.kept}
        text = write_json(told, indent=1).decode()
        for real, instead in self.shown.items():
            text = text.replace(real, instead)
        shown: dict[str, Any] = read_json(text.encode())
        return shown


@contextmanager
def _shop() -> Iterator[_Teller]:
    clock = FrozenClock()
    with Vectis.open("memory://", clock=clock, ids=CountingIds()) as oms:
        teller = _Teller(HttpApi(oms, environ={"VECTIS_SECRET_KEY": base64.b64encode(bytes(32)).decode()}))
        issued = oms.tenant("acme").clients.create("Web shop", scopes=SCOPES)
        teller.shown = {issued.client.id: "YOUR_CLIENT_ID", str(issued.secret): "YOUR_CLIENT_SECRET"}
        form = {"grant_type": "client_credentials", "client_id": issued.client.id, "client_secret": str(issued.secret)}
        teller.token = str(teller.tell("createToken", form)["access_token"])
        teller.shown[teller.token] = _SHOWN_INSTEAD
        yield teller


def _stock(teller: _Teller) -> str:
    product = teller.tell("createProduct", _PRODUCT)
    teller.tell("getProductBySku", sku="WIDGET-001")
    teller.tell("getProduct", id=product["id"])
    teller.tell("listProducts", query={"limit": 20})
    change = {"name": "Premium Widget v2", "weight": {"value": 1.2, "unit": "lb"}}
    teller.tell("updateProduct", change, id=product["id"])
    record = str(teller.api.oms.tenant("acme").inventory.list(sku="WIDGET-001").page().items[0].id)
    teller.api.oms.tenant("acme").inventory.adjust(record, 165, reason="First delivery")
    teller.tell("adjustStock", {"adjustment": -5, "reason": "Damaged goods removed"}, id=record)
    teller.tell("updateStockRecord", {"reorderPoint": 20}, id=record)
    teller.tell("getStockRecord", id=record)
    teller.tell("listWarehouses", query={"limit": 20})
    address = {"line1": "1 Harbor Way", "city": "Reno", "region": "NV", "postalCode": "89501", "country": "US"}
    depot = teller.tell("createWarehouse", {"code": "RENO", "name": "Reno depot", "address": address})
    teller.tell("getWarehouse", id=depot["id"])
    teller.tell("updateWarehouse", {"name": "Reno, West"}, id=depot["id"])
    teller.tell("createStockRecord", {"sku": "WIDGET-001", "warehouseId": depot["id"], "reorderPoint": 5})
    return record


def _orders(teller: _Teller, record: str) -> str:
    order = teller.tell("createOrder", _ORDER)["id"]
    teller.shown[order] = _GUIDE_ORDER
    teller.tell("createOrder", _ORDER)
    teller.tell("listInventory", query={"sku": "WIDGET-001"})
    teller.tell("explainStockRecord", id=record)
    teller.tell("holdOrder", {"reason": "Address check"}, id=order)
    teller.tell("releaseOrder", {"reason": "Address is good"}, id=order)
    teller.tell("confirmOrder", {}, id=order)
    label = {
        "carrier": "FedEx",
        "trackingNumber": "123456789012",
        "items": [{"sku": "WIDGET-001", "quantity": 1}],
        "status": "label_created",
    }
    spoilt = teller.tell("createShipment", {**label, "trackingNumber": "123456789011"}, id=order)["id"]
    teller.tell("voidShipment", {}, id=spoilt)
    shipment = teller.tell("createShipment", label, id=order)["id"]
    teller.tell("shipShipment", {"at": "2026-01-26T12:00:00Z"}, id=shipment)
    teller.tell("closeOrderShort", {"reason": "Out of production"}, id=order)
    teller.tell("getShipment", id=shipment)
    teller.tell("listShipments", id=order)
    return str(order)


def _carriers(teller: _Teller, order: str) -> None:
    setup = {"proof": "header", "header": "X-Api-Key", "secrets": ["your-carrier-secret"]}
    teller.tell("configureCarrier", setup, carrier="fedex")
    teller.tell("getCarrier", carrier="fedex")
    teller.tell("listCarriers")
    teller.tell("pushTracking", _SCAN, query={"tenant": "acme"}, carrier="fedex")
    teller.tell("getTracking", id=order)
    setup = {"proof": "path", "secrets": ["your-carrier-secret"]}
    teller.tell("configureCarrier", setup, carrier="fedex")
    by_path = {"carrier": "fedex", "secret": "your-carrier-secret"}
    teller.tell("pushTrackingWithSecret", _SCAN, query={"tenant": "acme"}, **by_path)
    teller.tell("closeCarrier", carrier="fedex")


def _webhooks(teller: _Teller) -> None:
    hook = teller.tell("createWebhook", _WEBHOOK)["id"]
    teller.tell("listEventTypes")
    teller.kept["listEventTypes"]["answers"]["200"]["events"][1:] = []
    teller.tell("listWebhooks", query={"limit": 20})
    teller.tell("getWebhook", id=hook)
    teller.tell("updateWebhook", {"events": ["order.*"]}, id=hook)
    issued = teller.tell("rotateWebhookSecret", {"overlap": 3600}, id=hook)
    teller.shown[issued["secret"]] = "whsec_YOUR_WEBHOOK_SECRET"
    teller.tell("finishWebhookRotation", {}, id=hook)
    delivery = teller.tell("testWebhook", {}, id=hook)["id"]
    teller.tell("listDeliveries", query={"status": "pending"}, id=hook)
    teller.tell("getDelivery", id=delivery)
    teller.tell("redeliver", {}, id=delivery)
    teller.tell("replayWebhook", {"since": "2026-01-25T12:00:00Z"}, id=hook)
    teller.tell("listReplays", id=hook)
    teller.tell("deleteWebhook", id=hook)


def _rest(teller: _Teller, order: str, record: str) -> None:
    cancelled = teller.tell("createOrder", {**_ORDER, "externalId": "SHOPIFY-12346"})["id"]
    teller.tell("cancelOrder", {"reason": "Customer requested cancellation"}, id=cancelled)
    [shipment] = [each for each in teller.tell("getOrder", id=order)["shipments"] if each["status"] == "shipped"]
    teller.tell("deliverShipment", {"at": "2026-01-26T12:00:00Z"}, id=shipment["id"])
    teller.tell("listOrders", query={"limit": 50, "offset": 0})
    teller.tell("getOrderHistory", id=order)
    teller.tell("listMovements", query={"limit": 20}, id=record)
    teller.tell("listEvents", query={"types": "order.*,inventory.low_stock", "limit": 2})
    teller.tell("getSettings")
    teller.tell("updateSettings", {"autoConfirm": True})
    client = teller.tell("createClient", {"name": "Warehouse app", "scopes": ["orders:read", "inventory:write"]})
    teller.shown[client["clientSecret"]] = "ANOTHER_CLIENT_SECRET"
    issued = teller.tell("createClientSecret", {}, id=client["id"])
    teller.shown[issued["clientSecret"]] = "ITS_NEW_CLIENT_SECRET"
    teller.tell("listClients", query={"limit": 20})
    teller.tell("getClient", id=client["id"])
    teller.tell("revokeClient", id=client["id"])
    teller.tell("exportCustomer", {"customerId": "cust_jane123"}, query={"limit": 1})
    teller.tell("eraseCustomer", {"customerId": "cust_jane123"})
    for name in ("getHealth", "getReadiness", "getKeySet"):
        teller.tell(name)
    modulus = teller.kept["getKeySet"]["answers"]["200"]["keys"][0]
    teller.shown[modulus["n"]], teller.shown[modulus["kid"]] = "0vx7agoebGcQSuuPiLJXZpt...", "NzbLsXh8uDCcd-6MNwXF4W"


def made() -> str:
    """Return what the file is to contain."""
    with _shop() as teller:
        record = _stock(teller)
        order = _orders(teller, record)
        _webhooks(teller)
        _carriers(teller, order)
        _rest(teller, order, record)
        told = teller.all_told()
    for example in told.values():
        for name in [name for name, value in example.items() if not value and not (name == "body" and value == {})]:
            del example[name]
    return write_json(told, indent=1).decode() + "\n"


if __name__ == "__main__":
    FILE.write_text(made(), encoding="utf-8")

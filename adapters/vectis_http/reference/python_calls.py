"""Each call in Python, filled with the example of the document: by ``vectis_client``, or where it has none, without."""

from __future__ import annotations

import re
from collections.abc import Mapping
from textwrap import indent
from typing import Any

import attrs

from vectis_http.reference.calls import Asked, Served, plain

#: What the client calls each operation.
METHODS = {
    "createProduct": "products.create",
    "listProducts": "products.list",
    "getProduct": "products.get",
    "getProductBySku": "products.by_sku",
    "updateProduct": "products.update",
    "listInventory": "inventory.list",
    "createStockRecord": "inventory.open",
    "getStockRecord": "inventory.get",
    "updateStockRecord": "inventory.update",
    "adjustStock": "inventory.adjust",
    "listMovements": "inventory.movements",
    "explainStockRecord": "inventory.explain",
    "listWarehouses": "warehouses.list",
    "createWarehouse": "warehouses.create",
    "getWarehouse": "warehouses.get",
    "updateWarehouse": "warehouses.update",
    "createOrder": "orders.create",
    "listOrders": "orders.list",
    "getOrder": "orders.get",
    "confirmOrder": "orders.confirm",
    "cancelOrder": "orders.cancel",
    "closeOrderShort": "orders.close_short",
    "holdOrder": "orders.hold",
    "releaseOrder": "orders.release",
    "getOrderHistory": "orders.history",
    "createShipment": "orders.ship",
    "listShipments": "orders.shipments",
    "getShipment": "shipments.get",
    "shipShipment": "shipments.ship",
    "deliverShipment": "shipments.deliver",
    "voidShipment": "shipments.void",
    "getTracking": "tracking.of_order",
    "getSettings": "settings.get",
    "updateSettings": "settings.update",
    "listClients": "clients.list",
    "createClient": "clients.create",
    "getClient": "clients.get",
    "revokeClient": "clients.revoke",
    "createClientSecret": "clients.add_secret",
    "listEvents": "events",
    "eraseCustomer": "customers.erase",
    "exportCustomer": "customers.export",
    "createWebhook": "webhooks.create",
    "listWebhooks": "webhooks.list",
    "getWebhook": "webhooks.get",
    "updateWebhook": "webhooks.update",
    "deleteWebhook": "webhooks.delete",
    "rotateWebhookSecret": "webhooks.rotate_secret",
    "finishWebhookRotation": "webhooks.finish_rotation",
    "testWebhook": "webhooks.test",
    "listDeliveries": "webhooks.deliveries",
    "getDelivery": "webhooks.delivery",
    "redeliver": "webhooks.redeliver",
    "replayWebhook": "webhooks.replay",
    "listReplays": "webhooks.replays",
    "listCarriers": "carriers.list",
    "getCarrier": "carriers.get",
    "configureCarrier": "carriers.configure",
    "closeCarrier": "carriers.close",
}
_WIDTH = 88
_PAGE = ("limit", "offset")


def as_python(asked: Asked, operation: Mapping[str, Any], schemas: Mapping[str, Any], served: Served) -> str:
    """Return the call of an *operation* of a document that has *schemas*, of an API that is *served* there."""
    method = METHODS.get(operation["operationId"])
    return _without_client(asked) if method is None else _Writer(schemas).program(method, operation, served)


@attrs.frozen
class _Writer:
    """Writes one program for the client."""

    schemas: Mapping[str, Any]
    #: Names that it needs.
    classes: set[str] = attrs.field(factory=set)
    has_moments: list[bool] = attrs.field(factory=list)

    def program(self, method: str, operation: Mapping[str, Any], served: Served) -> str:
        """Return the whole of it."""
        called = f"result = oms.{self._call(method, operation)}\nprint(result)"
        names = ", ".join(sorted(self.classes))
        return "\n".join(
            [
                *(["from datetime import datetime", ""] if self.has_moments else []),
                "from vectis_client import Client",
                *([f"from vectis_core import {names}"] if names else []),
                "",
                "with Client.connect(",
                f'    "{served.calls}",',
                '    client_id="YOUR_CLIENT_ID",',
                '    client_secret="YOUR_CLIENT_SECRET",',
                f'    token_url="{served.tokens}/oauth/token",',
                ") as oms:",
                indent(called, "    "),
            ]
        )

    def _call(self, method: str, operation: Mapping[str, Any]) -> str:
        parameters = operation.get("parameters", [])
        given = [each for each in parameters if "example" in each]
        query = {each["name"]: self._queried(each) for each in given if each["in"] == "query"}
        page = [f"{name}={query.pop(name)}" for name in _PAGE if name in query]
        arguments = [_text(each["example"]) for each in given if each["in"] == "path"]
        arguments += [f"{_snake(name)}={value}" for name, value in query.items()]
        content: Mapping[str, Any] = operation.get("requestBody", {}).get("content", {})
        for media in content.values():
            arguments += self._fields(media["schema"], media.get("example", {}))
        called = _laid_out(f"{method}(", arguments, ")")
        is_list = any(each["name"] == "limit" for each in parameters)
        return f"{called}.page({', '.join(page)})" if is_list else called

    def _queried(self, parameter: Mapping[str, Any]) -> str:
        value = parameter["example"]
        if parameter["schema"]["type"] == "array":
            return self._value({"items": {}}, value.split(","))
        return self._value(parameter["schema"], value)

    def _fields(self, schema: Mapping[str, Any], value: Mapping[str, Any]) -> list[str]:
        fields = self._resolved(schema)["properties"]
        return [f"{_snake(name)}={self._value(fields[name], each)}" for name, each in value.items()]

    def _value(self, schema: Mapping[str, Any], value: Any) -> str:
        schema = schema["anyOf"][0] if "anyOf" in schema else schema
        if isinstance(value, Mapping):
            name = schema["$ref"].rpartition("/")[2].removesuffix("Input")
            self.classes.add(name)
            return _laid_out(f"{name}(", self._fields(schema, value), ")")
        if isinstance(value, list | tuple):
            return _laid_out("[", [self._value(schema["items"], each) for each in value], "]")
        if schema.get("format") == "date-time":
            self.has_moments.append(True)
            return f"datetime.fromisoformat({_text(value)})"
        # What is exact in JSON is written as a text: a float would not be exact.
        return _text(str(value)) if schema.get("type") == "number" else _text(value)

    def _resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        resolved: Mapping[str, Any] = self.schemas[schema["$ref"].rpartition("/")[2]]
        return resolved


def _text(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) and value.isprintable() and '"' not in value else repr(plain(value))


def _snake(name: str) -> str:
    return re.sub(r"[A-Z]", lambda found: f"_{found[0].lower()}", name)


def _laid_out(start: str, parts: list[str], end: str) -> str:
    """Return a call or a list on one line where it fits, else with each part on its own."""
    line = f"{start}{', '.join(parts)}{end}"
    if len(line) <= _WIDTH and "\n" not in line:
        return line
    return "\n".join([start, *(indent(f"{part},", "    ") for part in parts), end])


def _literal(value: Any) -> str:
    if isinstance(value, Mapping):
        return _laid_out("{", [f"{_text(name)}: {_literal(each)}" for name, each in value.items()], "}")
    if isinstance(value, list | tuple):
        return _laid_out("[", [_literal(each) for each in value], "]")
    return _text(value)


def _without_client(asked: Asked) -> str:
    """Return the call by Python's standard library alone."""
    lines = ["from urllib.request import Request, urlopen", ""]
    arguments = [_text(asked.url), "headers=headers", f"method={_text(asked.method)}"]
    if asked.body is not None:
        module, call = ("urllib.parse", "urlencode") if asked.is_form else ("json", "dumps")
        lines.insert(0, f"from {module} import {call}")
        lines.append(f"body = {_literal(asked.body)}")
        arguments.append(f"data={call}(body).encode()")
    lines += [
        f"headers = {_literal(dict(asked.headers))}",
        f"request = {_laid_out('Request(', arguments, ')')}",
        "with urlopen(request) as response:",
        "    print(response.status, response.read().decode())",
    ]
    return "\n".join(lines)

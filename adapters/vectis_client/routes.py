"""Which operation of the API does what a command asks, and which answers a question.

The faces of the library make commands and questions, whatever engine is behind them; a row here says by which operation
one is carried out elsewhere. Method, path, query, body and answer are those of the operations table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

import attrs

from vectis_client.untold import partly
from vectis_client.writing import body_of, text_of
from vectis_core import commands, personal_data, queries
from vectis_core.access import ApiClient
from vectis_core.errors import NotFound
from vectis_core.json_writer import write_json
from vectis_core.personal_data import CustomerKey
from vectis_core.tracking.accounts import CLOSED, CarrierAccount
from vectis_core.webhooks.model import Subscription, SubscriptionStatus
from vectis_http.operation import JSON, Body, Operation
from vectis_http.operations import RESOURCES
from vectis_http.routing import Router

_OPERATIONS = {operation.name: operation for operation in RESOURCES}
_ROUTER = Router(RESOURCES)


def _no_intent(_: Mapping[str, Any]) -> Any:
    return None


@attrs.frozen
class Route:
    """How a command or a question becomes a request."""

    operation: Operation
    #: Which value stands in the path, where one does.
    of: str | None = None
    #: Values by the names that query parameters have, where they have others.
    renamed: Mapping[str, str] = attrs.field(factory=dict)
    #: Makes the body out of the values; ``None`` for none.
    intent: Callable[[Mapping[str, Any]], Any] = _no_intent
    #: Whether the list has one entry at most, which is the answer.
    is_one: bool = False
    #: What is known of what has ended, by what stands in the path: the API answers that with nothing.
    ended: Callable[[str], Any] | None = None

    @property
    def changes(self) -> bool:
        """Whether it may change something."""
        return self.operation.method != "GET" and self.operation.name != "exportCustomer"

    def target(self, values: Mapping[str, Any]) -> str:
        """Return path and query; raises ``NotFound`` for an id that nothing can have: a word of the API's own paths."""
        path, _, rest = self.operation.path.partition("{")
        if self.of is not None:
            path += _segment(str(values[self.of])) + rest.partition("}")[2]
            found = _ROUTER.find(path)
            if found is not None and found[0].operations.get(self.operation.method) is not self.operation:
                raise NotFound("There is nothing of this id")
        asked = {}
        for each in self.operation.query:
            value = values.get(self.renamed.get(each.name, each.name))
            if value is not None and value != each.default:
                asked[each.wire] = text_of(value)
        return f"{path}?{urlencode(asked)}" if asked else path

    def body(self, values: Mapping[str, Any]) -> bytes | None:
        """Return the body, where one is needed."""
        intent = self.intent(values)
        if intent is None:
            return b"{}" if self.operation.body is Body.OPTIONAL else None
        return write_json(body_of(intent))

    def headers(self, values: Mapping[str, Any]) -> dict[str, str]:
        """Return the headers that are the operation's own."""
        sent = {"accept": JSON}
        if self.operation.body is not Body.NONE:
            sent["content-type"] = JSON
        if self.operation.takes_key:
            sent["idempotency-key"] = values["command_id"]
        return sent


def _segment(text: str) -> str:
    """Return *text* as it stands in a path; a dot too is written so that nobody on the way takes it for a step."""
    quoted = quote(text, safe="", errors="surrogatepass")
    return quoted.replace(".", "%2E") if not text.strip(".") else quoted


def _given(values: Mapping[str, Any]) -> Any:
    return values["intent"]


def _row(name: str, of: str | None = None, **more: Any) -> Route:
    return Route(_OPERATIONS[name], of, **more)


def _change(name: str, of: str | None = None, **more: Any) -> Route:
    """Return the row of a command that says more than what it is about."""
    return _row(name, of, intent=_given, **more)


def _customer(values: Mapping[str, Any]) -> CustomerKey:
    where = values["where"]
    return CustomerKey(customer_id=where.customer_id, email=where.customer_email)


def _closed(carrier: str) -> CarrierAccount:
    return partly(CarrierAccount, carrier=carrier, proof=CLOSED, secrets=())


def _deleted(subscription_id: str) -> Subscription:
    return partly(Subscription, id=subscription_id, status=SubscriptionStatus.DELETED)


COMMANDS: Mapping[type[commands.Command[Any]], Route] = {
    commands.PlaceOrder: _change("createOrder"),
    commands.ConfirmOrder: _row("confirmOrder", "order_id"),
    commands.CancelOrder: _change("cancelOrder", "order_id"),
    commands.CloseOrderShort: _change("closeOrderShort", "order_id"),
    commands.HoldOrder: _change("holdOrder", "order_id"),
    commands.ReleaseOrder: _change("releaseOrder", "order_id"),
    commands.RegisterShipment: _change("createShipment", "order_id"),
    commands.ShipShipment: _change("shipShipment", "shipment_id"),
    commands.DeliverShipment: _change("deliverShipment", "shipment_id"),
    commands.VoidShipment: _change("voidShipment", "shipment_id"),
    commands.CreateProduct: _change("createProduct"),
    commands.UpdateProduct: _change("updateProduct", "product_id"),
    commands.OpenStockRecord: _change("createStockRecord"),
    commands.UpdateStockRecord: _change("updateStockRecord", "stock_id"),
    commands.AdjustStock: _change("adjustStock", "stock_id"),
    commands.CreateWarehouse: _change("createWarehouse"),
    commands.UpdateWarehouse: _change("updateWarehouse", "warehouse_id"),
    commands.UpdateSettings: _change("updateSettings"),
    commands.CreateClient: _change("createClient"),
    commands.AddClientSecret: _row("createClientSecret", "client_id"),
    commands.RevokeClient: _row("revokeClient", "client_id", ended=lambda each: partly(ApiClient, id=each)),
    commands.CreateSubscription: _change("createWebhook"),
    commands.UpdateSubscription: _change("updateWebhook", "subscription_id"),
    commands.DeleteSubscription: _row("deleteWebhook", "subscription_id", ended=_deleted),
    commands.RotateSecret: _change("rotateWebhookSecret", "subscription_id"),
    commands.FinishRotation: _row("finishWebhookRotation", "subscription_id"),
    commands.SendTestEvent: _row("testWebhook", "subscription_id"),
    commands.Redeliver: _row("redeliver", "delivery_id"),
    commands.StartReplay: _change("replayWebhook", "subscription_id"),
    commands.ConfigureCarrier: _change("configureCarrier", "carrier"),
    commands.CloseCarrier: _row("closeCarrier", "carrier", ended=_closed),
}

QUESTIONS: Mapping[Callable[..., Any], Route] = {
    queries.order: _row("getOrder", "order_id"),
    queries.order_by_external_id: _row("listOrders", is_one=True),
    queries.orders: _row("listOrders"),
    queries.history: _row("getOrderHistory", "order_id"),
    queries.shipments: _row("listShipments", "order_id"),
    queries.shipment: _row("getShipment", "shipment_id"),
    queries.tracking: _row("getTracking", "order_id"),
    queries.product: _row("getProduct", "product_id"),
    queries.product_by_sku: _row("getProductBySku", "sku"),
    queries.products: _row("listProducts"),
    queries.stock: _row("listInventory"),
    queries.stock_record: _row("getStockRecord", "stock_id"),
    queries.movements: _row("listMovements", "stock_id"),
    queries.explain: _row("explainStockRecord", "stock_id"),
    queries.warehouses: _row("listWarehouses"),
    queries.warehouse: _row("getWarehouse", "warehouse_id"),
    queries.settings: _row("getSettings"),
    queries.clients: _row("listClients"),
    queries.client: _row("getClient", "client_id"),
    queries.events: _row("listEvents"),
    queries.subscriptions: _row("listWebhooks"),
    queries.subscription: _row("getWebhook", "subscription_id"),
    queries.deliveries: _row("listDeliveries", "subscription_id", renamed={"event": "event_type"}),
    queries.delivery_log: _row("getDelivery", "delivery_id"),
    queries.replays: _row("listReplays", "subscription_id"),
    queries.carriers: _row("listCarriers"),
    queries.carrier: _row("getCarrier", "name"),
    personal_data.records: _row("exportCustomer", intent=_customer),
    personal_data.erase: _row("eraseCustomer", intent=lambda values: values["who"]),
}


def values_of(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is asked by name, with what filters and parts of lists say beside what it is asked of."""
    told = dict(asked)
    for name in ("where", "part"):
        if name in told:
            told |= attrs.asdict(told[name], recurse=False)
    return told

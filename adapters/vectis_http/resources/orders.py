"""Orders: created, read, confirmed, held, cancelled, closed short."""

from __future__ import annotations

from vectis_core import commands, queries
from vectis_core.errors import Conflict, InsufficientStock, NotFound
from vectis_core.orders import Cancellation, NewOrder, Placed, Reason
from vectis_http import parameters, render
from vectis_http.operation import Body, Call, Handler, Nothing, Operation, Query, Reply, all_of, location, ok, page_of

_READ = "orders:read"
_WRITE = "orders:write"
_ONE = "/api/orders/{id}"

#: Headers that tell a repeat from a first request.
REPLAYED = ("X-Idempotent-Replay", "true")
MISMATCHED = ("X-Idempotency-Mismatch", "true")


def _placed(call: Call, placed: Placed) -> Reply:
    payload = render.order(placed.order)
    if placed.created:
        return Reply(201, payload, (location(call, "/api/orders", placed.order.id),))
    return Reply(200, payload, (REPLAYED, MISMATCHED) if placed.mismatch else (REPLAYED,))


def _list(call: Call) -> Query:
    asked = dict(call.query)
    part = queries.page_slice(asked.pop("limit"), asked.pop("offset"))
    where = queries.order_filter(**asked)
    return Query(lambda view: queries.orders(view, call.tenant, where, part), quick=where.external_id is not None)


def _step(name: str, summary: str, request: type, handler: Handler, *, body: Body = Body.REQUIRED) -> Operation:
    return Operation(
        name=f"{name}Order" if name != "closeShort" else "closeOrderShort",
        summary=summary,
        method="POST",
        path=f"{_ONE}/{'close-short' if name == 'closeShort' else name}",
        scope=_WRITE,
        body=body,
        request=request,
        handler=handler,
        reply=ok(render.order),
        responses={200: "The order"},
        errors=(NotFound, Conflict),
        takes_key=True,
    )


OPERATIONS = (
    Operation(
        name="createOrder",
        summary="Create an order and reserve all its lines, or return the one that has the externalId already",
        method="POST",
        path="/api/orders",
        scope=_WRITE,
        body=Body.REQUIRED,
        request=NewOrder,
        handler=lambda call: commands.PlaceOrder(caller=call.caller, intent=call.intent),
        reply=_placed,
        responses={201: "The new order", 200: "The order that has this externalId, as it is now"},
        errors=(InsufficientStock,),
    ),
    Operation(
        name="listOrders",
        summary="List orders, newest first",
        method="GET",
        path="/api/orders",
        scope=_READ,
        query=(
            parameters.STATUS,
            parameters.EXTERNAL_ID,
            parameters.CUSTOMER_ID,
            parameters.SKU,
            parameters.CREATED_AFTER,
            parameters.CREATED_BEFORE,
            *parameters.PAGE,
        ),
        handler=_list,
        reply=page_of("orders", render.order),
        responses={200: "A page of orders"},
    ),
    Operation(
        name="getOrder",
        summary="Read an order",
        method="GET",
        path=_ONE,
        scope=_READ,
        handler=lambda call: Query(lambda view: queries.order(view, call.tenant, call.id), quick=True),
        reply=ok(render.order),
        responses={200: "The order"},
        errors=(NotFound,),
    ),
    _step(
        "confirm",
        "Accept a pending order for fulfilment",
        Nothing,
        lambda call: commands.ConfirmOrder(caller=call.caller, command_id=call.command_id, order_id=call.id),
        body=Body.OPTIONAL,
    ),
    _step(
        "cancel",
        "Cancel an order of which nothing has shipped, and release its stock",
        Cancellation,
        lambda call: commands.CancelOrder(
            caller=call.caller, command_id=call.command_id, order_id=call.id, intent=call.intent
        ),
        body=Body.OPTIONAL,
    ),
    _step(
        "closeShort",
        "End a partially shipped order: cancel and release what was not shipped",
        Reason,
        lambda call: commands.CloseOrderShort(
            caller=call.caller, command_id=call.command_id, order_id=call.id, intent=call.intent
        ),
    ),
    _step(
        "hold",
        "Forbid confirming and shipping an order for the time being",
        Reason,
        lambda call: commands.HoldOrder(
            caller=call.caller, command_id=call.command_id, order_id=call.id, intent=call.intent
        ),
    ),
    _step(
        "release",
        "End the hold of an order",
        Reason,
        lambda call: commands.ReleaseOrder(
            caller=call.caller, command_id=call.command_id, order_id=call.id, intent=call.intent
        ),
    ),
    Operation(
        name="getOrderHistory",
        summary="Read each step that changed an order, oldest first, and who took it",
        method="GET",
        path=f"{_ONE}/history",
        scope=_READ,
        handler=lambda call: Query(lambda view: queries.history(view, call.tenant, call.id)),
        reply=all_of("history", render.event),
        responses={200: "The steps"},
        errors=(NotFound,),
    ),
)

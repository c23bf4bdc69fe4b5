"""Orders: created, read, confirmed, held, cancelled, closed short."""

from __future__ import annotations

from vectis_core import commands, queries
from vectis_core.errors import Conflict, InsufficientStock, NotFound
from vectis_core.orders import Cancellation, NewOrder, Placed, Reason
from vectis_http import parameters
from vectis_http.headers import MISMATCHED, REPLAYED
from vectis_http.operation import Body, Call, Handler, Nothing, Operation, Query, Reply, Success, all_of, page_of
from vectis_http.shapes.orders import ORDER
from vectis_http.shapes.tenancy import EVENT

_READ = "orders:read"
_WRITE = "orders:write"
_ALL = "/api/orders"
_ONE = "/api/orders/{id}"

_CREATED = Success("The new order", ORDER, place=_ALL)
_KNOWN = Success("The order that has this externalId, as it is now", ORDER, headers=(REPLAYED.name, MISMATCHED.name))


def _placed(call: Call, placed: Placed) -> Reply:
    if placed.created:
        return _CREATED.reply(201, call, placed.order)
    repeat = (REPLAYED.true, MISMATCHED.true) if placed.mismatch else (REPLAYED.true,)
    return _KNOWN.reply(200, call, placed.order, *repeat)


def _list(call: Call) -> Query:
    part = call.part
    where = queries.order_filter(**call.filters)
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
        responses={200: Success("The order", ORDER)},
        errors=(NotFound, Conflict),
        takes_key=True,
    )


OPERATIONS = (
    Operation(
        name="createOrder",
        summary="Create an order and reserve all its lines, or return the one that has the externalId already",
        method="POST",
        path=_ALL,
        scope=_WRITE,
        body=Body.REQUIRED,
        request=NewOrder,
        handler=lambda call: commands.PlaceOrder(caller=call.caller, intent=call.intent),
        reply=_placed,
        responses={201: _CREATED, 200: _KNOWN},
        errors=(InsufficientStock,),
    ),
    Operation(
        name="listOrders",
        summary="List orders, newest first",
        method="GET",
        path=_ALL,
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
        responses={200: Success("A page of orders", page_of("orders", ORDER))},
    ),
    Operation(
        name="getOrder",
        summary="Read an order",
        method="GET",
        path=_ONE,
        scope=_READ,
        handler=lambda call: Query(lambda view: queries.order(view, call.tenant, call.id), quick=True),
        responses={200: Success("The order", ORDER)},
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
        responses={200: Success("The steps", all_of("history", EVENT))},
        errors=(NotFound,),
    ),
)

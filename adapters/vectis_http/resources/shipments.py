"""Shipments: registered for an order, shipped, delivered, voided."""

from __future__ import annotations

from vectis_core import commands, queries
from vectis_core.commands import Command
from vectis_core.errors import Conflict, NotFound
from vectis_core.orders import NewShipment, Shipment, ShipmentMoment
from vectis_http.operation import Body, Call, Operation, Query, Success, all_of
from vectis_http.shapes.orders import SHIPMENT

_READ = "orders:read"
_WRITE = "orders:write"
_OF_ORDER = "/api/orders/{id}/shipments"
_ONE = "/api/shipments/{id}"


def _step(
    name: str,
    summary: str,
    command: type[commands.ShipShipment | commands.DeliverShipment | commands.VoidShipment],
) -> Operation:
    def handler(call: Call) -> Command[Shipment]:
        return command(caller=call.caller, command_id=call.command_id, shipment_id=call.id, intent=call.intent)

    return Operation(
        name=f"{name}Shipment",
        summary=summary,
        method="POST",
        path=f"{_ONE}/{name}",
        scope=_WRITE,
        body=Body.OPTIONAL,
        request=ShipmentMoment,
        handler=handler,
        responses={200: Success("The shipment", SHIPMENT)},
        errors=(NotFound, Conflict),
        takes_key=True,
    )


OPERATIONS = (
    Operation(
        name="createShipment",
        summary="Register a shipment of an order, of all that is reserved where no items are named",
        method="POST",
        path=_OF_ORDER,
        scope=_WRITE,
        body=Body.REQUIRED,
        request=NewShipment,
        handler=lambda call: commands.RegisterShipment(
            caller=call.caller, command_id=call.command_id, order_id=call.id, intent=call.intent
        ),
        responses={201: Success("The shipment", SHIPMENT, place="/api/shipments")},
        errors=(NotFound, Conflict),
        takes_key=True,
    ),
    Operation(
        name="listShipments",
        summary="List the shipments of an order, oldest first",
        method="GET",
        path=_OF_ORDER,
        scope=_READ,
        handler=lambda call: Query(lambda view: queries.shipments(view, call.tenant, call.id), quick=True),
        responses={200: Success("The shipments", all_of("shipments", SHIPMENT))},
        errors=(NotFound,),
    ),
    Operation(
        name="getShipment",
        summary="Read a shipment",
        method="GET",
        path=_ONE,
        scope=_READ,
        handler=lambda call: Query(lambda view: queries.shipment(view, call.tenant, call.id), quick=True),
        responses={200: Success("The shipment", SHIPMENT)},
        errors=(NotFound,),
    ),
    _step("ship", "A labelled shipment has left; its goods leave stock", commands.ShipShipment),
    _step("deliver", "A shipment has arrived", commands.DeliverShipment),
    _step("void", "A label will not be used; its pieces can go on another", commands.VoidShipment),
)

"""Warehouses: added, listed, read, changed."""

from __future__ import annotations

from vectis_core import commands, queries
from vectis_core.catalogue import NewWarehouse, WarehouseChange
from vectis_core.errors import Conflict, NotFound
from vectis_http import parameters
from vectis_http.operation import Body, Call, Operation, Query, Success, page_of
from vectis_http.shapes.catalogue import WAREHOUSE

_READ = "inventory:read"
_WRITE = "inventory:write"


def _list(call: Call) -> Query:
    part = call.part
    return Query(lambda view: queries.warehouses(view, call.tenant, part))


OPERATIONS = (
    Operation(
        name="listWarehouses",
        summary="List warehouses, newest first",
        method="GET",
        path="/api/warehouses",
        scope=_READ,
        query=parameters.PAGE,
        handler=_list,
        responses={200: Success("A page of warehouses", page_of("warehouses", WAREHOUSE))},
    ),
    Operation(
        name="createWarehouse",
        summary="Add a warehouse",
        method="POST",
        path="/api/warehouses",
        scope=_WRITE,
        body=Body.REQUIRED,
        request=NewWarehouse,
        handler=lambda call: commands.CreateWarehouse(
            caller=call.caller, command_id=call.command_id, intent=call.intent
        ),
        responses={201: Success("The warehouse", WAREHOUSE, place="/api/warehouses")},
        errors=(Conflict,),
        takes_key=True,
    ),
    Operation(
        name="getWarehouse",
        summary="Read a warehouse",
        method="GET",
        path="/api/warehouses/{id}",
        scope=_READ,
        handler=lambda call: Query(lambda view: queries.warehouse(view, call.tenant, call.id), quick=True),
        responses={200: Success("The warehouse", WAREHOUSE)},
        errors=(NotFound,),
    ),
    Operation(
        name="updateWarehouse",
        summary="Change a warehouse; null clears its address, what is left out stays",
        method="PATCH",
        path="/api/warehouses/{id}",
        scope=_WRITE,
        body=Body.REQUIRED,
        request=WarehouseChange,
        handler=lambda call: commands.UpdateWarehouse(
            caller=call.caller, command_id=call.command_id, warehouse_id=call.id, intent=call.intent
        ),
        responses={200: Success("The warehouse", WAREHOUSE)},
        errors=(NotFound, Conflict),
        takes_key=True,
    ),
)

"""Warehouses: added, listed, read, changed."""

from __future__ import annotations

from vectis_core import commands, queries
from vectis_core.catalogue import NewWarehouse, WarehouseChange
from vectis_core.errors import Conflict, NotFound
from vectis_http import parameters, render
from vectis_http.operation import Body, Call, Operation, Query, created, ok, page_of

_READ = "inventory:read"
_WRITE = "inventory:write"


def _list(call: Call) -> Query:
    part = queries.page_slice(call.query["limit"], call.query["offset"])
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
        reply=page_of("warehouses", render.warehouse),
        responses={200: "A page of warehouses"},
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
        reply=created(render.warehouse, "/api/warehouses"),
        responses={201: "The warehouse"},
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
        reply=ok(render.warehouse),
        responses={200: "The warehouse"},
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
        reply=ok(render.warehouse),
        responses={200: "The warehouse"},
        errors=(NotFound, Conflict),
        takes_key=True,
    ),
)

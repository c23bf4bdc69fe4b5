"""Stock records: opened, listed, adjusted, and accounted for."""

from __future__ import annotations

from vectis_core import commands, queries
from vectis_core.errors import Conflict, NotFound
from vectis_core.stock import Adjustment, NewStockRecord, StockChange
from vectis_http import parameters
from vectis_http.operation import Body, Call, Operation, Query, Success, page_of
from vectis_http.shapes.stock import EXPLANATION, MOVEMENT, STOCK_RECORD

_READ = "inventory:read"
_WRITE = "inventory:write"
_ONE = "/api/inventory/{id}"


def _list(call: Call) -> Query:
    part = call.part
    where = queries.stock_filter(**call.filters)
    return Query(lambda view: queries.stock(view, call.tenant, where, part), quick=where.sku is not None)


def _movements(call: Call) -> Query:
    part = call.part
    return Query(lambda view: queries.movements(view, call.tenant, call.id, part))


OPERATIONS = (
    Operation(
        name="listInventory",
        summary="List stock records, one for each SKU and warehouse, newest first",
        method="GET",
        path="/api/inventory",
        scope=_READ,
        query=(parameters.SKU, parameters.WAREHOUSE_ID, parameters.LOW, *parameters.PAGE),
        handler=_list,
        responses={200: Success("A page of stock records", page_of("items", STOCK_RECORD))},
    ),
    Operation(
        name="createStockRecord",
        summary="Open a stock record of zero for a SKU in a further warehouse",
        method="POST",
        path="/api/inventory",
        scope=_WRITE,
        body=Body.REQUIRED,
        request=NewStockRecord,
        handler=lambda call: commands.OpenStockRecord(
            caller=call.caller, command_id=call.command_id, intent=call.intent
        ),
        responses={201: Success("The stock record", STOCK_RECORD, place="/api/inventory")},
        errors=(Conflict,),
        takes_key=True,
    ),
    Operation(
        name="getStockRecord",
        summary="Read a stock record",
        method="GET",
        path=_ONE,
        scope=_READ,
        handler=lambda call: Query(lambda view: queries.stock_record(view, call.tenant, call.id), quick=True),
        responses={200: Success("The stock record", STOCK_RECORD)},
        errors=(NotFound,),
    ),
    Operation(
        name="updateStockRecord",
        summary="Change the reorder point of a stock record; null takes it away",
        method="PATCH",
        path=_ONE,
        scope=_WRITE,
        body=Body.REQUIRED,
        request=StockChange,
        handler=lambda call: commands.UpdateStockRecord(
            caller=call.caller, command_id=call.command_id, stock_id=call.id, intent=call.intent
        ),
        responses={200: Success("The stock record", STOCK_RECORD)},
        errors=(NotFound,),
        takes_key=True,
    ),
    Operation(
        name="adjustStock",
        summary="Correct what is on hand by pieces found or gone",
        method="PATCH",
        path=f"{_ONE}/adjust",
        scope=_WRITE,
        body=Body.REQUIRED,
        request=Adjustment,
        handler=lambda call: commands.AdjustStock(
            caller=call.caller, command_id=call.command_id, stock_id=call.id, intent=call.intent
        ),
        responses={200: Success("The stock record", STOCK_RECORD)},
        errors=(NotFound, Conflict),
        takes_key=True,
    ),
    Operation(
        name="listMovements",
        summary="List the ledger of a stock record, newest first",
        method="GET",
        path=f"{_ONE}/movements",
        scope=_READ,
        query=(parameters.LIMIT, parameters.OFFSET, parameters.BEFORE_MOVEMENT),
        handler=_movements,
        responses={200: Success("A page of movements", page_of("movements", MOVEMENT))},
        errors=(NotFound,),
    ),
    Operation(
        name="explainStockRecord",
        summary="Read who holds what of a stock record, oldest order first",
        method="GET",
        path=f"{_ONE}/explain",
        scope=_READ,
        handler=lambda call: Query(lambda view: queries.explain(view, call.tenant, call.id)),
        responses={200: Success("The stock record and its holders", EXPLANATION)},
        errors=(NotFound,),
    ),
)

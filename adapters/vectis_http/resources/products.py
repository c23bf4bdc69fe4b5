"""Products: created, listed, read by id or SKU, changed."""

from __future__ import annotations

from vectis_core import commands, queries
from vectis_core.catalogue import NewProduct, ProductChange
from vectis_core.errors import Conflict, NotFound
from vectis_http import parameters, render
from vectis_http.operation import Body, Call, Operation, Query, created, ok, page_of

_READ = "products:read"
_WRITE = "products:write"


def _list(call: Call) -> Query:
    asked = dict(call.query)
    part = queries.page_slice(asked.pop("limit"), asked.pop("offset"))
    where = queries.product_filter(**asked)
    return Query(lambda view: queries.products(view, call.tenant, where, part), quick=where.sku is not None)


OPERATIONS = (
    Operation(
        name="createProduct",
        summary="Add a product, with a stock record of zero in the default warehouse",
        method="POST",
        path="/api/products",
        scope=_WRITE,
        body=Body.REQUIRED,
        request=NewProduct,
        handler=lambda call: commands.CreateProduct(caller=call.caller, command_id=call.command_id, intent=call.intent),
        reply=created(render.product, "/api/products"),
        responses={201: "The product"},
        errors=(Conflict,),
        takes_key=True,
    ),
    Operation(
        name="listProducts",
        summary="List products, newest first",
        method="GET",
        path="/api/products",
        scope=_READ,
        query=(parameters.SKU, parameters.SEARCH, parameters.ACTIVE, *parameters.PAGE),
        handler=_list,
        reply=page_of("products", render.product),
        responses={200: "A page of products"},
    ),
    Operation(
        name="getProduct",
        summary="Read a product",
        method="GET",
        path="/api/products/{id}",
        scope=_READ,
        handler=lambda call: Query(lambda view: queries.product(view, call.tenant, call.id), quick=True),
        reply=ok(render.product),
        responses={200: "The product"},
        errors=(NotFound,),
    ),
    Operation(
        name="getProductBySku",
        summary="Read the product with a SKU, whatever characters that has, slashes included",
        method="GET",
        path="/api/products/sku/{sku...}",
        scope=_READ,
        handler=lambda call: Query(
            lambda view: queries.product_by_sku(view, call.tenant, call.path["sku"]), quick=True
        ),
        reply=ok(render.product),
        responses={200: "The product"},
        errors=(NotFound,),
    ),
    Operation(
        name="updateProduct",
        summary="Change a product; null clears an optional field, what is left out stays",
        method="PATCH",
        path="/api/products/{id}",
        scope=_WRITE,
        body=Body.REQUIRED,
        request=ProductChange,
        handler=lambda call: commands.UpdateProduct(
            caller=call.caller, command_id=call.command_id, product_id=call.id, intent=call.intent
        ),
        reply=ok(render.product),
        responses={200: "The product"},
        errors=(NotFound,),
        takes_key=True,
    ),
)

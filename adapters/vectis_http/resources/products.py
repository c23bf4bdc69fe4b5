"""Products: created, listed, read by id or SKU, changed."""

from __future__ import annotations

from vectis_core import commands, queries
from vectis_core.catalogue import NewProduct, ProductChange
from vectis_core.errors import Conflict, NotFound
from vectis_http import parameters
from vectis_http.operation import Body, Call, Operation, Query, Success, page_of
from vectis_http.shapes.catalogue import PRODUCT

_READ = "products:read"
_WRITE = "products:write"


def _list(call: Call) -> Query:
    part = call.part
    where = queries.product_filter(**call.filters)
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
        responses={201: Success("The product", PRODUCT, place="/api/products")},
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
        responses={200: Success("A page of products", page_of("products", PRODUCT))},
    ),
    Operation(
        name="getProduct",
        summary="Read a product",
        method="GET",
        path="/api/products/{id}",
        scope=_READ,
        handler=lambda call: Query(lambda view: queries.product(view, call.tenant, call.id), quick=True),
        responses={200: Success("The product", PRODUCT)},
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
        responses={200: Success("The product", PRODUCT)},
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
        responses={200: Success("The product", PRODUCT)},
        errors=(NotFound,),
        takes_key=True,
    ),
)

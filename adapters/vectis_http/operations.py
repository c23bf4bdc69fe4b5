"""The one table of all operations; routing, checks, answers and the API's description are driven by it."""

from __future__ import annotations

from vectis_http.operation import Operation
from vectis_http.resources import inventory, orders, products, service, shipments, tenancy, warehouses, webhooks

#: Every operation that takes a token.
RESOURCES: tuple[Operation, ...] = (
    *products.OPERATIONS,
    *inventory.OPERATIONS,
    *warehouses.OPERATIONS,
    *orders.OPERATIONS,
    *shipments.OPERATIONS,
    *tenancy.OPERATIONS,
    *webhooks.OPERATIONS,
)


def operations_of(access: service.AccessService) -> tuple[Operation, ...]:
    """Return the whole table, its operations without a token answered by *access*."""
    return (*service.operations_of(access), *RESOURCES)

"""The one table of all operations; routing, checks, answers and the API's description are driven by it."""

from __future__ import annotations

from vectis_http.operation import Operation
from vectis_http.resources import (
    carriers,
    customers,
    inventory,
    orders,
    products,
    service,
    shipments,
    tenancy,
    warehouses,
    webhooks,
)

#: Every operation that takes a token.
RESOURCES: tuple[Operation, ...] = (
    *products.OPERATIONS,
    *inventory.OPERATIONS,
    *warehouses.OPERATIONS,
    *orders.OPERATIONS,
    *shipments.OPERATIONS,
    *tenancy.OPERATIONS,
    *customers.OPERATIONS,
    *webhooks.OPERATIONS,
    *carriers.OPERATIONS,
)


def operations_of(access: service.AccessService, pushes: carriers.PushService) -> tuple[Operation, ...]:
    """Return the whole table, its operations without a token answered by *access*, and carriers' by *pushes*."""
    return (*service.operations_of(access), *carriers.pushes_of(pushes), *RESOURCES)

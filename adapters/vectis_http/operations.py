"""The one table of all operations; routing, checks, answers and the API's description are driven by it."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

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


def _as_tuple(operations: Iterable[Operation]) -> tuple[Operation, ...]:
    return tuple(operations)


@attrs.frozen
class Group:
    """Operations that belong together."""

    name: str
    #: What they are about, in a sentence.
    summary: str
    operations: tuple[Operation, ...] = attrs.field(converter=_as_tuple)


#: Every operation that takes a token.
RESOURCE_GROUPS = (
    Group("Products", "What is sold, by SKU.", products.OPERATIONS),
    Group("Inventory", "How many pieces of a SKU lie in a warehouse, and who holds them.", inventory.OPERATIONS),
    Group("Warehouses", "Where stock lies.", warehouses.OPERATIONS),
    Group("Orders", "From an order's creation to its end.", orders.OPERATIONS),
    Group("Shipments", "The parcels of orders.", shipments.OPERATIONS),
    Group("Tenant", "Settings, API clients and the feed of events.", tenancy.OPERATIONS),
    Group("Customers", "Personal data: erased, and handed out.", customers.OPERATIONS),
    Group("Webhooks", "Who is told of events, and what was delivered.", webhooks.OPERATIONS),
    Group("Carriers", "What carriers report, and how their pushes prove themselves.", carriers.OPERATIONS),
)
RESOURCES: tuple[Operation, ...] = tuple(each for group in RESOURCE_GROUPS for each in group.operations)


def groups_of(
    access: service.AccessService,
    pushes: carriers.PushService,
    reference: service.ReferenceService,
    metrics: service.MetricsService,
) -> tuple[Group, ...]:
    """Return the whole table: what is about the server itself is answered by those that are given."""
    return (
        Group(
            "Access",
            "Tokens, and how the server is.",
            (*service.operations_of(access), *service.measured_by(metrics)),
        ),
        Group("Carriers' pushes", "What carriers call, by proofs of their own.", carriers.pushes_of(pushes)),
        *RESOURCE_GROUPS,
        Group("Reference", "This description.", service.described_by(reference)),
    )

"""The state machines of orders and shipments.

Everything that decides which step may follow which lives here, in two tables. The checks, the documents'
diagrams and the property tests are driven by them.

Theory
------
An order's status is not kept by hand: it is a pure function of its line counters, the moments at which it was
confirmed and cancelled, and the states of its shipments (``status_of``). The table says to which statuses a step
may lead; the function says which one it is; a test holds the two together. A line's pieces are always

    ordered = waiting + reserved + shipped + cancelled

so an order is *shipped* when nothing waits or is reserved any more and something was shipped, and *delivered*
when besides every shipment that left was delivered. A shipped order cannot be cancelled; what is left of a
partially shipped one can be closed short. Cancelled is final.

Other axes are not statuses: a hold (``on_hold``) forbids confirming and shipping and nothing else, and what
carriers report lies on the shipment.

Goods leave stock when their shipment ships, not when its label is made. A label can be voided; what has left
cannot.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Protocol

from vectis_core.errors import IllegalTransition


class OrderStatus(StrEnum):
    """Where an order stands."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    PARTIALLY_SHIPPED = "partially_shipped"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    RETURNED = "returned"


class OrderStep(StrEnum):
    """What can be asked of an order."""

    CONFIRM = "confirm"
    HOLD = "hold"
    RELEASE = "release"
    ADD_LABEL = "add_label"
    VOID_LABEL = "void_label"
    SHIP = "ship"
    DELIVER = "deliver"
    CLOSE_SHORT = "close_short"
    CANCEL = "cancel"


class ShipmentStatus(StrEnum):
    """Where a shipment stands."""

    LABEL_CREATED = "label_created"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    VOIDED = "voided"


class ShipmentStep(StrEnum):
    """What can be asked of a shipment."""

    SHIP = "ship"
    DELIVER = "deliver"
    VOID = "void"


#: Of each status of an order: the steps that it may take, and the statuses that each may lead to.
ORDER_TRANSITIONS: Mapping[OrderStatus, Mapping[OrderStep, frozenset[OrderStatus]]] = {
    OrderStatus.PENDING: {
        OrderStep.CONFIRM: frozenset({OrderStatus.CONFIRMED}),
        OrderStep.HOLD: frozenset({OrderStatus.PENDING}),
        OrderStep.RELEASE: frozenset({OrderStatus.PENDING}),
        OrderStep.CANCEL: frozenset({OrderStatus.CANCELLED}),
    },
    OrderStatus.CONFIRMED: {
        OrderStep.HOLD: frozenset({OrderStatus.CONFIRMED}),
        OrderStep.RELEASE: frozenset({OrderStatus.CONFIRMED}),
        OrderStep.ADD_LABEL: frozenset({OrderStatus.CONFIRMED}),
        OrderStep.VOID_LABEL: frozenset({OrderStatus.CONFIRMED}),
        OrderStep.SHIP: frozenset({OrderStatus.PARTIALLY_SHIPPED, OrderStatus.SHIPPED}),
        OrderStep.CANCEL: frozenset({OrderStatus.CANCELLED}),
    },
    OrderStatus.PARTIALLY_SHIPPED: {
        OrderStep.HOLD: frozenset({OrderStatus.PARTIALLY_SHIPPED}),
        OrderStep.RELEASE: frozenset({OrderStatus.PARTIALLY_SHIPPED}),
        OrderStep.ADD_LABEL: frozenset({OrderStatus.PARTIALLY_SHIPPED}),
        OrderStep.VOID_LABEL: frozenset({OrderStatus.PARTIALLY_SHIPPED}),
        OrderStep.SHIP: frozenset({OrderStatus.PARTIALLY_SHIPPED, OrderStatus.SHIPPED}),
        OrderStep.DELIVER: frozenset({OrderStatus.PARTIALLY_SHIPPED}),
        OrderStep.CLOSE_SHORT: frozenset({OrderStatus.SHIPPED, OrderStatus.DELIVERED}),
    },
    OrderStatus.SHIPPED: {
        OrderStep.DELIVER: frozenset({OrderStatus.SHIPPED, OrderStatus.DELIVERED}),
    },
    OrderStatus.DELIVERED: {},
    OrderStatus.CANCELLED: {},
    OrderStatus.RETURNED: {},
}

#: Of each status of a shipment: the steps that it may take, and the status that each leads to.
SHIPMENT_TRANSITIONS: Mapping[ShipmentStatus, Mapping[ShipmentStep, ShipmentStatus]] = {
    ShipmentStatus.LABEL_CREATED: {
        ShipmentStep.SHIP: ShipmentStatus.SHIPPED,
        ShipmentStep.VOID: ShipmentStatus.VOIDED,
    },
    ShipmentStatus.SHIPPED: {ShipmentStep.DELIVER: ShipmentStatus.DELIVERED},
    ShipmentStatus.DELIVERED: {},
    ShipmentStatus.VOIDED: {},
}


class LineCounters(Protocol):
    """The pieces of a line, by what became of them."""

    @property
    def waiting(self) -> int:
        """Pieces for which there is no stock yet."""
        ...

    @property
    def reserved(self) -> int:
        """Pieces promised from stock."""
        ...

    @property
    def shipped(self) -> int:
        """Pieces that left."""
        ...

    @property
    def returned(self) -> int:
        """Pieces that left and came back."""
        ...


def status_of(
    lines: Iterable[LineCounters],
    shipments: Iterable[ShipmentStatus],
    *,
    confirmed: bool,
    cancelled: bool,
) -> OrderStatus:
    """Return the status that follows from an order's counters, moments and shipments."""
    if cancelled:
        return OrderStatus.CANCELLED
    shipped = remaining = returned = 0
    for line in lines:
        shipped += line.shipped
        returned += line.returned
        remaining += line.waiting + line.reserved
    if shipped == 0:
        return OrderStatus.CONFIRMED if confirmed else OrderStatus.PENDING
    if remaining:
        return OrderStatus.PARTIALLY_SHIPPED
    if returned == shipped:
        return OrderStatus.RETURNED
    left = [status for status in shipments if status is not ShipmentStatus.VOIDED]
    all_delivered = all(status is ShipmentStatus.DELIVERED for status in left)
    return OrderStatus.DELIVERED if all_delivered else OrderStatus.SHIPPED


def allowed_steps(status: OrderStatus, *, on_hold: bool) -> list[OrderStep]:
    """Return the steps that an order of this status allows, in the table's order."""
    barred = {OrderStep.HOLD, *BARRED_BY_HOLD} if on_hold else {OrderStep.RELEASE}
    return [step for step in ORDER_TRANSITIONS[status] if step not in barred]


#: What a held order refuses.
BARRED_BY_HOLD = frozenset({OrderStep.CONFIRM, OrderStep.ADD_LABEL, OrderStep.SHIP})


def next_shipment_status(shipment_id: str, status: ShipmentStatus, step: ShipmentStep) -> ShipmentStatus:
    """Return what *step* makes of a shipment; raises ``IllegalTransition`` where the table has no entry."""
    table = SHIPMENT_TRANSITIONS[status]
    if step not in table:
        details = {"shipmentId": shipment_id, "status": status, "allowed": [str(s) for s in table]}
        raise IllegalTransition(f"Cannot {step} a shipment that is {status}", details)
    return table[step]

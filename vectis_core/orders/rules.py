"""What may be asked of an order as it stands, and what follows for its status and figures."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import attrs

from vectis_core.clock import to_wire
from vectis_core.errors import IllegalTransition
from vectis_core.money import line_total, total
from vectis_core.orders.lifecycle import (
    BARRED_BY_HOLD,
    ORDER_TRANSITIONS,
    OrderStep,
    ShipmentStatus,
    allowed_steps,
    status_of,
)
from vectis_core.orders.model import Order, OrderLine


def require(order: Order, step: OrderStep) -> None:
    """Raise ``IllegalTransition`` where the order does not allow *step* now.

    The details say where the order stands, which steps it allows, and for a cancelled one when and why it was.
    """
    held = order.on_hold and step in BARRED_BY_HOLD
    again = step is OrderStep.HOLD and order.on_hold
    idle = step is OrderStep.RELEASE and not order.on_hold
    if step in ORDER_TRANSITIONS[order.status] and not (held or again or idle):
        return
    details: dict[str, Any] = {
        "orderId": order.id,
        "status": str(order.status),
        "allowed": [str(each) for each in allowed_steps(order.status, on_hold=order.on_hold)],
    }
    words = str(step).replace("_", " ")
    message = f"Cannot {words}: the order is {str(order.status).replace('_', ' ')}"
    if held or again:
        details["holdReason"] = order.hold_reason
        message = f"Cannot {words}: the order is on hold"
    elif idle and step in ORDER_TRANSITIONS[order.status]:
        message = "Cannot release: the order is not on hold"
    if order.cancelled_at is not None:
        details["cancelledAt"] = to_wire(order.cancelled_at)
        details["reason"] = order.cancel_reason
        message = f"Cannot {words}: the order was cancelled at {details['cancelledAt']}"
    raise IllegalTransition(message, details)


def restated(order: Order, now: datetime, events: int, **changes: Any) -> Order:
    """Return *order* with *changes* made, its status following from them, and *events* more events."""
    changed = attrs.evolve(order, updated_at=now, event_seq=order.event_seq + events, **changes)
    status = status_of(
        changed.lines,
        [shipment.status for shipment in changed.shipments],
        confirmed=changed.confirmed_at is not None,
        cancelled=changed.cancelled_at is not None,
    )
    return attrs.evolve(changed, status=status)


def cancelled_rest(line: OrderLine) -> OrderLine:
    """Return *line* with all that has not shipped cancelled; its price is left as it is."""
    rest = line.waiting + line.reserved
    return attrs.evolve(line, waiting=0, reserved=0, cancelled=line.cancelled + rest) if rest else line


def repriced(order: Order, lines: tuple[OrderLine, ...]) -> dict[str, Any]:
    """Return lines, total and item count that follow the pieces not cancelled, as changes of *order*."""
    lines = tuple(
        attrs.evolve(line, total=line_total(line.quantity - line.cancelled, line.unit_price, order.currency))
        for line in lines
    )
    return {
        "lines": lines,
        "total": total((line.total for line in lines), order.currency),
        "item_count": sum(line.quantity - line.cancelled for line in lines),
    }


def on_labels(order: Order) -> dict[tuple[int, str], int]:
    """Return the pieces that stand on labels not yet shipped, by line number and stock record."""
    pieces: dict[tuple[int, str], int] = {}
    for shipment in order.shipments:
        if shipment.status is ShipmentStatus.LABEL_CREATED:
            for line in shipment.lines:
                key = (line.line_no, line.stock_id)
                pieces[key] = pieces.get(key, 0) + line.quantity
    return pieces

"""Rules of an order's status: it follows from the counters, and so did each step of its history."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from vectis_core.events import Event, EventType
from vectis_core.orders.erasure import ENDED, is_without_person
from vectis_core.orders.lifecycle import ORDER_TRANSITIONS, OrderStatus, OrderStep, status_of
from vectis_core.orders.model import Order
from vectis_core.verify.report import Fault, Group

_fault = partial(Fault, Group.STATUS)

#: The step that an event of an order tells of.
STEP_TOLD: Mapping[EventType, OrderStep] = {
    EventType.ORDER_CONFIRMED: OrderStep.CONFIRM,
    EventType.ORDER_HELD: OrderStep.HOLD,
    EventType.ORDER_RELEASED: OrderStep.RELEASE,
    EventType.SHIPMENT_LABEL_CREATED: OrderStep.ADD_LABEL,
    EventType.SHIPMENT_VOIDED: OrderStep.VOID_LABEL,
    EventType.ORDER_SHIPPED: OrderStep.SHIP,
    EventType.SHIPMENT_DELIVERED: OrderStep.DELIVER,
    EventType.ORDER_DELIVERED: OrderStep.DELIVER,
    EventType.ORDER_UPDATED: OrderStep.CLOSE_SHORT,
    EventType.ORDER_CANCELLED: OrderStep.CANCEL,
}

#: What carriers say, which is no step of the order.
TRACKING_TOLD = frozenset(
    {
        EventType.SHIPMENT_TRACKING_UPDATED,
        EventType.SHIPMENT_DELIVERY_ATTEMPTED,
        EventType.SHIPMENT_EXCEPTION,
        EventType.SHIPMENT_RETURNED_TO_SENDER,
    }
)


def status_faults(order: Order) -> Iterator[Fault]:
    """Yield an order whose status, moments or hold do not follow from the rest of it."""
    rows = {"order": order.id}
    expected = status_of(
        order.lines,
        (shipment.status for shipment in order.shipments),
        confirmed=order.confirmed_at is not None,
        cancelled=order.cancelled_at is not None,
    )
    if order.status is not expected:
        yield _fault("status", f"the status is {order.status}, its counters say {expected}", rows)
    if order.confirmed_at is None and order.status not in {OrderStatus.PENDING, OrderStatus.CANCELLED}:
        yield _fault("confirmed", f"is {order.status} and was never confirmed", rows)
    if order.is_erased and not is_without_person(order):
        yield _fault("erased", "is erased, and an address, an e-mail address or the like is left in it", rows)
    if order.on_hold != (order.hold_reason is not None):
        yield _fault("hold", "is on hold without a reason, or has a reason without being on hold", rows)


def history_faults(order: Order, history: Sequence[Event]) -> Iterator[Fault]:
    """Yield steps that the table does not allow after the step before, and a history that ends elsewhere."""
    status = OrderStatus.PENDING
    for event in history:
        rows = {"order": order.id, "event": event.id}
        told = event.data.get("status")
        if told not in list(OrderStatus):
            yield _fault("step_status", f"{event.type} tells the status {told!r}", rows)
            continue
        after = OrderStatus(told)
        if not _may_follow(status, event.type, after):
            yield _fault("step", f"{event.type} cannot lead from {status} to {after}", rows)
        status = after
    if history and status is not order.status:
        yield _fault("last_step", f"is {order.status}, its history ends at {status}", {"order": order.id})


def _may_follow(status: OrderStatus, kind: EventType, after: OrderStatus) -> bool:
    if kind is EventType.ORDER_CREATED:
        return after is OrderStatus.PENDING
    if kind is EventType.ORDER_DELIVERED and status is OrderStatus.DELIVERED:
        # Closing short can be what makes an order delivered: its own event says so first.
        return after is status
    if kind is EventType.ORDER_REDACTED:
        return after is status and status in ENDED
    if kind in TRACKING_TOLD:
        # News of a parcel: what it has brought about is told by an event of its own, before.
        return after is status
    step = STEP_TOLD.get(kind)
    return step is not None and after in ORDER_TRANSITIONS[status].get(step, ())

"""Rules of events: exactly one for every transition that promises one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial

from vectis_core.events import Event, EventType
from vectis_core.orders.lifecycle import OrderStatus, ShipmentStatus
from vectis_core.orders.model import Order
from vectis_core.verify.lines import LEFT
from vectis_core.verify.report import Fault, Group
from vectis_core.verify.status import TRACKING_TOLD

_fault = partial(Fault, Group.EVENTS)

#: An event's type and, where it is about a shipment, which.
Promise = tuple[EventType, str | None]

_OF_SHIPMENTS = frozenset(
    {
        EventType.SHIPMENT_LABEL_CREATED,
        EventType.ORDER_SHIPPED,
        EventType.SHIPMENT_DELIVERED,
        EventType.SHIPMENT_VOIDED,
    }
)
#: How often these come follows from no row alone.
_UNCOUNTED = frozenset({EventType.ORDER_HELD, EventType.ORDER_RELEASED, EventType.ORDER_UPDATED}) | TRACKING_TOLD
#: Cancelling and closing short end a hold without a word of their own.
_ENDS_HOLD = frozenset({EventType.ORDER_CANCELLED, EventType.ORDER_UPDATED})


def promised_by(order: Order) -> Iterator[Promise]:
    """Yield what an order, as it is, must have told, each once."""
    yield EventType.ORDER_CREATED, None
    if order.confirmed_at is not None:
        yield EventType.ORDER_CONFIRMED, None
    if order.cancelled_at is not None:
        yield EventType.ORDER_CANCELLED, None
    if order.status in {OrderStatus.DELIVERED, OrderStatus.RETURNED}:
        yield EventType.ORDER_DELIVERED, None
    if order.is_erased:
        yield EventType.ORDER_REDACTED, None
    for shipment in order.shipments:
        if shipment.status in LEFT:
            yield EventType.ORDER_SHIPPED, shipment.id
        else:
            yield EventType.SHIPMENT_LABEL_CREATED, shipment.id
        if shipment.status is ShipmentStatus.DELIVERED:
            yield EventType.SHIPMENT_DELIVERED, shipment.id
        elif shipment.status is ShipmentStatus.VOIDED:
            yield EventType.SHIPMENT_VOIDED, shipment.id


def promise_faults(order: Order, history: Sequence[Event]) -> Iterator[Fault]:
    """Yield events that are missing, doubled, or tell of what never happened."""
    told = Counter(_promise_of(event) for event in history if event.type not in _UNCOUNTED)
    promised = Counter(promised_by(order))
    for shipment in order.shipments:
        label = (EventType.SHIPMENT_LABEL_CREATED, shipment.id)
        # Whether a shipment that left had a label first is told by its event alone.
        promised[label] = max(promised[label], min(told[label], 1))
    for (kind, about), count in sorted((told - promised).items(), key=str):
        yield _fault("extra", f"{count} {kind} too many", _rows(order, about))
    for (kind, about), count in sorted((promised - told).items(), key=str):
        yield _fault("missing", f"{count} {kind} too few", _rows(order, about))
    yield from _hold_faults(order, history)
    yield from _short_faults(order, history)


def _promise_of(event: Event) -> Promise:
    return event.type, event.data.get("shipmentId") if event.type in _OF_SHIPMENTS else None


def _rows(order: Order, about: str | None) -> dict[str, str]:
    return {"order": order.id} if about is None else {"order": order.id, "shipment": about}


def _hold_faults(order: Order, history: Sequence[Event]) -> Iterator[Fault]:
    """Yield holds and releases that do not take turns, or do not end in the order's flag."""
    held = False
    for event in history:
        if event.type in _ENDS_HOLD:
            held = False
        elif event.type is EventType.ORDER_HELD or event.type is EventType.ORDER_RELEASED:
            if held is (event.type is EventType.ORDER_HELD):
                yield _fault("hold_turns", f"{event.type} twice in a row", {"order": order.id, "event": event.id})
            held = event.type is EventType.ORDER_HELD
    if held is not order.on_hold:
        yield _fault("hold", f"on hold: {order.on_hold}; its events say {held}", {"order": order.id})


def _short_faults(order: Order, history: Sequence[Event]) -> Iterator[Fault]:
    """Yield an order that was closed short without telling so, or told so and was not."""
    closed = order.cancelled_at is None and any(line.cancelled for line in order.lines)
    told = sum(event.data.get("change") == "closed_short" for event in history)
    if told != closed:
        message = f"told {told} times that it was closed short, which it {'was' if closed else 'was not'}"
        yield _fault("closed_short", message, {"order": order.id})

"""What happened, counted beside what was asked (L1, L4, L5, L6).

Each effect has a key that the request for it has too: the order and the reason of a hold, the tracking number of a
shipment. Of a key there must be as many effects as requests that were answered as done, and at most as many more as
there are of unknown outcome.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from vectis_core.commands import (
    AdjustStock,
    CancelOrder,
    CloseOrderShort,
    ConfirmOrder,
    DeliverShipment,
    HoldOrder,
    PlaceOrder,
    RegisterShipment,
    ReleaseOrder,
    ShipShipment,
    UpdateSettings,
    VoidShipment,
)
from vectis_core.events import Event, EventType
from vectis_core.stock.model import Movement, MovementKind
from vectis_core.testing.judge.books import Books
from vectis_core.testing.judge.requests import Request
from vectis_core.testing.judge.violation import Violation

Key = tuple[object, ...]


def _of_order(type_: EventType) -> Callable[[Any], Key]:
    return lambda command: (type_, command.order_id, command.intent.reason)


def _of_shipment(type_: EventType) -> Callable[[Any], Key]:
    return lambda command: (type_, command.shipment_id)


#: Each kind of command that leaves something which is looked for, with the key of that.
_KEYS: Mapping[type, Callable[[Any], Key]] = {
    PlaceOrder: lambda command: ("order", command.intent.external_id),
    ConfirmOrder: lambda command: (EventType.ORDER_CONFIRMED, command.order_id),
    CancelOrder: _of_order(EventType.ORDER_CANCELLED),
    CloseOrderShort: _of_order(EventType.ORDER_UPDATED),
    HoldOrder: _of_order(EventType.ORDER_HELD),
    ReleaseOrder: _of_order(EventType.ORDER_RELEASED),
    RegisterShipment: lambda command: (
        "shipment",
        command.order_id,
        command.intent.tracking_number,
        command.intent.status,
    ),
    ShipShipment: _of_shipment(EventType.ORDER_SHIPPED),
    DeliverShipment: _of_shipment(EventType.SHIPMENT_DELIVERED),
    VoidShipment: _of_shipment(EventType.SHIPMENT_VOIDED),
    AdjustStock: lambda command: (
        "adjustment",
        command.stock_id,
        command.intent.reason,
        command.intent.adjustment,
    ),
}


#: What gives back the stock of an order.
_RELEASING = frozenset({EventType.ORDER_CANCELLED, EventType.ORDER_UPDATED})
_WITH_REASON = _RELEASING | {EventType.ORDER_HELD, EventType.ORDER_RELEASED}
#: One comes with the order, the other with the last delivery or with closing short.
_BROUGHT_ALONG = frozenset({EventType.ORDER_CREATED, EventType.ORDER_DELIVERED})


class Effects:
    """Each effect that the books show, by its key, and the requests that have the key."""

    def __init__(self, books: Books, asked: Sequence[Request]) -> None:
        self.asked: dict[Key, list[Request]] = {}
        #: Whether orders may have been confirmed as they were placed.
        self.auto_confirm = False
        for request in asked:
            key_of = _KEYS.get(type(request.command))
            if key_of is not None:
                self.asked.setdefault(key_of(request.command), []).append(request)
            self.auto_confirm |= isinstance(request.command, UpdateSettings)
        #: The key of what gave back an order's stock, and of what let a shipment's goods leave.
        self.release: dict[str, Key] = {}
        self.leaving: dict[str, Key] = {}
        #: Each order's effects, in the order of its events.
        self.steps: dict[str, list[Key]] = {}
        self.found: Counter[Key] = Counter()
        for order in books.orders.values():
            self._read_order(order.id, order.external_id, books.events.get(order.id, ()))
        for rows in books.ledger.values():
            self.found.update(key_of_adjustment(row) for row in rows if row.kind is MovementKind.ADJUST)

    def _read_order(self, order_id: str, external_id: str, events: Sequence[Event]) -> None:
        place: Key = ("order", external_id)
        self.found[place] += 1
        steps = self.steps[order_id] = [place]
        for event in events:
            key = self._key_of_event(order_id, event)
            if key is not None:
                self.found[key] += 1
                steps.append(key)

    def _key_of_event(self, order_id: str, event: Event) -> Key | None:
        type_, data = event.type, event.data
        if type_ in _BROUGHT_ALONG:
            return None
        key: Key
        if type_ is EventType.ORDER_CONFIRMED:
            key = (type_, order_id)
        elif type_ in _WITH_REASON:
            key = (type_, order_id, data["reason"])
            if type_ in _RELEASING:
                self.release[order_id] = key
        elif type_ is EventType.SHIPMENT_LABEL_CREATED:
            key = ("shipment", order_id, data["trackingNumber"], "label_created")
            self.leaving[data["shipmentId"]] = (EventType.ORDER_SHIPPED, data["shipmentId"])
        elif type_ is EventType.ORDER_SHIPPED:
            at_once = ("shipment", order_id, data["trackingNumber"], "shipped")
            key = self.leaving.setdefault(data["shipmentId"], at_once)
        else:
            key = (type_, data["shipmentId"])
        return key

    def interval(self, key: Key) -> tuple[float, float]:
        """Return the moments between which an effect happened, by the log."""
        asked = [request for request in self.asked.get(key, ()) if request.done or request.unknown]
        if _unasked(self, key) and not any(request.done for request in asked):
            # Whoever asked for it in vain may have found it there: something else had brought it along.
            return -math.inf, math.inf
        sent = min((request.sent for request in asked), default=-math.inf)
        return sent, max((request.answered for request in asked), default=math.inf)

    def key_of_row(self, row: Movement, books: Books) -> Key | None:
        """Return the key of what wrote a ledger row, ``None`` where that is wrong and told elsewhere."""
        match row.kind:
            case MovementKind.ADJUST:
                return key_of_adjustment(row)
            case MovementKind.RESERVE:
                order = books.orders.get(row.order_id or "")
                return ("order", order.external_id) if order is not None else None
            case MovementKind.RELEASE:
                return self.release.get(row.order_id or "")
            case MovementKind.SHIP:
                return self.leaving.get(row.shipment_id or "")


def key_of_adjustment(row: Movement) -> Key:
    """Return the key of the adjustment that wrote a ledger row."""
    return "adjustment", row.stock_id, row.reason, row.on_hand_delta


def effects(effects: Effects) -> Iterator[Violation]:
    """Yield each key of which there are more or fewer effects than there were requests."""
    for key in {**effects.asked, **effects.found}:
        asked = effects.asked.get(key, [])
        found = effects.found[key]
        done = sum(request.done for request in asked)
        unknown = sum(request.unknown and not request.done for request in asked)
        who = "; ".join(str(request) for request in asked[:3])
        if found < done:
            yield Violation("L1", f"{_named(key)} was answered as done {done}x and is there {found}x: {who}")
        elif found > done + unknown + _unasked(effects, key):
            yield _too_much(key, asked, found, who)


def _too_much(key: Key, asked: Sequence[Request], found: int, who: str) -> Violation:
    if not asked:
        return Violation("L4", f"{_named(key)} is there {found}x, and nobody asked for it")
    if not any(request.done or request.unknown for request in asked):
        return Violation("L1", f"{_named(key)} was refused and is there {found}x: {who}")
    law = "L5" if any(request.done for request in asked) else "L6"
    return Violation(law, f"{_named(key)} is there {found}x, asked for {len(asked)}x: {who}")


def _unasked(effects: Effects, key: Key) -> int:
    """Return how many effects of a key may be there because something else brought them along."""
    if key[0] is EventType.SHIPMENT_VOIDED:
        # Cancelling and closing short void what labels there are.
        return 1
    return int(key[0] is EventType.ORDER_CONFIRMED and effects.auto_confirm)


def _named(key: Key) -> str:
    return " ".join(str(part) for part in key)

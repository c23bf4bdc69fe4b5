"""Whether what was answered is what is there (L1), and one key has one answer (L5)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from vectis_core.access import IssuedClient
from vectis_core.commands import PlaceOrder
from vectis_core.errors import InsufficientStock, ValidationError
from vectis_core.money import line_total
from vectis_core.orders.lifecycle import OrderStatus, ShipmentStatus
from vectis_core.orders.model import NewOrder, Order, Placed, Shipment
from vectis_core.stock.model import StockRecord
from vectis_core.testing.calls import Call, Told
from vectis_core.testing.judge.books import Books
from vectis_core.testing.judge.requests import Request
from vectis_core.testing.judge.violation import Violation

#: How far a shipment has come; a void label goes no further.
_PROGRESS = {
    ShipmentStatus.LABEL_CREATED: 0,
    ShipmentStatus.SHIPPED: 1,
    ShipmentStatus.DELIVERED: 2,
    ShipmentStatus.VOIDED: 3,
}


def answers(books: Books, asked: Sequence[Request]) -> Iterator[Violation]:
    """Yield each answer that the books belie, and each key with two answers."""
    used: dict[tuple[str, str], Request] = {}
    for request in asked:
        command = request.command
        if isinstance(command, PlaceOrder):
            yield from _placed(books, request)
            continue
        yield from _equal(request)
        if request.done and command.command_id is not None:
            other = used.setdefault((command.caller.scope, command.command_id), request)
            if other is not request:
                yield Violation("L5", f"command id {command.command_id} was taken for {other} and for {request}")
        for call in request.calls:
            if call.told is Told.DONE:
                yield from _there(books, request, call.result)


def _equal(request: Request) -> Iterator[Violation]:
    results = [call.result for call in request.calls if call.told is Told.DONE]
    # A secret is told once; who asks again gets none.
    if any(result != results[0] for result in results[1:] if not isinstance(result, IssuedClient)):
        yield Violation("L5", f"{request}: the repeat was answered with {results[1:]} instead of {results[0]}")


def _there(books: Books, request: Request, result: object) -> Iterator[Violation]:
    """Yield where the books are behind what was answered."""
    if isinstance(result, Order):
        order = books.orders.get(result.id)
        if order is None or order.event_seq < result.event_seq:
            at = "gone" if order is None else f"at event {order.event_seq}"
            yield Violation("L1", f"{request} was told of event {result.event_seq} of {result.id}, which is {at}")
    elif isinstance(result, Shipment):
        shipment = books.shipments.get(result.id)
        if shipment is None or not _follows(result, shipment):
            now = "gone" if shipment is None else f"{shipment.status} now"
            yield Violation("L1", f"{request} was told that shipment {result.id} is {result.status}; it is {now}")
    elif isinstance(result, StockRecord):
        yield from _balance(books, request, result)


def _follows(before: Shipment, after: Shipment) -> bool:
    """Return whether a shipment can have become what it is now."""
    same = (before.order_id, before.carrier, before.tracking_number, before.lines)
    forward = _PROGRESS[before.status] <= _PROGRESS[after.status]
    return forward and same == (after.order_id, after.carrier, after.tracking_number, after.lines)


def _balance(books: Books, request: Request, result: StockRecord) -> Iterator[Violation]:
    rows = books.ledger.get(result.id)
    if rows is None or len(rows) < result.ledger_seq:
        yield Violation("L1", f"{request} was told of row {result.ledger_seq} of {result.id}, which is not there")
    elif result.ledger_seq:
        row = rows[result.ledger_seq - 1]
        if (row.on_hand_after, row.reserved_after) != (result.on_hand, result.reserved):
            yield Violation(
                "L1",
                f"{request} was told {result.on_hand} on hand, {result.reserved} reserved; row {row.seq} of {result.id}"
                f" says {row.on_hand_after} and {row.reserved_after}",
            )


def _placed(books: Books, request: Request) -> Iterator[Violation]:
    command = request.command
    assert isinstance(command, PlaceOrder)
    name = f"external id {command.intent.external_id}"
    orders = books.by_external_id.get(command.intent.external_id, [])
    done = [call for call in request.calls if call.told is Told.DONE]
    ids = {call.result.order.id for call in done}
    if len(ids | {order.id for order in orders}) > 1:
        yield Violation("L5", f"{name} was answered with the orders {sorted(ids)}, there are {[o.id for o in orders]}")
        return
    makers = [call for call in done if call.result.created]
    if len(makers) > 1 or (done and not makers and not request.unknown):
        yield Violation("L5", f"{name}: {len(makers)} of {len(done)} answers say that they made the order")
    first = min((call.answered for call in done if call.answered is not None), default=None)
    if first is not None:
        yield from _refused_later(name, request.calls, first)
    if orders:
        yield from _content(orders[0], makers, request)


def _refused_later(name: str, calls: Sequence[Call], first: float) -> Iterator[Violation]:
    for call in calls:
        if call.sent > first and isinstance(call.error, InsufficientStock | ValidationError):
            yield Violation("L5", f"{name}: {call.client} asked again at {call.sent:.6f} and was refused: {call.error}")


def _content(order: Order, makers: Sequence[Call], request: Request) -> Iterator[Violation]:
    """Yield where an order is not what was asked: by whoever made it, or by one of those who may have."""
    asked = [call.command.intent for call in makers or request.calls if isinstance(call.command, PlaceOrder)]
    if not any(_is_what(order, intent) for intent in asked):
        yield Violation("L1", f"order {order.external_id} ({order.id}) is not what was asked in {request}")
    for call in makers:
        placed: Placed = call.result
        if not _is_what(placed.order, call.command.intent):  # type: ignore[attr-defined]  # requests of orders have one
            yield Violation("L1", f"{request} was answered with an order that is not what was asked")
        if placed.order.event_seq > order.event_seq:
            yield Violation("L1", f"{request} was told of event {placed.order.event_seq}; it is at {order.event_seq}")


def _is_what(order: Order, intent: NewOrder) -> bool:
    if (order.external_id, order.currency) != (intent.external_id, intent.currency):
        return False
    if (order.shipping_addresses, order.billing_address) != (intent.shipping_addresses, intent.billing_address):
        return False
    if (order.customer_id, order.customer_email) != (intent.customer_id, intent.customer_email):
        return False
    if len(order.lines) != len(intent.items):
        return False
    total, count = Decimal(0), 0
    for line, item in zip(order.lines, intent.items, strict=True):
        left = line.quantity if order.status is OrderStatus.CANCELLED else line.quantity - line.cancelled
        price = line_total(left, item.unit_price, intent.currency)
        asked = (item.sku, item.quantity, item.unit_price, price, item.shipping_address or 0)
        if (line.sku, line.quantity, line.unit_price, line.total, line.shipping_address) != asked:
            return False
        total += price
        count += left
    return (order.total, order.item_count) == (total, count)

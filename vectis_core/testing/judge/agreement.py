"""Whether the books agree with themselves (L2, L3, L4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from vectis_core.events import Event, EventType
from vectis_core.orders.lifecycle import OrderStatus, ShipmentStatus
from vectis_core.orders.model import Order
from vectis_core.stock.model import Movement, MovementKind, StockRecord
from vectis_core.testing.judge.books import Books
from vectis_core.testing.judge.violation import Violation

#: Shipments whose goods have left.
_GONE = (ShipmentStatus.SHIPPED, ShipmentStatus.DELIVERED)


def agreement(books: Books) -> Iterator[Violation]:
    """Yield whatever disagrees."""
    moved: Counter[tuple[str | None, int | None, MovementKind]] = Counter()
    left: Counter[tuple[str | None, int | None, str]] = Counter()
    for stock_id, record in books.stock.items():
        rows = books.ledger[stock_id]
        yield from _ledger(record, rows)
        yield from _stock_events(record, rows, books.events.get(stock_id, ()))
        for row in rows:
            if row.kind is MovementKind.ADJUST:
                continue
            if row.order_id not in books.orders:
                yield Violation("L4", f"row {row.seq} of {stock_id} is of order {row.order_id}, which is not there")
            amount = row.reserved_delta if row.kind is MovementKind.RESERVE else -row.reserved_delta
            moved[row.order_id, row.line_no, row.kind] += amount
            if row.kind is MovementKind.SHIP:
                left[row.shipment_id, row.line_no, stock_id] -= row.on_hand_delta
    for order in books.orders.values():
        yield from _lines(order, moved)
        yield from _shipments(order, left)
        yield from _status(order)
        yield from _order_events(order, books.events.get(order.id, ()), books.histories[order.id])
    for subject_id in books.events:
        if subject_id not in books.orders and subject_id not in books.stock:
            yield Violation("L4", f"the feed has events of {subject_id}, which is not there")


def _ledger(record: StockRecord, rows: Sequence[Movement]) -> Iterator[Violation]:
    on_hand = reserved = 0
    for number, row in enumerate(rows, 1):
        on_hand += row.on_hand_delta
        reserved += row.reserved_delta
        where = f"{record.sku} ({record.id}) row {row.seq}"
        if row.seq != number:
            yield Violation("L2", f"{where} stands where {number} should")
        if not 0 <= row.reserved_after <= row.on_hand_after:
            yield Violation("L2", f"{where} leaves {row.reserved_after} reserved of {row.on_hand_after} on hand")
        if (row.on_hand_after, row.reserved_after) != (on_hand, reserved):
            after = f"{row.on_hand_after}/{row.reserved_after}"
            yield Violation("L2", f"{where} says {after} on hand/reserved, the sum is {on_hand}/{reserved}")
    if (record.on_hand, record.reserved, record.ledger_seq) != (on_hand, reserved, len(rows)):
        says = f"{record.on_hand}/{record.reserved} after {record.ledger_seq} rows"
        yield Violation(
            "L3", f"{record.sku} ({record.id}) says {says}; its ledger has {on_hand}/{reserved} after {len(rows)}"
        )


def _stock_events(record: StockRecord, rows: Sequence[Movement], events: Sequence[Event]) -> Iterator[Violation]:
    yield from _numbered(record.id, events, record.event_seq)
    told = [
        (event.data["adjustment"], event.data["reason"])
        for event in events
        if event.type is EventType.INVENTORY_ADJUSTED
    ]
    made = [(row.on_hand_delta, row.reason) for row in rows if row.kind is MovementKind.ADJUST]
    if told != made:
        yield Violation("L4", f"{record.sku} ({record.id}) was adjusted {len(made)}x, its events tell of {len(told)}")


def _lines(order: Order, moved: Counter[tuple[str | None, int | None, MovementKind]]) -> Iterator[Violation]:
    for line in order.lines:
        reserved = moved[order.id, line.line_no, MovementKind.RESERVE]
        released = moved[order.id, line.line_no, MovementKind.RELEASE]
        shipped = moved[order.id, line.line_no, MovementKind.SHIP]
        by_ledger = (reserved - line.waiting, reserved - released - shipped, shipped, released)
        by_line = (line.quantity - line.waiting, line.reserved, line.shipped, line.cancelled)
        if by_ledger != by_line or line.quantity != line.waiting + line.reserved + line.shipped + line.cancelled:
            yield Violation(
                "L4",
                f"order {order.external_id} ({order.id}) line {line.line_no} of {line.quantity} says"
                f" {line.reserved} reserved, {line.shipped} shipped, {line.cancelled} cancelled; the ledger has"
                f" {reserved} reserved, {shipped} shipped, {released} released",
            )


def _shipments(order: Order, left: Counter[tuple[str | None, int | None, str]]) -> Iterator[Violation]:
    for shipment in order.shipments:
        for line in shipment.lines:
            gone = left[shipment.id, line.line_no, line.stock_id]
            if gone != (line.quantity if shipment.status in _GONE else 0):
                yield Violation(
                    "L4",
                    f"shipment {shipment.id} of order {order.external_id} is {shipment.status} with"
                    f" {line.quantity} of line {line.line_no}; by the ledger {gone} left",
                )


def _status(order: Order) -> Iterator[Violation]:
    shipped = sum(line.shipped for line in order.lines)
    remaining = sum(line.waiting + line.reserved for line in order.lines)
    arrived = all(s.status in {ShipmentStatus.DELIVERED, ShipmentStatus.VOIDED} for s in order.shipments)
    if order.cancelled_at is not None:
        status = OrderStatus.CANCELLED
    elif not shipped:
        status = OrderStatus.CONFIRMED if order.confirmed_at is not None else OrderStatus.PENDING
    elif remaining:
        status = OrderStatus.PARTIALLY_SHIPPED
    else:
        status = OrderStatus.DELIVERED if arrived else OrderStatus.SHIPPED
    if order.status is not status:
        yield Violation("L4", f"order {order.external_id} ({order.id}) is {order.status}; its lines make it {status}")


def _order_events(order: Order, events: Sequence[Event], history: Sequence[Event]) -> Iterator[Violation]:
    name = f"order {order.external_id} ({order.id})"
    yield from _numbered(name, events, order.event_seq)
    if list(events) != list(history):
        yield Violation("L4", f"{name} has a history of {len(history)} steps that is not what the feed tells")
    for event in events:
        if (event.data["orderId"], event.data["externalId"]) != (order.id, order.external_id):
            yield Violation("L4", f"event {event.sequence} of {name} tells of another order: {event.data}")
    types = Counter(event.type for event in events)
    statuses = Counter(shipment.status for shipment in order.shipments)
    expected = {
        EventType.ORDER_CREATED: 1,
        EventType.ORDER_CONFIRMED: int(order.confirmed_at is not None),
        EventType.ORDER_CANCELLED: int(order.cancelled_at is not None),
        EventType.ORDER_DELIVERED: int(order.status is OrderStatus.DELIVERED),
        EventType.ORDER_SHIPPED: sum(statuses[status] for status in _GONE),
        EventType.SHIPMENT_DELIVERED: statuses[ShipmentStatus.DELIVERED],
        EventType.SHIPMENT_VOIDED: statuses[ShipmentStatus.VOIDED],
    }
    for kind, number in expected.items():
        if types[kind] != number:
            yield Violation("L4", f"{name} is {order.status} and has {types[kind]}x {kind} instead of {number}x")


def _numbered(name: str, events: Sequence[Event], newest: int) -> Iterator[Violation]:
    numbers = [event.sequence for event in events]
    if numbers != list(range(1, newest + 1)):
        yield Violation("L4", f"{name} is at event {newest} and has events {numbers[:20]}")

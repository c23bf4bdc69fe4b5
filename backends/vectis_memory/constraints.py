"""What no row may break: keys that point to rows of the same tenant, and checks within a row.

Each function returns what is wrong, in words, or ``None``. The flush refuses a row with them, and ``strays``
looks through all rows with them.
"""

from __future__ import annotations

from vectis_core.events import Event, Subject
from vectis_core.orders.model import Order, OrderLine
from vectis_core.stock.ledger import is_low
from vectis_core.stock.model import Movement, Reservation, StockRecord
from vectis_core.tracking.model import Scan
from vectis_core.webhooks.model import Attempt, Delivery, DeliveryStatus, Replay, Subscription
from vectis_memory.state import State
from vectis_memory.tree import Path


def tenant_problem(state: State, tenant: str, what: str) -> str | None:
    """Return whether a row belongs to no tenant."""
    return None if (tenant,) in state.tenants else f"{what} belongs to no tenant ({tenant})"


def subscription_problem(state: State, webhook: Subscription) -> str | None:
    """Return what is wrong with a webhook."""
    if not 0 <= webhook.failed_deliveries <= webhook.failures:
        return f"webhook {webhook.id} has {webhook.failed_deliveries} deliveries failed by {webhook.failures} attempts"
    if (webhook.failures > 0) is (webhook.failing_since is None):
        return f"webhook {webhook.id} has {webhook.failures} failures, since {webhook.failing_since}"
    return tenant_problem(state, webhook.tenant, f"webhook {webhook.id}")


def told_by(delivery: Delivery) -> Path:
    """Return the key of the event that a delivery tells of."""
    return (delivery.tenant, str(delivery.subject), delivery.subject_id, delivery.sequence)


def delivery_problem(state: State, delivery: Delivery) -> str | None:
    """Return what is wrong with a delivery."""
    if (delivery.tenant, delivery.subscription_id) not in state.subscriptions:
        return f"delivery {delivery.id} is of no webhook ({delivery.subscription_id})"
    if told_by(delivery) not in state.histories:
        return f"delivery {delivery.id} tells of no event"
    if (delivery.status is DeliveryStatus.PENDING) is (delivery.due_at is None):
        return f"delivery {delivery.id} is {delivery.status} and {'never' if delivery.due_at is None else 'still'} due"
    return f"delivery {delivery.id} has {delivery.attempts} attempts" if delivery.attempts < 0 else None


def attempt_problem(state: State, attempt: Attempt) -> str | None:
    """Return what is wrong with an attempt to deliver."""
    name = f"attempt {attempt.number} of {attempt.delivery_id}"
    if (attempt.tenant, attempt.delivery_id) not in state.deliveries:
        return f"{name} is of no delivery"
    if attempt.number < 1 or (attempt.code is None) is (attempt.error is None):
        return f"{name} has the answer {attempt.code} and the error {attempt.error}"
    return None


def replay_problem(state: State, replay: Replay) -> str | None:
    """Return what is wrong with a replay."""
    if (replay.tenant, replay.subscription_id) not in state.subscriptions:
        return f"replay {replay.id} is of no webhook ({replay.subscription_id})"
    if min(replay.position, replay.made) < 0:
        return f"replay {replay.id} is at {replay.position} with {replay.made} made"
    return None


def scan_problem(state: State, scan: Scan) -> str | None:
    """Return what is wrong with a carrier's scan."""
    for order_id, shipment_id in scan.shipments:
        if state.shipments.get((scan.tenant, shipment_id)) != order_id:
            return f"scan {scan.id} of {scan.track_key} is of no shipment {shipment_id}"
    return tenant_problem(state, scan.tenant, f"scan {scan.id}")


def stock_problem(state: State, record: StockRecord) -> str | None:
    """Return what is wrong with a stock record."""
    if not 0 <= record.reserved <= record.on_hand:
        return f"stock record {record.id} breaks 0 <= reserved {record.reserved} <= on hand {record.on_hand}"
    if record.low is not is_low(record.available, record.reorder_point):
        return f"stock record {record.id} has the wrong low flag"
    if (record.tenant, record.sku) not in state.skus:
        return f"stock record {record.id} is of no product ({record.sku})"
    if (record.tenant, record.warehouse_id) not in state.warehouses:
        return f"stock record {record.id} is in no warehouse ({record.warehouse_id})"
    return None


def _line_problem(order: Order, line: OrderLine) -> str | None:
    counters = (line.waiting, line.reserved, line.shipped, line.cancelled)
    if min(counters) < 0 or sum(counters) != line.quantity or not 0 <= line.returned <= line.shipped:
        return f"line {line.line_no} of order {order.id} has counters that are not its quantity"
    if not 0 <= line.shipping_address < len(order.shipping_addresses):
        return f"line {line.line_no} of order {order.id} goes to an address that the order lacks"
    return None


def order_problem(state: State, order: Order) -> str | None:
    """Return what is wrong with an order, its lines or its shipments."""
    numbers = {line.line_no for line in order.lines}
    if len(numbers) < len(order.lines):
        return f"order {order.id} has two lines of one number"
    for line in order.lines:
        problem = _line_problem(order, line)
        if problem is None and (order.tenant, line.sku) not in state.skus:
            problem = f"line {line.line_no} of order {order.id} is of no product ({line.sku})"
        if problem is not None:
            return problem
    for shipment in order.shipments:
        if (shipment.tenant, shipment.order_id) != (order.tenant, order.id):
            return f"shipment {shipment.id} is not of its order {order.id}"
        for part in shipment.lines:
            if part.quantity < 1 or part.line_no not in numbers:
                return f"shipment {shipment.id} has pieces of no line"
            if (order.tenant, part.stock_id) not in state.stock:
                return f"shipment {shipment.id} has pieces of no stock record ({part.stock_id})"
    return None


def reservation_problem(state: State, row: Reservation) -> str | None:
    """Return what is wrong with a reservation."""
    name = f"reservation of order {row.order_id} line {row.line_no} in {row.stock_id}"
    if not 0 <= row.open <= row.quantity or row.quantity < 1:
        return f"{name} breaks 0 <= open {row.open} <= quantity {row.quantity}"
    order = state.orders.get((row.tenant, row.order_id))
    if order is None or all(line.line_no != row.line_no for line in order.lines):
        return f"{name} is for no order line"
    record = state.stock.get((row.tenant, row.stock_id))
    if record is None or record.warehouse_id != row.warehouse_id:
        return f"{name} is of no stock record in that warehouse"
    return None


def movement_problem(state: State, row: Movement) -> str | None:
    """Return what is wrong with a row of the ledger."""
    name = f"movement {row.seq} of {row.stock_id}"
    if not 0 <= row.reserved_after <= row.on_hand_after:
        return f"{name} breaks 0 <= reserved {row.reserved_after} <= on hand {row.on_hand_after}"
    if (row.tenant, row.stock_id) not in state.stock:
        return f"{name} is of no stock record"
    if row.order_id is not None and (row.tenant, row.order_id) not in state.orders:
        return f"{name} was made for no order ({row.order_id})"
    if row.shipment_id is not None and (row.tenant, row.shipment_id) not in state.shipments:
        return f"{name} was made for no shipment ({row.shipment_id})"
    return None


def event_problem(state: State, event: Event) -> str | None:
    """Return what is wrong with an event; those of a webhook outlive it."""
    if event.subject is Subject.WEBHOOK:
        return None
    table = state.orders if event.subject is Subject.ORDER else state.stock
    if (event.tenant, event.subject_id) not in table:
        return f"event {event.sequence} is of no {event.subject} ({event.subject_id})"
    return None

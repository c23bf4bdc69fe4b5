"""Rules within one order: the equations of its lines, its totals, and what its shipments took."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from vectis_core.money import line_total, total
from vectis_core.orders.lifecycle import OrderStatus, ShipmentStatus
from vectis_core.orders.model import Order, OrderLine, Shipment, ShipmentLine
from vectis_core.stock.model import StockRecord
from vectis_core.verify.report import Fault, Group

RecordOf = Callable[[str], StockRecord | None]

LEFT = frozenset({ShipmentStatus.SHIPPED, ShipmentStatus.DELIVERED})

_fault = partial(Fault, Group.LINES)


def line_faults(order: Order) -> Iterator[Fault]:
    """Yield lines whose pieces do not add up, and totals that are not the lines'."""
    for line in order.lines:
        rows = {"order": order.id, "line": str(line.line_no)}
        parts = (line.waiting, line.reserved, line.shipped, line.cancelled)
        if line.quantity != sum(parts) or min(parts) < 0:
            told = "waiting {} + reserved {} + shipped {} + cancelled {}".format(*parts)
            yield _fault("pieces", f"{line.quantity} ordered, but {told}", rows)
        if not 0 <= line.returned <= line.shipped:
            message = f"{line.returned} returned of {line.shipped} shipped"
            yield _fault("returned", message, rows)
        expected = line_total(_counted(order, line), line.unit_price, order.currency)
        if line.total != expected:
            yield _fault("line_total", f"the total is {line.total}, the pieces cost {expected}", rows)
        if not 0 <= line.shipping_address < len(order.shipping_addresses):
            message = f"goes to address {line.shipping_address} of {len(order.shipping_addresses)}"
            yield _fault("address", message, rows)
    yield from _sum_faults(order)


def _counted(order: Order, line: OrderLine) -> int:
    """Return the pieces that a line's total covers: a cancelled order keeps the figures it had."""
    return line.quantity if order.cancelled_at is not None else line.quantity - line.cancelled


def _sum_faults(order: Order) -> Iterator[Fault]:
    amount = total((line.total for line in order.lines), order.currency)
    if order.total != amount:
        yield _fault("order_total", f"the total is {order.total}, the lines' is {amount}", {"order": order.id})
    count = sum(_counted(order, line) for line in order.lines)
    if order.item_count != count:
        message = f"the item count is {order.item_count}, the lines have {count}"
        yield _fault("item_count", message, {"order": order.id})


def shipment_faults(order: Order, record_of: RecordOf) -> Iterator[Fault]:
    """Yield lines of which the shipments took another number of pieces than the line says, or other goods."""
    lines = {line.line_no: line for line in order.lines}
    shipped = dict.fromkeys(lines, 0)
    labelled = dict.fromkeys(lines, 0)
    for shipment in order.shipments:
        for part in shipment.lines:
            rows = {"order": order.id, "shipment": shipment.id, "line": str(part.line_no)}
            if not _fits(lines.get(part.line_no), part, record_of(part.stock_id)):
                yield _fault("shipment_line", "is not of the order's line, or from another stock record", rows)
            elif shipment.status in LEFT:
                shipped[part.line_no] += part.quantity
            elif shipment.status is ShipmentStatus.LABEL_CREATED:
                labelled[part.line_no] += part.quantity
        yield from _moment_faults(order, shipment)
    for line in order.lines:
        rows = {"order": order.id, "line": str(line.line_no)}
        if line.shipped != shipped[line.line_no]:
            message = f"{line.shipped} shipped, but {shipped[line.line_no]} in its shipments"
            yield _fault("shipped", message, rows)
        if labelled[line.line_no] > line.reserved:
            message = f"{labelled[line.line_no]} on labels, but {line.reserved} reserved"
            yield _fault("labelled", message, rows)


def _fits(line: OrderLine | None, part: ShipmentLine, record: StockRecord | None) -> bool:
    if line is None or record is None or part.quantity < 1:
        return False
    same_line = part.line_id == line.id and part.sku == line.sku
    return same_line and part.sku == record.sku and part.warehouse_id == record.warehouse_id


def _moment_faults(order: Order, shipment: Shipment) -> Iterator[Fault]:
    """Yield a shipment whose moments do not belong to its status."""
    moments = (shipment.shipped_at, shipment.delivered_at, shipment.voided_at)
    has = tuple(moment is not None for moment in moments)
    status = shipment.status
    expected = (
        status in LEFT,
        status is ShipmentStatus.DELIVERED,
        status is ShipmentStatus.VOIDED,
    )
    if has != expected or shipment.order_id != order.id:
        rows = {"order": order.id, "shipment": shipment.id}
        yield _fault("shipment_moments", f"is {status}, which its moments do not say", rows)


def holds_stock(order: Order) -> bool:
    """Return whether an order of this status may have pieces promised to it."""
    return order.status in {OrderStatus.PENDING, OrderStatus.CONFIRMED, OrderStatus.PARTIALLY_SHIPPED}

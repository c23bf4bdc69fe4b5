"""What goes into a shipment: which pieces of which lines, from which stock records."""

from __future__ import annotations

from collections.abc import Sequence

from vectis_core.errors import Conflict, FieldProblem, ValidationError
from vectis_core.orders.model import NewShipment, Order, OrderLine, ShipmentItem, ShipmentLine
from vectis_core.orders.rules import on_labels
from vectis_core.stock.model import Reservation


def pack(order: Order, held: Sequence[Reservation], intent: NewShipment) -> tuple[ShipmentLine, ...]:
    """Return the lines of a shipment, out of what is promised to the order and stands on no label yet.

    Without items that is all of it. Raises ``ValidationError`` for items that are not of the order, and
    ``Conflict`` where less can be shipped than is asked.
    """
    free = _free(order, held, intent.warehouse_id)
    lines = {line.line_no: line for line in order.lines}
    if intent.items is None:
        pieces = [(row, quantity) for row, quantity in free if quantity]
    else:
        pieces = []
        for index, item in enumerate(intent.items):
            numbers = _lines_of(order, item, f"items[{index}]")
            pieces += _taken(order, item, numbers, free)
    if not pieces:
        where = " from this warehouse" if intent.warehouse_id is not None else ""
        raise Conflict(f"Nothing of the order is left to ship{where}", {"orderId": order.id})
    return _merged(lines, pieces)


def _free(order: Order, held: Sequence[Reservation], warehouse_id: str | None) -> list[tuple[Reservation, int]]:
    labelled = on_labels(order)
    # In the order of the keys, as every store returns them: what is taken from where must not hang on the batch.
    held = sorted(held, key=lambda row: (row.line_no, row.stock_id))
    return [
        (row, row.open - labelled.get((row.line_no, row.stock_id), 0))
        for row in held
        if warehouse_id is None or row.warehouse_id == warehouse_id
    ]


def _lines_of(order: Order, item: ShipmentItem, path: str) -> set[int]:
    if (item.sku is None) == (item.line_id is None):
        raise ValidationError([FieldProblem(path, "needs either sku or lineId, to say what is shipped")])
    if item.line_id is not None:
        numbers = {line.line_no for line in order.lines if line.id == item.line_id}
        field = f"{path}.lineId"
    else:
        numbers = {line.line_no for line in order.lines if line.sku == item.sku}
        field = f"{path}.sku"
    if not numbers:
        raise ValidationError.of(field, "is not of this order")
    return numbers


def _taken(
    order: Order, item: ShipmentItem, numbers: set[int], free: list[tuple[Reservation, int]]
) -> list[tuple[Reservation, int]]:
    """Take an item's pieces out of *free*, and return from where."""
    left = item.quantity
    taken = []
    for place, (row, quantity) in enumerate(free):
        take = min(left, quantity) if row.line_no in numbers else 0
        if take:
            free[place] = (row, quantity - take)
            taken.append((row, take))
            left -= take
    if left:
        details = {
            "orderId": order.id,
            "sku": item.sku,
            "lineId": item.line_id,
            "requested": item.quantity,
            "shippable": item.quantity - left,
        }
        message = f"Only {item.quantity - left} of the {item.quantity} pieces asked for can be shipped"
        raise Conflict(message, details)
    return taken


def _merged(lines: dict[int, OrderLine], pieces: Sequence[tuple[Reservation, int]]) -> tuple[ShipmentLine, ...]:
    sums: dict[tuple[int, str], int] = {}
    rows = {(row.line_no, row.stock_id): row for row, _ in pieces}
    for row, quantity in pieces:
        key = (row.line_no, row.stock_id)
        sums[key] = sums.get(key, 0) + quantity
    return tuple(
        ShipmentLine(
            line_no=row.line_no,
            stock_id=row.stock_id,
            line_id=lines[row.line_no].id,
            sku=lines[row.line_no].sku,
            warehouse_id=row.warehouse_id,
            quantity=sums[key],
        )
        for key, row in sorted(rows.items())
    )

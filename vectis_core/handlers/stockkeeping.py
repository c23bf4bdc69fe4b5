"""The steps that move stock, each with its ledger row and, where a record falls low, its event."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from vectis_core.events import EventType, Subject
from vectis_core.stock.ledger import Cause, post
from vectis_core.stock.model import MovementKind, Reservation, StockRecord
from vectis_core.unit_of_work import UnitOfWork


def move(work: UnitOfWork, stock_id: str, kind: MovementKind, on_hand: int, reserved: int, cause: Cause) -> StockRecord:
    """Change a stock record's balances, and return it as it is then."""
    record = work.stock(stock_id)
    if record is None:
        raise LookupError(f"stock record {stock_id} is gone")
    changed, movement = post(record, kind, on_hand, reserved, cause)
    work.movements.append(movement)
    return write(work, record, changed)


def write(work: UnitOfWork, record: StockRecord, changed: StockRecord) -> StockRecord:
    """Write a changed record, with ``inventory.low_stock`` where it has just become low."""
    if changed.low and not record.low:
        changed = attrs.evolve(changed, event_seq=changed.event_seq + 1)
        emit(work, EventType.INVENTORY_LOW_STOCK, changed, {"reorderPoint": changed.reorder_point})
    work.put_stock(changed)
    return changed


def emit(work: UnitOfWork, event_type: EventType, record: StockRecord, more: dict[str, str | int | None]) -> None:
    """Write an event of a stock record, numbered as the record says."""
    data = {
        "inventoryId": record.id,
        "sku": record.sku,
        "warehouseId": record.warehouse_id,
        "quantityAvailable": record.available,
        "quantityReserved": record.reserved,
        **more,
    }
    work.emit(event_type, Subject.STOCK, record.id, record.event_seq, data)


def release_all(work: UnitOfWork, order_id: str, reason: str | None) -> None:
    """Give back every piece that is still promised to an order."""
    released = []
    for held in work.reservations(order_id):
        if held.open:
            cause = Cause(work.caller.actor, work.now, reason, order_id, held.line_no)
            move(work, held.stock_id, MovementKind.RELEASE, 0, -held.open, cause)
        released.append(attrs.evolve(held, open=0) if held.open else held)
    work.put_reservations(order_id, tuple(released))


def consume(work: UnitOfWork, order_id: str, shipment_id: str, pieces: Iterable[tuple[int, str, int]]) -> None:
    """Take what leaves out of stock and out of its promise; *pieces* are (line number, record, quantity)."""
    held = {(row.line_no, row.stock_id): row for row in work.reservations(order_id)}
    for line_no, stock_id, quantity in pieces:
        cause = Cause(work.caller.actor, work.now, None, order_id, line_no, shipment_id)
        move(work, stock_id, MovementKind.SHIP, -quantity, -quantity, cause)
        held[line_no, stock_id] = spend(held[line_no, stock_id], quantity)
    work.put_reservations(order_id, tuple(held.values()))


def spend(held: Reservation, quantity: int) -> Reservation:
    """Return a reservation with *quantity* pieces less promised, which it must have."""
    if quantity > held.open:
        raise AssertionError(f"{quantity} pieces of {held} cannot be taken")
    return attrs.evolve(held, open=held.open - quantity)

"""The one place where a stock balance changes: balance and ledger row are made together or not at all."""

from __future__ import annotations

from datetime import datetime

import attrs

from vectis_core.errors import Conflict
from vectis_core.stock.model import MOST_ON_HAND, Movement, MovementKind, StockRecord


@attrs.frozen
class Cause:
    """What a movement was made for, by whom, and when."""

    actor: str
    at: datetime
    reason: str | None = None
    order_id: str | None = None
    line_no: int | None = None
    shipment_id: str | None = None


def post(
    record: StockRecord, kind: MovementKind, on_hand: int, reserved: int, cause: Cause
) -> tuple[StockRecord, Movement]:
    """Return *record* with both deltas applied, and the ledger row that says so.

    The record's ``low`` flag follows what is available afterwards; that it rose is for the caller to tell.
    Raises ``Conflict`` where the balances would leave ``0 <= reserved <= on_hand``.
    """
    on_hand_after = record.on_hand + on_hand
    reserved_after = record.reserved + reserved
    if not 0 <= reserved_after <= on_hand_after <= MOST_ON_HAND:
        raise refusal(record, on_hand_after, reserved_after)
    changed = StockRecord(
        tenant=record.tenant,
        id=record.id,
        sku=record.sku,
        warehouse_id=record.warehouse_id,
        on_hand=on_hand_after,
        reserved=reserved_after,
        reorder_point=record.reorder_point,
        low=is_low(on_hand_after - reserved_after, record.reorder_point),
        ledger_seq=record.ledger_seq + 1,
        event_seq=record.event_seq,
        created_at=record.created_at,
        updated_at=cause.at,
    )
    movement = Movement(
        tenant=record.tenant,
        stock_id=record.id,
        seq=changed.ledger_seq,
        kind=kind,
        on_hand_delta=on_hand,
        reserved_delta=reserved,
        on_hand_after=on_hand_after,
        reserved_after=reserved_after,
        reason=cause.reason,
        order_id=cause.order_id,
        line_no=cause.line_no,
        shipment_id=cause.shipment_id,
        actor=cause.actor,
        at=cause.at,
    )
    return changed, movement


def is_low(available: int, reorder_point: int | None) -> bool:
    """Return whether so few are available that the record is below its reorder point."""
    return reorder_point is not None and available < reorder_point


def refusal(record: StockRecord, on_hand_after: int, reserved_after: int) -> Conflict:
    """Return why the balances cannot become these."""
    details = {
        "sku": record.sku,
        "warehouseId": record.warehouse_id,
        "quantityOnHand": record.on_hand,
        "quantityReserved": record.reserved,
        "quantityAvailable": record.available,
    }
    if on_hand_after > MOST_ON_HAND:
        return Conflict(f"{record.sku} cannot have more than {MOST_ON_HAND} on hand", details)
    message = (
        f"{record.sku} would be left with {on_hand_after} on hand while {reserved_after} are promised to orders; "
        f"cancel or ship orders first, or take at most {record.available}"
    )
    return Conflict(message, details)

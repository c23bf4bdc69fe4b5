"""Opening, changing and adjusting stock records."""

from __future__ import annotations

import attrs

from vectis_core.checking import Unset
from vectis_core.commands import AdjustStock, OpenStockRecord, UpdateStockRecord
from vectis_core.errors import Conflict, NotFound, ValidationError
from vectis_core.events import EventType
from vectis_core.handlers.stockkeeping import emit, write
from vectis_core.identity_map import Keys
from vectis_core.stock.ledger import Cause, is_low, post
from vectis_core.stock.model import MovementKind, StockRecord
from vectis_core.unit_of_work import UnitOfWork


def keys_of_new_record(command: OpenStockRecord, keys: Keys) -> None:
    """Name the product and the warehouses."""
    keys.product_skus.add((command.caller.tenant, command.intent.sku))
    keys.warehouses.add(command.caller.tenant)


def stock_of_sku(command: OpenStockRecord, _work: UnitOfWork, keys: Keys) -> None:
    """Name the SKU's stock: there is one record per warehouse."""
    keys.stock_skus.add((command.caller.tenant, command.intent.sku))


def stock_of_record(command: UpdateStockRecord | AdjustStock, _work: UnitOfWork, keys: Keys) -> None:
    """Name the record."""
    keys.stock_ids.add((command.caller.tenant, command.stock_id))


def new_record(work: UnitOfWork, sku: str, warehouse_id: str, reorder_point: int | None) -> StockRecord:
    """Return a stock record of zero; it has no ledger row until something moves."""
    return StockRecord(
        tenant=work.caller.tenant,
        id=work.new_id("inv"),
        sku=sku,
        warehouse_id=warehouse_id,
        on_hand=0,
        reserved=0,
        reorder_point=reorder_point,
        low=False,
        ledger_seq=0,
        event_seq=0,
        created_at=work.now,
        updated_at=work.now,
    )


def open_record(command: OpenStockRecord, work: UnitOfWork) -> StockRecord:
    """Open a stock record of zero in a further warehouse."""
    intent = command.intent
    if work.product_of(intent.sku) is None:
        raise ValidationError.of("sku", f"there is no product {intent.sku!r}")
    if work.warehouse(intent.warehouse_id) is None:
        raise ValidationError.of("warehouseId", f"there is no warehouse {intent.warehouse_id!r}")
    for each in work.stock_of(intent.sku):
        if each.warehouse_id == intent.warehouse_id:
            details = {"id": each.id, "sku": each.sku, "warehouseId": each.warehouse_id}
            raise Conflict("The warehouse has a stock record of this SKU already", details)
    record = new_record(work, intent.sku, intent.warehouse_id, intent.reorder_point)
    work.add_stock(record)
    return write(work, record, attrs.evolve(record, low=is_low(0, intent.reorder_point)))


def update_record(command: UpdateStockRecord, work: UnitOfWork) -> StockRecord:
    """Change a record's reorder point, which may make it low."""
    record = _found(command, work)
    point = command.intent.reorder_point
    if isinstance(point, Unset):
        return record
    low = is_low(record.available, point)
    return write(work, record, attrs.evolve(record, reorder_point=point, low=low, updated_at=work.now))


def adjust(command: AdjustStock, work: UnitOfWork) -> StockRecord:
    """Correct what is on hand; ``inventory.adjusted`` goes before what it leads to."""
    record = _found(command, work)
    intent = command.intent
    cause = Cause(work.caller.actor, work.now, intent.reason)
    changed, movement = post(record, MovementKind.ADJUST, intent.adjustment, 0, cause)
    work.movements.append(movement)
    changed = attrs.evolve(changed, event_seq=changed.event_seq + 1)
    more: dict[str, str | int | None] = {
        "adjustment": intent.adjustment,
        "quantityOnHand": changed.on_hand,
        "reason": intent.reason,
    }
    emit(work, EventType.INVENTORY_ADJUSTED, changed, more)
    return write(work, record, changed)


def _found(command: UpdateStockRecord | AdjustStock, work: UnitOfWork) -> StockRecord:
    record = work.stock(command.stock_id)
    if record is None:
        raise NotFound("No such stock record")
    return record

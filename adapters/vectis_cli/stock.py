"""Stock records as rows of a CSV file, in both directions."""

from __future__ import annotations

import hashlib
import re

from vectis_cli.tables import BadRow, Columns, Row
from vectis_core.errors import IdempotencyConflict
from vectis_core.faces import TenantFace
from vectis_core.stock.model import StockRecord

COLUMNS = Columns(
    required=("sku", "quantity"),
    optional=("warehouse", "reason", "reorder_point"),
    ignored=("reserved", "available"),
)
HEADER = ("sku", "warehouse", "quantity", "reserved", "available", "reorder_point")

#: How long a reason may be, so that it fits into the ledger's 500 characters with the mark behind it.
_REASON_MAX = 440


class StockImport:
    """Sets or adjusts what is on hand by the rows of one file, each row once."""

    def __init__(self, shop: TenantFace, file_name: str, digest: str, mode: str) -> None:
        self._shop = shop
        self._reason = f"Imported from {file_name}"[:_REASON_MAX]
        self._mode = mode
        #: Tells this file in this mode from every other.
        self._source = hashlib.sha256(f"{mode}:{digest}".encode()).hexdigest()[:24]
        self._warehouses: dict[str, str] = {}
        for warehouse in shop.warehouses.list():
            self._warehouses |= {warehouse.id: warehouse.id, warehouse.code: warehouse.id}
            if warehouse.is_default:
                self._warehouses[""] = warehouse.id
        #: By stock record, the marks of this source's rows in its ledger.
        self._applied: dict[str, set[str]] = {}

    def take(self, row: Row) -> str:
        """Apply the row, and return ``applied``, ``applied before`` or ``unchanged``."""
        quantity = _whole(row, "quantity")
        reason = row.cells.get("reason") or self._reason
        if len(reason) > _REASON_MAX:
            raise BadRow(f"reason: must have at most {_REASON_MAX} characters")
        if self._mode == "set" and quantity < 0:
            raise BadRow("quantity: must be 0 or more; use --mode adjust to take away")
        mark = f"import {self._source}:{row.line}"
        record = self._record(row, mark)
        if mark in self._marks(record):
            return "applied before"
        change = quantity - record.on_hand if self._mode == "set" else quantity
        if self._mode == "set" and change == 0:
            return "unchanged"
        try:
            self._shop.inventory.adjust(record.id, change, f"{reason} [{mark}]", command_id=mark)
        except IdempotencyConflict:
            # Another run of the same file applied the row after its ledger was looked at.
            return "applied before"
        return "applied"

    def _record(self, row: Row, mark: str) -> StockRecord:
        """Return the row's stock record, opened where the SKU has none there yet, with the row's reorder point."""
        sku, place = row.cells["sku"], row.cells.get("warehouse", "")
        if place not in self._warehouses:
            raise BadRow(f"warehouse: there is none with the code or id {place!r}")
        warehouse = self._warehouses[place]
        reorder_point = _whole(row, "reorder_point") if row.cells.get("reorder_point") else None
        record = next(iter(self._shop.inventory.list(sku=sku, warehouse_id=warehouse)), None)
        if record is None:
            return self._shop.inventory.open(
                sku=sku, warehouse_id=warehouse, reorder_point=reorder_point, command_id=f"{mark}:open"
            )
        if reorder_point is not None and reorder_point != record.reorder_point:
            command_id = f"{mark}:reorder:{record.reorder_point}:{record.ledger_seq}"
            return self._shop.inventory.update(record.id, reorder_point=reorder_point, command_id=command_id)
        return record

    def _marks(self, record: StockRecord) -> set[str]:
        """Return the marks that this source's rows left in the record's ledger before this run."""
        if record.id not in self._applied:
            found = re.compile(rf"\[(import {self._source}:[0-9]+)\]$")
            reasons = (movement.reason or "" for movement in self._shop.inventory.movements(record.id))
            self._applied[record.id] = {hit[1] for hit in map(found.search, reasons) if hit}
        return self._applied[record.id]


def _whole(row: Row, column: str) -> int:
    digits = row.cells[column]
    if not re.fullmatch(r"[+-]?[0-9]{1,15}", digits):
        raise BadRow(f"{column}: must be a whole number")
    return int(digits)


def as_row(record: StockRecord, warehouse_code: str) -> tuple[str, ...]:
    """Return a stock record as a row under ``HEADER``."""
    numbers = (record.on_hand, record.reserved, record.available)
    reorder_point = "" if record.reorder_point is None else str(record.reorder_point)
    return (record.sku, warehouse_code, *map(str, numbers), reorder_point)

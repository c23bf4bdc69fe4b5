"""How stock records, their ledger and their holders are shown."""

from __future__ import annotations

from vectis_core.ports import Holder
from vectis_core.queries import Explanation
from vectis_core.shapes import Member, Shape
from vectis_core.stock import Movement, StockRecord

STOCK_RECORD = Shape.of(
    StockRecord,
    "StockRecord",
    "id",
    "sku",
    Member("quantityAvailable", "available"),
    Member("quantityReserved", "reserved"),
    "warehouse_id",
    Member("quantityOnHand", "on_hand"),
    "reorder_point",
    Member("low", "low", description="Whether fewer are available than its reorder point"),
    "updated_at",
)

MOVEMENT = Shape.of(
    Movement,
    "Movement",
    Member("sequence", "seq", description="1, 2, 3 ... within the stock record"),
    "kind",
    "on_hand_delta",
    "reserved_delta",
    "on_hand_after",
    "reserved_after",
    "reason",
    "order_id",
    "shipment_id",
    Member("actor", "actor", description="Who did it: the API client's id, or what the program called itself"),
    Member("timestamp", "at"),
)

_HOLDER = Shape.of(
    Holder,
    "Holder",
    "order_id",
    "external_id",
    Member("line", "line_no", description="The line of the order, from 1"),
    "quantity",
    "since",
)

EXPLANATION = Shape.of(Explanation, "Explanation", *STOCK_RECORD.below("record"), Member("holders", "holders", _HOLDER))

"""Stock: records, the ledger that is the only way to change them, and the plan that reserves."""

from vectis_core.stock.allocation import Allocation, plan
from vectis_core.stock.ledger import Cause, post
from vectis_core.stock.model import (
    Adjustment,
    Movement,
    MovementKind,
    NewStockRecord,
    Reservation,
    StockChange,
    StockRecord,
)

__all__ = [
    "Adjustment",
    "Allocation",
    "Cause",
    "Movement",
    "MovementKind",
    "NewStockRecord",
    "Reservation",
    "StockChange",
    "StockRecord",
    "plan",
    "post",
]

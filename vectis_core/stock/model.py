"""Stock records, the ledger's rows, and reservations.

For every stock record, at all times, ``0 <= reserved <= on_hand``; what is available is the difference. The
balances are always the sums of the record's ledger rows, which are numbered 1, 2, 3 ... without a gap.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import attrs

from vectis_core.catalogue import SKU
from vectis_core.checking import UNSET, Unset
from vectis_core.constraints import Text, Whole

#: The most pieces a record can hold: sums of it stay exact in every store.
MOST_ON_HAND = 1_000_000_000_000

_REORDER_POINT = Whole(0, 1_000_000_000)


class MovementKind(StrEnum):
    """Why a balance changed."""

    ADJUST = "adjust"
    RESERVE = "reserve"
    RELEASE = "release"
    SHIP = "ship"


@attrs.frozen
class StockRecord:
    """How many pieces of a SKU lie in one warehouse, and how many of them are promised."""

    tenant: str
    id: str
    sku: str
    warehouse_id: str
    #: Sellable pieces that are physically there.
    on_hand: int
    #: Pieces promised to open reservations.
    reserved: int
    #: The record is low while fewer than this are available; ``None`` never is.
    reorder_point: int | None
    low: bool
    #: The number of the record's newest ledger row.
    ledger_seq: int
    #: The number of the record's newest event.
    event_seq: int
    created_at: datetime
    updated_at: datetime

    @property
    def available(self) -> int:
        """Pieces that can still be promised."""
        return self.on_hand - self.reserved


@attrs.frozen
class Movement:
    """One row of the append-only ledger: what changed in a stock record, and what it came to."""

    tenant: str
    stock_id: str
    seq: int
    kind: MovementKind
    on_hand_delta: int
    reserved_delta: int
    on_hand_after: int
    reserved_after: int
    reason: str | None
    order_id: str | None
    line_no: int | None
    shipment_id: str | None
    actor: str
    at: datetime


@attrs.frozen
class Reservation:
    """A promise of pieces of one stock record to one order line.

    Releasing and shipping lower ``open``; that it can never fall below zero is what makes both happen
    exactly once, however often they are asked for.
    """

    tenant: str
    order_id: str
    line_no: int
    stock_id: str
    warehouse_id: str
    #: Pieces that were ever promised.
    quantity: int
    #: Pieces still promised.
    open: int


@attrs.frozen
class NewStockRecord:
    """What is asked when a SKU gets a stock record in a further warehouse."""

    sku: Annotated[str, SKU]
    warehouse_id: Annotated[str, Text(1, 64)]
    #: With fewer available than this, stock is low.
    reorder_point: Annotated[int, _REORDER_POINT] | None = None


@attrs.frozen
class StockChange:
    """Which properties of a stock record to change; quantities change by ``Adjustment`` alone."""

    #: With fewer available than this, stock is low; ``None`` takes it away.
    reorder_point: Annotated[int, _REORDER_POINT] | Unset | None = UNSET


@attrs.frozen
class Adjustment:
    """A correction of what is on hand: pieces found (positive) or gone (negative), and why."""

    #: Pieces found, or less than 0 for pieces gone.
    adjustment: Annotated[int, Whole(-1_000_000_000, 1_000_000_000, but_zero=True)]
    reason: Annotated[str, Text(1, 500)]

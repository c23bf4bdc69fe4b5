"""What the reference model keeps: plain records that change in place, and its tables of what is allowed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import attrs

#: What may be asked of an order, by its status.
ALLOWED: Mapping[str, frozenset[str]] = {
    "pending": frozenset({"confirm", "hold", "release", "cancel"}),
    "confirmed": frozenset({"hold", "release", "add_label", "void_label", "ship", "cancel"}),
    "partially_shipped": frozenset({"hold", "release", "add_label", "void_label", "ship", "deliver", "close_short"}),
    "shipped": frozenset({"deliver"}),
    "delivered": frozenset(),
    "cancelled": frozenset(),
}
#: What an order on hold refuses of that.
BARRED = frozenset({"hold", "confirm", "add_label", "ship"})
#: What may be asked of a shipment, by its status.
ALLOWED_OF_PARCEL: Mapping[str, frozenset[str]] = {
    "label_created": frozenset({"ship", "void"}),
    "shipped": frozenset({"deliver"}),
    "delivered": frozenset(),
    "voided": frozenset(),
}

#: Stands in all that tells of a person, and nowhere else.
PERSON = "Jane Roe"
#: What a carrier says of every parcel.
WORDS = f"Left with {PERSON}"

#: How some carriers are shown.
CARRIERS = {"ups": "UPS", "fedex": "FedEx", "usps": "USPS", "dhl": "DHL"}

#: Minor digits of the currencies that the model knows.
DIGITS = {"JPY": 0, "USD": 2, "KWD": 3, "CLF": 4}


class Refused(Exception):
    """The model refuses: the name of the error that must be raised, and what its details must hold."""

    def __init__(self, kind: str, details: Mapping[str, Any]) -> None:
        super().__init__(f"{kind} {details}")
        self.kind = kind
        self.details = details


@attrs.define(eq=False)
class Warehouse:
    """A place that holds stock."""

    code: str
    priority: int
    is_default: bool = False
    active: bool = True
    id: str = ""


@attrs.define(eq=False)
class Record:
    """The stock of a SKU in one warehouse."""

    sku: str
    warehouse: Warehouse
    on_hand: int = 0
    reserved: int = 0
    reorder_point: int | None = None
    low: bool = False
    #: Every movement: kind, deltas, balances after, and cause.
    ledger: list[dict[str, Any]] = attrs.Factory(list)
    events: int = 0
    id: str = ""

    @property
    def available(self) -> int:
        """Pieces that can still be promised."""
        return self.on_hand - self.reserved

    def is_below(self) -> bool:
        """Return whether fewer are available than the reorder point asks for."""
        return self.reorder_point is not None and self.on_hand - self.reserved < self.reorder_point


@attrs.define(eq=False)
class Line:
    """A line of an order."""

    sku: str
    quantity: int
    #: Of one piece, in ten-thousandths.
    price: int
    address: int
    shipped: int = 0
    cancelled: int = 0
    #: In minor units.
    total: int = 0
    #: [record, pieces still promised], one for each record that ever promised any.
    held: list[list[Any]] = attrs.Factory(list)

    @property
    def reserved(self) -> int:
        """Pieces promised from stock."""
        return sum(pieces for _, pieces in self.held)


@attrs.define(eq=False)
class Piece:
    """Pieces of a line out of one record."""

    line_no: int
    record: Record
    quantity: int


@attrs.define(eq=False)
class Parcel:
    """A shipment, or the label for one."""

    carrier: str
    tracking_number: str
    address: int
    pieces: list[Piece]
    created_at: datetime
    status: str = "label_created"
    shipped_at: datetime | None = None
    delivered_at: datetime | None = None
    voided_at: datetime | None = None
    #: What the carrier's newest word on it is: status, reason, when, and in which words.
    shown: tuple[str | None, str | None, datetime, str | None] | None = None
    id: str = ""

    def allowed(self) -> frozenset[str]:
        """Return what may be asked of the shipment."""
        return ALLOWED_OF_PARCEL[self.status]


@attrs.define(eq=False)
class Order:
    """An order; its status is kept by hand."""

    external_id: str
    currency: str
    #: What was first asked, to compare repeats with.
    body: Any
    lines: list[Line]
    customer_id: str | None = None
    customer_email: str | None = None
    status: str = "pending"
    #: Total in minor units, and count of pieces.
    figures: tuple[int, int] = (0, 0)
    parcels: list[Parcel] = attrs.Factory(list)
    hold_reason: str | None = None
    cancelled_at: datetime | None = None
    cancel_reason: str | None = None
    created_at: datetime | None = None
    #: Whether it no longer tells whose it was.
    erased: bool = False
    events: int = 0
    id: str = ""

    @property
    def on_hold(self) -> bool:
        """Whether the order is on hold."""
        return self.hold_reason is not None

    def allowed(self) -> frozenset[str]:
        """Return what may be asked of the order."""
        return ALLOWED[self.status] - (BARRED if self.on_hold else {"release"})

    def on_labels(self, line_no: int, record: Record) -> int:
        """Return how many pieces of a line out of a record stand on labels that have not left."""
        labels = [parcel for parcel in self.parcels if parcel.status == "label_created"]
        pieces = [piece for parcel in labels for piece in parcel.pieces]
        return sum(p.quantity for p in pieces if p.line_no == line_no and p.record is record)


@attrs.frozen
class Ask:
    """A line that is asked for; its price in ten-thousandths."""

    sku: str
    quantity: int
    price: int
    address: int | None = None


@attrs.frozen(eq=False)
class Told:
    """An event that must be told: of whom, its number there, and what it says beside ids."""

    type: str
    subject: Order | Record
    sequence: int
    data: Mapping[str, Any]
    at: datetime
    #: The shipment it tells of.
    parcel: Parcel | None = None


def minor_units(ten_thousandths: int, currency: str) -> int:
    """Return an amount in the currency's minor unit, half a unit rounded up."""
    size: int = 10 ** (4 - DIGITS[currency])
    return (ten_thousandths + size // 2) // size

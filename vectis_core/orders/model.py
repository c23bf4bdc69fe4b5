"""Orders, their lines and their shipments, as values."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

import attrs

from vectis_core.catalogue import SKU
from vectis_core.constraints import (
    CountryCode,
    CurrencyCode,
    Email,
    Many,
    Moment,
    Number,
    OneOf,
    Text,
    Whole,
)
from vectis_core.money import exact
from vectis_core.orders.lifecycle import OrderStatus, ShipmentStatus
from vectis_core.tracking.model import TrackingState
from vectis_core.tracking.numbers import track_key


def as_tuple(rows: Any) -> Any:
    """Return a list as a tuple, and anything else as it is, for the constraint to refuse."""
    return tuple(rows) if isinstance(rows, list) else rows


@attrs.frozen
class Address:
    """Where a parcel, or a bill, goes to."""

    name: Annotated[str, Text(1, 255)]
    line1: Annotated[str, Text(1, 255)]
    city: Annotated[str, Text(1, 255)]
    country: Annotated[str, CountryCode()]
    line2: Annotated[str, Text(0, 255)] | None = None
    region: Annotated[str, Text(0, 255)] | None = None
    postal_code: Annotated[str, Text(0, 32)] | None = None
    company: Annotated[str, Text(0, 255)] | None = None
    phone: Annotated[str, Text(0, 64)] | None = None


def _exact_price(value: Decimal | int | str) -> Decimal:
    return exact(value, "unitPrice")


@attrs.frozen
class Item:
    """One line that is asked for: so many pieces of a SKU at a price each.

    A price that is a float is refused with a ``TypeError``.
    """

    sku: Annotated[str, SKU]
    quantity: Annotated[int, Whole(1, 1_000_000)]
    #: In the order's currency, kept exactly.
    unit_price: Annotated[Decimal, Number(Decimal(0), Decimal(10) ** 9, places=4)] = attrs.field(converter=_exact_price)
    #: Which of the order's shipping addresses this line goes to; the first where left out.
    shipping_address: Annotated[int, Whole(0, 49)] | None = None


@attrs.frozen
class NewOrder:
    """What is asked when an order is created."""

    #: The caller's own id of the order, unique per tenant for ever, compared byte for byte.
    external_id: Annotated[str, Text(1, 255)]
    items: Annotated[tuple[Item, ...], Many(1, 500)] = attrs.field(converter=as_tuple)
    #: Where it goes; a line names one by its place in the list, and goes to the first where it names none.
    shipping_addresses: Annotated[tuple[Address, ...], Many(1, 50)] = attrs.field(converter=as_tuple)
    billing_address: Address | None = None
    #: The caller's own id of who has ordered.
    customer_id: Annotated[str, Text(1, 255)] | None = None
    #: Where the customer can be written to; nothing is sent there.
    customer_email: Annotated[str, Email()] | None = None
    currency: Annotated[str, CurrencyCode()] = "USD"


@attrs.frozen
class Cancellation:
    """Why an order is cancelled."""

    reason: Annotated[str, Text(1, 500)] | None = None


@attrs.frozen
class Reason:
    """Why a step is taken that calls for a reason."""

    reason: Annotated[str, Text(1, 500)]


@attrs.frozen(kw_only=True)
class ShipmentItem:
    """Pieces to ship: of one line by its id, or of a SKU whichever its lines."""

    quantity: Annotated[int, Whole(1, 1_000_000)]
    #: Of whichever lines have it; one of this and the line's id is given.
    sku: Annotated[str, SKU] | None = None
    #: Of this line.
    line_id: Annotated[str, Text(1, 64)] | None = None


@attrs.frozen
class NewShipment:
    """What is asked when a shipment is registered; without items, all that is reserved and on no label."""

    #: Who carries it, in the caller's own words.
    carrier: Annotated[str, Text(1, 64)]
    tracking_number: Annotated[str, Text(1, 128)]
    items: Annotated[tuple[ShipmentItem, ...], Many(1, 500)] | None = attrs.field(default=None, converter=as_tuple)
    #: ``label_created`` where the goods have not left: they leave stock when the shipment ships.
    status: Annotated[str, OneOf(("shipped", "label_created"))] = "shipped"
    #: Take only what is reserved in this warehouse.
    warehouse_id: Annotated[str, Text(1, 64)] | None = None


def _in_utc(moment: Any) -> Any:
    """Return a moment in UTC, in which it is kept and printed, and anything else as it is, for others to refuse."""
    try:
        return moment.astimezone(UTC) if isinstance(moment, datetime) and moment.tzinfo is not None else moment
    except OverflowError:
        return moment


@attrs.frozen
class ShipmentMoment:
    """When a step of a shipment happened; now, where left out."""

    at: Annotated[datetime, Moment()] | None = attrs.field(default=None, converter=_in_utc)


@attrs.frozen
class OrderLine:
    """A line of an order; ``quantity = waiting + reserved + shipped + cancelled`` at all times."""

    line_no: int
    #: The line's public id, unique among all orders.
    id: str
    sku: str
    quantity: int
    unit_price: Decimal
    #: The price of the pieces that are not cancelled; of all of them in a cancelled order.
    total: Decimal
    shipping_address: int
    waiting: int
    reserved: int
    shipped: int
    cancelled: int
    #: Pieces that left and came back.
    returned: int


@attrs.frozen
class ShipmentLine:
    """Pieces of an order line in a shipment, from one stock record."""

    line_no: int
    stock_id: str
    line_id: str
    sku: str
    warehouse_id: str
    quantity: int


@attrs.frozen
class Shipment:
    """A parcel, or the label for one."""

    tenant: str
    id: str
    order_id: str
    status: ShipmentStatus
    #: As shown to people, for instance ``UPS``.
    carrier: str
    tracking_number: str
    #: The shipping address of the order that it goes to, counted from 0.
    shipping_address: int
    lines: tuple[ShipmentLine, ...]
    created_at: datetime
    updated_at: datetime
    shipped_at: datetime | None
    delivered_at: datetime | None
    voided_at: datetime | None
    #: The carrier's newest word on it; ``None`` as long as there is none.
    tracking: TrackingState | None = None

    @property
    def track_key(self) -> str:
        """What its parcel is known by; see ``vectis_core.tracking.numbers.track_key``."""
        return track_key(self.carrier, self.tracking_number)


@attrs.frozen
class Order:
    """An order as it is now, complete with its lines and shipments."""

    tenant: str
    id: str
    external_id: str
    status: OrderStatus
    currency: str
    #: The sum of the lines' totals.
    total: Decimal
    #: Pieces that are not cancelled; in a cancelled order, what it had.
    item_count: int
    customer_id: str | None
    customer_email: str | None
    shipping_addresses: tuple[Address, ...]
    billing_address: Address | None
    on_hold: bool
    hold_reason: str | None
    cancel_reason: str | None
    created_at: datetime
    updated_at: datetime
    confirmed_at: datetime | None
    cancelled_at: datetime | None
    #: The number of the order's newest event; it grows with every change.
    event_seq: int
    #: SHA-256 of what was first asked, to tell a repeat that asks for something else; empty once that is erased.
    fingerprint: str
    lines: tuple[OrderLine, ...]
    shipments: tuple[Shipment, ...]

    @property
    def is_erased(self) -> bool:
        """Whether what was personal in it is erased; see ``vectis_core.orders.erasure``."""
        return not self.fingerprint


@attrs.frozen
class Placed:
    """What creating an order came to."""

    order: Order
    #: False where the external id was known and the order that has it is returned.
    created: bool
    #: Whether a repeat asked for something else than the first request did.
    mismatch: bool = False

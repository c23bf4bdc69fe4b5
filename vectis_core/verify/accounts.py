"""The facts that two bookkeepings must tell alike, as accounts that come to zero, and what is wrong if not.

Orders, reservations and shipments are read by order, the ledger and its balances by stock record, events by
their place in the feed. Each posts its side here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import attrs

from vectis_core.events import Event, EventType, Subject
from vectis_core.orders.model import Order
from vectis_core.stock.model import Movement, MovementKind, Reservation, StockRecord
from vectis_core.verify.lines import LEFT
from vectis_core.verify.reconciliation import Account, Reconciliation
from vectis_core.verify.report import Fault, Group

Post = Callable[[Account, int], None]


@attrs.frozen
class Rule:
    """What an account that is not zero means."""

    group: Group
    #: What the parts of the account after the rule's name are ids of.
    names: tuple[str, ...]
    #: Where the first side has more, by so many; and where it has less.
    more: str
    less: str


_PROMISE = ("order", "line", "stock")
_SHIPPED = ("shipment", "line", "stock")

RULES: Mapping[str, Rule] = {
    "held": Rule(
        Group.RESERVATIONS,
        ("stock",),
        "{} reserved that no open reservation holds",
        "{} held by open reservations that are not reserved",
    ),
    "reserve_cause": Rule(
        Group.CAUSES,
        _PROMISE,
        "{} pieces of a reservation without a ledger row that reserved them",
        "{} pieces reserved in the ledger without a reservation",
    ),
    "open_cause": Rule(
        Group.CAUSES,
        _PROMISE,
        "{} pieces open that the ledger released or shipped",
        "{} pieces not open that the ledger neither released nor shipped",
    ),
    "ship_cause": Rule(
        Group.CAUSES,
        _SHIPPED,
        "{} pieces of a shipment that left without a ledger row that shipped them",
        "{} pieces shipped in the ledger without a shipment that left",
    ),
    "ship_once": Rule(
        Group.CAUSES,
        _SHIPPED,
        "{} ledger rows missing for a line of a shipment that left",
        "{} ledger rows too many for a line of a shipment",
    ),
    "adjusted": Rule(
        Group.EVENTS,
        ("stock",),
        "{} adjustments without an event",
        "{} events of adjustments that never were",
    ),
    "sequence": Rule(
        Group.EVENTS,
        ("subject", "id", "sequence"),
        "an event of this number is missing",
        "{} events too many have this number, or belong to nothing",
    ),
}


def post_record(post: Post, record: StockRecord) -> None:
    """Post what a stock record says."""
    post(("held", record.id), record.reserved)
    _post_sequence(post, Subject.STOCK, record.id, record.event_seq)


def post_movement(post: Post, row: Movement) -> None:
    """Post what a ledger row says."""
    stock, line = row.stock_id, str(row.line_no)
    if row.kind is MovementKind.ADJUST:
        post(("adjusted", stock), 1)
    if row.order_id is not None:
        if row.kind is MovementKind.RESERVE:
            post(("reserve_cause", row.order_id, line, stock), -row.reserved_delta)
        post(("open_cause", row.order_id, line, stock), -row.reserved_delta)
    if row.kind is MovementKind.SHIP:
        post(("ship_cause", str(row.shipment_id), line, stock), row.on_hand_delta)
        post(("ship_once", str(row.shipment_id), line, stock), -1)


def post_reservation(post: Post, row: Reservation) -> None:
    """Post what a reservation says."""
    promise = (row.order_id, str(row.line_no), row.stock_id)
    post(("held", row.stock_id), -row.open)
    post(("reserve_cause", *promise), row.quantity)
    post(("open_cause", *promise), row.open)


def post_order(post: Post, order: Order) -> None:
    """Post what an order and its shipments say."""
    _post_sequence(post, Subject.ORDER, order.id, order.event_seq)
    for shipment in order.shipments:
        if shipment.status in LEFT:
            for part in shipment.lines:
                about = (shipment.id, str(part.line_no), part.stock_id)
                post(("ship_cause", *about), part.quantity)
                post(("ship_once", *about), 1)


def post_event(post: Post, event: Event) -> None:
    """Post what an event says; those of a webhook outlive it, so nobody can say how many there must be."""
    if event.subject is Subject.WEBHOOK:
        return
    post(("sequence", str(event.subject), event.subject_id, str(event.sequence)), -1)
    if event.type is EventType.INVENTORY_ADJUSTED:
        post(("adjusted", event.subject_id), -1)


def _post_sequence(post: Post, subject: Subject, subject_id: str, newest: int) -> None:
    for number in range(1, newest + 1):
        post(("sequence", str(subject), subject_id, str(number)), 1)


def account_faults(books: Reconciliation) -> Iterator[Fault]:
    """Yield a fault for every account that did not come to zero."""
    for (name, *ids), amount in books.differences():
        rule = RULES[name]
        told = rule.more if amount > 0 else rule.less
        yield Fault(rule.group, name, told.format(abs(amount)), dict(zip(rule.names, ids, strict=True)))

"""A customer's personal data: found by id or e-mail address, erased, and handed out.

A customer is no row of its own. What is personal stands in orders, in the scans of their parcels, and in what carriers
sent, as long as that is kept. Erasing it leaves the books whole: no piece, price or event changes.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Annotated, Any

import attrs

from vectis_core import queries
from vectis_core.checking import check
from vectis_core.commands import Command, DropPayloads, EraseOrder, PayloadsDropped
from vectis_core.constraints import Email, Text
from vectis_core.engine.tickets import Outcome, Purge
from vectis_core.errors import ValidationError, VectisError
from vectis_core.orders.erasure import ENDED
from vectis_core.orders.model import Order
from vectis_core.ports import OrderFilter, Slice, View
from vectis_core.tenancy import Caller
from vectis_core.tracking.numbers import normalised
from vectis_core.tracking.timeline import ShipmentTimeline

#: So many orders are erased in one transaction.
_PAGE = 100


@attrs.frozen(kw_only=True)
class CustomerKey:
    """Whose data: of the customer with an id, or of all orders with an e-mail address; one of the two."""

    customer_id: Annotated[str, Text(1, 255)] | None = attrs.field(default=None, repr=False)
    #: Compared without regard to ASCII case.
    email: Annotated[str, Email()] | None = attrs.field(default=None, repr=False)


@attrs.frozen
class Erasure:
    """What erasing a customer's data came to."""

    #: The orders from which something was erased now.
    erased: tuple[str, ...]
    #: How many had nothing left to erase.
    erased_before: int
    #: The orders that have not ended, of which nothing is erased yet: ask again once they are delivered or cancelled.
    postponed: tuple[str, ...]
    #: How many kept payloads of carriers were deleted, which named their parcels.
    payloads: int
    #: Whether the bytes are gone from the store's files, too; where somebody was reading, they go later.
    purged: bool

    @property
    def matched(self) -> int:
        """How many orders of the customer there are."""
        return len(self.erased) + self.erased_before + len(self.postponed)


@attrs.frozen
class CustomerRecord:
    """An order of a customer, with what carriers have reported of its parcels."""

    order: Order
    shipments: tuple[ShipmentTimeline, ...]


#: What erasing asks of whoever drives it, as ``vectis_core.engine.Steps`` do.
Step = Callable[[View], Any] | tuple[Command[Any], ...] | Purge
Steps = Generator[Step, Any, Erasure]


def orders_of(who: CustomerKey) -> OrderFilter:
    """Return which orders are the customer's; raises ``ValidationError`` unless one of the two keys is given."""
    check(who)
    if (who.customer_id is None) == (who.email is None):
        raise ValidationError.of("customerId", "or email is required, and not both")
    return OrderFilter(customer_id=who.customer_id, customer_email=who.email)


def records(view: View, tenant: str, where: OrderFilter, part: Slice) -> queries.Page[CustomerRecord]:
    """Return part of what is kept of a customer, the newest order first."""
    page = queries.orders(view, tenant, where, part)
    found = [CustomerRecord(order, queries.tracking(view, tenant, order.id)) for order in page.items]
    return queries.Page(found, page.limit, page.offset, page.total)


def erase(caller: Caller, who: CustomerKey) -> Steps:
    """Erase a customer's data; cut off, it can be begun again.

    Payloads go first: once its order names nobody, a payload is found by nobody's e-mail address any more.
    """
    where = orders_of(who)
    ended: dict[str, bool] = {}
    postponed: list[str] = []
    numbers: set[str] = set()
    before = None
    while page := (yield _page(caller, where, before)):
        before = page[-1].id
        postponed += [order.id for order in page if order.status not in ENDED]
        for order in page:
            if order.status in ENDED:
                ended[order.id] = order.is_erased
                numbers |= {normalised(each.carrier, each.tracking_number) for each in order.shipments}
    payloads = yield from _drop_payloads(caller, frozenset(numbers))
    due = [EraseOrder(caller=caller, order_id=order_id) for order_id, is_erased in ended.items() if not is_erased]
    erased: list[str] = []
    for first in range(0, len(due), _PAGE):
        erased += _done((yield tuple(due[first : first + _PAGE])))
    purged: bool = yield Purge()
    return Erasure(tuple(erased), len(ended) - len(erased), tuple(postponed), payloads, purged)


def _page(caller: Caller, where: OrderFilter, before: str | None) -> Step:
    return lambda view: view.orders(caller.tenant, where, Slice(_PAGE, before=before))


def _done(outcomes: Sequence[Outcome[Order] | VectisError]) -> list[str]:
    for outcome in outcomes:
        if isinstance(outcome, VectisError):
            raise outcome
    return [outcome.result.id for outcome in outcomes if isinstance(outcome, Outcome)]


def _drop_payloads(caller: Caller, numbers: frozenset[str]) -> Generator[Step, Any, int]:
    """Delete what carriers sent of some parcels."""
    dropped, after = 0, "" if numbers else None
    while after is not None:
        [outcome] = yield (DropPayloads(caller=caller, numbers=numbers, after=after),)
        if isinstance(outcome, VectisError):
            raise outcome
        done: PayloadsDropped = outcome.result
        dropped, after = dropped + done.count, done.next
    return dropped

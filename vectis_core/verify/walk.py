"""Reads everything of a tenant once, page by key, and hands it to the rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache

from vectis_core.events import Event, Subject
from vectis_core.orders.model import Order
from vectis_core.ports import ProductFilter, Slice, View
from vectis_core.stock.model import Movement, Reservation, StockRecord
from vectis_core.verify import accounts
from vectis_core.verify.ledger import Chain, low_faults, shape_faults
from vectis_core.verify.lines import RecordOf, line_faults, shipment_faults
from vectis_core.verify.paging import pages
from vectis_core.verify.promises import promise_faults
from vectis_core.verify.reconciliation import Reconciliation
from vectis_core.verify.report import Fault, Findings, Group
from vectis_core.verify.reservations import reservation_faults
from vectis_core.verify.status import history_faults, status_faults
from vectis_core.verify.tracking import verify_scans, verify_timelines
from vectis_core.verify.webhooks import verify_webhooks

#: Rows that are read at a time.
PAGE = 200
#: Stock records that are remembered while orders are read.
_RECORDS_KEPT = 4_096


def verify_tenant(view: View, tenant: str, found: Findings) -> None:
    """Check everything of one tenant."""
    books = Reconciliation()
    complete = Walk(view, tenant, books, found).all()
    if complete and not books.balanced():
        books.name_differences()
        Walk(view, tenant, books, Findings()).all()
        for fault in accounts.account_faults(books):
            found.add(fault)


class Walk:
    """One reading of all rows of a tenant."""

    def __init__(self, view: View, tenant: str, books: Reconciliation, found: Findings) -> None:
        self._view = view
        self._tenant = tenant
        self._post = books.post
        self._found = found
        self._totals: Counter[str] = Counter()

    def all(self) -> bool:
        """Read stock, orders, events and products, and return whether all of it could be read.

        Only then are totals compared, which would differ by what was not.
        """
        readings = {
            "stock": self._all_stock,
            "orders": self._all_orders,
            "events": self._feed,
            "products": self._products,
            "scans": lambda: verify_scans(self._view, self._tenant, self._found),
            "webhooks": lambda: verify_webhooks(self._view, self._tenant, self._found),
        }
        unread = [what for what, read in readings.items() if not self._could(read, what)]
        if not unread:
            self._counters()
        return not unread

    def _could(self, read: Callable[[], None], what: str) -> bool:
        """Return whether *read* came to its end: a value that means nothing stops it, and is a fault itself."""
        try:
            read()
        except (ValueError, TypeError, LookupError, ArithmeticError) as error:
            message = f"a row of the {what} cannot be read, so those after it were not checked: {error!r}"
            self._found.add(Fault(Group.REFERENCES, "unreadable", message, {"tenant": self._tenant}))
            return False
        return True

    def _all_stock(self) -> None:
        for page in pages(lambda after: self._view.scan_stock(self._tenant, after, PAGE), lambda row: row.id, ""):
            for record in page:
                self._stock(record)

    def _all_orders(self) -> None:
        record_of = lru_cache(_RECORDS_KEPT)(lambda stock_id: self._view.stock_record(self._tenant, stock_id))
        for page in pages(lambda after: self._view.scan_orders(self._tenant, after, PAGE), lambda order: order.id, ""):
            self._orders(page, record_of)

    def _take(self, faults: Iterable[Fault]) -> None:
        for fault in faults:
            self._found.add(fault)

    def _stock(self, record: StockRecord) -> None:
        self._totals["stock"] += 1
        self._found.looked_at("stock records", 1)
        accounts.post_record(self._post, record)
        self._take(low_faults(record))
        chain = Chain(record)
        for rows in pages(
            lambda after: self._view.scan_movements(self._tenant, record.id, after, PAGE), lambda row: row.seq, 0
        ):
            for row in rows:
                self._movement(chain, row)
        self._take(chain.end())

    def _movement(self, chain: Chain, row: Movement) -> None:
        self._found.looked_at("movements", 1)
        accounts.post_movement(self._post, row)
        self._take(shape_faults(row))
        self._take(chain.follow(row))

    def _orders(self, orders: Sequence[Order], record_of: RecordOf) -> None:
        ids = [order.id for order in orders]
        reservations: dict[str, list[Reservation]] = {order_id: [] for order_id in ids}
        for row in self._view.scan_reservations(self._tenant, ids):
            reservations[row.order_id].append(row)
        history: dict[str, list[Event]] = {order_id: [] for order_id in ids}
        for event in self._view.scan_history(self._tenant, Subject.ORDER, ids):
            history[event.subject_id].append(event)
        for order in orders:
            self._order(order, reservations[order.id], history[order.id], record_of)
        self._take(verify_timelines(self._view, self._tenant, orders))

    def _order(
        self,
        order: Order,
        reservations: Sequence[Reservation],
        history: Sequence[Event],
        record_of: RecordOf,
    ) -> None:
        self._totals["orders"] += 1
        self._totals[f"orders:{order.status}"] += 1
        self._found.looked_at("orders", 1)
        self._found.looked_at("order lines", len(order.lines))
        self._found.looked_at("shipments", len(order.shipments))
        self._found.looked_at("reservations", len(reservations))
        accounts.post_order(self._post, order)
        for row in reservations:
            accounts.post_reservation(self._post, row)
        self._take(line_faults(order))
        self._take(shipment_faults(order, record_of))
        self._take(reservation_faults(order, reservations, record_of))
        self._take(status_faults(order))
        self._take(history_faults(order, history))
        self._take(promise_faults(order, history))
        self._take(self._external_id_faults(order))

    def _external_id_faults(self, order: Order) -> Iterator[Fault]:
        found = self._view.order_by_external_id(self._tenant, order.external_id)
        if found is None or found.id != order.id:
            message = f"{order.external_id!r} finds another order" if found else "its external id does not find it"
            rows = {"order": order.id} | ({"other": found.id} if found else {})
            yield Fault(Group.REFERENCES, "external_id", message, rows)

    def _feed(self) -> None:
        position = 0
        while events := self._view.events(self._tenant, position, (), PAGE):
            for event in events:
                self._found.looked_at("events", 1)
                accounts.post_event(self._post, event)
                if event.position <= position:
                    rows = {"event": event.id, "position": str(event.position)}
                    message = f"position {event.position} does not follow {position}"
                    self._found.add(Fault(Group.EVENTS, "position", message, rows))
                position = max(position, event.position)

    def _products(self) -> None:
        before: str | None = None
        while products := self._view.products(self._tenant, ProductFilter(), Slice(PAGE, before=before)):
            self._totals["products"] += len(products)
            self._found.looked_at("products", len(products))
            before = products[-1].id

    def _counters(self) -> None:
        kept = self._view.counters(self._tenant)
        for name in sorted({*kept, *self._totals}):
            if kept.get(name, 0) != self._totals[name]:
                message = f"the counter {name} says {kept.get(name, 0)}, there are {self._totals[name]}"
                rows = {"tenant": self._tenant, "counter": name}
                self._found.add(Fault(Group.COUNTERS, "counter", message, rows))

"""Lists: every filter, page and total beside what looking at every row finds."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from vectis_core.errors import NotFound, ValidationError
from vectis_core.orders.model import Address, Item, Order
from vectis_core.ports import OrderFilter, ProductFilter, Slice, StockFilter
from vectis_core.testing import samples
from vectis_core.testing.comparing import ALL, same
from vectis_core.testing.conformance.base import ConformanceBase, raised

T = TypeVar("T")

SKUS = ("WIDGET-001", "widget-001", "100%_x")


def _ids(rows: Iterable[Any]) -> list[str]:
    return [row.id for row in rows]


class ListConformance(ConformanceBase):
    """What lists show, newest first, and what they say there is in all."""

    def _sell(self) -> list[Order]:
        """Create orders of every kind over some hours, and return them as they are, newest first."""
        for sku in SKUS:
            self.stocked(sku, 1000)
        orders = []
        for number in range(36):
            self.clock.advance(timedelta(minutes=7, microseconds=number))
            placed = self.vectis.orders.create(
                external_id=f"ORDER-{number}",
                items=[Item(SKUS[n % 3], 1 + n % 2, 1) for n in range(number, number + 1 + number % 3)],
                shipping_addresses=[Address("Jane Smith", "123 Main St", "Austin", "US")],
                customer_id=[None, "jane", "joe"][number // 2 % 3],
            )
            orders.append(self._moved_on(placed.order, number % 5))
        return orders[::-1]

    def _moved_on(self, order: Order, step: int) -> Order:
        if step == 1:
            self.vectis.orders.cancel(order.id)
        if step >= 2:
            self.vectis.orders.confirm(order.id)
        if step == 3:
            self.vectis.orders.ship(order.id, carrier="UPS", tracking_number="1Z")
        return self.vectis.orders.get(order.id)

    def test_orders_by_every_filter(self) -> None:
        """Every combination of filters of orders shows and counts exactly the orders that match."""
        orders = self._sell()
        moments = [None, orders[-1].created_at, orders[20].created_at, orders[20].created_at + timedelta(seconds=1)]
        choices = itertools.product(
            [None, "pending", "confirmed", "shipped", "cancelled", "returned"],
            [None, "ORDER-3", "nobody"],
            [None, "jane", "nobody"],
            [None, SKUS[0], SKUS[2], "nothing"],
            moments,
            [None, orders[10].created_at, orders[20].created_at],
        )
        with self.store.read() as view:
            for number, (status, external_id, customer_id, sku, after, before) in enumerate(choices):
                # Every external id matches at most one order: a few of those combinations will do.
                if external_id is not None and number % 7:
                    continue
                where = OrderFilter(status, external_id, customer_id, sku, after, before)
                rows = [order for order in orders if _matches(order, where)]
                same(f"total of {where}", len(rows), view.count_orders("default", where))
                same(f"all of {where}", _ids(rows), _ids(view.orders("default", where, Slice(ALL))))

    def test_an_order_with_a_sku_on_two_lines_is_listed_once(self) -> None:
        """Looking for a SKU finds orders, not lines: each once on a page, in the total, and on the way through."""
        self.stocked()
        for number in range(3):
            self.vectis.orders.create(
                external_id=f"ORDER-{number}",
                items=[Item(samples.SKU, 1, 1), Item(samples.SKU, 2, 1)],
                shipping_addresses=[Address("Jane Smith", "123 Main St", "Austin", "US")],
            )
        newest_first = ["ORDER-2", "ORDER-1", "ORDER-0"]

        listing = self.vectis.orders.list(sku=samples.SKU)
        same("page", newest_first, [order.external_id for order in listing.page().items])
        same("part", newest_first[1:2], [order.external_id for order in listing.page(1, 1).items])
        same("total", 3, listing.page(1).total)
        same("all", newest_first, [order.external_id for order in listing])

    def test_orders_up_to_the_ends_of_time(self) -> None:
        """The first and the last moments that can be written bound a list as any other."""
        placed = self._sell()
        first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)

        same("from the first", placed, list(self.vectis.orders.list(created_after=first)))
        same("up to the last", placed, list(self.vectis.orders.list(created_before=last)))
        same("up to the first", [], list(self.vectis.orders.list(created_before=first)))
        same("from the last", [], list(self.vectis.orders.list(created_after=last)))

    def test_pages_of_orders(self) -> None:
        """Pages of orders, by offset and by key, are the slices of the whole, plain and filtered."""
        orders = self._sell()
        filters = [
            OrderFilter(),
            OrderFilter(status="confirmed"),
            OrderFilter(customer_id="jane"),
            OrderFilter(sku=SKUS[1]),
            OrderFilter(status="shipped", sku=SKUS[0]),
            OrderFilter(created_after=orders[30].created_at, created_before=orders[4].created_at),
        ]
        with self.store.read() as view:
            for where in filters:
                rows = [order for order in orders if _matches(order, where)]
                count = view.count_orders("default", where)
                self.compare_list(rows, partial(view.orders, "default", where), count, where)

    def test_a_list_is_complete(self) -> None:
        """Orders in a list have their lines and shipments, as when they are read one by one."""
        orders = self._sell()

        same("orders", orders, list(self.vectis.orders.list()))

    def test_going_through_a_list_shows_nothing_twice(self) -> None:
        """Orders created while a list is gone through are not part of it, and none is shown twice."""
        self.stocked(pieces=1000)
        first = [self.buy(f"ORDER-{number}").order.id for number in range(205)]
        seen = []
        for number, order in enumerate(self.vectis.orders.list()):
            seen.append(order.id)
            if number in {50, 150}:
                self.buy(f"MEANWHILE-{number}")

        same("seen", first[::-1], seen)

    def test_products_by_every_filter(self) -> None:
        """Products are found by SKU, by part of SKU or name without regard to ASCII case, and by being active."""
        names = ["Premium Widget", "PREMIUM gadget", "ÄÖÜ", "äöü", "100%", "a_b", "back\\slash"]
        products = []
        for number, name in enumerate(names):
            made = self.vectis.products.create(sku=f"Sku-{number}", name=name)
            products.append(self.vectis.products.update(made.id, active=number % 3 != 1))
        products.reverse()
        asked = [None, "", "premium", "PREM", "sku-3", "ä", "Ä", "%", "_", "a_", "\\", "nothing"]
        with self.store.read() as view:
            for sku, q, active in itertools.product([None, "Sku-2", "sku-2"], asked, [None, True, False]):
                where = ProductFilter(sku, q, active)
                rows = [
                    product
                    for product in products
                    if sku in {None, product.sku}
                    and (q is None or _folded(q) in _folded(product.sku) or _folded(q) in _folded(product.name))
                    and active in {None, product.active}
                ]
                count = view.count_products("default", where)
                self.compare_list(rows, partial(view.products, "default", where), count, where)

    def test_text_that_no_name_can_have_is_not_looked_for(self) -> None:
        """A search longer than any name is refused by name, whatever a store makes of very long patterns."""
        same("at the bound", [], list(self.vectis.products.list(q="x" * 255)))
        error = raised(ValidationError, lambda: self.vectis.products.list(q="x" * 60_000).page())
        same("field", "q", error.details["field"])

    def test_stock_by_every_filter(self) -> None:
        """Stock records are found by SKU, by warehouse and by being low, in every combination."""
        warehouses = [self.vectis.warehouses.create(code=code, name=code) for code in ("north", "south")]
        for number, sku in enumerate(SKUS):
            record = self.stocked(sku, number)
            self.vectis.inventory.update(record.id, reorder_point=2)
            for warehouse in warehouses[: number + 1]:
                self.vectis.inventory.open(sku=sku, warehouse_id=warehouse.id, reorder_point=number or None)
        with self.store.read() as view:
            records = view.scan_stock("default", "", ALL)[::-1]
            places = [None, *(warehouse.id for warehouse in warehouses), "nowhere"]
            for asked, place, low in itertools.product([None, *SKUS, "nothing"], places, [None, True, False]):
                where = StockFilter(asked, place, low)
                rows = [
                    record
                    for record in records
                    if asked in {None, record.sku}
                    and place in {None, record.warehouse_id}
                    and low in {None, record.low}
                ]
                count = view.count_stock("default", where)
                self.compare_list(rows, partial(view.stock, "default", where), count, where)
        assert any(record.low for record in records), "no record is low: the test shows nothing"

    def test_ledger_warehouses_and_clients_page(self) -> None:
        """The ledger of a record, warehouses and clients page newest first, with their totals."""
        record = self.stocked(pieces=1)
        for amount in range(2, 12):
            self.vectis.inventory.adjust(record.id, amount, f"reason {amount}")
            self.vectis.warehouses.create(code=f"code {amount}", name="a warehouse")
            self.vectis.clients.create(f"client {amount}")
        with self.store.read() as view:
            rows = view.scan_movements("default", record.id, 0, ALL)[::-1]
            read = self.vectis.inventory.movements(record.id).page().total
            self.compare_list(
                rows, partial(view.movements, "default", record.id), read, "ledger", lambda row: str(row.seq)
            )
            warehouses = view.warehouses("default", Slice(ALL))
            same("in order", sorted(_ids(warehouses), reverse=True), _ids(warehouses))
            count = view.count_warehouses("default")
            self.compare_list(warehouses, partial(view.warehouses, "default"), count, "warehouses")
            clients = view.clients("default", Slice(ALL))
            same("in order", sorted(_ids(clients), reverse=True), _ids(clients))
            count = view.count_clients("default")
            self.compare_list(clients, partial(view.clients, "default"), count, "clients")
            same("clients of all tenants", count, view.count_clients(None))

    def test_scans_page_by_key(self) -> None:
        """Scans for a proof show everything once, oldest first, in pages of any size."""
        orders = self._sell()[::-1]
        with self.store.read() as view:
            self._scan(_ids(orders), lambda after, n: _ids(view.scan_orders("default", after, n)))
            everything = sorted(_ids(view.stock("default", StockFilter(), Slice(ALL))))
            self._scan(everything, lambda after, n: _ids(view.scan_stock("default", after, n)))
            record = view.scan_stock("default", "", 1)[0]
            numbers = [row.seq for row in view.scan_movements("default", record.id, 0, ALL)]
            same("ledger", list(range(1, record.ledger_seq + 1)), numbers)
            same("rest", numbers[3:5], [row.seq for row in view.scan_movements("default", record.id, 3, 2)])
            same("tenants", ["default"], _ids(view.tenants("", 10)))

    @staticmethod
    def _scan(expected: list[str], read: Callable[[str, int], list[str]]) -> None:
        seen: list[str] = []
        while page := read(seen[-1] if seen else "", 5):
            seen += page
        same("scan", expected, seen)

    def test_the_feed_by_type_and_cursor(self) -> None:
        """The feed shows its events in order after any position, all of them or those of some types."""
        self._sell()
        with self.store.read() as view:
            feed = view.events("default", 0, (), ALL)
            same("last", feed[-1].position, view.last_event_position("default"))
            same("gapless", list(range(1, len(feed) + 1)), [event.position for event in feed])
            for types in [(), ("order.created",), ("order.shipped", "order.cancelled"), ("order.held",)]:
                for after, limit in [(0, 5), (7, 100), (len(feed) - 1, 5), (len(feed), 5)]:
                    rows = [e for e in feed if e.position > after and (not types or e.type in types)][:limit]
                    same(f"{types} after {after}", rows, view.events("default", after, types, limit))
            subject = feed[-1]
            history = [e for e in feed if e.subject_id == subject.subject_id]
            same("history", history, view.history("default", subject.subject, subject.subject_id))
            found = view.scan_history("default", subject.subject, [subject.subject_id])
            same("history again", history, found)

    def test_tenants_do_not_see_each_other(self) -> None:
        """Another tenant's rows are in no list, found by no id, and counted nowhere."""
        ours = self._sell()[0]
        theirs = self.vectis.tenant("globex")

        same("orders", [], list(theirs.orders.list()))
        same("products", [], list(theirs.products.list()))
        same("stock", [], list(theirs.inventory.list()))
        same("events", [], list(theirs.events()))
        same("total", 0, theirs.orders.list().page().total)
        raised(NotFound, lambda: theirs.orders.get(ours.id))
        raised(NotFound, lambda: theirs.orders.by_external_id(ours.external_id))
        raised(NotFound, lambda: theirs.products.by_sku(SKUS[0]))
        raised(NotFound, lambda: theirs.orders.cancel(ours.id))
        record = next(iter(self.vectis.inventory.list()))
        raised(NotFound, lambda: theirs.inventory.adjust(record.id, 1, "mine"))
        raised(NotFound, lambda: theirs.inventory.movements(record.id).page())

    def test_awkward_names_are_found_again(self) -> None:
        """Names that sort, fold, escape or split badly are kept and found as they were given."""
        for number, text in enumerate(samples.AWKWARD_TEXTS):
            record = self.stocked(text, 5)
            placed = self.buy(text, 1, text, customer_id=text)
            same("product", text, self.vectis.products.by_sku(text).sku)
            same("order", placed.order, self.vectis.orders.by_external_id(text))
            for listed in (
                self.vectis.orders.list(sku=text),
                self.vectis.orders.list(customer_id=text),
                self.vectis.orders.list(external_id=text),
            ):
                same(f"orders with {text!r}", [placed.order.id], _ids(listed))
            same("stock", [record.id], _ids(self.vectis.inventory.list(sku=text)))
            same("orders so far", number + 1, self.vectis.orders.list().page().total)


def _matches(order: Order, where: OrderFilter) -> bool:
    return (
        (where.status is None or order.status == where.status)
        and (where.external_id is None or order.external_id == where.external_id)
        and (where.customer_id is None or order.customer_id == where.customer_id)
        and (where.sku is None or where.sku in {line.sku for line in order.lines})
        and (where.created_after is None or where.created_after <= order.created_at)
        and (where.created_before is None or order.created_at < where.created_before)
    )


def _folded(text: str) -> str:
    return "".join(character.lower() if character.isascii() else character for character in text)

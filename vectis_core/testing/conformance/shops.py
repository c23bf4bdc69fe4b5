"""Whole stories: what a shop must be able to rely on, told once for every backend."""

from __future__ import annotations

from datetime import UTC, timedelta, timezone
from typing import Any

from vectis_core.clock import to_wire
from vectis_core.errors import InsufficientStock, Shortage, StoreError, UsageError, VectisError
from vectis_core.orders.model import Address, Item, Order, Placed, ShipmentItem
from vectis_core.stock.model import StockRecord
from vectis_core.testing import samples
from vectis_core.testing.comparing import ALL, same
from vectis_core.testing.conformance.base import ConformanceBase, raised
from vectis_core.vectis import Vectis

ADDRESS = Address("Jane Smith", "123 Main St", "Austin", "US")


class ShopConformance(ConformanceBase):
    """Orders, stock and the host's own rows, through the public face."""

    def write_host_row(self, connection: Any, key: str) -> None:
        """Write a row of the host's own, by what ``within`` was given."""
        raise NotImplementedError

    def has_host_row(self, key: str) -> bool:
        """Return whether the host's row is committed."""
        raise NotImplementedError

    def prepare_host(self) -> None:
        """Make room for the host's rows, where that is needed."""

    def test_two_lines_that_fit_only_singly_are_refused_whole(self) -> None:
        """Demand is summed per SKU: two lines of 6 out of 10 reserve nothing, and say what was asked and there."""
        record = self.stocked(pieces=10)
        items = [Item(samples.SKU, 6, 1), Item(samples.SKU, 6, 2)]
        error = raised(
            InsufficientStock,
            lambda: self.vectis.orders.create(external_id="ORDER-1", items=items, shipping_addresses=[ADDRESS]),
        )

        same("shortages", (Shortage(samples.SKU, 12, 10),), error.shortages)
        same("record", record, self.vectis.inventory.get(record.id))
        same("orders", 0, self.vectis.orders.list().page().total)
        same("ledger", 1, self.vectis.inventory.movements(record.id).page().total)

    def test_one_short_line_reserves_nothing_of_the_others(self) -> None:
        """All or nothing: what is there of one SKU is not reserved when another is short."""
        plenty, short = self.stocked("PLENTY", 10), self.stocked("SHORT", 1)
        items = [Item("PLENTY", 1, 1), Item("SHORT", 2, 1)]
        raised(
            InsufficientStock,
            lambda: self.vectis.orders.create(external_id="ORDER-1", items=items, shipping_addresses=[ADDRESS]),
        )

        for record in (plenty, short):
            same("record", record, self.vectis.inventory.get(record.id))

    def _split(self) -> tuple[Order, list[StockRecord]]:
        """Order 10 of a SKU of which two warehouses have 6 each."""
        first = self.stocked(pieces=6)
        warehouse = self.vectis.warehouses.create(code="second", name="Second")
        second = self.vectis.inventory.open(sku=samples.SKU, warehouse_id=warehouse.id)
        self.vectis.inventory.adjust(second.id, 6, "found")
        return self.bought("ORDER-1", 10), [first, second]

    def _balances(self, records: list[StockRecord]) -> list[tuple[int, int]]:
        found = [self.vectis.inventory.get(record.id) for record in records]
        return [(record.on_hand, record.reserved) for record in found]

    def test_two_warehouses_fill_a_line_together(self) -> None:
        """A line that no warehouse fills alone is reserved in both, and shipped from both."""
        order, records = self._split()
        same("reserved", [(6, 6), (6, 4)], self._balances(records))

        shipment = self.vectis.orders.ship(order.id, carrier="UPS", tracking_number="1Z")
        same("pieces", [4, 6], sorted(line.quantity for line in shipment.lines))
        same("shipped", [(0, 0), (2, 0)], self._balances(records))
        same("status", "shipped", str(self.vectis.orders.get(order.id).status))
        self.check_books()

    def test_a_split_line_is_released_in_both_warehouses(self) -> None:
        """Cancelling gives each warehouse back what it had promised."""
        order, records = self._split()
        self.vectis.orders.cancel(order.id)

        same("released", [(6, 0), (6, 0)], self._balances(records))
        self.check_books()

    def test_what_ships_in_parts_is_closed_short_in_both(self) -> None:
        """What is left of a split line after a partial shipment is released where it was promised."""
        order, records = self._split()
        self.vectis.orders.ship(
            order.id, carrier="UPS", tracking_number="1Z", items=[ShipmentItem(quantity=7, sku=samples.SKU)]
        )
        closed = self.vectis.orders.close_short(order.id, "lost")

        same("line", (7, 3), (closed.lines[0].shipped, closed.lines[0].cancelled))
        same("total", "8.75", str(closed.total))
        same("stock", [0, 0], [reserved for _, reserved in self._balances(records)])
        same("on hand", 5, sum(on_hand for on_hand, _ in self._balances(records)))
        self.check_books()

    def test_a_refusal_changes_nothing(self) -> None:
        """After a refused command everything is as it was, its events and its ledger included."""
        record = self.stocked(pieces=3)
        order = self.buy("ORDER-1", 3).order
        events = list(self.vectis.events())
        for refused in (
            lambda: self.vectis.orders.close_short(order.id, "x"),
            lambda: self.vectis.orders.ship(order.id, carrier="UPS", tracking_number="1Z"),
            lambda: self.vectis.inventory.adjust(record.id, -1, "x"),
            lambda: self.vectis.products.create(sku=samples.SKU, name="again"),
            lambda: self.buy("ORDER-2"),
        ):
            raised(VectisError, refused)

        same("order", order, self.vectis.orders.get(order.id))
        same("events", events, list(self.vectis.events()))
        same("ledger", 2, self.vectis.inventory.movements(record.id).page().total)
        self.check_books()

    # The host's own rows

    def _create(self, external_id: str, within: Any) -> Placed:
        return self.vectis.orders.create(
            external_id=external_id, items=[Item(samples.SKU, 1, 1)], shipping_addresses=[ADDRESS], within=within
        )

    def test_the_hosts_row_is_there_exactly_when_the_order_is(self) -> None:
        """What the host writes within the transaction is committed with the order, and sees its result."""
        self.prepare_host()
        self.stocked()
        told: list[str] = []

        def within(placed: Placed, connection: Any) -> None:
            told.append(placed.order.id)
            self.write_host_row(connection, placed.order.external_id)

        placed = self._create("ORDER-1", within)
        same("told", [placed.order.id], told)
        same("the host's row", True, self.has_host_row("ORDER-1"))

    def test_the_hosts_exception_leaves_neither(self) -> None:
        """What the host raises comes out of the call, and neither its row nor the order is there."""
        self.prepare_host()
        record = self.stocked()

        def veto(_: Placed, connection: Any) -> None:
            self.write_host_row(connection, "ORDER-1")
            raise LookupError("the host says no")

        raised(LookupError, lambda: self._create("ORDER-1", veto))
        same("the host's row", False, self.has_host_row("ORDER-1"))
        same("orders", 0, self.vectis.orders.list().page().total)
        same("stock", 100, self.vectis.inventory.get(record.id).available)
        same("the next order", True, self.buy("ORDER-1").created)
        self.check_books()

    def test_a_repeat_does_not_call_the_host_again(self) -> None:
        """A repeated external id returns the order and leaves the host alone; so does a refusal."""
        self.prepare_host()
        self.stocked(pieces=1)
        calls: list[str] = []
        for _ in range(2):
            self._create("ORDER-1", lambda placed, _: calls.append(placed.order.external_id))
        raised(InsufficientStock, lambda: self._create("ORDER-2", lambda *_: calls.append("refused")))

        same("calls", ["ORDER-1"], calls)

    def test_the_engine_is_not_called_from_inside(self) -> None:
        """Calling the engine from within its own transaction raises, and undoes the order."""
        self.prepare_host()
        self.stocked()

        raised(UsageError, lambda: self._create("ORDER-1", lambda *_: self.buy("ORDER-2")))
        same("orders", 0, self.vectis.orders.list().page().total)
        same("the next order", True, self.buy("ORDER-1").created)

    # Time

    def test_what_was_acknowledged_is_found_again(self) -> None:
        """Closing and opening finds orders, stock, events and results as they were; a new store starts empty."""
        record = self.stocked()
        order = self.bought("ORDER-1", 3)
        shipment = self.vectis.orders.ship(order.id, carrier="UPS", tracking_number="1Z", command_id="key")
        events = list(self.vectis.events())
        database_id = self.store.database_id
        self.vectis.close()
        self.vectis = self.open()

        if not self.durable:
            same("orders", 0, self.vectis.orders.list().page().total)
            return
        same("database id", database_id, self.store.database_id)
        same("shipment", shipment, self.vectis.shipments.get(shipment.id))
        same("events", events, list(self.vectis.events()))
        same("stock", 97, self.vectis.inventory.get(record.id).on_hand)
        again = self.vectis.orders.ship(order.id, carrier="UPS", tracking_number="1Z", command_id="key")
        same("the repeat", shipment, again)
        same("feed", len(events), len(list(self.vectis.events())))
        self.check_books()

    def test_a_database_that_must_exist_is_not_made(self) -> None:
        """Who opens a database that is to be there already is told where it is not, and finds it where it is."""
        if not self.durable:
            return
        empty = self.folder / "empty"
        empty.mkdir()
        raised(StoreError, lambda: Vectis.open(self.url(empty), must_exist=True))
        same("files", [], list(empty.iterdir()))

        self.stocked()
        self.vectis.close()
        self.vectis = Vectis.open(self.url(self.folder), clock=self.clock, ids=self.ids, must_exist=True)
        same("products", [samples.SKU], [product.sku for product in self.vectis.products.list()])

    def test_a_moment_of_another_zone_is_kept_in_utc(self) -> None:
        """A moment is told as it is kept, in UTC, and a repeat that names it in another zone asks for the same."""
        self.stocked()
        order = self.bought("ORDER-1", 3)
        label = self.vectis.orders.ship(order.id, carrier="UPS", tracking_number="1Z", status="label_created")
        there = self.vectis.clock.now().astimezone(timezone(timedelta(hours=2)))
        shipped = self.vectis.shipments.ship(label.id, at=there, command_id="key")
        kept = self.vectis.shipments.get(label.id)

        for moment in (shipped.shipped_at, kept.shipped_at):
            same("moment", to_wire(there.astimezone(UTC)), to_wire(moment) if moment else None)
        again = self.vectis.shipments.ship(label.id, at=there.astimezone(UTC), command_id="key")
        same("the repeat", shipped, again)

    def test_a_clock_set_back_does_no_harm(self) -> None:
        """While the clock falls back, orders are taken, numbered and listed as before."""
        self.stocked()
        ids = []
        for number in range(6):
            self.clock.advance(-3 if number % 2 else 2)
            ids.append(self.buy(f"ORDER-{number}").order.id)
        with self.store.read() as view:
            same("feed", list(range(1, 8)), [event.position for event in view.events("default", 0, (), ALL)])
        same("orders", sorted(ids, reverse=True), [order.id for order in self.vectis.orders.list()])
        self.check_books()

"""Guards: what a store refuses by itself, whatever the core believes."""

from __future__ import annotations

from datetime import timedelta

import attrs

from vectis_core.ports import Changes, RateWindow
from vectis_core.stock.model import MovementKind
from vectis_core.testing import samples
from vectis_core.testing.comparing import same
from vectis_core.testing.conformance.base import ConformanceBase


class GuardConformance(ConformanceBase):
    """Every one of these writes raises ``StoreConflict`` and changes nothing."""

    def _unchanged(self) -> None:
        with self.store.read() as view:
            same("stock record", samples.record(), view.stock_record("acme", samples.STOCK_ID))
            same("order", samples.order(), view.order("acme", samples.ORDER_ID))
            same("reservation", [samples.reservation()], view.scan_reservations("acme", [samples.ORDER_ID]))
            same("ledger", samples.movements(), view.scan_movements("acme", samples.STOCK_ID, 0, 10))

    # Rows that are not as they were

    def test_a_stock_record_that_moved_on_is_not_overwritten(self) -> None:
        """A stock record is written only over the very ledger and event numbers it was decided on."""
        self.write_shop()
        for stale in (samples.record(ledger_seq=1), samples.record(event_seq=7)):
            self.refuses(Changes(stock=[(stale, samples.record(on_hand=99, ledger_seq=3))]))
        self._unchanged()

    def test_an_order_that_moved_on_is_not_overwritten(self) -> None:
        """An order is written only over the event number it was decided on."""
        self.write_shop()
        stale = samples.order(event_seq=0)
        self.refuses(Changes(orders=[(stale, samples.order(event_seq=2, on_hold=True, hold_reason="x"))]))
        self._unchanged()

    def test_a_promise_that_was_spent_is_not_spent_again(self) -> None:
        """A reservation is written only over the open quantity it was decided on."""
        self.write_shop()
        stale = samples.reservation(open=1)
        self.refuses(Changes(reservations=[(stale, samples.reservation(open=0))]))
        self._unchanged()

    def test_a_window_that_moved_on_is_not_overwritten(self) -> None:
        """A rate window is written only over what was granted of it when more was decided on."""
        start = samples.MADE_AT
        window = RateWindow("token", start, start + timedelta(seconds=60), 2)
        self.write(Changes(windows=[(None, window)]))
        self.refuses(Changes(windows=[(attrs.evolve(window, granted=1), attrs.evolve(window, granted=3))]))
        transaction = self.store.begin()
        same("windows", [window], list(transaction.load_windows(["token"])))
        transaction.rollback()

    def test_a_row_that_is_not_there_is_not_changed(self) -> None:
        """Changing a stock record, an order or a reservation that does not exist is refused."""
        self.write_shop()
        record = samples.record(id="inv_2", sku="OTHER")
        order = samples.order(id="019bfa2c-d200-7000-8000-000000000002", external_id="other")
        held = samples.reservation(line_no=2)
        self.refuses(Changes(stock=[(record, attrs.evolve(record, ledger_seq=3))]))
        self.refuses(Changes(orders=[(order, attrs.evolve(order, event_seq=2))]))
        self.refuses(Changes(reservations=[(held, attrs.evolve(held, open=1))]))
        self._unchanged()

    # Uniqueness

    def test_an_external_id_is_taken_once(self) -> None:
        """A second order with an external id of the tenant is refused."""
        self.write_shop()
        other = samples.order(
            id="019bfa2c-d200-7000-8000-000000000002",
            lines=(samples.line(id="019bfa2c-d200-7000-8000-000000000002-1"),),
        )
        self.refuses(Changes(orders=[(None, other)]))

    def test_an_external_id_is_compared_byte_for_byte(self) -> None:
        """External ids that differ in case, in blanks or in how an accent is written are different ids."""
        self.write_shop()
        for number, external_id in enumerate(["shopify-12345", " SHOPIFY-12345", "na\u00efve", "nai\u0308ve"], 2):
            order_id = f"019bfa2c-d200-7000-8000-{number:012}"
            other = samples.order(id=order_id, external_id=external_id, lines=(samples.line(id=f"{order_id}-1"),))
            self.write(Changes(orders=[(None, other)]))
            with self.store.read() as view:
                same("order", other, view.order_by_external_id("acme", external_id))

    def test_a_sku_is_taken_once(self) -> None:
        """A second product with a SKU of the tenant is refused."""
        self.write_shop()
        self.refuses(Changes(products=[(None, samples.product(id="prod_2"))]))

    def test_a_sku_has_one_record_in_a_warehouse(self) -> None:
        """A second stock record of a SKU in one warehouse is refused."""
        self.write_shop()
        self.refuses(Changes(stock=[(None, samples.record(id="inv_2", on_hand=0, reserved=0, ledger_seq=0))]))

    def test_a_warehouse_code_is_taken_once(self) -> None:
        """A second warehouse with a code of the tenant is refused, until the first one has another code."""
        self.write_shop()
        second = samples.warehouse(id="wh_2", is_default=False)
        self.refuses(Changes(warehouses=[(None, second)]))

        renamed = samples.warehouse(code="moved")
        self.write(Changes(warehouses=[(samples.warehouse(), renamed)]))
        self.write(Changes(warehouses=[(None, second)]))
        self.refuses(Changes(warehouses=[(renamed, samples.warehouse())]))

    def test_an_id_is_taken_once(self) -> None:
        """A new row with an id that is taken is refused, in every table."""
        self.write_shop()
        self.refuses(Changes(tenants=[(None, samples.tenant())]))
        self.refuses(Changes(warehouses=[(None, samples.warehouse(code="other", is_default=False))]))
        self.refuses(Changes(products=[(None, samples.product(sku="other"))]))
        self.refuses(Changes(orders=[(None, samples.order(external_id="other"))]))
        self.refuses(Changes(reservations=[(None, samples.reservation())]))
        self.refuses(Changes(clients=[(None, samples.client())]))
        self.refuses(Changes(keys=[(None, samples.signing_key())]))
        self._unchanged()

    def test_a_number_in_the_ledger_is_given_once(self) -> None:
        """A second ledger row with a number of the record is refused: no update is ever lost."""
        self.write_shop()
        self.refuses(Changes(movements=[samples.movement(seq=2)]))
        self._unchanged()

    def test_a_number_of_an_event_is_given_once(self) -> None:
        """A second event with a number of its subject is refused."""
        self.write_shop()
        self.refuses(Changes(events=[samples.event(id="019bfa2c-d200-7000-8000-0000000000e2")]))

    def test_another_tenant_may_use_the_same_names(self) -> None:
        """External ids, SKUs and codes are unique within a tenant, not among tenants."""
        self.write_shop()
        order_id = "019bfa2c-d200-7000-8000-000000000002"
        theirs = {"tenant": "globex"}
        self.write(
            Changes(
                tenants=[(None, samples.tenant(id="globex"))],
                warehouses=[(None, samples.warehouse(id="wh_2", **theirs))],
                products=[(None, samples.product(id="prod_2", **theirs))],
                orders=[(None, samples.order(id=order_id, lines=(samples.line(id=f"{order_id}-1"),), **theirs))],
            )
        )
        with self.store.read() as view:
            found = view.order_by_external_id("globex", samples.order().external_id)
            same("their order", order_id, getattr(found, "id", None))
            same("our order", samples.order(), view.order_by_external_id("acme", samples.order().external_id))

    # Checks

    def test_nothing_is_oversold(self) -> None:
        """A stock record that would promise more than there is, or have less than nothing, is refused."""
        self.write_shop()
        for balances in ({"reserved": 11}, {"reserved": -1}, {"on_hand": -1, "reserved": -1}, {"on_hand": 1}):
            self.refuses(Changes(stock=[(samples.record(), samples.record(ledger_seq=3, **balances))]))
        self._unchanged()

    def test_the_ledger_holds_no_impossible_balance(self) -> None:
        """A ledger row whose balances could not be a record's is refused."""
        self.write_shop()
        row = samples.movement(seq=3, kind=MovementKind.RESERVE, on_hand_delta=0, reserved_delta=9, reserved_after=11)
        self.refuses(Changes(movements=[row]))
        self._unchanged()

    def test_a_lines_pieces_add_up(self) -> None:
        """A line of whose pieces too many, too few or less than none are anywhere is refused."""
        self.write_shop()
        for counters in ({"reserved": 3}, {"reserved": 1}, {"reserved": 3, "shipped": -1}):
            bad = samples.order(event_seq=2, lines=(samples.line(**counters),))
            self.refuses(Changes(orders=[(samples.order(), bad)]))
        self._unchanged()

    def test_a_promise_is_neither_negative_nor_grows(self) -> None:
        """A reservation with less than nothing open, or more than was ever promised, is refused."""
        self.write_shop()
        for pieces in (-1, 3):
            self.refuses(Changes(reservations=[(samples.reservation(), samples.reservation(open=pieces))]))
        self._unchanged()

    # Rows that point to nothing, or to another tenant's

    def test_a_row_belongs_to_a_tenant(self) -> None:
        """A row of a tenant that does not exist is refused."""
        self.write_shop()
        nobody = {"tenant": "nobody"}
        self.refuses(Changes(warehouses=[(None, samples.warehouse(id="wh_2", **nobody))]))
        self.refuses(Changes(products=[(None, samples.product(id="prod_2", **nobody))]))
        self.refuses(Changes(clients=[(None, samples.client(id="cli_2", **nobody))]))
        order_id = "019bfa2c-d200-7000-8000-000000000002"
        self.refuses(Changes(orders=[(None, samples.order(id=order_id, lines=(), **nobody))]))

    def test_rows_point_into_their_own_tenant(self) -> None:
        """Stock of another tenant's product or warehouse, and promises of another's order, are refused."""
        self.write_shop()
        self.write(
            Changes(
                tenants=[(None, samples.tenant(id="globex"))],
                warehouses=[(None, samples.warehouse(id="wh_2", tenant="globex"))],
                products=[(None, samples.product(id="prod_2", sku="THEIRS", tenant="globex"))],
            )
        )
        empty = samples.record(id="inv_2", on_hand=0, reserved=0, ledger_seq=0)
        self.refuses(Changes(stock=[(None, attrs.evolve(empty, warehouse_id="wh_2"))]))
        self.refuses(Changes(stock=[(None, attrs.evolve(empty, sku="THEIRS"))]))
        self.refuses(Changes(reservations=[(None, samples.reservation(tenant="globex"))]))

    def test_rows_point_to_something(self) -> None:
        """Stock of no product, a promise of no stock or to no line, and a ledger row of no record are refused."""
        self.write_shop()
        empty = samples.record(id="inv_2", on_hand=0, reserved=0, ledger_seq=0)
        self.refuses(Changes(stock=[(None, attrs.evolve(empty, sku="nothing"))]))
        self.refuses(Changes(stock=[(None, attrs.evolve(empty, warehouse_id="nothing"))]))
        self.refuses(Changes(reservations=[(None, samples.reservation(stock_id="nothing"))]))
        self.refuses(Changes(reservations=[(None, samples.reservation(line_no=2))]))
        self.refuses(Changes(movements=[samples.movement(stock_id="nothing")]))
        self.refuses(Changes(movements=[samples.movement(seq=3, order_id="nothing")]))
        order_id = "019bfa2c-d200-7000-8000-000000000002"
        line = samples.line(id=f"{order_id}-1", sku="nothing")
        self.refuses(Changes(orders=[(None, samples.order(id=order_id, external_id="other", lines=(line,)))]))
        self._unchanged()

    def test_a_shop_without_faults_has_no_strays(self) -> None:
        """Looking for rows that point to nothing finds none in a sound shop."""
        self.write_shop()
        with self.store.read() as view:
            same("strays", [], view.strays())

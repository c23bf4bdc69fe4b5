"""Transactions: nothing is seen before the commit, nothing is left of what was rolled back."""

from __future__ import annotations

from decimal import Decimal

import attrs

from vectis_core.errors import ServiceUnavailable, StoreConflict, UsageError, VectisError
from vectis_core.events import Subject
from vectis_core.orders.lifecycle import ShipmentStatus
from vectis_core.ports import AgeLimits, Changes, RateWindow, StoredResult
from vectis_core.testing import samples
from vectis_core.testing.comparing import same
from vectis_core.testing.conformance.base import ConformanceBase, raised, shop_changes


class TransactionConformance(ConformanceBase):
    """Begin, load, flush, commit and roll back."""

    def test_everything_is_read_back_as_it_was_written(self) -> None:
        """One of every entity, with all that is optional and awkward, is read back equal."""
        self.write_shop()

        with self.store.read() as view:
            same("tenant", samples.tenant(), view.tenant("acme"))
            same("warehouse", samples.warehouse(), view.warehouse("acme", samples.WAREHOUSE_ID))
            same("product", samples.product(), view.product_by_sku("acme", samples.SKU))
            same("stock record", samples.record(), view.stock_record("acme", samples.STOCK_ID))
            same("order", samples.order(), view.order("acme", samples.ORDER_ID))
            same("reservations", [samples.reservation()], view.scan_reservations("acme", [samples.ORDER_ID]))
            same("ledger", samples.movements(), view.scan_movements("acme", samples.STOCK_ID, 0, 10))
            same("client", samples.client(), view.client("cli_1"))
            same("keys", [samples.signing_key()], view.signing_keys())
            event = view.history("acme", Subject.ORDER, samples.ORDER_ID)[0]
            same("event", samples.event(position=event.position), event)

    def test_orders_written_at_once_stay_apart(self) -> None:
        """Two orders of one flush, with their events, each keep what is their own."""
        self.write_shop()
        orders = [
            samples.order(
                id=f"order-{name}",
                external_id=name,
                event_seq=1,
                customer_id=f"customer-{name}",
                shipping_addresses=(samples.address(name=f"Jane {name}"),),
                lines=(samples.line(id=f"order-{name}-1", unit_price=Decimal(price), total=2 * Decimal(price)),),
            )
            for name, price in (("one", "1.5"), ("two", "2.5"))
        ]
        events = [
            samples.event(
                id=f"event-{order.id}", subject_id=order.id, sequence=1, data={"externalId": order.external_id}
            )
            for order in orders
        ]
        self.write(Changes(orders=[(None, order) for order in orders], events=events))

        with self.store.read() as view:
            for order, event in zip(orders, events, strict=True):
                same("order", order, view.order("acme", order.id))
                found = view.history("acme", Subject.ORDER, order.id)
                same("events", [attrs.evolve(event, position=each.position) for each in found], list(found))

    def test_loading_returns_what_exists_of_the_keys(self) -> None:
        """Every way to load finds what was written, and leaves out what does not exist."""
        self.write_shop()
        transaction = self.store.begin()
        order, stock, product = ("acme", samples.ORDER_ID), ("acme", samples.STOCK_ID), ("acme", samples.PRODUCT_ID)
        sku, nothing = ("acme", samples.SKU), ("acme", "nothing")
        try:
            same("tenants", [samples.tenant()], list(transaction.load_tenants(["acme", "nothing"])))
            same("warehouses", [samples.warehouse()], list(transaction.load_warehouses(["acme", "nothing"])))
            same("products by id", [samples.product()], list(transaction.load_products([product, nothing], [])))
            same("products by SKU", [samples.product()], list(transaction.load_products([], [sku, nothing])))
            same("stock by id", [samples.record()], list(transaction.load_stock([stock, nothing], [])))
            same("stock by SKU", [samples.record()], list(transaction.load_stock([], [sku, nothing])))
            same("orders", [samples.order()], list(transaction.load_orders(sorted([order, nothing]))))
            same("reservations", [samples.reservation()], list(transaction.load_reservations([order])))
            external = ("acme", "SHOPIFY-12345")
            found = dict(transaction.load_order_ids([external, nothing]))
            same("order ids", {external: samples.ORDER_ID}, found)
            same("no shipments", {}, dict(transaction.load_orders_of_shipments([nothing])))
            same("clients", [samples.client()], list(transaction.load_clients([("acme", "cli_1"), nothing])))
            same("keys", [samples.signing_key()], list(transaction.load_keys()))
            same("windows", [], list(transaction.load_windows(["nothing"])))
            same("results", [], list(transaction.load_results([("acme", "embedded", "nothing")])))
        finally:
            transaction.rollback()

    def test_windows_are_loaded_by_their_key(self) -> None:
        """A rate window is found by its own key, and no other with it."""
        start = samples.MADE_AT
        windows = [RateWindow(name, start, start.replace(year=2030), 1) for name in ("one", "two")]
        self.write(Changes(windows=[(None, window) for window in windows]))
        transaction = self.store.begin()
        same("window", windows[1:], list(transaction.load_windows(["two", "three"])))
        transaction.rollback()

    def test_promises_are_loaded_by_line_and_record(self) -> None:
        """All promises to an order come in one order, those that are spent too, which can be made again."""
        self.write_shop()
        records = [samples.record(id=f"inv_{n}", sku=f"SKU-{n}", on_hand=9, reserved=0) for n in (3, 2)]
        lines = [samples.line(), samples.line(line_no=2, id=f"{samples.ORDER_ID}-2")]
        order = samples.order(event_seq=2, lines=tuple(lines))
        rows = [samples.reservation(line_no=n, stock_id=place) for n in (2, 1) for place in ("inv_3", "inv_2")]
        rows[0] = attrs.evolve(rows[0], open=0)
        self.write(
            Changes(
                products=[(None, samples.product(id=f"prod_{n}", sku=f"SKU-{n}")) for n in (3, 2)],
                stock=[(None, record) for record in records],
                orders=[(samples.order(), order)],
                reservations=[(None, row) for row in rows],
            )
        )
        wanted = sorted([samples.reservation(), *rows], key=lambda row: (row.line_no, row.stock_id))

        transaction = self.store.begin()
        same("promises", wanted, list(transaction.load_reservations([("acme", samples.ORDER_ID)])))
        transaction.rollback()
        with self.store.read() as view:
            same("all promises", wanted, view.scan_reservations("acme", [samples.ORDER_ID]))

    def test_shipments_lead_to_their_order_and_change_with_it(self) -> None:
        """A shipment is written with its order, is found by its own id, and changes when the order is written."""
        self.write_shop()
        labelled = samples.order(event_seq=2, shipments=(samples.shipment(),))
        self.write(Changes(orders=[(samples.order(), labelled)]))
        now = self.clock.now()
        again = samples.order(
            event_seq=3,
            shipments=(samples.shipment(status=ShipmentStatus.VOIDED, voided_at=now, updated_at=now),),
        )

        transaction = self.store.begin()
        key = ("acme", samples.SHIPMENT_ID)
        same("its order", {key: samples.ORDER_ID}, dict(transaction.load_orders_of_shipments([key])))
        same("the order", [labelled], list(transaction.load_orders([("acme", samples.ORDER_ID)])))
        transaction.flush(Changes(orders=[(labelled, again)]))
        transaction.commit()

        with self.store.read() as view:
            same("the shipment", again.shipments[0], view.shipment("acme", samples.SHIPMENT_ID))
            same("the order again", again, view.order("acme", samples.ORDER_ID))

    def test_nothing_is_seen_before_the_commit(self) -> None:
        """What a transaction has written is its own until it commits, and everybody's from then on."""
        transaction = self.store.begin()
        try:
            transaction.flush(shop_changes())
            same("in the transaction", [samples.tenant()], list(transaction.load_tenants(["acme"])))
            with self.store.read() as view:
                same("outside", None, view.tenant("acme"))
            same("known to be committed", False, transaction.committed())
            transaction.commit()
        finally:
            transaction.rollback()

        same("known to be committed", True, transaction.committed())
        with self.store.read() as view:
            same("afterwards", samples.order(), view.order("acme", samples.ORDER_ID))

    def test_a_rollback_leaves_nothing(self) -> None:
        """After a rollback, which may be repeated, nothing is there, and the same can be written again."""
        transaction = self.store.begin()
        transaction.flush(shop_changes())
        transaction.rollback()
        transaction.rollback()

        with self.store.read() as view:
            same("tenant", None, view.tenant("acme"))
            same("counters", {}, dict(view.counters("acme")))
            same("feed", 0, view.last_event_position("acme"))
        self.write_shop()

    def test_a_refused_flush_can_be_rolled_back(self) -> None:
        """A flush that is refused halfway leaves nothing of its first half once it is rolled back."""
        self.write_shop()
        second = samples.product(id="prod_2", sku="OTHER")
        twice = samples.product(id="prod_3", sku="OTHER")
        transaction = self.store.begin()
        raised(StoreConflict, lambda: transaction.flush(Changes(products=[(None, second), (None, twice)])))
        transaction.rollback()

        with self.store.read() as view:
            same("product", None, view.product("acme", "prod_2"))

    def test_flushing_twice_adds_up(self) -> None:
        """A transaction may flush several times; later loads see the earlier flushes."""
        transaction = self.store.begin()
        transaction.flush(shop_changes())
        changed = samples.record(on_hand=11, ledger_seq=3)
        transaction.flush(
            Changes(
                stock=[(samples.record(), changed)],
                movements=[samples.movement(seq=3, on_hand_delta=1, on_hand_after=11, reserved_after=2)],
            )
        )
        same("record", [changed], list(transaction.load_stock([("acme", samples.STOCK_ID)], [])))
        transaction.commit()

        with self.store.read() as view:
            same("record", changed, view.stock_record("acme", samples.STOCK_ID))

    def test_a_view_stays_as_it_is_while_others_write(self) -> None:
        """A view shows one state for as long as it is held, whatever is committed meanwhile."""
        record = self.stocked()

        with self.store.read() as view:
            same("before", 100, self._available(view.stock_record("default", record.id)))
            self.buy("ORDER-1", 60)
            same("meanwhile", 100, self._available(view.stock_record("default", record.id)))
            same("orders meanwhile", None, view.order_by_external_id("default", "ORDER-1"))
            same("counters meanwhile", 0, view.counters("default").get("orders", 0))

        same("afterwards", 40, self.vectis.inventory.get(record.id).available)

    @staticmethod
    def _available(record: object) -> int:
        return int(getattr(record, "available", -1))

    def test_one_writes_at_a_time(self) -> None:
        """While a transaction is open no second one begins; the next one sees what the first committed."""
        first = self.store.begin()
        first.flush(shop_changes())
        raised(ServiceUnavailable, self.store.begin)
        first.commit()
        first.rollback()

        second = self.store.begin()
        same("tenants", [samples.tenant()], list(second.load_tenants(["acme"])))
        second.rollback()

    def test_results_are_kept_by_command_id(self) -> None:
        """A stored result is found by tenant, scope and command id, and can be written only once."""
        self.write_shop()
        kept = StoredResult("acme", "cli_1", "key-1", "fingerprint", '{"a": 1}', samples.MADE_AT)
        self.write(Changes(results=[kept]))

        transaction = self.store.begin()
        keys = [("acme", "cli_1", "key-1"), ("acme", "embedded", "key-1")]
        same("results", [kept], list(transaction.load_results(keys)))
        transaction.rollback()
        self.refuses(Changes(results=[kept]))

    def test_what_has_aged_is_cleared(self) -> None:
        """Old results, ended windows and retired keys go, at most so many at a time; the others stay."""
        self.write_shop()
        now = self.clock.now()
        old, new = now.replace(year=2020), now.replace(year=2030)
        results = [StoredResult("acme", "embedded", f"old-{n}", "f", "null", old.replace(day=n + 1)) for n in range(3)]
        results.append(StoredResult("acme", "embedded", "new", "f", "null", now))
        windows = [RateWindow(f"ended {number}", old, now, 1) for number in range(3)]
        windows.append(RateWindow("open", old, new, 1))
        retired = [samples.signing_key(id=f"old_{number}", retires_at=now) for number in range(3)]
        staying = samples.signing_key(id="key_3", retires_at=new)
        self.write(
            Changes(
                results=results,
                windows=[(None, window) for window in windows],
                keys=[(None, key) for key in (*retired, staying)],
            )
        )

        before = AgeLimits(results=now, deliveries=now, scans=now, now=now)
        transaction = self.store.begin()
        same("first", (2, 2, 2, 0, 0, 0, 0), tuple(transaction.clear_aged(before, 2)))
        same("keys then", 3, len(list(transaction.load_keys())))
        same("then", (1, 1, 1, 0, 0, 0, 0), tuple(transaction.clear_aged(before, 2)))
        same("at last", (0, 0, 0, 0, 0, 0, 0), tuple(transaction.clear_aged(before, 2)))
        transaction.commit()

        transaction = self.store.begin()
        ids = [("acme", "embedded", result.command_id) for result in results]
        same("results", ["new"], [row.command_id for row in transaction.load_results(ids)])
        same("windows", windows[3:], list(transaction.load_windows(["ended 0", "ended 1", "ended 2", "open"])))
        same("keys", ["key_1", "key_3"], sorted(key.id for key in transaction.load_keys()))
        transaction.rollback()

    def test_it_works_on_after_a_recovery(self) -> None:
        """Recovering changes nothing that is committed, and writing goes on."""
        self.write_shop()
        self.store.recover()

        self.write(Changes(products=[(None, samples.product(id="prod_2", sku="OTHER"))]))
        with self.store.read() as view:
            same("order", samples.order(), view.order("acme", samples.ORDER_ID))
            same("product", "OTHER", getattr(view.product("acme", "prod_2"), "sku", None))

    def test_it_closes_for_good(self) -> None:
        """Closing may be repeated; afterwards reading and writing raise, through the store and through its faces."""
        store = self.store
        self.vectis.close()
        self.vectis.close()

        raised(VectisError, store.begin)
        raised(UsageError, self.vectis.orders.list().page)
        raised(UsageError, self.stocked)

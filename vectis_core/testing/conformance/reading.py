"""Reading: what is found by key, in which order, and that it is the tenant's own."""

from __future__ import annotations

from datetime import timedelta

import attrs

from vectis_core.events import EventType, Subject
from vectis_core.orders.model import Address, Item
from vectis_core.ports import Changes, Holder
from vectis_core.testing import samples
from vectis_core.testing.comparing import ALL, same
from vectis_core.testing.conformance.base import ConformanceBase

#: An order that another tenant made first, and its event.
_THEIRS = "019bfa2c-d200-7000-8000-000000000000"


class ReadingConformance(ConformanceBase):
    """The queries of a view that are no lists."""

    def test_who_holds_pieces_is_told_oldest_order_first(self) -> None:
        """Every line that has pieces of a record open, with its order's moment, by order and line; no other."""
        record = self.stocked()
        addresses = [Address("Jane Smith", "123 Main St", "Austin", "US")]
        orders = []
        for number in range(4):
            self.clock.advance(timedelta(minutes=1))
            items = [Item(samples.SKU, 1 + number, 1), Item(samples.SKU, 2, 1)]
            orders.append(
                self.vectis.orders.create(
                    external_id=f"ORDER-{9 - number}", items=items, shipping_addresses=addresses
                ).order
            )
        self.clock.advance(timedelta(minutes=1))
        self.vectis.orders.cancel(orders[1].id)
        self.vectis.orders.confirm(orders[2].id)

        expected = [
            Holder(order.id, order.external_id, line.line_no, line.quantity, order.created_at)
            for order in (orders[0], orders[2], orders[3])
            for line in order.lines
        ]
        with self.store.read() as view:
            same("holders", expected, view.holders("default", record.id))
            same("holders of nothing", [], view.holders("default", "nothing"))
            same("holders for another tenant", [], view.holders("acme", record.id))

    def _write_two_tenants(self) -> None:
        """Commit one of everything for one tenant, and a little for a second one."""
        self.write_shop()
        line = samples.line(id=f"{_THEIRS}-1", waiting=2, reserved=0)
        event = samples.event(tenant="globex", subject_id=_THEIRS, id="019bfa2c-d200-7000-8000-0000000000e0")
        self.write(
            Changes(
                tenants=[(None, samples.tenant(id="globex"))],
                warehouses=[(None, samples.warehouse(id="wh_2", tenant="globex"))],
                products=[(None, samples.product(id="prod_2", tenant="globex"))],
                orders=[(None, samples.order(id=_THEIRS, tenant="globex", lines=(line,)))],
                events=[event],
                clients=[(None, samples.client(id="cli_2", tenant="globex"))],
                counters={("globex", "orders"): 1, ("globex", "orders:pending"): 1, ("globex", "products"): 1},
            )
        )

    def test_ids_are_found_in_their_tenant_alone(self) -> None:
        """Whoever names another tenant's id finds nothing, whatever it is an id of."""
        self._write_two_tenants()

        with self.store.read() as view:
            for tenant, found in (("acme", True), ("globex", False), ("nobody", False)):
                rows = {
                    "order": view.order(tenant, samples.ORDER_ID),
                    "product": view.product(tenant, samples.PRODUCT_ID),
                    "stock record": view.stock_record(tenant, samples.STOCK_ID),
                    "warehouse": view.warehouse(tenant, samples.WAREHOUSE_ID),
                }
                same(f"what {tenant} finds", dict.fromkeys(rows, found), {k: v is not None for k, v in rows.items()})
                same("history", found, bool(view.history(tenant, Subject.ORDER, samples.ORDER_ID)))
                same("promises", found, bool(view.scan_reservations(tenant, [samples.ORDER_ID])))
                same("ledger", found, bool(view.scan_movements(tenant, samples.STOCK_ID, 0, ALL)))
            same("tenants", [True, True, False], [view.tenant(t) is not None for t in ("acme", "globex", "nobody")])

    def test_what_is_counted_is_the_tenants_own(self) -> None:
        """Counters, totals and the feed of one tenant know nothing of another's."""
        self._write_two_tenants()

        with self.store.read() as view:
            same("their counters", {"orders": 1, "orders:pending": 1, "products": 1}, dict(view.counters("globex")))
            same("our counters", 1, view.counters("acme")["stock"])
            same("their stock", 0, len(view.scan_stock("globex", "", ALL)))
            same("their orders", [_THEIRS], [order.id for order in view.scan_orders("globex", "", ALL)])
            same("clients", [1, 1, 2], [view.count_clients(tenant) for tenant in ("acme", "globex", None)])
            same("warehouses", [1, 1], [view.count_warehouses(tenant) for tenant in ("acme", "globex")])
            for tenant in ("acme", "globex"):
                same("feed", [1], [event.position for event in view.events(tenant, 0, (), ALL)])
                same("last", 1, view.last_event_position(tenant))
            same("last of nobody's feed", 0, view.last_event_position("nobody"))

    def test_tenants_page_by_id(self) -> None:
        """Tenants come by id, so many as asked for, after the one that was named."""
        names = ["b", "a-b", "ab", "a", "0"]
        self.write(Changes(tenants=[(None, samples.tenant(id=name)) for name in names]))
        ordered = sorted([*names, "default"])

        with self.store.read() as view:
            same("first", ordered[:2], [tenant.id for tenant in view.tenants("", 2)])
            same("next", ordered[2:5], [tenant.id for tenant in view.tenants(ordered[1], 3)])
            same("the rest", ordered[5:], [tenant.id for tenant in view.tenants(ordered[4], 3)])

    def test_signing_keys_come_oldest_first(self) -> None:
        """All keys, by when they were made, those of one moment by id."""
        made = samples.MADE_AT
        keys = [
            samples.signing_key(id="key_a", created_at=made + timedelta(seconds=1)),
            samples.signing_key(id="key_c", created_at=made),
            samples.signing_key(id="key_b", created_at=made),
        ]
        self.write(Changes(keys=[(None, key) for key in keys]))

        with self.store.read() as view:
            same("keys", ["key_b", "key_c", "key_a"], [key.id for key in view.signing_keys()])

    def test_histories_are_told_by_subject_and_number(self) -> None:
        """Many histories come in the order of their subjects, each by number; an id of another kind has none."""
        self.write_shop()
        record = samples.record(id="inv_0", sku="OTHER", on_hand=0, reserved=0, ledger_seq=0)
        made = samples.event(subject=Subject.STOCK, type=EventType.INVENTORY_ADJUSTED)
        places = enumerate([(samples.STOCK_ID, 1), ("inv_0", 1), (samples.STOCK_ID, 2), ("inv_0", 2)])
        self.write(
            Changes(
                products=[(None, samples.product(id="prod_2", sku="OTHER"))],
                stock=[(None, record)],
                events=[
                    attrs.evolve(made, subject_id=subject_id, sequence=number, id=f"{made.id[:-2]}{place:02}")
                    for place, (subject_id, number) in places
                ],
            )
        )

        with self.store.read() as view:
            both = view.scan_history("acme", Subject.STOCK, [samples.STOCK_ID, "inv_0"])
            wanted = [(subject_id, number) for subject_id in ("inv_0", samples.STOCK_ID) for number in (1, 2)]
            same("of two records", wanted, [(event.subject_id, event.sequence) for event in both])
            one = view.history("acme", Subject.STOCK, samples.STOCK_ID)
            same("of one record", [1, 2], [event.sequence for event in one])
            same("of the order", 1, len(view.scan_history("acme", Subject.ORDER, [samples.ORDER_ID, "inv_0"])))
            same("of no record", [], view.history("acme", Subject.STOCK, samples.ORDER_ID))

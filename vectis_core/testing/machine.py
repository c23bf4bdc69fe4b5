"""A Hypothesis state machine that drives the real engine and the reference model side by side.

Subclass it with a way to open your store, and let Hypothesis look for a difference::

    class MyShops(ShopMachine):
        def open(self, clock, ids):
            return Vectis.open("memory://", clock=clock, ids=ids)

    TestMyShops = MyShops.TestCase

After every step everything in the store is compared with the model, and the books are proved. Needs the extra
``testing``.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from vectis_core.clock import Clock
from vectis_core.commands import Command
from vectis_core.ids import Ids
from vectis_core.tenancy import Caller
from vectis_core.testing import CountingIds, FrozenClock, choices
from vectis_core.testing.model_entities import CARRIERS, DIGITS, Ask, Order, Parcel, Record, Warehouse
from vectis_core.testing.side_by_side import SideBySide
from vectis_core.vectis import Vectis


def has_orders(machine: ShopMachine) -> bool:
    """Return whether there is an order to do something to."""
    return bool(machine.both.shop.orders)


def has_parcels(machine: ShopMachine) -> bool:
    """Return whether there is a shipment to do something to."""
    return bool(machine.both.shop.parcels())


def done() -> st.SearchStrategy[tuple[Command[Any], Any]]:
    """Return a command that was accepted, and what it came to."""
    running: st.SearchStrategy[Any] = st.runner()
    return running.flatmap(lambda machine: st.sampled_from(machine.both.done))


class ShopMachine(RuleBasedStateMachine):
    """Every command against a shop and its model; ``open`` says where the shop is kept.

    The rules are few and each is broad, because Hypothesis leaves out some in every run.
    """

    #: Whether closing and opening again finds everything.
    reopens: ClassVar[bool] = False

    def open(self, clock: Clock, ids: Ids) -> Vectis:
        """Open the shop's store: an empty one at first, later the same one again."""
        raise NotImplementedError

    def __init__(self) -> None:
        super().__init__()
        self.clock = FrozenClock()
        self.ids = CountingIds()
        self.both = SideBySide(self.open(self.clock, self.ids), self.clock, Caller(actor="machine"))

    def teardown(self) -> None:
        """Close the store."""
        self.both.vectis.close()

    @initialize(
        auto_confirm=st.booleans(),
        stock=st.tuples(st.integers(0, 8), *[st.integers(0, 40)] * 3),
        baskets=st.lists(choices.ASKS, min_size=2, max_size=2),
    )
    def open_shop(self, auto_confirm: bool, stock: tuple[int, ...], baskets: list[list[Ask]]) -> None:
        """Start with two warehouses, three products, some stock in four records, and perhaps two orders."""
        self.both.settings(auto_confirm)
        second = self.both.create_warehouse("second", None)
        for sku in choices.SKUS:
            self.both.create_product(sku)
        if second is not None:
            self.both.open_record(choices.SKUS[0], second, 3)
        for record, amount in zip(self.both.shop.records, stock, strict=True):
            if amount:
                self.both.adjust(record, amount, "found")
        for external_id, asks in zip(choices.EXTERNAL_IDS, baskets, strict=False):
            self.both.place(external_id, asks, 2, "USD")

    @rule(
        external_id=st.sampled_from(choices.EXTERNAL_IDS),
        asks=choices.ASKS,
        addresses=st.integers(1, 2),
        currency=st.sampled_from([*DIGITS, "USD"]),
    )
    def place(self, external_id: str, asks: list[Ask], addresses: int, currency: str) -> None:
        """Create an order, or repeat one with another body."""
        self.both.place(external_id, asks, addresses, currency)

    @precondition(has_orders)
    @rule(order=choices.orders())
    def repeat(self, order: Order) -> None:
        """Ask for an order again."""
        self.both.repeat(order)

    @precondition(has_orders)
    @rule(chosen=choices.order_steps(), reason=choices.REASONS, data=st.data())
    def step_of_order(self, chosen: tuple[str, Order], reason: str, data: st.DataObject) -> None:
        """Take a step of an order, possible or not."""
        step, order = chosen
        if step == "confirm":
            self.both.confirm(order)
        elif step == "ship":
            self._register(order, data)
        elif step == "cancel":
            self.both.cancel(order, data.draw(st.one_of(st.none(), choices.REASONS), label="reason"))
        else:
            getattr(self.both, step)(order, reason)

    def _register(self, order: Order, data: st.DataObject) -> None:
        warehouses = [*[None] * 6, *self.both.shop.warehouses]
        self.both.register(
            order,
            data.draw(st.sampled_from([*CARRIERS, "UPS", "Bob's Bikes"]), label="carrier"),
            data.draw(choices.parts(order), label="parts"),
            status=data.draw(st.sampled_from(["shipped", "label_created"]), label="status"),
            warehouse=data.draw(st.sampled_from(warehouses), label="warehouse"),
        )

    @precondition(has_parcels)
    @rule(chosen=choices.parcel_steps(), ago=choices.AGO)
    def step_of_parcel(self, chosen: tuple[str, tuple[Order, Parcel]], ago: timedelta | None) -> None:
        """Take a step of a shipment, possible or not."""
        step, (order, parcel) = chosen
        getattr(self.both, step)(order, parcel, ago)

    @rule(record=choices.records(), amount=st.integers(-6, 12).filter(bool), reason=choices.REASONS)
    def adjust(self, record: Record, amount: int, reason: str) -> None:
        """Correct what is on hand."""
        self.both.adjust(record, amount, reason)

    @rule(record=choices.records(), point=choices.REORDER_POINTS)
    def set_reorder_point(self, record: Record, point: int | None) -> None:
        """Change when a record is low."""
        self.both.set_reorder_point(record, point)

    @rule(
        change=st.sampled_from(["settings", "product", "new product", "new warehouse", "warehouse", "record"]),
        sku=st.sampled_from([*choices.SKUS * 2, choices.UNKNOWN_SKU]),
        on=st.booleans(),
        warehouse=choices.warehouses(),
        priority=st.integers(0, 3),
    )
    def administer(self, change: str, sku: str, on: bool, warehouse: Warehouse, priority: int) -> None:
        """Change how the shop is set up, or try to."""
        if change == "settings":
            self.both.settings(on)
        elif change == "new warehouse":
            self.both.create_warehouse(f"number {priority}", priority if on else None)
        elif change == "warehouse":
            self.both.update_warehouse(warehouse, priority, on)
        elif change == "record":
            self.both.open_record(sku, warehouse, priority if on else None)
        elif sku == choices.UNKNOWN_SKU:
            self.both.miss()
        elif change == "product":
            self.both.update_product(sku, on)
        else:
            self.both.create_product(sku)

    @precondition(lambda self: self.both.done)
    @rule(accepted=done(), same=st.booleans(), record=choices.records())
    def use_command_id_again(self, accepted: tuple[Command[Any], Any], same: bool, record: Record) -> None:
        """Repeat a command, or use its id for another."""
        command, result = accepted
        if same:
            self.both.replay(command, result)
        else:
            self.both.reuse_command_id(command.command_id, record)

    @rule(
        status=st.sampled_from([None, "pending", "confirmed", "partially_shipped", "cancelled"]),
        sku=st.sampled_from([None, *choices.SKUS]),
        seconds=st.floats(0, 600),
    )
    def read_and_wait(self, status: str | None, sku: str | None, seconds: float) -> None:
        """Read a list, and let time pass."""
        self.both.read(status, sku)
        self.clock.advance(seconds)

    @precondition(lambda self: self.reopens)
    @rule()
    def reopen(self) -> None:
        """Close and open again: everything is there."""
        self.both.vectis.close()
        self.both.vectis = self.open(self.clock, self.ids)

    @invariant()
    def the_shop_is_as_the_model_says(self) -> None:
        """Everything stored is what the model has, and the books are right."""
        self.both.check()

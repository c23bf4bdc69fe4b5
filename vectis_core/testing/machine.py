"""A Hypothesis state machine that drives the real engine and the reference model side by side.

Subclass it with a way to open your store, and let Hypothesis look for a difference::

    class MyShops(ShopMachine):
        def open(self, clock, ids):
            return Vectis.open("memory://", clock=clock, ids=ids)

    TestMyShops = MyShops.TestCase

After every step what changed in the store is compared with the model; now and then, and at the end, everything is
compared and the books are proved. Needs the extra ``testing``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import timedelta
from typing import ClassVar, TypeVar

try:
    import hypothesis as _hypothesis  # noqa: F401 - asked for here, so that the error names the extra
except ImportError as error:
    raise ImportError('The state machine needs Hypothesis: pip install "vectis-oms[testing]"') from error

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from vectis_core.clock import Clock
from vectis_core.commands import Command
from vectis_core.ids import Ids
from vectis_core.tenancy import Caller
from vectis_core.testing import CountingIds, FrozenClock, choices
from vectis_core.testing.failing import Program
from vectis_core.testing.model import Shop
from vectis_core.testing.model_entities import CARRIERS, DIGITS, Ask, Order
from vectis_core.testing.model_tracking import Heard
from vectis_core.testing.side_by_side import SideBySide
from vectis_core.vectis import Vectis

T = TypeVar("T")


class ShopMachine(RuleBasedStateMachine):
    """Every command against a shop and its model; ``open`` says where the shop is kept.

    There is one rule for all commands, which chooses among them by weight: Hypothesis leaves out some rules in every
    run, and an order has a long way to go.
    """

    #: Whether closing and opening again finds everything.
    reopens: ClassVar[bool] = False
    #: Whether commands go wrong now and then.
    fails: ClassVar[bool] = True

    def open(self, clock: Clock, ids: Ids) -> Vectis:
        """Open the shop's store: an empty one at first, later the same one again."""
        raise NotImplementedError

    def opened(self, vectis: Vectis) -> None:
        """Be told of the Vectis to use from now on: at first, and after each end of a process."""

    def send(self, command: Command[T]) -> T:
        """Give a command and return its result; a program of yours can do it in its own way.

        It may come again with the same command, after a fault.
        """
        return self.vectis.run(command)

    def __init__(self) -> None:
        super().__init__()
        self.clock = FrozenClock()
        self.ids = CountingIds()
        self.program = Program(lambda: self.open(self.clock, self.ids), self.clock, self.ids, reopens=self.reopens)
        self.opened(self.vectis)
        self.both = SideBySide(self.vectis, self.clock, Caller(actor="machine"), send=self._send)

    @property
    def vectis(self) -> Vectis:
        """The shop as it is open now."""
        return self.program.vectis

    @property
    def shop(self) -> Shop:
        """The model of the shop."""
        return self.both.shop

    def _send(self, command: Command[T]) -> T:
        return self.program.told(command, self.send, self._restart)

    def _restart(self) -> None:
        self.program.restart()
        self.both.vectis = self.vectis
        self.opened(self.vectis)

    def teardown(self) -> None:
        """Check everything once more, unless a difference was found already, and close the store."""
        try:
            if sys.exc_info()[0] is None:
                self.both.check()
        finally:
            self.vectis.close()

    @initialize(
        auto_confirm=st.sampled_from([True, True, False]),
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

    @rule(data=st.data())
    def act(self, data: st.DataObject) -> None:
        """Give one command, possible or not."""
        shop = self.both.shop
        acts: list[Callable[[st.DataObject], None]] = [*[self._place] * 4, *[self._adjust] * 3]
        acts += [self._set_reorder_point, self._read, self._hear, *[self._administer] * 2]
        if shop.orders:
            acts += [self._step_of_order] * 10 + [self._repeat]
        if any(order.status in {"delivered", "cancelled"} for order in shop.orders):
            acts += [self._erase] * 2
        if shop.parcels():
            acts += [self._step_of_parcel] * 5 + [self._hear] * 4
        if self.both.done:
            acts += [self._use_command_id_again] * 2
        if self.reopens:
            acts += [self._reopen] * 2
        if self.fails:
            self.program.trouble = data.draw(choices.TROUBLE, label="trouble")
        act = data.draw(st.sampled_from(acts), label="act")
        act(data)
        self.program.trouble = None

    def _place(self, data: st.DataObject) -> None:
        """Create an order, or repeat one with another body."""
        self.both.place(
            data.draw(st.sampled_from(choices.EXTERNAL_IDS), label="external id"),
            data.draw(choices.ASKS, label="items"),
            data.draw(st.integers(1, 2), label="addresses"),
            data.draw(st.sampled_from([*DIGITS, "USD"]), label="currency"),
            data.draw(st.sampled_from(choices.CUSTOMERS), label="customer"),
        )

    def _repeat(self, data: st.DataObject) -> None:
        self.both.repeat(data.draw(choices.orders(), label="order"))

    def _erase(self, data: st.DataObject) -> None:
        """Erase a customer, who may have orders on their way, and order again."""
        customer_id, email = data.draw(st.sampled_from(choices.CUSTOMERS), label="customer")
        if data.draw(st.booleans(), label="by id"):
            self.both.erase(customer_id=customer_id)
        else:
            self.both.erase(email=email.lower())

    def _step_of_order(self, data: st.DataObject) -> None:
        step, order = data.draw(choices.order_steps(), label="step")
        if step == "confirm":
            self.both.confirm(order)
        elif step == "ship":
            self._register(order, data)
        else:
            reason = data.draw(choices.REASONS, label="reason")
            getattr(self.both, step)(order, reason)

    def _register(self, order: Order, data: st.DataObject) -> None:
        warehouses = [*[None] * 6, *self.both.shop.warehouses]
        self.both.register(
            order,
            data.draw(st.sampled_from([*CARRIERS, "UPS", "Bob's Bikes"]), label="carrier"),
            data.draw(choices.parts(order), label="parts"),
            number=data.draw(st.sampled_from(choices.NUMBERS), label="number"),
            status=data.draw(st.sampled_from(["shipped", "label_created"]), label="status"),
            warehouse=data.draw(st.sampled_from(warehouses), label="warehouse"),
        )

    def _step_of_parcel(self, data: st.DataObject) -> None:
        step, (order, parcel) = data.draw(choices.parcel_steps(), label="step")
        getattr(self.both, step)(order, parcel, data.draw(choices.AGO, label="ago"))

    def _hear(self, data: st.DataObject) -> None:
        """A carrier says something of a parcel, which there may not be yet, or repeats itself."""
        heard = self.shop.carriers.heard
        if heard and data.draw(st.sampled_from([True, False, False, False]), label="again"):
            self.both.say(data.draw(st.sampled_from(heard), label="heard"))
            return
        named = [(parcel.carrier, parcel.tracking_number) for _, parcel in self.shop.parcels()]
        carrier, number = data.draw(st.sampled_from([*named * 2, ("ups", choices.NUMBERS[0])]), label="parcel")
        status, reason = data.draw(st.sampled_from(choices.WORDS), label="word")
        now = self.clock.now()
        at = now - timedelta(minutes=data.draw(choices.MINUTES_AGO, label="minutes ago"))
        while any(each.at == at for each in heard):
            at -= timedelta(microseconds=1)
        self.both.say(Heard(carrier, number, status, reason, f"scan {len(heard)}", at, now))

    def _adjust(self, data: st.DataObject) -> None:
        amount = data.draw(st.integers(-6, 12).filter(bool), label="amount")
        self.both.adjust(data.draw(choices.records()), amount, data.draw(choices.REASONS))

    def _set_reorder_point(self, data: st.DataObject) -> None:
        self.both.set_reorder_point(data.draw(choices.records()), data.draw(choices.REORDER_POINTS))

    def _administer(self, data: st.DataObject) -> None:
        """Change how the shop is set up, or try to."""
        change = data.draw(st.sampled_from(["settings", "product", "warehouse", "record", "new", "miss"]))
        sku = data.draw(st.sampled_from(choices.SKUS))
        on = data.draw(st.booleans())
        priority = data.draw(st.integers(0, 3))
        if change == "settings":
            self.both.settings(on)
        elif change == "product":
            self.both.update_product(sku, on)
        elif change == "warehouse":
            self.both.update_warehouse(data.draw(choices.warehouses()), priority, on)
        elif change == "record":
            asked = data.draw(st.sampled_from([sku, sku, choices.UNKNOWN_SKU]))
            self.both.open_record(asked, data.draw(choices.warehouses()), priority if on else None)
        elif change == "miss":
            self.both.miss()
        elif on:
            self.both.create_product(sku)
        else:
            self.both.create_warehouse(f"number {priority}", priority or None)

    def _use_command_id_again(self, data: st.DataObject) -> None:
        """Repeat a command, or use its id for another."""
        command, result = data.draw(st.sampled_from(self.both.done), label="accepted")
        if data.draw(st.booleans(), label="same"):
            self.both.replay(command, result)
        else:
            self.both.reuse_command_id(command.command_id, data.draw(choices.records()))

    def _read(self, data: st.DataObject) -> None:
        """Read a list, and let time pass."""
        statuses = [None, "pending", "confirmed", "partially_shipped", "cancelled"]
        self.both.read(data.draw(st.sampled_from(statuses)), data.draw(st.sampled_from([None, *choices.SKUS])))
        self.clock.advance(data.draw(st.floats(0, 600)))

    def _reopen(self, _: st.DataObject) -> None:
        """Close and open again: everything is there."""
        self._restart()

    @invariant()
    def the_shop_is_as_the_model_says(self) -> None:
        """What was changed is what the model has, and nothing else was; the books are right."""
        self.both.check_step()

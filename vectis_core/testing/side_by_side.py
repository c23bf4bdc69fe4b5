"""Drives the real engine and the reference model side by side, one command at a time, and compares what they say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, TypeVar

from vectis_core import commands
from vectis_core.catalogue import NewProduct, NewWarehouse, ProductChange, WarehouseChange
from vectis_core.commands import Command
from vectis_core.errors import IdempotencyConflict, NotFound, VectisError
from vectis_core.faces import TenantFace
from vectis_core.orders import model as orders
from vectis_core.stock import Adjustment, NewStockRecord, StockChange
from vectis_core.tenancy import Caller, SettingsChange
from vectis_core.testing import comparing
from vectis_core.testing.clock import FrozenClock
from vectis_core.testing.comparing_persons import compare_replay
from vectis_core.testing.model import Shop
from vectis_core.testing.model_entities import PERSON, WORDS, Ask, Order, Parcel, Record, Refused, Warehouse
from vectis_core.testing.model_tracking import Heard
from vectis_core.tracking.model import Place, Reading, TimeBasis, event_of
from vectis_core.tracking.statuses import TrackingStatus
from vectis_core.vectis import Vectis

T = TypeVar("T")

#: Everything is compared and proved after so many steps, for what a step may have changed unasked.
_STEPS_UNTIL_ALL = 10

#: The id and the e-mail address of somebody.
CUSTOMER = ("C-1", "Jane@example.com")

#: Pieces of an order to ship: SKU or line number, and how many.
Part = tuple[str | None, int | None, int]


class SideBySide:
    """A shop and its model; each method is one command for both, and fails where they come to different things."""

    def __init__(
        self,
        vectis: Vectis,
        clock: FrozenClock,
        caller: Caller,
        send: Callable[[Command[Any]], Any] | None = None,
    ) -> None:
        self.vectis = vectis
        #: Gives a command that may be asked for again; runs it, unless something else is given.
        self.send = send if send is not None else vectis.run
        self.clock = clock
        self.caller = caller
        self.shop = Shop(clock.now())
        self.shop.warehouses[0].id = next(iter(self._face().warehouses.list())).id
        #: Accepted commands that have an id, and what they came to.
        self.done: list[tuple[Command[Any], Any]] = []
        self._last_command = 0
        self._seen = comparing.Seen()
        #: Since everything was checked.
        self._steps = 0

    def _face(self) -> TenantFace:
        return self.vectis.tenant(self.caller.tenant)

    def _both(self, command: Command[T], model: Callable[[], object]) -> T | None:
        """Run a command on both; return the real result, or ``None`` where both refuse alike."""
        self.shop.now = self.clock.now()
        try:
            model()
        except Refused as refused:
            try:
                found = self.send(command)
            except VectisError as error:
                comparing.compare_error(refused, error)
                return None
            raise AssertionError(f"{command} must be refused with {refused}, and came to {found}") from None
        result: T = self.send(command)
        if command.command_id is not None:
            self.done.append((command, result))
        return result

    def _asked(self) -> dict[str, Any]:
        """Return who asks, and an id for the command."""
        self._last_command += 1
        return {"caller": self.caller, "command_id": f"command-{self._last_command}"}

    def check(self) -> None:
        """Fail unless everything stored is what the model has, the books are right, and the product's proof agrees."""
        with self.vectis.store.read() as view:
            self._seen = comparing.compare_shop(view, self.caller.tenant, self.shop)
            comparing.check_books(view, self.caller.tenant)
        comparing.same("faults", (), tuple(self.vectis.verify().faults))
        self._steps = 0

    def check_step(self) -> None:
        """Fail unless what has changed since the last check is what the model has; now and then, check everything."""
        self._steps += 1
        if self._steps == _STEPS_UNTIL_ALL:
            self.check()
            return
        with self.vectis.store.read() as view:
            comparing.compare_news(view, self.caller.tenant, self.shop, self._seen)

    # Stock and catalogue

    def settings(self, auto_confirm: bool) -> None:
        """Change the tenant's settings."""
        self.vectis.run(commands.UpdateSettings(caller=self.caller, intent=SettingsChange(auto_confirm)))
        self.shop.auto_confirm = auto_confirm

    def create_product(self, sku: str) -> Record | None:
        """Create a product, and return its record."""
        made: list[Record] = []
        command = commands.CreateProduct(**self._asked(), intent=NewProduct(sku, f"The {sku}"))
        product = self._both(command, lambda: made.append(self.shop.create_product(sku)))
        if product is None:
            return None
        record = next(iter(self._face().inventory.list(sku=sku)))
        made[0].id = record.id
        return made[0]

    def update_product(self, sku: str, active: bool) -> None:
        """Stop or resume selling a product."""
        product = self._face().products.by_sku(sku)
        intent = ProductChange(active=active)
        self.vectis.run(commands.UpdateProduct(caller=self.caller, product_id=product.id, intent=intent))
        self.shop.products[sku] = active

    def create_warehouse(self, code: str, priority: int | None) -> Warehouse | None:
        """Add a warehouse."""
        made: list[Warehouse] = []
        command = commands.CreateWarehouse(**self._asked(), intent=NewWarehouse(code, code.title(), None, priority))
        warehouse = self._both(command, lambda: made.append(self.shop.create_warehouse(code, priority)))
        if warehouse is None:
            return None
        made[0].id = warehouse.id
        comparing.same("priority", made[0].priority, warehouse.priority)
        return made[0]

    def update_warehouse(self, warehouse: Warehouse, priority: int, active: bool) -> None:
        """Change when a warehouse is tried, and whether at all."""
        intent = WarehouseChange(priority=priority, active=active)
        self.vectis.run(commands.UpdateWarehouse(caller=self.caller, warehouse_id=warehouse.id, intent=intent))
        warehouse.priority, warehouse.active = priority, active

    def open_record(self, sku: str, warehouse: Warehouse, point: int | None) -> Record | None:
        """Open a record in a further warehouse."""
        made: list[Record] = []
        intent = NewStockRecord(sku, warehouse.id, point)
        command = commands.OpenStockRecord(**self._asked(), intent=intent)
        record = self._both(command, lambda: made.append(self.shop.open_record(sku, warehouse, point)))
        if record is None:
            return None
        made[0].id = record.id
        comparing.compare_record(made[0], record)
        return made[0]

    def adjust(self, record: Record, amount: int, reason: str) -> None:
        """Correct what is on hand."""
        command = commands.AdjustStock(**self._asked(), stock_id=record.id, intent=Adjustment(amount, reason))
        result = self._both(command, lambda: self.shop.adjust(record, amount, reason))
        if result is not None:
            comparing.compare_record(record, result)

    def set_reorder_point(self, record: Record, point: int | None) -> None:
        """Change when a record is low."""
        command = commands.UpdateStockRecord(**self._asked(), stock_id=record.id, intent=StockChange(point))
        result = self._both(command, lambda: self.shop.set_reorder_point(record, point))
        if result is not None:
            comparing.compare_record(record, result)

    # Orders

    def repeat(self, order: Order) -> None:
        """Ask for an order again with the very same body: nothing happens, whatever became of it."""
        self.place(order.external_id, *order.body)

    def place(
        self,
        external_id: str,
        asks: Sequence[Ask],
        addresses: int,
        currency: str,
        customer: tuple[str, str] = CUSTOMER,
    ) -> None:
        """Create an order, or repeat one, perhaps with another body; *customer* is an id and an e-mail address."""
        body = (tuple(asks), addresses, currency, customer)
        made: list[tuple[Order, bool, bool]] = []
        intent = orders.NewOrder(
            external_id=external_id,
            items=tuple(orders.Item(ask.sku, ask.quantity, Decimal(ask.price).scaleb(-4), ask.address) for ask in asks),
            shipping_addresses=tuple(
                orders.Address(f"{PERSON} {n}", "123 Main St", "Austin", "US") for n in range(addresses)
            ),
            customer_id=customer[0],
            customer_email=customer[1],
            currency=currency,
        )
        command = commands.PlaceOrder(caller=self.caller, intent=intent)
        result = self._both(command, lambda: made.append(self.shop.place(external_id, *body, body)))
        if result is None:
            return
        order, created, mismatch = made[0]
        comparing.same("created", (created, mismatch), (result.created, result.mismatch))
        if created:
            order.id, order.created_at = result.order.id, self.clock.now()
        self._came_to(order, result.order)

    def _came_to(self, order: Order, result: orders.Order | None) -> None:
        """Compare what a command returned with the model, and with what is read now."""
        if result is not None:
            comparing.compare_order(order, result)
            comparing.same("the result is what was stored", self._face().orders.get(order.id), result)

    def confirm(self, order: Order) -> None:
        """Confirm an order."""
        command = commands.ConfirmOrder(**self._asked(), order_id=order.id)
        result = self._both(command, lambda: self.shop.confirm(order))
        self._came_to(order, result)

    def hold(self, order: Order, reason: str) -> None:
        """Put an order on hold."""
        command = commands.HoldOrder(**self._asked(), order_id=order.id, intent=orders.Reason(reason))
        self._came_to(order, self._both(command, lambda: self.shop.hold(order, reason)))

    def release(self, order: Order, reason: str) -> None:
        """End a hold."""
        command = commands.ReleaseOrder(**self._asked(), order_id=order.id, intent=orders.Reason(reason))
        self._came_to(order, self._both(command, lambda: self.shop.release(order, reason)))

    def cancel(self, order: Order, reason: str | None) -> None:
        """Cancel an order."""
        command = commands.CancelOrder(
            **self._asked(),
            order_id=order.id,
            intent=orders.Cancellation(reason),
        )
        result = self._both(command, lambda: self.shop.cancel(order, reason))
        self._came_to(order, result)

    def close_short(self, order: Order, reason: str) -> None:
        """End a partially shipped order."""
        command = commands.CloseOrderShort(**self._asked(), order_id=order.id, intent=orders.Reason(reason))
        self._came_to(order, self._both(command, lambda: self.shop.close_short(order, reason)))

    def erase(self, *, customer_id: str | None = None, email: str | None = None) -> None:
        """Erase what is personal of a customer; repeats of what was done to their orders bring nothing of it back."""
        self.shop.now = self.clock.now()
        due, before, waiting = self.shop.erase(customer_id, email)
        done = self._face().customers.erase(customer_id=customer_id, email=email)
        expected = (tuple(order.id for order in due), before, tuple(order.id for order in waiting), 0)
        comparing.same("erased", expected, (done.erased, done.erased_before, done.postponed, done.payloads))
        gone = {order.id for order in due}
        for command, result in self.done:
            if getattr(command, "order_id", None) in gone:
                self.replay(command, result)

    # Shipments

    def register(
        self,
        order: Order,
        carrier: str,
        parts: Sequence[Part] | None,
        *,
        number: str = "1Z999",
        status: str = "shipped",
        warehouse: Warehouse | None = None,
    ) -> None:
        """Ship an order, whole or in part, at once or as a label."""
        items = None
        if parts is not None:
            items = tuple(
                orders.ShipmentItem(
                    quantity=pieces, sku=sku, line_id=f"{order.id}-{line_no}" if line_no is not None else None
                )
                for sku, line_no, pieces in parts
            )
        intent = orders.NewShipment(carrier, number, items, status, warehouse.id if warehouse else None)
        command = commands.RegisterShipment(**self._asked(), order_id=order.id, intent=intent)
        made: list[Parcel] = []
        shipment = self._both(
            command,
            lambda: made.append(self.shop.register(order, carrier, number, parts, status, warehouse)),
        )
        if shipment is not None:
            made[0].id = shipment.id
            self._shipped(order, made[0], shipment)

    def _shipped(self, order: Order, parcel: Parcel, result: orders.Shipment | None) -> None:
        if result is not None:
            comparing.compare_shipment(parcel, result)
            comparing.same("the result is what was stored", self._face().shipments.get(parcel.id), result)
            comparing.compare_order(order, self._face().orders.get(order.id))

    def ship(self, order: Order, parcel: Parcel, ago: timedelta | None) -> None:
        """A label's goods leave."""
        command = commands.ShipShipment(**self._asked(), shipment_id=parcel.id, intent=self._moment(ago))
        self._shipped(order, parcel, self._both(command, lambda: self.shop.ship(order, parcel, ago)))

    def deliver(self, order: Order, parcel: Parcel, ago: timedelta | None) -> None:
        """A shipment arrives."""
        command = commands.DeliverShipment(**self._asked(), shipment_id=parcel.id, intent=self._moment(ago))
        self._shipped(order, parcel, self._both(command, lambda: self.shop.deliver(order, parcel, ago)))

    def void(self, order: Order, parcel: Parcel, ago: timedelta | None) -> None:
        """A label is thrown away."""
        command = commands.VoidShipment(**self._asked(), shipment_id=parcel.id, intent=self._moment(ago))
        self._shipped(order, parcel, self._both(command, lambda: self.shop.void(order, parcel, ago)))

    def _moment(self, ago: timedelta | None) -> orders.ShipmentMoment:
        return orders.ShipmentMoment(self.clock.now() - ago if ago is not None else None)

    def say(self, news: Heard) -> None:
        """A carrier says something of a parcel, perhaps once more."""
        said = event_of(
            news.carrier,
            news.number,
            status=TrackingStatus(news.status) if news.status is not None else None,
            reason=news.reason,
            code=news.code,
            description=WORDS,
            occurred_at=news.at,
            local_time=None,
            time_basis=TimeBasis.UTC,
            reading=Reading("model", None),
            place=Place(city=PERSON),
            signer=PERSON,
            sub_code=WORDS,
        )
        command = commands.RecordScan(caller=self.caller, intent=said, at=news.at, received_at=self.clock.now())
        came_to: list[str] = []
        filed = self._both(command, lambda: came_to.append(self.shop.carriers.say(news)))
        if filed is not None:
            about = sorted((order.id, parcel.id) for order, parcel in news.of)
            comparing.same("what was filed", (came_to[0], about), (str(filed.outcome), list(filed.scan.shipments)))

    # Repeats and reading

    def replay(self, command: Command[Any], result: object) -> None:
        """A repeated command id returns the first result, without whom it was erased from, and does nothing."""
        outcome = self.vectis.engine.run_told(command)
        comparing.same("replayed", True, outcome.replayed)
        compare_replay(self.shop, result, outcome.result)

    def reuse_command_id(self, command_id: str | None, record: Record) -> None:
        """A command id that is used for something else is refused."""
        intent = Adjustment(7, "something else")
        self._refused(
            commands.AdjustStock(caller=self.caller, command_id=command_id, stock_id=record.id, intent=intent),
            IdempotencyConflict,
        )

    def miss(self) -> None:
        """An id that nothing has is not found."""
        self._refused(commands.ConfirmOrder(caller=self.caller, order_id="nothing"), NotFound)
        self._refused(commands.ShipShipment(caller=self.caller, shipment_id="nothing"), NotFound)

    def _refused(self, command: Command[Any], kind: type[VectisError]) -> None:
        try:
            self.vectis.run(command)
        except VectisError as error:
            comparing.same("the error", kind, type(error))
        else:
            raise AssertionError(f"{command} must be refused")

    def read(self, status: str | None, sku: str | None) -> None:
        """A list shows what matches, newest first, with its total."""
        expected = [
            order.id
            for order in reversed(self.shop.orders)
            if status in {None, order.status} and (sku is None or any(line.sku == sku for line in order.lines))
        ]
        listing = self._face().orders.list(status=status, sku=sku)
        page = listing.page(limit=2, offset=1)
        comparing.same("list", expected, [order.id for order in listing])
        comparing.same("page", (expected[1:3], len(expected)), ([order.id for order in page.items], page.total))

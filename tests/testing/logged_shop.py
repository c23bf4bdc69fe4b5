"""A shop in which everything is asked through a log, on a clock that counts."""

from __future__ import annotations

from typing import Any

from verify.shop import ADDRESS, EmptyShop

from vectis_core import commands
from vectis_core.catalogue import NewProduct
from vectis_core.errors import VectisError
from vectis_core.orders.model import Cancellation, Item, NewOrder, NewShipment, Order, Reason, ShipmentItem
from vectis_core.stock.model import Adjustment, StockRecord
from vectis_core.testing.calls import Call, Look
from vectis_core.testing.judge import Violation, judge


class LoggedShop(EmptyShop):
    """A shop with a few orders, each step of which stands in the log."""

    def __init__(self) -> None:
        super().__init__()
        self.log: list[Call | Look] = []
        self.seconds = 0.0
        self.ask(commands.CreateProduct(intent=NewProduct(sku="W", name="Widget")))
        self.adjust(10, "first")
        self.adjust(5, "second")
        self.trade("e1", 3)
        self.cancel(self.buy("e2", 2))
        self.buy("e3", 1)
        self.buy("e3", 1)
        self.buy("e4", 100)

    def ask(self, command: commands.Command[Any]) -> Any:
        """Run a command and log it; a refusal stands in the log."""
        call = Call("ann", command, self.later())
        self.log.append(call)
        try:
            call.result = self.engine.run(command)
        except VectisError as error:
            call.error = error
        call.answered = self.later()
        return call.result

    def later(self) -> float:
        """Return a moment after all that were returned before."""
        self.seconds += 1
        return self.seconds

    def look(self, seen: Order | StockRecord) -> Look:
        """Log that somebody sees this now."""
        look = Look("bob", self.later(), self.later(), seen)
        self.log.append(look)
        return look

    def adjust(self, pieces: int, reason: str) -> None:
        """Adjust the stock of ``W``."""
        command = commands.AdjustStock(stock_id=self.stock_id("W"), intent=Adjustment(pieces, reason))
        self.ask(command)

    def buy(self, external_id: str, quantity: int) -> str:
        """Place an order, and return its id."""
        intent = NewOrder(external_id, (Item("W", quantity, "1.005"),), (ADDRESS,))
        placed = self.ask(commands.PlaceOrder(intent=intent))
        return placed.order.id if placed is not None else ""

    def cancel(self, order_id: str) -> None:
        """Cancel an order."""
        self.ask(commands.CancelOrder(order_id=order_id, intent=Cancellation("too late"), command_id="cancelling"))

    def trade(self, external_id: str, quantity: int) -> None:
        """Take an order through what can happen to it."""
        order_id = self.buy(external_id, quantity)
        self.ask(commands.ConfirmOrder(order_id=order_id, command_id="confirming"))
        self.ask(commands.ConfirmOrder(order_id=order_id, command_id="confirming"))
        self.ask(commands.HoldOrder(order_id=order_id, intent=Reason("held")))
        self.ask(commands.ReleaseOrder(order_id=order_id, intent=Reason("freed")))
        one = (ShipmentItem(sku="W", quantity=1),)
        label = commands.RegisterShipment(order_id=order_id, intent=NewShipment("ups", "T1", one, "label_created"))
        shipment_id = self.ask(label).id
        self.ask(commands.ShipShipment(shipment_id=shipment_id))
        self.ask(commands.DeliverShipment(shipment_id=shipment_id))
        self.ask(commands.RegisterShipment(order_id=order_id, intent=NewShipment("ups", "T2", one)))
        self.ask(commands.CloseOrderShort(order_id=order_id, intent=Reason("no more")))

    def calls_of(self, kind: type[commands.Command[Any]]) -> list[Call]:
        """Return the calls of one kind of command."""
        return [each for each in self.log if isinstance(each, Call) and isinstance(each.command, kind)]

    def judged(self) -> list[Violation]:
        """Return what the judge finds."""
        return judge(self.log, self.face)

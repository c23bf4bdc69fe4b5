"""What clients do all day."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import attrs

from proof.crowd.client import Client
from vectis_core import Address, Item
from vectis_core.commands import (
    AdjustStock,
    CancelOrder,
    ConfirmOrder,
    DeliverShipment,
    PlaceOrder,
    RegisterShipment,
)
from vectis_core.errors import Conflict, NotFound
from vectis_core.orders.lifecycle import OrderStatus
from vectis_core.orders.model import Cancellation, NewOrder, NewShipment, Order
from vectis_core.stock.model import Adjustment

ADDRESS = Address(name="Jane Smith", line1="123 Main St", city="Austin", country="US")
#: So many orders a trader has in hand before it ends some.
_IN_HAND = 20


class Trader:
    """A client that places orders, moves them on, corrects stock, and looks at what it was told."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._random = client.random
        self._stock = {record.sku: record.id for record in client.oms.inventory.list()}
        self._orders: list[Order] = []
        self._placed: list[PlaceOrder] = []
        #: How often it looks, beside the usual.
        self._looks = client.options.get("looks", 1)

    def trade(self) -> None:
        """Do one thing, whatever the dice say."""
        steps: tuple[Callable[[], None], ...] = (
            self.place_and_look,
            self.repeat,
            self.move_on,
            self.cancel,
            self.adjust,
        )
        looks = (self.look_at_order, self.look_at_stock)
        weights = (2 if len(self._orders) < _IN_HAND else 0, 0.3, 4, 0.7, 0.6, 0.5 * self._looks, 0.5 * self._looks)
        [step] = self._random.choices((*steps, *looks), weights)
        try:
            step()
        except Conflict:
            return  # too little stock, or another client was faster: an answer like any other

    def place(self) -> Order:
        """Order one to three SKUs."""
        items = [
            Item(sku, self._random.randint(1, 3), "19.99")
            for sku in self._random.sample(sorted(self._stock), self._random.randint(1, min(3, len(self._stock))))
        ]
        key = self._client.key()
        # An order of somebody else would be told by where it goes.
        command = PlaceOrder(intent=NewOrder(key, items, [attrs.evolve(ADDRESS, line2=key)], customer_id=key))
        self._placed.append(command)
        return self._client.ask(command).order

    def place_and_look(self) -> None:
        """Order, and look at once at what became of it."""
        order = self.place()
        self._orders.append(order)
        try:
            self._client.look_at_order(order.id)
        except NotFound:
            self._client.complain(f"order {order.external_id} was acknowledged as {order.id} and is not there")

    def repeat(self) -> None:
        """Place an order again that was placed before, or was refused."""
        if self._placed:
            self._client.ask(self._random.choice(self._placed[-_IN_HAND:]))

    def move_on(self) -> None:
        """Confirm an order that is pending, ship one that is confirmed, deliver one that has shipped."""
        if not self._orders:
            return
        order = self._orders.pop(0)
        key = self._client.key()
        if order.status is OrderStatus.PENDING:
            self._orders.append(self._client.ask(ConfirmOrder(order_id=order.id, command_id=key)))
        elif order.status is OrderStatus.CONFIRMED:
            intent = NewShipment("ups", key)
            self._client.ask(RegisterShipment(order_id=order.id, command_id=key, intent=intent))
            self._orders.append(self._client.look_at_order(order.id))
        else:
            self._client.ask(DeliverShipment(shipment_id=order.shipments[0].id, command_id=key))
            self._client.look_at_order(order.id)

    def cancel(self) -> None:
        """Cancel an order; some have shipped by then, which is refused."""
        if self._orders:
            key = self._client.key()
            order = self._orders.pop(self._random.randrange(len(self._orders)))
            self._client.ask(CancelOrder(order_id=order.id, command_id=key, intent=Cancellation(key)))

    def adjust(self) -> None:
        """Find some pieces of a SKU, or miss some."""
        key = self._client.key()
        stock_id = self._random.choice(list(self._stock.values()))
        pieces = self._random.choice((-2, -1, 3, 6, 12))
        self._client.ask(AdjustStock(stock_id=stock_id, command_id=key, intent=Adjustment(pieces, key)))
        self._client.look_at_stock(stock_id)

    def look_at_order(self) -> None:
        """Look at one of the newest orders, whoever placed it."""
        for order in self._client.oms.orders.list().page(limit=5).items:
            self._client.look_at_order(order.id)

    def look_at_stock(self) -> None:
        """Look at a stock record."""
        self._client.look_at_stock(self._random.choice(list(self._stock.values())))


def trade(client: Client) -> Iterator[None]:
    """Trade for ever."""
    trader = Trader(client)
    while True:
        trader.trade()
        yield


def order(client: Client) -> Iterator[None]:
    """Place one small order after another for ever."""
    trader = Trader(client)
    while True:
        trader.place()
        yield

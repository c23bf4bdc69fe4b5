"""Orders of several lines, and watchers who see to it that each holds all of its lines or none."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence

from proof.crowd.client import Client
from proof.crowd.stories import ADDRESS
from vectis_core import Item
from vectis_core.commands import CancelOrder, PlaceOrder
from vectis_core.errors import InsufficientStock
from vectis_core.orders.lifecycle import OrderStatus
from vectis_core.orders.model import Cancellation, NewOrder, Order
from vectis_core.ports import OrderFilter, Slice, StockFilter
from vectis_core.stock.model import Reservation, StockRecord

#: So many orders a buyer has before it cancels one: all stock is promised to somebody most of the time.
_IN_HAND = 3
#: More than there are orders or records at any moment.
_ALL = 10_000


def buy(client: Client) -> Iterator[None]:
    """Order two to five SKUs in no order for ever, and cancel what was ordered some time ago."""
    skus = [record.sku for record in client.oms.inventory.list()]
    mine: list[Order] = []
    while True:
        picked = client.random.sample(skus, client.random.randint(2, 5))
        items = [Item(sku, client.random.randint(1, 3), "5") for sku in picked]
        try:
            mine.append(client.ask(PlaceOrder(intent=NewOrder(client.key(), items, [ADDRESS]))).order)
        except InsufficientStock:
            _cancel(client, mine)
        if len(mine) > _IN_HAND:
            _cancel(client, mine)
        yield


def _cancel(client: Client, orders: list[Order]) -> None:
    if orders:
        key = client.key()
        client.ask(CancelOrder(order_id=orders.pop(0).id, command_id=key, intent=Cancellation(key)))


def watch(client: Client) -> Iterator[None]:
    """Look at everything in one view, for ever; of each look one record is noted."""
    tenant = client.oms.caller.tenant
    while True:
        sent = time.monotonic()
        with client.oms.engine.read() as view:
            orders = view.orders(tenant, OrderFilter(status=str(OrderStatus.PENDING)), Slice(_ALL))
            held = view.scan_reservations(tenant, [order.id for order in orders])
            stock = view.stock(tenant, StockFilter(), Slice(_ALL))
        client.note_look(sent, client.random.choice(stock))
        for wrong in _partly_held(orders, held, stock):
            client.complain(wrong)
        yield


def _partly_held(orders: Sequence[Order], held: Sequence[Reservation], stock: Sequence[StockRecord]) -> Iterator[str]:
    """Yield what is not held wholly, of all pending orders, and which balance says otherwise."""
    by_line: Counter[tuple[str, int]] = Counter()
    by_record: Counter[str] = Counter()
    for each in held:
        by_line[each.order_id, each.line_no] += each.open
        by_record[each.stock_id] += each.open
    for order in orders:
        pieces = [(line.quantity, by_line[order.id, line.line_no]) for line in order.lines]
        if any(asked != got for asked, got in pieces):
            yield f"order {order.external_id} holds {[got for _, got in pieces]} of {[asked for asked, _ in pieces]}"
    for record in stock:
        if record.reserved != by_record[record.id]:
            yield f"{record.sku} promises {record.reserved}, and orders hold {by_record[record.id]} of it"

"""Rules of a shop that a reader of the code could break in one line, each told in a few calls."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from vectis_core import Address, IllegalTransition, InsufficientStock, Item, ValidationError, Vectis
from vectis_core.errors import Conflict
from vectis_core.orders.model import Order, Shipment, ShipmentItem
from vectis_core.stock import StockRecord
from vectis_core.testing import CountingIds, FrozenClock

SKU = "WIDGET-001"
ADDRESS = Address("Jane Smith", "123 Main St", "Austin", "US")
ELSEWHERE = Address("Jane Smith", "1 Side St", "Austin", "US")


class Shop:
    """A shop in memory with one product, of which ten pieces are there."""

    def __init__(self) -> None:
        self.clock = FrozenClock()
        self.oms = Vectis.open("memory://", clock=self.clock, ids=CountingIds())
        self.product = self.oms.products.create(sku=SKU, name="Widget")
        self.record = self.oms.inventory.adjust(next(iter(self.oms.inventory.list())).id, 10, "found")

    def ordered(self, external_id: str = "ORDER-1", quantity: int = 4) -> Order:
        """Return a confirmed order of one line."""
        order = self.oms.orders.create(
            external_id=external_id, items=[Item(SKU, quantity, "29.99")], shipping_addresses=[ADDRESS]
        )
        return self.oms.orders.confirm(order.order.id)

    def shipped(self, order: Order, quantity: int | None = None, status: str = "shipped") -> Shipment:
        """Ship some of an order, or all of it."""
        items = [ShipmentItem(quantity=quantity, sku=SKU)] if quantity is not None else None
        return self.oms.orders.ship(order.id, carrier="UPS", tracking_number="1Z", items=items, status=status)

    def stock(self) -> StockRecord:
        """Return the record of the product in the first warehouse."""
        return self.oms.inventory.get(self.record.id)

    def told(self) -> list[str]:
        """Return the types of all events."""
        return [str(event.type) for event in self.oms.events()]

    def total(self, status: str) -> int:
        """Return how many orders the list of a status says that there are, without looking at its rows."""
        return self.oms.orders.list(status=status).page(limit=1, offset=5).total


@pytest.fixture
def shop() -> Iterator[Shop]:
    """Return a shop."""
    shop = Shop()
    yield shop
    shop.oms.close()


def test_an_order_on_hold_leaves_no_pieces(shop: Shop) -> None:
    """A held order ships nothing and gets no label, and neither does one whose label was made before."""
    order = shop.ordered()
    label = shop.shipped(order, 1, "label_created")
    shop.oms.orders.hold(order.id, "fraud check")

    for status in ("shipped", "label_created"):
        with pytest.raises(IllegalTransition):
            shop.shipped(order, 1, status)
    with pytest.raises(IllegalTransition):
        shop.oms.shipments.ship(label.id)
    assert shop.stock().on_hand == 10


def test_what_has_left_is_not_cancelled(shop: Shop) -> None:
    """An order of which one piece has shipped cannot be cancelled."""
    order = shop.ordered()
    shop.shipped(order, 1)

    with pytest.raises(IllegalTransition):
        shop.oms.orders.cancel(order.id)


def test_an_order_is_delivered_when_all_of_it_is(shop: Shop) -> None:
    """The first of two shipments that arrives delivers no order."""
    order = shop.ordered()
    first, second = shop.shipped(order, 1), shop.shipped(order)

    shop.oms.shipments.deliver(first.id)
    assert shop.oms.orders.get(order.id).status == "shipped"
    shop.oms.shipments.deliver(second.id)
    assert shop.oms.orders.get(order.id).status == "delivered"


def test_a_piece_stands_on_one_label(shop: Shop) -> None:
    """What is on a label goes on no other; once the label is thrown away it does."""
    order = shop.ordered()
    label = shop.shipped(order, 3, "label_created")
    with pytest.raises(Conflict):
        shop.shipped(order, 2, "label_created")

    shop.oms.shipments.void(label.id)
    assert sum(line.quantity for line in shop.shipped(order).lines) == 4


def test_a_label_moves_no_stock(shop: Shop) -> None:
    """Goods leave when the shipment does, not when its label is printed."""
    order = shop.ordered()
    label = shop.shipped(order, status="label_created")
    assert (shop.stock().on_hand, shop.stock().reserved, label.status) == (10, 4, "label_created")

    shop.oms.shipments.ship(label.id)
    assert (shop.stock().on_hand, shop.stock().reserved) == (6, 0)


def test_a_cancelled_order_has_no_label_left(shop: Shop) -> None:
    """Cancelling voids the labels: none can be shipped afterwards."""
    order = shop.ordered()
    label = shop.shipped(order, status="label_created")
    shop.oms.orders.cancel(order.id)

    assert shop.oms.shipments.get(label.id).status == "voided"
    with pytest.raises(IllegalTransition):
        shop.oms.shipments.ship(label.id)


def test_what_was_closed_short_costs_what_was_shipped(shop: Shop) -> None:
    """The total and the count follow the pieces that left, and the rest is given back."""
    order = shop.ordered()
    shop.shipped(order, 1)
    closed = shop.oms.orders.close_short(order.id, "lost")

    assert (str(closed.total), closed.item_count) == ("29.99", 1)
    assert (shop.stock().on_hand, shop.stock().reserved) == (9, 0)


def test_what_has_shipped_is_not_shipped_again(shop: Shop) -> None:
    """Each piece of a promise leaves once."""
    order = shop.ordered()
    shop.shipped(order, 3)

    with pytest.raises(Conflict):
        shop.shipped(order, 2)
    assert [holder.quantity for holder in shop.oms.inventory.explain(shop.record.id).holders] == [1]


def test_low_stock_is_told_as_it_comes(shop: Shop) -> None:
    """One event as a record falls below its reorder point, none for what is sold from it then, another next time."""
    shop.oms.inventory.update(shop.record.id, reorder_point=8)
    shop.ordered("ORDER-1", 3)
    shop.ordered("ORDER-2", 1)
    assert shop.told().count("inventory.low_stock") == 1

    shop.oms.inventory.adjust(shop.record.id, 10, "found")
    shop.ordered("ORDER-3", 9)
    assert shop.told().count("inventory.low_stock") == 2


def test_an_adjustment_is_told_and_explained(shop: Shop) -> None:
    """It has its event and its row in the ledger."""
    shop.oms.inventory.adjust(shop.record.id, -3, "broken")

    assert shop.told() == ["inventory.adjusted"] * 2
    assert [row.reason for row in shop.oms.inventory.movements(shop.record.id)] == ["broken", "found"]


def test_a_warehouse_that_is_not_active_sells_nothing(shop: Shop) -> None:
    """What lies there is not there for new orders, until it is active again."""
    [warehouse] = shop.oms.warehouses.list()
    shop.oms.warehouses.update(warehouse.id, active=False)
    with pytest.raises(InsufficientStock):
        shop.ordered()

    shop.oms.warehouses.update(warehouse.id, active=True)
    assert shop.ordered().status == "confirmed"


def test_warehouses_are_tried_by_priority(shop: Shop) -> None:
    """The smallest number first, the default one among equals."""
    first = shop.oms.warehouses.create(code="first", name="First", priority=0)
    record = shop.oms.inventory.open(sku=SKU, warehouse_id=first.id)
    shop.oms.inventory.adjust(record.id, 10, "found")
    shop.ordered("ORDER-1", 1)
    assert (shop.stock().reserved, shop.oms.inventory.get(record.id).reserved) == (1, 0)

    shop.oms.warehouses.update(shop.record.warehouse_id, priority=1)
    shop.ordered("ORDER-2", 1)
    assert (shop.stock().reserved, shop.oms.inventory.get(record.id).reserved) == (1, 1)


def test_a_product_that_is_not_active_is_not_sold(shop: Shop) -> None:
    """The line is named, and nothing is reserved."""
    shop.oms.products.update(shop.product.id, active=False)

    with pytest.raises(ValidationError) as refused:
        shop.ordered()
    assert [problem.field for problem in refused.value.problems] == ["items[0].sku"]


def test_nothing_leaves_in_the_future(shop: Shop) -> None:
    """A shipment left at the latest now, and at the earliest when its order was made."""
    order = shop.ordered()
    label = shop.shipped(order, status="label_created")
    now = shop.clock.now()

    for moment in (now + timedelta(seconds=1), now - timedelta(seconds=1)):
        with pytest.raises(ValidationError):
            shop.oms.shipments.ship(label.id, at=moment)
    assert shop.oms.shipments.ship(label.id, at=now).shipped_at == now


def test_a_parcel_goes_to_one_address(shop: Shop) -> None:
    """Lines for two addresses are shipped one by one."""
    items = [Item(SKU, 1, "1"), Item(SKU, 1, "1", 1)]
    order = shop.oms.orders.create(external_id="ORDER-1", items=items, shipping_addresses=[ADDRESS, ELSEWHERE]).order
    shop.oms.orders.confirm(order.id)

    with pytest.raises(Conflict):
        shop.shipped(order)
    parts = [
        shop.oms.orders.ship(
            order.id, carrier="UPS", tracking_number="1Z", items=[ShipmentItem(quantity=1, line_id=line.id)]
        )
        for line in order.lines
    ]
    assert [part.shipping_address for part in parts] == [0, 1]


def test_an_order_is_counted_where_it_stands(shop: Shop) -> None:
    """The total of a status follows the orders that come and go."""
    order = shop.ordered()
    assert (shop.total("pending"), shop.total("confirmed")) == (0, 1)

    shop.oms.orders.cancel(order.id)
    assert (shop.total("confirmed"), shop.total("cancelled")) == (0, 1)

"""One thing in the books is broken at a time, and exactly that is named."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import attrs
import pytest
from verify.shop import Shop, tell_the_story

from vectis_core import commands
from vectis_core.events import EventType
from vectis_core.faces import TenantFace
from vectis_core.orders import OrderStatus, ShipmentStatus
from vectis_core.stock.model import MovementKind
from vectis_core.tenancy import Caller
from vectis_core.verify import Group, verify
from vectis_core.verify.report import FAULTS_KEPT

#: Breaks one thing; returns the rows that the case's first rule must name.
Break = Callable[[Shop], dict[str, str]]


@attrs.frozen
class Case:
    """One way to break the books."""

    broken: Break
    #: The rules that are then broken, and no others.
    rules: tuple[str, ...]


CASES: list[Case] = []


def breaks(*rules: str) -> Callable[[Break], Break]:
    """Add the function as a case that breaks these rules."""

    def add(broken: Break) -> Break:
        CASES.append(Case(broken, rules))
        return broken

    return add


@breaks("ledger/balance", "ledger/sum")
def on_hand_changed_without_the_ledger(shop: Shop) -> dict[str, str]:
    """A balance is edited past the ledger."""
    stock_id = shop.stock_id("C")
    record = shop.face.inventory.get(stock_id)
    shop.alter("stock", lambda row: row.id == stock_id, on_hand=record.on_hand + 1)
    return {"stock": stock_id}


@breaks("ledger/numbering", "ledger/chain", "ledger/sum", "events/adjusted")
def a_movement_is_missing(shop: Shop) -> dict[str, str]:
    """The first row of a ledger is deleted."""
    stock_id = shop.stock_id("C")
    shop.drop("movements", lambda row: (row.stock_id, row.seq) == (stock_id, 1))
    return {"stock": stock_id, "movement": "2"}


@breaks("ledger/chain", "ledger/balance")
def a_balance_after_is_wrong(shop: Shop) -> dict[str, str]:
    """The newest row claims another balance than the row before makes it."""
    stock_id = shop.stock_id("A")
    newest = shop.face.inventory.get(stock_id).ledger_seq
    shop.alter("movements", lambda row: (row.stock_id, row.seq) == (stock_id, newest), on_hand_after=11)
    return {"stock": stock_id, "movement": str(newest)}


@breaks("ledger/bounds", "ledger/chain")
def a_row_promised_more_than_there_was(shop: Shop) -> dict[str, str]:
    """A row in the middle says that more was reserved than on hand."""
    stock_id = shop.stock_id("B")
    shop.alter("movements", lambda row: (row.stock_id, row.seq) == (stock_id, 2), reserved_after=99)
    return {"stock": stock_id, "movement": "2"}


@breaks("ledger/newest")
def the_record_knows_another_newest_row(shop: Shop) -> dict[str, str]:
    """A record's ledger number is not that of its newest row."""
    stock_id = shop.stock_id("C")
    shop.alter("stock", lambda row: row.id == stock_id, ledger_seq=99)
    return {"stock": stock_id}


@breaks("ledger/oversold", "ledger/balance", "ledger/sum", "reservations/held")
def a_record_is_oversold(shop: Shop) -> dict[str, str]:
    """More is promised than is there."""
    stock_id = shop.stock_id("C")
    shop.alter("stock", lambda row: row.id == stock_id, reserved=99)
    return {"stock": stock_id}


@breaks("low_stock/flag")
def the_low_flag_is_wrong(shop: Shop) -> dict[str, str]:
    """A record below its reorder point says that it is not low."""
    stock_id = shop.stock_id("A", 1)
    shop.alter("stock", lambda row: row.id == stock_id, low=False)
    return {"stock": stock_id}


@breaks("reservations/held", "reservations/line_reserved", "causes/reserve_cause", "causes/open_cause")
def a_reservation_is_missing(shop: Shop) -> dict[str, str]:
    """A line's only reservation is deleted."""
    order = shop.order("pending")
    shop.drop("reservations", lambda row: row.order_id == order.id)
    return {"stock": shop.stock_id("A")}


@breaks("reservations/open", "causes/reserve_cause")
def more_is_open_than_was_promised(shop: Shop) -> dict[str, str]:
    """A reservation has more open than it ever had."""
    order = shop.order("pending")
    shop.alter("reservations", lambda row: row.order_id == order.id, quantity=0)
    return {"order": order.id, "line": "1", "stock": shop.stock_id("A")}


@breaks("reservations/line", "reservations/held", "causes/reserve_cause", "causes/open_cause")
def a_reservation_of_no_line(shop: Shop) -> dict[str, str]:
    """A reservation belongs to a line that its order does not have."""
    order, stock_id = shop.order("confirmed"), shop.stock_id("B")
    rows = shop.store.state.reservations
    key, row = next((key, row) for key, row in rows.items() if row.order_id == order.id)
    more = rows.put((*key[:2], 9, stock_id), attrs.evolve(row, line_no=9))
    shop.store.state = attrs.evolve(shop.store.state, reservations=more)
    return {"order": order.id, "line": "9", "stock": stock_id}


@breaks("reservations/record")
def a_reservation_in_another_warehouse(shop: Shop) -> dict[str, str]:
    """A reservation names a warehouse in which its record does not lie."""
    order = shop.order("pending")
    shop.alter("reservations", lambda row: row.order_id == order.id, warehouse_id="wh_elsewhere")
    return {"order": order.id, "line": "1", "stock": shop.stock_id("A")}


@breaks("reservations/state", "reservations/held", "reservations/line_reserved", "causes/open_cause")
def a_cancelled_order_still_holds(shop: Shop) -> dict[str, str]:
    """A cancelled order's reservation is open again."""
    order = shop.order("cancelled")
    shop.alter("reservations", lambda row: row.order_id == order.id, open=2)
    return {"order": order.id, "line": "1", "stock": shop.stock_id("B")}


@breaks("lines/pieces", "lines/line_total", "lines/item_count")
def a_line_does_not_add_up(shop: Shop) -> dict[str, str]:
    """A line has a piece more than its counters."""
    shop.alter_line("pending", quantity=2)
    return {"order": shop.order("pending").id, "line": "1"}


@breaks("lines/returned")
def more_came_back_than_left(shop: Shop) -> dict[str, str]:
    """A line has returned pieces that never left."""
    shop.alter_line("pending", returned=1)
    return {"order": shop.order("pending").id, "line": "1"}


@breaks("lines/line_total", "lines/order_total")
def a_line_has_another_price(shop: Shop) -> dict[str, str]:
    """A line's total is not its pieces times their price."""
    shop.alter_line("pending", total=Decimal("1.00"))
    return {"order": shop.order("pending").id, "line": "1"}


@breaks("lines/order_total")
def the_order_total_is_wrong(shop: Shop) -> dict[str, str]:
    """An order's total is not the sum of its lines."""
    shop.alter_order("short", total=Decimal("1.00"))
    return {"order": shop.order("short").id}


@breaks("lines/item_count")
def the_item_count_is_wrong(shop: Shop) -> dict[str, str]:
    """An order counts pieces that were cancelled when it was closed short."""
    shop.alter_order("short", item_count=2)
    return {"order": shop.order("short").id}


@breaks("lines/address")
def a_line_goes_nowhere(shop: Shop) -> dict[str, str]:
    """A line names an address that the order does not have."""
    shop.alter_line("pending", shipping_address=1)
    return {"order": shop.order("pending").id, "line": "1"}


@breaks("lines/shipped", "causes/ship_cause")
def a_shipment_carries_more_than_left(shop: Shop) -> dict[str, str]:
    """A shipment's line has a piece more than its order's line shipped."""

    def more(shipment: Any) -> Any:
        first, *rest = shipment.lines
        return attrs.evolve(shipment, lines=(attrs.evolve(first, quantity=2), *rest))

    shop.alter_shipment("shipped", more)
    return {"order": shop.order("shipped").id, "line": "1"}


@breaks("lines/labelled")
def a_label_for_more_than_is_reserved(shop: Shop) -> dict[str, str]:
    """A label was made for pieces that are not reserved."""
    order = shop.order("partial")
    label = order.shipments[1]
    part = attrs.evolve(label.lines[0], quantity=2)
    shop.alter_order("partial", shipments=(order.shipments[0], attrs.evolve(label, lines=(part, *label.lines[1:]))))
    return {"order": order.id, "line": "2"}


@breaks("lines/shipment_line", "lines/shipped")
def a_shipment_of_other_goods(shop: Shop) -> dict[str, str]:
    """A shipment's line says another SKU than its order's line."""
    shop.alter_shipment(
        "shipped", lambda it: attrs.evolve(it, lines=(attrs.evolve(it.lines[0], sku="A"), *it.lines[1:]))
    )
    order = shop.order("shipped")
    return {"order": order.id, "shipment": order.shipments[0].id, "line": "1"}


@breaks("lines/shipment_moments")
def a_shipment_that_left_at_no_moment(shop: Shop) -> dict[str, str]:
    """A shipped shipment does not say when it left."""
    shop.alter_shipment("shipped", lambda it: attrs.evolve(it, shipped_at=None))
    order = shop.order("shipped")
    return {"order": order.id, "shipment": order.shipments[0].id}


@breaks("status/status", "status/confirmed", "status/last_step", "counters/counter", "reservations/state")
def the_status_is_wrong(shop: Shop) -> dict[str, str]:
    """A pending order says that it is shipped."""
    shop.alter_order("pending", status=OrderStatus.SHIPPED)
    return {"order": shop.order("pending").id}


@breaks("status/hold", "events/hold")
def a_hold_without_a_reason(shop: Shop) -> dict[str, str]:
    """A flag says on hold, no reason and no event do."""
    shop.alter_order("confirmed", on_hold=True)
    return {"order": shop.order("confirmed").id}


@breaks("status/step")
def a_step_that_the_table_forbids(shop: Shop) -> dict[str, str]:
    """A confirmation leads from pending to shipped."""
    order = shop.order("partial")
    event = shop.face.orders.history(order.id)[1]
    shop.alter_events(lambda each: each.id == event.id, data={"status": "shipped"})
    return {"order": order.id, "event": event.id}


@breaks("status/step_status")
def a_step_to_no_status(shop: Shop) -> dict[str, str]:
    """A step of the history tells no status."""
    order = shop.order("pending")
    event = shop.face.orders.history(order.id)[1]
    shop.alter_events(lambda each: each.id == event.id, data={})
    return {"order": order.id, "event": event.id}


@breaks("status/last_step")
def a_history_that_ends_elsewhere(shop: Shop) -> dict[str, str]:
    """The last step of a delivered order's history leads to shipped."""
    order = shop.order("delivered")
    event = shop.face.orders.history(order.id)[-1]
    shop.alter_events(lambda each: each.id == event.id, data={"status": "shipped"})
    return {"order": order.id}


@breaks("causes/kind", "ledger/chain", "ledger/sum")
def an_adjustment_of_nothing(shop: Shop) -> dict[str, str]:
    """A ledger row adjusts by zero."""
    stock_id = shop.stock_id("C")
    shop.alter("movements", lambda row: (row.stock_id, row.seq) == (stock_id, 1), on_hand_delta=0)
    return {"stock": stock_id, "movement": "1"}


@breaks("causes/kind", "causes/reserve_cause", "events/adjusted")
def a_reservation_booked_as_an_adjustment(shop: Shop) -> dict[str, str]:
    """A ledger row that reserved says that it adjusted."""
    stock_id = shop.stock_id("C")
    shop.alter(
        "movements",
        lambda row: (row.stock_id, row.seq) == (stock_id, 2),
        kind=MovementKind.ADJUST,
    )
    return {"stock": stock_id, "movement": "2"}


@breaks("causes/reserve_cause", "causes/open_cause")
def a_movement_for_an_order_that_is_not(shop: Shop) -> dict[str, str]:
    """A ledger row reserved for an order that nobody knows."""
    stock_id = shop.stock_id("C")
    shop.alter("movements", lambda row: (row.stock_id, row.seq) == (stock_id, 2), order_id="nobody")
    return {"order": "nobody", "line": "2", "stock": stock_id}


@breaks("causes/ship_cause", "causes/ship_once")
def goods_left_with_no_shipment(shop: Shop) -> dict[str, str]:
    """A ledger row shipped for a shipment that nobody knows."""
    order = shop.order("shipped")
    shipment = order.shipments[0]
    shop.alter("movements", lambda row: row.shipment_id == shipment.id, shipment_id="nobody")
    return {"shipment": shipment.id, "line": "1", "stock": shipment.lines[0].stock_id}


@breaks("events/missing", "events/sequence", "status/last_step")
def an_event_is_missing(shop: Shop) -> dict[str, str]:
    """The event of a shipment that left is deleted."""
    order = shop.order("shipped")
    shop.drop_events(lambda event: event.subject_id == order.id and event.type is EventType.ORDER_SHIPPED)
    return {"order": order.id, "shipment": order.shipments[0].id}


@breaks("events/extra", "events/sequence", "status/step")
def an_event_is_told_twice(shop: Shop) -> dict[str, str]:
    """An order tells twice that it was created."""
    order = shop.order("confirmed")
    first = shop.face.orders.history(order.id)[0]
    again = attrs.evolve(first, id="again", sequence=3, position=999, data={"status": "confirmed"})
    state = shop.store.state
    shop.store.state = attrs.evolve(
        state,
        events=state.events.put((order.tenant, 999), again),
        histories=state.histories.put((order.tenant, "order", order.id, 3), again),
    )
    return {"order": order.id}


@breaks("events/sequence")
def an_event_has_a_number_twice(shop: Shop) -> dict[str, str]:
    """Two events of a stock record have one number, so that another is missing."""
    stock_id = shop.stock_id("A", 1)
    shop.alter_events(lambda event: (event.subject_id, event.sequence) == (stock_id, 2), sequence=1)
    return {"subject": "stock", "id": stock_id, "sequence": "2"}


@breaks("events/adjusted")
def an_adjustment_without_its_event(shop: Shop) -> dict[str, str]:
    """The event of an adjustment tells of something else."""
    stock_id = shop.stock_id("C")
    shop.alter_events(lambda event: event.subject_id == stock_id, type=EventType.INVENTORY_LOW_STOCK)
    return {"stock": stock_id}


@breaks("events/low_stock")
def low_without_a_word(shop: Shop) -> dict[str, str]:
    """A record is low, and the events that told so are as if they had never been."""
    stock_id = shop.stock_id("A", 1)
    shop.drop_events(lambda event: event.subject_id == stock_id and event.type is EventType.INVENTORY_LOW_STOCK)
    shop.alter_events(lambda event: event.subject_id == stock_id, sequence=1)
    shop.alter("stock", lambda row: row.id == stock_id, event_seq=1)
    return {"stock": stock_id}


@breaks("events/position")
def a_place_in_the_feed_taken_twice(shop: Shop) -> dict[str, str]:
    """Two events have one position in the feed."""
    third = next(row for _, row in shop.store.state.events.items() if row.position == 3)
    shop.alter("events", lambda event: event.position == 3, position=2)
    return {"event": third.id, "position": "2"}


@breaks("events/hold_turns")
def two_holds_in_a_row(shop: Shop) -> dict[str, str]:
    """A release says that it was another hold."""
    order = shop.order("pending")
    release = shop.face.orders.history(order.id)[2]
    shop.alter_events(lambda event: event.id == release.id, type=EventType.ORDER_HELD)
    return {"order": order.id, "event": release.id}


@breaks("events/closed_short")
def closed_short_in_silence(shop: Shop) -> dict[str, str]:
    """The event of closing short says that something else changed."""
    order = shop.order("short")
    shop.alter_events(
        lambda event: event.subject_id == order.id and event.type is EventType.ORDER_UPDATED,
        data={"status": "delivered", "change": "other"},
    )
    return {"order": order.id}


@breaks("references/external_id")
def an_external_id_twice(shop: Shop) -> dict[str, str]:
    """Two orders have one external id."""
    first, second = shop.order("pending"), shop.order("confirmed")
    shop.alter_order("confirmed", external_id="pending")
    return {"order": second.id, "other": first.id}


@breaks("counters/counter")
def a_counter_is_wrong(shop: Shop) -> dict[str, str]:
    """The counter of pending orders has one too many."""
    counters = shop.store.state.counters
    wrong = counters.put(("default", "orders:pending"), counters.get(("default", "orders:pending"), 0) + 1)
    shop.store.state = attrs.evolve(shop.store.state, counters=wrong)
    return {"tenant": "default", "counter": "orders:pending"}


@breaks("events/missing", "lines/shipment_moments")
def delivered_without_a_word(shop: Shop) -> dict[str, str]:
    """One parcel of a partly shipped order says delivered, which nobody told."""
    shop.alter_shipment("partial", lambda it: attrs.evolve(it, status=ShipmentStatus.DELIVERED))
    order = shop.order("partial")
    return {"order": order.id, "shipment": order.shipments[0].id}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.broken.__name__)
def test_exactly_what_is_broken_is_named(case: Case) -> None:
    """Each rule is told by name with the rows involved, and no rule is told that holds."""
    shop = Shop()
    rows = case.broken(shop)
    faults = list(shop.faults())
    assert {f"{fault.group}/{fault.rule}" for fault in faults} == set(case.rules)
    named = [fault.rows for fault in faults if f"{fault.group}/{fault.rule}" == case.rules[0]]
    assert rows in named


def test_a_sound_shop_is_clean() -> None:
    """A shop in which everything happened once has no fault, and all of it was looked at."""
    shop = Shop()
    report = verify(shop.store)
    assert report.faults == ()
    assert report.ok
    assert report.checked["orders"] == 9
    assert {order.status for order in shop.face.orders.list()} == set(OrderStatus) - {OrderStatus.RETURNED}


def test_strays_that_the_store_tells_of_are_faults() -> None:
    """A row that points to nothing is a fault of the references."""
    shop = Shop()
    shop.drop("products", lambda product: product.sku == "C")
    shop.drop("skus", lambda product_id: product_id not in {p.id for p in shop.face.products.list()})
    report = verify(shop.store)
    assert [fault.rule for fault in report.faults if fault.group is Group.REFERENCES]
    assert report.counts[Group.REFERENCES] > 0
    assert not report.ok


def test_every_tenant_is_looked_at_for_itself() -> None:
    """A fault in one tenant's books is found beside a sound one, and names its rows."""
    shop = Shop()
    shop.engine.run(commands.OpenTenant(caller=Caller("acme")))
    acme = TenantFace(shop.engine, Caller("acme"))
    tell_the_story(acme)
    assert list(shop.faults()) == []
    record = next(iter(acme.inventory.list(low=True)))
    shop.alter("stock", lambda row: row.id == record.id, low=False)
    assert [fault.rows for fault in shop.faults()] == [{"stock": record.id}]


def test_all_faults_are_counted_and_a_bounded_number_kept() -> None:
    """However much is broken, the report stays small, and its counts tell the whole."""
    shop = Shop()
    stock_id = shop.stock_id("C")
    for _ in range(FAULTS_KEPT + 200):
        shop.face.inventory.adjust(stock_id, 1, "counted")
    shop.alter("movements", lambda row: row.stock_id == stock_id, reserved_after=10**9)
    report = verify(shop.store)
    assert len(report.faults) == FAULTS_KEPT
    assert report.total > FAULTS_KEPT + 200
    assert report.total == sum(report.counts.values())

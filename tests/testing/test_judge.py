"""The judge finds nothing where nothing is wrong, and every law can be broken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import pytest
from testing.logged_shop import LoggedShop
from verify.shop import ADDRESS

from vectis_core import commands
from vectis_core.errors import Conflict, IllegalTransition, InsufficientStock, OutcomeUnknown, Shortage, VectisError
from vectis_core.events import EventType
from vectis_core.orders import OrderStatus, ShipmentStatus
from vectis_core.orders.model import Cancellation, Item, NewOrder, NewShipment
from vectis_core.stock.model import Adjustment, MovementKind
from vectis_core.tenancy import Caller
from vectis_core.testing.calls import Call, Look

#: Breaks one thing in the books or in the log.
Break = Callable[[LoggedShop], None]

CASES: list[tuple[str, Break]] = []


def breaks(law: str) -> Callable[[Break], Break]:
    """Add the function as a case that breaks this law."""

    def add(broken: Break) -> Break:
        CASES.append((law, broken))
        return broken

    return add


@breaks("L1")
def an_order_is_gone(shop: LoggedShop) -> None:
    """An order that was acknowledged is not there."""
    shop.drop("orders", lambda order: order.external_id == "e3")
    shop.drop("order_index", lambda key: key == shop.calls_of(commands.PlaceOrder)[2].result.order.id)


@breaks("L1")
def an_order_has_another_price(shop: LoggedShop) -> None:
    """An order is there with other content."""
    shop.alter_line("e3", quantity=2)


@breaks("L1")
def an_order_goes_elsewhere(shop: LoggedShop) -> None:
    """An order is there with the address of somebody else."""
    shop.alter_order("e3", shipping_addresses=(attrs.evolve(ADDRESS, name="Joe"),))


@breaks("L1")
def an_order_went_back(shop: LoggedShop) -> None:
    """An order is at an earlier event than was answered."""
    shop.alter_order("e2", event_seq=1)


@breaks("L1")
def an_adjustment_is_gone(shop: LoggedShop) -> None:
    """An adjustment that was acknowledged has no ledger row."""
    [*_, last] = shop.calls_of(commands.AdjustStock)
    third = attrs.evolve(last, command=_adjustment(shop, 7, "third"))
    shop.log.append(third)


@breaks("L1")
def a_refused_adjustment_is_there(shop: LoggedShop) -> None:
    """An adjustment that was answered as refused has its ledger row."""
    [first, _] = shop.calls_of(commands.AdjustStock)
    first.result, first.error = None, Conflict("no")


@breaks("L1")
def a_refused_order_is_there(shop: LoggedShop) -> None:
    """An order that was answered as refused exists."""
    call = shop.calls_of(commands.PlaceOrder)[1]
    call.result, call.error = None, InsufficientStock([Shortage("W", 2, 0)])


@breaks("L1")
def a_step_without_its_event(shop: LoggedShop) -> None:
    """A confirmation that was answered as done is in no history."""
    call = shop.calls_of(commands.ConfirmOrder)[0]
    shop.log.append(attrs.evolve(call, command=commands.ConfirmOrder(order_id=shop.order("e3").id)))


@breaks("L1")
def a_shipment_went_back(shop: LoggedShop) -> None:
    """A shipment that was answered as delivered is on its way."""
    shop.alter_shipment("e1", lambda shipment: attrs.evolve(shipment, status=ShipmentStatus.SHIPPED))


@breaks("L1")
def a_balance_is_another(shop: LoggedShop) -> None:
    """An adjustment was answered with a balance that the ledger never had."""
    call = shop.calls_of(commands.AdjustStock)[0]
    call.result = attrs.evolve(call.result, on_hand=11)


@breaks("L2")
def a_ledger_row_is_missing(shop: LoggedShop) -> None:
    """The ledger has a gap."""
    shop.drop("movements", lambda row: row.seq == 2)


@breaks("L2")
def a_balance_is_no_sum(shop: LoggedShop) -> None:
    """A row's balance is not the sum so far."""
    shop.alter("movements", lambda row: row.seq == 2, on_hand_after=16)


@breaks("L2")
def more_is_reserved_than_there_is(shop: LoggedShop) -> None:
    """A row leaves more reserved than on hand."""
    shop.alter("movements", lambda row: row.seq == 2, reserved_after=16)


@breaks("L3")
def a_record_is_not_its_ledger(shop: LoggedShop) -> None:
    """A balance was written past the ledger."""
    shop.alter("stock", lambda _: True, on_hand=99)


@breaks("L4")
def an_event_tells_of_another_order(shop: LoggedShop) -> None:
    """The feed and an order's history have what became of another."""
    order_id = shop.order("e3").id
    data = {"orderId": order_id, "externalId": "e2", "status": "pending"}
    shop.alter_events(lambda event: event.subject_id == order_id, data=data)


@breaks("L4")
def a_line_is_not_its_ledger(shop: LoggedShop) -> None:
    """A line claims more reserved than the ledger gave it."""
    shop.alter_line("e3", reserved=0, shipped=1)


@breaks("L4")
def a_status_is_not_its_lines(shop: LoggedShop) -> None:
    """An order's status is not what its lines make it."""
    shop.alter_order("e3", status=OrderStatus.CONFIRMED)


@breaks("L4")
def an_event_is_missing(shop: LoggedShop) -> None:
    """A transition has no event."""
    shop.drop("events", lambda event: event.type is EventType.ORDER_CONFIRMED)


@breaks("L4")
def a_history_is_not_the_feed(shop: LoggedShop) -> None:
    """An order's history lacks what the feed tells."""
    shop.drop("histories", lambda event: event.type is EventType.ORDER_HELD)


@breaks("L4")
def a_stock_event_is_missing(shop: LoggedShop) -> None:
    """An adjustment has no event."""
    shop.drop("events", lambda event: event.data.get("reason") == "second")


@breaks("L4")
def a_row_of_no_order(shop: LoggedShop) -> None:
    """The ledger reserves for an order that is not there."""
    shop.alter("movements", lambda row: row.kind is MovementKind.RESERVE and row.seq > 5, order_id="nobody")


@breaks("L4")
def an_order_nobody_asked_for(shop: LoggedShop) -> None:
    """An order is there that is in no log."""
    shop.log.remove(shop.calls_of(commands.PlaceOrder)[1])


@breaks("L4")
def a_shipment_without_its_rows(shop: LoggedShop) -> None:
    """A shipment left, by the ledger in other numbers."""
    shop.alter("movements", lambda row: row.kind is MovementKind.SHIP, shipment_id="another")


@breaks("L5")
def two_made_one_order(shop: LoggedShop) -> None:
    """Two answers for one external id say that they made the order."""
    call = shop.calls_of(commands.PlaceOrder)[3]
    call.result = attrs.evolve(call.result, created=True)


@breaks("L5")
def nobody_made_an_order(shop: LoggedShop) -> None:
    """All answers for an external id say that the order was there already."""
    call = shop.calls_of(commands.PlaceOrder)[2]
    call.result = attrs.evolve(call.result, created=False)


@breaks("L5")
def two_orders_of_one_key(shop: LoggedShop) -> None:
    """Two answers for one external id name two orders."""
    call = shop.calls_of(commands.PlaceOrder)[3]
    call.result = attrs.evolve(call.result, order=attrs.evolve(call.result.order, id="another"))


@breaks("L5")
def a_repeat_is_answered_otherwise(shop: LoggedShop) -> None:
    """Two answers for one command id differ."""
    call = shop.calls_of(commands.ConfirmOrder)[1]
    call.result = attrs.evolve(call.result, on_hold=True)


@breaks("L5")
def a_command_id_taken_twice(shop: LoggedShop) -> None:
    """One command id is good for two commands."""
    call = shop.calls_of(commands.ConfirmOrder)[1]
    call.command = commands.CancelOrder(
        order_id=shop.order("e2").id, intent=Cancellation("too late"), command_id="confirming"
    )


@breaks("L5")
def a_repeat_is_refused(shop: LoggedShop) -> None:
    """An order that is there is refused to who asks again."""
    call = shop.calls_of(commands.PlaceOrder)[3]
    call.result, call.error = None, InsufficientStock([Shortage("W", 1, 0)])


@breaks("L6")
def what_is_unknown_happened_twice(shop: LoggedShop) -> None:
    """An adjustment of unknown outcome has two ledger rows."""
    [first, second] = shop.calls_of(commands.AdjustStock)
    shop.log.remove(second)
    first.answered = None
    shop.alter("movements", lambda row: row.seq == 2, reason="first", on_hand_delta=10)


@breaks("L8")
def refused_though_it_was_there(shop: LoggedShop) -> None:
    """An order for one piece is refused while there are plenty."""
    _refused(shop, 1)


@breaks("L8")
def written_off_in_vain(shop: LoggedShop) -> None:
    """An adjustment by one piece is refused while there are plenty."""
    _told_no(shop, _adjustment(shop, -1, "broken"), Conflict("too few"))


@breaks("L8")
def confirmed_in_vain(shop: LoggedShop) -> None:
    """A pending order may not be confirmed."""
    _told_no(shop, commands.ConfirmOrder(order_id=shop.order("e3").id), IllegalTransition("not now"))


@breaks("L8")
def cancelled_in_vain(shop: LoggedShop) -> None:
    """A pending order may not be cancelled."""
    order_id = shop.order("e3").id
    _told_no(shop, commands.CancelOrder(order_id=order_id, intent=Cancellation("no")), IllegalTransition("not now"))


@breaks("L9")
def an_order_seen_as_it_was(shop: LoggedShop) -> None:
    """A read shows less than an answer before it."""
    shop.look(shop.calls_of(commands.PlaceOrder)[0].result.order)


@breaks("L9")
def stock_seen_as_it_was(shop: LoggedShop) -> None:
    """A read shows stock as it was before an answer."""
    shop.look(shop.calls_of(commands.AdjustStock)[0].result)


@breaks("L9")
def an_order_not_found(shop: LoggedShop) -> None:
    """A read finds nothing of an order that was acknowledged."""
    shop.log.append(Look("bob", shop.later(), shop.later(), None, asked=("default", shop.order("e3").id)))


@breaks("L9")
def something_seen_that_never_was(shop: LoggedShop) -> None:
    """A read shows a state that no history has."""
    shop.look(attrs.evolve(shop.order("e3"), event_seq=7))


@breaks("L9")
def a_balance_seen_that_never_was(shop: LoggedShop) -> None:
    """A read shows a balance that no ledger row has."""
    shop.look(attrs.evolve(shop.face.inventory.get(shop.stock_id("W")), reserved=5))


@breaks("L9")
def the_ledger_is_not_in_order(shop: LoggedShop) -> None:
    """What was asked for after another was answered stands before it in the ledger."""
    [first, _] = shop.calls_of(commands.AdjustStock)
    first.sent, first.answered = shop.later(), shop.later()


def _adjustment(shop: LoggedShop, pieces: int, reason: str) -> commands.AdjustStock:
    return commands.AdjustStock(stock_id=shop.stock_id("W"), intent=Adjustment(pieces, reason))


def _refused(shop: LoggedShop, quantity: int, sent: float | None = None) -> None:
    command = commands.PlaceOrder(intent=NewOrder("e9", (Item("W", quantity, "1"),), (ADDRESS,)))
    _told_no(shop, command, InsufficientStock([Shortage("W", quantity, 0)]), sent)


def _told_no(shop: LoggedShop, command: commands.Command[Any], error: VectisError, sent: float | None = None) -> None:
    shop.log.append(Call("cid", command, shop.later() if sent is None else sent, shop.later(), error=error))


def test_nothing_is_found_where_nothing_is_wrong() -> None:
    """A complete log of a shop that is in order breaks no law."""
    assert LoggedShop().judged() == []


@pytest.mark.parametrize(("law", "broken"), CASES, ids=[broken.__name__ for _, broken in CASES])
def test_every_law_can_be_broken(law: str, broken: Break) -> None:
    """What breaks a law is found, under that law's name."""
    shop = LoggedShop()
    broken(shop)

    assert law in {violation.law for violation in shop.judged()}


def test_an_unknown_outcome_may_be_either() -> None:
    """A call without an answer breaks no law, whether it happened or not."""
    shop = LoggedShop()
    shop.calls_of(commands.AdjustStock)[0].answered = None
    shop.calls_of(commands.PlaceOrder)[1].error = OutcomeUnknown("the commit failed")
    shop.log.append(Call("cid", _adjustment(shop, 1, "never"), shop.later()))

    assert shop.judged() == []


def test_who_is_refused_while_it_may_not_have_been_there_was_refused_rightly() -> None:
    """A refusal whose call overlaps with the first delivery may have come before it."""
    shop = LoggedShop()
    _refused(shop, 1, sent=shop.calls_of(commands.AdjustStock)[0].sent)

    assert shop.judged() == []


def test_a_step_that_may_have_been_forbidden_was_refused_rightly() -> None:
    """An order that was cancelled or has shipped, and more pieces than there are, may be refused."""
    shop = LoggedShop()
    _told_no(shop, commands.ConfirmOrder(order_id=shop.order("e2").id), IllegalTransition("cancelled"))
    _told_no(
        shop,
        commands.CancelOrder(order_id=shop.order("e1").id, intent=Cancellation("no")),
        IllegalTransition("shipped"),
    )
    _told_no(shop, _adjustment(shop, -100, "lost"), Conflict("too few"))

    assert shop.judged() == []


def test_stock_in_a_closed_warehouse_is_not_for_sale() -> None:
    """Nobody is refused falsely for want of what lies in a warehouse that is closed."""
    shop = LoggedShop()
    [warehouse] = shop.face.warehouses.list()
    shop.face.warehouses.update(warehouse.id, active=False)
    _refused(shop, 1)

    assert shop.judged() == []


def test_other_tenants_are_judged_by_their_own_logs() -> None:
    """A log of all tenants can be handed in for each."""
    shop = LoggedShop()
    command = attrs.evolve(_adjustment(shop, 1, "elsewhere"), caller=Caller("acme"))
    shop.log.append(Call("cid", command, shop.later(), shop.later()))

    assert shop.judged() == []


def test_a_label_that_a_cancellation_voided_was_not_voided_later() -> None:
    """Who asks to void it afterwards, and hears no answer, did nothing."""
    shop = LoggedShop()
    order = shop.buy("e5", 1)
    intent = NewShipment("ups", "T5", status="label_created")
    shop.ask(commands.ConfirmOrder(order_id=order))
    label = shop.ask(commands.RegisterShipment(order_id=order, intent=intent))
    shop.ask(commands.CancelOrder(order_id=order, intent=Cancellation("no more")))
    shop.log.append(Call("cid", commands.VoidShipment(shipment_id=label.id), shop.later()))

    assert shop.judged() == []

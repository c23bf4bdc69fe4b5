"""Clients: what each wants, turned into a command with what it was told so far."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import attrs

from vectis_core import commands
from vectis_core.catalogue import NewProduct, NewWarehouse
from vectis_core.clock import EPOCH
from vectis_core.errors import NotFound, OutcomeUnknown
from vectis_core.faces import TenantFace
from vectis_core.orders.model import Address, Cancellation, Item, NewOrder, NewShipment, Reason, ShipmentItem
from vectis_core.stock.model import Adjustment, NewStockRecord, StockChange
from vectis_core.tenancy import Caller
from vectis_core.testing.calls import Call, Told
from vectis_core.testing.simulate import plan
from vectis_core.testing.simulate.plan import Ask, HookVerb, Verb
from vectis_core.webhooks.model import NewSubscription, ReplayRange, SubscriptionChange

#: What all webhooks are signed with.
SECRET = "what every webhook is signed with"  # noqa: S105 - of endpoints that are simulated
_ADDRESSES = (Address("Jane Smith", "123 Main St", "Austin", "US"), Address("J. Smith", "5 Rue X", "Paris", "FR"))


class Memory:
    """What the clients of one tenant know: the answers they had, and what they found out by looking."""

    def __init__(self, tenant: str) -> None:
        self._tenant = tenant
        self._orders: dict[str, str] = {}
        self._stock: dict[tuple[str, str], str] = {}
        self._warehouses: dict[str, str] = {}
        self._shipments: dict[int, str] = {}
        self._hooks: dict[str, str] = {}
        #: The newest call of each step, to be asked again.
        self.calls: dict[int, Call] = {}

    def answered(self, number: int, call: Call) -> None:
        """Take in the answer to a step."""
        if call.told is not Told.DONE:
            return
        if isinstance(call.command, commands.PlaceOrder):
            self._orders[call.command.intent.external_id] = call.result.order.id
        elif isinstance(call.command, commands.RegisterShipment):
            self._shipments[number] = call.result.id

    def order(self, external_id: str, face: TenantFace) -> str | None:
        """Return an order's id; ``None`` where there is none, as far as anyone knows."""
        if external_id not in self._orders:
            try:
                self._orders[external_id] = face.orders.by_external_id(external_id).id
            except NotFound:
                return None
        return self._orders[external_id]

    def shipment(self, number: int, face: TenantFace) -> str | None:
        """Return the id of the shipment that a step registered."""
        call = self.calls.get(number)
        if number not in self._shipments and call is not None and isinstance(call.command, commands.RegisterShipment):
            for shipment in face.orders.shipments(call.command.order_id):
                if shipment.tracking_number == call.command.intent.tracking_number:
                    return shipment.id
        return self._shipments.get(number)

    def warehouse(self, code: str, face: TenantFace) -> str | None:
        """Return a warehouse's id by its code; that of the default one for ``main``."""
        if code not in self._warehouses:
            for warehouse in face.warehouses.list():
                self._warehouses["main" if warehouse.is_default else warehouse.code] = warehouse.id
        return self._warehouses.get(code)

    def hook(self, url: str, face: TenantFace) -> str | None:
        """Return the id of the webhook of a URL; ``None`` where there is none, as far as anyone knows."""
        if url not in self._hooks:
            self._hooks |= {hook.url: hook.id for hook in face.webhooks.list()}
        return self._hooks.get(url)

    def stock(self, sku: str, code: str, face: TenantFace) -> str | None:
        """Return the id of a SKU's record in a warehouse."""
        if (sku, code) not in self._stock:
            warehouse_id = self.warehouse(code, face)
            for record in face.inventory.list(sku=sku):
                if record.warehouse_id == warehouse_id:
                    self._stock[sku, code] = record.id
        return self._stock.get((sku, code))


def command_of(step: Ask, memory: Memory, face: TenantFace) -> commands.Command[Any] | None:
    """Return the command that a step asks for, ``None`` where what it names is not there."""
    if isinstance(step.want, plan.Again):
        return again(memory.calls.get(step.want.of))
    command = _COMMANDS[type(step.want)](step.want, memory, face, step.number)
    if command is None:
        return None
    command_id = f"k{step.number}" if step.with_id and command.keeps_result else None
    caller = Caller(step.client.tenant, step.client.name)
    made: commands.Command[Any] = attrs.evolve(command, caller=caller, command_id=command_id)
    return made


def again(call: Call | None) -> commands.Command[Any] | None:
    """Return what to ask once more, ``None`` where a repeat has no key by which it would be known as one."""
    if call is None:
        return None
    command = call.command
    if isinstance(call.error, OutcomeUnknown) and "commandId" in call.error.details:
        made: commands.Command[Any] = attrs.evolve(command, command_id=call.error.details["commandId"])
        return made
    if command.command_id is None and command.keeps_result and call.told is not Told.REFUSED:
        return None
    return command


def _place(want: plan.Place, _memory: Memory, _face: TenantFace, _number: int) -> commands.Command[Any]:
    items = tuple(
        Item(sku, quantity, price, place % want.addresses) for place, (sku, quantity, price) in enumerate(want.items)
    )
    return commands.PlaceOrder(intent=NewOrder(want.external_id, items, _ADDRESSES[: want.addresses]))


def _of_order(want: plan.OfOrder, memory: Memory, face: TenantFace, number: int) -> commands.Command[Any] | None:
    order_id = memory.order(want.external_id, face)
    if order_id is None:
        return None
    reason = f"step {number}"
    match want.verb:
        case Verb.CONFIRM:
            return commands.ConfirmOrder(order_id=order_id)
        case Verb.CANCEL:
            return commands.CancelOrder(order_id=order_id, intent=Cancellation(reason))
        case Verb.CLOSE_SHORT:
            return commands.CloseOrderShort(order_id=order_id, intent=Reason(reason))
        case Verb.HOLD:
            return commands.HoldOrder(order_id=order_id, intent=Reason(reason))
    return commands.ReleaseOrder(order_id=order_id, intent=Reason(reason))


def _register(want: plan.Register, memory: Memory, face: TenantFace, number: int) -> commands.Command[Any] | None:
    order_id = memory.order(want.external_id, face)
    if order_id is None:
        return None
    items = tuple(ShipmentItem(sku=sku, quantity=quantity) for sku, quantity in want.items) if want.items else None
    status = "shipped" if want.at_once else "label_created"
    return commands.RegisterShipment(
        order_id=order_id, intent=NewShipment("ups", f"track {number}", items, status=status)
    )


def _of_shipment(want: plan.OfShipment, memory: Memory, face: TenantFace, _number: int) -> commands.Command[Any] | None:
    shipment_id = memory.shipment(want.registered_by, face)
    if shipment_id is None:
        return None
    if want.verb is Verb.SHIP:
        return commands.ShipShipment(shipment_id=shipment_id)
    if want.verb is Verb.DELIVER:
        return commands.DeliverShipment(shipment_id=shipment_id)
    return commands.VoidShipment(shipment_id=shipment_id)


def _adjust(want: plan.Adjust, memory: Memory, face: TenantFace, number: int) -> commands.Command[Any] | None:
    stock_id = memory.stock(want.sku, want.warehouse, face)
    intent = Adjustment(want.pieces, f"step {number}")
    return commands.AdjustStock(stock_id=stock_id, intent=intent) if stock_id is not None else None


def _reorder(want: plan.Reorder, memory: Memory, face: TenantFace, _number: int) -> commands.Command[Any] | None:
    stock_id = memory.stock(want.sku, want.warehouse, face)
    return (
        commands.UpdateStockRecord(stock_id=stock_id, intent=StockChange(want.point)) if stock_id is not None else None
    )


def _product(want: plan.MakeProduct, _memory: Memory, _face: TenantFace, _number: int) -> commands.Command[Any]:
    return commands.CreateProduct(intent=NewProduct(want.sku, f"Product {want.sku}"))


def _warehouse(want: plan.MakeWarehouse, _memory: Memory, _face: TenantFace, _number: int) -> commands.Command[Any]:
    return commands.CreateWarehouse(intent=NewWarehouse(want.code, f"Warehouse {want.code}"))


def _open(want: plan.OpenRecord, memory: Memory, face: TenantFace, _number: int) -> commands.Command[Any] | None:
    warehouse_id = memory.warehouse(want.warehouse, face)
    if warehouse_id is None:
        return None
    return commands.OpenStockRecord(intent=NewStockRecord(want.sku, warehouse_id))


def _subscribe(want: plan.Subscribe, _memory: Memory, _face: TenantFace, _number: int) -> commands.Command[Any]:
    return commands.CreateSubscription(intent=NewSubscription(want.url, want.events, SECRET))


def _of_hook(want: plan.OfHook, memory: Memory, face: TenantFace, _number: int) -> commands.Command[Any] | None:
    hook_id = memory.hook(want.url, face)
    if hook_id is None:
        return None
    match want.verb:
        case HookVerb.PAUSE | HookVerb.RESUME:
            change = SubscriptionChange(active=want.verb is HookVerb.RESUME)
            return commands.UpdateSubscription(subscription_id=hook_id, intent=change)
        case HookVerb.DELETE:
            return commands.DeleteSubscription(subscription_id=hook_id)
        case HookVerb.TEST:
            return commands.SendTestEvent(subscription_id=hook_id)
        case HookVerb.REPLAY:
            since = max((event.at for event in face.events()), default=EPOCH) - timedelta(hours=1)
            return commands.StartReplay(subscription_id=hook_id, intent=ReplayRange(since))
    return _redeliver(hook_id, face)


def _redeliver(hook_id: str, face: TenantFace) -> commands.Command[Any] | None:
    try:
        newest = face.webhooks.deliveries(hook_id).page(1).items
    except NotFound:
        return None
    return commands.Redeliver(delivery_id=newest[0].id) if newest else None


def _clean_up(_want: plan.CleanUp, _memory: Memory, _face: TenantFace, _number: int) -> commands.Command[Any]:
    return commands.Housekeep()


_COMMANDS: dict[type, Callable[[Any, Memory, TenantFace, int], commands.Command[Any] | None]] = {
    plan.Place: _place,
    plan.OfOrder: _of_order,
    plan.Register: _register,
    plan.OfShipment: _of_shipment,
    plan.Adjust: _adjust,
    plan.Reorder: _reorder,
    plan.MakeProduct: _product,
    plan.MakeWarehouse: _warehouse,
    plan.OpenRecord: _open,
    plan.CleanUp: _clean_up,
    plan.Subscribe: _subscribe,
    plan.OfHook: _of_hook,
}

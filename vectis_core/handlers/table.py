"""Which handler runs which command."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from vectis_core import commands
from vectis_core.handlers import (
    access,
    carriers,
    catalogue,
    customers,
    delivering,
    orders,
    payloads,
    placing,
    shipments,
    stock,
    subscriptions,
    tenancy,
    tracking,
)
from vectis_core.identity_map import Keys
from vectis_core.unit_of_work import UnitOfWork


def _no_keys(_command: Any, _keys: Keys) -> None:
    return


def _no_stock(_command: Any, _work: UnitOfWork, _keys: Keys) -> None:
    return


@attrs.frozen
class Handler:
    """How one kind of command is run."""

    #: Decides and writes into the unit of work; returns the result or raises a refusal.
    decide: Callable[[Any, UnitOfWork], Any]
    #: Names the rows it needs, before anything is read.
    keys: Callable[[Any, Keys], None] = _no_keys
    #: Names the stock records it needs, once everything else is read.
    stock: Callable[[Any, UnitOfWork, Keys], None] = _no_stock
    #: Whether it acts for a tenant, which must then exist.
    of_tenant: bool = True


_HANDLERS: dict[type[commands.Command[Any]], Handler] = {
    commands.PlaceOrder: Handler(placing.place, placing.keys, placing.stock),
    commands.ConfirmOrder: Handler(orders.confirm, orders.keys),
    commands.CancelOrder: Handler(orders.cancel, orders.keys, orders.stock),
    commands.CloseOrderShort: Handler(orders.close_short, orders.keys, orders.stock),
    commands.HoldOrder: Handler(orders.hold, orders.keys),
    commands.ReleaseOrder: Handler(orders.release, orders.keys),
    commands.EraseOrder: Handler(customers.erase, customers.keys),
    commands.DropPayloads: Handler(payloads.drop, payloads.keys),
    commands.RegisterShipment: Handler(shipments.register, shipments.keys_of_order, orders.stock),
    commands.ShipShipment: Handler(shipments.ship, shipments.keys, shipments.stock),
    commands.DeliverShipment: Handler(shipments.deliver, shipments.keys),
    commands.VoidShipment: Handler(shipments.void, shipments.keys),
    commands.CreateProduct: Handler(
        catalogue.create_product, catalogue.keys_of_new_product, catalogue.stock_of_new_product
    ),
    commands.UpdateProduct: Handler(catalogue.update_product, catalogue.keys_of_product),
    commands.CreateWarehouse: Handler(catalogue.create_warehouse, catalogue.keys_of_warehouses),
    commands.UpdateWarehouse: Handler(catalogue.update_warehouse, catalogue.keys_of_warehouses),
    commands.OpenStockRecord: Handler(stock.open_record, stock.keys_of_new_record, stock.stock_of_sku),
    commands.UpdateStockRecord: Handler(stock.update_record, stock=stock.stock_of_record),
    commands.AdjustStock: Handler(stock.adjust, stock=stock.stock_of_record),
    commands.UpdateSettings: Handler(tenancy.update_settings),
    commands.OpenTenant: Handler(tenancy.open_tenant, tenancy.keys, of_tenant=False),
    commands.Housekeep: Handler(tenancy.housekeep, of_tenant=False),
    commands.CreateClient: Handler(access.create_client),
    commands.AddClientSecret: Handler(access.add_secret, access.keys_of_client),
    commands.RevokeClient: Handler(access.revoke, access.keys_of_client),
    commands.AddSigningKey: Handler(access.add_key, access.keys_of_ring, of_tenant=False),
    commands.LeaseAllowance: Handler(access.lease, access.keys_of_window, of_tenant=False),
    commands.CreateSubscription: Handler(subscriptions.create),
    commands.UpdateSubscription: Handler(subscriptions.update, subscriptions.keys),
    commands.DeleteSubscription: Handler(subscriptions.delete, subscriptions.keys),
    commands.RotateSecret: Handler(subscriptions.rotate, subscriptions.keys),
    commands.FinishRotation: Handler(subscriptions.finish_rotation, subscriptions.keys),
    commands.ResealSecrets: Handler(subscriptions.reseal, subscriptions.keys),
    commands.SendTestEvent: Handler(subscriptions.send_test, subscriptions.keys),
    commands.Redeliver: Handler(delivering.redeliver, delivering.keys_of_delivery),
    commands.StartReplay: Handler(delivering.start_replay, delivering.keys_of_replay),
    commands.AdvanceReplays: Handler(delivering.advance_replays, delivering.keys_of_replays, of_tenant=False),
    commands.ConfigureCarrier: Handler(carriers.configure, carriers.keys),
    commands.CloseCarrier: Handler(carriers.close, carriers.keys),
    commands.ResealCarrier: Handler(carriers.reseal, carriers.keys),
    commands.ResealPayload: Handler(carriers.reseal_payload),
    commands.NoteCarrier: Handler(carriers.note, carriers.keys),
    commands.KeepPayload: Handler(carriers.keep_payload),
    commands.RecordScan: Handler(tracking.record, tracking.keys, tracking.stock),
    commands.ClaimDeliveries: Handler(delivering.claim, delivering.keys_of_due, of_tenant=False),
    commands.SettleDeliveries: Handler(delivering.settle, delivering.keys_of_lease),
}


def handler_of(command: commands.Command[Any]) -> Handler:
    """Return the handler of *command*; raises ``TypeError`` for what is no command of ours."""
    try:
        return _HANDLERS[type(command)]
    except KeyError:
        raise TypeError(f"{type(command).__name__} is not a command of Vectis") from None

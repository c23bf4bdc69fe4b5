"""``oms.orders`` and ``oms.shipments``."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import partial

from vectis_core import commands, queries
from vectis_core.engine import Engine, Within
from vectis_core.events import Event
from vectis_core.faces.listing import Listing
from vectis_core.orders.model import (
    Address,
    Cancellation,
    Item,
    NewOrder,
    NewShipment,
    Order,
    Placed,
    Reason,
    Shipment,
    ShipmentItem,
    ShipmentMoment,
)
from vectis_core.tenancy import Caller


class OrdersFace:
    """A tenant's orders."""

    def __init__(self, engine: Engine, caller: Caller) -> None:
        self._engine = engine
        self._caller = caller

    def create(
        self,
        *,
        external_id: str,
        items: Iterable[Item],
        shipping_addresses: Iterable[Address],
        billing_address: Address | None = None,
        customer_id: str | None = None,
        customer_email: str | None = None,
        currency: str = "USD",
        within: Within[Placed] | None = None,
    ) -> Placed:
        """Create an order and reserve all its lines, or return the order that has *external_id* already.

        With *within*, the host writes its own rows in the same transaction: see ``Vectis.run``.

        Raises ``ValidationError`` (an unknown SKU among its causes), ``InsufficientStock``.
        """
        intent = NewOrder(
            external_id=external_id,
            items=tuple(items),
            shipping_addresses=tuple(shipping_addresses),
            billing_address=billing_address,
            customer_id=customer_id,
            customer_email=customer_email,
            currency=currency,
        )
        return self._engine.run(commands.PlaceOrder(caller=self._caller, intent=intent), within=within)

    def get(self, order_id: str) -> Order:
        """Return an order; raises ``NotFound``."""
        return self._engine.ask_view(partial(queries.order, tenant=self._caller.tenant, order_id=order_id), quick=True)

    def by_external_id(self, external_id: str) -> Order:
        """Return the order that has the caller's own id; raises ``NotFound``."""
        return self._engine.ask_view(
            partial(queries.order_by_external_id, tenant=self._caller.tenant, external_id=external_id), quick=True
        )

    def list(
        self,
        *,
        status: str | None = None,
        external_id: str | None = None,
        customer_id: str | None = None,
        sku: str | None = None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
    ) -> Listing[Order]:
        """Return orders, newest first; *created_after* is included, *created_before* is not.

        Raises ``ValidationError`` for what no order can have.
        """
        where = queries.order_filter(status, external_id, customer_id, sku, created_after, created_before)
        tenant = self._caller.tenant
        return Listing(
            self._engine,
            partial(queries.orders, tenant=tenant, where=where),
            lambda order: order.id,
            quick=where.external_id is not None,
        )

    def confirm(self, order_id: str, *, command_id: str | None = None) -> Order:
        """Accept a pending order for fulfilment; raises ``NotFound``, ``IllegalTransition``."""
        return self._engine.run(commands.ConfirmOrder(caller=self._caller, command_id=command_id, order_id=order_id))

    def cancel(self, order_id: str, reason: str | None = None, *, command_id: str | None = None) -> Order:
        """Cancel an order of which nothing has shipped and release its stock.

        Raises ``NotFound``, ``IllegalTransition``.
        """
        return self._engine.run(
            commands.CancelOrder(
                caller=self._caller, command_id=command_id, order_id=order_id, intent=Cancellation(reason)
            )
        )

    def close_short(self, order_id: str, reason: str, *, command_id: str | None = None) -> Order:
        """End a partially shipped order: cancel and release what was not shipped.

        Raises ``NotFound``, ``IllegalTransition``.
        """
        return self._engine.run(
            commands.CloseOrderShort(
                caller=self._caller, command_id=command_id, order_id=order_id, intent=Reason(reason)
            )
        )

    def hold(self, order_id: str, reason: str, *, command_id: str | None = None) -> Order:
        """Forbid confirming and shipping for the time being; raises ``NotFound``, ``IllegalTransition``."""
        return self._engine.run(
            commands.HoldOrder(caller=self._caller, command_id=command_id, order_id=order_id, intent=Reason(reason))
        )

    def release(self, order_id: str, reason: str, *, command_id: str | None = None) -> Order:
        """End the hold; raises ``NotFound``, ``IllegalTransition``."""
        return self._engine.run(
            commands.ReleaseOrder(caller=self._caller, command_id=command_id, order_id=order_id, intent=Reason(reason))
        )

    def ship(
        self,
        order_id: str,
        *,
        carrier: str,
        tracking_number: str,
        items: Iterable[ShipmentItem] | None = None,
        status: str = "shipped",
        warehouse_id: str | None = None,
        command_id: str | None = None,
    ) -> Shipment:
        """Register a shipment, of all that is reserved and on no label where *items* are left out.

        With *status* ``label_created`` goods leave stock only when the shipment ships.

        Raises ``NotFound``, ``IllegalTransition``, and ``Conflict`` where less can be shipped than is asked or the
        lines go to several addresses.
        """
        intent = NewShipment(
            carrier=carrier,
            tracking_number=tracking_number,
            items=tuple(items) if items is not None else None,
            status=status,
            warehouse_id=warehouse_id,
        )
        return self._engine.run(
            commands.RegisterShipment(caller=self._caller, command_id=command_id, order_id=order_id, intent=intent)
        )

    def shipments(self, order_id: str) -> tuple[Shipment, ...]:
        """Return the order's shipments, oldest first; raises ``NotFound``."""
        return self._engine.ask_view(
            partial(queries.shipments, tenant=self._caller.tenant, order_id=order_id), quick=True
        )

    def history(self, order_id: str) -> tuple[Event, ...]:
        """Return each step that changed the order, oldest first, with who took it; raises ``NotFound``."""
        return self._engine.ask_view(partial(queries.history, tenant=self._caller.tenant, order_id=order_id))


class ShipmentsFace:
    """A tenant's shipments."""

    def __init__(self, engine: Engine, caller: Caller) -> None:
        self._engine = engine
        self._caller = caller

    def get(self, shipment_id: str) -> Shipment:
        """Return a shipment; raises ``NotFound``."""
        return self._engine.ask_view(
            partial(queries.shipment, tenant=self._caller.tenant, shipment_id=shipment_id), quick=True
        )

    def ship(self, shipment_id: str, *, at: datetime | None = None, command_id: str | None = None) -> Shipment:
        """A labelled shipment has left, now or at *at*; its goods leave stock.

        Raises ``NotFound``, ``IllegalTransition``.
        """
        return self._engine.run(
            commands.ShipShipment(
                caller=self._caller,
                command_id=command_id,
                shipment_id=shipment_id,
                intent=ShipmentMoment(at),
            )
        )

    def deliver(self, shipment_id: str, *, at: datetime | None = None, command_id: str | None = None) -> Shipment:
        """A shipment has arrived, now or at *at*; raises ``NotFound``, ``IllegalTransition``."""
        return self._engine.run(
            commands.DeliverShipment(
                caller=self._caller,
                command_id=command_id,
                shipment_id=shipment_id,
                intent=ShipmentMoment(at),
            )
        )

    def void(self, shipment_id: str, *, at: datetime | None = None, command_id: str | None = None) -> Shipment:
        """A label will not be used; its pieces can go on another. Raises ``NotFound``, ``IllegalTransition``."""
        return self._engine.run(
            commands.VoidShipment(
                caller=self._caller,
                command_id=command_id,
                shipment_id=shipment_id,
                intent=ShipmentMoment(at),
            )
        )

"""``oms.orders`` and ``oms.shipments``, for asyncio.

Made from ``vectis_core/faces/orders.py`` by ``python -m tools.aio_faces``: change that, and make this anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from vectis_core.aio.engine import awaited
from vectis_core.aio.listing import AsyncListing
from vectis_core.events import Event
from vectis_core.faces import orders
from vectis_core.orders.model import (
    Address,
    Item,
    Order,
    Placed,
    Shipment,
    ShipmentItem,
)


class AsyncOrdersFace:
    """A tenant's orders."""

    def __init__(self, face: orders.OrdersFace) -> None:
        self._face = face

    async def create(
        self,
        *,
        external_id: str,
        items: Iterable[Item],
        shipping_addresses: Iterable[Address],
        billing_address: Address | None = None,
        customer_id: str | None = None,
        customer_email: str | None = None,
        currency: str = "USD",
    ) -> Placed:
        """Create an order and reserve all its lines, or return the order that has *external_id* already.

        Raises ``ValidationError`` (an unknown SKU among its causes), ``InsufficientStock``.
        """
        return await awaited(
            self._face.create(
                external_id=external_id,
                items=items,
                shipping_addresses=shipping_addresses,
                billing_address=billing_address,
                customer_id=customer_id,
                customer_email=customer_email,
                currency=currency,
            )
        )

    async def get(self, order_id: str) -> Order:
        """Return an order; raises ``NotFound``."""
        return await awaited(self._face.get(order_id))

    async def by_external_id(self, external_id: str) -> Order:
        """Return the order that has the caller's own id; raises ``NotFound``."""
        return await awaited(self._face.by_external_id(external_id))

    def list(
        self,
        *,
        status: str | None = None,
        external_id: str | None = None,
        customer_id: str | None = None,
        sku: str | None = None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
    ) -> AsyncListing[Order]:
        """Return orders, newest first; *created_after* is included, *created_before* is not.

        Raises ``ValidationError`` for what no order can have.
        """
        return AsyncListing(
            self._face.list(
                status=status,
                external_id=external_id,
                customer_id=customer_id,
                sku=sku,
                created_after=created_after,
                created_before=created_before,
            )
        )

    async def confirm(self, order_id: str, *, command_id: str | None = None) -> Order:
        """Accept a pending order for fulfilment; raises ``NotFound``, ``IllegalTransition``."""
        return await awaited(self._face.confirm(order_id, command_id=command_id))

    async def cancel(self, order_id: str, reason: str | None = None, *, command_id: str | None = None) -> Order:
        """Cancel an order of which nothing has shipped and release its stock.

        Raises ``NotFound``, ``IllegalTransition``.
        """
        return await awaited(self._face.cancel(order_id, reason, command_id=command_id))

    async def close_short(self, order_id: str, reason: str, *, command_id: str | None = None) -> Order:
        """End a partially shipped order: cancel and release what was not shipped.

        Raises ``NotFound``, ``IllegalTransition``.
        """
        return await awaited(self._face.close_short(order_id, reason, command_id=command_id))

    async def hold(self, order_id: str, reason: str, *, command_id: str | None = None) -> Order:
        """Forbid confirming and shipping for the time being; raises ``NotFound``, ``IllegalTransition``."""
        return await awaited(self._face.hold(order_id, reason, command_id=command_id))

    async def release(self, order_id: str, reason: str, *, command_id: str | None = None) -> Order:
        """End the hold; raises ``NotFound``, ``IllegalTransition``."""
        return await awaited(self._face.release(order_id, reason, command_id=command_id))

    async def ship(
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
        return await awaited(
            self._face.ship(
                order_id,
                carrier=carrier,
                tracking_number=tracking_number,
                items=items,
                status=status,
                warehouse_id=warehouse_id,
                command_id=command_id,
            )
        )

    async def shipments(self, order_id: str) -> tuple[Shipment, ...]:
        """Return the order's shipments, oldest first; raises ``NotFound``."""
        return await awaited(self._face.shipments(order_id))

    async def history(self, order_id: str) -> tuple[Event, ...]:
        """Return each step that changed the order, oldest first, with who took it; raises ``NotFound``."""
        return await awaited(self._face.history(order_id))


class AsyncShipmentsFace:
    """A tenant's shipments."""

    def __init__(self, face: orders.ShipmentsFace) -> None:
        self._face = face

    async def get(self, shipment_id: str) -> Shipment:
        """Return a shipment; raises ``NotFound``."""
        return await awaited(self._face.get(shipment_id))

    async def ship(self, shipment_id: str, *, at: datetime | None = None, command_id: str | None = None) -> Shipment:
        """A labelled shipment has left, now or at *at*; its goods leave stock.

        Raises ``NotFound``, ``IllegalTransition``.
        """
        return await awaited(self._face.ship(shipment_id, at=at, command_id=command_id))

    async def deliver(self, shipment_id: str, *, at: datetime | None = None, command_id: str | None = None) -> Shipment:
        """A shipment has arrived, now or at *at*; raises ``NotFound``, ``IllegalTransition``."""
        return await awaited(self._face.deliver(shipment_id, at=at, command_id=command_id))

    async def void(self, shipment_id: str, *, at: datetime | None = None, command_id: str | None = None) -> Shipment:
        """A label will not be used; its pieces can go on another. Raises ``NotFound``, ``IllegalTransition``."""
        return await awaited(self._face.void(shipment_id, at=at, command_id=command_id))

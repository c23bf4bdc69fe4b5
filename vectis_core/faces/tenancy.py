"""All of one tenant's faces."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from vectis_core.engine import Engine
from vectis_core.faces.access import ClientsFace, SettingsFace
from vectis_core.faces.customers import CustomersFace
from vectis_core.faces.listing import EventFeed
from vectis_core.faces.orders import OrdersFace, ShipmentsFace
from vectis_core.faces.stock import InventoryFace, ProductsFace, WarehousesFace
from vectis_core.faces.tracking import CarriersFace, TrackingFace
from vectis_core.faces.webhooks import WebhooksFace
from vectis_core.tenancy import Caller

if TYPE_CHECKING:
    from vectis_core.aio import AsyncTenantFace


class TenantFace:
    """What can be done for one tenant, by one actor.

    Beside what each method names, everything raises ``UsageError`` where Vectis is closed, and ``ServiceUnavailable``
    where the database cannot be used just now. Whatever changes something raises ``ValidationError`` for input that
    breaks a rule, ``OutcomeUnknown`` where its commit failed, and ``IdempotencyConflict`` for a *command_id* that was
    used for something else; a repeat with the same *command_id* returns the first result and changes nothing.
    """

    def __init__(self, engine: Engine, caller: Caller) -> None:
        self._engine = engine
        self.caller = caller
        self.orders = OrdersFace(engine, caller)
        self.shipments = ShipmentsFace(engine, caller)
        self.products = ProductsFace(engine, caller)
        self.inventory = InventoryFace(engine, caller)
        self.warehouses = WarehousesFace(engine, caller)
        self.clients = ClientsFace(engine, caller)
        self.settings = SettingsFace(engine, caller)
        self.webhooks = WebhooksFace(engine, caller)
        self.tracking = TrackingFace(engine, caller)
        self.carriers = CarriersFace(engine, caller)
        self.customers = CustomersFace(engine, caller)

    def events(self, after: str | None = None, types: Sequence[str] = ()) -> EventFeed:
        """Return the tenant's events after a cursor, in order; of some types where any are named.

        *types* may hold ``order.*`` and the like, and ``*``, as those of a webhook may. Reading it raises
        ``ValidationError`` for what is no cursor of the feed, or no such filter.
        """
        return EventFeed(self._engine, self.caller.tenant, after, types)

    @cached_property
    def aio(self) -> AsyncTenantFace:
        """The same for programs on asyncio: ``await oms.aio.orders.create(...)``."""
        from vectis_core.aio.engine import awaiting_face  # noqa: PLC0415 - others are spared the import of asyncio
        from vectis_core.aio.faces import AsyncTenantFace  # noqa: PLC0415 - the same

        return AsyncTenantFace(awaiting_face(self._engine, self.caller))

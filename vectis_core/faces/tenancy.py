"""All of one tenant's faces."""

from __future__ import annotations

from collections.abc import Sequence

from vectis_core.engine import Engine
from vectis_core.faces.access import ClientsFace, SettingsFace
from vectis_core.faces.listing import EventFeed
from vectis_core.faces.orders import OrdersFace, ShipmentsFace
from vectis_core.faces.stock import InventoryFace, ProductsFace, WarehousesFace
from vectis_core.tenancy import Caller


class TenantFace:
    """What can be done for one tenant, by one actor."""

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

    def events(self, after: str | None = None, types: Sequence[str] = ()) -> EventFeed:
        """Return the tenant's events after a cursor, in order; of some types where any are named."""
        return EventFeed(self._engine, self.caller.tenant, after, types)

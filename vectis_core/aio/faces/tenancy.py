"""All of one tenant's faces, for asyncio.

Made from ``vectis_core/faces/tenancy.py`` by ``python -m tools.aio_faces``: change that, and make this anew.
"""

from __future__ import annotations

from collections.abc import Sequence

from vectis_core.aio.faces.access import AsyncClientsFace, AsyncSettingsFace
from vectis_core.aio.faces.customers import AsyncCustomersFace
from vectis_core.aio.faces.orders import AsyncOrdersFace, AsyncShipmentsFace
from vectis_core.aio.faces.stock import AsyncInventoryFace, AsyncProductsFace, AsyncWarehousesFace
from vectis_core.aio.faces.tracking import AsyncCarriersFace, AsyncTrackingFace
from vectis_core.aio.faces.webhooks import AsyncWebhooksFace
from vectis_core.aio.listing import AsyncEventFeed
from vectis_core.faces import tenancy


class AsyncTenantFace:
    """What can be done for one tenant, by one actor.

    Beside what each method names, everything raises ``UsageError`` where Vectis is closed, and ``ServiceUnavailable``
    where the database cannot be used just now. Whatever changes something raises ``ValidationError`` for input that
    breaks a rule, ``OutcomeUnknown`` where its commit failed, and ``IdempotencyConflict`` for a *command_id* that was
    used for something else; a repeat with the same *command_id* returns the first result and changes nothing.
    """

    def __init__(self, face: tenancy.TenantFace) -> None:
        self._face = face
        self.caller = face.caller
        self.orders = AsyncOrdersFace(face.orders)
        self.shipments = AsyncShipmentsFace(face.shipments)
        self.products = AsyncProductsFace(face.products)
        self.inventory = AsyncInventoryFace(face.inventory)
        self.warehouses = AsyncWarehousesFace(face.warehouses)
        self.clients = AsyncClientsFace(face.clients)
        self.settings = AsyncSettingsFace(face.settings)
        self.webhooks = AsyncWebhooksFace(face.webhooks)
        self.tracking = AsyncTrackingFace(face.tracking)
        self.carriers = AsyncCarriersFace(face.carriers)
        self.customers = AsyncCustomersFace(face.customers)

    def events(self, after: str | None = None, types: Sequence[str] = ()) -> AsyncEventFeed:
        """Return the tenant's events after a cursor, in order; of some types where any are named.

        *types* may hold ``order.*`` and the like, and ``*``, as those of a webhook may. Reading it raises
        ``ValidationError`` for what is no cursor of the feed, or no such filter.
        """
        return AsyncEventFeed(self._face.events(after, types))

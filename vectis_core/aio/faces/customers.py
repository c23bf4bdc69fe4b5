"""``oms.customers``, for asyncio.

Made from ``vectis_core/faces/customers.py`` by ``python -m tools.aio_faces``: change that, and make this anew.
"""

from __future__ import annotations

from vectis_core.aio.engine import awaited
from vectis_core.aio.listing import AsyncListing
from vectis_core.faces import customers
from vectis_core.personal_data import CustomerRecord, Erasure


class AsyncCustomersFace:
    """The personal data of a tenant's customers."""

    def __init__(self, face: customers.CustomersFace) -> None:
        self._face = face

    async def erase(self, *, customer_id: str | None = None, email: str | None = None) -> Erasure:
        """Erase what is personal of a customer, by id or by e-mail address, from all orders that have ended.

        Addresses, e-mail address, an id that is one, and what carriers told of whom and where; the order itself, its
        ledger and its events stay. Orders that have not ended are named in the result and left as they are: ask again
        later. Harmless when repeated. Each order tells ``order.redacted``. At its end the store lets go of the bytes;
        where somebody reads a former state, ``purged`` is false, and housekeeping or a repeat does it.

        Raises ``ValidationError`` unless one of the two is given.
        """
        return await awaited(self._face.erase(customer_id=customer_id, email=email))

    def export(self, *, customer_id: str | None = None, email: str | None = None) -> AsyncListing[CustomerRecord]:
        """Return all that is kept of a customer, by id or by e-mail address, the newest order first.

        Raises ``ValidationError`` unless one of the two is given.
        """
        return AsyncListing(self._face.export(customer_id=customer_id, email=email))

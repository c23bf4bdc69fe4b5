"""``oms.customers``."""

from __future__ import annotations

from functools import partial

from vectis_core import personal_data
from vectis_core.engine import Engine
from vectis_core.faces.listing import Listing
from vectis_core.personal_data import CustomerKey, CustomerRecord, Erasure
from vectis_core.tenancy import Caller


class CustomersFace:
    """The personal data of a tenant's customers."""

    def __init__(self, engine: Engine, caller: Caller) -> None:
        self._engine = engine
        self._caller = caller

    def erase(self, *, customer_id: str | None = None, email: str | None = None) -> Erasure:
        """Erase what is personal of a customer, by id or by e-mail address, from all orders that have ended.

        Addresses, e-mail address, an id that is one, and what carriers told of whom and where; the order itself, its
        ledger and its events stay. Orders that have not ended are named in the result and left as they are: ask again
        later. Harmless when repeated. Each order tells ``order.redacted``. At its end the store lets go of the bytes;
        where somebody reads a former state, ``purged`` is false, and housekeeping or a repeat does it.

        Raises ``ValidationError`` unless one of the two is given.
        """
        return self._engine.run_steps(
            partial(personal_data.erase, self._caller, who=CustomerKey(customer_id=customer_id, email=email))
        )

    def export(self, *, customer_id: str | None = None, email: str | None = None) -> Listing[CustomerRecord]:
        """Return all that is kept of a customer, by id or by e-mail address, the newest order first.

        Raises ``ValidationError`` unless one of the two is given.
        """
        where = personal_data.orders_of(CustomerKey(customer_id=customer_id, email=email))
        tenant = self._caller.tenant
        return Listing(
            self._engine,
            partial(personal_data.records, tenant=tenant, where=where),
            lambda record: record.order.id,
        )

"""``oms.tracking`` and ``oms.carriers``."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import partial

from vectis_core import commands, queries
from vectis_core.checking import check
from vectis_core.constraints import TimeZoneName
from vectis_core.engine import Engine, Steps
from vectis_core.errors import NotFound, ValidationError, VectisError
from vectis_core.tenancy import Caller
from vectis_core.tracking.accounts import PAYLOAD_DAYS, CarrierAccount, CarrierSetup
from vectis_core.tracking.carrier import carrier_names, carrier_of
from vectis_core.tracking.model import Filed, TrackingEvent
from vectis_core.tracking.timeline import ShipmentTimeline


class TrackingFace:
    """What carriers have reported of a tenant's parcels."""

    def __init__(self, engine: Engine, caller: Caller) -> None:
        self._engine = engine
        self._caller = caller

    def of_order(self, order_id: str) -> tuple[ShipmentTimeline, ...]:
        """Return the timeline of each shipment of an order, oldest scan first; raises ``NotFound``."""
        return self._engine.ask_view(
            partial(queries.tracking, tenant=self._caller.tenant, order_id=order_id), quick=True
        )

    def record(self, event: TrackingEvent, *, received_at: datetime | None = None, zone: str | None = None) -> Filed:
        """File what a carrier reports, from wherever it was learnt: a poll, a file, a phone call.

        Shipment and order follow. A repeat changes nothing. A local time without a zone is taken to be in *zone*;
        where that is left out it is as with a push: in the zone that is configured for the carrier, that the event
        hints at, or that is the carrier's usual one, and in UTC for a carrier that is not installed.
        """
        check(event)
        problem = TimeZoneName().problem(zone) if zone is not None else None
        if problem is not None:
            raise ValidationError.of("zone", problem)
        received = received_at or self._engine.store.now()
        return self._engine.run_steps(partial(_filed, self._caller, event, received, zone))


def _filed(caller: Caller, event: TrackingEvent, received_at: datetime, zone: str | None) -> Steps[Filed]:
    """File an event, once the zone of its local times is known."""
    account = (yield lambda view: view.carrier(caller.tenant, event.carrier)) if zone is None else None
    at = event.moment(received_at, account.zone if account is not None else zone, _usual_zone(event.carrier))
    [outcome] = yield (commands.RecordScan(caller=caller, intent=event, at=at, received_at=received_at),)
    if isinstance(outcome, VectisError):
        raise outcome
    filed: Filed = outcome.result
    return filed


def _usual_zone(carrier: str) -> str:
    try:
        return carrier_of(carrier).default_zone
    except NotFound:
        return "UTC"


class CarriersFace:
    """How carriers prove to a tenant that what they push is theirs."""

    def __init__(self, engine: Engine, caller: Caller) -> None:
        self._engine = engine
        self._caller = caller

    @staticmethod
    def names() -> list[str]:
        """Return the names of all carriers that are installed."""
        return carrier_names()

    def configure(
        self,
        carrier: str,
        proof: str = "carrier",
        *,
        secrets: Iterable[str] | None = None,
        header: str | None = None,
        encoding: str = "base64",
        parameter: str = "token",
        username: str | None = None,
        client_id: str | None = None,
        zone: str | None = None,
        payload_days: int = PAYLOAD_DAYS,
        accept_unproven: bool = False,
    ) -> CarrierAccount:
        """Say how a carrier's pushes prove themselves; see ``vectis_core.tracking.accounts`` for the proofs.

        It replaces what was said before; secrets that are left out stay. Raises ``NotFound`` for a carrier that is
        not installed.
        """
        setup = CarrierSetup(
            proof=proof,
            secrets=None if secrets is None else tuple(secrets),
            header=header,
            encoding=encoding,
            parameter=parameter,
            username=username,
            client_id=client_id,
            zone=zone,
            payload_days=payload_days,
            accept_unproven=accept_unproven,
        )
        return self._engine.run(commands.ConfigureCarrier(caller=self._caller, carrier=carrier, intent=setup))

    def get(self, carrier: str) -> CarrierAccount:
        """Return what is configured for a carrier; raises ``NotFound`` where nothing is."""
        return self._engine.ask_view(partial(queries.carrier, tenant=self._caller.tenant, name=carrier), quick=True)

    def list(self) -> tuple[CarrierAccount, ...]:
        """Return what is configured, by carrier."""
        return self._engine.ask_view(partial(queries.carriers, tenant=self._caller.tenant), quick=True)

    def close(self, carrier: str) -> CarrierAccount:
        """Accept nothing more from a carrier, and forget its secrets. Raises ``NotFound``."""
        return self._engine.run(commands.CloseCarrier(caller=self._caller, carrier=carrier))

"""``oms.tracking`` and ``oms.carriers``, for asyncio.

Made from ``vectis_core/faces/tracking.py`` by ``python -m tools.aio_faces``: change that, and make this anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from vectis_core.aio.engine import awaited
from vectis_core.faces import tracking
from vectis_core.tracking.accounts import PAYLOAD_DAYS, CarrierAccount
from vectis_core.tracking.model import Filed, TrackingEvent
from vectis_core.tracking.timeline import ShipmentTimeline


class AsyncTrackingFace:
    """What carriers have reported of a tenant's parcels."""

    def __init__(self, face: tracking.TrackingFace) -> None:
        self._face = face

    async def of_order(self, order_id: str) -> tuple[ShipmentTimeline, ...]:
        """Return the timeline of each shipment of an order, oldest scan first; raises ``NotFound``."""
        return await awaited(self._face.of_order(order_id))

    async def record(
        self, event: TrackingEvent, *, received_at: datetime | None = None, zone: str | None = None
    ) -> Filed:
        """File what a carrier reports, from wherever it was learnt: a poll, a file, a phone call.

        Shipment and order follow. A repeat changes nothing. A local time without a zone is taken to be in *zone*;
        where that is left out it is as with a push: in the zone that is configured for the carrier, that the event
        hints at, or that is the carrier's usual one, and in UTC for a carrier that is not installed.
        """
        return await awaited(self._face.record(event, received_at=received_at, zone=zone))


class AsyncCarriersFace:
    """How carriers prove to a tenant that what they push is theirs."""

    def __init__(self, face: tracking.CarriersFace) -> None:
        self._face = face

    @staticmethod
    def names() -> list[str]:
        """Return the names of all carriers that are installed."""
        return tracking.CarriersFace.names()

    async def configure(
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
        return await awaited(
            self._face.configure(
                carrier,
                proof,
                secrets=secrets,
                header=header,
                encoding=encoding,
                parameter=parameter,
                username=username,
                client_id=client_id,
                zone=zone,
                payload_days=payload_days,
                accept_unproven=accept_unproven,
            )
        )

    async def get(self, carrier: str) -> CarrierAccount:
        """Return what is configured for a carrier; raises ``NotFound`` where nothing is."""
        return await awaited(self._face.get(carrier))

    async def list(self) -> tuple[CarrierAccount, ...]:
        """Return what is configured, by carrier."""
        return await awaited(self._face.list())

    async def close(self, carrier: str) -> CarrierAccount:
        """Accept nothing more from a carrier, and forget its secrets. Raises ``NotFound``."""
        return await awaited(self._face.close(carrier))

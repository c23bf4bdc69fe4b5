"""What answers a carrier's handshake: it holds a secret of the carrier's, which stands in the sealed payload alone."""

from __future__ import annotations

import json
from datetime import datetime

import attrs

from vectis_carriers.replaying import pages_of
from vectis_core.errors import StoreError
from vectis_core.tracking.accounts import KeptPayload, payload_owner
from vectis_core.tracking.carrier import UnreadablePayload, carrier_of
from vectis_core.vectis import Vectis


@attrs.frozen
class Handshake:
    """A handshake that somebody has to answer."""

    received_at: datetime
    #: A line for a shell.
    activation: str = attrs.field(repr=False)


def newest_handshake(oms: Vectis, tenant: str, carrier: str) -> Handshake | None:
    """Return the newest handshake of a carrier whose payload is kept; ``None`` where there is none.

    What no master key at hand opens is passed over.
    """
    newest = None
    for page in pages_of(oms, tenant):
        for kept in page:
            if kept.carrier == carrier and (activation := _activation(oms, kept)):
                newest = Handshake(kept.received_at, activation)
    return newest


def _activation(oms: Vectis, kept: KeptPayload) -> str | None:
    try:
        plain = oms.vault.open(kept.sealed, payload_owner(kept.tenant, kept.carrier))
        notices = carrier_of(kept.carrier).parse(json.loads(plain)).notices
    except (StoreError, UnreadablePayload):
        return None
    return next((notice.activation for notice in notices if notice.activation), None)

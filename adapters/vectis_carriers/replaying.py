"""Reading kept payloads again, with the parsers of today."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime

import attrs

from vectis_carriers.intake import carrier_caller, parsed_of, scans_of
from vectis_core.errors import NotFound, VectisError
from vectis_core.tracking.accounts import KeptPayload, payload_owner
from vectis_core.tracking.carrier import UnreadablePayload, carrier_of
from vectis_core.tracking.model import Filing
from vectis_core.vectis import Vectis

_PAGE = 50


@attrs.define
class Replayed:
    """What reading again came to."""

    payloads: int = 0
    #: Events that are new, or read differently than before.
    changed: int = 0
    same: int = 0
    refused: int = 0
    #: Payloads that no parser of today reads.
    unreadable: int = 0


def replay(
    oms: Vectis, tenant: str, *, carrier: str | None = None, since: datetime | None = None
) -> Iterator[Replayed]:
    """Read a tenant's kept payloads again, oldest first, and file what is read differently; yields how far it is.

    What reads the same changes nothing, so it may be cut off and begun again. Raises ``StoreError`` where the
    payloads are sealed with another master key.
    """
    total = Replayed()
    for page in pages_of(oms, tenant):
        for kept in page:
            if (carrier is None or kept.carrier == carrier) and (since is None or kept.received_at >= since):
                _read_again(oms, kept, total)
        yield attrs.evolve(total)


def pages_of(oms: Vectis, tenant: str) -> Iterator[list[KeptPayload]]:
    """Yield what carriers sent to a tenant and is kept, oldest first."""
    after = ""
    while True:
        with oms.engine.read() as view:
            page = view.payloads(tenant, after, _PAGE)
        if not page:
            return
        yield page
        after = page[-1].id


def _read_again(oms: Vectis, kept: KeptPayload, total: Replayed) -> None:
    total.payloads += 1
    plain = oms.vault.open(kept.sealed, payload_owner(kept.tenant, kept.carrier))
    with oms.engine.read() as view:
        account = view.carrier(kept.tenant, kept.carrier)
    try:
        dialect = carrier_of(kept.carrier)
        parsed = parsed_of(dialect, json.loads(plain))
    except (NotFound, UnreadablePayload):
        total.unreadable += 1
        return
    caller = carrier_caller(kept.tenant, kept.carrier)
    commands = scans_of(caller, account, dialect, parsed, kept.received_at, anew=True)
    for outcome in oms.engine.run_all(commands):
        if isinstance(outcome, VectisError):
            if outcome.http_status >= 500:
                raise outcome
            total.refused += 1
        elif outcome.result.outcome is Filing.DUPLICATE:
            total.same += 1
        else:
            total.changed += 1

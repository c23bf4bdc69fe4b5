"""Rows of tracking to entities and back; what has parts is kept as JSON."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import attrs

from vectis_core.clock import from_micros, to_micros
from vectis_core.tracking.accounts import CarrierAccount, KeptNotice, KeptPayload
from vectis_core.tracking.model import Place, Reading, Scan, TimeBasis, TrackingEvent, TrackingState
from vectis_core.tracking.statuses import TrackingStatus

Row = tuple[Any, ...]

#: What a scan says in columns of its own, and is not said again in its JSON.
_ELSEWHERE = {"status"}


def _to_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _fields(value: Any) -> dict[str, Any]:
    """Return what a value holds, without what it lacks."""
    return {name: each for name, each in attrs.asdict(value).items() if each is not None}


def _status(text: str | None) -> TrackingStatus | None:
    return None if text is None else TrackingStatus(text)


def state_text(state: TrackingState | None) -> str | None:
    """Return a shipment's tracking as it is kept."""
    return None if state is None else _to_json({**_fields(state), "at": to_micros(state.at)})


def state_of(text: str | None) -> TrackingState | None:
    """Return the tracking that is kept."""
    if text is None:
        return None
    kept = {"reason": None, "description": None, "estimated_delivery": None, **json.loads(text)}
    return TrackingState(**{**kept, "status": TrackingStatus(kept["status"]), "at": from_micros(kept["at"])})


def _event_text(event: TrackingEvent) -> str:
    kept = {name: each for name, each in _fields(event).items() if name not in _ELSEWHERE}
    kept["place"], kept["reading"] = _fields(event.place), _fields(event.reading)
    if event.occurred_at is not None:
        kept["occurred_at"] = to_micros(event.occurred_at)
    if event.local_time is not None:
        kept["local_time"] = event.local_time.isoformat()
    return _to_json(kept)


def _event_of(text: str, status: str | None) -> TrackingEvent:
    kept = dict.fromkeys(("reason", "description", "occurred_at", "local_time"), None) | json.loads(text)
    kept["status"] = _status(status)
    kept["time_basis"] = TimeBasis(kept["time_basis"])
    kept["place"] = Place(**kept["place"])
    kept["reading"] = Reading(**{"row": None, **kept["reading"]})
    if kept["occurred_at"] is not None:
        kept["occurred_at"] = from_micros(kept["occurred_at"])
    if kept["local_time"] is not None:
        kept["local_time"] = datetime.fromisoformat(kept["local_time"])
    return TrackingEvent(**kept)


def scan_row(scan: Scan) -> Row:
    """Return the row of a scan."""
    return (
        scan.tenant,
        scan.track_key,
        scan.id,
        to_micros(scan.at),
        to_micros(scan.received_at),
        scan.event.status.value if scan.event.status is not None else None,
        _to_json(scan.shipments),
        _event_text(scan.event),
    )


def scan_change(_before: Scan, scan: Scan) -> Row:
    """Return what a scan becomes."""
    row = scan_row(scan)
    return (*row[3:], *row[:3])


def scan_of(row: Row) -> Scan:
    """Return the scan of a row."""
    return Scan(
        tenant=row[0],
        track_key=row[1],
        id=row[2],
        event=_event_of(row[7], row[5]),
        at=from_micros(row[3]),
        received_at=from_micros(row[4]),
        shipments=tuple((order_id, shipment_id) for order_id, shipment_id in json.loads(row[6])),
    )


def carrier_row(account: CarrierAccount) -> Row:
    """Return the row of what is configured for a carrier."""
    notices = [{**_fields(each), "at": to_micros(each.at)} for each in account.notices]
    return (
        account.tenant,
        account.carrier,
        account.proof,
        _to_json(account.secrets),
        account.header,
        account.encoding,
        account.parameter,
        account.username,
        account.client_id,
        account.zone,
        account.payload_days,
        to_micros(account.created_at),
        to_micros(account.updated_at),
        _to_json(notices),
    )


def carrier_change(before: CarrierAccount, account: CarrierAccount) -> Row:
    """Return what is configured from now on, and the guard."""
    row = carrier_row(account)
    return (*row[2:11], *row[12:], *row[:2], to_micros(before.updated_at))


def carrier_of(row: Row) -> CarrierAccount:
    """Return what is configured, of a row."""
    notices = ({"subscription": None, **each, "at": from_micros(each["at"])} for each in json.loads(row[13]))
    return CarrierAccount(
        tenant=row[0],
        carrier=row[1],
        proof=row[2],
        secrets=tuple(json.loads(row[3])),
        header=row[4],
        encoding=row[5],
        parameter=row[6],
        username=row[7],
        client_id=row[8],
        zone=row[9],
        payload_days=row[10],
        created_at=from_micros(row[11]),
        updated_at=from_micros(row[12]),
        notices=tuple(KeptNotice(**each) for each in notices),
    )


def payload_row(payload: KeptPayload) -> Row:
    """Return the row of a payload."""
    moments = (to_micros(payload.received_at), to_micros(payload.expires_at))
    return (payload.tenant, payload.id, payload.carrier, *moments, payload.sealed)


def payload_change(before: KeptPayload, after: KeptPayload) -> Row:
    """Return the values that change a payload's seal, and nothing else of it."""
    return (after.sealed, after.tenant, after.id, before.sealed)


def payload_of(row: Row) -> KeptPayload:
    """Return the payload of a row."""
    return KeptPayload(row[0], row[1], row[2], from_micros(row[3]), from_micros(row[4]), row[5])

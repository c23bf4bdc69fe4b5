"""Tracking in memory: what a flush writes, what is read by parcel, and what is cleared."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import chain, islice, takewhile

from vectis_core.orders.model import Order
from vectis_core.ports import Changes, Key, Slice
from vectis_core.tracking.accounts import CarrierAccount, KeptPayload
from vectis_core.tracking.model import Scan
from vectis_memory import constraints
from vectis_memory.guards import guard, refuse_if
from vectis_memory.state import State
from vectis_memory.tree import Path


def write(state: State, changes: Changes) -> None:
    """Write a batch's scans, configurations and payloads; raises ``StoreConflict``."""
    for old_scan, scan in changes.scans:
        _write_scan(state, old_scan, scan)
    for old_account, account in changes.carriers:
        _write_carrier(state, old_account, account)
    for old_payload, payload in changes.payloads:
        _write_payload(state, old_payload, payload)
    for key in changes.dropped:
        _drop(state, key)


def write_parcels(state: State, before: Order | None, after: Order) -> None:
    """Write which parcels an order's new shipments travel in."""
    known = len(before.shipments) if before is not None else 0
    if len(after.shipments) == known:
        return
    for shipment in after.shipments:
        state.tracks = state.tracks.put((after.tenant, shipment.track_key, after.id), after.id)


def _waiting(scan: Scan) -> Path:
    return (scan.tenant, scan.received_at, scan.track_key, scan.id)


def _write_scan(state: State, before: Scan | None, after: Scan) -> None:
    key = (after.tenant, after.track_key, after.id)
    guard(state.scans, key, before, "id")
    refuse_if(constraints.scan_problem(state, after))
    if before is not None:
        state.scans_waiting = state.scans_waiting.without(_waiting(before))
    if not after.shipments:
        state.scans_waiting = state.scans_waiting.put(_waiting(after), after)
    state.scans = state.scans.put(key, after)


def _write_carrier(state: State, before: CarrierAccount | None, after: CarrierAccount) -> None:
    key = (after.tenant, after.carrier)
    guard(state.carriers, key, before, "updated_at")
    refuse_if(constraints.tenant_problem(state, after.tenant, f"carrier {after.carrier}"))
    state.carriers = state.carriers.put(key, after)


def _drop(state: State, key: Key) -> None:
    payload = state.payloads.get(key)
    if payload is None:
        refuse_if(f"payload {key[1]} is gone")
    else:
        _delete(state, payload)


def _delete(state: State, payload: KeptPayload) -> None:
    key = (payload.tenant, payload.id)
    state.payloads = state.payloads.without(key)
    state.payload_ages = state.payload_ages.without((payload.expires_at, *key))


def _write_payload(state: State, before: KeptPayload | None, payload: KeptPayload) -> None:
    key = (payload.tenant, payload.id)
    guard(state.payloads, key, before, "sealed")
    refuse_if(constraints.tenant_problem(state, payload.tenant, f"payload {payload.id}"))
    state.payloads = state.payloads.put(key, payload)
    state.payload_ages = state.payload_ages.put((payload.expires_at, *key), payload)


def waiting_scans(state: State, tenant: str, part: Slice) -> Iterator[Scan]:
    """Return scans of no shipment, those received last first."""
    first, end = state.scans_waiting.under((tenant,))
    end -= min(part.offset, end - first)
    return (scan for _, scan in state.scans_waiting.backwards(max(first, end - part.limit), end))


def _waiting_since(state: State, tenant: str, before: datetime) -> Iterator[Scan]:
    waiting = state.scans_waiting.values_under((tenant,))
    return takewhile(lambda scan: scan.received_at < before, waiting)


def clear(state: State, now: datetime, scans_before: datetime, limit: int) -> tuple[int, int]:
    """Delete payloads whose time is up, and scans that have waited too long."""
    expired = [payload for _, payload in islice(state.payload_ages.items(), limit) if payload.expires_at <= now]
    for payload in expired:
        _delete(state, payload)
    aged = chain.from_iterable(_waiting_since(state, tenant, scans_before) for (tenant,), _ in state.tenants.items())
    waited = list(islice(aged, limit))
    for scan in waited:
        state.scans_waiting = state.scans_waiting.without(_waiting(scan))
        state.scans = state.scans.without((scan.tenant, scan.track_key, scan.id))
    return len(expired), len(waited)

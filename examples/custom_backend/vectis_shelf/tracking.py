"""Tracking: which orders a parcel carries, and what is cleared."""

from __future__ import annotations

from datetime import datetime

from vectis_core.ports import Key
from vectis_shelf.tables import Draft


def orders_of(draft: Draft, track_keys: set[Key]) -> dict[Key, list[str]]:
    """Return the ids of the orders with shipments of these parcels."""
    found: dict[Key, set[str]] = {}
    for order in draft.rows("orders"):
        for shipment in order.shipments:
            key = (order.tenant, shipment.track_key)
            if key in track_keys:
                found.setdefault(key, set()).add(order.id)
    return {key: sorted(order_ids) for key, order_ids in found.items()}


def clear_payloads(draft: Draft, now: datetime, limit: int) -> int:
    """Delete payloads whose time is up."""
    expired = [row for row in draft.rows("payloads") if row.expires_at <= now][:limit]
    for row in expired:
        draft.put("payloads", (row.tenant, row.id), None)
    return len(expired)


def clear_scans(draft: Draft, before: datetime, limit: int) -> int:
    """Delete scans that have waited for a shipment for too long."""
    waited = [row for row in draft.rows("scans") if not row.shipments and row.received_at < before][:limit]
    for row in waited:
        draft.put("scans", (row.tenant, row.track_key, row.id), None)
    return len(waited)

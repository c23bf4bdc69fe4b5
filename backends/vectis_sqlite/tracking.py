"""Tracking in SQLite: its statements, what is loaded by parcel, and what is cleared."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from vectis_core.clock import to_micros
from vectis_core.ports import Key, Slice
from vectis_core.tracking.accounts import CarrierAccount, KeptPayload
from vectis_core.tracking.model import Scan
from vectis_sqlite import loading
from vectis_sqlite.statements import insert, select
from vectis_sqlite.tracking_rows import carrier_of, payload_of, scan_of

_SCAN = "tenant, track_key, id, at, received_at, status, shipments, event"
_CARRIER = (
    "tenant, carrier, proof, secrets, header, encoding, parameter, username, client_id, zone, payload_days, "
    "created_at, updated_at, notices"
)
_PAYLOAD = "tenant, id, carrier, received_at, expires_at, sealed"

TRACKS = (
    "SELECT DISTINCT track_key, order_id FROM shipments INDEXED BY shipments_of_track "
    "WHERE tenant = ? AND track_key IN ({keys}) ORDER BY track_key, order_id"
)

INSERT_SCAN = insert("scans", _SCAN)
UPDATE_SCAN = (
    "UPDATE scans SET at = ?, received_at = ?, status = ?, shipments = ?, event = ? "
    "WHERE tenant = ? AND track_key = ? AND id = ?"
)
SCANS = select("scans", _SCAN, "tenant = ? AND track_key IN ({keys}) ORDER BY track_key, id")
SCANS_AFTER = select("scans", _SCAN, "tenant = ? AND (track_key, id) > (?, ?) ORDER BY track_key, id LIMIT ?")
WAITING_SCANS = select(
    "scans",
    _SCAN,
    "tenant = ? AND shipments = '[]' ORDER BY received_at DESC, track_key DESC, id DESC LIMIT ? OFFSET ?",
)

INSERT_CARRIER = insert("carriers", _CARRIER)
UPDATE_CARRIER = (
    "UPDATE carriers SET proof = ?, secrets = ?, header = ?, encoding = ?, parameter = ?, username = ?, client_id = ?, "
    "zone = ?, payload_days = ?, updated_at = ?, notices = ? WHERE tenant = ? AND carrier = ? AND updated_at = ?"
)
CARRIERS = select("carriers", _CARRIER, "tenant = ? AND carrier IN ({keys})")
CARRIERS_OF = select("carriers", _CARRIER, "tenant = ? ORDER BY carrier")

INSERT_PAYLOAD = insert("payloads", _PAYLOAD)
DROP_PAYLOAD = "DELETE FROM payloads WHERE tenant = ? AND id = ?"
UPDATE_PAYLOAD = "UPDATE payloads SET sealed = ? WHERE tenant = ? AND id = ? AND sealed = ?"
PAYLOADS_AFTER = select("payloads", _PAYLOAD, "tenant = ? AND id > ? ORDER BY id LIMIT ?")

CLEAR_PAYLOADS = (
    "DELETE FROM payloads WHERE rowid IN (SELECT rowid FROM payloads WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)"
)
#: Tenant by tenant, which lets one index serve this and the list of a tenant.
CLEAR_SCANS = (
    "DELETE FROM scans WHERE (tenant, track_key, id) IN (SELECT s.tenant, s.track_key, s.id "
    "FROM tenants CROSS JOIN scans AS s INDEXED BY scans_waiting ON s.tenant = tenants.id "
    "WHERE s.shipments = '[]' AND s.received_at < ? LIMIT ?)"
)

#: What a scan points to is a list, which no foreign key can watch.
STRAY_SCANS = (
    "SELECT s.track_key, s.id, json_extract(each.value, '$[1]') FROM scans AS s, json_each(s.shipments) AS each "
    "WHERE NOT EXISTS (SELECT 1 FROM shipments AS p WHERE p.tenant = s.tenant "
    "AND p.id = json_extract(each.value, '$[1]') AND p.order_id = json_extract(each.value, '$[0]'))"
)


def load_tracks(connection: sqlite3.Connection, track_keys: Sequence[Key]) -> dict[Key, list[str]]:
    """Return the ids of the orders with shipments of these parcels."""
    found: dict[Key, list[str]] = {}
    for tenant, keys in loading.by_tenant(track_keys):
        for track_key, order_id in loading.select(connection, TRACKS, (tenant,), keys):
            found.setdefault((tenant, track_key), []).append(order_id)
    return found


def load_scans(connection: sqlite3.Connection, track_keys: Sequence[Key]) -> list[Scan]:
    """Return all scans of these parcels."""
    return loading.entities(connection, SCANS, track_keys, scan_of)


def load_carriers(connection: sqlite3.Connection, keys: Sequence[Key]) -> list[CarrierAccount]:
    """Return what is configured for carriers."""
    return loading.entities(connection, CARRIERS, keys, carrier_of)


def scans_after(connection: sqlite3.Connection, tenant: str, after: tuple[str, str], limit: int) -> list[Scan]:
    """Return scans by parcel and id, after one."""
    found = connection.execute(SCANS_AFTER, (tenant, *after, limit)).fetchall()
    return [scan_of(row) for row in found]


def waiting_scans(connection: sqlite3.Connection, tenant: str, part: Slice) -> list[Scan]:
    """Return scans of no shipment, those received last first."""
    found = connection.execute(WAITING_SCANS, (tenant, part.limit, part.offset)).fetchall()
    return [scan_of(row) for row in found]


def carriers(connection: sqlite3.Connection, tenant: str) -> list[CarrierAccount]:
    """Return what a tenant has configured, by carrier."""
    return [carrier_of(row) for row in connection.execute(CARRIERS_OF, (tenant,)).fetchall()]


def payloads(connection: sqlite3.Connection, tenant: str, after: str, limit: int) -> list[KeptPayload]:
    """Return what carriers sent, by id, after an id."""
    return [payload_of(row) for row in connection.execute(PAYLOADS_AFTER, (tenant, after, limit)).fetchall()]


def clear(connection: sqlite3.Connection, now: datetime, scans_before: datetime, limit: int) -> tuple[int, int]:
    """Delete payloads whose time is up, and scans that have waited too long."""
    expired = connection.execute(CLEAR_PAYLOADS, (to_micros(now), limit)).rowcount
    waited = connection.execute(CLEAR_SCANS, (to_micros(scans_before), limit)).rowcount
    return expired, waited


def stray_scans(connection: sqlite3.Connection) -> list[str]:
    """Return, in words, scans that are of shipments that are not there, or of another tenant or order."""
    found = connection.execute(STRAY_SCANS).fetchall()
    return [
        f"scan {scan_id} of {track_key} is of no shipment {shipment_id}" for track_key, scan_id, shipment_id in found
    ]

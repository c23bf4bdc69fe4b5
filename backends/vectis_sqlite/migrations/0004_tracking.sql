-- Carrier tracking: what a parcel is known by, what carriers have told of it, how they prove it, and what they sent.
--
-- Beside what 0001 names, this may be personal: scans.event says who took a parcel (signer), where (place) and what the
-- carrier's people wrote (description), which shipments.tracking repeats of the newest scan; payloads.sealed, which is
-- encrypted, holds whatever else a carrier sent. No event, ledger row or kept result repeats any of it.

-- Network and normalised number; see vectis_core.tracking.numbers. track_key() is defined where migrations are applied.
ALTER TABLE shipments ADD COLUMN track_key TEXT NOT NULL DEFAULT '';
ALTER TABLE shipments ADD COLUMN tracking TEXT CHECK (tracking IS NULL OR json_valid(tracking));
UPDATE shipments SET track_key = track_key(carrier, tracking_number);

CREATE INDEX shipments_of_track ON shipments (tenant, track_key, order_id);

-- A parcel's timeline. shipments is a list of [order, shipment], empty while a scan waits for one to be registered.
CREATE TABLE scans (
  tenant TEXT NOT NULL REFERENCES tenants (id),
  track_key TEXT NOT NULL,
  id TEXT NOT NULL,
  at INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  status TEXT,
  shipments TEXT NOT NULL CHECK (json_valid(shipments)),
  event TEXT NOT NULL CHECK (json_valid(event)),
  PRIMARY KEY (tenant, track_key, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX scans_waiting ON scans (tenant, received_at, track_key, id) WHERE shipments = '[]';

CREATE TABLE carriers (
  tenant TEXT NOT NULL REFERENCES tenants (id),
  carrier TEXT NOT NULL,
  proof TEXT NOT NULL,
  secrets TEXT NOT NULL CHECK (json_valid(secrets)),
  header TEXT,
  encoding TEXT NOT NULL,
  parameter TEXT NOT NULL,
  username TEXT,
  client_id TEXT,
  zone TEXT,
  payload_days INTEGER NOT NULL CHECK (payload_days >= 0),
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  notices TEXT NOT NULL CHECK (json_valid(notices)),
  PRIMARY KEY (tenant, carrier)
) STRICT, WITHOUT ROWID;

-- With a rowid, because a payload may be larger than a page of the database many times over.
CREATE TABLE payloads (
  tenant TEXT NOT NULL REFERENCES tenants (id),
  id TEXT NOT NULL,
  carrier TEXT NOT NULL,
  received_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  sealed TEXT NOT NULL,
  PRIMARY KEY (tenant, id)
) STRICT;

CREATE INDEX payloads_expired ON payloads (expires_at);

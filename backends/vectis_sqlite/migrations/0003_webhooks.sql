-- Webhooks: who is told of what, what is on its way to them, every attempt, and replays.

CREATE TABLE webhooks (
  tenant TEXT NOT NULL REFERENCES tenants (id),
  id TEXT NOT NULL,
  url TEXT NOT NULL,
  events TEXT NOT NULL CHECK (json_valid(events)),
  status TEXT NOT NULL,
  reason TEXT,
  status_since INTEGER NOT NULL,
  secrets TEXT NOT NULL CHECK (json_valid(secrets)),
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  event_seq INTEGER NOT NULL,
  failing_since INTEGER,
  failures INTEGER NOT NULL CHECK (failures >= 0),
  failed_deliveries INTEGER NOT NULL CHECK (failed_deliveries BETWEEN 0 AND failures),
  rests_until INTEGER,
  lease_token INTEGER NOT NULL,
  leased_until INTEGER,
  claimed_at INTEGER,
  PRIMARY KEY (tenant, id),
  CHECK ((failures > 0) = (failing_since IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE deliveries (
  tenant TEXT NOT NULL,
  webhook_id TEXT NOT NULL,
  id TEXT NOT NULL,
  event_id TEXT NOT NULL,
  event_type TEXT NOT NULL,
  subject TEXT NOT NULL,
  subject_id TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  position INTEGER NOT NULL CHECK (position >= 1),
  cause TEXT NOT NULL,
  status TEXT NOT NULL,
  attempts INTEGER NOT NULL CHECK (attempts >= 0),
  due_at INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  last_code INTEGER,
  last_error TEXT,
  PRIMARY KEY (tenant, webhook_id, id),
  UNIQUE (tenant, id),
  FOREIGN KEY (tenant, webhook_id) REFERENCES webhooks (tenant, id),
  FOREIGN KEY (tenant, subject_id, sequence) REFERENCES events (tenant, subject_id, sequence),
  CHECK ((status = 'pending') = (due_at IS NOT NULL))
) STRICT, WITHOUT ROWID;

-- In the order of first attempts: those of replays after all others.
CREATE INDEX deliveries_first ON deliveries (tenant, webhook_id, cause = 'replay', position, id)
  WHERE status = 'pending' AND attempts = 0;
CREATE INDEX deliveries_again ON deliveries (tenant, webhook_id, due_at, id) WHERE status = 'pending' AND attempts > 0;
CREATE INDEX deliveries_of_status ON deliveries (tenant, webhook_id, status, id);

CREATE TABLE attempts (
  tenant TEXT NOT NULL,
  delivery_id TEXT NOT NULL,
  number INTEGER NOT NULL CHECK (number >= 1),
  at INTEGER NOT NULL,
  url TEXT NOT NULL,
  code INTEGER,
  error TEXT,
  duration INTEGER NOT NULL,
  excerpt TEXT,
  PRIMARY KEY (tenant, delivery_id, number),
  FOREIGN KEY (tenant, delivery_id) REFERENCES deliveries (tenant, id) ON DELETE CASCADE,
  CHECK ((code IS NULL) <> (error IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE replays (
  tenant TEXT NOT NULL,
  webhook_id TEXT NOT NULL,
  id TEXT NOT NULL,
  since INTEGER NOT NULL,
  until INTEGER NOT NULL,
  types TEXT NOT NULL CHECK (json_valid(types)),
  position INTEGER NOT NULL CHECK (position >= 0),
  made INTEGER NOT NULL CHECK (made >= 0),
  done INTEGER NOT NULL CHECK (done IN (0, 1)),
  created_at INTEGER NOT NULL,
  PRIMARY KEY (tenant, webhook_id, id),
  UNIQUE (tenant, id),
  FOREIGN KEY (tenant, webhook_id) REFERENCES webhooks (tenant, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX replays_running ON replays (id) WHERE done = 0;

-- The feed by type: without it a reader of rare events would walk all that happened since its cursor.
CREATE INDEX events_of_type ON events (tenant, type, position);

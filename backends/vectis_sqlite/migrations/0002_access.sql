-- Who may call: API clients, the keys that sign their tokens, rate windows, and results kept for repeats.

CREATE TABLE clients (
  tenant TEXT NOT NULL REFERENCES tenants (id),
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  scopes TEXT NOT NULL CHECK (json_valid(scopes)),
  secrets TEXT NOT NULL CHECK (json_valid(secrets)),
  created_at INTEGER NOT NULL,
  revoked_at INTEGER,
  PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE signing_keys (
  id TEXT PRIMARY KEY,
  public TEXT NOT NULL CHECK (json_valid(public)),
  sealed TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  signs_from INTEGER NOT NULL,
  retires_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE rate_windows (
  key TEXT PRIMARY KEY,
  started_at INTEGER NOT NULL,
  ends_at INTEGER NOT NULL,
  granted INTEGER NOT NULL CHECK (granted >= 0)
) STRICT, WITHOUT ROWID;

CREATE INDEX rate_windows_ended ON rate_windows (ends_at);

CREATE TABLE results (
  tenant TEXT NOT NULL REFERENCES tenants (id),
  scope TEXT NOT NULL,
  command_id TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  result TEXT NOT NULL CHECK (json_valid(result)),
  created_at INTEGER NOT NULL,
  PRIMARY KEY (tenant, scope, command_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX results_aged ON results (created_at);

-- Tenants, catalogue, stock with its ledger, orders with their shipments, and events.
--
-- Every row belongs to a tenant and every key starts with it, so that a foreign key cannot leave its tenant.
-- Moments are microseconds since 1970 UTC; money is decimal text. What is personal of a customer stands in
-- orders.customer_email, orders.shipping_addresses and orders.billing_address, and nowhere else.

CREATE TABLE meta (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE tenants (
  id TEXT PRIMARY KEY,
  settings TEXT NOT NULL CHECK (json_valid(settings)),
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Row counts that lists show as their totals: orders, orders:<status>, products, stock.
CREATE TABLE counters (
  tenant TEXT NOT NULL REFERENCES tenants (id),
  name TEXT NOT NULL,
  value INTEGER NOT NULL CHECK (value >= 0),
  PRIMARY KEY (tenant, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE warehouses (
  tenant TEXT NOT NULL REFERENCES tenants (id),
  id TEXT NOT NULL,
  code TEXT NOT NULL,
  name TEXT NOT NULL,
  address TEXT CHECK (address IS NULL OR json_valid(address)),
  priority INTEGER NOT NULL,
  is_default INTEGER NOT NULL CHECK (is_default IN (0, 1)),
  active INTEGER NOT NULL CHECK (active IN (0, 1)),
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (tenant, id),
  UNIQUE (tenant, code)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX warehouses_default ON warehouses (tenant) WHERE is_default = 1;

CREATE TABLE products (
  tenant TEXT NOT NULL REFERENCES tenants (id),
  id TEXT NOT NULL,
  sku TEXT NOT NULL,
  name TEXT NOT NULL,
  weight TEXT CHECK (weight IS NULL OR json_valid(weight)),
  dimensions TEXT CHECK (dimensions IS NULL OR json_valid(dimensions)),
  active INTEGER NOT NULL CHECK (active IN (0, 1)),
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (tenant, id),
  UNIQUE (tenant, sku)
) STRICT;

CREATE INDEX products_active ON products (tenant, active, id);

-- Clustered by SKU, because that is how a reservation finds its records.
CREATE TABLE stock (
  tenant TEXT NOT NULL,
  sku TEXT NOT NULL,
  warehouse_id TEXT NOT NULL,
  id TEXT NOT NULL,
  on_hand INTEGER NOT NULL,
  reserved INTEGER NOT NULL,
  reorder_point INTEGER,
  low INTEGER NOT NULL CHECK (low IN (0, 1)),
  ledger_seq INTEGER NOT NULL,
  event_seq INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (tenant, sku, warehouse_id),
  UNIQUE (tenant, id),
  FOREIGN KEY (tenant, sku) REFERENCES products (tenant, sku),
  FOREIGN KEY (tenant, warehouse_id) REFERENCES warehouses (tenant, id),
  CHECK (0 <= reserved AND reserved <= on_hand)
) STRICT, WITHOUT ROWID;

CREATE INDEX stock_of_warehouse ON stock (tenant, warehouse_id, id);
CREATE INDEX stock_low ON stock (tenant, low, id) WHERE low = 1;

CREATE TABLE orders (
  tenant TEXT NOT NULL REFERENCES tenants (id),
  id TEXT NOT NULL,
  external_id TEXT NOT NULL,
  status TEXT NOT NULL,
  currency TEXT NOT NULL,
  total TEXT NOT NULL,
  item_count INTEGER NOT NULL CHECK (item_count >= 0),
  customer_id TEXT,
  customer_email TEXT,
  shipping_addresses TEXT NOT NULL,
  billing_address TEXT,
  on_hold INTEGER NOT NULL CHECK (on_hold IN (0, 1)),
  hold_reason TEXT,
  cancel_reason TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  confirmed_at INTEGER,
  cancelled_at INTEGER,
  event_seq INTEGER NOT NULL CHECK (event_seq >= 1),
  fingerprint TEXT NOT NULL,
  PRIMARY KEY (tenant, id),
  UNIQUE (tenant, external_id),
  CHECK ((status = 'cancelled') = (cancelled_at IS NOT NULL))
) STRICT;

CREATE INDEX orders_of_status ON orders (tenant, status, id);
CREATE INDEX orders_of_customer ON orders (tenant, customer_id, id) WHERE customer_id IS NOT NULL;

CREATE TABLE order_lines (
  tenant TEXT NOT NULL,
  order_id TEXT NOT NULL,
  line_no INTEGER NOT NULL,
  sku TEXT NOT NULL,
  quantity INTEGER NOT NULL CHECK (quantity >= 1),
  unit_price TEXT NOT NULL,
  total TEXT NOT NULL,
  shipping_address INTEGER NOT NULL,
  waiting INTEGER NOT NULL CHECK (waiting >= 0),
  reserved INTEGER NOT NULL CHECK (reserved >= 0),
  shipped INTEGER NOT NULL CHECK (shipped >= 0),
  cancelled INTEGER NOT NULL CHECK (cancelled >= 0),
  returned INTEGER NOT NULL CHECK (returned BETWEEN 0 AND shipped),
  PRIMARY KEY (tenant, order_id, line_no),
  FOREIGN KEY (tenant, order_id) REFERENCES orders (tenant, id),
  FOREIGN KEY (tenant, sku) REFERENCES products (tenant, sku),
  CHECK (quantity = waiting + reserved + shipped + cancelled)
) STRICT, WITHOUT ROWID;

CREATE INDEX order_lines_of_sku ON order_lines (tenant, sku, order_id);

CREATE TABLE reservations (
  tenant TEXT NOT NULL,
  order_id TEXT NOT NULL,
  line_no INTEGER NOT NULL,
  stock_id TEXT NOT NULL,
  warehouse_id TEXT NOT NULL,
  quantity INTEGER NOT NULL CHECK (quantity >= 1),
  open INTEGER NOT NULL CHECK (open BETWEEN 0 AND quantity),
  PRIMARY KEY (tenant, order_id, line_no, stock_id),
  FOREIGN KEY (tenant, order_id, line_no) REFERENCES order_lines (tenant, order_id, line_no),
  FOREIGN KEY (tenant, stock_id) REFERENCES stock (tenant, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX reservations_open ON reservations (tenant, stock_id, order_id, line_no) WHERE open > 0;

CREATE TABLE shipments (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  order_id TEXT NOT NULL,
  status TEXT NOT NULL,
  carrier TEXT NOT NULL,
  tracking_number TEXT NOT NULL,
  shipping_address INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  shipped_at INTEGER,
  delivered_at INTEGER,
  voided_at INTEGER,
  PRIMARY KEY (tenant, id),
  FOREIGN KEY (tenant, order_id) REFERENCES orders (tenant, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX shipments_of_order ON shipments (tenant, order_id, id);

CREATE TABLE shipment_lines (
  tenant TEXT NOT NULL,
  order_id TEXT NOT NULL,
  shipment_id TEXT NOT NULL,
  line_no INTEGER NOT NULL,
  stock_id TEXT NOT NULL,
  sku TEXT NOT NULL,
  warehouse_id TEXT NOT NULL,
  quantity INTEGER NOT NULL CHECK (quantity >= 1),
  PRIMARY KEY (tenant, order_id, shipment_id, line_no, stock_id),
  FOREIGN KEY (tenant, shipment_id) REFERENCES shipments (tenant, id),
  FOREIGN KEY (tenant, order_id, line_no, stock_id) REFERENCES reservations (tenant, order_id, line_no, stock_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX shipment_lines_of_shipment ON shipment_lines (tenant, shipment_id);

-- Append-only: every change of a stock record, numbered 1, 2, 3 ... within it.
CREATE TABLE stock_ledger (
  tenant TEXT NOT NULL,
  stock_id TEXT NOT NULL,
  seq INTEGER NOT NULL CHECK (seq >= 1),
  kind TEXT NOT NULL,
  on_hand_delta INTEGER NOT NULL,
  reserved_delta INTEGER NOT NULL,
  on_hand_after INTEGER NOT NULL,
  reserved_after INTEGER NOT NULL,
  reason TEXT,
  order_id TEXT,
  line_no INTEGER,
  shipment_id TEXT,
  actor TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (tenant, stock_id, seq),
  FOREIGN KEY (tenant, stock_id) REFERENCES stock (tenant, id),
  FOREIGN KEY (tenant, order_id) REFERENCES orders (tenant, id),
  FOREIGN KEY (tenant, shipment_id) REFERENCES shipments (tenant, id),
  CHECK (0 <= reserved_after AND reserved_after <= on_hand_after)
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
  tenant TEXT NOT NULL REFERENCES tenants (id),
  position INTEGER NOT NULL,
  id TEXT NOT NULL,
  type TEXT NOT NULL,
  subject TEXT NOT NULL,
  subject_id TEXT NOT NULL,
  sequence INTEGER NOT NULL CHECK (sequence >= 1),
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  data TEXT NOT NULL CHECK (json_valid(data)),
  PRIMARY KEY (tenant, position),
  UNIQUE (tenant, subject_id, sequence)
) STRICT, WITHOUT ROWID;

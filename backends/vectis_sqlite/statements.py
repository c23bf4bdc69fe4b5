"""Every statement of the hot paths and the scans, by name, in one place.

``{keys}`` stands for a list of placeholders; lists are filled up to a few sizes, so that the driver's cache of
prepared statements serves them all.
"""

from __future__ import annotations

_ORDER = (
    "tenant, id, external_id, status, currency, total, item_count, customer_id, customer_email, shipping_addresses, "
    "billing_address, on_hold, hold_reason, cancel_reason, created_at, updated_at, confirmed_at, cancelled_at, "
    "event_seq, fingerprint"
)
_LINE = (
    "tenant, order_id, line_no, sku, quantity, unit_price, total, shipping_address, waiting, reserved, shipped, "
    "cancelled, returned"
)
_RESERVATION = "tenant, order_id, line_no, stock_id, warehouse_id, quantity, open"
_SHIPMENT = (
    "tenant, id, order_id, status, carrier, tracking_number, shipping_address, created_at, updated_at, shipped_at, "
    "delivered_at, voided_at, track_key, tracking"
)
_SHIPMENT_LINE = "tenant, order_id, shipment_id, line_no, stock_id, sku, warehouse_id, quantity"
_STOCK = "tenant, sku, warehouse_id, id, on_hand, reserved, reorder_point, low, ledger_seq, event_seq, created_at, updated_at"  # noqa: E501 - one line, as in the schema
_MOVEMENT = (
    "tenant, stock_id, seq, kind, on_hand_delta, reserved_delta, on_hand_after, reserved_after, reason, order_id, "
    "line_no, shipment_id, actor, at"
)
_EVENT = "tenant, position, id, type, subject, subject_id, sequence, at, actor, data"
_PRODUCT = "tenant, id, sku, name, weight, dimensions, active, created_at, updated_at"
_WAREHOUSE = "tenant, id, code, name, address, priority, is_default, active, created_at, updated_at"
_CLIENT = "tenant, id, name, scopes, secrets, created_at, revoked_at"
_KEY = "id, public, sealed, created_at, signs_from, retires_at"
_RESULT = "tenant, scope, command_id, fingerprint, result, created_at"
_WINDOW = "key, started_at, ends_at, granted"


def insert(table: str, columns: str) -> str:
    """Return the statement that inserts one row."""
    marks = ", ".join("?" for _ in columns.split(","))
    return f"INSERT INTO {table} ({columns}) VALUES ({marks})"  # noqa: S608 - names of our own


def select(table: str, columns: str, where: str) -> str:
    """Return the statement that selects these columns."""
    return f"SELECT {columns} FROM {table} WHERE {where}"  # noqa: S608 - names of our own


# Orders

INSERT_ORDER = insert("orders", _ORDER)
UPDATE_ORDER = (
    "UPDATE orders SET status = ?, total = ?, item_count = ?, customer_email = ?, shipping_addresses = ?, "
    "billing_address = ?, on_hold = ?, hold_reason = ?, cancel_reason = ?, updated_at = ?, confirmed_at = ?, "
    "cancelled_at = ?, event_seq = ? WHERE tenant = ? AND id = ? AND event_seq = ?"
)
#: Apart, because the customer's id stands in an index that every other change leaves alone.
ERASE_ORDER = "UPDATE orders SET customer_id = ?, fingerprint = ? WHERE tenant = ? AND id = ?"
ORDERS = select("orders", _ORDER, "tenant = ? AND id IN ({keys})")
ORDER_IDS = "SELECT external_id, id FROM orders WHERE tenant = ? AND external_id IN ({keys})"
ORDER_BY_EXTERNAL_ID = select("orders", _ORDER, "tenant = ? AND external_id = ?")
ORDERS_OLDEST = select("orders", _ORDER, "tenant = ? AND id > ? ORDER BY id LIMIT ?")
ORDER_COLUMNS = ", ".join(f"o.{name.strip()}" for name in _ORDER.split(","))

INSERT_LINE = insert("order_lines", _LINE)
UPDATE_LINE = (
    "UPDATE order_lines SET quantity = ?, total = ?, waiting = ?, reserved = ?, shipped = ?, cancelled = ?, "
    "returned = ? WHERE tenant = ? AND order_id = ? AND line_no = ?"
)
LINES = select("order_lines", _LINE, "tenant = ? AND order_id IN ({keys}) ORDER BY order_id, line_no")

INSERT_RESERVATION = insert("reservations", _RESERVATION)
UPDATE_RESERVATION = (
    "UPDATE reservations SET quantity = ?, open = ? WHERE tenant = ? AND order_id = ? AND line_no = ? "
    "AND stock_id = ? AND open = ?"
)
RESERVATIONS = select(
    "reservations", _RESERVATION, "tenant = ? AND order_id IN ({keys}) ORDER BY order_id, line_no, stock_id"
)

INSERT_SHIPMENT = insert("shipments", _SHIPMENT)
UPDATE_SHIPMENT = (
    "UPDATE shipments SET status = ?, updated_at = ?, shipped_at = ?, delivered_at = ?, voided_at = ?, tracking = ? "
    "WHERE tenant = ? AND id = ? AND status = ?"
)
SHIPMENTS = select("shipments", _SHIPMENT, "tenant = ? AND order_id IN ({keys}) ORDER BY order_id, id")
SHIPMENT = select("shipments", _SHIPMENT, "tenant = ? AND id = ?")
ORDERS_OF_SHIPMENTS = "SELECT id, order_id FROM shipments WHERE tenant = ? AND id IN ({keys})"

INSERT_SHIPMENT_LINE = insert("shipment_lines", _SHIPMENT_LINE)
SHIPMENT_LINES = select(
    "shipment_lines",
    _SHIPMENT_LINE,
    "tenant = ? AND order_id IN ({keys}) ORDER BY order_id, shipment_id, line_no, stock_id",
)

# Stock

INSERT_STOCK = insert("stock", _STOCK)
UPDATE_STOCK = (
    "UPDATE stock SET on_hand = ?, reserved = ?, reorder_point = ?, low = ?, ledger_seq = ?, event_seq = ?, "
    "updated_at = ? WHERE tenant = ? AND sku = ? AND warehouse_id = ? AND ledger_seq = ? AND event_seq = ?"
)
STOCK_BY_ID = select("stock", _STOCK, "tenant = ? AND id IN ({keys})")
STOCK_BY_SKU = select("stock", _STOCK, "tenant = ? AND sku IN ({keys})")
STOCK_COLUMNS = _STOCK
STOCK_OLDEST = select("stock", _STOCK, "tenant = ? AND id > ? ORDER BY id LIMIT ?")

INSERT_MOVEMENT = insert("stock_ledger", _MOVEMENT)
MOVEMENTS_NEWEST = select(
    "stock_ledger", _MOVEMENT, "tenant = ? AND stock_id = ? AND seq < ? ORDER BY seq DESC LIMIT ? OFFSET ?"
)
MOVEMENTS_OLDEST = select("stock_ledger", _MOVEMENT, "tenant = ? AND stock_id = ? AND seq > ? ORDER BY seq LIMIT ?")
HOLDERS = (
    "SELECT r.order_id, o.external_id, r.line_no, r.open, o.created_at FROM reservations r "
    "JOIN orders o ON o.tenant = r.tenant AND o.id = r.order_id "
    "WHERE r.tenant = ? AND r.stock_id = ? AND r.open > 0 ORDER BY r.order_id, r.line_no"
)

# Events

EVENT_COLUMNS = _EVENT
INSERT_EVENT = insert("events", _EVENT)
LAST_POSITION = "SELECT position FROM events WHERE tenant = ? ORDER BY position DESC LIMIT 1"
EVENTS = select("events", _EVENT, "tenant = ? AND position > ? ORDER BY position LIMIT ?")
EVENTS_OF_TYPE = select("events", _EVENT, "tenant = ? AND type = ? AND position > ? ORDER BY position LIMIT ?")
HISTORY = select("events", _EVENT, "tenant = ? AND subject_id IN ({keys}) ORDER BY subject_id, sequence")

# Catalogue and tenants

INSERT_TENANT = insert("tenants", "id, settings, created_at")
UPDATE_TENANT = "UPDATE tenants SET settings = ? WHERE id = ?"
TENANTS = "SELECT id, settings, created_at FROM tenants WHERE id IN ({keys})"
TENANTS_AFTER = "SELECT id, settings, created_at FROM tenants WHERE id > ? ORDER BY id LIMIT ?"
GROW_COUNTER = (
    "INSERT INTO counters (tenant, name, value) VALUES (?, ?, max(?, 0)) "
    "ON CONFLICT (tenant, name) DO UPDATE SET value = value + ?"
)
COUNTERS = "SELECT name, value FROM counters WHERE tenant = ?"
COUNTER = "SELECT value FROM counters WHERE tenant = ? AND name = ?"

INSERT_WAREHOUSE = insert("warehouses", _WAREHOUSE)
UPDATE_WAREHOUSE = (
    "UPDATE warehouses SET code = ?, name = ?, address = ?, priority = ?, active = ?, updated_at = ? "
    "WHERE tenant = ? AND id = ?"
)
WAREHOUSES = select("warehouses", _WAREHOUSE, "tenant IN ({keys}) ORDER BY tenant, id")
WAREHOUSE = select("warehouses", _WAREHOUSE, "tenant = ? AND id = ?")
WAREHOUSES_NEWEST = select("warehouses", _WAREHOUSE, "tenant = ? AND id < ? ORDER BY id DESC LIMIT ? OFFSET ?")
COUNT_WAREHOUSES = "SELECT count(*) FROM warehouses WHERE tenant = ?"

INSERT_PRODUCT = insert("products", _PRODUCT)
UPDATE_PRODUCT = (
    "UPDATE products SET name = ?, weight = ?, dimensions = ?, active = ?, updated_at = ? WHERE tenant = ? AND id = ?"
)
PRODUCTS_BY_ID = select("products", _PRODUCT, "tenant = ? AND id IN ({keys})")
PRODUCTS_BY_SKU = select("products", _PRODUCT, "tenant = ? AND sku IN ({keys})")
PRODUCT_COLUMNS = _PRODUCT

# Access

INSERT_CLIENT = insert("clients", _CLIENT)
UPDATE_CLIENT = "UPDATE clients SET secrets = ?, revoked_at = ? WHERE tenant = ? AND id = ?"
CLIENTS = select("clients", _CLIENT, "tenant = ? AND id IN ({keys})")
CLIENT = select("clients", _CLIENT, "id = ?")
CLIENTS_NEWEST = select("clients", _CLIENT, "tenant = ? AND id < ? ORDER BY id DESC LIMIT ? OFFSET ?")
COUNT_CLIENTS = "SELECT count(*) FROM clients WHERE tenant = ?"
COUNT_ALL_CLIENTS = "SELECT count(*) FROM clients"

INSERT_KEY = insert("signing_keys", _KEY)
UPDATE_KEY = "UPDATE signing_keys SET retires_at = ? WHERE id = ?"
KEYS = f"SELECT {_KEY} FROM signing_keys ORDER BY created_at, id"  # noqa: S608 - names of our own

INSERT_WINDOW = insert("rate_windows", _WINDOW)
UPDATE_WINDOW = "UPDATE rate_windows SET started_at = ?, ends_at = ?, granted = ? WHERE key = ? AND granted = ?"
WINDOWS = select("rate_windows", _WINDOW, "key IN ({keys})")

INSERT_RESULT = insert("results", _RESULT)
RESULTS = select("results", _RESULT, "tenant = ? AND scope = ? AND command_id IN ({keys})")

CLEAR_RESULTS = (
    "DELETE FROM results WHERE (tenant, scope, command_id) IN "
    "(SELECT tenant, scope, command_id FROM results WHERE created_at < ? ORDER BY created_at LIMIT ?)"
)
CLEAR_WINDOWS = (
    "DELETE FROM rate_windows WHERE key IN (SELECT key FROM rate_windows WHERE ends_at <= ? ORDER BY ends_at LIMIT ?)"
)
CLEAR_KEYS = "DELETE FROM signing_keys WHERE id IN (SELECT id FROM signing_keys WHERE retires_at <= ? LIMIT ?)"

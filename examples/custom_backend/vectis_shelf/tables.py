"""The rows: tables by key, and a draft of changes over them.

A state is never changed once it is committed, so that a view needs nothing but a reference to it. A draft holds what a
transaction has changed, and reads through to the state under it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from vectis_core.access import ApiClient, SigningKey
from vectis_core.catalogue import Product, Warehouse
from vectis_core.events import Event
from vectis_core.orders.model import Order
from vectis_core.ports import RateWindow, StoredResult
from vectis_core.stock.model import Movement, Reservation, StockRecord
from vectis_core.tenancy import Tenant
from vectis_core.tracking.accounts import CarrierAccount, KeptPayload
from vectis_core.tracking.model import Scan
from vectis_core.webhooks.model import Attempt, Delivery, Replay, Subscription

Path = tuple[Any, ...]
Table = Mapping[Path, Any]
State = Mapping[str, Table]

#: What the rows of each table are.
TYPES: dict[str, type] = {
    "tenants": Tenant,
    "warehouses": Warehouse,
    "products": Product,
    "stock": StockRecord,
    "orders": Order,
    "reservations": Reservation,
    "movements": Movement,
    "events": Event,
    "clients": ApiClient,
    "keys": SigningKey,
    "windows": RateWindow,
    "results": StoredResult,
    "subscriptions": Subscription,
    "deliveries": Delivery,
    "attempts": Attempt,
    "replays": Replay,
    "scans": Scan,
    "carriers": CarrierAccount,
    "payloads": KeptPayload,
    # (tenant, name) to a number; the feed's newest position is one of them.
    "counters": int,
    # (what, tenant, name ...) to the id of the one row that may have this name.
    "names": str,
    # Rows of the host program: whatever JSON can hold.
    "host": object,
}

EMPTY: State = {name: {} for name in TYPES}
#: The counter that is the position of the newest event; it is nobody's business but the store's.
POSITION = "position"


class Draft:
    """Changes over a state; ``None`` in a changed row's place stands for a deleted one."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.changed: dict[str, dict[Path, Any]] = {}

    def get(self, table: str, key: Path) -> Any | None:
        """Return a row, ``None`` where there is none."""
        changed = self.changed.get(table, {})
        return changed[key] if key in changed else self._state[table].get(key)

    def put(self, table: str, key: Path, row: Any | None) -> None:
        """Write a row, or delete it."""
        self.changed.setdefault(table, {})[key] = row

    def rows(self, table: str) -> Iterator[Any]:
        """Yield every row of a table, in no order that means anything."""
        changed = self.changed.get(table, {})
        yield from (row for key, row in self._state[table].items() if key not in changed)
        yield from (row for row in changed.values() if row is not None)

    def state(self) -> State:
        """Return the state with the changes in it."""
        return applied(self._state, self.changed)


def applied(state: State, changed: Mapping[str, Mapping[Path, Any]]) -> State:
    """Return *state* with changed rows in it; the tables that are not changed are shared."""
    tables = dict(state)
    for name, rows in changed.items():
        merged = {**state[name], **rows}
        tables[name] = {key: row for key, row in merged.items() if row is not None}
    return tables

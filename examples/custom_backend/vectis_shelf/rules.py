"""What the store refuses by itself, whatever the core believes: stale rows, taken names, impossible numbers, strays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import attrs

from vectis_core.errors import StoreConflict
from vectis_core.events import Event, Subject
from vectis_core.orders.model import Order
from vectis_core.ports import Changes
from vectis_core.stock.model import Movement, Reservation, StockRecord
from vectis_core.tracking.model import Scan
from vectis_core.webhooks.model import Attempt, Delivery, DeliveryStatus, Replay, Subscription
from vectis_shelf.tables import POSITION, Draft, Path

#: The lists of a batch whose rows come as (before, after): table, the fields of its key, the fields that guard it.
_CHANGED: Sequence[tuple[str, tuple[str, ...], tuple[str, ...]]] = (
    ("tenants", ("id",), ()),
    ("warehouses", ("tenant", "id"), ()),
    ("products", ("tenant", "id"), ()),
    ("stock", ("tenant", "id"), ("ledger_seq", "event_seq")),
    ("orders", ("tenant", "id"), ("event_seq",)),
    ("reservations", ("tenant", "order_id", "line_no", "stock_id"), ("open",)),
    ("clients", ("tenant", "id"), ()),
    ("keys", ("id",), ()),
    ("windows", ("key",), ("granted",)),
    ("subscriptions", ("tenant", "id"), ("lease_token", "event_seq")),
    ("deliveries", ("tenant", "id"), ("status", "attempts")),
    ("replays", ("tenant", "id"), ("position", "done")),
    ("scans", ("tenant", "track_key", "id"), ()),
    ("carriers", ("tenant", "carrier"), ("updated_at",)),
    ("payloads", ("tenant", "id"), ("sealed",)),
)
#: The lists whose rows are only ever added: table, and the fields of its key.
_ADDED: Sequence[tuple[str, tuple[str, ...]]] = (
    ("movements", ("tenant", "stock_id", "seq")),
    ("events", ("tenant", "subject", "subject_id", "sequence")),
    ("results", ("tenant", "scope", "command_id")),
    ("attempts", ("tenant", "delivery_id", "number")),
)


def write(draft: Draft, changes: Changes) -> None:
    """Write a batch into *draft*; raises ``StoreConflict``, and then the draft is spoilt."""
    written: list[tuple[str, Any]] = []
    for table, fields, guards in _CHANGED:
        for before, after in getattr(changes, table):
            key = _key(after, fields)
            _guard(draft.get(table, key), before, guards, f"{table} {key}")
            for name in _names(table, after):
                _claim(draft, table, name, key)
            if table == "warehouses" and before is not None and before.code != after.code:
                draft.put("names", (table, before.tenant, before.code), None)
            draft.put(table, key, after)
            written.append((table, after))
    for key in changes.dropped:
        _drop(draft, key)
    for table, fields in _ADDED:
        for row in getattr(changes, table):
            key = _key(row, fields)
            _guard(draft.get(table, key), None, (), f"{table} {key}")
            draft.put(table, key, _placed(draft, row) if table == "events" else row)
            written.append((table, row))
    for _, delivery in changes.deliveries:
        # Now that its event has a place in the feed.
        draft.put("deliveries", (delivery.tenant, delivery.id), _told_at(draft, delivery))
    for key, amount in changes.counters.items():
        draft.put("counters", key, (draft.get("counters", key) or 0) + amount)
    # Last, because rows of one batch may point to each other.
    for table, row in written:
        problem = problem_of(draft, table, row)
        if problem is not None:
            raise StoreConflict(f"The store refused a write: {problem}")


def _key(row: Any, fields: Iterable[str]) -> Path:
    # A str, not an enum of one: keys are what the file says.
    return tuple(value if type(value) is int else str(value) for value in (getattr(row, name) for name in fields))


def _drop(draft: Draft, key: Path) -> None:
    if draft.get("payloads", key) is None:
        raise StoreConflict(f"The store refused a write: payload {key[1]} is gone")
    draft.put("payloads", key, None)


def _guard(now: Any, before: Any, fields: Sequence[str], what: str) -> None:
    """Refuse unless a row is as it was decided on: there or not, and the same in the fields that guard it."""
    if (now is None) is not (before is None):
        raise StoreConflict(f"The store refused a write: {what} {'is gone' if now is None else 'is there already'}")
    if now is not None and any(getattr(now, name) != getattr(before, name) for name in fields):
        raise StoreConflict(f"The store refused a write: {what} has changed meanwhile")


def _names(table: str, row: Any) -> list[Path]:
    """Return the names that no other row may have."""
    if table == "warehouses":
        return [(table, row.tenant, row.code)]
    if table == "products":
        return [(table, row.tenant, row.sku)]
    if table == "stock":
        return [(table, row.tenant, row.sku, row.warehouse_id)]
    if table == "clients":
        return [(table, row.id)]
    if table == "orders":
        shipments = [("shipments", row.tenant, shipment.id) for shipment in row.shipments]
        return [(table, row.tenant, row.external_id), *shipments]
    return []


def _claim(draft: Draft, table: str, name: Path, key: Path) -> None:
    """Take a name for a row, for ever; raises ``StoreConflict`` where another has it."""
    owner = draft.get("names", name)
    # A client is found without its tenant, anything else within it.
    wanted = key[0] if table == "clients" else key[-1]
    if owner not in {None, wanted}:
        raise StoreConflict(f"The store refused a write: {name} is taken")
    draft.put("names", name, wanted)


def _placed(draft: Draft, event: Event) -> Event:
    """Return the event with the next place in the tenant's feed."""
    key = (event.tenant, POSITION)
    position = (draft.get("counters", key) or 0) + 1
    draft.put("counters", key, position)
    return attrs.evolve(event, position=position)


def _told_at(draft: Draft, delivery: Delivery) -> Delivery:
    """Return the delivery with the place of its event in the feed."""
    event = draft.get("events", _event_of(delivery))
    return delivery if event is None else attrs.evolve(delivery, position=event.position)


def _event_of(delivery: Delivery) -> Path:
    return (delivery.tenant, str(delivery.subject), delivery.subject_id, delivery.sequence)


def problem_of(draft: Draft, table: str, row: Any) -> str | None:
    """Return what is wrong with a row, in words: it points to nothing, or its numbers cannot be."""
    match row:
        case StockRecord():
            return _stock_problem(draft, row)
        case Order():
            return _order_problem(draft, row)
        case Reservation():
            return _reservation_problem(draft, row)
        case Movement():
            return _movement_problem(draft, row)
        case Subscription() | Delivery() | Attempt() | Replay():
            problem = _webhook_problem(draft, row)
        case Scan():
            problem = _scan_problem(draft, row)
        case Event():
            subjects = "orders" if row.subject is Subject.ORDER else "stock"
            # Events of a webhook outlive it.
            outlives = row.subject is Subject.WEBHOOK
            lost = not outlives and draft.get(subjects, (row.tenant, row.subject_id)) is None
            problem = f"event {row.id} is of nothing ({row.subject_id})" if lost else None
        case _:
            owner = getattr(row, "tenant", None)
            lost = owner is not None and draft.get("tenants", (owner,)) is None
            problem = f"a row of {table} belongs to no tenant ({owner})" if lost else None
    return problem


def _stock_problem(draft: Draft, row: StockRecord) -> str | None:
    if not 0 <= row.reserved <= row.on_hand:
        return f"stock record {row.id} has {row.reserved} of {row.on_hand} reserved"
    if draft.get("names", ("products", row.tenant, row.sku)) is None:
        return f"stock record {row.id} is of no product"
    if draft.get("warehouses", (row.tenant, row.warehouse_id)) is None:
        return f"stock record {row.id} is in no warehouse"
    return None


def _order_problem(draft: Draft, row: Order) -> str | None:
    if draft.get("tenants", (row.tenant,)) is None:
        return f"order {row.id} belongs to no tenant"
    for line in row.lines:
        pieces = (line.waiting, line.reserved, line.shipped, line.cancelled)
        if min(pieces) < 0 or sum(pieces) != line.quantity:
            return f"the pieces of line {line.id} do not add up"
        if draft.get("names", ("products", row.tenant, line.sku)) is None:
            return f"line {line.id} is of no product"
    return None


def _reservation_problem(draft: Draft, row: Reservation) -> str | None:
    what = f"the promise to line {row.line_no} of order {row.order_id}"
    if not 0 <= row.open <= row.quantity:
        return f"{what} has {row.open} of {row.quantity} open"
    order = draft.get("orders", (row.tenant, row.order_id))
    if order is None or all(line.line_no != row.line_no for line in order.lines):
        return f"{what} is to no line"
    if draft.get("stock", (row.tenant, row.stock_id)) is None:
        return f"{what} is of no stock record"
    return None


def _movement_problem(draft: Draft, row: Movement) -> str | None:
    what = f"movement {row.seq} of {row.stock_id}"
    if not 0 <= row.reserved_after <= row.on_hand_after:
        return f"{what} comes to {row.reserved_after} of {row.on_hand_after} reserved"
    if draft.get("stock", (row.tenant, row.stock_id)) is None:
        return f"{what} is of no stock record"
    if row.order_id is not None and draft.get("orders", (row.tenant, row.order_id)) is None:
        return f"{what} was made for no order"
    return None


def _scan_problem(draft: Draft, row: Scan) -> str | None:
    owners = [(order_id, draft.get("names", ("shipments", row.tenant, parcel))) for order_id, parcel in row.shipments]
    if draft.get("tenants", (row.tenant,)) is None or any(order_id != owner for order_id, owner in owners):
        return f"scan {row.id} of {row.track_key} points to nothing"
    return None


def _webhook_problem(draft: Draft, row: Subscription | Delivery | Attempt | Replay) -> str | None:
    match row:
        case Subscription():
            sound = 0 <= row.failed_deliveries <= row.failures and (row.failures > 0) is (row.failing_since is not None)
            lost = draft.get("tenants", (row.tenant,)) is None
        case Delivery():
            sound = row.attempts >= 0 and (row.status is DeliveryStatus.PENDING) is (row.due_at is not None)
            event = draft.get("events", _event_of(row))
            lost = event is None or draft.get("subscriptions", (row.tenant, row.subscription_id)) is None
        case Attempt():
            sound = row.number > 0 and (row.code is None) is not (row.error is None)
            lost = draft.get("deliveries", (row.tenant, row.delivery_id)) is None
        case Replay():
            sound = True
            lost = draft.get("subscriptions", (row.tenant, row.subscription_id)) is None
    if lost:
        return f"{row} points to nothing"
    return None if sound else f"{row} cannot be"

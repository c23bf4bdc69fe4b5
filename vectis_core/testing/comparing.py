"""Compares a real shop with the reference model, row by row, and proves its books without the model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import attrs

from vectis_core import events, stock
from vectis_core.errors import InsufficientStock, ValidationError, VectisError
from vectis_core.events import Subject
from vectis_core.orders import lifecycle
from vectis_core.orders import model as orders
from vectis_core.ports import View
from vectis_core.testing.comparing_persons import compare_person, compare_words, names_a_person
from vectis_core.testing.model import Shop
from vectis_core.testing.model_entities import DIGITS, Order, Parcel, Record, Refused, Told

#: More than any shop of the machine has of anything.
ALL = 100_000


def same(what: str, expected: object, actual: object) -> None:
    """Fail, and say what differs, unless the two are equal."""
    assert expected == actual, f"{what}: expected {expected!r}, found {actual!r}"


def money(minor: int, currency: str) -> str:
    """Return an amount as it must be printed: with exactly the currency's minor digits."""
    return str(Decimal(minor).scaleb(-DIGITS[currency]))


def compare_error(refused: Refused, error: VectisError) -> None:
    """Fail unless *error* is what the model's refusal calls for."""
    same(f"the error for {refused}", refused.kind, type(error).__name__)
    found: dict[str, Any] = dict(error.details)
    if isinstance(error, ValidationError):
        found["fields"] = [problem.field for problem in error.problems]
    if isinstance(error, InsufficientStock):
        same("shortages", found["shortages"], [_plain(shortage) for shortage in error.shortages])
    for name, expected in refused.details.items():
        wanted = f"{expected:%Y-%m-%dT%H:%M:%SZ}" if name == "cancelledAt" else expected
        actual = set(found[name]) if name == "allowed" else found.get(name)
        same(f"details.{name} of {refused.kind}", wanted, actual)


def _plain(shortage: Any) -> dict[str, Any]:
    return {"sku": shortage.sku, "requested": shortage.requested, "available": shortage.available}


@attrs.define
class Seen:
    """How much of a shop has been compared, so that a further look costs what has changed and not what there is."""

    #: Events of the feed, and the place of the last of them.
    told: int = 0
    position: int = 0
    #: Movements of each stock record.
    moved: Counter[str] = attrs.Factory(Counter)


def compare_shop(view: View, tenant: str, shop: Shop) -> Seen:
    """Fail unless everything in the store is as the model has it, and nothing else is there."""
    real = {order.id: order for order in view.scan_orders(tenant, "", ALL)}
    same("orders", sorted(order.id for order in shop.orders), sorted(real))
    _compare_orders(view, tenant, [(order, real[order.id]) for order in shop.orders])
    _compare_scans(view, tenant, shop)
    seen = Seen()
    compare_news(view, tenant, shop, seen, orders_too=False)
    return seen


def compare_news(view: View, tenant: str, shop: Shop, seen: Seen, *, orders_too: bool = True) -> None:
    """Fail unless what was not *seen* yet is as the model has it: new events and movements, and what they changed.

    A change to an order that the feed does not tell of, and one to an old row of the feed or of the ledger, is left
    for ``compare_shop`` to find.
    """
    news = shop.feed[seen.told :]
    _compare_feed(news, view.events(tenant, seen.position, (), ALL), seen)
    if orders_too:
        changed = {told.subject.id: told.subject for told in news if isinstance(told.subject, Order)}
        found = [(order, view.order(tenant, order.id)) for order in changed.values()]
        _compare_orders(view, tenant, [(order, real) for order, real in found if real is not None])
        same("orders that changed", sorted(changed), sorted(real.id for _, real in found if real is not None))
    records = {record.id: record for record in view.scan_stock(tenant, "", ALL)}
    same("stock records", sorted(record.id for record in shop.records), sorted(records))
    for record in shop.records:
        compare_record(record, records[record.id])
        if not seen.moved[record.id] or seen.moved[record.id] != len(record.ledger):
            _compare_ledger(
                record, seen.moved[record.id], view.scan_movements(tenant, record.id, seen.moved[record.id], ALL)
            )
            seen.moved[record.id] = len(record.ledger)
    _compare_counters(shop, view.counters(tenant))


def compare_record(record: Record, real: stock.StockRecord) -> None:
    """Fail unless a stock record is as the model has it."""
    expected = {
        "sku": record.sku,
        "warehouse_id": record.warehouse.id,
        "on_hand": record.on_hand,
        "reserved": record.reserved,
        "reorder_point": record.reorder_point,
        "low": record.low,
        "ledger_seq": len(record.ledger),
        "event_seq": record.events,
    }
    _compare_fields(f"stock record {record.id}", expected, real)


def compare_order(order: Order, real: orders.Order) -> None:
    """Fail unless an order, its lines and its shipments are as the model has them."""
    compare_person(order, real)
    total, count = order.figures
    expected = {
        "external_id": order.external_id,
        "status": order.status,
        "currency": order.currency,
        "item_count": count,
        "on_hold": order.on_hold,
        "hold_reason": order.hold_reason,
        "cancel_reason": order.cancel_reason,
        "cancelled_at": order.cancelled_at,
        "created_at": order.created_at,
        "event_seq": order.events,
    }
    _compare_fields(f"order {order.external_id}", expected, real)
    same(f"total of {order.external_id}", money(total, order.currency), str(real.total))
    same(f"lines of {order.external_id}", len(order.lines), len(real.lines))
    for number, (line, found) in enumerate(zip(order.lines, real.lines, strict=True), 1):
        wanted = {
            "line_no": number,
            "sku": line.sku,
            "quantity": line.quantity,
            "shipping_address": line.address,
            "waiting": 0,
            "reserved": line.reserved,
            "shipped": line.shipped,
            "cancelled": line.cancelled,
            "returned": 0,
        }
        _compare_fields(f"line {number} of {order.external_id}", wanted, found)
        same("unit price", Decimal(line.price).scaleb(-4), found.unit_price)
        same(f"total of line {number}", money(line.total, order.currency), str(found.total))
    same("shipments", [parcel.id for parcel in order.parcels], [each.id for each in real.shipments])
    for parcel, shipment in zip(order.parcels, real.shipments, strict=True):
        compare_shipment(parcel, shipment)


def compare_shipment(parcel: Parcel, real: orders.Shipment) -> None:
    """Fail unless a shipment is as the model has it."""
    expected = {
        "status": parcel.status,
        "carrier": parcel.carrier,
        "tracking_number": parcel.tracking_number,
        "shipping_address": parcel.address,
        "created_at": parcel.created_at,
        "shipped_at": parcel.shipped_at,
        "delivered_at": parcel.delivered_at,
        "voided_at": parcel.voided_at,
    }
    _compare_fields(f"shipment {parcel.id}", expected, real)
    shown = real.tracking
    said = (str(shown.status), shown.reason, shown.at, shown.description) if shown is not None else None
    same(f"tracking of shipment {parcel.id}", parcel.shown, said)
    pieces = sorted((piece.line_no, piece.record.id, piece.quantity) for piece in parcel.pieces)
    found = sorted((line.line_no, line.stock_id, line.quantity) for line in real.lines)
    same(f"pieces of shipment {parcel.id}", pieces, found)


def _compare_scans(view: View, tenant: str, shop: Shop) -> None:
    """Fail unless all that carriers have said is kept, each once, with the shipments that it is about."""
    expected = {
        heard.code: (heard.at, heard.received_at, sorted((order.id, parcel.id) for order, parcel in heard.of))
        for heard in shop.carriers.heard
    }
    kept = view.scan_scans(tenant, ("", ""), ALL)
    same("scans", len(expected), len(kept))
    found = {scan.event.code: (scan.at, scan.received_at, list(scan.shipments)) for scan in kept}
    same("scans", expected, found)
    compare_words(shop, kept)


def _compare_fields(what: str, expected: Mapping[str, Any], real: object) -> None:
    same(what, expected, {name: getattr(real, name) for name in expected})


def _compare_orders(view: View, tenant: str, pairs: Sequence[tuple[Order, orders.Order]]) -> None:
    """Fail unless orders, and what is promised to them, are as the model has them."""
    promises: dict[str, list[stock.Reservation]] = {order.id: [] for order, _ in pairs}
    for row in view.scan_reservations(tenant, sorted(promises)) if promises else ():
        promises[row.order_id].append(row)
    for order, real in pairs:
        compare_order(order, real)
        _compare_reservations(order, promises[order.id])


def _compare_reservations(order: Order, rows: Iterable[stock.Reservation]) -> None:
    expected = {
        (number, record.id): pieces for number, line in enumerate(order.lines, 1) for record, pieces in line.held
    }
    same(f"promises to {order.external_id}", expected, {(row.line_no, row.stock_id): row.open for row in rows})


def _compare_ledger(record: Record, after: int, rows: list[stock.Movement]) -> None:
    numbers = list(range(after + 1, len(record.ledger) + 1))
    same(f"ledger numbers of {record.id}", numbers, [row.seq for row in rows])
    for expected, row in zip(record.ledger[after:], rows, strict=True):
        order, parcel = expected["order"], expected["parcel"]
        cause = {
            "order_id": order.id if order is not None else None,
            "shipment_id": parcel.id if parcel is not None else None,
        }
        balance = {name: value for name, value in expected.items() if name not in {"order", "parcel"}}
        _compare_fields(f"movement {row.seq} of {record.id}", {**balance, **cause}, row)


def _compare_feed(news: Sequence[Told], feed: list[events.Event], seen: Seen) -> None:
    places = [seen.position, *(event.position for event in feed)]
    same("feed positions", sorted(set(places)), places)
    same("event ids", len(feed), len({event.id for event in feed}))
    named = [(told.type, told.subject.id, told.sequence) for told in news]
    same("feed", named, [(str(event.type), event.subject_id, event.sequence) for event in feed])
    seen.told, seen.position = seen.told + len(news), places[-1]
    for told, event in zip(news, feed, strict=True):
        same("time of event", told.at, event.at)
        same(f"a person in {event}", False, names_a_person(event))
        same(f"data of {told.type}", _data_of(told), _comparable(event.data))


def _data_of(told: Told) -> dict[str, Any]:
    subject = told.subject
    if isinstance(subject, Record):
        ids = {"inventoryId": subject.id, "sku": subject.sku, "warehouseId": subject.warehouse.id}
        return {**told.data, **ids}
    data = {**told.data, "orderId": subject.id, "externalId": subject.external_id}
    if "total" in data:
        data["total"] = Decimal(data["total"]).scaleb(-DIGITS[subject.currency])
    if told.parcel is not None:
        data["shipmentId"] = told.parcel.id
        if told.type != "shipment.voided":
            data |= _parcel_data(subject, told.parcel)
        if "trackingStatus" in data:
            del data["items"]
    return data


def _parcel_data(order: Order, parcel: Parcel) -> dict[str, Any]:
    pieces = [(f"{order.id}-{piece.line_no}", order.lines[piece.line_no - 1].sku, piece) for piece in parcel.pieces]
    items = sorted((line_id, sku, piece.quantity) for line_id, sku, piece in pieces)
    return {"trackingNumber": parcel.tracking_number, "carrier": parcel.carrier, "items": items}


def _comparable(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return an event's data with its lists in a fixed order."""
    plain = dict(data)
    if "items" in plain:
        plain["items"] = sorted((row["lineId"], row["sku"], row["quantity"]) for row in plain["items"])
    return plain


def _compare_counters(shop: Shop, counters: Mapping[str, int]) -> None:
    expected = Counter({"products": len(shop.products), "stock": len(shop.records), "orders": len(shop.orders)})
    expected.update(f"orders:{order.status}" for order in shop.orders)
    same("counters", {name: n for name, n in expected.items() if n}, {k: n for k, n in counters.items() if n})


def check_books(view: View, tenant: str) -> None:
    """Fail unless the shop's books are right by themselves, without any model to compare with."""
    promised: Counter[str] = Counter()
    found = view.scan_orders(tenant, "", ALL)
    for order in found:
        _check_order(view, order, promised)
    external_ids = [order.external_id for order in found]
    same("external ids are unique", len(set(external_ids)), len(external_ids))
    for record in view.scan_stock(tenant, "", ALL):
        assert 0 <= record.reserved <= record.on_hand, f"oversold: {record}"
        same(f"reserved of {record.id}", promised[record.id], record.reserved)
        _check_ledger(record, view.scan_movements(tenant, record.id, 0, ALL))
        _check_history(view.history(tenant, Subject.STOCK, record.id), record.event_seq)


def _check_order(view: View, order: orders.Order, promised: Counter[str]) -> None:
    held: Counter[int] = Counter()
    for row in view.scan_reservations(order.tenant, [order.id]):
        assert 0 <= row.open <= row.quantity, f"bad promise: {row}"
        promised[row.stock_id] += row.open
        held[row.line_no] += row.open
    gone = [s for s in order.shipments if s.status in {"shipped", "delivered"}]
    left = Counter[int]()
    for shipment in gone:
        left.update(
            {n: sum(p.quantity for p in shipment.lines if p.line_no == n) for n in {p.line_no for p in shipment.lines}}
        )
    for line in order.lines:
        same("line equation", line.quantity, line.waiting + line.reserved + line.shipped + line.cancelled)
        same(f"promised to line {line.id}", line.reserved, held[line.line_no])
        same(f"shipped of line {line.id}", line.shipped, left[line.line_no])
    same(f"total of {order.id}", sum(line.total for line in order.lines), order.total)
    follows = lifecycle.status_of(
        order.lines,
        [shipment.status for shipment in order.shipments],
        confirmed=order.confirmed_at is not None,
        cancelled=order.cancelled_at is not None,
    )
    same(f"status of {order.id}", follows, order.status)
    _check_history(view.history(order.tenant, Subject.ORDER, order.id), order.event_seq)


def _check_ledger(record: stock.StockRecord, rows: list[stock.Movement]) -> None:
    on_hand = reserved = 0
    for number, row in enumerate(rows, 1):
        on_hand += row.on_hand_delta
        reserved += row.reserved_delta
        same(
            f"movement {row.seq} of {record.id}",
            (number, on_hand, reserved),
            (row.seq, row.on_hand_after, row.reserved_after),
        )
    expected = (record.on_hand, record.reserved, record.ledger_seq)
    same(f"ledger of {record.id}", expected, (on_hand, reserved, len(rows)))


def _check_history(history: list[events.Event], count: int) -> None:
    same("event numbers", list(range(1, count + 1)), [event.sequence for event in history])

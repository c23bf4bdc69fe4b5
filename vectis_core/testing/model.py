"""A reference model: what every command must come to, in plain Python, with none of the core's logic.

It keeps a shop in lists and integers, on its own. Where the core derives a status from counters, the model keeps it
by hand; where the core computes with decimals, the model counts ten-thousandths. So a mistake has to be made twice,
in two ways, to go unseen. ``machine`` drives both side by side and compares.

Objects of the model carry the ``id`` that the real thing got, once it has one; nothing here depends on ids.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import attrs

from vectis_core.testing.model_entities import (
    CARRIERS,
    Ask,
    Line,
    Order,
    Parcel,
    Piece,
    Record,
    Refused,
    Told,
    Warehouse,
    minor_units,
)
from vectis_core.testing.model_tracking import Carriers


class Shop:
    """One tenant's shop: what it is now, and everything it has told."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.auto_confirm = False
        self.warehouses = [Warehouse("main", 0, is_default=True)]
        #: Whether each product, by SKU, can be ordered.
        self.products: dict[str, bool] = {}
        self.records: list[Record] = []
        self.orders: list[Order] = []
        #: The whole feed, oldest first.
        self.feed: list[Told] = []
        self.carriers = Carriers(self)

    # The catalogue

    def create_product(self, sku: str) -> Record:
        """Add a product, and return its record of zero in the default warehouse."""
        if sku in self.products:
            raise Refused("Conflict", {"sku": sku})
        self.products[sku] = True
        record = Record(sku, self.warehouses[0])
        self.records.append(record)
        return record

    def create_warehouse(self, code: str, priority: int | None) -> Warehouse:
        """Add a warehouse, tried last unless it says otherwise."""
        if any(each.code == code for each in self.warehouses):
            raise Refused("Conflict", {"code": code})
        last = 1 + max(each.priority for each in self.warehouses)
        warehouse = Warehouse(code, last if priority is None else priority)
        self.warehouses.append(warehouse)
        return warehouse

    def open_record(self, sku: str, warehouse: Warehouse, reorder_point: int | None) -> Record:
        """Open a record of zero in a further warehouse."""
        if sku not in self.products:
            raise Refused("ValidationError", {"field": "sku"})
        if any(each.sku == sku and each.warehouse is warehouse for each in self.records):
            raise Refused("Conflict", {"sku": sku})
        record = Record(sku, warehouse, reorder_point=reorder_point)
        self.records.append(record)
        self._look_at(record)
        return record

    # Stock

    def adjust(self, record: Record, amount: int, reason: str) -> None:
        """Correct what is on hand, but never below what is promised."""
        if record.on_hand + amount < record.reserved:
            raise Refused("Conflict", {"sku": record.sku, "quantityAvailable": record.available})
        self._move(record, "adjust", amount, 0, reason=reason, look=False)
        data = {"adjustment": amount, "quantityOnHand": record.on_hand, "reason": reason}
        self._tell_stock(record, "inventory.adjusted", data)
        self._look_at(record)

    def set_reorder_point(self, record: Record, point: int | None) -> None:
        """Change below how many available pieces a record is low."""
        record.reorder_point = point
        self._look_at(record)

    def _move(self, record: Record, kind: str, on_hand: int, reserved: int, *, look: bool = True, **cause: Any) -> None:
        record.on_hand += on_hand
        record.reserved += reserved
        row = {"kind": kind, "on_hand_delta": on_hand, "reserved_delta": reserved}
        after = {"on_hand_after": record.on_hand, "reserved_after": record.reserved}
        record.ledger.append({**row, **after, "reason": None, "parcel": None, "order": None, **cause})
        if look:
            self._look_at(record)

    def _look_at(self, record: Record) -> None:
        """Tell once when a record has become low."""
        was, record.low = record.low, record.is_below()
        if record.low and not was:
            self._tell_stock(record, "inventory.low_stock", {"reorderPoint": record.reorder_point})

    def _tell_stock(self, record: Record, event: str, data: Mapping[str, Any]) -> None:
        quantities = {"quantityAvailable": record.available, "quantityReserved": record.reserved}
        record.events += 1
        self.feed.append(Told(event, record, record.events, {**quantities, **data}, self.now))

    # Orders

    def place(
        self,
        external_id: str,
        asks: Sequence[Ask],
        addresses: int,
        currency: str,
        customer: tuple[str, str],
        body: Any,
    ) -> tuple[Order, bool, bool]:
        """Return the order, whether it was created, and whether a repeat asked for something else.

        Of an order that is erased nobody knows any more what was asked.
        """
        for order in self.orders:
            if order.external_id == external_id:
                return order, False, order.erased or order.body != body
        self._check(asks, addresses)
        lines = [Line(ask.sku, ask.quantity, ask.price, ask.address or 0) for ask in asks]
        self._check_stock(lines)
        order = Order(external_id, currency, body, lines, *customer)
        order.figures = self._figures(order)
        for line in lines:
            self._reserve(order, line)
        self.orders.append(order)
        total, count = order.figures
        self.tell(order, "order.created", {"total": total, "currency": currency, "itemCount": count})
        if self.auto_confirm:
            self._confirm(order)
        return order, True, False

    def _check(self, asks: Sequence[Ask], addresses: int) -> None:
        bad = []
        for index, ask in enumerate(asks):
            if not self.products.get(ask.sku, False):
                bad.append(f"items[{index}].sku")
            if ask.address is not None and ask.address >= addresses:
                bad.append(f"items[{index}].shippingAddress")
        if bad:
            raise Refused("ValidationError", {"field": bad[0], "fields": bad})

    def _check_stock(self, lines: Sequence[Line]) -> None:
        short = []
        for sku in dict.fromkeys(line.sku for line in lines):
            wanted = sum(line.quantity for line in lines if line.sku == sku)
            there = sum(record.available for record in self._tried(sku))
            if there < wanted:
                short.append({"sku": sku, "requested": wanted, "available": there})
        if short:
            raise Refused("InsufficientStock", {"shortages": short})

    def _tried(self, sku: str) -> list[Record]:
        """Return the records of a SKU that orders may take from, in the order in which they are tried."""
        ranks = {id(each): place for place, each in enumerate(self.warehouses)}
        usable = [each for each in self.records if each.sku == sku and each.warehouse.active]
        return sorted(usable, key=lambda each: (each.warehouse.priority, ranks[id(each.warehouse)]))

    def _reserve(self, order: Order, line: Line) -> None:
        for record in self._tried(line.sku):
            take = min(record.available, line.quantity - line.reserved)
            if take:
                self._move(record, "reserve", 0, take, order=order)
                line.held.append([record, take])
        # Promises are kept in the order of their records, oldest record first.
        line.held.sort(key=lambda held: self.records.index(held[0]))

    def confirm(self, order: Order) -> None:
        """Accept an order."""
        self._require(order, "confirm")
        self._confirm(order)

    def _confirm(self, order: Order) -> None:
        order.status = "confirmed"
        self.tell(order, "order.confirmed", {})

    def hold(self, order: Order, reason: str) -> None:
        """Put an order on hold."""
        self._require(order, "hold")
        order.hold_reason = reason
        self.tell(order, "order.held", {"reason": reason})

    def release(self, order: Order, reason: str) -> None:
        """End an order's hold."""
        self._require(order, "release")
        order.hold_reason = None
        self.tell(order, "order.released", {"reason": reason})

    def cancel(self, order: Order, reason: str | None) -> None:
        """Cancel an order, which keeps the figures it had."""
        self._require(order, "cancel")
        self._give_up_rest(order, reason)
        order.status, order.cancelled_at, order.cancel_reason = "cancelled", self.now, reason
        self.tell(order, "order.cancelled", {"reason": reason})

    def close_short(self, order: Order, reason: str) -> None:
        """End a partially shipped order; its figures follow what was shipped."""
        self._require(order, "close_short")
        self._give_up_rest(order, reason)
        order.figures = self._figures(order)
        arrived = all(parcel.status == "delivered" for parcel in order.parcels if parcel.status != "voided")
        order.status = "delivered" if arrived else "shipped"
        total, count = order.figures
        self.tell(
            order,
            "order.updated",
            {"change": "closed_short", "reason": reason, "total": total, "itemCount": count},
        )
        if arrived:
            self.tell(order, "order.delivered", {})

    def erase(self, customer_id: str | None, email: str | None) -> tuple[list[Order], int, list[Order]]:
        """Forget a customer in all orders that have ended; returns those, how many had forgotten, and the others."""
        theirs = [each for each in reversed(self.orders) if _is_whose(each, customer_id, email)]
        ended = [each for each in theirs if each.status in {"delivered", "cancelled"}]
        due = [each for each in ended if not each.erased]
        for order in due:
            self.carriers.forget(order)
            order.erased, order.customer_email = True, None
            if "@" in (order.customer_id or ""):
                order.customer_id = None
            self.tell(order, "order.redacted", {})
        return due, len(ended) - len(due), [each for each in theirs if each not in ended]

    def _give_up_rest(self, order: Order, reason: str | None) -> None:
        for parcel in order.parcels:
            if parcel.status == "label_created":
                self._void(order, parcel, self.now)
        for line in order.lines:
            for held in line.held:
                record, pieces = held
                if pieces:
                    line.cancelled += pieces
                    held[1] = 0
                    self._move(record, "release", 0, -pieces, order=order, reason=reason)
        order.hold_reason = None

    def _figures(self, order: Order) -> tuple[int, int]:
        """Return total (in minor units) and count of what is not cancelled."""
        for line in order.lines:
            line.total = minor_units((line.quantity - line.cancelled) * line.price, order.currency)
        return sum(line.total for line in order.lines), sum(line.quantity - line.cancelled for line in order.lines)

    def _require(self, order: Order, step: str) -> None:
        if step in order.allowed():
            return
        details: dict[str, Any] = {"status": order.status, "allowed": order.allowed()}
        if order.cancelled_at is not None:
            details |= {"cancelledAt": order.cancelled_at, "reason": order.cancel_reason}
        raise Refused("IllegalTransition", details)

    def tell(self, order: Order, event: str, data: Mapping[str, Any], parcel: Parcel | None = None) -> None:
        """Tell something of an order."""
        order.events += 1
        self.feed.append(Told(event, order, order.events, {"status": order.status, **data}, self.now, parcel))

    # Shipments

    def parcels(self) -> list[tuple[Order, Parcel]]:
        """Return all shipments, each with its order."""
        return [(order, parcel) for order in self.orders for parcel in order.parcels]

    def register(
        self,
        order: Order,
        carrier: str,
        tracking_number: str,
        items: Iterable[tuple[str | None, int | None, int]] | None,
        status: str,
        warehouse: Warehouse | None,
    ) -> Parcel:
        """Register a shipment of *items* (SKU or line number, pieces), or of all that stands on no label."""
        self._require(order, "ship" if status == "shipped" else "add_label")
        pieces = self._pack(order, items, warehouse)
        addresses = sorted({order.lines[piece.line_no - 1].address for piece in pieces})
        if len(addresses) > 1:
            raise Refused("Conflict", {"shippingAddresses": addresses})
        shown = CARRIERS.get(carrier.lower(), carrier)
        parcel = Parcel(shown, tracking_number, addresses[0], pieces, created_at=self.now)
        order.parcels.append(parcel)
        if status == "shipped":
            self.leave(order, parcel, self.now)
        else:
            self.tell(order, "shipment.label_created", {}, parcel)
        self.carriers.registered(order, parcel)
        return parcel

    def _pack(
        self,
        order: Order,
        items: Iterable[tuple[str | None, int | None, int]] | None,
        warehouse: Warehouse | None,
    ) -> list[Piece]:
        free: list[Piece] = []
        for number, line in enumerate(order.lines, 1):
            # By line and record, whatever was reserved first: a parcel is packed as it is read later.
            for record, pieces in sorted(line.held, key=lambda held: held[0].id):
                if warehouse is None or record.warehouse is warehouse:
                    free.append(Piece(number, record, pieces - order.on_labels(number, record)))
        if items is None:
            taken = [attrs.evolve(each) for each in free if each.quantity]
        else:
            taken = []
            for index, (sku, line_no, quantity) in enumerate(items):
                field = f"items[{index}].{'sku' if sku is not None else 'lineId'}"
                taken += _take(order, free, sku, line_no, quantity, field)
        if not taken:
            raise Refused("Conflict", {})
        merged: dict[tuple[int, int], Piece] = {}
        for piece in taken:
            key = (piece.line_no, id(piece.record))
            more = merged[key].quantity if key in merged else 0
            merged[key] = Piece(piece.line_no, piece.record, piece.quantity + more)
        return sorted(merged.values(), key=lambda piece: (piece.line_no, piece.record.id))

    def ship(self, order: Order, parcel: Parcel, ago: timedelta | None) -> None:
        """A label's goods leave."""
        self._require_parcel(parcel, "ship")
        self._require(order, "ship")
        self.leave(order, parcel, self._moment(ago, order.created_at or self.now))

    def leave(self, order: Order, parcel: Parcel, at: datetime) -> None:
        """A shipment leaves, whoever says so."""
        for piece in parcel.pieces:
            line = order.lines[piece.line_no - 1]
            held = next(held for held in line.held if held[0] is piece.record)
            held[1] -= piece.quantity
            line.shipped += piece.quantity
            self._move(piece.record, "ship", -piece.quantity, -piece.quantity, order=order, parcel=parcel)
        parcel.status, parcel.shipped_at = "shipped", at
        rest = sum(line.reserved for line in order.lines)
        order.status = "partially_shipped" if rest else "shipped"
        self.tell(order, "order.shipped", {}, parcel)

    def deliver(self, order: Order, parcel: Parcel, ago: timedelta | None) -> None:
        """A shipment has arrived, and with the last one its order."""
        self._require_parcel(parcel, "deliver")
        self._require(order, "deliver")
        self.arrive(order, parcel, self._moment(ago, parcel.shipped_at or self.now))

    def arrive(self, order: Order, parcel: Parcel, at: datetime) -> None:
        """A shipment arrives, whoever says so."""
        parcel.status, parcel.delivered_at = "delivered", at
        self.tell(order, "shipment.delivered", {}, parcel)
        if order.status == "shipped" and all(each.status in {"delivered", "voided"} for each in order.parcels):
            order.status = "delivered"
            self.tell(order, "order.delivered", {})

    def void(self, order: Order, parcel: Parcel, ago: timedelta | None) -> None:
        """A label will not be used."""
        self._require_parcel(parcel, "void")
        self._require(order, "void_label")
        self._void(order, parcel, self._moment(ago, parcel.created_at))

    def _void(self, order: Order, parcel: Parcel, at: datetime) -> None:
        parcel.status, parcel.voided_at = "voided", at
        self.tell(order, "shipment.voided", {}, parcel)

    def _moment(self, ago: timedelta | None, not_before: datetime) -> datetime:
        """Return when it happened; neither the future nor a second before it could is accepted."""
        at = self.now - ago if ago is not None else self.now
        if at > self.now or at < not_before.replace(microsecond=0):
            raise Refused("ValidationError", {"field": "at"})
        return at

    @staticmethod
    def _require_parcel(parcel: Parcel, step: str) -> None:
        if step not in parcel.allowed():
            raise Refused("IllegalTransition", {"status": parcel.status, "allowed": parcel.allowed()})


def _is_whose(order: Order, customer_id: str | None, email: str | None) -> bool:
    if customer_id is not None:
        return order.customer_id == customer_id
    return email is not None and (order.customer_email or "").lower() == email.lower()


def _take(
    order: Order, free: list[Piece], sku: str | None, line_no: int | None, quantity: int, field: str
) -> list[Piece]:
    wanted = [number for number, line in enumerate(order.lines, 1) if number == line_no or line.sku == sku]
    if not wanted:
        raise Refused("ValidationError", {"field": field})
    left = quantity
    taken = []
    for each in free:
        if each.line_no in wanted and left and each.quantity:
            pieces = min(left, each.quantity)
            each.quantity -= pieces
            left -= pieces
            taken.append(Piece(each.line_no, each.record, pieces))
    if left:
        raise Refused("Conflict", {"requested": quantity, "shippable": quantity - left})
    return taken

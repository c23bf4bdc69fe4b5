"""What happened, told line by line, and its digest."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from vectis_core import commands
from vectis_core.errors import VectisError
from vectis_core.orders.model import Order, Placed, Shipment
from vectis_core.stock.model import StockRecord
from vectis_core.webhooks.model import Delivery, IssuedSubscription, Subscription

#: By one of these names a command says what it is about.
_IDS = ("order_id", "shipment_id", "subscription_id", "delivery_id")


class Story:
    """Lines of what happened, each with its moment and who it happened to."""

    def __init__(self) -> None:
        self._lines: list[tuple[datetime, str, str]] = []

    def tell(self, at: datetime, who: str, what: str) -> None:
        """Add a line."""
        self._lines.append((at, who, what))

    def lines(self) -> Iterator[str]:
        """Yield each line, with a headline for each day."""
        day = None
        for at, who, what in self._lines:
            if at.date() != day:
                day = at.date()
                yield f"{day}"
            yield f"  {at:%H:%M:%S.%f} {who:>5} {what}"

    def digest(self) -> str:
        """Return a SHA-256 of all of it."""
        text = "\n".join(f"{at.isoformat()} {who} {what}" for at, who, what in self._lines)
        return hashlib.sha256(text.encode()).hexdigest()


def asked(command: commands.Command[Any]) -> str:
    """Return a command in words."""
    name = type(command).__name__
    match command:
        case commands.PlaceOrder():
            items = ", ".join(f"{item.quantity} x {item.sku} at {item.unit_price}" for item in command.intent.items)
            words = f"{name} {command.intent.external_id}: {items}"
        case commands.RegisterShipment():
            items = ", ".join(f"{item.quantity} x {item.sku}" for item in command.intent.items or ()) or "all of it"
            words = f"{name} of {command.order_id}: {items}, {command.intent.status}"
        case commands.AdjustStock():
            words = f"{name} {command.stock_id} by {command.intent.adjustment:+d}"
        case commands.UpdateStockRecord():
            words = f"{name} {command.stock_id}: reorder point {command.intent.reorder_point}"
        case commands.CreateProduct():
            words = f"{name} {command.intent.sku}"
        case commands.OpenStockRecord():
            words = f"{name} of {command.intent.sku} in {command.intent.warehouse_id}"
        case commands.CreateSubscription():
            words = f"{name} {command.intent.url} to {', '.join(command.intent.events)}"
        case commands.UpdateSubscription():
            words = f"{name} {command.subscription_id}: {'active' if command.intent.active else 'paused'}"
        case _:
            ids = (getattr(command, name, None) for name in _IDS)
            words = f"{name} {next((each for each in ids if each is not None), '')}".rstrip()
    return f"{words} [{command.command_id}]" if command.command_id else words


def answered(result: object, error: BaseException | None) -> str:
    """Return an answer in words."""
    if error is not None:
        return f"{type(error).__name__}: {error.message if isinstance(error, VectisError) else error}"
    if isinstance(result, Placed):
        return f"{'created' if result.created else 'there already'}: {seen(result.order)}"
    return f"done: {seen(result)}"


def seen(entity: object) -> str:
    """Return an entity's state in words."""
    match entity:
        case None:
            return "nothing"
        case Order():
            held = ", on hold" if entity.on_hold else ""
            lines = " ".join(f"{line.quantity}={line.reserved}r+{line.shipped}s" for line in entity.lines)
            return f"order {entity.id} {entity.status}{held} at event {entity.event_seq}, lines {lines}"
        case Shipment():
            return f"shipment {entity.id} {entity.status}"
        case StockRecord():
            low = ", low" if entity.low else ""
            return (
                f"{entity.sku} in {entity.id}: {entity.on_hand} on hand, {entity.reserved} reserved"
                f" at row {entity.ledger_seq}{low}"
            )
        case IssuedSubscription() | Subscription() | Delivery():
            return _seen_of_webhooks(entity)
    return type(entity).__name__


def _seen_of_webhooks(entity: IssuedSubscription | Subscription | Delivery) -> str:
    if isinstance(entity, Delivery):
        return f"delivery {entity.id} of {entity.event_id} {entity.status}"
    webhook = entity.subscription if isinstance(entity, IssuedSubscription) else entity
    return f"webhook {webhook.id} of {webhook.url} {webhook.status}"

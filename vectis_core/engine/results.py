"""How results are kept, so that a repeat by command id gets the same answer.

A kept result holds nothing of a customer: an order's addresses, its customer's mail and id, which may be a mail
address, the digest of what was asked, and a carrier's words on a shipment, which may name who took it, are put back
from the order when it is read, so that erasing them there erases them. A secret is kept as null.
"""

from __future__ import annotations

import hmac
import json
import typing
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

import attrs

from vectis_core.access import IssuedClient
from vectis_core.clock import from_micros, to_micros
from vectis_core.commands import Command, CreateSubscription, RotateSecret
from vectis_core.errors import IdempotencyConflict
from vectis_core.orders.model import Order, Shipment
from vectis_core.ports import StoredResult
from vectis_core.unit_of_work import UnitOfWork
from vectis_core.webhooks.model import IssuedSubscription

if TYPE_CHECKING:
    from cattrs import Converter

#: What a kept order has in place of all that erasing it may change.
_NOBODYS: Mapping[str, Any] = {
    "customer_id": None,
    "customer_email": None,
    "shipping_addresses": (),
    "billing_address": None,
    "fingerprint": "",
}


@cache
def _converter() -> Converter:
    """Return the converter between results and plain data; made late, because few processes need it at once."""
    from cattrs import Converter  # noqa: PLC0415 - importing it takes longer than importing the core

    converter = Converter()
    converter.register_unstructure_hook(datetime, to_micros)
    converter.register_structure_hook(datetime, lambda micros, _: from_micros(micros))
    converter.register_unstructure_hook(Decimal, str)
    converter.register_structure_hook(Decimal, lambda text, _: Decimal(text))
    return converter


def _result_type(command: Command[Any]) -> type:
    base = next(b for b in type(command).__orig_bases__ if typing.get_origin(b) is Command)  # type: ignore[attr-defined]  # every Generic has them
    result: type = typing.get_args(base)[0]
    return result


def keep(work: UnitOfWork, command: Command[Any], command_id: str, fingerprint: str, result: Any) -> None:
    """Keep the result of *command* in its own transaction."""
    if isinstance(result, Order):
        unsaid = tuple(_unsaid(shipment) for shipment in result.shipments)
        result = attrs.evolve(result, **_NOBODYS, shipments=unsaid)
    elif isinstance(result, Shipment):
        result = _unsaid(result)
    elif isinstance(result, IssuedClient | IssuedSubscription):
        result = attrs.evolve(result, secret=None)
    text = json.dumps(_converter().unstructure(result), separators=(",", ":"))
    caller = command.caller
    work.put_result(StoredResult(caller.tenant, caller.scope, command_id, fingerprint, text, work.now))


def kept(work: UnitOfWork, command: Command[Any], command_id: str, fingerprint: str) -> Any | None:
    """Return the kept result of the command with this id, ``None`` where it was never run.

    Raises ``IdempotencyConflict`` where the id belongs to a different command.
    """
    stored = work.result(command.caller.scope, command_id)
    if stored is None:
        return None
    if stored.fingerprint != fingerprint:
        raise _used(command_id)
    result: Any = _converter().structure(json.loads(stored.result), _result_type(command))
    if isinstance(command, CreateSubscription | RotateSecret) and not _same_secret(command, result, work):
        raise _used(command_id)
    if isinstance(result, Order | Shipment):
        result = _whole(result, work)
    return result


def _unsaid(shipment: Shipment) -> Shipment:
    """Return a shipment without the carrier's words on it."""
    shown = shipment.tracking
    return attrs.evolve(shipment, tracking=attrs.evolve(shown, description=None)) if shown is not None else shipment


def _whole(kept: Order | Shipment, work: UnitOfWork) -> Order | Shipment:
    """Return a kept result with what is personal, as far as the order still has it."""
    order = work.order(kept.id if isinstance(kept, Order) else kept.order_id)
    if order is None:
        return kept
    today = {shipment.id: shipment for shipment in order.shipments}
    if isinstance(kept, Shipment):
        return _said(kept, today)
    return attrs.evolve(
        kept,
        **{name: getattr(order, name) for name in _NOBODYS},
        shipments=tuple(_said(shipment, today) for shipment in kept.shipments),
    )


def _said(kept: Shipment, today: Mapping[str, Shipment]) -> Shipment:
    """Return a kept shipment with the carrier's words, where they are the same as today's."""
    shipment = today.get(kept.id)
    if shipment is not None and kept.tracking == _unsaid(shipment).tracking:
        return attrs.evolve(kept, tracking=shipment.tracking)
    return kept


def _same_secret(command: CreateSubscription | RotateSecret, result: IssuedSubscription, work: UnitOfWork) -> bool:
    """Return whether the repeat gives the secret that was given at first, of which the fingerprint says nothing."""
    given = command.intent.secret
    if given is None:
        return True
    subscription = result.subscription
    return hmac.compare_digest(given.encode(), work.opened(subscription.secrets[0].sealed, subscription.id).encode())


def _used(command_id: str) -> IdempotencyConflict:
    message = "This command id (Idempotency-Key) was used for a different request; use a new one"
    return IdempotencyConflict(message, {"commandId": command_id})

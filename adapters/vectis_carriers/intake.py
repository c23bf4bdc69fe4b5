"""From a push to commands, and from what these came to, to the answer that the carrier gets."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import attrs

from vectis_carriers.cutting import without_files
from vectis_carriers.payload import read_body, unreadable
from vectis_carriers.verifying import Push, is_proved
from vectis_core.commands import Command, KeepPayload, NoteCarrier, RecordScan
from vectis_core.engine import Outcome
from vectis_core.errors import ServiceUnavailable, StoreError, Unauthorized, VectisError
from vectis_core.tenancy import Caller
from vectis_core.tracking.accounts import CarrierAccount, payload_owner, secret_owner
from vectis_core.tracking.carrier import Carrier, UnreadablePayload, carrier_of
from vectis_core.tracking.model import Fault, Filed, Filing, Parsed
from vectis_core.vault import Vault
from vectis_core.vectis import Vectis

_logger = logging.getLogger("vectis.carriers")

#: Most events, and parts that tell of none, of one push; carriers send a few dozen. All of them wait in the one queue.
PARTS_MAX = 2_000


class NotProved(Unauthorized):
    """A push does not prove that it comes from its carrier, or nothing is configured for the carrier."""


@attrs.frozen
class Understood:
    """What a push asks to be done, and what of it nothing can be done about."""

    #: The event of each, in the payload's order.
    scans: tuple[RecordScan, ...]
    others: tuple[Command[Any], ...]
    faults: tuple[Fault, ...]
    #: What the carrier wants to be told.
    reply: Mapping[str, str]
    #: Why nothing else could be made of it.
    unreadable: UnreadablePayload | None = None

    @property
    def commands(self) -> tuple[Command[Any], ...]:
        """All that is to be run; the payload first, so that it is kept whatever becomes of the rest."""
        return (*self.others, *self.scans)


@attrs.frozen
class Receipt:
    """What was taken of a push."""

    accepted: int
    duplicates: int
    #: Of shipments that are not registered yet.
    waiting: int
    rejected: tuple[Fault, ...]
    reply: Mapping[str, str]

    @property
    def counts(self) -> Mapping[str, int]:
        """How many events came to what."""
        filed = {Filing.ACCEPTED: self.accepted, Filing.DUPLICATE: self.duplicates, Filing.WAITING: self.waiting}
        return {str(outcome): count for outcome, count in filed.items()} | {"rejected": len(self.rejected)}


def require_proof(account: CarrierAccount | None, vault: Vault, carrier: Carrier, push: Push) -> CarrierAccount:
    """Return the account where the push proves itself by it.

    Raises ``NotProved``; ``ServiceUnavailable`` where no master key at hand opens the account's secrets, so that the
    carrier sends again what cannot be judged now.
    """
    if account is not None and not account.is_closed and is_proved(account, _secrets(account, vault), carrier, push):
        return account
    raise not_proved(carrier.name)


def _secrets(account: CarrierAccount, vault: Vault) -> list[str]:
    owner = secret_owner(account.tenant, account.carrier)
    try:
        return [vault.open(sealed, owner).decode() for sealed in account.secrets]
    except StoreError as error:
        raise ServiceUnavailable(f"No master key at hand opens the secrets of {owner}: set them anew") from error


def not_proved(carrier: str) -> NotProved:
    """Return the refusal of a push, the same whatever is wrong with it."""
    return NotProved(
        f"Nothing proves that this comes from {carrier}: configure how its pushes prove themselves with "
        f"PUT /api/carriers/{carrier}, and give the carrier the same secret"
    )


def understand(caller: Caller, account: CarrierAccount, vault: Vault, body: bytes, now: datetime) -> Understood:
    """Return what a push that has proved itself asks for; raises ``UnreadablePayload`` where its body is no JSON.

    JSON that is of no form of the carrier's is kept, like all else: a parser to come may read it.
    """
    carrier = carrier_of(account.carrier)
    payload = read_body(body)
    parsed, refusal = Parsed(), None
    try:
        parsed = parsed_of(carrier, payload)
    except UnreadablePayload as error:
        fields = {"carrier": carrier.name, "tenant": caller.tenant}
        told = "%s: a push that proved itself could not be read: %s"
        _logger.warning(told, carrier.name, error.message, extra=fields)
        refusal = error
    _log(carrier.name, caller.tenant, parsed)
    others: list[Command[Any]] = []
    # What a handshake is to be answered with stands in its payload alone.
    days = account.payload_days or (1 if parsed.notices else 0)
    if days:
        # Where the form is not known, nor is it known which members hold pictures.
        kept = carrier.cut(payload) if refusal is None else without_files(payload)
        plain = json.dumps(kept, separators=(",", ":")).encode()
        sealed = vault.seal(plain, payload_owner(account.tenant, account.carrier))
        others.append(KeepPayload(caller=caller, carrier=carrier.name, received_at=now, days=days, sealed=sealed))
    if parsed.notices:
        others.append(NoteCarrier(caller=caller, carrier=carrier.name, notices=parsed.notices))
    reply = {name: text for notice in parsed.notices for name, text in (notice.reply or {}).items()}
    scans = scans_of(caller, account, carrier, parsed, now)
    return Understood(scans, tuple(others), parsed.faults, reply, refusal)


def parsed_of(carrier: Carrier, payload: Any) -> Parsed:
    """Return all that a payload says; raises ``UnreadablePayload``, also for more parts than a push can have."""
    parsed = carrier.parse(payload)
    if len(parsed.events) + len(parsed.faults) > PARTS_MAX:
        raise unreadable(f"The body must not tell of more than {PARTS_MAX} events")
    return parsed


def scans_of(
    caller: Caller,
    account: CarrierAccount | None,
    carrier: Carrier,
    parsed: Parsed,
    received_at: datetime,
    *,
    anew: bool = False,
) -> tuple[RecordScan, ...]:
    """Return the commands that file the events of a payload; *account* may say which zone local times are in."""
    configured = account.zone if account is not None else None
    return tuple(
        RecordScan(
            caller=caller,
            intent=event,
            at=event.moment(received_at, configured, carrier.default_zone),
            received_at=received_at,
            anew=anew,
        )
        for event in parsed.events
    )


def receipt_of(understood: Understood, outcomes: Sequence[Outcome[Any] | VectisError]) -> Receipt:
    """Return what was taken, given what the commands came to, in their order.

    Raises the first error that a repeat of the same push may not meet, so that the carrier sends it again: what was
    taken is then a duplicate. Raises ``UnreadablePayload`` where nothing could be made of the push.
    """
    for outcome in outcomes:
        if isinstance(outcome, VectisError) and outcome.http_status >= 500:
            raise outcome
    if understood.unreadable is not None:
        raise understood.unreadable
    counts = dict.fromkeys(Filing, 0)
    rejected = list(understood.faults)
    filed = outcomes[len(understood.others) :]
    for index, (command, outcome) in enumerate(zip(understood.scans, filed, strict=True)):
        if isinstance(outcome, VectisError):
            told = f"event {index + 1} ({command.intent.code} of {command.intent.tracking_number})"
            rejected.append(Fault(told, outcome.message))
        else:
            result: Filed = outcome.result
            counts[result.outcome] += 1
    return Receipt(
        counts[Filing.ACCEPTED],
        counts[Filing.DUPLICATE],
        counts[Filing.WAITING],
        tuple(rejected),
        understood.reply,
    )


def receive(oms: Vectis, carrier: str, push: Push, *, tenant: str = "default") -> Receipt:
    """Take a push of a carrier in process, in the way that the HTTP API does.

    Each of its events is durable, or refused with a reason, when this returns. Raises ``NotProved``,
    ``UnreadablePayload``, ``NotFound`` for a carrier that is not installed, ``ServiceUnavailable``.
    """
    dialect = carrier_of(carrier)
    with oms.engine.read() as view:
        found = view.carrier(tenant, dialect.name)
    account = require_proof(found, oms.vault, dialect, push)
    caller = carrier_caller(tenant, dialect.name)
    understood = understand(caller, account, oms.vault, push.body, oms.clock.now())
    receipt = receipt_of(understood, oms.engine.run_all(understood.commands))
    oms.engine.audience.push_taken(dialect.name, receipt.counts)
    return receipt


def carrier_caller(tenant: str, carrier: str) -> Caller:
    """Return who acts when a carrier reports."""
    return Caller(tenant, f"carrier:{carrier}")


def _log(carrier: str, tenant: str, parsed: Parsed) -> None:
    """Tell what an operator should look at; numbers, names and what messages say stay out of logs."""
    fields = {"carrier": carrier, "tenant": tenant}
    for event in parsed.events:
        if event.reading.row is None:
            _logger.warning("%s: no table has the code %r (%s)", carrier, event.code, event.reading.table, extra=fields)
    for notice in parsed.notices:
        level = logging.WARNING if notice.is_alarming else logging.INFO
        told = "%s: its push service sent %r; 'vectis carriers list' says more"
        _logger.log(level, told, carrier, notice.kind, extra=fields)
    for fault in parsed.faults:
        _logger.warning("%s: %s %s", carrier, fault.path, fault.message, extra=fields)


__all__ = ["NotProved", "Push", "Receipt", "Understood", "UnreadablePayload", "receive"]

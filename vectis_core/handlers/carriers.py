"""What a tenant configures for carriers, and what it keeps of what they send."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import attrs

from vectis_core.commands import CloseCarrier, ConfigureCarrier, KeepPayload, NoteCarrier, ResealCarrier, ResealPayload
from vectis_core.errors import NotFound, ValidationError
from vectis_core.identity_map import Keys
from vectis_core.tracking.accounts import (
    CLOSED,
    CarrierAccount,
    CarrierSetup,
    KeptNotice,
    KeptPayload,
    payload_owner,
    secret_owner,
)
from vectis_core.tracking.carrier import carrier_of
from vectis_core.unit_of_work import UnitOfWork

#: Notices of a carrier that are kept.
_NOTICES_KEPT = 10
_WITHOUT_SECRET = {"oauth", "open"}
#: What stands in a path as it is, in whatever way a carrier writes addresses (RFC 3986, section 2.3).
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]+")
#: The parameter of the query that names the tenant.
_TENANT = "tenant"


def keys(command: ConfigureCarrier | CloseCarrier | NoteCarrier | ResealCarrier, keys: Keys) -> None:
    """Name the carrier."""
    keys.carriers.add((command.caller.tenant, command.carrier))


def configure(command: ConfigureCarrier, work: UnitOfWork) -> CarrierAccount:
    """Say how a carrier's pushes prove themselves; raises ``NotFound`` for one that is not installed."""
    carrier_of(command.carrier)
    setup, known = command.intent, work.carrier(command.carrier)
    _check(setup, known)
    secrets = known.secrets if known is not None else ()
    if setup.secrets is not None:
        owner = secret_owner(command.caller.tenant, command.carrier)
        secrets = tuple(work.seal(secret, owner) for secret in setup.secrets)
    account = CarrierAccount(
        tenant=command.caller.tenant,
        carrier=command.carrier,
        proof=setup.proof,
        secrets=() if setup.proof in _WITHOUT_SECRET else secrets,
        header=setup.header.lower() if setup.header is not None else None,
        encoding=setup.encoding,
        parameter=setup.parameter,
        username=setup.username,
        client_id=setup.client_id,
        zone=setup.zone,
        payload_days=setup.payload_days,
        created_at=known.created_at if known is not None else work.now,
        updated_at=_later(work.now, known),
        notices=known.notices if known is not None else (),
    )
    work.put_carrier(account)
    return account


def close(command: CloseCarrier, work: UnitOfWork) -> CarrierAccount:
    """Accept nothing more from a carrier, and forget its secrets."""
    known = work.carrier(command.carrier)
    if known is None or known.is_closed:
        raise NotFound(f"Nothing is configured for {command.carrier}")
    account = attrs.evolve(known, proof=CLOSED, secrets=(), client_id=None, updated_at=_later(work.now, known))
    work.put_carrier(account)
    return account


def reseal(command: ResealCarrier, work: UnitOfWork) -> None:
    """Seal the secrets once more; raises ``StoreError`` where no master key at hand opens one."""
    known = work.carrier(command.carrier)
    if known is None:
        raise NotFound(f"Nothing is configured for {command.carrier}")
    owner = secret_owner(known.tenant, known.carrier)
    secrets = tuple(work.seal(work.opened(each, owner), owner) for each in known.secrets)
    work.put_carrier(attrs.evolve(known, secrets=secrets, updated_at=_later(work.now, known)))


def note(command: NoteCarrier, work: UnitOfWork) -> CarrierAccount:
    """Write down what a carrier's push service said about itself, newest first."""
    known = work.carrier(command.carrier)
    if known is None:
        raise NotFound(f"Nothing is configured for {command.carrier}")
    heard = [
        KeptNotice(each.kind, each.message, each.subscription, each.is_alarming, work.now) for each in command.notices
    ]
    kept = (*reversed(heard), *known.notices)[:_NOTICES_KEPT]
    account = attrs.evolve(known, notices=kept, updated_at=_later(work.now, known))
    work.put_carrier(account)
    return account


def keep_payload(command: KeepPayload, work: UnitOfWork) -> None:
    """Keep what a carrier sent, for a while."""
    kept = KeptPayload(
        tenant=command.caller.tenant,
        id=work.new_id("pay"),
        carrier=command.carrier,
        received_at=command.received_at,
        expires_at=work.now + timedelta(days=command.days),
        sealed=command.sealed,
    )
    work.payloads.append((None, kept))


def reseal_payload(command: ResealPayload, work: UnitOfWork) -> None:
    """Seal a payload once more; raises ``StoreError`` where no master key at hand opens it."""
    kept = command.payload
    owner = payload_owner(kept.tenant, kept.carrier)
    work.payloads.append((kept, attrs.evolve(kept, sealed=work.seal(work.opened(kept.sealed, owner), owner))))


def _later(now: datetime, known: CarrierAccount | None) -> datetime:
    """Return a moment that differs from that of the last change, which guards the next one."""
    return now if known is None else max(now, known.updated_at + timedelta(microseconds=1))


def _check(setup: CarrierSetup, known: CarrierAccount | None) -> None:
    """Raise ``ValidationError`` where a proof lacks what it goes by."""
    needed = {"basic": ("username", setup.username), "oauth": ("clientId", setup.client_id)}
    name, value = needed.get(setup.proof, ("", ""))
    if value is None:
        raise ValidationError.of(name, f"is required with the proof {setup.proof}")
    if setup.proof == "hmac" and setup.header is None:
        raise ValidationError.of("header", "is required with the proof hmac")
    if setup.proof == "open" and not setup.accept_unproven:
        words = "must be true with the proof open: anybody who knows the address can then report that parcels arrived"
        raise ValidationError.of("acceptUnproven", words)
    _check_address(setup)
    if setup.proof in _WITHOUT_SECRET:
        if setup.secrets is not None:
            raise ValidationError.of("secrets", f"must be left out with the proof {setup.proof}")
    elif setup.secrets is None and (known is None or not known.secrets):
        raise ValidationError.of("secrets", f"are required with the proof {setup.proof}")


def _check_address(setup: CarrierSetup) -> None:
    """Raise ``ValidationError`` where a secret cannot stand where the address is to carry it."""
    if setup.proof == "query" and setup.parameter == _TENANT:
        raise ValidationError.of("parameter", "must be another than that of the tenant")
    if setup.proof == "path":
        for index, secret in enumerate(setup.secrets or ()):
            if _UNRESERVED.fullmatch(secret) is None:
                raise ValidationError.of(f"secrets[{index}]", "must be letters, digits and -._~ to stand in a path")

"""What a new master key asks for: all that lasts and is sealed is sealed once more, with that key.

That is the secrets of webhooks and carriers, and what carriers sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs

from vectis_core.commands import Command, ResealCarrier, ResealPayload, ResealSecrets
from vectis_core.engine import Engine
from vectis_core.errors import NotFound, StoreConflict, StoreError, VectisError
from vectis_core.ports import Slice, View
from vectis_core.tenancy import Caller, Tenant
from vectis_core.tracking.accounts import secret_owner
from vectis_core.vault import Vault

#: So many rows are read at a time.
_PAGE = 500
_PAYLOADS = 20


@attrs.frozen
class Sealed:
    """A webhook or a carrier, with what is sealed of it."""

    #: The id of a webhook; of a carrier ``carrier:TENANT:NAME``. What its secrets are sealed for.
    owner: str
    secrets: tuple[str, ...]
    #: Seals them anew.
    command: Command[Any]


def reseal_secrets(engine: Engine, vault: Vault) -> tuple[str, ...]:
    """Seal the secrets of all webhooks and carriers, and what carriers sent, with the first master key.

    Returns the webhooks and carriers whose secrets cannot be opened. What was sent and cannot be opened stays as it
    is, until its time is up.
    """
    with engine.read() as view:
        found = [each for each in sealing(view) if each.secrets]
    unreadable = []
    for each in found:
        if not _is_readable(each, vault):
            unreadable.append(each.owner)
            continue
        try:
            engine.run(each.command)
        except NotFound:
            # It has ended meanwhile, and its secrets with it.
            continue
    with engine.read() as view:
        tenants = [tenant.id for page in _tenants(view) for tenant in page]
    for tenant in tenants:
        _reseal_payloads(engine, tenant)
    return tuple(unreadable)


def _reseal_payloads(engine: Engine, tenant: str) -> None:
    """Seal a tenant's kept payloads once more, a few at a time, since each may be large."""
    after = ""
    while True:
        with engine.read() as view:
            page = view.payloads(tenant, after, _PAYLOADS)
        if not page:
            return
        after = page[-1].id
        outcomes = engine.run_all([ResealPayload(caller=Caller(tenant), payload=each) for each in page])
        for outcome in outcomes:
            # Cleared or sealed by somebody else meanwhile, or sealed with a key that is not at hand.
            if isinstance(outcome, VectisError) and not isinstance(outcome, StoreConflict | StoreError):
                raise outcome


def sealing(view: View) -> Iterator[Sealed]:
    """Return all that the master key is needed for beside the signing keys, of all tenants.

    That is each webhook that has not ended, for it has secrets, and each carrier, for what it sent is sealed too.
    """
    for page in _tenants(view):
        for tenant in page:
            yield from _webhooks(view, tenant.id)
            yield from _carriers(view, tenant.id)


def _tenants(view: View) -> Iterator[list[Tenant]]:
    after = ""
    while page := view.tenants(after, _PAGE):
        yield page
        after = page[-1].id


def _webhooks(view: View, tenant: str) -> Iterator[Sealed]:
    before = None
    while page := view.subscriptions(tenant, Slice(_PAGE, before=before)):
        for each in page:
            command = ResealSecrets(caller=Caller(tenant), subscription_id=each.id)
            yield Sealed(each.id, tuple(secret.sealed for secret in each.secrets), command)
        before = page[-1].id


def _carriers(view: View, tenant: str) -> Iterator[Sealed]:
    for each in view.carriers(tenant):
        command = ResealCarrier(caller=Caller(tenant), carrier=each.carrier)
        yield Sealed(secret_owner(tenant, each.carrier), each.secrets, command)


def _is_readable(sealed: Sealed, vault: Vault) -> bool:
    try:
        for each in sealed.secrets:
            vault.open(each, sealed.owner)
    except StoreError:
        return False
    return True

"""What a new master key asks for: all that is sealed, but for the signing keys, is sealed once more with that key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs

from vectis_core.commands import Command, ResealCarrier, ResealPayloads, ResealSecrets
from vectis_core.engine import Engine
from vectis_core.errors import NotFound, StoreError
from vectis_core.ports import Slice, View
from vectis_core.tenancy import Caller, Tenant
from vectis_core.tracking.accounts import payload_owner, secret_owner
from vectis_core.vault import Vault

#: So many rows are read at a time.
_PAGE = 500


@attrs.frozen
class Sealed:
    """A webhook or a carrier, with what is sealed of it."""

    #: The id of a webhook; of a carrier ``carrier:TENANT:NAME``. What its secrets are sealed for.
    owner: str
    secrets: tuple[str, ...]
    #: Seals them anew.
    command: Command[Any]


def reseal_secrets(engine: Engine, vault: Vault) -> tuple[str, ...]:
    """Seal the secrets of webhooks and carriers, and what carriers sent, with the first master key.

    Returns what cannot be opened, by what it is sealed for.
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
    return (*unreadable, *_reseal_payloads(engine))


def _reseal_payloads(engine: Engine) -> list[str]:
    """Seal what the carriers of all tenants sent, page by page; return what none opens, by what it is sealed for."""
    unreadable: set[str] = set()
    with engine.read() as view:
        tenants = [tenant.id for tenant in _tenants(view)]
    for tenant in tenants:
        after: str | None = ""
        while after is not None:
            done = engine.run(ResealPayloads(caller=Caller(tenant), after=after))
            unreadable.update(payload_owner(tenant, carrier) for carrier in done.unreadable)
            after = done.next
    return sorted(unreadable)


def sealing(view: View) -> Iterator[Sealed]:
    """Return all that the master key is needed for beside the signing keys, of all tenants.

    That is each webhook that has not ended, for it has secrets, and each carrier, for what it sent is sealed too.
    """
    for tenant in _tenants(view):
        yield from _webhooks(view, tenant.id)
        yield from _carriers(view, tenant.id)


def _tenants(view: View) -> Iterator[Tenant]:
    after = ""
    while page := view.tenants(after, _PAGE):
        yield from page
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

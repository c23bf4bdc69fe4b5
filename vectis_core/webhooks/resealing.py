"""What a new master key asks for: the secrets of webhooks and carriers are sealed once more, with that key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs

from vectis_core.commands import Command, ResealCarrier, ResealSecrets
from vectis_core.engine import Engine
from vectis_core.errors import NotFound, StoreError
from vectis_core.ports import Slice, View
from vectis_core.tenancy import Caller
from vectis_core.tracking.accounts import secret_owner
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
    """Seal the secrets of all webhooks and carriers with the first master key; return those that cannot be opened."""
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
    return tuple(unreadable)


def sealing(view: View) -> Iterator[Sealed]:
    """Return all that the master key is needed for beside the signing keys, of all tenants.

    That is each webhook that has not ended, for it has secrets, and each carrier, for what it sent is sealed too.
    """
    after = ""
    while tenants := view.tenants(after, _PAGE):
        for tenant in tenants:
            yield from _webhooks(view, tenant.id)
            yield from _carriers(view, tenant.id)
        after = tenants[-1].id


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

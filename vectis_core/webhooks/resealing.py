"""What a new master key asks of webhooks: their secrets are sealed once more, with that key."""

from __future__ import annotations

from collections.abc import Iterator

from vectis_core.commands import ResealSecrets
from vectis_core.engine import Engine
from vectis_core.errors import NotFound, StoreError
from vectis_core.ports import Slice, View
from vectis_core.tenancy import Caller
from vectis_core.vault import Vault
from vectis_core.webhooks.model import Subscription

#: So many rows are read at a time.
_PAGE = 500


def reseal_secrets(engine: Engine, vault: Vault) -> tuple[str, ...]:
    """Seal the secrets of all webhooks with the first master key; return the ids of those that cannot be opened."""
    with engine.read() as view:
        subscriptions = list(sealing(view))
    unreadable = []
    for subscription in subscriptions:
        if not _is_readable(subscription, vault):
            unreadable.append(subscription.id)
            continue
        try:
            engine.run(ResealSecrets(caller=Caller(subscription.tenant), subscription_id=subscription.id))
        except NotFound:
            # It has ended meanwhile, and its secrets with it.
            continue
    return tuple(unreadable)


def sealing(view: View) -> Iterator[Subscription]:
    """Return the webhooks of all tenants that have not ended: each has secrets that are sealed."""
    after = ""
    while tenants := view.tenants(after, _PAGE):
        for tenant in tenants:
            before = None
            while page := view.subscriptions(tenant.id, Slice(_PAGE, before=before)):
                yield from page
                before = page[-1].id
        after = tenants[-1].id


def _is_readable(subscription: Subscription, vault: Vault) -> bool:
    try:
        for each in subscription.secrets:
            vault.open(each.sealed, subscription.id)
    except StoreError:
        return False
    return True

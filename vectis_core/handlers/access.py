"""API clients, signing keys, and allowances of requests."""

from __future__ import annotations

from datetime import timedelta

import attrs

from vectis_core.access import (
    DEFAULT_SCOPES,
    LIVE_SECRETS,
    Allowance,
    ApiClient,
    ClientSecret,
    IssuedClient,
    SigningKey,
    digest_of,
)
from vectis_core.commands import (
    AddClientSecret,
    AddSigningKey,
    CreateClient,
    LeaseAllowance,
    RevokeClient,
)
from vectis_core.errors import Conflict, NotFound
from vectis_core.identity_map import Keys
from vectis_core.ports import RateWindow
from vectis_core.unit_of_work import UnitOfWork


def keys_of_client(command: AddClientSecret | RevokeClient, keys: Keys) -> None:
    """Name the client."""
    keys.clients.add((command.caller.tenant, command.client_id))


def keys_of_ring(_command: AddSigningKey, keys: Keys) -> None:
    """Name all signing keys."""
    keys.signing_keys = True


def keys_of_window(command: LeaseAllowance, keys: Keys) -> None:
    """Name the window."""
    keys.windows.add(command.key)


def create_client(command: CreateClient, work: UnitOfWork) -> IssuedClient:
    """Make a client with its first secret."""
    secret = _new_secret(work)
    wanted = command.intent.scopes
    client = ApiClient(
        tenant=command.caller.tenant,
        id=work.new_id("cli"),
        name=command.intent.name,
        scopes=tuple(dict.fromkeys(wanted)) if wanted is not None else DEFAULT_SCOPES,
        secrets=(ClientSecret(digest_of(secret), work.now),),
        created_at=work.now,
        revoked_at=None,
    )
    work.put_client(client)
    return IssuedClient(client, secret)


def add_secret(command: AddClientSecret, work: UnitOfWork) -> IssuedClient:
    """Give a client a new secret, and keep the newest before it."""
    client = _found(command, work)
    if client.revoked_at is not None:
        raise Conflict("The client is revoked; make another", {"clientId": client.id})
    secret = _new_secret(work)
    kept = (ClientSecret(digest_of(secret), work.now), *client.secrets)[:LIVE_SECRETS]
    changed = attrs.evolve(client, secrets=kept)
    work.put_client(changed)
    return IssuedClient(changed, secret)


def revoke(command: RevokeClient, work: UnitOfWork) -> ApiClient:
    """End a client; one that has ended stays as it is."""
    client = _found(command, work)
    if client.revoked_at is None:
        client = attrs.evolve(client, revoked_at=work.now, secrets=())
        work.put_client(client)
    return client


def _found(command: AddClientSecret | RevokeClient, work: UnitOfWork) -> ApiClient:
    client = work.client(command.client_id)
    if client is None:
        raise NotFound("No such client")
    return client


def _new_secret(work: UnitOfWork) -> str:
    """Return a secret with a prefix by which a scanner of leaked secrets knows it."""
    return f"vsec_{work.new_secret()}"


def add_key(command: AddSigningKey, work: UnitOfWork) -> SigningKey:
    """Publish a signing key, and give those before it a moment to retire."""
    known = work.signing_keys()
    if command.only_if_none and known:
        return known[-1]
    for each in known:
        retires_at = command.retire_others_at
        if retires_at is not None and (each.retires_at is None or retires_at < each.retires_at):
            work.put_key(attrs.evolve(each, retires_at=retires_at))
    work.put_key(command.key)
    return command.key


def lease(command: LeaseAllowance, work: UnitOfWork) -> Allowance:
    """Grant a block out of the window, or nothing once it is used up; a new one starts when it has ended."""
    window = work.window(command.key)
    if window is None or work.now >= window.ends_at:
        ends_at = work.now + timedelta(seconds=command.window_seconds)
        window = RateWindow(command.key, work.now, ends_at, 0)
    granted = max(0, min(command.block, command.limit - window.granted))
    if granted:
        window = attrs.evolve(window, granted=window.granted + granted)
        work.put_window(window)
    return Allowance(granted, max(0, command.limit - window.granted), window.ends_at)

"""``vectis clients``: who may use the HTTP API."""

from __future__ import annotations

import json
from typing import Any

import click

from vectis_cli.database import (
    ACTOR,
    database_option,
    existing_tenant,
    json_option,
    new_command_id,
    opened,
    tenant_option,
)
from vectis_core.access import SCOPES, ApiClient
from vectis_core.clock import to_wire


@click.group()
def clients() -> None:
    """Make, list and revoke API clients."""


@clients.command()
@click.argument("name")
@database_option
@tenant_option
@click.option("--scope", "scopes", multiple=True, type=click.Choice(SCOPES), help="Repeat it; default: all but admin.")
@json_option
def create(name: str, database: str, tenant: str, scopes: tuple[str, ...], as_json: bool) -> None:
    """Make an API client called NAME, and its tenant with a warehouse where that is new.

    The secret is shown only here: what is kept of it is a digest.
    """
    with opened(database, new=True) as oms:
        shop = oms.tenant(tenant, actor=ACTOR)
        issued = shop.clients.create(name, scopes=scopes or None, command_id=new_command_id(oms))
    if as_json:
        click.echo(json.dumps(_as_json(issued.client) | {"clientSecret": issued.secret}))
        return
    click.echo(f"clientId      {issued.client.id}")
    click.echo(f"clientSecret  {issued.secret}")
    click.echo(f"Scopes: {', '.join(issued.client.scopes)}. The secret is shown only this once.", err=True)


@clients.command("list")
@database_option
@tenant_option
@json_option
def list_(database: str, tenant: str, as_json: bool) -> None:
    """List a tenant's API clients, newest first."""
    with opened(database) as oms:
        found = list(existing_tenant(oms, tenant).clients.list())
    if as_json:
        click.echo(json.dumps([_as_json(client) for client in found]))
        return
    for client in found:
        state = f"revoked {to_wire(client.revoked_at)}" if client.revoked_at else "active"
        click.echo(f"{client.id}  {state}  {client.name}  ({', '.join(client.scopes)})")
    if not found:
        click.echo(f"Tenant {tenant} has no client; 'vectis clients create NAME' makes one.", err=True)


@clients.command()
@click.argument("client_id")
@database_option
@tenant_option
def revoke(client_id: str, database: str, tenant: str) -> None:
    """End the client CLIENT_ID: its secrets and tokens are refused, within a second in running servers."""
    with opened(database) as oms:
        shop = existing_tenant(oms, tenant)
        client = shop.clients.revoke(client_id, command_id=new_command_id(oms))
    click.echo(f"Revoked {client.id} ({client.name}).")


def _as_json(client: ApiClient) -> dict[str, Any]:
    return {
        "tenant": client.tenant,
        "clientId": client.id,
        "name": client.name,
        "scopes": client.scopes,
        "createdAt": to_wire(client.created_at),
        "revokedAt": to_wire(client.revoked_at) if client.revoked_at else None,
    }

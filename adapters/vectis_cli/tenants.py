"""``vectis tenants``: which tenants a database has."""

from __future__ import annotations

import json

import click

from vectis_cli.database import database_option, json_option, opened
from vectis_core.clock import to_wire


@click.group()
def tenants() -> None:
    """List the tenants of a database; 'vectis clients create NAME --tenant T' makes one."""


@tenants.command("list")
@database_option
@json_option
def list_(database: str, as_json: bool) -> None:
    """List all tenants, by name, and since when they are there."""
    with opened(database) as oms:
        found = oms.tenants()
    if as_json:
        click.echo(json.dumps([{"id": each.id, "createdAt": to_wire(each.created_at)} for each in found]))
        return
    for each in found:
        click.echo(f"{each.id}  since {to_wire(each.created_at)}")

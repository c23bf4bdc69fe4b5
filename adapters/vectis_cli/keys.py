"""``vectis keys``: the keys that sign access tokens."""

from __future__ import annotations

import click

from vectis_cli.database import database_option, opened
from vectis_core.clock import to_wire
from vectis_http.access import rotate as rotate_keys


@click.group()
def keys() -> None:
    """Manage the keys that sign access tokens."""


@keys.command()
@database_option
@click.option(
    "--immediately",
    is_flag=True,
    help="For a key that has leaked: sign with the new one at once, and refuse every token of the old one.",
)
def rotate(database: str, immediately: bool) -> None:
    """Publish a new key, which signs once servers and verifiers have had the time to learn of it.

    Tokens in use stay good until they expire, unless it is done --immediately.
    """
    with opened(database) as oms:
        key = rotate_keys(oms, immediately=immediately)
    click.echo(f"Key {key.id} is published and signs from {to_wire(key.signs_from)} on.")

"""``vectis keys``: the keys that sign access tokens, and the master key that seals them and all other secrets."""

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

    Tokens in use stay good until they expire, unless it is done --immediately. The secrets of webhooks and carriers
    stay what they are, and are sealed with the first master key of VECTIS_SECRET_KEY, as is what carriers sent.
    """
    with opened(database) as oms:
        key = rotate_keys(oms, immediately=immediately)
        unreadable = oms.reseal_secrets()
    click.echo(f"Key {key.id} is published and signs from {to_wire(key.signs_from)} on.")
    if unreadable:
        raise click.ClickException(
            "No master key at hand opens the secrets of these webhooks and carriers, so nothing is sent to the ones "
            "or taken from the others; of a payload, what the carrier sent cannot be read again: "
            f"{', '.join(unreadable)}. Add the key they were sealed with to VECTIS_SECRET_KEY (NEW,OLD) and do this "
            "again, or replace each secret: of a webhook with an overlap of 0, of a carrier by setting it anew."
        )

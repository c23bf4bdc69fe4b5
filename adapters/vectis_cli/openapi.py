"""``vectis openapi``: the API's description, without a server."""

from __future__ import annotations

import click

from vectis_core import Vectis
from vectis_core.json_writer import write_json
from vectis_http import HttpApi
from vectis_http.openapi import Document


@click.command()
def openapi() -> None:
    """Print the description of the API in OpenAPI 3.1: that of GET /openapi.json, but for the address of the server."""
    with Vectis.open("memory://") as oms:
        document = Document(HttpApi(oms, environ={}).groups).as_dict()
    click.echo(write_json(document, indent=1))

"""The root of the command line: what there is, and where it is."""

from __future__ import annotations

import click

from vectis_cli.lazy import Lazy, LazyGroup
from vectis_cli.logs import logs_on_stderr

_COMMANDS = {
    "serve": Lazy("vectis_cli.serve:serve", "Serve the HTTP API and deliver webhooks.", extra="server"),
    "worker": Lazy("vectis_cli.worker:worker", "Deliver webhooks, without a server.", extra="webhooks"),
    "webhooks": Lazy("vectis_cli.webhooks:webhooks", "List webhooks and what was sent, and send it again."),
    "carriers": Lazy("vectis_cli.carriers:carriers", "Say how carriers prove their pushes, and explain payloads."),
    "customers": Lazy(
        "vectis_cli.customers:customers", "Erase or export what is personal of a customer.", extra="http"
    ),
    "tenants": Lazy("vectis_cli.tenants:tenants", "List the tenants of a database."),
    "clients": Lazy("vectis_cli.clients:clients", "Make, list and revoke API clients."),
    "keys": Lazy("vectis_cli.keys:keys", "Manage the keys that sign access tokens.", extra="http"),
    "openapi": Lazy("vectis_cli.openapi:openapi", "Print the description of the API, in OpenAPI 3.1.", extra="http"),
    "verify": Lazy("vectis_cli.verifying:verify", "Check every row against every rule."),
    "backup": Lazy("vectis_cli.backing_up:backup", "Copy the database while it is in use."),
    "import": Lazy("vectis_cli.importing:import_", "Import products or stock from a CSV file."),
    "export": Lazy("vectis_cli.exporting:export", "Export products, stock or orders as CSV."),
}


@click.group(cls=LazyGroup, lazy=_COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="vectis-oms", prog_name="vectis")
@click.pass_context
def main(context: click.Context) -> None:
    """Vectis: an order management system. Reserve, ship, track, never oversell.

    The database is named by VECTIS_DATABASE_URL or by --database after the command, and is vectis.db here where
    neither is given.
    """
    context.with_resource(logs_on_stderr())

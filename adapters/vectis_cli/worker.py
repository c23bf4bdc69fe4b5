"""``vectis worker``: delivers webhooks, without a server."""

from __future__ import annotations

import signal

import click

from vectis_cli.database import database_option, log_to_stderr, opened, slow_command_option
from vectis_core.errors import UsageError
from vectis_core.webhooks.address_rules import AddressRules
from vectis_webhooks import open_transport

_ENDING = {signal.SIGINT, signal.SIGTERM}


def _rules(_context: click.Context, _parameter: click.Parameter, networks: tuple[str, ...]) -> AddressRules:
    try:
        return AddressRules(networks)
    except UsageError as error:
        raise click.ClickException(error.message) from error


allow_option = click.option(
    "--webhooks-allow",
    "address_rules",
    metavar="NETWORK",
    multiple=True,
    callback=_rules,
    help="A private network that webhooks may lead to, as 10.1.0.0/16; may be repeated.",
)


@click.command()
@database_option
@allow_option
@slow_command_option
def worker(database: str, address_rules: AddressRules, slow_command: float) -> None:
    """Deliver webhooks, beside any number of servers and other workers.

    Ctrl-C or SIGTERM ends it, once the requests under way are answered.
    """
    log_to_stderr()
    with opened(database, address_rules=address_rules, slow_command=slow_command) as oms:
        # All threads that are begun from here on leave these signals to this one, which waits for them.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
        try:
            with oms.dispatcher(transport=open_transport(oms.address_rules)):
                click.echo(f"Vectis delivers the webhooks of {database} (Ctrl-C stops it).")
                signal.sigwait(_ENDING)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

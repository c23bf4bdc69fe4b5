"""``vectis worker``: delivers webhooks, without a server."""

from __future__ import annotations

import logging
import signal

import click

from vectis_cli.database import database_option, opened, slow_command_option
from vectis_cli.logs import log_options
from vectis_core.errors import UsageError
from vectis_core.webhooks.address_rules import AddressRules
from vectis_webhooks import open_transport

_logger = logging.getLogger("vectis.cli")

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
@log_options
def worker(database: str, address_rules: AddressRules, slow_command: float) -> None:
    """Deliver webhooks, beside any number of servers and other workers.

    Ctrl-C or SIGTERM ends it, once the requests under way are answered.
    """
    with opened(database, address_rules=address_rules, slow_command=slow_command) as oms:
        # All threads that are begun from here on leave these signals to this one, which waits for them.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
        try:
            with oms.dispatcher(transport=open_transport(oms.address_rules)):
                click.echo(f"Vectis delivers the webhooks of {database} (Ctrl-C stops it).")
                _logger.info("delivering webhooks")
                signal.sigwait(_ENDING)
            _logger.info("stopped")
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

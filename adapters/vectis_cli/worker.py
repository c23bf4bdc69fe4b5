"""``vectis worker``: delivers webhooks, without a server."""

from __future__ import annotations

import signal
from contextlib import AbstractContextManager, nullcontext

import click

from vectis_cli.database import database_option, log_to_stderr, opened
from vectis_core import Vectis
from vectis_webhooks import open_transport

_ENDING = {signal.SIGINT, signal.SIGTERM}

allow_option = click.option(
    "--webhooks-allow",
    "allowed",
    metavar="NETWORK",
    multiple=True,
    help="A private network that webhooks may be sent to, as 10.1.0.0/16; may be repeated.",
)


def delivering(oms: Vectis, allowed: tuple[str, ...], *, wanted: bool = True) -> AbstractContextManager[object]:
    """Return the context in which webhooks are delivered; raises ``UsageError`` for what is no network."""
    return oms.dispatcher(transport=open_transport(allow=allowed)) if wanted else nullcontext()


@click.command()
@database_option
@allow_option
def worker(database: str, allowed: tuple[str, ...]) -> None:
    """Deliver webhooks, beside any number of servers and other workers.

    Ctrl-C or SIGTERM ends it, once the requests under way are answered.
    """
    log_to_stderr()
    with opened(database) as oms:
        # All threads that are begun from here on leave these signals to this one, which waits for them.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
        try:
            with delivering(oms, allowed):
                click.echo(f"Vectis delivers the webhooks of {database} (Ctrl-C stops it).")
                signal.sigwait(_ENDING)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

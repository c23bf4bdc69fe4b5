"""``vectis serve``: the HTTP API under uvicorn and a dispatcher of webhooks, in one process."""

from __future__ import annotations

import asyncio
import logging
import os
import resource
import signal
import socket
from collections.abc import Sequence
from contextlib import nullcontext

import click
import uvicorn

from vectis_asgi import asgi_app
from vectis_cli.bounded import BoundedProtocol
from vectis_cli.database import database_option, opened, slow_command_option
from vectis_cli.housekeeping import keep_house
from vectis_cli.logs import log_options
from vectis_cli.worker import allow_option
from vectis_core import Vectis
from vectis_core.access import SCOPES, IssuedClient
from vectis_core.telemetry import Telemetry
from vectis_core.webhooks.address_rules import AddressRules
from vectis_http import HttpConfig
from vectis_prometheus import Prometheus
from vectis_webhooks import open_transport

_logger = logging.getLogger("vectis.cli")

#: Seconds that requests under way are given when the server is asked to stop.
_GRACE = 10
#: Seconds for which a connection may wait for its next request.
_KEEP_ALIVE = 15
#: Makes two servers that start at once on a new database agree on one first client.
_FIRST_CLIENT = "serve:first-client"


@click.command()
@database_option
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="0 takes a free one.")
@click.option("--base-domain", metavar="D", help="Demand that the host is TENANT.D, or api.D for all.")
@click.option("--public-url", metavar="U", help="The address under which clients know the API.")
@click.option(
    "--rate-limit",
    type=click.IntRange(min=1),
    metavar="N",
    default=1000,
    show_default=True,
    help="Requests a minute and access token.",
)
@click.option(
    "--trusted-proxy",
    "trusted_proxies",
    metavar="A",
    multiple=True,
    callback=lambda _context, _option, names: _checked(names),
    help="Address or network of a proxy whose X-Forwarded-For is believed. Repeat it for more.",
)
@click.option(
    "--forwarded",
    type=click.Choice(["for", "host", "prefix"]),
    multiple=True,
    default=["for"],
    show_default=True,
    help="Which X-Forwarded headers these proxies set. Repeat it for more.",
)
@click.option("--no-webhooks", is_flag=True, help="Leave it to 'vectis worker' to deliver webhooks.")
@allow_option
@click.option("--open-metrics", is_flag=True, help="Let whoever reaches the server read /metrics, without a token.")
@click.option(
    "--otel", is_flag=True, help="Tell the OpenTelemetry SDK of this process, as opentelemetry-instrument sets one up."
)
@slow_command_option
@log_options
def serve(
    database: str,
    host: str,
    port: int,
    base_domain: str | None,
    public_url: str | None,
    rate_limit: int,
    trusted_proxies: tuple[str, ...],
    forwarded: tuple[str, ...],
    no_webhooks: bool,
    address_rules: AddressRules,
    open_metrics: bool,
    otel: bool,
    slow_command: float,
) -> None:
    """Serve the HTTP API and deliver webhooks.

    On a database without API clients, one with all scopes is made and printed. Ctrl-C or SIGTERM ends it, once
    requests under way are answered.
    """
    # Before anything else, so that a busy port costs no credentials that nobody gets to see.
    with (
        _listening(host, port) as listener,
        opened(
            database,
            new=True,
            address_rules=address_rules,
            telemetry=_listeners(otel),
            slow_command=slow_command,
        ) as oms,
        nullcontext() if no_webhooks else oms.dispatcher(transport=open_transport(oms.address_rules)),
    ):
        app = asgi_app(
            oms,
            base_domain=base_domain,
            public_url=public_url,
            rate_limit=rate_limit,
            trusted_proxies=trusted_proxies,
            forwarded=forwarded,
            open_metrics=open_metrics,
        )
        config = uvicorn.Config(
            app,
            log_level="warning",
            # What uvicorn logs goes where all else does; its own access log would tell paths, with secrets in them.
            log_config=None,
            access_log=False,
            server_header=False,
            # The HTTP layer itself decides whom it believes an X-Forwarded-For.
            proxy_headers=False,
            ws="none",
            http=BoundedProtocol,
            timeout_keep_alive=_KEEP_ALIVE,
            timeout_graceful_shutdown=_GRACE,
        )
        server = uvicorn.Server(config)
        _end_on_signals(server)
        _allow_connections()
        address = _address_of(listener)
        click.echo(f"Vectis serves {database} at {address} (Ctrl-C stops it).")
        click.echo(_advice(_first_client(oms), public_url or address, database))
        _logger.info("listening at %s", address)
        with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
            runner.run(_serve(server, [listener], oms))
        _logger.info("stopped")


def _listeners(otel: bool) -> list[Telemetry]:
    """Return who is told what is done; raises ``ClickException`` where the extra is missing."""
    if not otel:
        return [Prometheus()]
    try:
        from vectis_otel import OpenTelemetry  # noqa: PLC0415 - an extra that few servers have
    except ImportError as error:
        raise click.ClickException(str(error)) from error
    return [Prometheus(), OpenTelemetry()]


def _checked(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of proxies; raises ``BadParameter`` where one is none."""
    try:
        return HttpConfig(trusted_proxies=names).trusted_proxies
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def _listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens; raises ``ClickException`` where the address cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
        hint = "choose another with --port or --host"
        raise click.ClickException(f"Cannot listen on {host} port {port}: {reason}; {hint}") from error


def _allow_connections() -> None:
    """Let this process have as many open files as it may, for connections are files; some systems begin with 256."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * BoundedProtocol.connections_max
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _address_of(listener: socket.socket) -> str:
    """Return where a client on this machine finds the server."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not listened on
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _first_client(oms: Vectis) -> IssuedClient | None:
    """Return a client with all scopes, made now, where the database has none at all."""
    with oms.store.read() as view:
        if view.count_clients(None):
            return None
    shop = oms.tenant("default", actor="serve")
    return shop.clients.create("First client", scopes=SCOPES, command_id=_FIRST_CLIENT)


def _advice(issued: IssuedClient | None, address: str, database: str) -> str:
    """Return how to get a token: with the first client's secret, or with that of a new client."""
    if issued is None or issued.secret is None:
        return f"For credentials of a new client: vectis clients create NAME --database {database}"
    return (
        "The first API client, with all scopes; its secret is shown only this once:\n"
        f"  clientId      {issued.client.id}\n"
        f"  clientSecret  {issued.secret}\n"
        "An access token for it:\n"
        f"  curl -s {address}/oauth/token -d grant_type=client_credentials"
        f" -d client_id={issued.client.id} -d client_secret={issued.secret}"
    )


def _end_on_signals(server: uvicorn.Server) -> None:
    """Let Ctrl-C and SIGTERM end the server from now on, and not the process before the database is closed.

    While it runs, uvicorn has handlers of its own. A signal that comes before is not lost with this one, and the
    signal that ended it, which uvicorn raises once more when it is done, does no harm.
    """

    def end(*_: object) -> None:
        server.should_exit = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)


async def _serve(server: uvicorn.Server, listeners: Sequence[socket.socket], oms: Vectis) -> None:
    keeper = asyncio.create_task(keep_house(oms))
    try:
        await server.serve(sockets=list(listeners))
    finally:
        keeper.cancel()
        await asyncio.gather(keeper, return_exceptions=True)

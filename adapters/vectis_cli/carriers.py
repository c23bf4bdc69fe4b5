"""``vectis carriers``: what carriers send, how they prove it, and what it is read as."""

from __future__ import annotations

import json
import secrets as random
import sys
from datetime import datetime
from typing import Any, BinaryIO

import click

from vectis_cli.database import database_option, existing_tenant, json_option, opened, tenant_option, told
from vectis_cli.times import a_time_with_zone
from vectis_core.clock import to_wire
from vectis_core.ports import Slice
from vectis_core.tracking.accounts import PAYLOAD_DAYS, PROOFS, CarrierAccount
from vectis_core.tracking.carrier import carrier_names, carrier_of
from vectis_core.vectis import Vectis

_SECRET_BYTES = 24


@click.group()
def carriers() -> None:
    """Look after what carriers report."""


@carriers.command("list")
@database_option
@tenant_option
@json_option
def list_(database: str, tenant: str, as_json: bool) -> None:
    """List the carriers that are configured, with what their push services said last."""
    with opened(database) as oms:
        found = existing_tenant(oms, tenant).carriers.list()
    if as_json:
        click.echo(json.dumps([_as_json(each) for each in found]))
        return
    for each in found:
        click.echo(f"{each.carrier}  {_proof_of(each)}")
        for notice in each.notices:
            click.echo(f"  {to_wire(notice.at)}  {notice.kind}  {notice.message}")
    if not found:
        click.echo(f"Tenant {tenant} has configured no carrier, of {', '.join(carrier_names())}.", err=True)


@carriers.command("set")
@click.argument("carrier")
@database_option
@tenant_option
@click.option(
    "--proof", type=click.Choice(PROOFS), default="carrier", show_default=True, help="How pushes prove themselves."
)
@click.option(
    "--secret",
    "secrets",
    multiple=True,
    envvar="VECTIS_CARRIER_SECRET",
    show_envvar=True,
    help="Made and printed where left out and there is none; may be repeated, for a change.",
)
@click.option("--header", help="The header of the proofs header and hmac.")
@click.option("--encoding", type=click.Choice(["base64", "hex"]), default="base64", show_default=True, help="Of hmac.")
@click.option("--parameter", default="token", show_default=True, help="The parameter of the proof query.")
@click.option("--username", help="The user of the proof basic.")
@click.option("--client-id", help="The API client of the proof oauth.")
@click.option("--zone", help="The zone of local times that have none, such as America/New_York.")
@click.option(
    "--payload-days",
    type=click.IntRange(0, 365),
    default=PAYLOAD_DAYS,
    show_default=True,
    help="For how long payloads are kept, sealed.",
)
@click.option("--accept-unproven", is_flag=True, help="With --proof open: anybody may then report anything.")
def set_(database: str, tenant: str, carrier: str, proof: str, secrets: tuple[str, ...], **options: Any) -> None:
    """Say how the pushes of CARRIER prove themselves, in place of what was said before."""
    with opened(database) as oms:
        face = existing_tenant(oms, tenant).carriers
        made = None if secrets or proof in {"oauth", "open"} or _has_secrets(oms, tenant, carrier) else _new_secret()
        given = secrets or ((made,) if made is not None else None)
        account = face.configure(carrier, proof, secrets=given, **options)
    click.echo(f"{account.carrier}  {_proof_of(account)}", err=True)
    ending = "/SECRET" if proof == "path" else ""
    path = f"/api/webhooks/carriers/{account.carrier}/tracking{ending}?tenant={tenant}"
    click.echo(f"Below your server's address and prefix, it pushes to {path}", err=True)
    if made is not None:
        click.echo(made)
        click.echo("This secret is shown once; give it to the carrier.", err=True)


def _new_secret() -> str:
    """Return a secret of the length that USPS asks for, with the kinds of characters that FedEx does."""
    while True:
        secret = random.token_urlsafe(_SECRET_BYTES)
        if all(any(kind(character) for character in secret) for kind in (str.isupper, str.islower, str.isdigit)):
            return secret


def _has_secrets(oms: Vectis, tenant: str, carrier: str) -> bool:
    with oms.engine.read() as view:
        account = view.carrier(tenant, carrier_of(carrier).name)
    return account is not None and bool(account.secrets)


@carriers.command()
@click.argument("carrier")
@database_option
@tenant_option
def close(database: str, tenant: str, carrier: str) -> None:
    """Accept nothing more from CARRIER, and forget its secrets."""
    with opened(database) as oms:
        existing_tenant(oms, tenant).carriers.close(carrier)
    click.echo(f"{carrier} is closed: its pushes are refused.", err=True)


@carriers.command()
@click.argument("carrier")
@database_option
@tenant_option
def handshake(database: str, tenant: str, carrier: str) -> None:
    """Print the line for a shell that answers the newest handshake of CARRIER, with the secret that it must give back.

    It is read from the payload, which is kept sealed for as long as payloads are, and for a day at least.
    """
    from vectis_carriers.handshakes import newest_handshake  # noqa: PLC0415 - the tables are read for this alone

    with opened(database) as oms:
        existing_tenant(oms, tenant)
        found = newest_handshake(oms, tenant, carrier_of(carrier).name)
    if found is None:
        raise click.ClickException(
            f"{carrier} has sent no handshake to tenant {tenant} that is kept and wants an answer"
        )
    click.echo(
        f"Sent {to_wire(found.received_at)}. Answer it if you made the subscription, with your own key:", err=True
    )
    click.echo(found.activation)


@carriers.command()
@database_option
@tenant_option
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="The newest so many.")
def waiting(database: str, tenant: str, limit: int) -> None:
    """List scans of parcels that no shipment was registered for yet, those received last first."""
    with opened(database) as oms, oms.engine.read() as view:
        found = view.waiting_scans(tenant, Slice(limit))
    for scan in found:
        status = scan.event.status or "(no change)"
        click.echo(
            f"{to_wire(scan.at)}  {scan.event.carrier}  {scan.event.tracking_number}  {status}  {scan.event.code}"
        )
    if not found:
        click.echo("Every scan has found its shipment.", err=True)


@carriers.command()
@click.argument("file", type=click.File("rb"))
@click.option("--carrier", help="Who sent it; found out where left out.")
def explain(file: BinaryIO, carrier: str | None) -> None:
    """Print what the payload in FILE would be read as, and why, without storing anything; - reads standard input."""
    from vectis_carriers import explaining, payload  # noqa: PLC0415 - the tables are read for this alone

    with told():
        explained = explaining.explain(payload.read_body(file.read()), carrier)
    for line in explaining.lines_of(explained):
        click.echo(line)


@carriers.command()
@database_option
@tenant_option
@click.option("--carrier", help="Only what this carrier sent.")
@click.option("--since", metavar="TIME", type=a_time_with_zone, help="Only what was received from this time on.")
def replay(database: str, tenant: str, carrier: str | None, since: datetime | None) -> None:
    """Read kept payloads again, with the parsers of this version, and file what reads differently."""
    from vectis_carriers import replaying  # noqa: PLC0415 - the tables are read for this alone

    total = replaying.Replayed()
    with opened(database) as oms:
        existing_tenant(oms, tenant)
        name = carrier_of(carrier).name if carrier is not None else None
        pages = replaying.replay(oms, tenant, carrier=name, since=since)
        with click.progressbar(pages, label="Reading again", file=sys.stderr) as progress:
            for read in progress:
                total = read
    click.echo(
        f"{total.payloads} payloads: {total.changed} events are new or read differently, {total.same} read the same, "
        f"{total.refused} were refused; {total.unreadable} payloads could not be read"
    )


def _proof_of(account: CarrierAccount) -> str:
    words = {
        "header": f"a secret in the header {account.header or 'of the carrier'}",
        "hmac": f"an HMAC-SHA256 in {account.encoding} in the header {account.header}",
        "query": f"a secret in the query parameter {account.parameter}",
        "path": "a secret at the end of the path",
        "basic": f"the user {account.username} with a password",
        "bearer": "a bearer token",
        "oauth": f"an access token of the client {account.client_id}",
        "open": "nothing: ANYBODY who knows the address can report that parcels arrived",
    }
    is_known = account.proof == "carrier" and account.carrier in carrier_names()
    own = carrier_of(account.carrier).default_header if is_known else None
    scheme = f"the carrier's own scheme{f', in the header {own}' if own else ''}"
    return f"proved by {words.get(account.proof, scheme)}"


def _as_json(account: CarrierAccount) -> dict[str, Any]:
    return {
        "tenant": account.tenant,
        "carrier": account.carrier,
        "proof": account.proof,
        "secrets": len(account.secrets),
        "header": account.header,
        "encoding": account.encoding,
        "parameter": account.parameter,
        "username": account.username,
        "clientId": account.client_id,
        "zone": account.zone,
        "payloadDays": account.payload_days,
        "notices": [{"kind": each.kind, "message": each.message, "at": to_wire(each.at)} for each in account.notices],
    }

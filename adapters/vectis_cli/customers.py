"""``vectis customers``: what is personal of a customer, erased or written out."""

from __future__ import annotations

import json
from typing import Any

import click

from vectis_cli.database import database_option, existing_tenant, json_option, opened, tenant_option
from vectis_core.json_writer import write_json
from vectis_core.personal_data import Erasure
from vectis_http.shapes.tracking import CUSTOMER_RECORD


@click.group()
def customers() -> None:
    """Erase or export what is personal of a customer, who is named by --customer-id or by --email."""


def _key_options(command: Any) -> Any:
    by_id = click.option("--customer-id", metavar="ID", help="The customer with this id in the system that ordered.")
    by_email = click.option("--email", metavar="ADDRESS", help="All orders with this address, whatever their customer.")
    return by_id(by_email(command))


def _check_key(customer_id: str | None, email: str | None) -> None:
    if (customer_id is None) == (email is None):
        raise click.UsageError("Name the customer by --customer-id or by --email, one of the two")


@customers.command()
@_key_options
@database_option
@tenant_option
@json_option
def erase(customer_id: str | None, email: str | None, database: str, tenant: str, as_json: bool) -> None:
    """Erase what is personal from all orders of a customer in one tenant that have ended; the books stay whole.

    Orders that have not ended are left as they are and make the exit code 2: ask again once they are delivered or
    cancelled. So do bytes that stay in the file, because somebody else is reading. Where the tenant has no order of the
    customer, the exit code is 1; so has it where an erasure by --email is repeated, since the address is gone.
    """
    _check_key(customer_id, email)
    with opened(database) as oms:
        done = existing_tenant(oms, tenant).customers.erase(customer_id=customer_id, email=email)
    if as_json:
        told = {"tenant": tenant, "erased": done.erased, "erasedBefore": done.erased_before}
        told |= {"postponed": done.postponed, "payloadsDeleted": done.payloads, "purged": done.purged}
        click.echo(json.dumps(told))
    else:
        _tell(done, tenant)
    if not done.matched:
        raise click.ClickException(f"Tenant {tenant} has no order that names this customer; --tenant asks another one")
    if done.postponed or not done.purged:
        click.get_current_context().exit(2)


def _tell(done: Erasure, tenant: str) -> None:
    orders, payloads = _counted(len(done.erased), "order"), _counted(done.payloads, "payload")
    click.echo(f"Tenant {tenant}: {orders} erased, {done.erased_before} before; {payloads} of carriers deleted")
    for order_id in done.postponed:
        click.echo(f"Not ended, and left as it is: order {order_id}", err=True)
    if not done.purged:
        click.echo("Somebody is reading, so former bytes are still in the file: ask again to be sure", err=True)


def _counted(number: int, what: str) -> str:
    return f"1 {what}" if number == 1 else f"{number} {what}s"


@customers.command()
@_key_options
@database_option
@tenant_option
def export(customer_id: str | None, email: str | None, database: str, tenant: str) -> None:
    """Print all that is kept of a customer, the newest order first, as lines of JSON."""
    _check_key(customer_id, email)
    with opened(database) as oms:
        for record in existing_tenant(oms, tenant).customers.export(customer_id=customer_id, email=email):
            click.echo(write_json(CUSTOMER_RECORD.show(record)))

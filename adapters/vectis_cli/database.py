"""What all commands share: which database, which tenant, and how an error is told."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from vectis_core import Vectis
from vectis_core.errors import NotFound, ValidationError, VectisError
from vectis_core.faces import TenantFace
from vectis_core.telemetry import Listeners
from vectis_core.tenancy import DEFAULT_TENANT
from vectis_core.vectis import SLOW_COMMAND
from vectis_core.webhooks.address_rules import AddressRules

#: Who acts, in ledger and history, where a command changes something.
ACTOR = "cli"

database_option = click.option(
    "--database",
    metavar="URL",
    envvar="VECTIS_DATABASE_URL",
    default="sqlite:///vectis.db",
    show_default=True,
    show_envvar=True,
    help="The database, as sqlite:///shop.db (relative) or sqlite:////var/lib/shop.db.",
)

tenant_option = click.option("--tenant", metavar="T", default=DEFAULT_TENANT, show_default=True, help="Whose rows.")

slow_command_option = click.option(
    "--slow-command",
    type=click.FloatRange(min=0),
    metavar="S",
    default=SLOW_COMMAND,
    show_default=True,
    help="Log commands and reads that take so many seconds or longer.",
)

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")


@contextmanager
def opened(
    url: str,
    *,
    new: bool = False,
    address_rules: AddressRules | None = None,
    telemetry: Listeners = (),
    slow_command: float | None = SLOW_COMMAND,
) -> Iterator[Vectis]:
    """Open the database at *url* for the length of the block; its errors become one line and exit code 1.

    It is made where it is new only with *new*: a slip of the pen makes no database. Webhooks go where *address_rules*
    let them, or to public addresses. *telemetry* and *slow_command* are those of ``Vectis.open``.
    """
    options: dict[str, Any] = {} if new or url.startswith("memory:") else {"must_exist": True}
    with told():
        try:
            oms = Vectis.open(
                url, address_rules=address_rules, telemetry=telemetry, slow_command=slow_command, **options
            )
        except VectisError as error:
            named = error.message if url in error.message else f"{url}: {error.message}"
            raise click.ClickException(named) from error
        with oms:
            yield oms


@contextmanager
def told() -> Iterator[None]:
    """Tell the errors of Vectis and of the file system in one line."""
    try:
        yield
    except VectisError as error:
        raise click.ClickException(in_words(error)) from error
    except OSError as error:
        if error.errno == errno.EPIPE:
            raise
        where = f"{error.filename}: " if error.filename else ""
        raise click.ClickException(f"{where}{error.strerror or error}") from error


def in_words(error: VectisError) -> str:
    """Return all that is wrong in one line."""
    if isinstance(error, ValidationError):
        return "; ".join(f"{p.field}: {p.message}" if p.field else p.message for p in error.problems)
    return error.message


def existing_tenant(oms: Vectis, tenant: str) -> TenantFace:
    """Return the face of a tenant that is there already, so that a slip of the pen makes none."""
    try:
        return oms.tenant(tenant, actor=ACTOR, create=False)
    except NotFound as error:
        hint = f"'vectis clients create NAME --tenant {tenant}' makes it, 'vectis tenants list' shows which there are"
        raise click.ClickException(f"There is no tenant {tenant!r}; {hint}") from error


def new_command_id(oms: Vectis) -> str:
    """Return an id under which a command can be asked for again."""
    return f"{ACTOR}:{oms.ids.uuid7(oms.clock.now())}"

"""``vectis verify``: proves that the books are right, or names the rows that are wrong."""

from __future__ import annotations

import json

import attrs
import click

from vectis_cli.database import database_option, json_option, opened
from vectis_core.verify import Report


@click.command()
@database_option
@json_option
@click.pass_context
def verify(ctx: click.Context, database: str, as_json: bool) -> None:
    """Check every row against every rule of the domain, in one consistent view, and repair nothing.

    Each fault is named with the rows involved. The exit code is 1 where there is one.
    """
    with opened(database) as oms:
        report = oms.verify()
    if as_json:
        click.echo(json.dumps(attrs.asdict(report) | {"ok": report.ok}, default=dict))
    else:
        _print(report)
    ctx.exit(0 if report.ok else 1)


def _print(report: Report) -> None:
    for fault in report.faults:
        click.echo(str(fault))
    unnamed = report.total - len(report.faults)
    if unnamed:
        click.echo(f"... and {unnamed} more")
    rows = ", ".join(f"{n} {kind}" for kind, n in report.checked.items() if n) or "an empty database"
    click.echo(f"Looked at {rows}.")
    broken = ", ".join(f"{group} {n}" for group, n in report.counts.items() if n)
    faults = "1 fault" if report.total == 1 else f"{report.total} faults"
    click.echo(f"{faults}: {broken}." if broken else "No fault.")

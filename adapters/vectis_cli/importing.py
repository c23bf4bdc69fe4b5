"""``vectis import``: products and stock from CSV files, safe to repeat and to resume.

Products are matched by SKU: a repeat finds nothing left to change. A row of stock is told apart by the digest of its
file and its line; what was applied carries both in the ledger, so that a repeat of the same file applies only the
rows that it has not applied yet, however long ago that was.
"""

from __future__ import annotations

import csv
import json
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import attrs
import click

from vectis_cli.database import (
    ACTOR,
    database_option,
    existing_tenant,
    in_words,
    json_option,
    opened,
    tenant_option,
)
from vectis_cli.products import COLUMNS as PRODUCT_COLUMNS
from vectis_cli.products import ProductImport
from vectis_cli.stock import COLUMNS as STOCK_COLUMNS
from vectis_cli.stock import StockImport
from vectis_cli.tables import BadRow, Row, Table
from vectis_core.errors import Conflict, NotFound, ValidationError

_file_argument = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
_rejects_option = click.option(
    "--rejects",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    metavar="FILE",
    help="Write refused rows there, to be corrected and imported from there.",
)


@click.group("import")
def import_() -> None:
    """Import products or stock from a CSV file; repeating an import is harmless."""


@import_.command()
@_file_argument
@database_option
@tenant_option
@_rejects_option
@json_option
@click.pass_context
def products(ctx: click.Context, file: Path, database: str, tenant: str, rejects: Path | None, as_json: bool) -> None:
    """Create the products of FILE, and bring those whose SKU is known in line with it.

    Columns: sku, name; and if wanted weight, weight_unit (g, kg, oz, lb), length, width, height, dimension_unit
    (mm, cm, m, in, ft), active (true, false). An empty cell clears, a missing column leaves what is there.
    """
    table = Table(file, PRODUCT_COLUMNS)
    with opened(database, new=True) as oms:
        run = ProductImport(existing_tenant(oms, tenant), f"{ACTOR}:{table.digest}")
        summary = _import(table, run.take, rejects)
    _report(ctx, summary, as_json, rejects)


@import_.command()
@_file_argument
@click.option(
    "--mode",
    type=click.Choice(["set", "adjust"]),
    default="set",
    show_default=True,
    help="Whether quantity is what was counted on hand, or what to add to it (negative: take away).",
)
@database_option
@tenant_option
@_rejects_option
@json_option
@click.pass_context
def stock(
    ctx: click.Context,
    file: Path,
    mode: str,
    database: str,
    tenant: str,
    rejects: Path | None,
    as_json: bool,
) -> None:
    """Set or adjust what is on hand by the rows of FILE.

    Columns: sku, quantity; and if wanted warehouse (its code or id; else the default one), reason, reorder_point.
    What an export of stock writes beside these is passed over.

    The same file with the same mode again applies only rows that were not applied yet. A changed file is another
    file: correct refused rows in a file of their own (--rejects), not in the original.
    """
    table = Table(file, STOCK_COLUMNS)
    with opened(database, new=True) as oms:
        run = StockImport(existing_tenant(oms, tenant), file.name, table.digest, mode)
        summary = _import(table, run.take, rejects)
    _report(ctx, summary, as_json, rejects)


@attrs.define
class Summary:
    """What an import came to."""

    #: How many rows came to what.
    counts: Counter[str] = attrs.Factory(Counter)
    #: (line, why) of each refused row.
    refused: list[tuple[int, str]] = attrs.Factory(list)


def _import(table: Table, take: Callable[[Row], str], rejects: Path | None) -> Summary:
    """Take every row, and go on past those that are refused."""
    summary = Summary()
    refused: list[Row] = []
    with click.progressbar(length=table.lines, label=f"Importing {table.path.name}", file=sys.stderr) as bar:
        reached = 0
        for row in table.rows():
            why = _why_refused(row, take, summary.counts)
            if why is not None:
                summary.refused.append((row.line, why))
                refused.append(row)
            bar.update(row.line - reached)
            reached = row.line
        bar.update(table.lines - reached)
    if rejects is not None and refused:
        with rejects.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([table.header, *(row.raw for row in refused if row.raw)])
    return summary


def _why_refused(row: Row, take: Callable[[Row], str], counts: Counter[str]) -> str | None:
    """Take the row and count what it came to, or return why it cannot be taken."""
    if row.fault is not None:
        return row.fault
    try:
        counts[take(row)] += 1
    except BadRow as error:
        return str(error)
    except (ValidationError, NotFound, Conflict) as error:
        return in_words(error)
    return None


def _report(ctx: click.Context, summary: Summary, as_json: bool, rejects: Path | None) -> None:
    """Print what an import came to, refused rows on stderr, and end with 1 where there are any."""
    for line, why in summary.refused:
        click.echo(f"line {line}: {why}", err=True)
    if as_json:
        refused = [{"line": line, "message": why} for line, why in summary.refused]
        click.echo(json.dumps({**summary.counts, "refused": refused}))
    else:
        parts = [f"{n} {what}" for what, n in summary.counts.items()]
        parts += [f"{len(summary.refused)} refused"] if summary.refused else []
        click.echo(f"{', '.join(parts) or 'no rows'}.")
    if summary.refused and rejects is not None:
        click.echo(f"Correct the refused rows in {rejects} and import that file.", err=True)
    ctx.exit(1 if summary.refused else 0)

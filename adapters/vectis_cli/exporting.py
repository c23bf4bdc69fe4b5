"""``vectis export``: products, stock and orders as CSV."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO, TypeVar

import click

from vectis_cli import products as product_rows
from vectis_cli import stock as stock_rows
from vectis_cli.database import database_option, existing_tenant, opened, tenant_option
from vectis_core.clock import to_wire
from vectis_core.faces import Listing
from vectis_core.orders.model import Order

_ORDER_HEADER = (
    "order_id",
    "external_id",
    "status",
    "created_at",
    "customer_id",
    "currency",
    "order_total",
    "line_id",
    "sku",
    "quantity",
    "unit_price",
    "line_total",
    "reserved",
    "shipped",
    "cancelled",
)

T = TypeVar("T")
_file_argument = click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))


@click.group()
def export() -> None:
    """Export products, stock or orders as CSV, newest first, to FILE or else to standard output."""


@export.command()
@_file_argument
@database_option
@tenant_option
def products(file: Path | None, database: str, tenant: str) -> None:
    """Export the catalogue, in the form that 'vectis import products' reads."""
    with opened(database) as oms:
        listing = existing_tenant(oms, tenant).products.list()
        _export("products", file, product_rows.HEADER, listing, lambda product: [product_rows.as_row(product)])


@export.command()
@_file_argument
@database_option
@tenant_option
def stock(file: Path | None, database: str, tenant: str) -> None:
    """Export what is on hand, reserved and available per SKU and warehouse."""
    with opened(database) as oms:
        shop = existing_tenant(oms, tenant)
        codes = {warehouse.id: warehouse.code for warehouse in shop.warehouses.list()}
        _export(
            "stock",
            file,
            stock_rows.HEADER,
            shop.inventory.list(),
            lambda record: [stock_rows.as_row(record, codes[record.warehouse_id])],
        )


@export.command()
@_file_argument
@database_option
@tenant_option
def orders(file: Path | None, database: str, tenant: str) -> None:
    """Export orders, one row per line of an order."""
    with opened(database) as oms:
        listing = existing_tenant(oms, tenant).orders.list()
        _export("orders", file, _ORDER_HEADER, listing, _order_rows)


def _order_rows(order: Order) -> Iterator[Sequence[str]]:
    first = (
        order.id,
        order.external_id,
        order.status,
        to_wire(order.created_at),
        order.customer_id or "",
        order.currency,
        f"{order.total:f}",
    )
    for line in order.lines:
        counters = (line.reserved, line.shipped, line.cancelled)
        money = (f"{line.unit_price:f}", f"{line.total:f}")
        yield (*first, line.id, line.sku, str(line.quantity), *money, *map(str, counters))


def _export(
    what: str,
    file: Path | None,
    header: Sequence[str],
    listing: Listing[T],
    rows_of: Callable[[T], Iterable[Sequence[str]]],
) -> None:
    """Write all of *listing*, with progress on stderr."""
    with _written(file) as out:
        writer = csv.writer(out)
        writer.writerow(header)
        total = listing.page(limit=1).total
        with click.progressbar(
            listing, length=total, label=f"Exporting {what}", file=sys.stderr, update_min_steps=100
        ) as entries:
            for entry in entries:
                writer.writerows(rows_of(entry))


@contextmanager
def _written(file: Path | None) -> Iterator[TextIO]:
    """Yield what to write to; a file appears under its name only once it is complete."""
    if file is None:
        yield sys.stdout
        return
    unfinished = file.with_name(f"{file.name}.part")
    try:
        with unfinished.open("w", encoding="utf-8", newline="") as out:
            yield out
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)

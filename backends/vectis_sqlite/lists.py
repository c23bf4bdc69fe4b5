"""The lists: which statement a filter needs, each served by an index that has its order."""

from __future__ import annotations

from typing import Any

import attrs

from vectis_core.clock import to_micros
from vectis_core.ids import CLOCK_SLACK, first_uuid7_at
from vectis_core.ports import OrderFilter, ProductFilter, Slice, StockFilter

#: Greater than every id, so that one statement serves a list from its start and from an id on.
_END = "\U0010ffff"


@attrs.define
class Statement:
    """A statement in the making: its conditions and their values."""

    source: str
    #: The column of the ids, by which the list is ordered.
    id: str
    conditions: list[str] = attrs.Factory(list)
    values: list[Any] = attrs.Factory(list)

    def where(self, condition: str, *values: Any) -> None:
        """Add a condition."""
        self.conditions.append(condition)
        self.values += values

    def page(self, columns: str, part: Slice) -> tuple[str, list[Any]]:
        """Return the statement for part of the list, newest first."""
        bound = f" AND {self.id} < ?" if part.before is not None else ""
        before = [part.before] if part.before is not None else []
        text = (
            f"SELECT {columns} FROM {self.source} WHERE {' AND '.join(self.conditions)}{bound} "  # noqa: S608
            f"ORDER BY {self.id} DESC LIMIT ? OFFSET ?"
        )
        return text, [*self.values, *before, part.limit, part.offset]

    def count(self) -> tuple[str, list[Any]]:
        """Return the statement that counts the whole list."""
        return f"SELECT count(*) FROM {self.source} WHERE {' AND '.join(self.conditions)}", self.values  # noqa: S608


def orders(tenant: str, wanted: OrderFilter) -> Statement:
    """Return the statement for orders.

    A moment bounds the ids too, because an id's own time is never farther than ``CLOCK_SLACK`` from the order's: so
    the index that has the list's order serves it.
    """
    if wanted.sku is not None:
        # Of several lines with the SKU only the first counts, so that no order is listed twice.
        statement = Statement(
            "order_lines l CROSS JOIN orders o ON o.tenant = l.tenant AND o.id = l.order_id", "l.order_id"
        )
        statement.where("l.tenant = ? AND l.sku = ?", tenant, wanted.sku)
        statement.where(
            "NOT EXISTS (SELECT 1 FROM order_lines e WHERE e.tenant = l.tenant AND e.sku = l.sku "
            "AND e.order_id = l.order_id AND e.line_no < l.line_no)"
        )
    else:
        statement = Statement("orders o", "o.id")
        statement.where("o.tenant = ?", tenant)
    for column, value in (
        ("external_id", wanted.external_id),
        ("customer_id", wanted.customer_id),
        ("status", wanted.status),
    ):
        if value is not None:
            statement.where(f"o.{column} = ?", value)
    if wanted.customer_email is not None:
        statement.where("lower(o.customer_email) = lower(?)", wanted.customer_email)
    if wanted.created_after is not None:
        first = first_uuid7_at(wanted.created_after, -CLOCK_SLACK)
        statement.where("o.id >= ? AND o.created_at >= ?", first, to_micros(wanted.created_after))
    if wanted.created_before is not None:
        last = first_uuid7_at(wanted.created_before, CLOCK_SLACK)
        statement.where("o.id <= ? AND o.created_at < ?", last, to_micros(wanted.created_before))
    return statement


def products(tenant: str, wanted: ProductFilter) -> Statement:
    """Return the statement for products."""
    statement = Statement("products", "id")
    statement.where("tenant = ?", tenant)
    if wanted.sku is not None:
        statement.where("sku = ?", wanted.sku)
    if wanted.active is not None:
        statement.where("active = ?", wanted.active)
    if wanted.q is not None:
        pattern = f"%{_literal(wanted.q)}%"
        statement.where("(sku LIKE ? ESCAPE '\\' OR name LIKE ? ESCAPE '\\')", pattern, pattern)
    return statement


def _literal(text: str) -> str:
    for special in ("\\", "%", "_"):
        text = text.replace(special, "\\" + special)
    return text


def stock(tenant: str, wanted: StockFilter) -> Statement:
    """Return the statement for stock records of whichever SKU."""
    statement = Statement("stock", "id")
    statement.where("tenant = ?", tenant)
    if wanted.warehouse_id is not None:
        statement.where("warehouse_id = ?", wanted.warehouse_id)
    if wanted.low is not None:
        statement.where("low = 1" if wanted.low else "low = 0")
    return statement


def is_status_only(wanted: OrderFilter) -> bool:
    """Return whether a filter asks for the status at most, so that a counter knows the total."""
    return attrs.evolve(wanted, status=None) == OrderFilter()


def before_id(part: Slice) -> str:
    """Return the id that a part of a list stays below."""
    return part.before if part.before is not None else _END

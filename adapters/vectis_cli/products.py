"""Products as rows of a CSV file, in both directions."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from vectis_cli.tables import BadRow, Columns, Row
from vectis_core.catalogue import Dimensions, Product, Weight
from vectis_core.clock import to_micros
from vectis_core.errors import NotFound
from vectis_core.faces import TenantFace

_WEIGHT = ("weight", "weight_unit")
_DIMENSIONS = ("length", "width", "height", "dimension_unit")
COLUMNS = Columns(required=("sku", "name"), optional=(*_WEIGHT, *_DIMENSIONS, "active"))
HEADER = (*COLUMNS.required, *COLUMNS.optional)
_FLAGS = {"true": True, "false": False}


class ProductImport:
    """Brings products in line with rows, matched by SKU."""

    def __init__(self, shop: TenantFace, source: str) -> None:
        self._shop = shop
        self._source = source

    def take(self, row: Row) -> str:
        """Create or change the row's product, and return which, or ``unchanged``."""
        wanted = _wanted(row.cells)
        command_id = f"{self._source}:{row.line}"
        try:
            product = self._shop.products.by_sku(row.cells["sku"])
            outcome = "unchanged"
        except NotFound:
            first = {name: value for name, value in wanted.items() if name != "active"}
            product = self._shop.products.create(sku=row.cells["sku"], **first, command_id=command_id)
            outcome = "created"
        changes = {name: value for name, value in wanted.items() if getattr(product, name) != value}
        if changes:
            # The state that is changed is part of the id: the same row may have to be applied to a later state.
            command_id += f":{to_micros(product.updated_at)}"
            self._shop.products.update(product.id, **changes, command_id=command_id)
            outcome = "created" if outcome == "created" else "updated"
        return outcome


def _wanted(cells: Mapping[str, str]) -> dict[str, Any]:
    """Return what the row says of a product; nothing of what it has no column for."""
    wanted: dict[str, Any] = {"name": cells["name"]}
    if "weight" in cells:
        value, unit = (cells.get(column, "") for column in _WEIGHT)
        wanted["weight"] = Weight(value, unit) if value or unit else None
    if "length" in cells:
        sides = [cells.get(column, "") for column in _DIMENSIONS]
        wanted["dimensions"] = Dimensions(*sides) if any(sides) else None
    if cells.get("active"):
        try:
            wanted["active"] = _FLAGS[cells["active"].lower()]
        except KeyError:
            raise BadRow("active: must be true or false") from None
    return wanted


def as_row(product: Product) -> tuple[str, ...]:
    """Return a product as a row under ``HEADER``, which an import would leave unchanged."""
    weight, sides = product.weight, product.dimensions
    return (
        product.sku,
        product.name,
        *((_digits(weight.value), weight.unit) if weight else ("", "")),
        *(
            (_digits(sides.length), _digits(sides.width), _digits(sides.height), sides.unit)
            if sides
            else ("", "", "", "")
        ),
        "true" if product.active else "false",
    )


def _digits(number: Decimal) -> str:
    return f"{number:f}"

"""The catalogue: products by SKU, and the warehouses they lie in."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated

import attrs

from vectis_core.checking import UNSET, Unset
from vectis_core.constraints import CountryCode, Flag, Number, OneOf, Text, Whole
from vectis_core.money import exact

#: A SKU is compared byte for byte.
SKU = Text(1, 128)

#: The priority of a warehouse that is tried after all others.
PRIORITY_MAX = 1_000_000

_MEASURE = Number(Decimal(0), Decimal(10) ** 9, places=6, above_least=True)


def _exact_weight(value: Decimal | int | str) -> Decimal:
    return exact(value, "weight.value")


def _exact_length(value: Decimal | int | str) -> Decimal:
    return exact(value, "dimensions")


@attrs.frozen
class Weight:
    """What one piece weighs."""

    value: Annotated[Decimal, _MEASURE] = attrs.field(converter=_exact_weight)
    unit: Annotated[str, OneOf(("g", "kg", "oz", "lb"))]


@attrs.frozen
class Dimensions:
    """How large one piece is."""

    length: Annotated[Decimal, _MEASURE] = attrs.field(converter=_exact_length)
    width: Annotated[Decimal, _MEASURE] = attrs.field(converter=_exact_length)
    height: Annotated[Decimal, _MEASURE] = attrs.field(converter=_exact_length)
    unit: Annotated[str, OneOf(("mm", "cm", "m", "in", "ft"))]


@attrs.frozen
class NewProduct:
    """What is asked when a product is created."""

    sku: Annotated[str, SKU]
    name: Annotated[str, Text(1, 255)]
    weight: Weight | None = None
    dimensions: Dimensions | None = None


@attrs.frozen
class ProductChange:
    """Which fields of a product to change; ``None`` clears an optional one, ``UNSET`` leaves it."""

    name: Annotated[str, Text(1, 255)] | Unset = UNSET
    weight: Weight | Unset | None = UNSET
    dimensions: Dimensions | Unset | None = UNSET
    #: Whether it can be ordered anew.
    active: Annotated[bool, Flag()] | Unset = UNSET


@attrs.frozen
class Product:
    """Something that is sold, by SKU; an inactive one cannot be ordered anew."""

    tenant: str
    id: str
    sku: str
    name: str
    weight: Weight | None
    dimensions: Dimensions | None
    active: bool
    created_at: datetime
    updated_at: datetime


@attrs.frozen
class WarehouseAddress:
    """Where a warehouse stands."""

    line1: Annotated[str, Text(1, 255)]
    city: Annotated[str, Text(1, 255)]
    country: Annotated[str, CountryCode()]
    line2: Annotated[str, Text(0, 255)] | None = None
    region: Annotated[str, Text(0, 255)] | None = None
    postal_code: Annotated[str, Text(0, 32)] | None = None


@attrs.frozen
class NewWarehouse:
    """What is asked when a warehouse is created; the lowest ``priority`` is tried first."""

    #: Yours, short and unique, such as ``RENO``.
    code: Annotated[str, Text(1, 64)]
    name: Annotated[str, Text(1, 255)]
    address: WarehouseAddress | None = None
    #: The lowest is tried first; tried last, where left out.
    priority: Annotated[int, Whole(0, PRIORITY_MAX)] | None = None
    #: Whether orders are reserved from it.
    active: Annotated[bool, Flag()] = True


@attrs.frozen
class WarehouseChange:
    """Which fields of a warehouse to change."""

    code: Annotated[str, Text(1, 64)] | Unset = UNSET
    name: Annotated[str, Text(1, 255)] | Unset = UNSET
    address: WarehouseAddress | Unset | None = UNSET
    #: The lowest is tried first.
    priority: Annotated[int, Whole(0, PRIORITY_MAX)] | Unset = UNSET
    #: Whether orders are reserved from it.
    active: Annotated[bool, Flag()] | Unset = UNSET


@attrs.frozen
class Warehouse:
    """A place that holds stock; orders are reserved from active ones by priority, the default first."""

    tenant: str
    id: str
    code: str
    name: str
    address: WarehouseAddress | None
    #: Tried in this order, lowest first; ties by id. The tenant's default warehouse has 0.
    priority: int
    is_default: bool
    active: bool
    created_at: datetime
    updated_at: datetime

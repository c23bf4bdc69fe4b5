"""How products and warehouses are shown."""

from __future__ import annotations

from vectis_core.catalogue import Dimensions, Product, Warehouse, WarehouseAddress, Weight
from vectis_core.shapes import Member, Shape

_WEIGHT = Shape.of(Weight, "Weight", "value", "unit")
_DIMENSIONS = Shape.of(Dimensions, "Dimensions", "length", "width", "height", "unit")

PRODUCT = Shape.of(
    Product,
    "Product",
    "id",
    "sku",
    "name",
    Member("weight", "weight", _WEIGHT),
    Member("dimensions", "dimensions", _DIMENSIONS),
    Member("active", "active", description="Whether it can be ordered anew"),
    "created_at",
    "updated_at",
)

_ADDRESS = Shape.of(WarehouseAddress, "WarehouseAddress", "line1", "line2", "city", "region", "postal_code", "country")

WAREHOUSE = Shape.of(
    Warehouse,
    "Warehouse",
    "id",
    "code",
    "name",
    Member("address", "address", _ADDRESS),
    "priority",
    "is_default",
    Member("active", "active", description="Whether orders are reserved from it"),
    "created_at",
    "updated_at",
)

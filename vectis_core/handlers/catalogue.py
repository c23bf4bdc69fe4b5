"""Products and warehouses."""

from __future__ import annotations

from typing import Any

import attrs

from vectis_core.catalogue import PRIORITY_MAX, Product, Warehouse
from vectis_core.checking import UNSET
from vectis_core.commands import CreateProduct, CreateWarehouse, UpdateProduct, UpdateWarehouse
from vectis_core.errors import Conflict, NotFound
from vectis_core.handlers.stock import new_record
from vectis_core.identity_map import Keys
from vectis_core.unit_of_work import UnitOfWork


def keys_of_new_product(command: CreateProduct, keys: Keys) -> None:
    """Name the SKU, and the warehouses, one of which is the default."""
    keys.product_skus.add((command.caller.tenant, command.intent.sku))
    keys.warehouses.add(command.caller.tenant)


def stock_of_new_product(command: CreateProduct, _work: UnitOfWork, keys: Keys) -> None:
    """Name the SKU's stock, which is to be opened."""
    keys.stock_skus.add((command.caller.tenant, command.intent.sku))


def keys_of_product(command: UpdateProduct, keys: Keys) -> None:
    """Name the product."""
    keys.product_ids.add((command.caller.tenant, command.product_id))


def keys_of_warehouses(command: CreateWarehouse | UpdateWarehouse, keys: Keys) -> None:
    """Name all warehouses: their codes are unique."""
    keys.warehouses.add(command.caller.tenant)


def create_product(command: CreateProduct, work: UnitOfWork) -> Product:
    """Add a product, and a stock record of zero in the default warehouse."""
    intent = command.intent
    known = work.product_of(intent.sku)
    if known is not None:
        raise Conflict(f"There is a product {intent.sku!r} already", {"sku": known.sku, "id": known.id})
    product = Product(
        tenant=command.caller.tenant,
        id=work.new_id("prod"),
        sku=intent.sku,
        name=intent.name,
        weight=intent.weight,
        dimensions=intent.dimensions,
        active=True,
        created_at=work.now,
        updated_at=work.now,
    )
    work.put_product(product)
    default = next(each for each in work.warehouses() if each.is_default)
    work.add_stock(new_record(work, intent.sku, default.id, None))
    return product


def update_product(command: UpdateProduct, work: UnitOfWork) -> Product:
    """Change what is given of a product."""
    product = work.product(command.product_id)
    if product is None:
        raise NotFound("No such product")
    changed = attrs.evolve(product, updated_at=work.now, **given(command.intent))
    work.put_product(changed)
    return changed


def given(change: attrs.AttrsInstance) -> dict[str, Any]:
    """Return the fields of a partial update that are mentioned."""
    fields = attrs.fields_dict(type(change))
    values = {name: getattr(change, name) for name in fields}
    return {name: value for name, value in values.items() if value is not UNSET}


def create_warehouse(command: CreateWarehouse, work: UnitOfWork) -> Warehouse:
    """Add a warehouse, tried last unless a priority is given."""
    intent = command.intent
    others = work.warehouses()
    _require_free_code(others, intent.code, None)
    priority = intent.priority
    warehouse = Warehouse(
        tenant=command.caller.tenant,
        id=work.new_id("wh"),
        code=intent.code,
        name=intent.name,
        address=intent.address,
        priority=min(max(each.priority for each in others) + 1, PRIORITY_MAX) if priority is None else priority,
        is_default=False,
        active=intent.active,
        created_at=work.now,
        updated_at=work.now,
    )
    work.put_warehouse(warehouse)
    return warehouse


def update_warehouse(command: UpdateWarehouse, work: UnitOfWork) -> Warehouse:
    """Change what is given of a warehouse."""
    warehouse = work.warehouse(command.warehouse_id)
    if warehouse is None:
        raise NotFound("No such warehouse")
    changed = attrs.evolve(warehouse, updated_at=work.now, **given(command.intent))
    _require_free_code(work.warehouses(), changed.code, warehouse.id)
    work.put_warehouse(changed)
    return changed


def _require_free_code(warehouses: list[Warehouse], code: str, but: str | None) -> None:
    for each in warehouses:
        if each.code == code and each.id != but:
            raise Conflict(f"There is a warehouse {code!r} already", {"code": code, "id": each.id})

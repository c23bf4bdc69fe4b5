"""``oms.products``, ``oms.inventory`` and ``oms.warehouses``."""

from __future__ import annotations

from functools import partial

from vectis_core import commands, queries
from vectis_core.catalogue import (
    Dimensions,
    NewProduct,
    NewWarehouse,
    Product,
    ProductChange,
    Warehouse,
    WarehouseAddress,
    WarehouseChange,
    Weight,
)
from vectis_core.checking import UNSET, Unset
from vectis_core.engine import Engine
from vectis_core.faces.listing import Listing
from vectis_core.queries import Explanation
from vectis_core.stock.model import Adjustment, Movement, NewStockRecord, StockChange, StockRecord
from vectis_core.tenancy import Caller


class ProductsFace:
    """A tenant's products."""

    def __init__(self, engine: Engine, caller: Caller) -> None:
        self._engine = engine
        self._caller = caller

    def create(
        self,
        *,
        sku: str,
        name: str,
        weight: Weight | None = None,
        dimensions: Dimensions | None = None,
        command_id: str | None = None,
    ) -> Product:
        """Add a product, with a stock record of zero in the default warehouse; raises ``Conflict``."""
        intent = NewProduct(sku=sku, name=name, weight=weight, dimensions=dimensions)
        return self._engine.run(commands.CreateProduct(caller=self._caller, command_id=command_id, intent=intent))

    def get(self, product_id: str) -> Product:
        """Return a product; raises ``NotFound``."""
        return self._engine.ask_view(
            partial(queries.product, tenant=self._caller.tenant, product_id=product_id), quick=True
        )

    def by_sku(self, sku: str) -> Product:
        """Return the product with this SKU; raises ``NotFound``."""
        return self._engine.ask_view(partial(queries.product_by_sku, tenant=self._caller.tenant, sku=sku), quick=True)

    def list(self, *, sku: str | None = None, q: str | None = None, active: bool | None = None) -> Listing[Product]:
        """Return products, newest first; *q* is looked for in SKU and name, without regard to ASCII case.

        Raises ``ValidationError`` for what no product can have.
        """
        where = queries.product_filter(sku, q, active)
        tenant = self._caller.tenant
        return Listing(
            self._engine,
            partial(queries.products, tenant=tenant, where=where),
            lambda product: product.id,
            quick=where.sku is not None,
        )

    def update(
        self,
        product_id: str,
        *,
        name: str | Unset = UNSET,
        weight: Weight | Unset | None = UNSET,
        dimensions: Dimensions | Unset | None = UNSET,
        active: bool | Unset = UNSET,
        command_id: str | None = None,
    ) -> Product:
        """Change what is given; ``None`` clears weight or dimensions. Raises ``NotFound``."""
        intent = ProductChange(name=name, weight=weight, dimensions=dimensions, active=active)
        return self._engine.run(
            commands.UpdateProduct(caller=self._caller, command_id=command_id, product_id=product_id, intent=intent)
        )


class InventoryFace:
    """A tenant's stock records."""

    def __init__(self, engine: Engine, caller: Caller) -> None:
        self._engine = engine
        self._caller = caller

    def list(
        self, *, sku: str | None = None, warehouse_id: str | None = None, low: bool | None = None
    ) -> Listing[StockRecord]:
        """Return stock records, one per SKU and warehouse, newest first.

        Raises ``ValidationError`` for what no stock record can have.
        """
        where = queries.stock_filter(sku, warehouse_id, low)
        tenant = self._caller.tenant
        return Listing(
            self._engine,
            partial(queries.stock, tenant=tenant, where=where),
            lambda record: record.id,
            quick=where.sku is not None,
        )

    def get(self, stock_id: str) -> StockRecord:
        """Return a stock record; raises ``NotFound``."""
        return self._engine.ask_view(
            partial(queries.stock_record, tenant=self._caller.tenant, stock_id=stock_id), quick=True
        )

    def open(
        self,
        *,
        sku: str,
        warehouse_id: str,
        reorder_point: int | None = None,
        command_id: str | None = None,
    ) -> StockRecord:
        """Open a stock record of zero for a SKU in a further warehouse; raises ``Conflict``."""
        intent = NewStockRecord(sku=sku, warehouse_id=warehouse_id, reorder_point=reorder_point)
        return self._engine.run(commands.OpenStockRecord(caller=self._caller, command_id=command_id, intent=intent))

    def update(
        self,
        stock_id: str,
        *,
        reorder_point: int | Unset | None = UNSET,
        command_id: str | None = None,
    ) -> StockRecord:
        """Change the reorder point; ``None`` ends it. Raises ``NotFound``."""
        return self._engine.run(
            commands.UpdateStockRecord(
                caller=self._caller,
                command_id=command_id,
                stock_id=stock_id,
                intent=StockChange(reorder_point),
            )
        )

    def adjust(self, stock_id: str, adjustment: int, reason: str, *, command_id: str | None = None) -> StockRecord:
        """Correct what is on hand by *adjustment* pieces.

        Raises ``NotFound``, and ``Conflict`` where less would be left than is reserved.
        """
        return self._engine.run(
            commands.AdjustStock(
                caller=self._caller,
                command_id=command_id,
                stock_id=stock_id,
                intent=Adjustment(adjustment, reason),
            )
        )

    def movements(self, stock_id: str) -> Listing[Movement]:
        """Return the record's ledger, newest first; reading it raises ``NotFound``."""
        tenant = self._caller.tenant
        return Listing(
            self._engine,
            partial(queries.movements, tenant=tenant, stock_id=stock_id),
            lambda movement: str(movement.seq),
        )

    def explain(self, stock_id: str) -> Explanation:
        """Return who holds what of the record; raises ``NotFound``."""
        return self._engine.ask_view(partial(queries.explain, tenant=self._caller.tenant, stock_id=stock_id))


class WarehousesFace:
    """A tenant's warehouses."""

    def __init__(self, engine: Engine, caller: Caller) -> None:
        self._engine = engine
        self._caller = caller

    def create(
        self,
        *,
        code: str,
        name: str,
        address: WarehouseAddress | None = None,
        priority: int | None = None,
        active: bool = True,
        command_id: str | None = None,
    ) -> Warehouse:
        """Add a warehouse, tried last unless *priority* says otherwise; raises ``Conflict``."""
        intent = NewWarehouse(code=code, name=name, address=address, priority=priority, active=active)
        return self._engine.run(commands.CreateWarehouse(caller=self._caller, command_id=command_id, intent=intent))

    def get(self, warehouse_id: str) -> Warehouse:
        """Return a warehouse; raises ``NotFound``."""
        return self._engine.ask_view(
            partial(queries.warehouse, tenant=self._caller.tenant, warehouse_id=warehouse_id), quick=True
        )

    def list(self) -> Listing[Warehouse]:
        """Return warehouses, newest first."""
        tenant = self._caller.tenant
        return Listing(
            self._engine,
            partial(queries.warehouses, tenant=tenant),
            lambda warehouse: warehouse.id,
        )

    def update(
        self,
        warehouse_id: str,
        *,
        code: str | Unset = UNSET,
        name: str | Unset = UNSET,
        address: WarehouseAddress | Unset | None = UNSET,
        priority: int | Unset = UNSET,
        active: bool | Unset = UNSET,
        command_id: str | None = None,
    ) -> Warehouse:
        """Change what is given; from an inactive warehouse nothing new is reserved.

        Raises ``NotFound``, and ``Conflict`` for a code that another has.
        """
        intent = WarehouseChange(code=code, name=name, address=address, priority=priority, active=active)
        return self._engine.run(
            commands.UpdateWarehouse(
                caller=self._caller, command_id=command_id, warehouse_id=warehouse_id, intent=intent
            )
        )

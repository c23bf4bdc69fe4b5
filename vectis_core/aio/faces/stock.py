"""``oms.products``, ``oms.inventory`` and ``oms.warehouses``, for asyncio.

Made from ``vectis_core/faces/stock.py`` by ``python -m tools.aio_faces``: change that, and make this anew.
"""

from __future__ import annotations

from vectis_core.aio.engine import awaited
from vectis_core.aio.listing import AsyncListing
from vectis_core.catalogue import (
    Dimensions,
    Product,
    Warehouse,
    WarehouseAddress,
    Weight,
)
from vectis_core.checking import UNSET, Unset
from vectis_core.faces import stock
from vectis_core.queries import Explanation
from vectis_core.stock.model import Movement, StockRecord


class AsyncProductsFace:
    """A tenant's products."""

    def __init__(self, face: stock.ProductsFace) -> None:
        self._face = face

    async def create(
        self,
        *,
        sku: str,
        name: str,
        weight: Weight | None = None,
        dimensions: Dimensions | None = None,
        command_id: str | None = None,
    ) -> Product:
        """Add a product, with a stock record of zero in the default warehouse; raises ``Conflict``."""
        return await awaited(
            self._face.create(sku=sku, name=name, weight=weight, dimensions=dimensions, command_id=command_id)
        )

    async def get(self, product_id: str) -> Product:
        """Return a product; raises ``NotFound``."""
        return await awaited(self._face.get(product_id))

    async def by_sku(self, sku: str) -> Product:
        """Return the product with this SKU; raises ``NotFound``."""
        return await awaited(self._face.by_sku(sku))

    def list(
        self, *, sku: str | None = None, q: str | None = None, active: bool | None = None
    ) -> AsyncListing[Product]:
        """Return products, newest first; *q* is looked for in SKU and name, without regard to ASCII case.

        Raises ``ValidationError`` for what no product can have.
        """
        return AsyncListing(self._face.list(sku=sku, q=q, active=active))

    async def update(
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
        return await awaited(
            self._face.update(
                product_id, name=name, weight=weight, dimensions=dimensions, active=active, command_id=command_id
            )
        )


class AsyncInventoryFace:
    """A tenant's stock records."""

    def __init__(self, face: stock.InventoryFace) -> None:
        self._face = face

    def list(
        self, *, sku: str | None = None, warehouse_id: str | None = None, low: bool | None = None
    ) -> AsyncListing[StockRecord]:
        """Return stock records, one per SKU and warehouse, newest first.

        Raises ``ValidationError`` for what no stock record can have.
        """
        return AsyncListing(self._face.list(sku=sku, warehouse_id=warehouse_id, low=low))

    async def get(self, stock_id: str) -> StockRecord:
        """Return a stock record; raises ``NotFound``."""
        return await awaited(self._face.get(stock_id))

    async def open(
        self, *, sku: str, warehouse_id: str, reorder_point: int | None = None, command_id: str | None = None
    ) -> StockRecord:
        """Open a stock record of zero for a SKU in a further warehouse; raises ``Conflict``."""
        return await awaited(
            self._face.open(sku=sku, warehouse_id=warehouse_id, reorder_point=reorder_point, command_id=command_id)
        )

    async def update(
        self, stock_id: str, *, reorder_point: int | Unset | None = UNSET, command_id: str | None = None
    ) -> StockRecord:
        """Change the reorder point; ``None`` ends it. Raises ``NotFound``."""
        return await awaited(self._face.update(stock_id, reorder_point=reorder_point, command_id=command_id))

    async def adjust(
        self, stock_id: str, adjustment: int, reason: str, *, command_id: str | None = None
    ) -> StockRecord:
        """Correct what is on hand by *adjustment* pieces.

        Raises ``NotFound``, and ``Conflict`` where less would be left than is reserved.
        """
        return await awaited(self._face.adjust(stock_id, adjustment, reason, command_id=command_id))

    def movements(self, stock_id: str) -> AsyncListing[Movement]:
        """Return the record's ledger, newest first; reading it raises ``NotFound``."""
        return AsyncListing(self._face.movements(stock_id))

    async def explain(self, stock_id: str) -> Explanation:
        """Return who holds what of the record; raises ``NotFound``."""
        return await awaited(self._face.explain(stock_id))


class AsyncWarehousesFace:
    """A tenant's warehouses."""

    def __init__(self, face: stock.WarehousesFace) -> None:
        self._face = face

    async def create(
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
        return await awaited(
            self._face.create(
                code=code, name=name, address=address, priority=priority, active=active, command_id=command_id
            )
        )

    async def get(self, warehouse_id: str) -> Warehouse:
        """Return a warehouse; raises ``NotFound``."""
        return await awaited(self._face.get(warehouse_id))

    def list(self) -> AsyncListing[Warehouse]:
        """Return warehouses, newest first."""
        return AsyncListing(self._face.list())

    async def update(
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
        return await awaited(
            self._face.update(
                warehouse_id,
                code=code,
                name=name,
                address=address,
                priority=priority,
                active=active,
                command_id=command_id,
            )
        )

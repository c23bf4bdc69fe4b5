"""``oms.aio``: the faces of the tenant ``default``, and what can be done with the whole database."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from vectis_core.aio.engine import awaiting_face
from vectis_core.aio.faces import AsyncTenantFace

if TYPE_CHECKING:
    from vectis_core.backup import Backup
    from vectis_core.tenancy import Tenant
    from vectis_core.vectis import Vectis
    from vectis_core.verify import Report


class AsyncVectis(AsyncTenantFace):
    """An open ``Vectis`` for asyncio; it is opened and closed by ``Vectis``.

    Whoever cancels a call gives up its answer, not its command: what was submitted may be done all the same.
    """

    def __init__(self, oms: Vectis) -> None:
        super().__init__(awaiting_face(oms.engine, oms.caller))
        self._oms = oms

    async def tenant(
        self, name: str, *, actor: str = "embedded", client: str | None = None, create: bool = True
    ) -> AsyncTenantFace:
        """Return what can be done for the tenant *name*; see ``Vectis.tenant``."""
        made = await asyncio.to_thread(self._oms.tenant, name, actor=actor, client=client, create=create)
        return made.aio

    async def tenants(self) -> list[Tenant]:
        """Return all tenants there are, by name, read in a thread."""
        return await asyncio.to_thread(self._oms.tenants)

    async def verify(self) -> Report:
        """Prove the books, in a thread; see ``Vectis.verify``."""
        return await asyncio.to_thread(self._oms.verify)

    async def backup(
        self,
        target: str | os.PathLike[str],
        *,
        overwrite: bool = False,
        progress: Callable[[int, int], None] | None = None,
    ) -> Backup:
        """Copy the database, in a thread, which also calls *progress*; see ``Vectis.backup``."""
        return await asyncio.to_thread(self._oms.backup, target, overwrite=overwrite, progress=progress)

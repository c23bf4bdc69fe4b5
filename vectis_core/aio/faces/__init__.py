"""The tenant's faces, for asyncio; see ``vectis_core.aio``."""

from vectis_core.aio.faces.tenancy import AsyncTenantFace

__all__ = ["AsyncTenantFace"]

"""The Python face: what an embedding program calls, tenant by tenant."""

from vectis_core.faces.listing import EventFeed, Listing
from vectis_core.faces.tenancy import TenantFace

__all__ = ["EventFeed", "Listing", "TenantFace"]

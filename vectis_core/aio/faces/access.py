"""``oms.clients`` and ``oms.settings``, for asyncio.

Made from ``vectis_core/faces/access.py`` by ``python -m tools.aio_faces``: change that, and make this anew.
"""

from __future__ import annotations

from collections.abc import Iterable

from vectis_core.access import ApiClient, IssuedClient
from vectis_core.aio.engine import awaited
from vectis_core.aio.listing import AsyncListing
from vectis_core.checking import UNSET, Unset
from vectis_core.faces import access
from vectis_core.tenancy import Settings


class AsyncClientsFace:
    """A tenant's API clients."""

    def __init__(self, face: access.ClientsFace) -> None:
        self._face = face

    async def create(
        self, name: str, *, scopes: Iterable[str] | None = None, command_id: str | None = None
    ) -> IssuedClient:
        """Make a client with all scopes but ``admin`` unless told otherwise; its secret is shown only here."""
        return await awaited(self._face.create(name, scopes=scopes, command_id=command_id))

    async def get(self, client_id: str) -> ApiClient:
        """Return a client; raises ``NotFound``."""
        return await awaited(self._face.get(client_id))

    def list(self) -> AsyncListing[ApiClient]:
        """Return clients, newest first, revoked ones included."""
        return AsyncListing(self._face.list())

    async def add_secret(self, client_id: str, *, command_id: str | None = None) -> IssuedClient:
        """Give a client a new secret; the one before it stays good, older ones end.

        Raises ``NotFound``, and ``Conflict`` where the client is revoked.
        """
        return await awaited(self._face.add_secret(client_id, command_id=command_id))

    async def revoke(self, client_id: str, *, command_id: str | None = None) -> ApiClient:
        """End a client; its secrets and its tokens are refused from now on. Raises ``NotFound``."""
        return await awaited(self._face.revoke(client_id, command_id=command_id))


class AsyncSettingsFace:
    """A tenant's settings."""

    def __init__(self, face: access.SettingsFace) -> None:
        self._face = face

    async def get(self) -> Settings:
        """Return the settings."""
        return await awaited(self._face.get())

    async def update(self, *, auto_confirm: bool | Unset = UNSET, command_id: str | None = None) -> Settings:
        """Change what is given."""
        return await awaited(self._face.update(auto_confirm=auto_confirm, command_id=command_id))

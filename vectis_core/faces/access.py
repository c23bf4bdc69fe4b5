"""``oms.clients`` and ``oms.settings``."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from vectis_core import commands, queries
from vectis_core.access import ApiClient, IssuedClient, NewClient
from vectis_core.checking import UNSET, Unset
from vectis_core.engine import Engine
from vectis_core.faces.listing import Listing
from vectis_core.tenancy import Caller, Settings, SettingsChange


class ClientsFace:
    """A tenant's API clients."""

    def __init__(self, engine: Engine, caller: Caller) -> None:
        self._engine = engine
        self._caller = caller

    def create(self, name: str, *, scopes: Iterable[str] | None = None, command_id: str | None = None) -> IssuedClient:
        """Make a client with all scopes but ``admin`` unless told otherwise; its secret is shown only here."""
        intent = NewClient(name, tuple(scopes) if scopes is not None else None)
        return self._engine.run(commands.CreateClient(caller=self._caller, command_id=command_id, intent=intent))

    def get(self, client_id: str) -> ApiClient:
        """Return a client; raises ``NotFound``."""
        return self._engine.ask_view(
            partial(queries.client, tenant=self._caller.tenant, client_id=client_id), quick=True
        )

    def list(self) -> Listing[ApiClient]:
        """Return clients, newest first, revoked ones included."""
        tenant = self._caller.tenant
        return Listing(
            self._engine,
            partial(queries.clients, tenant=tenant),
            lambda client: client.id,
        )

    def add_secret(self, client_id: str, *, command_id: str | None = None) -> IssuedClient:
        """Give a client a new secret; the one before it stays good, older ones end.

        Raises ``NotFound``, and ``Conflict`` where the client is revoked.
        """
        return self._engine.run(
            commands.AddClientSecret(caller=self._caller, command_id=command_id, client_id=client_id)
        )

    def revoke(self, client_id: str, *, command_id: str | None = None) -> ApiClient:
        """End a client; its secrets and its tokens are refused from now on. Raises ``NotFound``."""
        return self._engine.run(commands.RevokeClient(caller=self._caller, command_id=command_id, client_id=client_id))


class SettingsFace:
    """A tenant's settings."""

    def __init__(self, engine: Engine, caller: Caller) -> None:
        self._engine = engine
        self._caller = caller

    def get(self) -> Settings:
        """Return the settings."""
        return self._engine.ask_view(partial(queries.settings, tenant=self._caller.tenant), quick=True)

    def update(self, *, auto_confirm: bool | Unset = UNSET, command_id: str | None = None) -> Settings:
        """Change what is given."""
        return self._engine.run(
            commands.UpdateSettings(caller=self._caller, command_id=command_id, intent=SettingsChange(auto_confirm))
        )

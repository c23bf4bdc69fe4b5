"""Tenants, their settings, and who is acting for them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import attrs

from vectis_core.checking import UNSET, Unset
from vectis_core.constraints import Flag, Pattern

#: The tenant of an embedder who never heard of tenants.
DEFAULT_TENANT = "default"

#: A tenant's id is a DNS label, so that it can stand as the first label of a host; ``api`` is reserved.
TENANT_ID = Pattern(
    r"(?!api$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?",
    "1 to 63 lower-case letters, digits and inner hyphens, and not api",
)


@attrs.frozen
class Settings:
    """A tenant's switches."""

    #: Whether an order is confirmed in the same step that creates it, where it waits for nothing.
    auto_confirm: bool = False


@attrs.frozen
class SettingsChange:
    """Which settings to change; what is left ``UNSET`` stays."""

    #: Whether an order is confirmed in the same step that creates it, where it waits for nothing.
    auto_confirm: Annotated[bool, Flag()] | Unset = UNSET


@attrs.frozen
class Tenant:
    """An owner of rows; nobody sees another's."""

    id: str
    settings: Settings
    created_at: datetime


@attrs.frozen
class Caller:
    """For whom a command runs, and who is acting: the client's id over HTTP, else what the host names."""

    tenant: str = DEFAULT_TENANT
    actor: str = "embedded"
    #: The API client, where there is one; command ids are unique within it.
    client: str | None = None

    @property
    def scope(self) -> str:
        """Within which set of command ids this caller's are unique."""
        return self.client or "embedded"

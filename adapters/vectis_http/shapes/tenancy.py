"""How a tenant's settings, API clients and events are shown, and what became of a customer's data."""

from __future__ import annotations

from vectis_core.access import ApiClient, IssuedClient
from vectis_core.events import Event
from vectis_core.personal_data import Erasure
from vectis_core.queries import EventPage
from vectis_core.shapes import Member, Shape
from vectis_core.tenancy import Settings

SETTINGS = Shape.of(Settings, "Settings", "auto_confirm")

CLIENT = Shape.of(ApiClient, "ApiClient", "id", "name", "scopes", "created_at", "revoked_at")

ISSUED_CLIENT = Shape.of(
    IssuedClient,
    "IssuedClient",
    *CLIENT.below("client"),
    Member("clientId", "client.id", description="What it asks for tokens with"),
    Member("clientSecret", "secret", description="Shown this once; null in a replay"),
)

EVENT = Shape.of(
    Event,
    "Event",
    "id",
    Member("event", "type", description="The type"),
    Member("timestamp", "at"),
    Member("data", "data", description="As the catalogue describes it for the type"),
    Member("subject", "subject", description="What it is about"),
    Member("subjectId", "subject_id", description="The id of that"),
    "sequence",
    Member("cursor", "cursor", description="What continues after this one in the feed"),
    Member("actor", "actor", description="Who did it: the API client's id, or what the program called itself"),
)

EVENT_PAGE = Shape.of(
    EventPage,
    "EventPage",
    Member("events", "events", EVENT),
    Member("next", "next", description="The cursor that continues after these; the one given where there are none"),
)

ERASURE = Shape.of(
    Erasure, "Erasure", "erased", "erased_before", "postponed", Member("payloadsDeleted", "payloads"), "purged"
)

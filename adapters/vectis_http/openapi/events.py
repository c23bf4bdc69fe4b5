"""What is sent to webhooks, as a document describes it: each type of event by the catalogue, and how it is signed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vectis_core.constraints import Schema
from vectis_core.webhooks.catalogue import CATALOGUE, EventKind
from vectis_core.webhooks.sending import HEADERS_SENT, NOTIFICATION
from vectis_http.openapi.components import Components
from vectis_http.openapi.words import public
from vectis_http.operation import JSON

_AT = "2026-01-27T14:30:00Z"
_ANSWERS = {
    "2XX": {"description": "Delivered"},
    "410": {"description": "The endpoint is gone: the webhook is disabled"},
    "default": {"description": "Not delivered: it is tried again, later and later"},
}


def webhooks(components: Components) -> dict[str, Any]:
    """Return what is sent of each type of event."""
    components.of_shape(NOTIFICATION)
    common = components.schemas[NOTIFICATION.name]
    return {str(kind.type): {"post": _sent(kind, common)} for kind in CATALOGUE}


def example_of(kind: EventKind) -> dict[str, Any]:
    """Return the body of a notification of an event."""
    return {
        "event": str(kind.type),
        "timestamp": _AT,
        "data": dict(kind.example),
        "id": "019bffa1-9c40-7000-8000-00000000000a",
        "sequence": 3,
    }


def _sent(kind: EventKind, common: Mapping[str, Any]) -> dict[str, Any]:
    words = str(kind.type).replace("_", ".").split(".")
    own: Schema = {
        "event": {**common["properties"]["event"], "const": str(kind.type)},
        "data": dict(kind.schema),
    }
    own["event"].pop("enum", None)
    schema = {**common, "description": kind.description, "properties": {**common["properties"], **own}}
    return {
        "operationId": "on" + "".join(word.capitalize() for word in words),
        "summary": kind.description,
        "tags": ["Events"],
        # The proof stands in the headers; no token is sent to others.
        "security": [],
        "parameters": [
            {
                "name": name,
                "in": "header",
                "required": is_required,
                "description": meaning,
                "schema": {"type": "string"},
            }
            for name, (meaning, is_required) in HEADERS_SENT.items()
        ],
        "requestBody": {
            "required": True,
            "content": {JSON: {"schema": public(schema), "example": example_of(kind)}},
        },
        "responses": _ANSWERS,
    }

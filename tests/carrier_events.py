"""Tracking events in a form that tests can state by hand, field for field."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import attrs

from vectis_core.tracking.model import TrackingEvent


def said(event: TrackingEvent) -> dict[str, Any]:
    """Return what an event says, without what it leaves out; times in ISO 8601, the reading as ``table: row``."""
    told: dict[str, Any] = {}
    for field in attrs.fields(TrackingEvent):
        value = getattr(event, field.name)
        if field.name == "reading":
            told["reading"] = f"{value.table}: {value.row}{' (guess)' if value.is_guess else ''}"
        elif field.name == "place":
            told["place"] = tuple(getattr(value, each.name) for each in attrs.fields(type(value)))
        elif isinstance(value, datetime):
            told[field.name] = value.isoformat().replace("+00:00", "Z")
        elif value not in {None, False}:
            told[field.name] = value
    return told

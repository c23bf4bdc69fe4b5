"""Writes what is asked as the API takes it: the core's input classes as JSON, values of a query as text."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import attrs

from vectis_core.checking import UNSET, plan_of


def body_of(intent: Any) -> dict[str, Any]:
    """Return an input object as JSON takes it; what is left out in it is left out there."""
    # A field that an older server does not know is no trouble as long as it is not used.
    defaults = {field.name: field.default for field in attrs.fields(type(intent))}
    written = {}
    for plan in plan_of(type(intent)):
        held = getattr(intent, plan.name)
        if held is UNSET or (held is None and defaults[plan.name] is None):
            continue
        written[plan.wire] = _json_of(held)
    return written


def _json_of(held: Any) -> Any:
    if attrs.has(type(held)):
        return body_of(held)
    if isinstance(held, tuple):
        return [_json_of(each) for each in held]
    return _moment(held) if isinstance(held, datetime) else held


def text_of(value: Any) -> str:
    """Return the value of a query parameter as text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return _moment(value)
    return ",".join(value) if isinstance(value, list | tuple) else str(value)


def _moment(moment: datetime) -> str:
    """Return a moment to the microsecond, which what the API prints is not."""
    return moment.astimezone(UTC).isoformat()

"""What can be set, out of the classes and functions that take it."""

from __future__ import annotations

from typing import Any

import attrs

from tools.docs_site.markdown import prose, table
from vectis_core.field_comments import comment_on
from vectis_http import HttpConfig


def serving() -> str:
    """Return a table of what whoever serves the API can set, by its name in Python and in Flask's configuration."""
    return table(["setting", "in Flask", "where left out", "what for"], map(_row, attrs.fields(HttpConfig)))


def _row(field: Any) -> list[str]:
    meaning = prose(comment_on(HttpConfig, field.name) or "")
    return [f"`{field.name}`", f"`VECTIS_{field.name.upper()}`", f"`{field.default!r}`", meaning]

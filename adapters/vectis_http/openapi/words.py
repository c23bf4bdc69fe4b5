"""Words of the code as readers of the API know them: what is ``None`` in Python is ``null`` in JSON.

Docstrings and comments describe the API too, and now and then name what only Python has.
"""

from __future__ import annotations

from typing import Any

_SPELT = (
    ("``", "`"),
    ("`None`", "`null`"),
    ("what is left `UNSET` stays", "what is left out stays"),
    ("`UNSET` leaves it", "what is left out stays"),
    ("after `retry_after` seconds", "after the seconds of `Retry-After`"),
    ("`problems` lists", "`details.errors` lists"),
    ("`shortages` has", "`details.shortages` has"),
    ("`allow` has", "`Allow` has"),
)


def public(value: Any) -> Any:
    """Return a schema with its descriptions in the words of JSON, each with its full stop left off."""
    if isinstance(value, list):
        return [public(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: spelt(each) if name == "description" and isinstance(each, str) else public(each)
        for name, each in value.items()
    }


def summary_of(kind: type) -> str:
    """Return the first paragraph of a class's docstring on one line."""
    return " ".join((kind.__doc__ or "").partition("\n\n")[0].split())


def spelt(text: str) -> str:
    """Return *text* in the words of JSON."""
    for code, word in _SPELT:
        text = text.replace(code, word)
    return text.rstrip(".")

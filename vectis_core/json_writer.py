"""The one writer of JSON: what the HTTP API answers and what webhooks tell is written alike."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from vectis_core.clock import to_wire

if TYPE_CHECKING:
    import simplejson


def write_json(value: Any, indent: int | None = None) -> bytes:
    """Return *value* as JSON in UTF-8, compact unless *indent* is given; a Decimal has exactly the digits it has."""
    text: str = _encoder(indent).encode(value)
    # An error may quote a piece of the caller's text that no encoding can carry.
    return text.encode("utf-8", "replace")


@cache
def _encoder(indent: int | None) -> simplejson.JSONEncoder:
    """Return the encoder, made late: a program that neither serves nor tells anyone needs none."""
    import simplejson  # noqa: PLC0415 - for the same reason

    return simplejson.JSONEncoder(
        use_decimal=True,
        ensure_ascii=False,
        allow_nan=False,
        separators=(",", ":") if indent is None else (",", ": "),
        indent=indent,
        namedtuple_as_object=False,
        default=_plain,
    )


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return to_wire(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")

"""What the comment on a field says: the lines with ``#:`` above it, which describe it to readers of the API too."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from functools import cache

_COMMENT = re.compile(r"^    #: ?(.*)$")
_FIELD = re.compile(r"^    (\w+): ")


def comment_on(kind: type, field: str) -> str | None:
    """Return the comment on *field* of class *kind*; ``None`` where it has none, or the source is not at hand."""
    return _comments(kind).get(field)


@cache
def _comments(kind: type) -> Mapping[str, str]:
    try:
        lines = inspect.getsource(kind).splitlines()
    except (OSError, TypeError):
        return {}
    found: dict[str, str] = {}
    above: list[str] = []
    for line in lines:
        comment, field = _COMMENT.match(line), _FIELD.match(line)
        if comment:
            above.append(comment[1])
            continue
        if field and above:
            found[field[1]] = " ".join(above).replace("``", "`")
        above = []
    return found

"""A carrier's body, decoded, and read without trust in its shape.

Carriers leave fields out, write ``""`` for none, and send numbers where they document texts. Whatever stands in a
place, reading it never raises: what is not of the wanted kind is not there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import attrs

from vectis_carriers.cutting import is_file
from vectis_core.errors import FieldProblem
from vectis_core.tracking.carrier import UnreadablePayload

#: Longest text that is kept of a field; what carriers write is far shorter.
TEXT_MAX = 500
#: Deepest nesting that is read; what carriers send has ten levels at most.
_DEPTH_MAX = 64
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")


def unreadable(message: str) -> UnreadablePayload:
    """Return the error for a payload that as a whole is not of the carrier's form."""
    return UnreadablePayload([FieldProblem("", message)])


def read_body(body: bytes) -> Any:
    """Return a body decoded from JSON; raises ``UnreadablePayload`` where it is none."""
    try:
        payload = json.loads(body.decode("utf-8-sig"), parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        raise unreadable("The body must be JSON in UTF-8") from None
    if _is_deep(payload):
        raise unreadable(f"The body must not be nested more than {_DEPTH_MAX} levels deep")
    return payload


def _is_deep(payload: Any) -> bool:
    level = [payload]
    for _ in range(_DEPTH_MAX):
        level = [
            inner
            for value in level
            if isinstance(value, dict | list)
            for inner in (value.values() if isinstance(value, dict) else value)
        ]
        if not level:
            return False
    return True


def cleaned(text: str, longest: int = TEXT_MAX) -> str | None:
    """Return *text* on one line without control characters, cut to *longest*; ``None`` where nothing is left."""
    return " ".join(_CONTROL.sub(" ", text[: longest * 4]).split())[:longest].rstrip() or None


@attrs.frozen
class Node:
    """A place in a payload, with whatever stands there."""

    value: Any
    #: As people write it, such as ``shipments[0].status``.
    path: str = ""

    def __getitem__(self, name: str) -> Node:
        """Return the member of this name, which may not be there."""
        value = self.value.get(name) if isinstance(self.value, dict) else None
        return Node(value, f"{self.path}.{name}" if self.path else name)

    def __iter__(self) -> Iterator[Node]:
        """Iterate over the members of a list, and over nothing of anything else."""
        if isinstance(self.value, list):
            for index, value in enumerate(self.value):
                yield Node(value, f"{self.path}[{index}]")

    @property
    def is_object(self) -> bool:
        """Whether an object stands here."""
        return isinstance(self.value, dict)

    @property
    def is_list(self) -> bool:
        """Whether a list stands here."""
        return isinstance(self.value, list)

    def text(self, longest: int = TEXT_MAX) -> str | None:
        """Return the text here, cleaned; of a whole number its digits; ``None`` where there is neither, or none.

        A file is no text: it is cut out before a payload is kept, which must read the same again.
        """
        if isinstance(self.value, str):
            return None if is_file(self.value) else cleaned(self.value, longest)
        if type(self.value) is int and abs(self.value) < 10**40:
            return str(self.value)
        return None

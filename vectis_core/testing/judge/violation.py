"""What a judge finds."""

from __future__ import annotations

import attrs


@attrs.frozen
class Violation:
    """A law that was broken, and by what."""

    #: ``L1`` to ``L9``, as ``judge`` lists them.
    law: str
    text: str

    def __str__(self) -> str:
        """Return both in one line."""
        return f"{self.law} {self.text}"

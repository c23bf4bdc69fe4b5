"""Types of the fixtures of ``tests/cli``."""

from __future__ import annotations

from typing import Protocol

from click.testing import Result


class Call(Protocol):
    """Calls ``vectis`` on the test's database."""

    def __call__(self, *words: str) -> Result:
        """Return what *words* came to."""
        ...

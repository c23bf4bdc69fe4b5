"""An example of each operation: what is sent, and what is answered.

They are kept in ``examples.json``, which ``tools/api_examples.py`` writes by telling a real shop the guide's story.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import attrs

from vectis_http.json_codec import read_json


@attrs.frozen
class Example:
    """One call and its answers."""

    #: What stands in the path's placeholders.
    path: Mapping[str, str] = attrs.field(factory=dict)
    query: Mapping[str, Any] = attrs.field(factory=dict)
    body: Any = None
    #: By status.
    answers: Mapping[str, Any] = attrs.field(factory=dict)


@cache
def examples() -> Mapping[str, Example]:
    """Return the example of each operation, by its name."""
    kept = read_json(files(__package__).joinpath("examples.json").read_bytes())
    return {name: Example(**example) for name, example in kept.items()}

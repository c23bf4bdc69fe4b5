"""What Schemathesis is told beyond the description, before it sends a request; see ``contract.toml`` for the rest."""

from __future__ import annotations

import os
from typing import Any

import schemathesis
from schemathesis import GenerationMode

#: No decimal of the API may have fewer places.
_PLACES = 4
_LARGEST = 999_999_999.9999


@schemathesis.hook
def before_call(_: Any, case: Any, __: Any) -> None:
    """Write numbers as the API reads them, and keep the stranger from locking itself out."""
    if case.meta is not None and case.meta.generation.mode is GenerationMode.POSITIVE:
        written = _written(case.body)
        # Whatever is set is judged anew, and no body at all would then be taken for a wrong one.
        if written is not case.body:
            case.body = written
    ends_a_client = case.operation.definition.raw["operationId"] == "revokeClient"
    # Who ends its own client has no token any more.
    if ends_a_client and case.path_parameters.get("id") == os.environ["CONTRACT_CLIENT"]:
        case.path_parameters["id"] = "cli_of_somebody_else"


def _written(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _written(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_written(each) for each in value]
    if not isinstance(value, float):
        return value
    if value.is_integer():
        return int(value)
    return min(round(value, _PLACES) or 10**-_PLACES, _LARGEST)

"""What Schemathesis is told beyond the description, before it sends a request; see ``contract.toml`` for the rest."""

from __future__ import annotations

import os
from typing import Any

import schemathesis
from schemathesis import GenerationMode

#: No decimal of the API may have fewer places.
_PLACES = 4
_LARGEST = 999_999_999.9999
#: What ``serve_face.py`` has put on the shelf.
_SKU = "WIDGET-001"


@schemathesis.hook
def before_call(_: Any, case: Any, __: Any) -> None:
    """Write numbers as the API reads them, order what there is, and keep the stranger from locking itself out."""
    name = case.operation.definition.raw["operationId"]
    if case.meta is not None and case.meta.generation.mode is GenerationMode.POSITIVE:
        written = _written(case.body)
        if name == "createOrder":
            written = _of_the_catalogue(written)
        # Whatever is set is judged anew, and no body at all would then be taken for a wrong one.
        if written is not case.body:
            case.body = written
    # Who ends its own client has no token any more.
    if name == "revokeClient" and case.path_parameters.get("id") == os.environ["CONTRACT_CLIENT"]:
        case.path_parameters["id"] = "cli_of_somebody_else"


@schemathesis.check
def an_order_of_what_there_is_is_not_refused(_: Any, response: Any, case: Any) -> None:
    """Fail for 400 where nothing is left that a schema cannot say; the configuration allows it to other orders."""
    is_order = case.operation.definition.raw["operationId"] == "createOrder"
    if is_order and response.status_code == 400 and case.meta.generation.mode is GenerationMode.POSITIVE:
        assert not _is_of_the_catalogue(case.body), response.text


def _of_the_catalogue(order: Any) -> Any:
    """Return *order* for a SKU that there is; one in some stays as it is, so that it is seen how that is refused."""
    if len(order["externalId"]) % 8 == 7:
        return order
    places = len(order["shippingAddresses"])
    return {**order, "items": [_known(item, places) for item in order["items"]]}


def _known(item: Any, places: int) -> Any:
    place = item.get("shippingAddress")
    return {**item, "sku": _SKU, **({"shippingAddress": place % places} if place is not None else {})}


def _is_of_the_catalogue(order: Any) -> bool:
    return bool(order == _of_the_catalogue(order) and len(order["externalId"]) % 8 != 7)


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

"""Requests and answers of an operation, as a document describes them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any

from vectis_core.constraints import Schema
from vectis_core.shapes import Shape
from vectis_http.access.token_endpoint import FORM_TYPE
from vectis_http.headers import IDENTIFIED, RATE_LIMITED, REPLAYED
from vectis_http.openapi.components import Components
from vectis_http.openapi.errors import ErrorKind, errors_of, headers_of
from vectis_http.openapi.examples import Example
from vectis_http.openapi.words import public
from vectis_http.operation import JSON, Body, Operation, Success
from vectis_http.shapes.access import ERROR

PLACEHOLDER = re.compile(r"\{(\w+)(\.\.\.)?\}")

_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Yours, new for each request: for 24 hours a repeat with the same key gets the result of the first",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]([ -~]*[!-~])?$"},
}
_PATH_MEANINGS = {
    "id": "The id",
    "sku": "The SKU, percent-encoded; slashes may stand as they are",
    "carrier": "fedex, ups, usps, dhl, ontrac, lasership, amazon, or one that is installed beside them",
    "secret": "The carrier's secret, where that is how its pushes prove themselves",
    "asset": "As the page names it",
}
_FORM: Schema = {
    "type": "object",
    "properties": {
        "grant_type": {"type": "string", "const": "client_credentials"},
        "client_id": {"type": "string", "description": "Left out where the client is named by HTTP Basic"},
        "client_secret": {"type": "string", "description": "The same"},
        "scope": {
            "type": "string",
            "description": "With spaces between scopes; all that the client has where left out",
        },
    },
    "required": ["grant_type"],
}
_FOREIGN = {"description": "In the carrier's own form"}


def path_of(operation: Operation) -> str:
    """Return the path as OpenAPI writes it: what may have slashes is marked nowhere."""
    return PLACEHOLDER.sub(r"{\1}", operation.path)


def parameters_of(operation: Operation, components: Components, example: Example) -> list[dict[str, Any]]:
    """Return what stands in the path, the query and the headers of a request."""
    parameters: list[dict[str, Any]] = []
    for name, rest in PLACEHOLDER.findall(operation.path):
        # An empty segment, or a dot, is another path.
        pattern = r"^[^/]+$" if not rest else r"^[^/]"
        told = {"name": name, "in": "path", "required": True, "description": _PATH_MEANINGS[name]}
        given = {"example": example.path[name]} if name in example.path else {}
        parameters.append({**told, "schema": {"type": "string", "minLength": 1, "pattern": pattern}, **given})
    for parameter in operation.query:
        told = {"name": parameter.wire, "in": "query", "description": parameter.description}
        listed = {"style": "form", "explode": False} if parameter.is_list else {}
        given = {"example": example.query[parameter.wire]} if parameter.wire in example.query else {}
        rule = components.of_rule(parameter.constraint) if parameter.is_list else {}
        schema = {"type": "array", "items": rule} if parameter.is_list else parameter.schema()
        parameters.append({**told, **listed, "schema": public(schema), **given})
    return [*parameters, _KEY] if operation.takes_key else parameters


def body_of(operation: Operation, components: Components, example: Example) -> dict[str, Any] | None:
    """Return what is sent in the body of a request; ``None`` where nothing is."""
    given = {"example": example.body} if example.body is not None else {}
    if operation.body is Body.NONE:
        return None
    if operation.body is Body.FORM:
        return {"required": True, "content": {FORM_TYPE: {"schema": _FORM, **given}}}
    if operation.body is Body.FOREIGN:
        return {"required": True, "content": {JSON: {"schema": _FOREIGN, **given}, "*/*": {"schema": _FOREIGN}}}
    content = {JSON: {"schema": components.of_request(operation.request), **given}}
    return {"required": operation.body is Body.REQUIRED, "content": content}


def successes_of(
    operation: Operation, components: Components, example: Example, table: Sequence[Operation]
) -> dict[str, Any]:
    """Return each status of a success, with links to what the *table* offers for what was made."""
    return {
        str(status): {
            **_success(operation, success, components, example.answers.get(str(status))),
            **_links(success, table),
        }
        for status, success in operation.responses.items()
    }


def _links(success: Success, table: Sequence[Operation]) -> dict[str, Any]:
    if success.place is None:
        return {}
    own = f"{success.place}/{{id}}"
    given = {"id": "$response.body#/id"}
    told = [each for each in table if each.path == own or each.path.startswith(f"{own}/")]
    return {"links": {each.name: {"operationId": each.name, "parameters": given} for each in told}}


def _success(operation: Operation, success: Success, components: Components, example: Any) -> dict[str, Any]:
    names = [IDENTIFIED.name, *(RATE_LIMITED if operation.scope else ()), *success.headers]
    names += ["Location"] if success.place else []
    names += [REPLAYED.name] if operation.takes_key else []
    told: dict[str, Any] = {"description": success.meaning, "headers": _headers(names)}
    if success.content is not None:
        given = {"example": example} if example is not None else {}
        told["content"] = {success.media_type: {"schema": components.of_content(success.content), **given}}
    return told


def refusals_of(operation: Operation, components: Components) -> dict[str, Any]:
    """Return each status of a refusal; what many operations share is kept once."""
    is_counted = operation.scope is not None
    told: dict[str, Any] = {}
    for status, group in groupby(errors_of(operation), attrgetter("status")):
        kinds = list(group)
        shape = operation.refusals.get(status, ERROR)
        name = "Or".join(kind.code for kind in kinds) + ("" if is_counted else "WithoutToken")
        name = f"{shape.name}{status}" if shape is not ERROR else name
        if name not in components.responses:
            components.responses[name] = _refusal(kinds, shape, components, is_counted=is_counted)
        told[str(status)] = {"$ref": f"#/components/responses/{name}"}
    return told


def _refusal(kinds: list[ErrorKind], shape: Shape, components: Components, *, is_counted: bool) -> dict[str, Any]:
    media: dict[str, Any] = {"schema": components.of_shape(shape)}
    if shape is ERROR:
        media["schema"] = _either([_error_schema(kind, components) for kind in kinds])
        media["examples"] = {kind.code: {"summary": kind.meaning, "value": kind.example} for kind in kinds}
    told: dict[str, Any] = {"description": "; or: ".join(kind.meaning for kind in kinds)}
    headers = _headers(headers_of(kinds, is_counted=is_counted))
    return {**told, "headers": headers, "content": {JSON: media}}


def _either(schemas: list[Schema]) -> Schema:
    return schemas[0] if len(schemas) == 1 else {"oneOf": schemas}


def _error_schema(kind: ErrorKind, components: Components) -> Schema:
    """Return what refers to the schema of an error, which is the common one with its own word and details."""
    components.of_shape(ERROR)
    common: Mapping[str, Any] = components.schemas[ERROR.name]
    own: Schema = {"error": {**common["properties"]["error"], "const": kind.code}}
    if kind.details is not None:
        own["details"] = kind.details
    name = kind.code if kind.code.endswith("Error") else f"{kind.code}Error"
    properties = {**common["properties"], **own}
    components.schemas.setdefault(name, public({**common, "description": kind.meaning, "properties": properties}))
    return {"$ref": f"#/components/schemas/{name}"}


def _headers(names: Iterable[str]) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}

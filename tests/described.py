"""Holds answers to the API's own description, which tests read more strictly than clients may: no field beside it."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import attrs
from jsonschema_rs import Draft202012Validator

from vectis_core import Vectis
from vectis_http import HttpApi, HttpRequest, HttpResponse
from vectis_http.headers import HEADERS
from vectis_http.json_codec import read_json
from vectis_http.openapi import Document
from vectis_http.openapi.answering import path_of
from vectis_http.operation import Operation
from vectis_http.routing import Router

_ERROR = {"$ref": "#/components/schemas/Error"}


@attrs.frozen
class Description:
    """The document, and the table that it was made of."""

    document: dict[str, Any]
    operations: tuple[Operation, ...]
    router: Router

    def answer_of(self, operation: Operation, status: int) -> Any:
        """Return what the document says of a status of an operation; ``None`` where it says nothing."""
        told = self.document["paths"][path_of(operation)][operation.method.lower()]["responses"].get(str(status))
        return resolved(self.document, told) if told is not None else None


@cache
def description() -> Description:
    """Return the description of the API as it is in this source tree."""
    with Vectis.open("memory://") as oms:
        api = HttpApi(oms, environ={})
        document = json.loads(json.dumps(Document(api.groups).as_dict(), default=float))
    return Description(document, api.operations, Router(api.operations))


def resolved(document: Any, value: Any) -> Any:
    """Return what a reference within *document* leads to."""
    if "$ref" not in value:
        return value
    for part in value["$ref"].removeprefix("#/").split("/"):
        document = document[part]
    return document


def closed(schema: Any) -> Any:
    """Return a schema whose objects have the fields that it names and no others."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    told = {
        name: closed(each) if name not in {"example", "examples", "enum"} else each for name, each in schema.items()
    }
    if "properties" in told and isinstance(told.get("type"), str | list):
        told.setdefault("additionalProperties", False)
    return told


@cache
def _components() -> Any:
    return {"schemas": closed(description().document["components"]["schemas"])}


@cache
def validator_of(schema: str) -> Draft202012Validator:
    """Return what judges values by a schema, given as JSON, that may refer to the document's components."""
    return Draft202012Validator({**closed(json.loads(schema)), "components": _components()})


def faults_of(schema: Any, body: bytes) -> list[str]:
    """Return what is wrong with a JSON body by a schema of the document."""
    read_json(body)
    return [str(error) for error in validator_of(json.dumps(schema)).iter_errors(json.loads(body))]


def check_described(request: HttpRequest, response: HttpResponse) -> None:
    """Raise ``AssertionError`` where an answer is not as the document says that it is."""
    headers = {name.lower(): value for name, value in response.headers}
    found = description().router.find(request.path)
    method = "GET" if request.method == "HEAD" else request.method
    operation = found[0].operations.get(method) if found else None
    if operation is None:
        # What is not in the table is refused in the common form, unless another application has answered.
        is_ours = headers.get("content-type") == "application/json"
        if response.status in {404, 405} and is_ours and response.body:
            assert "x-request-id" in headers
            assert not faults_of(_ERROR, response.body), response.body
        return
    told = description().answer_of(operation, response.status)
    assert told is not None, f"{operation.name} says nothing of {response.status}: {response.body!r}"
    _check_headers(operation, told, headers)
    if request.method == "HEAD":
        return
    content = told.get("content", {})
    assert bool(content) == bool(response.body), (operation.name, response)
    if response.body:
        kind = headers["content-type"].partition(";")[0]
        media = content.get(kind) or content["*/*"]
        if kind == "application/json" and operation.name != "getOpenApi":
            faults = faults_of(media["schema"], response.body)
            assert not faults, (operation.name, response.status, faults)


def _check_headers(operation: Operation, told: Any, headers: dict[str, str]) -> None:
    """Every header that the document knows stands only where it says so, and is what it says; an id always does."""
    assert "x-request-id" in headers, operation.name
    for name, header in HEADERS.items():
        value = headers.get(name.lower())
        if value is None or (name == "Cache-Control" and value == "no-store"):
            continue
        assert name in told.get("headers", {}), (operation.name, name)
        typed = int(value) if header.schema["type"] == "integer" else value
        Draft202012Validator(header.schema).validate(typed)

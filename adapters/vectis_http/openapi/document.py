"""The document as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

from vectis_core.access import SCOPES
from vectis_http.headers import HEADERS
from vectis_http.openapi.answering import body_of, parameters_of, path_of, refusals_of, successes_of
from vectis_http.openapi.components import Components
from vectis_http.openapi.events import webhooks
from vectis_http.openapi.examples import Example, examples
from vectis_http.operation import Operation
from vectis_http.operations import Group

#: From the integration guide.
SUPPORT = "support@stoalogistics.com"
TERMS = "https://stoalogistics.com/terms"

TITLE = "Vectis OMS"
_SUMMARY = "Orders, stock, shipments and the news of carriers, for programs."
_SCHEME = "clientCredentials"
_DESCRIPTION = """\
All calls but those without a scope take `Authorization: Bearer YOUR_ACCESS_TOKEN`, with a token from \
`POST /oauth/token`; an access token makes 1000 requests per minute.

Names are in camelCase, times are `2026-01-26T12:00:00Z`, money is an exact JSON number. Unknown fields and unknown \
query parameters are refused. Answers may get further fields: ignore those that you do not know.

Lists take `limit` and `offset` and tell `pagination`. `POST /api/orders` is repeated safely with the same \
`externalId`, what takes `Idempotency-Key` with the same key.

All errors have one form, `error`, `message` and `details`.\
"""
_SCOPE_WORDS = {"read": "Read", "write": "Change"}


class Document:
    """The description of a table of operations, in OpenAPI 3.1."""

    def __init__(self, groups: Sequence[Group], address: str = "/") -> None:
        """Describe *groups* as they are served at *address*, which may be a path alone."""
        self._groups = groups
        self._address = address
        self._components = Components()
        self._examples = examples()

    def as_dict(self) -> dict[str, Any]:
        """Return the document as JSON values."""
        paths = self._paths()
        events = webhooks(self._components)
        schemas = dict(sorted(self._components.schemas.items()))
        return {
            "openapi": "3.1.1",
            "info": {
                "title": TITLE,
                "summary": _SUMMARY,
                "description": _DESCRIPTION,
                "termsOfService": TERMS,
                "contact": {"name": "Support", "email": SUPPORT},
                "version": version("vectis-oms"),
            },
            "servers": [{"url": self._address}],
            "tags": [
                *({"name": group.name, "description": group.summary} for group in self._groups),
                {"name": "Events", "description": "What is sent to webhooks."},
            ],
            "paths": paths,
            "webhooks": events,
            "components": {
                "schemas": schemas,
                "responses": self._components.responses,
                "headers": {name: _header(name) for name in HEADERS},
                "securitySchemes": {_SCHEME: self._scheme()},
            },
        }

    def _paths(self) -> dict[str, Any]:
        """Return the operations by path and method; what requests are is told when all answers are known."""
        rows = [(group, each) for group in self._groups for each in group.operations]
        table = [each for _, each in rows]
        answers = {each.name: self._answers(each, table) for each in table}
        paths: dict[str, Any] = {}
        for group, each in rows:
            told = {**self._asked(group, each), "responses": answers[each.name]}
            paths.setdefault(path_of(each), {})[each.method.lower()] = told
        return paths

    def _example(self, operation: Operation) -> Example:
        return self._examples.get(operation.name, Example())

    def _answers(self, operation: Operation, table: Sequence[Operation]) -> dict[str, Any]:
        successes = successes_of(operation, self._components, self._example(operation), table)
        return {**successes, **refusals_of(operation, self._components)}

    def _asked(self, group: Group, operation: Operation) -> Mapping[str, Any]:
        example = self._example(operation)
        told: dict[str, Any] = {
            "operationId": operation.name,
            "summary": operation.summary,
            "tags": [group.name],
            "security": [{_SCHEME: [operation.scope]}] if operation.scope else [],
        }
        parameters = parameters_of(operation, self._components, example)
        body = body_of(operation, self._components, example)
        return {
            **told,
            **({"parameters": parameters} if parameters else {}),
            **({"requestBody": body} if body is not None else {}),
        }

    def _scheme(self) -> dict[str, Any]:
        base = self._address.rstrip("/")
        flow = {"tokenUrl": f"{base}/oauth/token", "scopes": {scope: _meaning(scope) for scope in SCOPES}}
        return {
            "type": "oauth2",
            "description": "An access token by client credentials; it is good for an hour",
            "flows": {"clientCredentials": flow},
        }


def _header(name: str) -> dict[str, Any]:
    header = HEADERS[name]
    return {"description": header.meaning, "schema": header.schema, "example": header.example}


def _meaning(scope: str) -> str:
    what, _, does = scope.partition(":")
    if not does:
        return {"metrics": "Read how the server fares", "admin": "Clients, settings, carriers and customers' data"}[
            scope
        ]
    return f"{_SCOPE_WORDS[does]} {what}"

"""Finds what serves a path, by walking a tree of its segments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import unquote_to_bytes

import attrs

from vectis_http.operation import Operation


@attrs.frozen
class Endpoint:
    """All operations at one path template."""

    path: str
    #: By method.
    operations: Mapping[str, Operation]
    #: The methods that it takes, as the ``Allow`` header says them.
    allow: str
    #: The names of the template's parameters, in order.
    parameters: tuple[str, ...]


@attrs.define
class _Node:
    literals: dict[str, _Node] = attrs.Factory(dict)
    parameter: _Node | None = None
    #: What takes all segments that are left, slashes included.
    rest: Endpoint | None = None
    here: Endpoint | None = None


class Router:
    """The tree; a template is made of literals, ``{name}`` for a segment and ``{name...}`` for all that follow."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._root = _Node()
        by_path: dict[str, dict[str, Operation]] = {}
        for operation in operations:
            if operation.method in by_path.setdefault(operation.path, {}):
                raise ValueError(f"two operations serve {operation.method} {operation.path}")
            by_path[operation.path][operation.method] = operation
        for path, served in by_path.items():
            self._add(path, served)

    def _add(self, path: str, served: Mapping[str, Operation]) -> None:
        methods = sorted({*served, "OPTIONS"} | ({"HEAD"} if "GET" in served else set()))
        segments = path.split("/")[1:]
        names = tuple(s.strip("{.}") for s in segments if s.startswith("{"))
        endpoint = Endpoint(path, served, ", ".join(methods), names)
        node = self._root
        for segment in segments:
            if segment.endswith("...}"):
                node.rest = endpoint
                return
            if segment.startswith("{"):
                node.parameter = node.parameter or _Node()
                node = node.parameter
            else:
                node = node.literals.setdefault(segment, _Node())
        node.here = endpoint

    def find(self, path: str) -> tuple[Endpoint, dict[str, str]] | None:
        """Return what serves a percent-encoded *path*, with its parameters, or ``None``.

        The path is decoded once and then split, because some servers hand over only the decoded path: so
        ``%2F`` and ``/`` mean the same under every server.
        """
        if "%" in path or not path.isascii():
            try:
                path = unquote_to_bytes(path).decode("utf-8")
            except UnicodeDecodeError:
                return None
        if "\x00" in path:
            return None
        node = self._root
        values: list[str] = []
        segments = path.split("/")
        for index in range(1, len(segments)):
            segment = segments[index]
            following = node.literals.get(segment)
            if following is None:
                if node.rest is not None:
                    return self._rest_of(node.rest, values, segments[index:])
                if node.parameter is None or not segment:
                    return None
                values.append(segment)
                following = node.parameter
            node = following
        if node.here is None:
            return None
        return node.here, dict(zip(node.here.parameters, values, strict=True))

    @staticmethod
    def _rest_of(endpoint: Endpoint, values: list[str], left: list[str]) -> tuple[Endpoint, dict[str, str]] | None:
        rest = "/".join(left)
        if not rest:
            return None
        return endpoint, dict(zip(endpoint.parameters, [*values, rest], strict=True))

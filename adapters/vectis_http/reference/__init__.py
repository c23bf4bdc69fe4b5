"""The description of the API as it is served: for programs at ``/openapi.json``, for people at ``/docs``."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Sequence
from typing import Any

import attrs

from vectis_core.errors import NotFound
from vectis_core.json_writer import write_json
from vectis_http.headers import CACHED, ETAG
from vectis_http.operation import JSON, Call, Document, Reply
from vectis_http.operations import Group

#: The page and the document may be kept for so many seconds without asking whether there is a newer one.
_FRESH = 300
#: An asset's name changes with its content, so it may be kept for a year.
_FOREVER = "public, max-age=31536000, immutable"
#: For so many prefixes what was made is kept; only a proxy that is trusted can name one that is none.
_PREFIXES_MAX = 8
_HTML = "text/html; charset=utf-8"
#: The page is words and its own style and search: nothing else is loaded, nothing is sent, nobody frames it.
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


@attrs.frozen
class _Made:
    """What was made, and its version."""

    document: Document
    version: str

    @classmethod
    def of(cls, kind: str, content: bytes) -> _Made:
        """Return *content* of a *kind* with the version that follows from it."""
        return cls(Document(kind, content), f'"{hashlib.sha256(content).hexdigest()[:16]}"')


class Reference:
    """Describes a table of operations; what it makes is made once for each prefix that the API is mounted at."""

    def __init__(self, groups: Callable[[], Sequence[Group]]) -> None:
        self._groups = groups
        self._mutex = threading.Lock()
        self._documents: dict[str, dict[str, Any]] = {}
        self._made: dict[tuple[str, str], _Made] = {}

    def document(self, call: Call) -> Reply:
        """Answer with the OpenAPI document."""
        prefix = call.head.prefix
        return _cached(call, self._kept(JSON, prefix, lambda: write_json(self._described(prefix))))

    def page(self, call: Call) -> Reply:
        """Answer with the page."""
        from vectis_http.reference.page import page_of  # noqa: PLC0415 - a server starts without its templates

        prefix = call.head.prefix
        page = self._kept(_HTML, prefix, lambda: page_of(self._described(prefix), prefix).encode())
        return _cached(call, page, ("Content-Security-Policy", _POLICY))

    def asset(self, call: Call) -> Reply:
        """Answer with a style or a script of the page; raises ``NotFound``."""
        from vectis_http.reference.assets import ASSETS  # noqa: PLC0415 - a server starts without its files

        asset = ASSETS.get(call.path["asset"])
        if asset is None:
            raise NotFound("There is nothing at this path")
        return Reply(200, asset, ((CACHED.name, _FOREVER),))

    def _described(self, prefix: str) -> dict[str, Any]:
        from vectis_http.openapi import Document as Description  # noqa: PLC0415 - it describes the table that has this

        with self._mutex:
            if prefix not in self._documents:
                if len(self._documents) >= _PREFIXES_MAX:
                    self._documents.clear()
                    self._made.clear()
                self._documents[prefix] = Description(self._groups(), prefix).as_dict()
            return self._documents[prefix]

    def _kept(self, kind: str, prefix: str, make: Callable[[], bytes]) -> _Made:
        made = self._made.get((kind, prefix))
        if made is None:
            made = self._made[kind, prefix] = _Made.of(kind, make())
        return made


def _cached(call: Call, made: _Made, *headers: tuple[str, str]) -> Reply:
    """Return what was *made*, or that the client has it already (RFC 9110, section 13.1.2)."""
    told = ((ETAG.name, made.version), (CACHED.name, f"public, max-age={_FRESH}"), *headers)
    known = call.head.headers.get("if-none-match", "")
    if known.strip() == "*" or made.version in [each.strip().removeprefix("W/") for each in known.split(",")]:
        return Reply(304, None, told)
    return Reply(200, made.document, told)

"""The description of the API as it is served: for programs at ``/openapi.json``, for people at ``/docs``."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Sequence
from html import escape
from typing import Any
from urllib.parse import quote

import attrs

from vectis_core.errors import NotFound
from vectis_core.json_writer import write_json
from vectis_http.headers import CACHED, ETAG
from vectis_http.messages import HttpRequest
from vectis_http.operation import JSON, Call, Document, Reply
from vectis_http.operations import Group
from vectis_http.proxies import HOST
from vectis_http.reference.calls import Served

#: The page and the document may be kept for so many seconds without asking whether there is a newer one.
_FRESH = 300
#: An asset's name changes with its content, so it may be kept for a year.
_FOREVER = "public, max-age=31536000, immutable"
#: For so many prefixes what was made is kept; only a proxy that is trusted can name one that is none.
_PREFIXES_MAX = 8
_HTML = "text/html; charset=utf-8"
#: Stands for the address in what is kept, which so need not be kept for each host that a client makes up. A shell needs
#: quotes around it, and they are there then around whatever stands in its place.
_ADDRESS = "{address}"
#: What an address may have: nothing that ends a text in a shell, in JSON, in a program or in HTML.
_ADDRESS_SAFE = ":/@[]%-._~"
#: Shown to whoever does not say by which host the server was reached.
_SOME_HOST = "https://oms.example.com"
_HOST_MAX = 255
#: The page is words and its own style and search: nothing else is loaded, nothing is sent, nobody frames it.
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


@attrs.frozen
class _Made:
    """What was made for any address, and what tells it from what was made before."""

    kind: str
    content: bytes
    digest: bytes

    @classmethod
    def of(cls, kind: str, content: bytes) -> _Made:
        """Return *content* of a *kind*."""
        return cls(kind, content, hashlib.sha256(content).digest())

    def version(self, address: str) -> str:
        """Return the version of what is shown to who reached the server by *address*."""
        return f'"{hashlib.sha256(self.digest + address.encode()).hexdigest()[:16]}"'

    def at(self, address: str) -> Document:
        """Return what is shown to who reached the server by *address*."""
        return Document(self.kind, self.content.replace(_ADDRESS.encode(), escape(address).encode()))


class Reference:
    """Describes a table of operations; what it makes is made once for each prefix that the API is mounted at."""

    def __init__(self, groups: Callable[[], Sequence[Group]], public_url: str | None = None) -> None:
        self._groups = groups
        self._public_url = quote(public_url.rstrip("/"), safe=_ADDRESS_SAFE) if public_url else None
        self._mutex = threading.Lock()
        self._documents: dict[str, dict[str, Any]] = {}
        self._made: dict[tuple[str, str], _Made] = {}

    def document(self, call: Call) -> Reply:
        """Answer with the OpenAPI document."""
        prefix, address = self._place(call.head)
        # Where the host is not known, that from which a program has the document (RFC 3986, section 5).
        base = _ADDRESS + prefix if address else prefix or "/"
        made = self._kept(JSON, base, lambda: write_json(self._described(base)))
        return _cached(call, made, address)

    def page(self, call: Call) -> Reply:
        """Answer with the page."""
        from vectis_http.reference.page import page_of  # noqa: PLC0415 - a server starts without its templates

        prefix, address = self._place(call.head)
        base = _ADDRESS + prefix
        page = self._kept(_HTML, base, lambda: page_of(self._described(base), Served(base, base)).encode())
        return _cached(call, page, address or _SOME_HOST, ("Content-Security-Policy", _POLICY))

    def asset(self, call: Call) -> Reply:
        """Answer with a style or a script of the page; raises ``NotFound``."""
        from vectis_http.reference.assets import ASSETS  # noqa: PLC0415 - a server starts without its files

        asset = ASSETS.get(call.path["asset"])
        if asset is None:
            raise NotFound("There is nothing at this path")
        return Reply(200, asset, ((CACHED.name, _FOREVER),))

    def _place(self, head: HttpRequest) -> tuple[str, str]:
        """Return the prefix of calls, and the address before it, which is empty where it is not known.

        Whoever copies a call of the page sends a secret there, so it is never the address of anybody else.
        """
        if self._public_url is not None:
            return "", self._public_url
        host = head.headers.get("host", "")
        if len(host) > _HOST_MAX or not HOST.fullmatch(host):
            return head.prefix, ""
        return head.prefix, f"{'https' if head.scheme == 'https' else 'http'}://{host}"

    def _described(self, base: str) -> dict[str, Any]:
        from vectis_http.openapi import Document as Description  # noqa: PLC0415 - it describes the table that has this

        with self._mutex:
            if base not in self._documents:
                if len(self._documents) >= _PREFIXES_MAX:
                    self._documents.clear()
                    self._made.clear()
                self._documents[base] = Description(self._groups(), base).as_dict()
            return self._documents[base]

    def _kept(self, kind: str, base: str, make: Callable[[], bytes]) -> _Made:
        made = self._made.get((kind, base))
        if made is None:
            made = self._made[kind, base] = _Made.of(kind, make())
        return made


def _cached(call: Call, made: _Made, address: str, *headers: tuple[str, str]) -> Reply:
    """Return what was *made*, for *address*, or that the client has it already (RFC 9110, section 13.1.2)."""
    version = made.version(address)
    told = ((ETAG.name, version), (CACHED.name, f"public, max-age={_FRESH}"), *headers)
    known = call.head.headers.get("if-none-match", "")
    if known.strip() == "*" or version in [each.strip().removeprefix("W/") for each in known.split(",")]:
        return Reply(304, None, told)
    return Reply(200, made.at(address), told)

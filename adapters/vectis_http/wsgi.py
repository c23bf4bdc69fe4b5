"""The API as a plain WSGI callable (PEP 3333)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from vectis_core.errors import ValidationError
from vectis_http.api import HttpApi, declared_length, within_limit
from vectis_http.config import HttpConfig
from vectis_http.errors import PayloadTooLarge
from vectis_http.late import Late, OpenVectis
from vectis_http.messages import HttpRequest, HttpResponse, quoted_path

Environ = dict[str, Any]

_CHUNK = 64 * 1024


def wsgi_app(oms: OpenVectis, **config: Any) -> WsgiApp:
    """Return the API over *oms* as a WSGI application; *config* is that of ``HttpConfig``.

    *oms* is an open Vectis, which stays its opener's to close, or a function that returns the one that is open: it is
    asked with every request, and so may open one in each process of a server that forks.
    """
    settings = HttpConfig(**config)
    return WsgiApp(Late(oms, lambda opened: HttpApi(opened, settings)))


class WsgiApp:
    """Serves an ``HttpApi``, or what a function returns as one, under any WSGI server."""

    def __init__(self, api: HttpApi | Callable[[], HttpApi]) -> None:
        self._api: Callable[[], HttpApi] = (lambda: api) if isinstance(api, HttpApi) else api

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request."""
        response = respond(self._api(), environ, environ.get("SCRIPT_NAME", ""), environ.get("PATH_INFO", ""))
        start_response(status_line(response), response.headers)
        return [response.body]


def respond(api: HttpApi, environ: Environ, prefix: str, path: str) -> HttpResponse:
    """Return the response to the request in *environ*, for *path* below *prefix* as WSGI spells both."""
    head = HttpRequest(
        method=environ["REQUEST_METHOD"],
        path=quoted_path(path.encode("latin-1")),
        query=environ.get("QUERY_STRING", ""),
        headers=_headers_of(environ),
        remote_address=environ.get("REMOTE_ADDR", ""),
        prefix=quoted_path(prefix.encode("latin-1")),
        scheme=environ.get("wsgi.url_scheme", "http"),
    )
    return api.drive(head, lambda limit: _read_body(environ, limit))


def status_line(response: HttpResponse) -> str:
    """Return the status with its phrase, as WSGI wants it."""
    return f"{response.status} {HTTPStatus(response.status).phrase}"


def _headers_of(environ: Environ) -> dict[str, str]:
    headers = {name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name.startswith("HTTP_")}
    for name, key in (("CONTENT_TYPE", "content-type"), ("CONTENT_LENGTH", "content-length")):
        if environ.get(name):
            headers[key] = environ[name]
    return headers


def _read_body(environ: Environ, limit: int) -> bytes:
    """Return the body, counted as it is read: of its declared length, or to the end where the server marks it."""
    stream = environ["wsgi.input"]
    declared = declared_length(environ.get("CONTENT_LENGTH"))
    if declared < 0:
        wanted = limit + 1 if environ.get("wsgi.input_terminated") else 0
        return within_limit(_read(stream, wanted), limit)
    if declared > limit:
        raise PayloadTooLarge(limit)
    body = _read(stream, declared)
    if len(body) < declared:
        raise ValidationError.of("", "The body ended before its declared length")
    return body


def _read(stream: Any, wanted: int) -> bytes:
    """Return *wanted* bytes, or all there are where those are fewer."""
    pieces = []
    while wanted > 0:
        piece = stream.read(min(wanted, _CHUNK))
        if not piece:
            break
        pieces.append(piece)
        wanted -= len(piece)
    return b"".join(pieces)

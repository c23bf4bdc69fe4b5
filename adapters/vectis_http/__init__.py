"""The HTTP API without a server: requests in, responses out, as plain values.

``HttpApi(oms).handle(HttpRequest(...))`` answers a request; ``wsgi_app(oms)`` is it for WSGI. The packages
``vectis_asgi`` and ``vectis_flask`` serve it under ASGI and inside Flask.

What serves is imported when it is first asked for: a client of the API needs its table and shapes, and is spared what
signs tokens and draws pages.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vectis_http.api import HttpApi
    from vectis_http.config import HttpConfig
    from vectis_http.messages import HttpRequest, HttpResponse
    from vectis_http.wsgi import WsgiApp, wsgi_app

__all__ = ["HttpApi", "HttpConfig", "HttpRequest", "HttpResponse", "WsgiApp", "wsgi_app"]

_HOMES = {
    "HttpApi": "api",
    "HttpConfig": "config",
    "HttpRequest": "messages",
    "HttpResponse": "messages",
    "WsgiApp": "wsgi",
    "wsgi_app": "wsgi",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)

"""The HTTP API without a server: requests in, responses out, as plain values.

``HttpApi(oms).handle(HttpRequest(...))`` answers a request; ``wsgi_app(oms)`` is it for WSGI. The packages
``vectis_asgi`` and ``vectis_flask`` serve it under ASGI and inside Flask.
"""

from vectis_http.api import HttpApi
from vectis_http.config import HttpConfig
from vectis_http.messages import HttpRequest, HttpResponse
from vectis_http.wsgi import WsgiApp, wsgi_app

__all__ = ["HttpApi", "HttpConfig", "HttpRequest", "HttpResponse", "WsgiApp", "wsgi_app"]

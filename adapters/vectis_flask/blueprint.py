"""A blueprint that hands everything below its prefix to the API."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, request
from flask.blueprints import BlueprintSetupState
from werkzeug.routing import BaseConverter

from vectis_http import HttpApi, HttpConfig
from vectis_http.late import Late, OpenVectis
from vectis_http.wsgi import respond

_REST = "vectis_rest"


class _Rest(BaseConverter):
    """All that is left of a path, doubled slashes included; werkzeug's own ``path`` starts with none."""

    # Of any characters: a percent-encoded line feed is one too, and without it Flask would answer in its own form.
    regex = r"[\s\S]*"
    part_isolating = False


def vectis_blueprint(oms: OpenVectis, *, name: str = "vectis", **config: Any) -> Blueprint:
    """Return a blueprint that serves the API over *oms*; *config* is that of ``HttpConfig``.

    ``app.register_blueprint(vectis_blueprint(oms), url_prefix="/oms")`` serves ``/oms/api/orders`` and the rest.
    It answers every path and method below its prefix, so that what is unknown is answered in the API's own form;
    without a prefix the application's own rules still come first. Closing *oms* is left to whoever opened it. In the
    place of an open Vectis a function may stand that returns the one that is open: it is asked with every request,
    and so may open one in each process of a server that forks.
    """
    settings = HttpConfig(**config)
    return mount(Late(oms, lambda opened: HttpApi(opened, settings)), name)


def mount(api: HttpApi | Callable[[], HttpApi], name: str = "vectis") -> Blueprint:
    """Return a blueprint that serves *api*, or what it returns, for those who have made one themselves."""
    blueprint = Blueprint(name, __name__)
    find: Callable[[], HttpApi] = (lambda: api) if isinstance(api, HttpApi) else api
    blueprint.record(lambda state: _mount(state, find))
    return blueprint


def _mount(state: BlueprintSetupState, find: Callable[[], HttpApi]) -> None:
    app = state.app
    prefix = (state.url_prefix or "").rstrip("/")
    # As WSGI spells it: octets in the place of characters (PEP 3333).
    mounted_at = prefix.encode().decode("latin-1")
    endpoint = f"{state.name_prefix}.{state.name}.api".lstrip(".")

    def serve(**_: str) -> Response:
        environ = _with_body(request.environ)
        path = environ.get("PATH_INFO", "").removeprefix(mounted_at)
        answer = respond(find(), environ, environ.get("SCRIPT_NAME", "") + mounted_at, path)
        response = Response(answer.body, status=answer.status)
        # Flask would say text/html of an answer that has no body.
        response.headers.clear()
        response.headers.extend(answer.headers)
        return response

    app.url_map.converters[_REST] = _Rest
    # By hand, because add_url_rule takes a list of methods, and here every method is to reach the API.
    rule = app.url_rule_class(f"{prefix}/<{_REST}:rest>", endpoint=endpoint, subdomain=state.subdomain)
    app.url_map.add(rule)
    app.view_functions[endpoint] = serve


def _with_body(environ: dict[str, Any]) -> dict[str, Any]:
    """Return *environ* with the body to be read, where the host has read it before us, in a ``before_request``."""
    if "stream" not in vars(request):
        return environ
    body = request.get_data() or urlencode(list(request.form.items(multi=True))).encode()
    return {**environ, "wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))}

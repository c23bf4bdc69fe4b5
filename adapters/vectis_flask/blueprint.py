"""A blueprint that hands everything below its prefix to the API."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request
from flask.blueprints import BlueprintSetupState
from werkzeug.routing import BaseConverter

from vectis_core.vectis import Vectis
from vectis_http import HttpApi, HttpConfig
from vectis_http.wsgi import respond

_REST = "vectis_rest"


class _Rest(BaseConverter):
    """All that is left of a path, doubled slashes included; werkzeug's own ``path`` starts with none."""

    regex = ".*"
    part_isolating = False


def vectis_blueprint(oms: Vectis, *, name: str = "vectis", **config: Any) -> Blueprint:
    """Return a blueprint that serves the API over *oms*; *config* is that of ``HttpConfig``.

    ``app.register_blueprint(vectis_blueprint(oms), url_prefix="/oms")`` serves ``/oms/api/orders`` and the rest.
    It answers every path and method below its prefix, so that what is unknown is answered in the API's own form;
    without a prefix the application's own rules still come first. Closing *oms* is left to whoever opened it.
    """
    return mount(HttpApi(oms, HttpConfig(**config)), name)


def mount(api: HttpApi, name: str = "vectis") -> Blueprint:
    """Return a blueprint that serves *api*, for those who have made one themselves."""
    blueprint = Blueprint(name, __name__)
    blueprint.record(lambda state: _mount(state, api))
    return blueprint


def _mount(state: BlueprintSetupState, api: HttpApi) -> None:
    app = state.app
    prefix = (state.url_prefix or "").rstrip("/")
    # As WSGI spells it: octets in the place of characters (PEP 3333).
    mounted_at = prefix.encode().decode("latin-1")
    endpoint = f"{state.name_prefix}.{state.name}.api".lstrip(".")

    def serve(**_: str) -> Response:
        environ = request.environ
        path = environ.get("PATH_INFO", "").removeprefix(mounted_at)
        answer = respond(api, environ, environ.get("SCRIPT_NAME", "") + mounted_at, path)
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

"""Serves one face of the API over a new shop, behind a real server: ``python serve_face.py FACE DATABASE``.

It prints where it listens, a token with all scopes and whose it is on one line, and serves until its input ends.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from typing import Any

import uvicorn
import waitress
from flask import Flask

from vectis_asgi import asgi_app
from vectis_core import Vectis
from vectis_core.access import SCOPES
from vectis_flask import vectis_blueprint
from vectis_http import HttpApi, HttpRequest, wsgi_app
from vectis_http.json_codec import read_json
from vectis_prometheus import Prometheus

#: No limit is met on the way: what is counted is another test's.
_LIMIT = 10_000_000


def _token(oms: Vectis) -> tuple[str, str]:
    """Return a token of a new client and the client's id, and have the guide's product on the shelf."""
    face = oms.tenant("acme")
    issued = face.clients.create("a stranger", scopes=SCOPES)
    face.products.create(sku="WIDGET-001", name="Premium Widget")
    [record] = face.inventory.list(sku="WIDGET-001").page().items
    face.inventory.adjust(record.id, 1_000_000_000, reason="delivery")
    form = f"grant_type=client_credentials&client_id={issued.client.id}&client_secret={issued.secret}"
    asked = HttpRequest(
        method="POST",
        path="/oauth/token",
        headers={"content-type": "application/x-www-form-urlencoded"},
        body=form.encode(),
    )
    return read_json(HttpApi(oms).handle(asked).body)["access_token"], issued.client.id


def _serve_asgi(oms: Vectis, ready: Callable[[int], None]) -> None:
    config = uvicorn.Config(asgi_app(oms, rate_limit=_LIMIT), port=0, log_level="warning", access_log=False)
    listener = config.bind_socket()
    ready(listener.getsockname()[1])
    uvicorn.Server(config).run([listener])


def _serve_wsgi(oms: Vectis, ready: Callable[[int], None]) -> None:
    _serve_by_waitress(wsgi_app(oms, rate_limit=_LIMIT), ready)


def _serve_flask(oms: Vectis, ready: Callable[[int], None]) -> None:
    app = Flask("shop")
    app.register_blueprint(vectis_blueprint(oms, rate_limit=_LIMIT))
    _serve_by_waitress(app, ready)


def _serve_by_waitress(app: Any, ready: Callable[[int], None]) -> None:
    server = waitress.create_server(app, host="127.0.0.1", port=0, threads=4)
    ready(server.effective_port)
    server.run()


FACES = {"ASGI": _serve_asgi, "WSGI": _serve_wsgi, "Flask": _serve_flask}


def _until_the_end() -> None:
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    with Vectis.open(sys.argv[2], telemetry=Prometheus()) as opened:
        token, client = _token(opened)
        threading.Thread(target=_until_the_end, daemon=True).start()
        FACES[sys.argv[1]](opened, lambda port: print(f"http://127.0.0.1:{port} {token} {client}", flush=True))

"""A request each, through the face for WSGI and the one for ASGI."""

import asyncio
import io
import json
from urllib.parse import urlencode

from vectis_asgi import asgi_app
from vectis_core import Vectis
from vectis_http import wsgi_app


def by_wsgi(app, path, form):
    """Post a form, and return the decoded answer."""
    body = urlencode(form).encode()
    environ = {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "CONTENT_TYPE": "application/x-www-form-urlencoded",
        "CONTENT_LENGTH": str(len(body)),
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.url_scheme": "http",
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": True,
    }
    heads = []
    answer = b"".join(app(environ, lambda *head: heads.append(head)))
    assert heads[0][0] == "200 OK", answer
    return json.loads(answer)


async def by_asgi(app, path, token=None):
    """Get what is there, and return the status and the body."""
    headers = [(b"host", b"localhost")]
    if token:
        headers.append((b"authorization", f"Bearer {token}".encode()))
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("localhost", 80),
    }
    sent = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    await app(scope, receive, send)
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])


with Vectis.open("memory://") as oms:
    issued = oms.clients.create("Shop")
    form = {
        "grant_type": "client_credentials",
        "client_id": issued.client.id,
        "client_secret": str(issued.secret),
    }
    token = by_wsgi(wsgi_app(oms), "/oauth/token", form)["access_token"]
    status, body = asyncio.run(by_asgi(asgi_app(oms), "/api/orders", token))
    assert (status, json.loads(body)["orders"]) == (200, [])
    status, page = asyncio.run(by_asgi(asgi_app(oms), "/docs"))
    assert status == 200
    assert page.lower().startswith(b"<!doctype html>")

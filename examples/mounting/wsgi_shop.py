"""A WSGI application with pages of its own, and the API below ``/oms``.

Run it with any of

    gunicorn wsgi_shop:app                                  # one request at a time in each worker
    gunicorn --worker-class gthread --threads 8 wsgi_shop:app
    gunicorn --preload --workers 4 wsgi_shop:app            # read once, then forked
    waitress-serve --listen 127.0.0.1:8000 wsgi_shop:app
    granian --interface wsgi --port 8000 wsgi_shop:app

and make credentials with ``vectis clients create NAME --database sqlite:///shop.db``.
"""

import atexit
import os
from functools import cache

from vectis_core import Vectis
from vectis_http import wsgi_app

DATABASE = os.environ.get("SHOP_DATABASE", "sqlite:///shop.db")


@cache
def oms():
    """Open the database when it is first asked for, which is after a server that preloads has forked."""
    opened = Vectis.open(DATABASE)
    atexit.register(opened.close)
    return opened


api = wsgi_app(oms)


def app(environ, start_response):
    """Answer below /oms by the API, and all else by the shop."""
    path = environ.get("PATH_INFO", "")
    if path.startswith("/oms/"):
        # PEP 3333: what an application is mounted at moves from PATH_INFO to the end of SCRIPT_NAME.
        prefix = environ.get("SCRIPT_NAME", "") + "/oms"
        return api({**environ, "SCRIPT_NAME": prefix, "PATH_INFO": path.removeprefix("/oms")}, start_response)
    status, page = ("200 OK", b"The shop") if path == "/" else ("404 Not Found", b"The shop has no such page")
    start_response(status, [("Content-Type", "text/plain"), ("Content-Length", str(len(page)))])
    return [page]

"""The API alone, behind a proxy that cuts off a prefix: ``https://api.example.com/oms/...`` is ``/...`` here.

The proxy, here nginx, says who asked for what:

    location /oms/ {
        proxy_pass http://127.0.0.1:8000/;
        proxy_set_header X-Forwarded-For $remote_addr;
        proxy_set_header X-Forwarded-Host $host;
        proxy_set_header X-Forwarded-Prefix /oms;
    }

and the application names the proxy, and the headers that it sets. Servers that read or drop such headers themselves
are to leave them alone. Run it with any of

    uvicorn --no-proxy-headers behind_a_proxy:asgi
    granian --interface asgi --port 8000 behind_a_proxy:asgi
    gunicorn behind_a_proxy:wsgi
    waitress-serve --listen 127.0.0.1:8000 --no-clear-untrusted-proxy-headers behind_a_proxy:wsgi
"""

import atexit
import os
from functools import cache

from vectis_asgi import asgi_app
from vectis_core import Vectis
from vectis_http import wsgi_app

DATABASE = os.environ.get("SHOP_DATABASE", "sqlite:///shop.db")


@cache
def oms():
    """Open the database, once in each process."""
    opened = Vectis.open(DATABASE)
    atexit.register(opened.close)
    return opened


PROXY = {"trusted_proxies": ["127.0.0.1", "::1"], "forwarded": ["for", "host", "prefix"]}
asgi = asgi_app(oms, base_domain="example.com", **PROXY)
wsgi = wsgi_app(oms, base_domain="example.com", **PROXY)

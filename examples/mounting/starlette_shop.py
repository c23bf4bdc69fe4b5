"""A Starlette application with two shops in it, each with a database of its own: ``/oms`` and ``/outlet/oms``.

Run it with ``uvicorn starlette_shop:app`` or ``granian --interface asgi --port 8000 starlette_shop:app``, and make
credentials with ``vectis clients create NAME --database sqlite:///shop.db``, or ``outlet.db`` for the other. A token of
one opens nothing of the other.
"""

import os
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from vectis_asgi import asgi_app
from vectis_core import Vectis

DATABASE = os.environ.get("SHOP_DATABASE", "sqlite:///shop.db")
OUTLET_DATABASE = os.environ.get("OUTLET_DATABASE", "sqlite:///outlet.db")


@asynccontextmanager
async def lifespan(app):
    """Open both databases for as long as the application lives."""
    with Vectis.open(DATABASE) as app.state.shop, Vectis.open(OUTLET_DATABASE) as app.state.outlet:
        yield


async def home(_request):
    """Show the shop."""
    return PlainTextResponse("The shop")


async def missing(_request, _error):
    """Say what the shop says of a page that it has not."""
    return PlainTextResponse("The shop has no such page", 404)


app = Starlette(
    routes=[
        Route("/", home),
        Mount("/oms", app=asgi_app(lambda: app.state.shop)),
        Mount("/outlet/oms", app=asgi_app(lambda: app.state.outlet)),
    ],
    exception_handlers={404: missing},
    lifespan=lifespan,
)

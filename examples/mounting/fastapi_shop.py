"""A FastAPI application with errors, a key and middleware of its own, and the API below ``/oms``.

Run it with any of

    uvicorn fastapi_shop:app
    uvicorn --workers 4 fastapi_shop:app
    granian --interface asgi --port 8000 fastapi_shop:app

and make credentials with ``vectis clients create NAME --database sqlite:///shop.db``.
"""

import os
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import PlainTextResponse

from vectis_asgi import asgi_app
from vectis_core import Vectis

DATABASE = os.environ.get("SHOP_DATABASE", "sqlite:///shop.db")


@asynccontextmanager
async def lifespan(app):
    """Open the database and deliver webhooks for as long as the application lives."""
    with Vectis.open(DATABASE) as app.state.oms:
        async with app.state.oms.dispatcher():
            yield


def staff_only(request: Request):
    """Demand the shop's own key; what is mounted below /oms has nothing to do with it."""
    if request.url.path.startswith("/staff") and request.headers.get("x-staff-key") != os.environ.get("STAFF_KEY"):
        raise HTTPException(401, "Staff only")


app = FastAPI(lifespan=lifespan, dependencies=[Depends(staff_only)])
app.add_middleware(GZipMiddleware)
# The lifespan has not begun when this line is run: the function is asked with every request.
app.mount("/oms", asgi_app(lambda: app.state.oms))


@app.get("/", response_class=PlainTextResponse)
async def home():
    """Show the shop."""
    return "The shop"


@app.get("/staff")
async def staff(request: Request):
    """Count the orders, without a thread and without holding up the event loop."""
    return {"orders": (await request.app.state.oms.aio.orders.list().page(limit=1)).total}


@app.exception_handler(404)
async def missing(_request, _error):
    """Say what the shop says of a page that it has not."""
    return PlainTextResponse("The shop has no such page", 404)

"""An ASGI 3 application over ``HttpApi``: it converts, awaits, and decides nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from contextvars import copy_context
from functools import cache
from typing import Any
from urllib.parse import unquote_to_bytes

from vectis_core.commands import Command
from vectis_http import HttpApi, HttpConfig, HttpRequest, HttpResponse
from vectis_http.errors import PayloadTooLarge
from vectis_http.late import Late, OpenVectis
from vectis_http.messages import FOREIGN_HEADERS_BELOW, HEADERS_READ, join_headers, quoted_path
from vectis_http.operation import Effect, Query, ReadBody, Several, Work

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

#: The headers that the API reads, as ASGI spells their names; to decode the others would cost more than all of them.
_READ = {name.encode(): name for name in HEADERS_READ}


class _ClientGoneError(Exception):
    """The client went away before it had sent its body; nobody is left to answer."""


def asgi_app(oms: OpenVectis, **config: Any) -> AsgiApp:
    """Return the API over *oms* as an ASGI application; *config* is that of ``HttpConfig``.

    It can be served as it is, or mounted: ``Mount("/oms", app=asgi_app(oms))`` in Starlette,
    ``app.mount("/oms", asgi_app(oms))`` in FastAPI. Closing *oms* is left to whoever opened it. In the place of an
    open Vectis a function may stand that returns the one that is open, as ``lambda: app.state.oms``: it is asked with
    every request, and so needs no Vectis before the lifespan has opened one.
    """
    settings = HttpConfig(**config)
    return AsgiApp(Late(oms, lambda opened: HttpApi(opened, settings)))


class AsgiApp:
    """Serves an ``HttpApi``, or what a function returns as one, under any ASGI server on asyncio.

    No request waits for a commit on the loop.
    """

    def __init__(self, api: HttpApi | Callable[[], HttpApi]) -> None:
        self._api: Callable[[], HttpApi] = (lambda: api) if isinstance(api, HttpApi) else api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "http":
            await self._serve(scope, receive, send)
        elif scope["type"] == "lifespan":
            await _live(receive, send)
        else:
            await send({"type": "websocket.close"})

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            response = await self._respond(_head_of(scope), receive)
        except _ClientGoneError:
            return
        headers = [(_encoded_name(name), value.encode("latin-1")) for name, value in response.headers]
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        await send({"type": "http.response.body", "body": response.body})

    async def _respond(self, head: HttpRequest, receive: Receive) -> HttpResponse:
        api = self._api()
        reads_are_local = api.oms.store.reads_are_local
        exchange = api.exchange(head)
        try:
            effect = next(exchange)
            while True:
                try:
                    # A question of few index seeks in a local file is answered here: cheaper than a thread's hop.
                    if isinstance(effect, Query | Work) and effect.quick and reads_are_local():
                        value = api.look_up(effect)
                    else:
                        value = await _supply(api, effect, receive)
                except (_ClientGoneError, asyncio.CancelledError):
                    # Now and in this task, so that what was begun for the request ends where it began.
                    exchange.close()
                    raise
                except Exception as error:  # noqa: BLE001 - the exchange answers, whatever it is
                    effect = exchange.throw(error)
                else:
                    effect = exchange.send(value)
        except StopIteration as done:
            response: HttpResponse = done.value
            return response


async def _supply(api: HttpApi, effect: Effect, receive: Receive) -> Any:
    if isinstance(effect, Command):
        return await api.oms.engine.submit_told(effect)
    if isinstance(effect, Several):
        return await api.oms.engine.submit_all(effect.commands)
    if isinstance(effect, ReadBody):
        return await _read_body(receive, effect.limit)
    # What is logged there is of this request, which its context says.
    look_up = copy_context().run
    return await asyncio.get_running_loop().run_in_executor(None, look_up, api.look_up, effect)


def _head_of(scope: Scope) -> HttpRequest:
    prefix, path = _paths_of(scope)
    client = scope.get("client")
    pairs = [(_READ[name], value.decode("latin-1")) for name, value in scope["headers"] if name in _READ]
    if path.startswith(FOREIGN_HEADERS_BELOW):
        pairs = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
    return HttpRequest(
        method=scope["method"],
        path=path,
        query=scope["query_string"].decode("latin-1"),
        headers=join_headers(pairs),
        remote_address=client[0] if client else "",
        prefix=prefix,
        scheme=scope.get("scheme", "http"),
    )


def _paths_of(scope: Scope) -> tuple[str, str]:
    """Return the prefix that the application is mounted at and the path below it, both percent-encoded.

    ``raw_path`` is preferred where there is one, because ``path`` has lost what was not UTF-8. Some servers and
    routers leave the prefix in the path, some do not.
    """
    root: str = scope.get("root_path", "")
    raw: bytes | None = scope.get("raw_path")
    if not root and raw is not None and raw.isascii():
        return "", raw.decode("ascii")
    decoded = unquote_to_bytes(raw) if raw is not None else scope["path"].encode()
    prefix = root.rstrip("/").encode()
    if prefix and decoded.startswith(prefix + b"/"):
        decoded = decoded[len(prefix) :]
    return quoted_path(prefix), quoted_path(decoded)


async def _read_body(receive: Receive, limit: int) -> bytes:
    """Return the body, counted as it comes, whatever length was declared."""
    pieces: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _ClientGoneError
        piece: bytes = message.get("body", b"")
        size += len(piece)
        if size > limit:
            raise PayloadTooLarge(limit)
        if not message.get("more_body", False):
            return b"".join((*pieces, piece)) if pieces else piece
        pieces.append(piece)


async def _live(receive: Receive, send: Send) -> None:
    """Follow the server through its life; there is nothing to start or stop, ``oms`` is its opener's."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        else:
            await send({"type": "lifespan.shutdown.complete"})
            return


@cache
def _encoded_name(name: str) -> bytes:
    return name.lower().encode("latin-1")

"""A Vectis that is elsewhere: behind the API, with clients of it and a network that a test can script."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self, cast

import attrs
import httpx

from vectis_asgi import AsgiApp
from vectis_client import UNTOLD, AsyncClient, Client, Retries
from vectis_core import Address, Vectis
from vectis_core.access import SCOPES
from vectis_core.aio import AsyncEventFeed, AsyncListing, AsyncTenantFace
from vectis_core.faces import TenantFace
from vectis_core.testing.clock import FrozenClock
from vectis_http import HttpApi, HttpConfig, HttpRequest
from vectis_http.messages import join_headers

URL = "https://api.example.com/oms"
JANE = Address(name="Jane Smith", line1="123 Main St", city="Austin", country="US", phone="+1 555 0100")
#: Tries at once, since a scripted network gains nothing by time.
AT_ONCE = Retries(first_wait=0)


class Elsewhere:
    """A database with the API over it, and programs that may use that."""

    def __init__(self, oms: Vectis | None = None, tenant: str = "elsewhere") -> None:
        self.clock = FrozenClock()
        self.oms = oms or Vectis.open("memory://", clock=self.clock)
        self.api = HttpApi(self.oms, HttpConfig(rate_limit=1_000_000), environ={})
        self.face = self.oms.tenant(tenant)
        issued = self.face.clients.create("a program", scopes=SCOPES)
        self.credentials: dict[str, Any] = {"client_id": issued.client.id, "client_secret": issued.secret}

    def transport(self) -> httpx.BaseTransport:
        """Return what hands requests to the API in the calling thread."""
        return InProcess(self.api)

    def client(self, transport: httpx.BaseTransport | None = None, **options: Any) -> Client:
        """Return a client over *transport*."""
        http = httpx.Client(transport=transport or self.transport())
        return Client.connect(URL, http=http, **self.credentials, **{"retries": AT_ONCE, **options})

    def async_client(self, transport: httpx.AsyncBaseTransport | None = None, **options: Any) -> AsyncClient:
        """Return a client for asyncio."""
        asgi = httpx.ASGITransport(app=cast(Any, AsgiApp(self.api)), root_path="/oms")
        http = httpx.AsyncClient(transport=transport or asgi)
        return AsyncClient.connect(URL, http=http, **self.credentials, **{"retries": AT_ONCE, **options})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.oms.close()


class InProcess(httpx.BaseTransport):
    """Hands requests to the API in the calling thread, as a server does that has it mounted at ``/oms``."""

    def __init__(self, api: HttpApi) -> None:
        self._api = api

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return what the API answers."""
        path, _, query = request.url.raw_path.decode().removeprefix("/oms").partition("?")
        headers = join_headers(request.headers.items())
        body = request.read()
        answer = self._api.handle(HttpRequest(request.method, path, query, headers, body, "192.0.2.1", "/oms"))
        return httpx.Response(answer.status, headers=answer.headers, content=answer.body)


class Awaited:
    """An awaitable face for a story that does not await: each call is run to its end."""

    def __init__(self, face: Any, runner: asyncio.Runner) -> None:
        self._face = face
        self._runner = runner

    def __getattr__(self, name: str) -> Any:
        held = getattr(self._face, name)
        if not callable(held):
            return Awaited(held, self._runner)
        return lambda *args, **kwargs: self._done(held(*args, **kwargs))

    def __iter__(self) -> Iterator[Any]:
        async def all_of() -> list[Any]:
            return [each async for each in self._face]

        return iter(self._runner.run(all_of()))

    def _done(self, made: Any) -> Any:
        if isinstance(made, AsyncListing | AsyncEventFeed):
            return Awaited(made, self._runner)
        if not inspect.iscoroutine(made):
            return made
        return self._runner.run(made)


def run_to_their_ends(face: AsyncTenantFace, runner: asyncio.Runner) -> TenantFace:
    """Return *face* as one that need not be awaited."""
    return cast(TenantFace, Awaited(face, runner))


def differences(told: Any, kept: Any, path: str = "") -> list[str]:
    """Return where what a client was told differs from what is kept: where it was told, and as exactly as that goes."""
    if told is UNTOLD:
        return []
    if attrs.has(type(told)):
        names = [field.name for field in attrs.fields(type(told))]
        assert type(told) is type(kept), path
        return [
            each for name in names for each in differences(getattr(told, name), getattr(kept, name), f"{path}.{name}")
        ]
    if isinstance(told, tuple):
        assert len(told) == len(kept), (path, told, kept)
        return [
            each for at, pair in enumerate(zip(told, kept, strict=True)) for each in differences(*pair, f"{path}[{at}]")
        ]
    seen = kept.replace(microsecond=0) if hasattr(kept, "microsecond") else kept
    # Of deliveries, the type of the event is a text that in process may be the very member of ``EventType``.
    is_alike = type(told) is type(seen) or path.endswith(".event_type")
    return [] if is_alike and told == seen else [f"{path}: {told!r} is not {kept!r}"]


class Scripted(httpx.BaseTransport):
    """A network that does to the API's answers, one after the other, what a test says; then nothing more."""

    def __init__(self, inner: httpx.BaseTransport, *acts: Any) -> None:
        self._inner = inner
        self._acts = list(acts)
        self.seen: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Hand the request on, lose it, or answer it in the server's place; tokens are left alone."""
        if request.url.path.endswith("/oauth/token"):
            return self._inner.handle_request(request)
        self.seen.append(request)
        act = self._acts.pop(0) if self._acts else None
        if act == "answer lost":
            self._inner.handle_request(request)
            raise httpx.ReadError("the connection broke")
        if isinstance(act, Exception):
            raise act
        return act if isinstance(act, httpx.Response) else self._inner.handle_request(request)

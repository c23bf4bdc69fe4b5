"""``Client`` and ``AsyncClient``: the faces of the library over a server elsewhere."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import NoReturn, Self, cast
from urllib.parse import urlsplit

import httpx

from vectis_client.conversation import Conversation, new_request_id
from vectis_client.drivers import AsyncDriver, Driver
from vectis_client.effects import Retries
from vectis_client.engine import RemoteEngine
from vectis_client.exchange import Credentials, Tokens
from vectis_client.untold import UNTOLD
from vectis_core.aio import AsyncTenantFace
from vectis_core.engine import Engine
from vectis_core.errors import UsageError
from vectis_core.faces import TenantFace
from vectis_core.tenancy import Caller

#: Seconds for which nothing may come from the server, unless told otherwise.
_TIMEOUT = 30.0
#: Bytes of an answer, unpacked, unless told otherwise.
_LONGEST_ANSWER = 64 * 1024 * 1024
_USUAL = Retries()


class _Kept:
    """What stays in the process that made it."""

    def __reduce__(self) -> NoReturn:
        raise TypeError("A client has connections and a secret, and is not copied: connect one where it is needed")


class Client(_Kept, TenantFace):
    """What a program can do with a Vectis elsewhere: all that ``Vectis`` offers for one tenant, by the same calls.

    Safe to share among threads, and to be inherited by a fork, which has connections of its own. Use it as a context
    manager, or ``close`` it. Beside what each method names, everything raises ``Unauthorized`` and ``Forbidden`` for
    credentials or scopes that do not do, ``RateLimitExceeded``, ``ServiceUnavailable`` where the server cannot be
    reached, and ``UnexpectedAnswer`` for what no server of this version answers; a command that may have been carried
    out without being answered, ``OutcomeUnknown``.
    """

    def __init__(self, conversation: Conversation, driver: Driver, client_id: str) -> None:
        self._driver = driver
        self._told = f"{conversation.base_url!r}, client_id={client_id!r}"
        super().__init__(cast(Engine, RemoteEngine(conversation, driver.drive)), _caller(client_id))

    @classmethod
    def connect(
        cls,
        url: str,
        *,
        client_id: str,
        client_secret: str,
        scopes: Sequence[str] | None = None,
        token_url: str | None = None,
        timeout: float | httpx.Timeout = _TIMEOUT,
        retries: Retries = _USUAL,
        longest_answer: int = _LONGEST_ANSWER,
        http: httpx.Client | None = None,
        request_id: Callable[[], str] = new_request_id,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> Self:
        """Return a client of the API at *url*, which may end in the prefix that it is mounted at; nothing is sent yet.

        *scopes* narrow what its tokens allow. *token_url* is where tokens are, where that is not ``/oauth/token`` below
        *url*. *timeout* is in seconds, for connecting and for each wait for a piece of the answer. *longest_answer* is
        in bytes, unpacked; a longer one is an ``UnexpectedAnswer``. *http* is your own ``httpx.Client``, with its
        proxies and certificates; its timeouts count then, and you close it. *clock* and *sleep* are in seconds, for
        tests.

        *request_id* makes the ``X-Request-Id`` of each call, 1 to 128 visible ASCII characters: say, that of your own
        request, so that the server's log has it too. Errors have it as ``request_id``.

        Raises ``UsageError`` for what is no address, and for scopes that are no list.
        """
        credentials = Credentials(client_id, client_secret, scopes)
        conversation = _conversation(url, credentials, token_url, retries, clock, request_id)
        return cls(conversation, Driver(http, timeout, sleep, longest_answer), client_id)

    @property
    def aio(self) -> NoReturn:
        """Raise ``UsageError``: programs on asyncio have ``AsyncClient``."""
        raise UsageError("Connect an AsyncClient: it has the same calls, to be awaited")

    def close(self) -> None:
        """Close its connections; harmless when repeated."""
        self._driver.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Client({self._told})"


class AsyncClient(_Kept, AsyncTenantFace):
    """``Client`` for programs on asyncio: the calls of ``oms.aio``, to be awaited. For the tasks of one event loop.

    Whoever cancels a call gives up its answer, not what it asked for: a command that was sent may be done all the same.
    """

    def __init__(self, conversation: Conversation, driver: AsyncDriver, client_id: str) -> None:
        self._driver = driver
        self._told = f"{conversation.base_url!r}, client_id={client_id!r}"
        super().__init__(TenantFace(cast(Engine, RemoteEngine(conversation, driver.drive)), _caller(client_id)))

    @classmethod
    def connect(
        cls,
        url: str,
        *,
        client_id: str,
        client_secret: str,
        scopes: Sequence[str] | None = None,
        token_url: str | None = None,
        timeout: float | httpx.Timeout = _TIMEOUT,
        retries: Retries = _USUAL,
        longest_answer: int = _LONGEST_ANSWER,
        http: httpx.AsyncClient | None = None,
        request_id: Callable[[], str] = new_request_id,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> Self:
        """Return a client of the API at *url*; see ``Client.connect``, but for *http*, an ``httpx.AsyncClient``."""
        credentials = Credentials(client_id, client_secret, scopes)
        conversation = _conversation(url, credentials, token_url, retries, clock, request_id)
        return cls(conversation, AsyncDriver(http, timeout, sleep, longest_answer), client_id)

    async def close(self) -> None:
        """Close its connections; harmless when repeated."""
        await self._driver.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"AsyncClient({self._told})"


def _conversation(
    url: str,
    credentials: Credentials,
    token_url: str | None,
    retries: Retries,
    clock: Callable[[], float],
    request_id: Callable[[], str],
) -> Conversation:
    base_url = _address(url)
    tokens = Tokens(_address(token_url or f"{base_url}/oauth/token"), credentials, retries, clock)
    return Conversation(base_url, tokens, retries, request_id)


def _address(url: str) -> str:
    """Return *url* without a slash at its end; raises ``UsageError`` where it is none that requests can go to."""
    try:
        parts = urlsplit(url)
        is_good = parts.scheme in {"http", "https"} and bool(parts.hostname) and not (parts.query or parts.fragment)
        # What stands before an @ would be sent as credentials in place of the token, and be shown by ``repr``.
        is_good = (
            is_good and "@" not in parts.netloc and parts.port != 0 and url.split() == [url] and bool(httpx.URL(url))
        )
    except (ValueError, httpx.InvalidURL):
        is_good = False
    if not is_good:
        raise UsageError("The address of an API is such as https://api.example.com/oms, without a user, ? or #")
    return url.rstrip("/")


def _caller(client_id: str) -> Caller:
    """Return who is calling; of which tenant the client is, the server knows by its credentials."""
    return Caller(tenant=cast(str, UNTOLD), actor=client_id, client=client_id)

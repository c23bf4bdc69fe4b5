"""Supplies what a conversation asks for: by blocking the thread, or by awaiting on an event loop.

There is one loop, a coroutine. What it awaits in a thread has been done by the time it is awaited, so that such a
coroutine never pauses, and is run to its end by the first step.
"""

from __future__ import annotations

import asyncio
import threading
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import httpx

from vectis_client.effects import Effect, NoAnswerError, Request, Send, Sleep, Steps
from vectis_client.errors import Answer
from vectis_core.errors import UsageError

T = TypeVar("T")

#: What fails before the server can have got anything.
_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class _Driver(ABC):
    """The one loop."""

    def __init__(self) -> None:
        self._is_closed = False

    async def _driven(self, steps: Steps[T]) -> T:
        """Return what *steps* come to."""
        value: Any = None
        error: Exception | None = None
        while True:
            try:
                effect = steps.send(value) if error is None else steps.throw(error)
            except StopIteration as done:
                result: T = done.value
                return result
            value, error = None, None
            try:
                value = await self._supplied(effect)
            except Exception as raised:  # noqa: BLE001 - the steps decide what becomes of it
                error = raised

    async def _supplied(self, effect: Effect) -> Any:
        if isinstance(effect, Sleep):
            return await self._slept(effect.seconds)
        if not isinstance(effect, Send):
            return await self._alone(effect.steps)
        if self._is_closed:
            raise UsageError("The client is closed")
        try:
            response = await self._sent(effect.request)
        except httpx.RequestError as error:
            reason = f"{type(error).__name__}: {error}".removesuffix(": ")
            raise NoAnswerError(reason, was_sent=not isinstance(error, _UNSENT)) from error
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status_code, headers, response.content)

    @abstractmethod
    async def _sent(self, asked: Request) -> httpx.Response: ...

    @abstractmethod
    async def _slept(self, seconds: float) -> None: ...

    @abstractmethod
    async def _alone(self, steps: Steps[Any]) -> Any: ...


class Driver(_Driver):
    """Drives in the calling thread; safe to share among threads."""

    def __init__(
        self, http: httpx.Client | None, timeout: float | httpx.Timeout, sleep: Callable[[float], None]
    ) -> None:
        super().__init__()
        self._http = http or httpx.Client(timeout=timeout)
        self._is_ours = http is None
        self._sleep = sleep
        self._turn = threading.Lock()

    def drive(self, steps: Steps[T]) -> T:
        """Return what *steps* come to."""
        return _finished(self._driven(steps))

    def close(self) -> None:
        """Close the connections, unless they are the caller's; harmless when repeated."""
        self._is_closed = True
        if self._is_ours:
            self._http.close()

    async def _sent(self, asked: Request) -> httpx.Response:
        return self._http.request(
            asked.method, asked.url, headers=asked.headers, content=asked.body, follow_redirects=False
        )

    async def _slept(self, seconds: float) -> None:
        self._sleep(seconds)

    async def _alone(self, steps: Steps[Any]) -> Any:
        with self._turn:
            return await self._driven(steps)


class AsyncDriver(_Driver):
    """Drives on an event loop; for the tasks of one loop."""

    def __init__(
        self, http: httpx.AsyncClient | None, timeout: float | httpx.Timeout, sleep: Callable[[float], Awaitable[None]]
    ) -> None:
        super().__init__()
        self._http = http or httpx.AsyncClient(timeout=timeout)
        self._is_ours = http is None
        self._sleep = sleep
        self._turn = asyncio.Lock()

    async def drive(self, steps: Steps[T]) -> T:
        """Return what *steps* come to."""
        return await self._driven(steps)

    async def close(self) -> None:
        """Close the connections, unless they are the caller's; harmless when repeated."""
        self._is_closed = True
        if self._is_ours:
            await self._http.aclose()

    async def _sent(self, asked: Request) -> httpx.Response:
        return await self._http.request(
            asked.method, asked.url, headers=asked.headers, content=asked.body, follow_redirects=False
        )

    async def _slept(self, seconds: float) -> None:
        await self._sleep(seconds)

    async def _alone(self, steps: Steps[Any]) -> Any:
        async with self._turn:
            return await self._driven(steps)


def _finished(coroutine: Coroutine[Any, Any, T]) -> T:
    """Return the result of a coroutine that never pauses."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    coroutine.close()
    raise RuntimeError("what blocks has paused")

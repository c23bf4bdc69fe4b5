"""Supplies what a conversation asks for: by blocking the thread, or by awaiting on an event loop.

There is one loop, a coroutine. What it awaits in a thread has been done by the time it is awaited, so that such a
coroutine never pauses, and is run to its end by the first step.
"""

from __future__ import annotations

import asyncio
import os
import threading
import weakref
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any, Generic, TypeVar

import httpx

from vectis_client.effects import Effect, NoAnswerError, Send, Sleep, Steps
from vectis_client.errors import Answer, UnexpectedAnswer
from vectis_core.errors import UsageError

T = TypeVar("T")
H = TypeVar("H", httpx.Client, httpx.AsyncClient)

#: What fails before the server can have got anything.
_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class _Body:
    """The body of an answer while it comes, unpacked, and never more of it than a limit."""

    def __init__(self, status: int, limit: int) -> None:
        self._status = status
        self._limit = limit
        self._pieces: list[bytes] = []
        self._length = 0

    def add(self, piece: bytes) -> None:
        """Take the next piece; raises ``UnexpectedAnswer`` where it is too much."""
        self._length += len(piece)
        if self._length > self._limit:
            raise UnexpectedAnswer(self._status, "", f"The answer is longer than {self._limit} bytes (longest_answer)")
        self._pieces.append(piece)

    def whole(self) -> bytes:
        """Return all of it."""
        return b"".join(self._pieces)


class _Driver(ABC, Generic[H]):
    """The one loop, over connections that it was given or makes."""

    def __init__(self, http: H | None, make: Callable[[], H], longest_answer: int) -> None:
        self._http: H | None = http or make()
        self._is_ours = http is None
        self._make: Callable[[], H] = make
        self._making = threading.Lock()
        self._longest_answer = longest_answer
        self._is_closed = False
        self._inherited: list[H | None] = []
        _DRIVERS.add(self)

    def begin_anew_after_fork(self) -> None:
        """Share no connection with the parent, whose answers would be taken for those of the child.

        The parent's are kept and not closed: a goodbye over TLS would end them for the parent.
        """
        self._inherited.append(self._http)
        self._http = None
        self._making = threading.Lock()

    def _connections(self) -> H:
        """Return what sends requests; raises ``UsageError`` where there is nothing any more."""
        with self._making:
            if self._is_closed:
                raise UsageError("The client is closed")
            if self._http is None:
                if not self._is_ours:
                    raise UsageError("This process was forked from the one that gave http=: connect a client in each")
                self._http = self._make()
            if self._http.is_closed:
                raise UsageError("The connections of the client, which it was given as http=, are closed")
            return self._http

    def _end(self) -> H | None:
        """Return the connections that are to be closed with the client, if any, and let no more calls begin."""
        with self._making:
            self._is_closed = True
            return self._http if self._is_ours else None

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
        http = self._connections()
        # Whatever *http* is set up with: the token is ours to send, and goes to nobody else.
        asked = effect.request
        try:
            request = http.build_request(asked.method, asked.url, headers=asked.headers, content=asked.body)
            return await self._sent(http, request)
        except httpx.InvalidURL as error:
            raise UsageError(f"No address can hold this: {error}") from error
        except RuntimeError as error:
            if http.is_closed:
                raise UsageError("The client was closed meanwhile") from error
            raise
        except httpx.RequestError as error:
            reason = f"{type(error).__name__}: {error}".removesuffix(": ")
            raise NoAnswerError(reason, was_sent=not isinstance(error, _UNSENT)) from error

    def _answer(self, response: httpx.Response, body: _Body) -> Answer:
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status_code, headers, body.whole())

    @abstractmethod
    async def _sent(self, http: H, request: httpx.Request) -> Answer: ...

    @abstractmethod
    async def _slept(self, seconds: float) -> None: ...

    @abstractmethod
    async def _alone(self, steps: Steps[Any]) -> Any: ...


class Driver(_Driver[httpx.Client]):
    """Drives in the calling thread; safe to share among threads, and to be inherited by a fork."""

    def __init__(
        self,
        http: httpx.Client | None,
        timeout: float | httpx.Timeout,
        sleep: Callable[[float], None],
        longest_answer: int,
    ) -> None:
        super().__init__(http, partial(httpx.Client, timeout=timeout), longest_answer)
        self._sleep = sleep
        self._turn = threading.Lock()

    def drive(self, steps: Steps[T]) -> T:
        """Return what *steps* come to."""
        return _finished(self._driven(steps))

    def begin_anew_after_fork(self) -> None:
        """Have a turn of one's own, too: the parent's may be some thread's that the child does not have."""
        super().begin_anew_after_fork()
        self._turn = threading.Lock()

    def close(self) -> None:
        """Close the connections, unless they are the caller's; harmless when repeated."""
        http = self._end()
        if http is not None:
            http.close()

    async def _sent(self, http: httpx.Client, request: httpx.Request) -> Answer:
        response = http.send(request, stream=True, auth=None, follow_redirects=False)
        try:
            body = _Body(response.status_code, self._longest_answer)
            for piece in response.iter_bytes():
                body.add(piece)
        finally:
            response.close()
        return self._answer(response, body)

    async def _slept(self, seconds: float) -> None:
        self._sleep(seconds)

    async def _alone(self, steps: Steps[Any]) -> Any:
        with self._turn:
            return await self._driven(steps)


class AsyncDriver(_Driver[httpx.AsyncClient]):
    """Drives on an event loop; for the tasks of one loop."""

    def __init__(
        self,
        http: httpx.AsyncClient | None,
        timeout: float | httpx.Timeout,
        sleep: Callable[[float], Awaitable[None]],
        longest_answer: int,
    ) -> None:
        super().__init__(http, partial(httpx.AsyncClient, timeout=timeout), longest_answer)
        self._sleep = sleep
        self._turn = asyncio.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def drive(self, steps: Steps[T]) -> T:
        """Return what *steps* come to; raises ``UsageError`` on another loop than the first call's."""
        loop = asyncio.get_running_loop()
        if self._loop is None:
            self._loop = loop
        if self._loop is not loop:
            # Connections are a loop's own: on another they fail, sometimes, and by errors that name no cause.
            raise UsageError("An AsyncClient is for one event loop: connect another where another loop runs")
        return await self._driven(steps)

    def begin_anew_after_fork(self) -> None:
        """Belong to no loop yet, as the child's is another."""
        super().begin_anew_after_fork()
        self._turn = asyncio.Lock()
        self._loop = None

    async def close(self) -> None:
        """Close the connections, unless they are the caller's; harmless when repeated."""
        http = self._end()
        if http is not None:
            await http.aclose()

    async def _sent(self, http: httpx.AsyncClient, request: httpx.Request) -> Answer:
        response = await http.send(request, stream=True, auth=None, follow_redirects=False)
        try:
            body = _Body(response.status_code, self._longest_answer)
            async for piece in response.aiter_bytes():
                body.add(piece)
        finally:
            await response.aclose()
        return self._answer(response, body)

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


_DRIVERS: weakref.WeakSet[_Driver[Any]] = weakref.WeakSet()


def _after_fork() -> None:
    for driver in list(_DRIVERS):
        driver.begin_anew_after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)

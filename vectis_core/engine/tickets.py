"""A command's way through the engine, from being queued to its outcome."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import attrs

from vectis_core.commands import Command
from vectis_core.errors import VectisError
from vectis_core.telemetry import Notes

if TYPE_CHECKING:
    import asyncio

    from vectis_core.handlers import Handler

T = TypeVar("T")

#: The host's part of a transaction: gets the result and what it writes its own rows with; raises to veto.
Within = Callable[[T, Any], None]


@attrs.frozen
class Outcome(Generic[T]):
    """What a command came to."""

    result: T
    #: Whether the result is that of an earlier command with the same id, which alone had an effect.
    replayed: bool = False


@attrs.frozen
class Purge:
    """A step that has the store let go of what was erased; it comes to what ``Store.purge`` returns."""


class ThreadWaiter:
    """A thread that sleeps until it is woken."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lock.acquire()

    def wait(self, at_most: float = -1) -> None:
        """Sleep until the next ``wake``, or *at_most* so many seconds; return at once where one came already."""
        self._lock.acquire(timeout=at_most)

    def forget(self) -> None:
        """Forget a ``wake`` that nobody has slept for."""
        self._lock.acquire(blocking=False)

    def wake(self) -> None:
        """Wake the thread; harmless when it is awake."""
        try:
            self._lock.release()
        except RuntimeError:
            # It was woken before and has not slept since.
            return


class LoopWaiter:
    """A coroutine that awaits a future of its event loop; it never leads."""

    def __init__(self, told: bool) -> None:
        # A program without an event loop is spared the import.
        import asyncio  # noqa: PLC0415

        self.loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Any] = self.loop.create_future()
        #: Whether the future is to have the outcome, and not its result alone.
        self.told = told


@attrs.define(eq=False)
class Times:
    """When a batch got how far, by the process's performance counter."""

    began: float
    #: When everything was decided and written; 0 as long as it is not.
    decided: float = 0.0
    #: When it was committed, given up, or had failed.
    ended: float = 0.0


@attrs.define(eq=False)
class Ticket:
    """A command in the queue, with who waits for it and what came of it."""

    command: Command[Any]
    handler: Handler
    #: The id under which the result is kept, where one is kept: the caller's own or one made for the call.
    command_id: str | None
    within: Within[Any] | None
    waiter: ThreadWaiter | LoopWaiter
    #: When it was asked for, by the performance counter.
    asked_at: float
    #: What listeners noted then.
    notes: Notes
    #: Of the newest batch that it was in.
    times: Times | None = None
    #: Whether nobody waits any more; where it has not been run yet, it need not be.
    abandoned: bool = False
    outcome: Outcome[Any] | None = None
    error: BaseException | None = None

    @property
    def settled(self) -> bool:
        """Whether what came of it is known."""
        return self.outcome is not None or self.error is not None

    def value(self) -> Outcome[Any]:
        """Return the outcome, or raise the error."""
        if self.error is not None:
            raise self.error
        if self.outcome is None:
            raise AssertionError("the ticket is not settled")
        return self.outcome

    def outcome_or_refusal(self) -> Outcome[Any] | VectisError:
        """Return the outcome or the refusal; raises what is neither, which is a mistake of ours."""
        return self.error if isinstance(self.error, VectisError) else self.value()


def wake_all(tickets: Iterable[Ticket]) -> None:
    """Tell everyone that their tickets are settled: each thread, and each event loop once."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Ticket]] = {}
    for ticket in tickets:
        if isinstance(ticket.waiter, LoopWaiter):
            by_loop.setdefault(ticket.waiter.loop, []).append(ticket)
        else:
            ticket.waiter.wake()
    for loop, settled in by_loop.items():
        try:
            loop.call_soon_threadsafe(_resolve, settled)
        except RuntimeError:
            # The loop was closed before its answers came; nobody is left to hear them.
            continue


def _resolve(tickets: list[Ticket]) -> None:
    for ticket in tickets:
        waiter = ticket.waiter
        if not isinstance(waiter, LoopWaiter) or waiter.future.done():
            continue
        if ticket.error is not None:
            waiter.future.set_exception(ticket.error)
        elif ticket.outcome is not None:
            waiter.future.set_result(ticket.outcome if waiter.told else ticket.outcome.result)

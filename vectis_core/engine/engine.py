"""One queue, and whoever has the lead.

Threads that call ``run`` commit for each other: the first to arrive leads, takes what has queued, and commits it in
one go; whoever arrives meanwhile queues, and the head of the queue leads next. A lone caller pays for no other
thread and no waiting. Event loops ``submit``; for them a committing thread leads, started at the first submit.

The lead is a token: ``_leader`` is the waiter that has it, ``None`` where the queue is idle. It is handed on under the
mutex, to the waiter of the first ticket in the queue, which is woken *before* the token is its own: if the thread that
hands on is interrupted in between, it still has the token and hands on again.
"""

from __future__ import annotations

import logging
import os
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, TypeVar

from vectis_core.checking import check
from vectis_core.commands import Command
from vectis_core.constraints import Text
from vectis_core.engine.interrupts import insist
from vectis_core.engine.telling import NOTHING_NOTED, asked_by, batches_of, kind_of
from vectis_core.engine.tickets import LoopWaiter, Outcome, Purge, ThreadWaiter, Ticket, Within, wake_all
from vectis_core.errors import ServiceUnavailable, UsageError, ValidationError, VectisError
from vectis_core.ids import Ids
from vectis_core.ports import Store, View
from vectis_core.telemetry import Audience, ReadDone
from vectis_core.vault import Vault
from vectis_core.webhooks.address_rules import AddressRules

if TYPE_CHECKING:
    import asyncio

T = TypeVar("T")

#: What steps may yield: a question to the store, commands that do not need each other, or that erased bytes be let go.
Step = Callable[[View], Any] | tuple[Command[Any], ...] | Purge
#: Steps, one after the other, that come to one result.
Steps = Generator[Step, Any, T]

_logger = logging.getLogger("vectis.engine")

_COMMAND_ID = Text(1, 255)

#: For how long, in seconds, a leader waits at most for each of those who were in the last batch with it: so long as
#: it takes a caller to take its answer and come with the next command.
_MOMENT = 0.0001


class Engine:
    """Runs commands against a store; safe to share among threads and event loops."""

    def __init__(
        self,
        store: Store,
        ids: Ids,
        vault: Vault,
        address_rules: AddressRules,
        *,
        audience: Audience | None = None,
        queue_limit: int = 10_000,
        batch_limit: int = 256,
    ) -> None:
        # Not above: what commands do is a fifth of importing the library, and whoever opens no shop is spared it.
        from vectis_core.engine.batch import BatchRunner  # noqa: PLC0415
        from vectis_core.handlers import handler_of  # noqa: PLC0415

        self.store = store
        #: Who is told what is done.
        self.audience = audience or Audience()
        self._ids = ids
        self._queue_limit = queue_limit
        self._batch_limit = batch_limit
        self._handler_of = handler_of
        self._runner = BatchRunner(store, ids, vault, address_rules)
        self._mutex = threading.Lock()
        self._queue: deque[Ticket] = deque()
        self._leader: ThreadWaiter | None = None
        #: How many were in the last batch, when they were answered, and whether the leader sleeps until they return.
        self._crowd = 0
        self._answered_at = 0.0
        self._gathering = False
        self._idle = threading.Condition(self._mutex)
        self._closed = False
        self._forked = False
        self._committer = ThreadWaiter()
        self._committing: threading.Thread | None = None
        self._observers: list[Callable[[Command[Any]], None]] = []
        _ENGINES.add(self)

    # Ways in

    def run(self, command: Command[T], within: Within[T] | None = None) -> T:
        """Run *command* in the calling thread, and return its result once it is durable.

        *within* is the host's part of the transaction: it is called with the result and a connection after our rows
        are written and before the commit, in a transaction of its own. What it raises undoes everything and is
        raised here. It may be called again on a retry, and is not called for a replay or a repeated external id.

        Raises the errors of ``vectis_core.errors``, ``OutcomeUnknown`` among them.
        """
        return self.run_told(command, within).result

    def run_told(self, command: Command[T], within: Within[T] | None = None) -> Outcome[T]:
        """Run *command* like ``run``, and tell whether the result is that of an earlier one with the same id."""
        waiter = ThreadWaiter()
        ticket = self._ticket(command, within, waiter)
        try:
            self._enqueue(ticket)
            while not ticket.settled:
                if self._leads(waiter):
                    self._lead(waiter)
                else:
                    waiter.wait()
        except BaseException:
            insist(lambda: self._abandon(ticket))
            raise
        return ticket.value()

    def run_all(self, asked: Sequence[Command[Any]]) -> list[Outcome[Any] | VectisError]:
        """Run commands that do not need each other in the calling thread, together where they fit in one batch.

        Returns what each came to once all are durable or refused: a refusal of one stops none of the others.
        """
        waiter = ThreadWaiter()
        came_to: list[Ticket | VectisError] = []
        try:
            for command in asked:
                self._ask(command, waiter, came_to)
            while not all(each.settled for each in came_to if isinstance(each, Ticket)):
                if self._leads(waiter):
                    self._lead(waiter)
                else:
                    waiter.wait()
        except BaseException:
            insist(lambda: self._abandon_all(came_to))
            raise
        return [each.outcome_or_refusal() if isinstance(each, Ticket) else each for each in came_to]

    def run_steps(self, begin: Callable[[], Steps[T]]) -> T:
        """Return what steps come to; a question is sent its answer, commands what ``run_all`` returns of them."""
        steps = begin()
        answer: Any = None
        while True:
            try:
                step = steps.send(answer)
            except StopIteration as done:
                result: T = done.value
                return result
            answer = self._taken(step)

    def _taken(self, step: Step) -> Any:
        if isinstance(step, tuple):
            return self.run_all(step)
        return self.store.purge() if isinstance(step, Purge) else self.ask_view(step)

    def _ask(self, command: Command[Any], waiter: ThreadWaiter, came_to: list[Ticket | VectisError]) -> None:
        """Queue a command and note its ticket, or the refusal; the ticket first, so that an interrupt loses none."""
        try:
            ticket = self._ticket(command, None, waiter)
        except VectisError as error:
            came_to.append(error)
            return
        came_to.append(ticket)
        try:
            self._enqueue(ticket)
        except VectisError as error:
            came_to[-1] = error

    def submit(self, command: Command[T]) -> asyncio.Future[T]:
        """Submit *command* and return a future of the running event loop, which never waits for it.

        Cancelling the future gives up the answer, not the command: what was submitted may be done all the same.
        """
        future: asyncio.Future[T] = self._submit(command, told=False)
        return future

    def submit_told(self, command: Command[T]) -> asyncio.Future[Outcome[T]]:
        """Submit *command* like ``submit``; the future tells whether the result is that of an earlier one."""
        future: asyncio.Future[Outcome[T]] = self._submit(command, told=True)
        return future

    def _submit(self, command: Command[Any], *, told: bool) -> asyncio.Future[Any]:
        waiter = LoopWaiter(told)
        ticket = self._ticket(command, None, waiter)
        self._start_committer()
        try:
            self._enqueue(ticket)
        except BaseException:
            insist(lambda: self._abandon(ticket))
            raise
        return waiter.future

    async def submit_all(self, asked: Sequence[Command[Any]]) -> list[Outcome[Any] | VectisError]:
        """Submit commands that do not need each other, and return what each came to, as ``run_all`` does."""
        came_to: list[asyncio.Future[Outcome[Any]] | VectisError] = []
        for command in asked:
            try:
                came_to.append(self.submit_told(command))
            except VectisError as error:
                came_to.append(error)
        return [each if isinstance(each, VectisError) else await _outcome_or_refusal(each) for each in came_to]

    def ask(self, command: Command[Any], waiter: ThreadWaiter) -> Ticket:
        """Queue *command* and return at once: for a program that is its own scheduler, such as a simulator.

        It calls ``step`` until the ticket is settled, and lets nobody else use the engine. *waiter* is woken when the
        ticket is settled, but for that of the ticket at the head of the batch, which leads.
        """
        ticket = self._ticket(command, None, waiter)
        self._enqueue(ticket)
        return ticket

    def step(self) -> None:
        """Commit one batch of what ``ask`` queued, in the place of who would lead; nothing where nothing is queued."""
        if self._leader is not None:
            self._lead(self._leader, gather=False)

    def read(self) -> AbstractContextManager[View]:
        """Return a view of the newest committed state, for the length of a ``with`` block.

        Raises ``UsageError`` after ``close`` and in the child of a fork.
        """
        self.check_open()
        return self.store.read()

    def ask_view(self, question: Callable[[View], T], *, quick: bool = False) -> T:  # noqa: ARG002 - for event loops
        """Return what *question* makes of a view of the newest committed state.

        *quick* says that it is so few index seeks that an event loop may wait for it where the store is local.

        Raises ``UsageError`` after ``close`` and in the child of a fork.
        """
        began = time.perf_counter()
        try:
            with self.read() as view:
                return question(view)
        finally:
            seconds = time.perf_counter() - began
            if seconds >= self.audience.reads_from:
                self.audience.read_done(ReadDone(*asked_by(question), seconds))

    def observe(self, callback: Callable[[Command[Any]], None]) -> None:
        """Have *callback* called with each command that this process has committed, right after the commit."""
        self._observers.append(callback)

    def forget(self, callback: Callable[[Command[Any]], None]) -> None:
        """Call *callback* no more."""
        self._observers = [each for each in self._observers if each != callback]

    def close(self) -> None:
        """Let what is queued finish, then refuse everything; harmless when repeated."""
        if self._forked:
            return
        if self._runner.host_thread == threading.get_ident():
            raise UsageError("Vectis cannot be closed from inside within=")
        with self._idle:
            self._closed = True
            while self._queue or self._leader is not None:
                self._idle.wait()
        if self._committing is not None:
            self._committer.wake()
            if self._committing is not threading.current_thread():
                self._committing.join()

    def check_open(self) -> None:
        """Raise ``UsageError`` after ``close`` and in the child of a fork."""
        if self._forked:
            raise UsageError("This process was forked from the one that opened Vectis: open it anew in each process")
        if self._closed:
            raise UsageError("Vectis is closed")

    @property
    def queue_length(self) -> int:
        """How many commands wait to be taken into a batch."""
        return len(self._queue)

    # The queue

    def _check_usable(self) -> None:
        """Raise ``UsageError`` where no command may be asked for: closed, forked, or from inside ``within``."""
        self.check_open()
        if self._runner.host_thread == threading.get_ident():
            raise UsageError("Vectis cannot be called from inside within=: write the host's rows there, nothing else")

    def _ticket(self, command: Command[Any], within: Within[Any] | None, waiter: ThreadWaiter | LoopWaiter) -> Ticket:
        self._check_usable()
        handler = self._handler_of(command)
        command_id = command.command_id
        if command_id is not None:
            problem = _COMMAND_ID.problem(command_id)
            if problem is not None:
                raise ValidationError.of("commandId", problem)
        elif command.keeps_result:
            # So that a caller who is told OutcomeUnknown has something to ask again with.
            command_id = self._ids.secret()
        intent = getattr(command, "intent", None)
        if intent is not None:
            check(intent)
        notes = self.audience.command_asked(command) if self.audience.hears_asking else NOTHING_NOTED
        kept_as = command_id if command.keeps_result else None
        return Ticket(command, handler, kept_as, within, waiter, time.perf_counter(), notes)

    def _enqueue(self, ticket: Ticket) -> None:
        with self._mutex:
            if self._closed:
                raise UsageError("Vectis is closed")
            if len(self._queue) < self._queue_limit:
                self._queue.append(ticket)
                if self._leader is None:
                    self._hand_on()
                elif self._gathering and len(self._queue) >= self._crowd:
                    self._leader.wake()
                return
        self.audience.queue_refused(kind_of(ticket))
        raise ServiceUnavailable("Too many requests are waiting for the database; try again in a second")

    def _leads(self, me: ThreadWaiter) -> bool:
        """Return whether *me* has the lead.

        Asked under the mutex: the heir is woken a moment before the lead is its own, and one that looked in between
        would sleep again with nobody left to wake it.
        """
        with self._mutex:
            return self._leader is me

    def _lead(self, me: ThreadWaiter, *, gather: bool = True) -> None:
        """Commit one batch, tell everyone in it, and hand on the lead."""
        batch: list[Ticket] = []
        try:
            if gather:
                self._gather(me)
            self._take(batch)
            self._runner.run(batch)
        finally:
            insist(lambda: self._finish(me, batch))
        # Those who are answered go on meanwhile, and so does the next leader.
        if batch and time.perf_counter() - batch[0].asked_at >= self.audience.batches_from:
            for done in batches_of(batch):
                self.audience.batch_done(done)

    def _gather(self, me: ThreadWaiter) -> None:
        """Let those who were answered together come back together.

        They were all woken a moment ago. The first of them to return would commit alone, and the others would queue
        behind its sync; so it sleeps until as many have come as last time, or a moment has passed. Who was alone last
        time, or comes later than a moment after, waits for nobody.
        """
        moment = self._crowd * _MOMENT
        if self._crowd <= 1 or time.monotonic() - self._answered_at > moment:
            return
        me.forget()
        with self._mutex:
            self._gathering = len(self._queue) < self._crowd
        if self._gathering:
            me.wait(moment)
            self._gathering = False

    def _take(self, batch: list[Ticket]) -> None:
        """Move the head of the queue into *batch*: one ticket with a host's part, or many without."""
        with self._mutex:
            while self._queue and len(batch) < self._batch_limit:
                alone = self._queue[0].within is not None
                if alone and batch:
                    return
                batch.append(self._queue[0])
                self._queue.popleft()
                if alone:
                    return

    def _finish(self, me: ThreadWaiter, batch: list[Ticket]) -> None:
        """Tell the settled, queue the others again in front, hand on the lead; repeating it is harmless."""
        if self._leader is not me:
            return
        settled = [ticket for ticket in batch if ticket.settled]
        self._crowd = len(batch)
        with self._mutex:
            waiting = [t for t in batch if not (t.settled or t.abandoned or t.waiter is me or t in self._queue)]
            self._queue.extendleft(reversed(waiting))
        # First the observers: who is told that a client is revoked must find it refused everywhere in this process.
        self._notify(settled)
        wake_all(ticket for ticket in settled if ticket.waiter is not me)
        self._answered_at = time.monotonic()
        with self._mutex:
            self._hand_on()

    def _hand_on(self) -> None:
        """Give the lead to whoever waits for the first ticket; called under the mutex by who has it, or if none."""
        while self._queue and self._queue[0].abandoned:
            self._queue.popleft()
        heir: ThreadWaiter | None = None
        if self._queue:
            waiter = self._queue[0].waiter
            heir = waiter if isinstance(waiter, ThreadWaiter) else self._committer
            heir.wake()
        self._leader = heir
        if heir is None:
            self._idle.notify_all()

    def _abandon(self, ticket: Ticket) -> None:
        """Give up a ticket whose thread was interrupted, and hand on the lead where it has it or nobody has."""
        with self._mutex:
            ticket.abandoned = True
            if self._leader is None or self._leader is ticket.waiter:
                self._hand_on()

    def _abandon_all(self, came_to: Sequence[Ticket | VectisError]) -> None:
        for each in came_to:
            if isinstance(each, Ticket):
                self._abandon(each)

    def _notify(self, settled: list[Ticket]) -> None:
        if not self._observers:
            return
        for ticket in settled:
            if ticket.outcome is None or ticket.outcome.replayed:
                continue
            for callback in self._observers:
                try:
                    callback(ticket.command)
                except Exception:
                    _logger.exception("an observer of commands failed")

    # The committing thread

    def _start_committer(self) -> None:
        if self._committing is not None:
            return
        with self._mutex:
            if self._committing is None:
                # A daemon: a program that never closes Vectis must still be able to end.
                thread = threading.Thread(target=self._commit_for_loops, name="vectis-committer", daemon=True)
                self._committing = thread
                try:
                    thread.start()
                except Exception as error:
                    self._committing = None
                    raise ServiceUnavailable(f"There is no thread to commit with: {error}") from error

    def _commit_for_loops(self) -> None:
        while True:
            self._committer.wait()
            while self._leads(self._committer):
                self._lead(self._committer)
            if self._closed and self._leader is None:
                return

    def forget_after_fork(self) -> None:
        """Refuse to be used: the child of a fork has the parent's locks and none of its threads."""
        self._forked = True


async def _outcome_or_refusal(future: asyncio.Future[Outcome[Any]]) -> Outcome[Any] | VectisError:
    try:
        return await future
    except VectisError as error:
        return error


_ENGINES: weakref.WeakSet[Engine] = weakref.WeakSet()


def _after_fork() -> None:
    for engine in list(_ENGINES):
        engine.forget_after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)

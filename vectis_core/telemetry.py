"""What an operator's tools are told of the work: a port, and those who listen to it.

Nothing is decided by what is told here, nothing waits for it, and a listener that raises harms no command. Seconds are
measured by the process's performance counter, whatever clock the domain sees. What is told names kinds and outcomes of
which there are few: no orders, SKUs, addresses or bodies. Tenants stand where a line or a span is written, and are
never to become a label of a metric.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

import attrs

from vectis_core.errors import VectisError

if TYPE_CHECKING:
    from vectis_core.commands import Command
    from vectis_core.webhooks.model import Backlog, Delivery

_logger = logging.getLogger("vectis.telemetry")

#: What listeners noted when something began, by the listener.
Notes = Mapping["Telemetry", Any]

_NO_NOTES: Notes = {}


class Came(StrEnum):
    """What a command came to."""

    DONE = "done"
    #: It had been done before: its caller got that result.
    REPEATED = "repeated"
    #: By a rule.
    REFUSED = "refused"
    #: The database could not be used; nothing was done.
    UNAVAILABLE = "unavailable"
    #: The commit failed, and whether it was made is not known.
    UNKNOWN = "unknown"
    #: By a mistake of ours, or of the host's part of the transaction.
    FAILED = "failed"


@attrs.frozen
class CommandDone:
    """A command that was answered."""

    #: The name of its class, such as ``PlaceOrder``.
    kind: str
    tenant: str
    came: Came
    #: The ``error`` that its caller was told; ``None`` where there was none.
    error: str | None
    #: Seconds in the queue.
    waiting: float
    notes: Notes = _NO_NOTES


@attrs.frozen
class BatchDone:
    """One transaction with all its commands."""

    commands: tuple[CommandDone, ...]
    #: Seconds from taking the lock to the last written row.
    deciding: float
    #: Seconds of the commit, which is synced to disk; 0 where nothing was written.
    committing: float
    #: Seconds from the end of the commit to this moment.
    ago: float

    def seconds(self, command: CommandDone) -> float:
        """Return how long a command of the batch took in all."""
        return command.waiting + self.deciding + self.committing

    @property
    def slowest(self) -> float:
        """How long the command took that took longest."""
        return max([each.waiting for each in self.commands], default=0.0) + self.deciding + self.committing


@attrs.frozen
class ReadDone:
    """A question to the store that was answered, or refused."""

    #: The name of the query in process, such as ``orders``; over HTTP that of the operation, such as ``listOrders``.
    kind: str
    #: Empty where the question is not of one.
    tenant: str
    seconds: float


@attrs.frozen
class RequestBegan:
    """A request that came over HTTP."""

    method: str
    #: By lower-case name, those of ``vectis_http.messages.HEADERS_READ`` alone.
    headers: Mapping[str, str] = attrs.field(repr=False)


@attrs.frozen
class RequestDone:
    """A request that was answered."""

    #: As it came: a client may write anything here.
    method: str
    #: The template of the path, such as ``/api/orders/{id}``; empty where there is nothing at the path.
    route: str
    #: 499 where the client went away before it had sent its body.
    status: int
    seconds: float
    #: The ``error`` that was answered; ``None`` where the status says all.
    error: str | None = None
    notes: Notes = _NO_NOTES


@attrs.frozen
class AttemptDone:
    """An attempt to deliver a webhook."""

    event_type: str
    url: str = attrs.field(repr=False)
    #: The status that the endpoint answered; ``None`` where no answer came.
    code: int | None
    #: Why none came, in the words of ``vectis_core.webhooks.transport``.
    error: str | None
    seconds: float
    notes: Notes = _NO_NOTES


class Vitals(Protocol):
    """How an open Vectis is just now, for gauges that are read when somebody looks."""

    def queue_length(self) -> int:
        """Return how many commands wait to be taken into a batch."""
        ...

    def log_bytes(self) -> int | None:
        """Return the size of the store's write-ahead log; ``None`` where it has none."""
        ...

    def backlog(self) -> Backlog | None:
        """Return what webhooks wait for; ``None`` where the database cannot be asked just now."""
        ...

    def oldest_pending_seconds(self, backlog: Backlog) -> float:
        """Return how long the oldest delivery has waited; 0 where none does."""
        ...


class Telemetry:
    """A listener: every method does nothing until a subclass says more, and any of them may be left alone.

    Methods are called from the threads that do the work, one after the other or at once, and should return soon.
    """

    #: Seconds: of batches in which every command took less, and of reads that did, this listener is not told.
    slower_than: float = 0.0

    def watch(self, vitals: Vitals) -> None:
        """Vectis was opened, and can be asked how it is until it is closed."""

    def command_asked(self, command: Command[Any]) -> Any:
        """Return what to have among ``CommandDone.notes``; called by the asking thread or task, with its context."""

    def batch_done(self, batch: BatchDone) -> None:
        """A transaction has ended, and all who waited for it are answered."""

    def read_done(self, read: ReadDone) -> None:
        """A question was answered."""

    def queue_refused(self, kind: str) -> None:
        """A command was refused because the queue was full."""

    def request_began(self, request: RequestBegan) -> Any:
        """Return what to have among ``RequestDone.notes``; called in the thread or task that answers."""

    def request_done(self, request: RequestDone) -> None:
        """A request was answered; called in the thread or task of ``request_began``."""

    def attempt_began(self, delivery: Delivery, headers: list[tuple[str, str]]) -> Any:
        """Return what to have among ``AttemptDone.notes``; *headers* are sent beside our own."""

    def attempt_done(self, attempt: AttemptDone) -> None:
        """An attempt to deliver a webhook has ended."""

    def push_taken(self, carrier: str, events: Mapping[str, int]) -> None:
        """A carrier's push was taken: how many events came to what (``accepted``, ``duplicate``, ...)."""


class Exposes(Protocol):
    """A listener that can say what it has heard, for somebody who scrapes it."""

    def exposition(self) -> tuple[str, bytes]:
        """Return a media type and the text."""
        ...


#: One listener, or several.
Listeners = Telemetry | Iterable[Telemetry]


class Audience:
    """All who listen, each only to what it has a method for; what one raises is logged once, and harms nobody.

    What is told of every command, read and request takes no detour: each microsecond here is one of theirs.
    """

    def __init__(self, listeners: Listeners = ()) -> None:
        self.members = (listeners,) if isinstance(listeners, Telemetry) else tuple(listeners)
        self._failed: set[tuple[int, str]] = set()
        self._mutex = threading.Lock()
        self._of_batches = self._overriding("batch_done")
        self._of_commands = self._overriding("command_asked")
        self._of_reads = self._overriding("read_done")
        self._of_beginnings = self._overriding("request_began")
        self._of_requests = self._overriding("request_done")
        #: Nobody is to be told of what took less, in seconds.
        self.batches_from = min((each.slower_than for each in self._of_batches), default=float("inf"))
        self.reads_from = min((each.slower_than for each in self._of_reads), default=float("inf"))
        #: Whether anybody wants to know of these at all.
        self.hears_asking = bool(self._of_commands)
        self.hears_requests = bool(self._of_beginnings or self._of_requests)

    def _overriding(self, name: str) -> tuple[Telemetry, ...]:
        return tuple(each for each in self.members if getattr(type(each), name) is not getattr(Telemetry, name))

    def watch(self, vitals: Vitals) -> None:
        """Tell that Vectis was opened."""
        self._tell("watch", vitals)

    def command_asked(self, command: Command[Any]) -> Notes:
        """Return what listeners note of a command that is asked for now."""
        return self._noted("command_asked", self._of_commands, command)

    def batch_done(self, batch: BatchDone) -> None:
        """Tell of a transaction those for whom one of its commands took long enough."""
        slowest = batch.slowest
        for each in self._of_batches:
            if slowest >= each.slower_than:
                try:
                    each.batch_done(batch)
                except Exception as error:  # noqa: BLE001 - whoever listens, the work goes on
                    self._note_failure(each, "batch_done", error)

    def read_done(self, read: ReadDone) -> None:
        """Tell of a read those for whom it took long enough."""
        for each in self._of_reads:
            if read.seconds >= each.slower_than:
                try:
                    each.read_done(read)
                except Exception as error:  # noqa: BLE001 - whoever listens, the work goes on
                    self._note_failure(each, "read_done", error)

    def queue_refused(self, kind: str) -> None:
        """Tell that the queue was full."""
        self._tell("queue_refused", kind)

    def request_began(self, method: str, headers: Mapping[str, str]) -> Notes:
        """Return what listeners note of a request that begins now."""
        if not self._of_beginnings:
            return _NO_NOTES
        return self._noted("request_began", self._of_beginnings, RequestBegan(method, headers))

    def request_done(self, request: RequestDone) -> None:
        """Tell of a request."""
        for each in self._of_requests:
            try:
                each.request_done(request)
            except Exception as error:  # noqa: BLE001 - whoever listens, the work goes on
                self._note_failure(each, "request_done", error)

    def attempt_began(self, delivery: Delivery, headers: list[tuple[str, str]]) -> Notes:
        """Return what listeners note of an attempt that begins now."""
        return self._noted("attempt_began", self.members, delivery, headers)

    def attempt_done(self, attempt: AttemptDone) -> None:
        """Tell of an attempt to deliver."""
        self._tell("attempt_done", attempt)

    def push_taken(self, carrier: str, events: Mapping[str, int]) -> None:
        """Tell of a carrier's push."""
        self._tell("push_taken", carrier, events)

    def exposition(self) -> tuple[str, bytes] | None:
        """Return what the first listener that can be scraped has heard; ``None`` where none can."""
        for each in self.members:
            expose: Callable[[], tuple[str, bytes]] | None = getattr(each, "exposition", None)
            if expose is not None:
                return expose()
        return None

    def _noted(self, name: str, listeners: Sequence[Telemetry], *told: Any) -> Notes:
        notes: dict[Telemetry, Any] = {}
        for each in listeners:
            try:
                notes[each] = getattr(each, name)(*told)
            except Exception as error:  # noqa: BLE001 - whoever listens, the work goes on
                self._note_failure(each, name, error)
        return notes

    def _tell(self, name: str, *told: Any) -> None:
        for each in self.members:
            try:
                getattr(each, name)(*told)
            except Exception as error:  # noqa: BLE001 - whoever listens, the work goes on
                self._note_failure(each, name, error)

    def _note_failure(self, listener: Telemetry, name: str, error: Exception) -> None:
        """Log *error*, unless the same method of the listener has failed before."""
        with self._mutex:
            if (id(listener), name) in self._failed:
                return
            self._failed.add((id(listener), name))
        told = (name, type(listener).__name__)
        _logger.error("%s of %s failed; further failures of it are not logged", *told, exc_info=error)


def code_of(error: BaseException) -> str:
    """Return the ``error`` that a caller is told."""
    return error.code if isinstance(error, VectisError) else VectisError.code

"""A store that misbehaves on purpose, around one that does not: to see what a program makes of it.

One line opens a Vectis whose storage fails as a test says::

    with open_faulty("memory://") as oms:
        oms.faults.error_after_commit()
        ...  # the next command happens, and is told as OutcomeUnknown

Whatever store is underneath, it is the real one, and keeps what was committed. ``FaultyVectis.restarted`` is the
program's next process, with another Vectis over the same store.
"""

from __future__ import annotations

import errno
import os
import random
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import attrs

from vectis_core.backends import open_store
from vectis_core.clock import Clock, SystemClock
from vectis_core.errors import ServiceUnavailable, StoreConflict
from vectis_core.ids import Ids, RandomIds
from vectis_core.ports import Changes, Store, Transaction, View
from vectis_core.vectis import Vectis

#: Longer than this, in seconds, no test waits for another thread.
_PATIENCE = 60


class Point(StrEnum):
    """A point on the way of a command or a read through the store, where something can go wrong."""

    #: A transaction is about to begin.
    BEGIN = "begin"
    #: Rows are about to be loaded.
    LOAD = "load"
    #: Everything is written and not committed.
    FLUSH = "flush"
    #: The commit is about to be made.
    COMMIT = "commit"
    #: The commit is made, and nobody told.
    COMMITTED = "committed"
    #: A transaction is about to be rolled back, after whatever end it had.
    ROLLBACK = "rollback"
    #: The store is about to be made ready again after a failed commit.
    RECOVER = "recover"
    #: A view is about to be opened.
    READ = "read"


#: Called with the name of each point that is reached; what it raises is the fault.
Hook = Callable[[str], None]


class Crash(BaseException):
    """The process died here: not an ``Exception``, since no program handles its own death."""


@attrs.frozen
class When:
    """At which times of reaching a point a fault strikes, counted from when it is planned."""

    #: The first time that it may strike.
    first: int = 1
    #: How often at most; ``None`` for ever.
    times: int | None = 1
    #: How likely at each of these times.
    chance: float = 1.0


#: The next time alone.
ONCE = When()
#: Every time, until the faults are cleared.
ALWAYS = When(times=None)


def nth(number: int) -> When:
    """Return: the *number*-th time alone, counted from 1."""
    return When(first=number)


def by_chance(chance: float) -> When:
    """Return: any time, each with the probability *chance*, by the seed of the ``Faults``."""
    return When(times=None, chance=chance)


class Gate:
    """Where a call is stuck until a test lets it go; as a context manager, it lets go at the end."""

    def __init__(self) -> None:
        self._reached = threading.Event()
        self._opened = threading.Event()

    def wait_until_reached(self) -> None:
        """Wait until a call is stuck here; raises ``TimeoutError`` where none comes within a minute."""
        if not self._reached.wait(_PATIENCE):
            raise TimeoutError("no call came to the gate")

    def let_go(self) -> None:
        """Let go whoever is stuck, and who comes later."""
        self._opened.set()

    def __call__(self) -> None:
        """Be stuck; raises ``TimeoutError`` after a minute, so that a test which forgot it ends."""
        self._reached.set()
        if not self._opened.wait(_PATIENCE):
            raise TimeoutError("nobody opened the gate")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.let_go()


@attrs.define
class _Fault:
    """One fault that is planned, and how much of it has come about."""

    name: str
    point: Point
    when: When
    strike: Callable[[], object]
    reached: int = 0
    struck: int = 0

    def strikes(self, chances: random.Random) -> bool:
        """Count one time that the point is reached, and return whether it strikes."""
        self.reached += 1
        if self.reached < self.when.first or self.struck == self.when.times:
            return False
        if self.when.chance < 1 and chances.random() >= self.when.chance:
            return False
        self.struck += 1
        return True


class Faults:
    """What goes wrong, where and when: a hook for a ``FaultyStore``; safe to share among threads.

    Every method plans one fault, the next time its point is reached unless *when* says otherwise. Of several that
    strike at one point, the one planned first comes first.
    """

    def __init__(self, seed: int = 0) -> None:
        self._chances = random.Random(seed)
        self._mutex = threading.Lock()
        self._planned: list[_Fault] = []
        #: The faults that came about, in order, each as (its name, the point).
        self.struck: list[tuple[str, Point]] = []

    def error_before_commit(self, error: Exception | None = None, when: When = ONCE) -> None:
        """Fail the commit, and nothing is there: the caller is told ``OutcomeUnknown``, since nobody can know."""
        self.error(Point.COMMIT, error, when)

    def error_after_commit(self, error: Exception | None = None, when: When = ONCE) -> None:
        """Make the commit and tell it as failed: everything is there, and the caller is told ``OutcomeUnknown``."""
        self.error(Point.COMMITTED, error, when)

    def conflict(self, when: When = ONCE) -> None:
        """Have the store refuse what is written, as if somebody had been quicker.

        The engine tries again a few times; with ``ALWAYS``, the caller is told ``StoreConflict``.
        """
        self.error(Point.FLUSH, StoreConflict("a guard refused: a planned fault"), when)

    def unavailable(self, when: When = ONCE) -> None:
        """Have the store refuse to begin: the caller is told ``ServiceUnavailable``, and nothing is done."""
        self.error(Point.BEGIN, ServiceUnavailable("the store is not free: a planned fault"), when)

    def error(self, point: str, error: Exception | None = None, when: When = ONCE) -> None:
        """Raise *error* at *point*, or without one an ``OSError`` as of a failing disk."""

        def strike() -> None:
            if error is None:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            raise error.with_traceback(None)

        self.call("error", point, strike, when)

    def crash(self, point: str, when: When = ONCE) -> None:
        """Let the process die at *point*: ``Crash`` is raised, and by everything that is asked of the store later.

        What was not committed is gone. Go on with ``FaultyVectis.restarted``. For programs that ``run`` commands:
        of those submitted from an event loop no answer ever comes.
        """

        def strike() -> None:
            raise Crash(f"the process died at {point!r}: a planned fault")

        self.call("crash", point, strike, when)

    def slow(self, pause: Callable[[], object], point: str = Point.COMMIT, when: When = ONCE) -> None:
        """Call *pause* at *point*, such as ``lambda: clock.advance(30)``: time passes and nobody sleeps."""
        self.call("slow", point, pause, when)

    def stuck(self, point: str = Point.COMMIT, when: When = ONCE) -> Gate:
        """Hold whoever comes to *point* until the gate that is returned lets go."""
        gate = Gate()
        self.call("stuck", point, gate, when)
        return gate

    def call(self, name: str, point: str, strike: Callable[[], object], when: When = ONCE) -> None:
        """Call *strike* at *point*: a fault of your own, kept in ``struck`` as *name*.

        Raises ``ValueError`` for a point that there is not.
        """
        with self._mutex:
            self._planned.append(_Fault(name, Point(point), when, strike))

    def clear(self) -> None:
        """Plan nothing more, and forget what was planned; ``struck`` stays."""
        with self._mutex:
            self._planned.clear()

    def __call__(self, point: str) -> None:
        """Let strike what is due at *point*."""
        with self._mutex:
            planned = [fault for fault in self._planned if fault.point == point]
            due = [fault for fault in planned if fault.strikes(self._chances)]
        for fault in due:
            self.struck.append((fault.name, fault.point))
            fault.strike()


class FaultyStore:
    """Passes everything on to *store*, and calls *hook* at each point on the way.

    After a ``Crash`` it is as dead as the process: everything raises ``Crash`` again, and transactions that were open
    are rolled back. The store inside lives on.
    """

    def __init__(self, store: Store, hook: Hook) -> None:
        self.inner = store
        self.hook = hook
        self.database_id = store.database_id
        self.path = store.path
        #: What the process died of, once it is dead.
        self.crashed: Crash | None = None

    def reach(self, point: Point) -> None:
        """Call the hook, unless the process is dead; raises what the hook raises."""
        if self.crashed is not None:
            raise Crash(*self.crashed.args)
        try:
            self.hook(point)
        except Crash as crash:
            self.crashed = crash
            raise

    def begin(self) -> Transaction:
        """Begin a transaction that calls the hook."""
        self.reach(Point.BEGIN)
        faulty: Any = _FaultyTransaction(self, self.inner.begin())
        transaction: Transaction = faulty
        return transaction

    def recover(self) -> None:
        """Recover the inner store."""
        self.reach(Point.RECOVER)
        self.inner.recover()

    def read(self) -> AbstractContextManager[View]:
        """Return a view of the inner store."""
        self.reach(Point.READ)
        return self.inner.read()

    def backup(
        self,
        target: Path,
        check: Callable[[View], None],
        progress: Callable[[int, int], None] | None = None,
        *,
        overwrite: bool = False,
    ) -> None:
        """Back up the inner store."""
        self.inner.backup(target, check, progress, overwrite=overwrite)

    def now(self) -> datetime:
        """Return the inner store's time."""
        return self.inner.now()

    def reads_are_local(self) -> bool:
        """Return what the inner store does."""
        return self.inner.reads_are_local()

    def log_bytes(self) -> int | None:
        """Return what the inner store does."""
        return self.inner.log_bytes()

    def purge(self) -> bool:
        """Purge the inner store."""
        return self.inner.purge()

    def close(self) -> None:
        """Close the inner store."""
        self.inner.close()


class _FaultyTransaction:
    """A transaction that calls the hook at each step; what has no point of its own goes through ``__getattr__``."""

    def __init__(self, store: FaultyStore, transaction: Transaction) -> None:
        self._store = store
        self._transaction = transaction

    def _reach(self, point: Point) -> None:
        try:
            self._store.reach(point)
        except Crash:
            # In the thread that has the transaction, which is the only one that may end it.
            self._transaction.rollback()
            raise

    def __getattr__(self, name: str) -> Any:
        if name.startswith("load"):
            self._reach(Point.LOAD)
        elif self._store.crashed is not None:
            raise Crash(*self._store.crashed.args)
        return getattr(self._transaction, name)

    def flush(self, changes: Changes) -> None:
        self._transaction.flush(changes)
        self._reach(Point.FLUSH)

    def commit(self) -> None:
        self._reach(Point.COMMIT)
        self._transaction.commit()
        self._reach(Point.COMMITTED)

    def rollback(self) -> None:
        # A store whose rollback fails lets go of the transaction all the same: others must not wait for it.
        try:
            self._reach(Point.ROLLBACK)
        finally:
            self._transaction.rollback()


class FaultyVectis(Vectis):
    """A Vectis whose store fails as its ``faults`` say; ``open_faulty`` opens one."""

    def __init__(self, store: Store, *, faults: Faults, clock: Clock, ids: Ids) -> None:
        self.faults = faults
        self._inner = store
        super().__init__(FaultyStore(store, faults), clock=clock, ids=ids)

    def restarted(self) -> FaultyVectis:
        """Return the program's next process: another Vectis over the same store, with the same faults planned.

        It finds what was committed and nothing else. Use it in the place of this one, of which no other thread may
        be inside a call any more; closing either closes the store.
        """
        self._inner.recover()
        return FaultyVectis(self._inner, faults=self.faults, clock=self.clock, ids=self.ids)


def open_faulty(
    url: str = "memory://",
    *,
    faults: Faults | None = None,
    clock: Clock | None = None,
    ids: Ids | None = None,
    **options: Any,
) -> FaultyVectis:
    """Open the database at *url* like ``Vectis.open``, with faults that a test can plan.

    Faults that are given strike while it is opened, too. Raises what ``Vectis.open`` raises.
    """
    clock = clock or SystemClock()
    ids = ids or RandomIds()
    store = open_store(url, clock=clock, ids=ids, **options)
    try:
        return FaultyVectis(store, faults=faults or Faults(), clock=clock, ids=ids)
    except BaseException:
        store.close()
        raise

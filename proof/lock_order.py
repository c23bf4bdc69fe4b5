"""A watch over the order in which transactions ask for rows: two that ask for the same rows the other way round.

On a store that locks the rows it loads, such two wait for each other for ever. A store with one writer never shows
it, so the order itself is watched: whatever transactions asked for, some one order of all rows must agree with it.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from vectis_core.ports import Store, Transaction

#: What a transaction asks for: the method, which of its arguments, and a key in it.
Lock = tuple[Any, ...]


class LockOrder:
    """Which lock was taken right before which other, in any transaction."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._after: dict[Lock, set[Lock]] = {}
        self.transactions = 0

    def add(self, locks: list[Lock]) -> None:
        """Add the locks of one transaction, in the order in which it took them, each once."""
        with self._mutex:
            self.transactions += 1
            for lock in locks:
                self._after.setdefault(lock, set())
            for earlier, later in pairwise(locks):
                self._after[earlier].add(later)

    def cycle(self) -> list[Lock]:
        """Return locks that transactions have taken in a circle, each before the next; empty where there is none."""
        before = dict.fromkeys(self._after, 0)
        for later in self._after.values():
            for lock in later:
                before[lock] += 1
        free = deque(lock for lock, count in before.items() if count == 0)
        while free:
            for lock in self._after[free.popleft()]:
                before[lock] -= 1
                if before[lock] == 0:
                    free.append(lock)
        # Each of these comes after another of them: whoever walks backwards must come round.
        stuck = {lock for lock, count in before.items() if count > 0}
        return self._walked_round(stuck) if stuck else []

    def _walked_round(self, stuck: set[Lock]) -> list[Lock]:
        earlier = {lock: each for each in stuck for lock in self._after[each]}
        walk = [next(iter(stuck))]
        while walk.count(walk[-1]) == 1:
            walk.append(earlier[walk[-1]])
        return walk[walk.index(walk[-1]) : -1][::-1]


def watched(store: Store, order: LockOrder) -> Store:
    """Return *store*, with whatever its transactions load told to *order*."""
    watched_store: Any = _WatchedStore(store, order)
    result: Store = watched_store
    return result


class _WatchedStore:
    """Passes everything on to the store, and watches its transactions."""

    def __init__(self, store: Store, order: LockOrder) -> None:
        self._store = store
        self._order = order

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def begin(self) -> _WatchedTransaction:
        return _WatchedTransaction(self._store.begin(), self._order)


class _WatchedTransaction:
    """A transaction that notes the keys it is asked for, and tells them when it ends."""

    def __init__(self, transaction: Transaction, order: LockOrder) -> None:
        self._transaction = transaction
        self._order = order
        #: In the order in which they were first asked for: who asks again has the lock already.
        self._locks: dict[Lock, None] = {}

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._transaction, name)
        if not name.startswith("load_"):
            return method

        def load(*arguments: Any) -> Any:
            self._locks.update(dict.fromkeys(_locks(name, arguments)))
            return method(*arguments)

        return load

    def commit(self) -> None:
        self._ended()
        self._transaction.commit()

    def rollback(self) -> None:
        self._ended()
        self._transaction.rollback()

    def _ended(self) -> None:
        if self._locks:
            self._order.add(list(self._locks))
            self._locks = {}


def _locks(name: str, arguments: tuple[Any, ...]) -> Iterator[Lock]:
    for place, keys in enumerate(arguments):
        for key in keys:
            yield name, place, key

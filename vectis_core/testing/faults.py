"""A store that misbehaves on purpose, around one that does not."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

from vectis_core.ports import Changes, Store, Transaction, View

#: Called with the name of each point that a transaction reaches; what it raises is the fault.
#: ``begin``, ``load``, ``flush``, ``commit`` (before it), ``committed`` (after it), ``rollback``, ``recover``.
Hook = Callable[[str], None]


class FaultyStore:
    """Passes everything on to *store*, and calls *hook* at each point on the way."""

    def __init__(self, store: Store, hook: Hook) -> None:
        self.inner = store
        self.hook = hook
        self.database_id = store.database_id
        self.path = store.path

    def begin(self) -> Transaction:
        """Begin a transaction that calls the hook."""
        self.hook("begin")
        faulty: Any = _FaultyTransaction(self.inner.begin(), self.hook)
        transaction: Transaction = faulty
        return transaction

    def recover(self) -> None:
        """Recover the inner store."""
        self.hook("recover")
        self.inner.recover()

    def read(self) -> AbstractContextManager[View]:
        """Return a view of the inner store."""
        return self.inner.read()

    def now(self) -> datetime:
        """Return the inner store's time."""
        return self.inner.now()

    def reads_are_local(self) -> bool:
        """Return what the inner store does."""
        return self.inner.reads_are_local()

    def close(self) -> None:
        """Close the inner store."""
        self.inner.close()


class _FaultyTransaction:
    """A transaction that calls the hook at each step; loading goes through ``__getattr__``."""

    def __init__(self, transaction: Transaction, hook: Hook) -> None:
        self._transaction = transaction
        self._hook = hook

    def __getattr__(self, name: str) -> Any:
        if name.startswith("load"):
            self._hook("load")
        return getattr(self._transaction, name)

    def flush(self, changes: Changes) -> None:
        self._transaction.flush(changes)
        self._hook("flush")

    def commit(self) -> None:
        self._hook("commit")
        self._transaction.commit()
        self._hook("committed")

    def rollback(self) -> None:
        self._hook("rollback")
        self._transaction.rollback()

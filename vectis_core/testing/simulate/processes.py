"""Processes over one database: each is started, dies or ends, and finds what was committed."""

from __future__ import annotations

from collections.abc import Callable

from vectis_core.backends import open_store
from vectis_core.clock import Clock
from vectis_core.ids import Ids
from vectis_core.ports import Store
from vectis_core.testing.faults import FaultyStore
from vectis_core.vectis import Vectis


class Disk:
    """Where the database at a URL outlives the processes.

    A store in memory is the disk itself: it is made once, and every process gets the same.
    """

    def __init__(self, url: str, clock: Clock, ids: Ids) -> None:
        self.url = url
        self._clock = clock
        self._ids = ids
        self._shared = open_store(url, clock=clock, ids=ids) if url.startswith("memory:") else None
        #: Stores of processes that died: closing them then would be a kindness that no crash shows.
        self._dead: list[Store] = []

    def open(self) -> Store:
        """Return the store as a new process finds it."""
        if self._shared is not None:
            self._shared.recover()
            return self._shared
        return open_store(self.url, clock=self._clock, ids=self._ids)

    def drop(self, store: Store) -> None:
        """Leave a store as its process left it when it died."""
        if store is not self._shared:
            self._dead.append(store)

    def close(self, store: Store) -> None:
        """Close a store whose process ends in good order."""
        if store is not self._shared:
            store.close()

    def end(self) -> None:
        """Release everything, for the simulation is over."""
        for store in self._dead:
            store.close()
        if self._shared is not None:
            self._shared.close()


class Process:
    """One process: a Vectis over a store whose every point calls a hook."""

    def __init__(self, number: int, disk: Disk, clock: Clock, ids: Ids, hook: Callable[[int, str], None]) -> None:
        self.number = number
        self._disk = disk
        self._clock = clock
        self._ids = ids
        self._hook = hook
        self._oms: Vectis | None = None
        #: How often it was started; what was asked of an earlier life is answered by nobody.
        self.life = 0

    @property
    def running(self) -> bool:
        """Whether it was started and has neither died nor ended."""
        return self._oms is not None

    def oms(self) -> Vectis:
        """Return its Vectis, started where it is not running."""
        if self._oms is None:
            self.life += 1
            inner = self._disk.open()
            try:
                store = FaultyStore(inner, lambda point: self._hook(self.number, point))
                self._oms = Vectis(store, clock=self._clock, ids=self._ids)
            except BaseException:
                self._disk.drop(inner)
                raise
        return self._oms

    def die(self) -> None:
        """Drop everything at once."""
        oms, self._oms = self._oms, None
        self.life += 1
        if oms is not None and isinstance(oms.store, FaultyStore):
            self._disk.drop(oms.store.inner)

    def end(self) -> None:
        """Close in good order."""
        oms, self._oms = self._oms, None
        self.life += 1
        if oms is not None and isinstance(oms.store, FaultyStore):
            oms.engine.close()
            self._disk.close(oms.store.inner)

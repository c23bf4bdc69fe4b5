"""An application that is put together before Vectis is open: in a server's life, or in each process after a fork."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from vectis_core.vectis import Vectis

T = TypeVar("T")

#: An open Vectis, or a function that returns the one that is open when it is called.
OpenVectis = Vectis | Callable[[], Vectis]


class Late(Generic[T]):
    """What serves the Vectis that is open now: made at once where that is given, else when it is first asked for."""

    def __init__(self, oms: OpenVectis, make: Callable[[Vectis], T]) -> None:
        self._find: Callable[[], Vectis] = (lambda: oms) if isinstance(oms, Vectis) else oms
        self._make = make
        self._mutex = threading.Lock()
        self._made = (oms, make(oms)) if isinstance(oms, Vectis) else None

    def __call__(self) -> T:
        """Return it; another Vectis than last time, as after a restart inside of one process, gets its own."""
        oms = self._find()
        made = self._made
        if made is None or made[0] is not oms:
            with self._mutex:
                made = self._made
                if made is None or made[0] is not oms:
                    made = self._made = (oms, self._make(oms))
        return made[1]

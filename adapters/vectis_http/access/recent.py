"""Remembers what was read for a short while, and forgets it at once where it is known to have changed."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """The values of at most *size* keys, each read again when it is older than *age_max* seconds.

    What was being read while it was forgotten is returned to who asked for it, and not kept.
    """

    def __init__(self, read: Callable[[K], V], *, age_max: float, size: int, monotonic: Callable[[], float]) -> None:
        self._read = read
        self._age_max = age_max
        self._size = size
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._kept: OrderedDict[K, tuple[float, V]] = OrderedDict()
        self._forgets = 0

    def get(self, key: K, *, age_max: float | None = None) -> V:
        """Return the value of *key*, read now where what is remembered is too old."""
        moment = self._monotonic()
        kept = self._kept.get(key)
        if kept is not None and moment - kept[0] <= (self._age_max if age_max is None else age_max):
            return kept[1]
        with self._lock:
            forgets = self._forgets
        value = self._read(key)
        with self._lock:
            if forgets == self._forgets:
                self._kept[key] = (moment, value)
                self._kept.move_to_end(key)
                if len(self._kept) > self._size:
                    self._kept.popitem(last=False)
        return value

    def forget(self, key: K) -> None:
        """Forget what *key* was."""
        with self._lock:
            self._forgets += 1
            self._kept.pop(key, None)

"""Identifiers as a port: UUIDs of version 7 for orders, prefixed and time-ordered ids for all else."""

from __future__ import annotations

import os
import secrets
import threading
from datetime import datetime, timedelta
from typing import Protocol

from vectis_core.clock import EPOCH

#: How far an id's own time may run from the clock reading it was made with; lists by date rely on it.
CLOCK_SLACK = timedelta(seconds=10)

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_MILLISECOND = timedelta(milliseconds=1)
_LOW_62 = (1 << 62) - 1
_SLACK_MS = CLOCK_SLACK // _MILLISECOND


class Ids(Protocol):
    """Makes ids and secrets; what it returns never repeats and sorts by the time it was made."""

    def uuid7(self, now: datetime) -> str:
        """Return a new UUID of version 7 (RFC 9562), in its text form, with a time near *now*.

        Its own time lies within ``CLOCK_SLACK`` of *now*.
        """
        ...

    def secret(self) -> str:
        """Return 256 random bits as URL-safe text."""
        ...


class RandomIds:
    """Ids from the operating system's randomness, strictly increasing within the process.

    Within one millisecond the 12 bits after the time count up (RFC 9562 section 6.2, method 1). A clock that
    falls back by less than ``CLOCK_SLACK`` does not take the ids back with it; a larger fall is followed.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last_ms = 0
        self._counter = 0

    def uuid7(self, now: datetime) -> str:
        """Return a new UUID of version 7."""
        ms = int(now.timestamp() * 1000)
        random = int.from_bytes(os.urandom(8), "big")
        with self._lock:
            if ms > self._last_ms or ms < self._last_ms - _SLACK_MS:
                self._last_ms, self._counter = ms, random >> 62
            else:
                self._counter += 1
                if self._counter > 0xFFF:
                    self._last_ms, self._counter = self._last_ms + 1, 0
            ms, counter = self._last_ms, self._counter
        return uuid7_of(ms, counter, random)

    def secret(self) -> str:
        """Return 256 random bits as URL-safe text."""
        return secrets.token_urlsafe(32)


def uuid7_of(ms: int, counter: int, random: int) -> str:
    """Return the UUID of version 7 with this time, 12-bit counter and the low 62 bits of *random*.

    As text at once: making a ``uuid.UUID`` only to print it costs several times as much, at every order.
    """
    value = (ms & 0xFFFFFFFFFFFF) << 80 | (0x7000 | counter & 0xFFF) << 64 | 0b10 << 62 | random & _LOW_62
    digits = f"{value:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def first_uuid7_at(moment: datetime, slack: timedelta = timedelta()) -> str:
    """Return the smallest id that an order made at *moment* can have, as text that sorts with ids.

    *slack* moves the moment, beyond what a ``datetime`` can say too: 9999-12-31 is a bound that people use.
    """
    return uuid7_of(max(0, (moment - EPOCH + slack) // _MILLISECOND), 0, 0)


def prefixed(prefix: str, value: str) -> str:
    """Return the UUID *value* as ``prefix_`` and 26 characters of Crockford's base 32, which sort as UUIDs do."""
    number = int(value.replace("-", ""), 16)
    digits = [""] * 26
    for place in range(25, -1, -1):
        digits[place] = _ALPHABET[number & 31]
        number >>= 5
    return f"{prefix}_{''.join(digits)}"

"""Ids that a test can foretell."""

from __future__ import annotations

import base64
import hashlib
import itertools
from datetime import datetime, timedelta

from vectis_core.clock import EPOCH
from vectis_core.ids import uuid7_of

_MILLISECOND = timedelta(milliseconds=1)


class CountingIds:
    """Ids that count up instead of being random: the same calls give the same ids.

    They are UUIDs of version 7 whose time is exactly that of the clock reading they are made with; their random
    bits are a number that grows by one. Safe to share among threads. Never for production: its secrets are known.
    """

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def uuid7(self, now: datetime) -> str:
        """Return the next UUID, with the time of *now*."""
        return uuid7_of((now - EPOCH) // _MILLISECOND, 0, next(self._numbers))

    def secret(self) -> str:
        """Return the next secret: 256 bits as URL-safe text."""
        digest = hashlib.sha256(b"secret %d" % next(self._numbers)).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

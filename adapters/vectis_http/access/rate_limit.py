"""Rate limits: a fixed window of 60 seconds for each key, anchored at the key's first request.

This is the one algorithm for which the guide's three headers are literally true. What is counted is a token's id
(``jti``), an address or a client, never a token itself.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from datetime import UTC, datetime, timedelta
from typing import Protocol

import attrs

from vectis_core.access import Allowance
from vectis_core.commands import LeaseAllowance

WINDOW_SECONDS = 60
_WINDOW = timedelta(seconds=WINDOW_SECONDS)
_KEYS_MAX = 50_000
#: Before any window: what a key has that was never granted anything.
_NEVER = datetime.min.replace(tzinfo=UTC)
#: A process holds at most this part of a limit unused, so that four processes strand less than 5 % of it.
_BLOCK_OF_LIMIT = 64
#: Towards the end of a window blocks shrink with what is left, so that nearly all of it can be used.
_BLOCK_OF_LEFT = 16
#: After this time a block that was asked for is thought to have failed.
_LEASING_MAX = timedelta(seconds=2)


@attrs.frozen
class Decision:
    """Whether a request may pass, and what the answer's headers say."""

    allowed: bool
    #: ``X-RateLimit-Limit``: requests in a window.
    limit: int
    #: ``X-RateLimit-Remaining``: how many more may come in this window; never negative.
    remaining: int
    #: ``X-RateLimit-Reset``: when the window ends, in whole seconds since 1970, rounded up.
    resets_at: int
    #: ``Retry-After`` of a refusal: whole seconds until then, at least 1.
    retry_after: int


class RateLimiter(Protocol):
    """Counts requests by key; safe for threads and for coroutines between its calls."""

    def hit(self, key: str, now: datetime) -> Decision | LeaseAllowance:
        """Count a request of *key*: return what becomes of it, or the command to run before that is known."""
        ...

    def leased(self, key: str, allowance: Allowance, now: datetime) -> Decision:
        """Return what becomes of the request for which ``hit`` returned a command that came to *allowance*."""
        ...


@attrs.define
class _Window:
    ends_at: datetime
    left: int


class MemoryWindows:
    """The windows of one process, at most *keys_max* of them; past that the oldest are forgotten."""

    def __init__(self, limit: int, *, keys_max: int = _KEYS_MAX) -> None:
        self._limit = _checked(limit)
        self._keys_max = keys_max
        self._lock = threading.Lock()
        #: In the order in which they end.
        self._windows: OrderedDict[str, _Window] = OrderedDict()

    def hit(self, key: str, now: datetime) -> Decision:
        """Count a request of *key* and return whether it may pass."""
        with self._lock:
            window = self._windows.get(key)
            if window is None or now >= window.ends_at:
                self._make_room(key, now)
                window = self._windows[key] = _Window(ends_at=now + _WINDOW, left=self._limit)
            allowed = window.left > 0
            window.left -= allowed
            return _decision(allowed, self._limit, window.left, window.ends_at, now)

    def leased(self, key: str, allowance: Allowance, now: datetime) -> Decision:  # noqa: ARG002 - the port's
        """Count the request as ``hit`` does: windows in memory take no allowance from elsewhere."""
        return self.hit(key, now)

    def _make_room(self, key: str, now: datetime) -> None:
        self._windows.pop(key, None)
        while self._windows:
            oldest = next(iter(self._windows))
            if len(self._windows) < self._keys_max and self._windows[oldest].ends_at > now:
                return
            del self._windows[oldest]


@attrs.define
class _Lease:
    """What this process holds of one key's window."""

    #: When the window ends by the store's account.
    ends_at: datetime = _NEVER
    #: Granted to this process and not yet used.
    held: int = 0
    #: Granted to no process yet, when the store was last asked.
    left: int = 0
    #: Until then a block is thought to be on its way, and who comes meanwhile asks for no second one.
    leasing_until: datetime = _NEVER


class LeasedWindows:
    """Windows that several processes share: each takes blocks of allowance out of them from the store.

    The store never grants more than the limit within a window, and a process lets pass only what it was granted.
    """

    def __init__(self, limit: int, *, keys_max: int = _KEYS_MAX) -> None:
        self._limit = _checked(limit)
        self._keys_max = keys_max
        self._lock = threading.Lock()
        self._leases: OrderedDict[str, _Lease] = OrderedDict()

    def hit(self, key: str, now: datetime) -> Decision | LeaseAllowance:
        """Count a request of *key* against what is held, or return the command that takes more."""
        with self._lock:
            lease = self._leases.get(key) or self._new_lease(key)
            if now < lease.ends_at:
                if lease.held:
                    lease.held -= 1
                    return self._told(True, lease, now)
                if not lease.left:
                    return self._told(False, lease, now)
                left = lease.left
            else:
                left = self._limit
            block = max(1, min(self._limit // _BLOCK_OF_LIMIT, left // _BLOCK_OF_LEFT))
            if now < lease.leasing_until:
                # Who comes while a block is on its way takes one: the process holds at most one block unused.
                block = 1
            elif block > 1:
                lease.leasing_until = now + _LEASING_MAX
        return LeaseAllowance(key=key, limit=self._limit, window_seconds=WINDOW_SECONDS, block=block)

    def leased(self, key: str, allowance: Allowance, now: datetime) -> Decision:
        """Count the request out of the block that it asked for, and keep the rest of the block for others."""
        with self._lock:
            lease = self._leases.get(key) or self._new_lease(key)
            if allowance.granted > 1 or not allowance.left:
                lease.leasing_until = _NEVER
            if allowance.resets_at > lease.ends_at:
                lease.ends_at, lease.held, lease.left = allowance.resets_at, 0, allowance.left
            if allowance.resets_at < lease.ends_at:
                # The answer is of a window that has ended: it serves the request that asked, which came in it.
                return _decision(allowance.granted > 0, self._limit, 0, allowance.resets_at, now)
            lease.held += allowance.granted
            lease.left = min(lease.left, allowance.left)
            allowed = lease.held > 0
            lease.held -= allowed
            return self._told(allowed, lease, now)

    def _told(self, allowed: bool, lease: _Lease, now: datetime) -> Decision:
        return _decision(allowed, self._limit, lease.held + lease.left, lease.ends_at, now)

    def _new_lease(self, key: str) -> _Lease:
        """Return an empty lease; where there are too many, those first seen go, with what they still held."""
        while len(self._leases) >= self._keys_max:
            self._leases.popitem(last=False)
        lease = self._leases[key] = _Lease()
        return lease


def _checked(limit: int) -> int:
    if limit < 1:
        raise ValueError("a rate limit is at least 1 request a window")
    return limit


def _decision(allowed: bool, limit: int, remaining: int, ends_at: datetime, now: datetime) -> Decision:
    wait = 1
    if not allowed:
        # The store's clock may be ahead of *now*; nobody waits longer than a window.
        wait = min(max(1, math.ceil((ends_at - now).total_seconds())), WINDOW_SECONDS)
    return Decision(allowed, limit, max(0, min(remaining, limit)), math.ceil(ends_at.timestamp()), wait)

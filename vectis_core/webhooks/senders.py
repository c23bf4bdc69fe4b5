"""The threads of a dispatcher that send, and the places that endpoints take while they are delivered to.

Endpoints that are well share some places. Those whose last attempt failed have places of their own, and one that
takes long gives up its place while it goes on: so neither dead endpoints nor slow ones keep others waiting.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from queue import SimpleQueue

import attrs

from vectis_core.webhooks.model import Lease
from vectis_core.webhooks.worker import Pace

_logger = logging.getLogger("vectis.webhooks")

Deliver = Callable[[Lease, float], None]


@attrs.frozen
class Free:
    """How many endpoints can be taken on."""

    well: int
    ailing: int
    #: Seconds after which there may be more, although nobody has finished; ``None`` where there will not.
    more_in: float | None


@attrs.frozen(eq=False)
class _Place:
    is_ailing: bool
    taken_at: float


class Senders:
    """Threads that call *deliver*, begun as they are needed, and *done* after each call.

    They are daemons: a program that never stops its dispatcher must still be able to end.
    """

    def __init__(self, pace: Pace, monotonic: Callable[[], float], deliver: Deliver, done: Callable[[], None]) -> None:
        self._pace = pace
        self._monotonic = monotonic
        self._deliver = deliver
        self._done = done
        self._mutex = threading.Lock()
        self._places: set[_Place] = set()
        self._threads: list[threading.Thread] = []
        self._waiting: SimpleQueue[tuple[Lease, float, _Place] | None] = SimpleQueue()

    def free(self) -> Free:
        """Return how many endpoints can be taken on."""
        now = self._monotonic()
        with self._mutex:
            places = list(self._places)
        ailing = sum(each.is_ailing for each in places)
        ages = sorted(now - each.taken_at for each in places if not each.is_ailing)
        slow = min(self._pace.slow, sum(age >= self._pace.slow_after for age in ages))
        well = max(0, self._pace.endpoints - (len(ages) - slow))
        quick = [age for age in ages if age < self._pace.slow_after]
        more_in = self._pace.slow_after - quick[-1] if quick and slow < self._pace.slow else None
        return Free(well, max(0, self._pace.ailing - ailing), more_in)

    def send(self, lease: Lease, usable_until: float) -> None:
        """Deliver under *lease* in a thread that is idle, or in another."""
        place = _Place(lease.subscription.failures > 0, self._monotonic())
        with self._mutex:
            self._places.add(place)
            is_short = len(self._threads) < len(self._places)
        self._waiting.put((lease, usable_until, place))
        if is_short:
            self._begin()

    def close(self) -> None:
        """Wait until all have finished what they are at."""
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join()

    def _begin(self) -> None:
        thread = threading.Thread(target=self._run, name="vectis-webhooks-sender", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            # What waits is sent by those that there are.
            _logger.warning("there is no further thread to send webhooks with")
        else:
            self._threads.append(thread)

    def _run(self) -> None:
        while (work := self._waiting.get()) is not None:
            lease, usable_until, place = work
            try:
                self._deliver(lease, usable_until)
            except Exception:
                # The lease ends by itself, and then somebody tries again.
                webhook = lease.subscription
                fields = {"tenant": webhook.tenant, "webhook_id": webhook.id}
                _logger.exception("delivering to webhook %s failed", webhook.id, extra=fields)
            with self._mutex:
                self._places.discard(place)
            self._done()

"""Delivering in the background: one thread that claims, and a few that send.

A dead or slow endpoint holds one sending thread, and endpoints whose last attempt failed may hold only some of them,
so that it delays no other.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from types import TracebackType
from typing import Any, Self

from vectis_core.commands import AdvanceReplays, ClaimDeliveries, Command, SettleDeliveries
from vectis_core.engine import Engine
from vectis_core.errors import ServiceUnavailable, UsageError
from vectis_core.vault import Vault
from vectis_core.webhooks.model import Lease
from vectis_core.webhooks.schedule import Policy
from vectis_core.webhooks.transport import Transport
from vectis_core.webhooks.worker import Pace, Worker

_logger = logging.getLogger("vectis.webhooks")

TRANSPORTS = "vectis.transports"
#: After an error of the database the dispatcher waits for so many seconds.
_AFTER_ERROR = 1.0
#: What the dispatcher itself commands wakes nobody.
_OWN = (ClaimDeliveries, SettleDeliveries, AdvanceReplays)


def open_transport(**options: Any) -> Transport:
    """Return the installed transport, found by the entry points ``vectis.transports``.

    Raises ``UsageError`` where there is none, or its extra is missing.
    """
    from importlib.metadata import entry_points  # noqa: PLC0415 - takes as long as importing the core

    found = entry_points(group=TRANSPORTS)
    if not found.names:
        raise UsageError('Nothing here can send webhooks: pip install "vectis-oms[webhooks]"')
    try:
        factory = found[min(found.names)].load()
    except ImportError as error:
        raise UsageError(f'Sending webhooks needs an extra: pip install "vectis-oms[webhooks]" ({error})') from error
    transport: Transport = factory(**options)
    return transport


class Dispatcher:
    """Delivers the webhooks of all tenants from ``start`` to ``stop``; any number may run on one database."""

    def __init__(
        self,
        engine: Engine,
        vault: Vault,
        transport: Transport,
        *,
        policy: Policy | None = None,
        pace: Pace | None = None,
        agent: str = "Vectis",
    ) -> None:
        self._engine = engine
        self._transport = transport
        self._pace = pace or Pace()
        self._worker = Worker(
            engine,
            vault,
            transport,
            monotonic=time.monotonic,
            random=random.SystemRandom().random,
            policy=policy or Policy(),
            pace=self._pace,
            agent=agent,
        )
        self._changed = threading.Condition()
        self._news = False
        self._stopping = False
        #: The endpoints that are delivered to just now: whether each was ailing when it was claimed.
        self._busy: dict[Future[None], bool] = {}
        self._thread: threading.Thread | None = None
        self._senders: ThreadPoolExecutor | None = None

    def start(self) -> None:
        """Begin to deliver; raises ``UsageError`` where it was started before."""
        if self._thread is not None:
            raise UsageError("This dispatcher was started before: make another")
        self._senders = ThreadPoolExecutor(self._pace.endpoints, thread_name_prefix="vectis-webhooks")
        self._thread = threading.Thread(target=self._run, name="vectis-webhooks", daemon=True)
        self._engine.observe(self._heed)
        self._thread.start()

    def stop(self) -> None:
        """Claim nothing more, finish the attempts that are under way, and close all connections."""
        if self._thread is None or self._senders is None:
            return
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join()
        self._engine.forget(self._heed)
        self._worker.stop()
        self._senders.shutdown()
        self._transport.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _heed(self, command: Command[Any]) -> None:
        if not isinstance(command, _OWN):
            with self._changed:
                self._news = True
                self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                if self._stopping:
                    return
                self._news = False
            wait = self._turn()
            with self._changed:
                self._changed.wait_for(lambda: self._news or self._stopping, wait)

    def _turn(self) -> float:
        """Claim what is due and hand it to the senders; return for how many seconds there is nothing to do."""
        try:
            return self._claim()
        except UsageError:
            # Vectis was closed under us.
            self._stopping = True
        except ServiceUnavailable as unavailable:
            _logger.warning("no webhooks are sent while the database cannot be used: %s", unavailable)
        except Exception:
            _logger.exception("claiming webhooks failed")
        return _AFTER_ERROR

    def _claim(self) -> float:
        with self._changed:
            free = self._pace.endpoints - len(self._busy)
            ailing = min(free, self._pace.ailing - sum(self._busy.values()))
        if free <= 0:
            return self._pace.poll_every
        now = self._engine.store.now()
        with self._engine.read() as view:
            due = view.next_due(now)
        if due is None or due > now:
            wait = self._pace.poll_every if due is None else (due - now) / timedelta(seconds=1)
            return max(0.0, min(wait, self._pace.poll_every))
        made = self._worker.advance_replays()
        leases = self._worker.claim(free, max(0, ailing))
        for lease, usable_until in leases:
            self._send(lease, usable_until)
        return 0.0 if leases or made else self._pace.poll_every

    def _send(self, lease: Lease, usable_until: float) -> None:
        if self._senders is None:
            raise AssertionError("the dispatcher was not started")
        sending = self._senders.submit(self._worker.deliver, lease, usable_until)
        with self._changed:
            self._busy[sending] = lease.subscription.failures > 0
        sending.add_done_callback(self._sent)

    def _sent(self, sending: Future[None]) -> None:
        error = sending.exception()
        if error is not None:
            _logger.error("delivering failed", exc_info=error)
        with self._changed:
            del self._busy[sending]
            self._news = True
            self._changed.notify()

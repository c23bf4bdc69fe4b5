"""Delivering in the background: one thread that claims, and a few that send."""

from __future__ import annotations

import asyncio
import logging
import os
import random
import threading
import time
from datetime import timedelta
from types import TracebackType
from typing import Any, Self

from vectis_core.commands import AdvanceReplays, ClaimDeliveries, Command, SettleDeliveries, StartReplay
from vectis_core.engine import Engine
from vectis_core.errors import ServiceUnavailable, UsageError
from vectis_core.vault import Vault
from vectis_core.webhooks.address_rules import AddressRules
from vectis_core.webhooks.schedule import Policy
from vectis_core.webhooks.senders import Senders
from vectis_core.webhooks.transport import Transport
from vectis_core.webhooks.worker import Pace, Worker

_logger = logging.getLogger("vectis.webhooks")

TRANSPORTS = "vectis.transports"
#: After an error of the database the dispatcher waits for so many seconds.
_AFTER_ERROR = 1.0
#: What the dispatcher itself commands wakes nobody.
_OWN = (ClaimDeliveries, SettleDeliveries, AdvanceReplays)


def open_transport(rules: AddressRules) -> Transport:
    """Return the installed transport, found by the entry points ``vectis.transports``; it dials what *rules* allow.

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
    transport: Transport = factory(rules)
    return transport


def _agent() -> str:
    """Return what endpoints are told of who calls."""
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - takes as long as the core

    try:
        return f"Vectis/{version('vectis-oms')}"
    except PackageNotFoundError:
        return "Vectis"


class Dispatcher:
    """Delivers the webhooks of all tenants from ``start`` to ``stop``; any number may run on one database.

    As a context manager, in ``with`` or ``async with``, it runs for the length of the block.
    """

    def __init__(
        self,
        engine: Engine,
        vault: Vault,
        transport: Transport,
        *,
        policy: Policy | None = None,
        pace: Pace | None = None,
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
            agent=_agent(),
        )
        self._senders = Senders(self._pace, time.monotonic, self._worker.deliver, self._wake)
        self._changed = threading.Condition()
        self._news = False
        self._stopping = False
        self._unavailable = False
        #: From when on replays are to be looked for, by the monotonic clock.
        self._replays_at = 0.0
        self._thread: threading.Thread | None = None
        self._process = 0

    def start(self) -> None:
        """Begin to deliver; raises ``UsageError`` where it was started before, or Vectis is closed."""
        if self._thread is not None:
            raise UsageError("This dispatcher was started before: make another")
        self._engine.check_open()
        # A daemon: a program that never stops it must still be able to end.
        self._thread = threading.Thread(target=self._run, name="vectis-webhooks", daemon=True)
        self._process = os.getpid()
        self._thread.start()
        self._engine.observe(self._heed)
        # What was committed in between is looked for as well.
        self._wake()

    def stop(self) -> None:
        """Claim nothing more, finish the attempts that are under way, and close all connections.

        It takes as long as these attempts may (``Pace.deadline``). Harmless when repeated, and in the child of a fork,
        where nothing of it runs.
        """
        if self._thread is None or self._process != os.getpid():
            return
        self._worker.stop()
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join()
        self._engine.forget(self._heed)
        self._senders.close()
        self._transport.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # The loop goes on meanwhile: the attempts under way may take some seconds.
        await asyncio.to_thread(self.stop)

    def _heed(self, command: Command[Any]) -> None:
        if isinstance(command, StartReplay):
            self._replays_at = 0.0
        if not isinstance(command, _OWN):
            self._wake()

    def _wake(self) -> None:
        # Who finds it set has come before the next look at what is due, so that look sees what this is about.
        if not self._news:
            with self._changed:
                self._news = True
                self._changed.notify()

    def _run(self) -> None:
        while not self._stopping:
            self._news = False
            wait = self._turn()
            with self._changed:
                self._changed.wait_for(lambda: self._news or self._stopping, wait)

    def _turn(self) -> float:
        """Claim what is due and hand it to the senders; return for how many seconds there is nothing to do."""
        try:
            wait = self._claim()
        except UsageError:
            _logger.warning("Vectis was closed while a dispatcher ran: no webhooks are sent any more")
            self._worker.stop()
            self._stopping = True
            return 0.0
        except ServiceUnavailable as unavailable:
            if not self._unavailable:
                _logger.warning("no webhooks are sent while the database cannot be used: %s", unavailable)
            self._unavailable = True
        except Exception:
            _logger.exception("claiming webhooks failed")
        else:
            if self._unavailable:
                _logger.warning("webhooks are sent again")
            self._unavailable = False
            return wait
        # Not sooner, whatever is committed meanwhile.
        with self._changed:
            self._changed.wait_for(lambda: self._stopping, _AFTER_ERROR)
        return 0.0

    def _claim(self) -> float:
        free = self._senders.free()
        longest = self._pace.poll_every if free.more_in is None else min(free.more_in, self._pace.poll_every)
        if not free.well and not free.ailing:
            return longest
        now = self._engine.store.now()
        with self._engine.read() as view:
            due = view.next_due(now)
        if due is None or due > now:
            wait = self._pace.poll_every if due is None else (due - now) / timedelta(seconds=1)
            return min(wait, self._pace.poll_every)
        is_replaying = self._replay()
        leases = self._worker.claim(free.well, free.ailing)
        for lease, usable_until in leases:
            self._senders.send(lease, usable_until)
        return 0.0 if leases or is_replaying else longest

    def _replay(self) -> bool:
        """Go on with replays, and return whether there is more; where none was found, look again after a while."""
        began = time.monotonic()
        if began < self._replays_at:
            return False
        # Before the look: a replay that is started meanwhile sets it back.
        self._replays_at = began + self._pace.poll_every
        if not self._worker.advance_replays():
            return False
        self._replays_at = 0.0
        return True

"""Commands over a network that loses requests and answers have one effect each, whatever is lost."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any, TypeVar

import attrs
import httpx
from elsewhere import AT_ONCE, Elsewhere, differences
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize

from vectis_client import Client
from vectis_core import Placed, Vectis
from vectis_core.clock import Clock
from vectis_core.commands import Command, RecordScan
from vectis_core.ids import Ids
from vectis_core.tenancy import DEFAULT_TENANT
from vectis_core.testing.machine import ShopMachine

T = TypeVar("T")

FATES = ("arrives", "answer lost", "request lost", "sent twice", "unavailable", "gateway")


class Lossy(httpx.BaseTransport):
    """A network of which each exchange has a fate; no more than three in a row go wrong."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner = inner
        self.fates: Iterator[str] = itertools.repeat("arrives")
        self._bad = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Let the request come to its fate."""
        fate = next(self.fates) if self._bad < 3 else "arrives"
        self._bad = 0 if fate in {"arrives", "sent twice"} else self._bad + 1
        if fate == "request lost":
            raise httpx.ConnectError("nobody is there")
        if fate == "unavailable":
            told = {"error": "ServiceUnavailable", "message": "Later", "details": {}}
            return httpx.Response(503, json=told, headers={"retry-after": "0"})
        response = self._inner.handle_request(request)
        if fate == "sent twice":
            return self._inner.handle_request(request)
        if fate == "answer lost":
            raise httpx.ReadError("the connection broke")
        return httpx.Response(504, text="upstream timed out") if fate == "gateway" else response


class LostAnswers(ShopMachine):
    """The product's own state machine, whose commands go through the client."""

    fails = False

    def __init__(self) -> None:
        super().__init__()
        # Whom the server takes the client for: what the machine asks in process is by the same caller.
        self.both.caller = attrs.evolve(self.client.caller, tenant=DEFAULT_TENANT)

    def open(self, clock: Clock, ids: Ids) -> Vectis:
        """Open a shop in memory."""
        return Vectis.open("memory://", clock=clock, ids=ids)

    def opened(self, vectis: Vectis) -> None:
        """Put the API before it, and a bad network between."""
        there = Elsewhere(vectis, DEFAULT_TENANT)
        self.network = Lossy(there.transport())
        self.client = Client.connect(
            "https://shop.test", http=httpx.Client(transport=self.network), retries=AT_ONCE, **there.credentials
        )

    def send(self, command: Command[T]) -> T:
        """Have a command carried out by the client, which must be told what the books have of it.

        They are asked by a repeat of the command in process: it returns the first result and changes nothing. What
        carriers say comes to the books by another way.
        """
        if isinstance(command, RecordScan):
            return self.vectis.run(command)
        before = len(list(self.client.orders.list()))
        told: T = self.client._engine.run(command)
        kept: Any = self.vectis.run(command)
        if isinstance(told, Placed):
            # Whose answer was lost is told that the order was there, and made it all the same.
            is_new = len(list(self.client.orders.list())) > before
            assert is_new or not told.created
            told, kept = attrs.evolve(told, created=is_new), attrs.evolve(kept, created=is_new, mismatch=told.mismatch)
        assert differences(told, kept) == []
        result: T = kept
        return result

    @initialize(fates=st.lists(st.sampled_from(FATES), min_size=1, max_size=20))
    def worsen(self, fates: list[str]) -> None:
        """Say what becomes of the exchanges, one after the other."""
        self.network.fates = itertools.cycle(fates)


TestLostAnswers = LostAnswers.TestCase
TestLostAnswers.settings = settings(max_examples=30, stateful_step_count=30, deadline=None)

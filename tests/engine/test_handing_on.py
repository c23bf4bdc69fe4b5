"""The lead is handed from thread to thread, however the interpreter switches between them."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator

import pytest

from vectis_core import Vectis

CALLERS = 16
CALLS = 60


@pytest.fixture
def switching_at_once() -> Iterator[None]:
    """Have the interpreter switch threads as often as it can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("switching_at_once")
def test_nobody_sleeps_through_being_given_the_lead() -> None:
    """A thread that is woken and looks before the lead is its own must not sleep again and be left so."""
    # Closed only where nobody sleeps for ever: closing waits for them.
    oms = Vectis.open("memory://")
    oms.products.create(sku="A", name="A")
    record = next(iter(oms.inventory.list()))

    def call() -> None:
        for _ in range(CALLS):
            oms.inventory.adjust(record.id, 1, "counted")

    # Daemons, so that threads which sleep for ever fail the test and not the whole run.
    threads = [threading.Thread(target=call, daemon=True) for _ in range(CALLERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
    assert oms.inventory.get(record.id).on_hand == CALLERS * CALLS
    oms.close()

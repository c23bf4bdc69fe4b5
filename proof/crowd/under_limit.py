"""Clients of a database whose write-ahead log somebody keeps from being emptied."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator

from proof.crowd.client import Client
from proof.crowd.stories import Trader
from vectis_core.errors import ServiceUnavailable

#: How long a client waits that is pushed back; the errors say more, but a proof has little time. In seconds.
_PAUSE = 0.1
#: For so many seconds no list may hold a state of the database.
_LONGEST_VIEW = 5.0
#: As many as a list reads at once.
_PAGE = 100


def press(client: Client) -> Iterator[None]:
    """Order for ever, a little later where that is refused; the process's alarms go to a file."""
    logging.basicConfig(filename=client.options["alarms"], level=logging.ERROR)
    trader = Trader(client)
    while True:
        try:
            trader.place()
        except ServiceUnavailable:
            time.sleep(_PAUSE)
        yield


def scan(client: Client) -> Iterator[None]:
    """Read the list of all orders for ever, and look at one of each page."""
    while True:
        asked = time.monotonic()
        for number, order in enumerate(client.oms.orders.list()):
            took = time.monotonic() - asked
            if took > _LONGEST_VIEW:
                client.complain(f"a page of a list took {took:.1f} s")
            if number % _PAGE == 0:
                client.look_at_order(order.id)
                yield
            asked = time.monotonic()
        yield

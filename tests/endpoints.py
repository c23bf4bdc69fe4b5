"""Endpoints without a network: what a dispatcher sends is noted, and answered as a test says."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import attrs

from vectis_core import Address, AddressRules, Item, Vectis
from vectis_core.testing import FrozenClock
from vectis_core.webhooks.schedule import Policy
from vectis_core.webhooks.transport import Answer, Post, Transport
from vectis_core.webhooks.worker import Pace, Worker

SECRET = "a secret of the test"
OK = Answer(200, None, b"")
ADDRESS = Address(name="Jane Smith", line1="123 Main St", city="Austin", country="US")

#: Returns what an endpoint answers, or raises ``NotDelivered``.
Answering = Callable[[Post], Answer]


@attrs.frozen
class Received:
    """A request that came to an endpoint."""

    url: str
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def event(self) -> str:
        """The type of event."""
        return str(self.body["event"])

    @property
    def subject(self) -> str:
        """The order that it is about."""
        return str(self.body["data"]["orderId"])


class Endpoints:
    """A transport to endpoints that are all in this process; safe to share among threads."""

    def __init__(self, _rules: AddressRules | None = None) -> None:
        self.answering: Answering = lambda _post: OK
        self.received: list[Received] = []
        self.closed = False
        self._mutex = threading.Lock()

    def post(self, post: Post) -> Answer:
        """Note the request, and answer."""
        received = Received(post.url, dict(post.headers), json.loads(post.body))
        with self._mutex:
            self.received.append(received)
        return self.answering(post)

    def close(self) -> None:
        """Note that nothing more is sent."""
        self.closed = True

    def at(self, url: str) -> list[Received]:
        """Return what came to one endpoint."""
        with self._mutex:
            return [each for each in self.received if each.url == url]


def stocked(oms: Vectis) -> None:
    """Put a lot of one product in stock."""
    oms.products.create(sku="W", name="Widget")
    oms.inventory.adjust(oms.inventory.list().page().items[0].id, 1_000_000, "first delivery")


def buy(oms: Vectis, external_id: str) -> str:
    """Order a piece, which is one event; return the order's id."""
    placed = oms.orders.create(external_id=external_id, items=[Item("W", 1, "5")], shipping_addresses=[ADDRESS])
    return placed.order.id


def subscribe(oms: Vectis, name: str, events: str = "order.*") -> str:
    """Subscribe an endpoint, which is at ``https://NAME.test/``, and return the subscription's id."""
    return oms.webhooks.create(f"https://{name}.test/", [events], secret=SECRET).subscription.id


def worker_of(oms: Vectis, endpoints: Transport, clock: FrozenClock, **pace: Any) -> Worker:
    """Return a worker without any randomness, whose time is that of *clock*; it takes twenty deliveries at once."""
    return Worker(
        oms.engine,
        oms.vault,
        endpoints,
        monotonic=lambda: clock.now().timestamp(),
        random=lambda: 0.5,
        policy=Policy(),
        pace=Pace(**{"deliveries": 20, **pace}),
        agent="Vectis",
        pause=clock.advance,
    )


def work(worker: Worker, places: int = 100) -> Iterator[str]:
    """Deliver until nothing is due; yield the id of each subscription that was claimed."""
    while leases := worker.claim(places, places):
        for lease, usable_until in leases:
            worker.deliver(lease, usable_until)
            yield lease.subscription.id

"""An endpoint that fails one event for ever, or everything, on a clock that is moved from one due moment to the next.

What is tried when, what becomes of the events behind it, and what is kept for whoever mends the endpoint is read off
the requests and off the log of attempts.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from unittest.mock import patch

import attrs

from proof.programme import Finding, Proof, Size
from vectis_core import Address, Item, Vectis
from vectis_core.testing import FrozenClock
from vectis_core.webhooks import schedule
from vectis_core.webhooks.model import Report
from vectis_core.webhooks.schedule import Policy
from vectis_core.webhooks.transport import Answer, NotDelivered, Post
from vectis_core.webhooks.worker import Pace, Worker

_ADDRESS = Address(name="Jane Smith", line1="123 Main St", city="Austin", country="US")
_DAYS = {Size.FEW: 5, Size.FULL: 100}
_POLICY = Policy()
#: Nobody follows a schedule for longer than so many attempts.
_ATTEMPTS_MAX = 30
#: What an endpoint may make of an event that it cannot digest: a status, or no answer; and for how long it asks. In
#: turn, so that a few days have all kinds: busy or not, asking for little and for too much.
_FAILURES: tuple[tuple[int | None, int | None], ...] = (
    (500, None),
    (400, None),
    (None, None),
    (429, 90),
    (503, 200_000),
    (302, None),
    (503, 40_000),
)


class Shop:
    """A shop with one endpoint, whose answers and time are ours."""

    def __init__(self, url: str, seed: int) -> None:
        self.clock = FrozenClock()
        self.failure = _FAILURES[seed % len(_FAILURES)]
        self.random = Random(seed)
        self.oms = Vectis.open(url, clock=self.clock)
        self.oms.products.create(sku="W", name="Widget")
        self.oms.inventory.adjust(self.oms.inventory.list().page().items[0].id, 1_000, "first delivery")
        self.hook = self.oms.webhooks.create("https://shop.example/", ["*"]).subscription
        #: When each event was sent, by its id.
        self.sent: dict[str, list[datetime]] = {}
        self.answering: Callable[[str], Answer] = lambda _event: Answer(204, None, b"")
        self.violations: list[str] = []
        self._worker = Worker(
            self.oms.engine,
            self.oms.vault,
            self,
            monotonic=lambda: self.clock.now().timestamp(),
            random=self.random.random,
            policy=_POLICY,
            pace=Pace(),
            agent="Vectis",
            pause=self.clock.advance,
        )

    def post(self, post: Post) -> Answer:
        """Be the endpoint."""
        event_id = json.loads(post.body)["id"]
        self.sent.setdefault(event_id, []).append(self.clock.now())
        return self.answering(event_id)

    def close(self) -> None:
        """Close the shop."""
        self.oms.close()

    def must(self, holds: bool, what: str) -> None:
        """Note what does not hold."""
        if not holds:
            self.violations.append(f"{self.clock.now():%d %H:%M:%S}: {what}")

    def buy(self, number: int) -> str:
        """Sell a piece, and return the event's id."""
        order = self.oms.orders.create(
            external_id=f"o{number}", items=[Item("W", 1, "5")], shipping_addresses=[_ADDRESS]
        ).order
        return self.oms.orders.history(order.id)[0].id

    def deliver(self) -> None:
        """Send all that is due now."""
        while leases := self._worker.claim(1, 1):
            for lease, usable_until in leases:
                self._worker.deliver(lease, usable_until)

    def moments(self) -> Iterator[datetime]:
        """Go from one moment at which something is due to the next."""
        while True:
            with self.oms.engine.read() as view:
                due = view.next_due(self.clock.now())
            if due is None:
                return
            self.clock.set(max(due, self.clock.now()))
            self.deliver()
            yield self.clock.now()

    def status(self, event_id: str) -> str:
        """Return the status of the newest delivery of an event."""
        for each in self.oms.webhooks.deliveries(self.hook.id):
            if each.event_id == event_id:
                return str(each.status)
        return "not there"


@attrs.frozen
class _Poison:
    """How one event fails."""

    code: int | None
    retry_after: int | None

    def answer(self) -> Answer:
        if self.code is None:
            raise NotDelivered("timeout")
        return Answer(self.code, None if self.retry_after is None else str(self.retry_after), b"")

    def delays(self) -> list[tuple[float, float]]:
        """Return the least and the longest delay after each attempt but the last."""
        is_busy = self.code is None or self.code >= 500 or self.code == 429
        least = max(_POLICY.busy_delay if is_busy else 0, min(self.retry_after or 0, _POLICY.asked_delay_max))
        return [(max(least, delay * 0.8), max(least, delay * 1.2)) for delay in _POLICY.delays]


def _poisoned(shop: Shop) -> None:
    """Let one event fail for ever, others come behind it, and somebody mend the endpoint at last."""
    poison = _Poison(*shop.failure)
    bad = shop.buy(0)

    def answer(event_id: str) -> Answer:
        return poison.answer() if event_id == bad else Answer(204, None, b"")

    shop.answering = answer
    later = []
    for number, _ in enumerate(shop.moments(), 1):
        if number >= _ATTEMPTS_MAX:
            break
        if poison.retry_after is None and number <= len(_POLICY.delays):
            later.append(shop.buy(number))
            shop.deliver()
            shop.must(shop.status(later[-1]) == "delivered", "an event behind the bad one waits")
    sent = shop.sent[bad]
    shop.must(len(sent) == len(_POLICY.delays) + 1, f"the bad event was tried {len(sent)} times")
    for (least, most), before, after in zip(poison.delays(), sent, sent[1:], strict=False):
        seconds = (after - before) / timedelta(seconds=1)
        # What waits for a moment is due at it or up to a microsecond after.
        shop.must(least <= seconds <= most + 1e-3, f"tried after {seconds} s instead of {least} to {most}")
    shop.must(shop.status(bad) == "exhausted", f"the bad event is {shop.status(bad)}")
    [delivery] = shop.oms.webhooks.deliveries(shop.hook.id, status="exhausted").page().items or (None,)
    shop.answering = lambda _event: Answer(200, None, b"")
    if delivery is not None:
        shop.clock.advance(2 * _POLICY.asked_delay_max)
        shop.oms.webhooks.redeliver(delivery.id)
        shop.deliver()
        shop.must(shop.status(bad) == "delivered", "what was sent once more did not come")


def _gone(shop: Shop) -> None:
    """Let the endpoint say that it is gone, and come back a day later."""
    shop.answering = lambda _event: Answer(410, None, b"")
    _disabled_and_replayed(shop, shop.buy(0), "410")


def _dead(shop: Shop) -> None:
    """Let the endpoint fail whatever comes for more than five days, with some events on each."""
    since = shop.clock.now()
    shop.answering = lambda _event: Answer(500, None, b"")
    first = shop.buy(0)
    bought = 1
    for now in shop.moments():
        while bought < 40 and now - since > bought * timedelta(hours=3):
            shop.buy(bought)
            bought += 1
        if shop.oms.webhooks.get(shop.hook.id).status == "disabled":
            break
    after = shop.clock.now() - since
    shop.must(timedelta(days=5) <= after < timedelta(days=7), f"it was disabled after {after}")
    _disabled_and_replayed(shop, first, "since")


def _disabled_and_replayed(shop: Shop, first: str, reason: str) -> None:
    """See that nothing is sent to a disabled endpoint, that its owner is told, and that all is there to be replayed."""
    began = next(iter(shop.oms.events())).at
    shop.deliver()
    hook = shop.oms.webhooks.get(shop.hook.id)
    shop.must(hook.status == "disabled" and reason in str(hook.reason), f"it is {hook.status}: {hook.reason}")
    told = [event for event in shop.oms.events() if event.type == "webhook.disabled"]
    shop.must(len(told) == 1, f"its owner was told {len(told)} times")
    before = sum(map(len, shop.sent.values()))
    missed = [shop.buy(1_000 + number) for number in range(3)]
    shop.clock.advance(timedelta(days=1))
    shop.deliver()
    shop.must(sum(map(len, shop.sent.values())) == before, "something was sent to a disabled endpoint")
    shop.must({shop.status(each) for each in missed} == {"skipped"}, "what happened meanwhile is not kept as skipped")
    shop.answering = lambda _event: Answer(200, None, b"")
    shop.oms.webhooks.update(shop.hook.id, active=True)
    shop.oms.webhooks.replay(shop.hook.id, began)
    while shop._worker.advance_replays():
        pass
    shop.deliver()
    shop.must(
        {shop.status(each) for each in (first, *missed)} == {"delivered"}, "a replay did not bring what was missed"
    )


def run(size: Size, folder: Path) -> Finding:
    """Live some days of each kind."""
    requests, violations = 0, []
    for seed in range(_DAYS[size]):
        for story in (_poisoned, _gone, _dead):
            shop = Shop("memory://" if seed % 10 else f"sqlite:///{folder}/{story.__name__}{seed}.db", seed)
            story(shop)
            shop.must(shop.oms.verify().ok, "the books are wrong")
            requests += sum(map(len, shop.sent.values()))
            violations += [f"{story.__name__.strip('_')} {seed}: {each}" for each in shop.violations]
            shop.close()
    days = _DAYS[size]
    return Finding(
        f"{days} bad events, {days} endpoints gone, {days} dead for days",
        f"{requests:,} requests; each at its time within a fifth, exhausted after ten, nothing behind them waited",
        violations,
    )


def control(_size: Size, folder: Path) -> Finding:
    """Live a few days with a steady pace, for ever."""

    def steadily(_policy: Policy, _attempts: int, _report: Report, now: datetime) -> datetime:
        return now + timedelta(minutes=1)

    with patch.object(schedule, "next_attempt", steadily):
        return run(Size.FEW, folder)


PROOF = Proof(
    number=18,
    name="poison-event",
    rule="an event that an endpoint cannot digest is tried by the schedule and kept, and holds up nothing; an endpoint"
    " that is gone or dead is disabled and told of, and misses nothing",
    run=run,
    control=control,
    bad="every failure tried again after a minute, for ever",
)

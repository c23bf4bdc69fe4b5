"""Events are told by dispatchers that are killed and stopped, to endpoints that fail at random.

A dispatcher is killed amid its work and another started; others stand still for longer than their leases and come back
as if nothing had happened. What the endpoints saw is held against what happened in the shop.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Self

import attrs

from proof.builds import Mutant, driven_from_here, environment
from proof.mutants.controls import CURSOR_AT_THE_CLAIM, NO_TOKEN
from proof.outbox.dispatching import LOCAL, Task
from proof.outbox.judging import Expected, Verdict, judged
from proof.outbox.receiving import Endpoints
from proof.programme import Finding, Proof, Size
from vectis_core import Address, Item, Vectis
from vectis_core.faces import TenantFace
from vectis_core.webhooks.model import DeliveryStatus

_SECRET = "a secret of twenty endpoints"  # noqa: S105 - of endpoints on this machine
_ADDRESS = Address(name="Jane Smith", line1="123 Main St", city="Austin", country="US")
#: A lease outlives three deadlines, and nobody waits long for one whose holder is dead.
_PACE = {"deadline": 0.5, "lease": 2, "deliveries": 10, "poll_every": 0.1, "settle_every": 0.2}
#: Tried again at once and often: the schedule is not what is on trial.
_POLICY = {"delays": (1,) * 60, "busy_delay": 0, "failures_before_rest": 100}
#: For so long a dispatcher is stopped: longer than its lease.
_STALL = 2.3
_PATIENCE = 90.0
#: Each order is created, confirmed and cancelled.
_EVENTS_OF_ORDER = 3


@attrs.frozen
class _Plan:
    events: int
    tenants: int
    endpoints_of_tenant: int
    kills: int
    stalls: int
    processes: int = 3
    #: Seconds between two kills.
    every: float = 0.7
    #: Of a hundred requests so many are answered after a while: so that there is work for as long as there is trouble.
    slow: int = 2

    @property
    def endpoints(self) -> int:
        return self.tenants * self.endpoints_of_tenant


_PLANS = {
    Size.FEW: _Plan(450, 2, 3, 2, 2, every=1.0, slow=20),
    Size.FULL: _Plan(10_000, 4, 5, 50, 20),
}
_CONTROLS = {
    Size.FEW: _Plan(750, 2, 3, 1, 3, every=1.0, slow=40),
    Size.FULL: _Plan(2_400, 2, 5, 3, 6, every=1.0, slow=40),
}
#: How often a bad build is troubled at most.
_TRIES = 4


class _Dispatchers:
    """Some processes that deliver, killed and stopped as the plan says."""

    def __init__(self, plan: _Plan, database: str, build: Mapping[str, str]) -> None:
        self._plan = plan
        self._words = json.dumps(attrs.asdict(Task(database, _PACE, _POLICY)))
        self._build = driven_from_here(build)
        self._random = Random(plan.events)
        self._mutex = threading.Lock()
        self._running = [self._started() for _ in range(plan.processes)]
        for process in self._running:
            _wait_until_ready(process)
        self.kills = self.stalls = 0

    def _started(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-P", "-m", "proof.outbox.dispatching", self._words]
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=self._build)

    def trouble(self) -> None:
        """Kill and stop as often as planned."""
        stalling = [threading.Thread(target=self._stall, args=(part,)) for part in range(2)]
        for thread in stalling:
            thread.start()
        for _ in range(self._plan.kills):
            time.sleep(self._plan.every)
            self._kill()
        for thread in stalling:
            thread.join()

    def _kill(self) -> None:
        with self._mutex:
            place = self._random.randrange(len(self._running))
            self._running[place].kill()
            self._running[place].communicate()
            self._running[place] = self._started()
            _wait_until_ready(self._running[place])
            self.kills += 1

    def check(self) -> None:
        """Raise ``RuntimeError`` where one has ended by itself."""
        with self._mutex:
            ended = [process.returncode for process in self._running if process.poll() is not None]
        if ended:
            raise RuntimeError(f"a dispatcher ended by itself, with {ended[0]}")

    def _stall(self, part: int) -> None:
        for _ in range(part, self._plan.stalls, 2):
            time.sleep(self._random.uniform(0.2, 0.6))
            with self._mutex:
                process = self._random.choice(self._running)
                process.send_signal(signal.SIGSTOP)
                self.stalls += 1
            time.sleep(_STALL)
            process.send_signal(signal.SIGCONT)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            for process in self._running:
                # The end of its input tells each that it is to end.
                process.communicate(timeout=_PATIENCE)
        finally:
            for process in self._running:
                process.kill()


def _wait_until_ready(process: subprocess.Popen[bytes]) -> None:
    if process.stdout is None or not process.stdout.readline():
        raise RuntimeError("a dispatcher did not start")


def run(size: Size, folder: Path) -> Finding:
    """Trouble the product as often as the size says."""
    return _troubled(_PLANS[size], folder, os.environ)


def control(size: Size, folder: Path) -> Finding:
    """Trouble two bad builds; each must be caught.

    Whether a stall begins amid a lease that somebody else then takes is chance: each has a few tries.
    """
    found = []
    for mutant in (CURSOR_AT_THE_CLAIM, NO_TOKEN):
        tries = (_troubled_build(mutant, _CONTROLS[size], folder / f"try{number}") for number in range(_TRIES))
        finding = next((each for each in tries if each.violations), None)
        if finding is None:
            return Finding(f"{_TRIES} tries", f"nothing was found wrong with {mutant.name}")
        found.append(f"{mutant.name}: {len(finding.violations)} violations, as {finding.violations[-1]}")
    return Finding("two builds", "; ".join(found), found)


def _troubled_build(mutant: Mutant, plan: _Plan, folder: Path) -> Finding:
    place = folder / mutant.name
    place.mkdir(parents=True)
    return _troubled(plan, place, environment(mutant, place))


def _troubled(plan: _Plan, folder: Path, build: Mapping[str, str]) -> Finding:
    database = f"sqlite:///{folder}/shop.db"
    with (
        Endpoints(_SECRET, plan.events, plan.slow) as endpoints,
        Vectis.open(database, synchronous="NORMAL", address_rules=LOCAL) as oms,
    ):
        shops = [oms.tenant(f"tenant{number}") for number in range(plan.tenants)]
        for number, shop in enumerate(shops):
            _furnish(shop, [f"{endpoints.url}{number}-{each}" for each in range(plan.endpoints_of_tenant)])
        with _Dispatchers(plan, database, build) as dispatchers:
            trading = threading.Thread(target=_trade, args=(shops, plan.events))
            trading.start()
            dispatchers.trouble()
            trading.join()
            endpoints.moody = False
            _wait_until_told(oms, dispatchers)
        verdict = judged(list(endpoints.arrivals), _expected(shops, plan))
        violations = verdict.violations + _left_over(shops)
        violations += [] if oms.verify().ok else ["the books are wrong"]
        return _finding(plan, dispatchers, verdict, violations, len(endpoints.arrivals))


def _furnish(shop: TenantFace, urls: list[str]) -> None:
    shop.products.create(sku="W", name="Widget")
    shop.inventory.adjust(shop.inventory.list().page().items[0].id, 1_000_000, "first delivery")
    for url in urls:
        shop.webhooks.create(url, ["order.*"], secret=_SECRET)


def _trade(shops: list[TenantFace], events: int) -> None:
    for number in range(events // _EVENTS_OF_ORDER):
        shop = shops[number % len(shops)]
        items = [Item("W", 1, "5")]
        order = shop.orders.create(external_id=f"o{number}", items=items, shipping_addresses=[_ADDRESS]).order
        shop.orders.confirm(order.id)
        shop.orders.cancel(order.id, "changed her mind")


def _wait_until_told(oms: Vectis, dispatchers: _Dispatchers) -> None:
    """Wait until nothing is on its way any more, for as long as anybody would wait."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        dispatchers.check()
        with oms.engine.read() as view:
            if view.next_due(oms.store.now()) is None:
                return
        time.sleep(0.1)


def _expected(shops: list[TenantFace], plan: _Plan) -> list[Expected]:
    return [
        Expected(f"{number}-{each}", [event for event in shop.events() if event.type.startswith("order.")])
        for number, shop in enumerate(shops)
        for each in range(plan.endpoints_of_tenant)
    ]


def _left_over(shops: list[TenantFace]) -> list[str]:
    """Return how many deliveries are in a state in which none may end here."""
    found = []
    for shop in shops:
        for hook in shop.webhooks.list():
            for status in (DeliveryStatus.PENDING, DeliveryStatus.EXHAUSTED, DeliveryStatus.SKIPPED):
                left = shop.webhooks.deliveries(hook.id, status=status).page(limit=1).total
                if left:
                    found.append(f"{hook.url}: {left} deliveries are {status}")
    return found


def _finding(plan: _Plan, dispatchers: _Dispatchers, verdict: Verdict, violations: list[str], arrivals: int) -> Finding:
    faults = dispatchers.kills + dispatchers.stalls
    bound = faults * plan.endpoints * int(_PACE["deliveries"]) + verdict.lost_answers
    if verdict.duplicates > bound:
        violations.append(f"{verdict.duplicates} duplicates are more than {bound}")
    told = plan.events * plan.endpoints_of_tenant
    return Finding(
        f"{plan.events:,} events to {plan.endpoints} endpoints ({told:,} deliveries), {plan.processes} dispatchers,"
        f" {dispatchers.kills} killed, {dispatchers.stalls} stopped for longer than a lease",
        f"{arrivals:,} requests; {verdict.duplicates} told twice, {verdict.lost_answers} of them for lost answers;"
        " none lost, skipped, out of order or by two at once",
        violations,
    )


PROOF = Proof(
    number=16,
    name="outbox-chaos",
    rule="whoever dies or stalls, each endpoint is told of each event, signed, in order the first time, and by one at a"
    " time",
    run=run,
    control=control,
    bad="a cursor that moves on at the claim, and no token",
)

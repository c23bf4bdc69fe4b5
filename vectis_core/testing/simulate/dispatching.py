"""Those who deliver webhooks, and those who get them, within a simulated day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from vectis_core import commands
from vectis_core.ids import Ids
from vectis_core.testing.calls import Call, Told
from vectis_core.testing.faults import Crash
from vectis_core.testing.posts import Deliveries, Granted
from vectis_core.testing.simulate.plan import Change, Drift, Plan, Stall, Turn
from vectis_core.testing.simulate.processes import Disk, Process
from vectis_core.testing.simulate.receivers import Receivers
from vectis_core.testing.simulate.workers import LEASE, SimulatedWorker
from vectis_core.webhooks.model import Lease

if TYPE_CHECKING:
    from vectis_core.testing.simulate.world import World

#: So many turns are enough for whatever a day leaves.
_TURNS_MAX = 300
#: Who would have to wait longer has the clock set forward: it was wrong, or there is nothing else to see.
_WAIT_MAX = 600.0

_OF_WEBHOOKS = (
    commands.CreateSubscription,
    commands.UpdateSubscription,
    commands.DeleteSubscription,
    commands.SendTestEvent,
    commands.Redeliver,
    commands.StartReplay,
)


def is_of_webhooks(command: commands.Command[Any]) -> bool:
    """Return whether a command is for the judge of deliveries."""
    return isinstance(command, _OF_WEBHOOKS)


class Dispatching:
    """The workers, the endpoints, and the log of both."""

    def __init__(self, world: World, plan: Plan, processes: Sequence[Process], disk: Disk, ids: Ids) -> None:
        self._world = world
        self.clock = world.clock
        self.receivers = Receivers()
        self.posts = Deliveries()
        #: Whether a replay was ever asked for.
        self.replaying = False
        self._workers = [
            SimulatedWorker(n, processes[n % len(processes)], self, plan.seed) for n in range(plan.workers)
        ]
        # Somebody who only reads, at any moment, and to whom nothing happens.
        self._reader = Process(len(processes), disk, world.clock, ids, lambda _number, _point: None)
        oms = self._reader.oms()
        self._faces = {tenant: oms.tenant(tenant) for tenant in world.tenants}
        self._feeds: dict[str, list[str]] = {tenant: [] for tenant in world.tenants}
        self._cursors: dict[str, str | None] = dict.fromkeys(world.tenants)
        self._news: list[Call] = []

    # What workers share

    def has_happened(self, tenant: str, event_id: str) -> bool:
        """Return whether an event stands in a tenant's public feed by now."""
        return event_id in self._feeds[tenant] or event_id in self._read_on(tenant)

    def _read_on(self, tenant: str) -> list[str]:
        feed = self._feeds[tenant]
        for event in self._faces[tenant].events(self._cursors[tenant]):
            feed.append(event.id)
            self._cursors[tenant] = event.cursor
        return feed

    def granted(self, worker: str, lease: Lease, asked: float) -> None:
        """Note a lease."""
        since = lease.until - timedelta(seconds=LEASE)
        self.posts.leases.append(
            Granted(worker, lease.subscription.id, lease.token, asked, self.clock.tick(), since, lease.until)
        )

    def tell(self, who: str, what: str) -> None:
        """Add a line to the story."""
        self._world.tell(who, what)

    # What the world asks

    def do(self, step: Turn | Change | Stall | Drift) -> None:
        """Take a step of the plan."""
        if isinstance(step, Change):
            self.receivers.change(step.url, step.mood)
            self.tell("net", f"{step.url} {step.mood}")
            return
        worker = self._workers[step.worker]
        match step:
            case Turn():
                worker.begin()
                self.go_on_until(self.clock.passed)
            case Stall():
                worker.stall(step)
            case Drift():
                worker.drift(step)
                self.posts.clocks_went_wrong = True
                self.tell(worker.name, f"has a clock that is off by {step.seconds:g} s and goes at {step.rate:g}")

    def go_on_until(self, moment: float) -> None:
        """Let every worker go on that has something to do by then."""
        self._look()
        while True:
            due = [each for each in self._workers if each.wakes_at is not None and each.wakes_at <= moment]
            if not due:
                return
            first = min(due, key=lambda each: (each.wakes_at, each.number))
            self.clock.passed = max(self.clock.passed, first.wakes_at or 0.0)
            self._go_on(first)

    def _go_on(self, worker: SimulatedWorker) -> None:
        if worker.ticket is not None and not worker.ticket.settled:
            self._world.commit_all(worker.process)
            return
        try:
            worker.go_on()
        except Crash as crash:
            self._world.died(worker.process, f"crashes: {crash}")

    def waiting(self, process: Process) -> int:
        """Return how many commands of workers are in a process's queue."""
        return sum(
            each.process is process and each.ticket is not None and not each.ticket.settled for each in self._workers
        )

    def heard(self, call: Call) -> None:
        """Take note of a client's answer; what it means for the feed is looked at when nobody commits."""
        if call.told is Told.DONE and isinstance(call.command, commands.CreateSubscription):
            self._news.append(call)
        self.replaying |= isinstance(call.command, commands.StartReplay)

    def _look(self) -> None:
        for call in self._news:
            so_far = len(self._read_on(call.command.caller.tenant))
            self.posts.known_since.setdefault(call.result.subscription.id, so_far)
        self._news.clear()

    def stop(self, process: Process) -> None:
        """Let the workers of a process finish what they are at."""
        mine = [each for each in self._workers if each.process is process]
        for worker in mine:
            worker.stop()
        while moments := [each.wakes_at for each in mine if each.wakes_at is not None]:
            self.go_on_until(min(moments))

    def died(self, process: Process) -> None:
        """Bury the workers of a process."""
        for worker in self._workers:
            if worker.process is process:
                worker.die(Crash("the process is gone"))

    def finish(self) -> None:
        """With endpoints that are well and nothing in the way, deliver until nothing is left."""
        self.receivers.calm()
        for worker in self._workers:
            worker.calm()
        self._settle_down()
        first = self._workers[0]
        for _ in range(_TURNS_MAX):
            oms = self._reader.oms()
            with oms.engine.read() as view:
                due = view.next_due(oms.store.now())
            if due is None:
                return
            self._wait((due - self.clock.now()) / timedelta(seconds=1))
            first.begin()
            self._settle_down()

    def _settle_down(self) -> None:
        while moments := [each.wakes_at for each in self._workers if each.wakes_at is not None]:
            self.go_on_until(min(moments))

    def _wait(self, seconds: float) -> None:
        if seconds > _WAIT_MAX:
            self.clock.skew += seconds
            self.tell("clock", f"is set forward by {seconds:g} s")
        else:
            self.clock.passed += max(0.0, seconds)

    def end(self) -> None:
        """Release everything."""
        for worker in self._workers:
            worker.die(Crash("it is over"))
        self._reader.die()

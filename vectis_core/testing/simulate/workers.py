"""A dispatcher's worker within a simulation: the real one, with the simulation's time, network, engine and troubles."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING, Any, Protocol

from vectis_core.commands import ClaimDeliveries, Command, SettleDeliveries
from vectis_core.engine import Engine
from vectis_core.engine.tickets import ThreadWaiter, Ticket
from vectis_core.errors import VectisError
from vectis_core.testing.posts import Arrival, Deliveries, Settling
from vectis_core.testing.simulate.fibers import Fiber
from vectis_core.testing.simulate.plan import Drift, Stall, Where
from vectis_core.testing.simulate.receivers import Receivers
from vectis_core.webhooks.model import Lease, Settled
from vectis_core.webhooks.schedule import Policy
from vectis_core.webhooks.transport import Answer, NotDelivered, Post
from vectis_core.webhooks.worker import Pace, Worker

if TYPE_CHECKING:
    from vectis_core.testing.simulate.processes import Process
    from vectis_core.testing.simulate.world import WorldClock

#: Impatient, so that a short day sees all of it.
POLICY = Policy(
    delays=(5, 60, 300),
    busy_delay=20,
    failures_before_rest=3,
    rest_max=120,
    disable_after=900,
    disable_after_deliveries=3,
)
#: For how many seconds an endpoint is leased.
LEASE = 60
_PACE = Pace(lease=LEASE, deliveries=6, settle_every=0.3)
#: A worker that did not commit by itself asks for it after so many seconds, where nobody else has.
_JOINING = 0.5


class Surroundings(Protocol):
    """What all workers of a simulation share."""

    clock: WorldClock
    receivers: Receivers
    posts: Deliveries
    replaying: bool

    def has_happened(self, tenant: str, event_id: str) -> bool:
        """Return whether an event stands in a tenant's public feed by now."""
        ...

    def granted(self, worker: str, lease: Lease, asked: float) -> None:
        """Note a lease."""
        ...

    def tell(self, who: str, what: str) -> None:
        """Add a line to the story."""
        ...


class SimulatedWorker:
    """One worker; it waits wherever a real one would, until the simulation lets it go on."""

    def __init__(self, number: int, process: Process, around: Surroundings, seed: int) -> None:
        self.name = f"w{number}"
        self.number = number
        self.process = process
        #: When it goes on, in seconds passed; ``None`` while it has nothing to do.
        self.wakes_at: float | None = None
        #: What it waits for.
        self.ticket: Ticket | None = None
        self._around = around
        self._random = Random(f"worker {number} of {seed}")
        self._stalls: dict[Where, float] = {}
        #: When its own clock was touched last, what it showed then, and how fast it has gone since.
        self._drift = (0.0, 1_000.0 * number, 1.0)
        self._life = -1
        self._worker: Worker | None = None
        self._fiber: Fiber | None = None
        self._lease: Lease | None = None

    # Told by the simulation

    @property
    def busy(self) -> bool:
        """Whether it is amid a turn."""
        return self.wakes_at is not None or self.ticket is not None

    def begin(self) -> None:
        """Begin a turn, unless it is amid one."""
        if not self.busy:
            self.wakes_at = self._around.clock.passed

    def go_on(self) -> None:
        """Run to where it waits next; raises ``Crash`` where its process dies of it."""
        self.wakes_at = None
        if self._fiber is None:
            self._fiber = Fiber(self._live, self.name)
        try:
            self._fiber.resume()
        finally:
            if self._fiber.ended:
                self._fiber = None

    def die(self, how: BaseException) -> None:
        """Be gone with the process."""
        fiber, self._fiber = self._fiber, None
        self.wakes_at = self.ticket = self._worker = None
        if fiber is None:
            return
        try:
            fiber.resume(how)
        except BaseException as error:
            if error is not how:
                raise

    def stop(self) -> None:
        """Begin no attempt any more, for the process is about to end."""
        if self._worker is not None:
            self._worker.stop()

    def stall(self, step: Stall) -> None:
        """Plan to stand still."""
        self._stalls[step.where] = step.seconds

    def drift(self, step: Drift) -> None:
        """Have its own clock go wrong."""
        self._drift = (self._around.clock.passed, self._monotonic() + step.seconds, step.rate)

    def calm(self) -> None:
        """Stand still no more, with a clock that goes right."""
        self._stalls.clear()
        self._drift = (self._around.clock.passed, self._monotonic(), 1.0)

    # Inside its fiber

    def _live(self) -> None:
        while True:
            self._turn()
            assert self._fiber is not None
            self._fiber.pause()

    def _turn(self) -> None:
        try:
            oms = self.process.oms()
            worker = self._hired(oms.engine)
            with oms.engine.read() as view:
                now = oms.store.now()
                due = view.next_due(now)
            if due is None or due > now:
                return
            if self._around.replaying:
                worker.advance_replays()
            asked = self._around.clock.tick()
            leases = worker.claim(2, 1)
            for lease, _ in leases:
                self._around.granted(self.name, lease, asked)
            for lease, usable_until in leases:
                self._lease = lease
                worker.deliver(lease, usable_until)
        except (VectisError, OSError) as error:
            # As a dispatcher: it is back for its next turn.
            self._around.tell(self.name, f"breaks off: {error}")

    def _hired(self, engine: Engine) -> Worker:
        if self._worker is None or self._life != self.process.life:
            self._life = self.process.life
            aside: Any = _Aside(engine, self._run)
            self._worker = Worker(
                aside,
                self.process.oms().vault,
                self,
                monotonic=self._monotonic,
                random=self._random.random,
                policy=POLICY,
                pace=_PACE,
                agent="Vectis",
                pause=self._sleep,
            )
        return self._worker

    def _monotonic(self) -> float:
        since, shown, rate = self._drift
        return shown + (self._around.clock.passed - since) * rate

    def _sleep(self, seconds: float) -> None:
        assert self._fiber is not None
        self.wakes_at = self._around.clock.passed + seconds
        self._fiber.pause()

    def _stand_still(self, where: Where) -> None:
        seconds = self._stalls.pop(where, None)
        if seconds is not None:
            self._around.tell(self.name, f"stalls for {seconds:g} s, {where}")
            self._sleep(seconds)

    def _run(self, engine: Engine, command: Command[Any]) -> Any:
        """Have a command committed, alone or with whatever is committed next."""
        settling = None
        if isinstance(command, SettleDeliveries):
            self._stand_still(Where.SETTLING)
            settling = self._noted(command)
        self.ticket = engine.ask(command, ThreadWaiter())
        self._around.tell(self.name, f"asks p{self.process.number}: {_asked(command)}")
        joins = self._random.random() < 0.3
        self._sleep(_JOINING if joins else 0.0)
        ticket, self.ticket = self.ticket, None
        assert ticket is not None
        try:
            result = ticket.value().result
        except (VectisError, OSError) as error:
            self._around.tell(self.name, f"is told by p{self.process.number}: {type(error).__name__}: {error}")
            raise
        if settling is not None:
            settling.answered, settling.current = self._around.clock.tick(), result.current
            settling.answered_at = self._around.clock.now()
        self._around.tell(self.name, f"is told by p{self.process.number}: {_told(result)}")
        return result

    def _noted(self, command: SettleDeliveries) -> Settling:
        noted = Settling(
            command.subscription_id,
            command.lease_token,
            command.lease_seconds,
            command.reports,
            self._around.clock.tick(),
            self._around.clock.now(),
        )
        self._around.posts.settlings.append(noted)
        return noted

    # The network

    def post(self, post: Post) -> Answer:
        """Take a request to its endpoint."""
        self._stand_still(Where.SENDING)
        assert self._lease is not None
        manners = self._around.receivers.manners(post.url)
        headers = dict(post.headers)
        number = headers["X-Webhook-Attempt"]
        if manners.code is not None:
            self._arrives(post, headers, manners.code)
        self._around.tell(
            self.name,
            f"posts {headers['X-Webhook-Event']} {headers['webhook-id']} to {post.url}, attempt {number} under lease"
            f" {self._lease.token}: {manners.failure or manners.code}",
        )
        self._sleep(min(manners.seconds, post.deadline))
        self._stand_still(Where.ANSWERED)
        if manners.failure is not None or manners.code is None:
            raise NotDelivered(manners.failure or "connect")
        # So that every answer can be told from every other.
        excerpt = b"answer %d" % len(self._around.posts.arrivals)
        return Answer(manners.code, manners.retry_after, excerpt)

    def _arrives(self, post: Post, headers: dict[str, str], code: int) -> None:
        lease = self._lease
        assert lease is not None
        event_id = json.loads(post.body)["id"]
        self._around.posts.arrivals.append(
            Arrival(
                url=post.url,
                at=self._around.clock.tick(),
                headers=headers,
                body=post.body,
                code=code,
                subscription_id=lease.subscription.id,
                token=lease.token,
                happened=self._around.has_happened(lease.subscription.tenant, event_id),
            )
        )

    def close(self) -> None:
        """Nothing is kept open."""


class _Aside:
    """Stands in for the engine: what is run on it waits until the simulation commits."""

    def __init__(self, engine: Engine, run: Callable[[Engine, Command[Any]], Any]) -> None:
        self.store = engine.store
        self.audience = engine.audience
        self._engine = engine
        self._run = run

    def run(self, command: Command[Any]) -> Any:
        return self._run(self._engine, command)


def _asked(command: Command[Any]) -> str:
    if isinstance(command, SettleDeliveries):
        tried = ", ".join(f"{report.delivery_id} {report.error or report.code}" for report in command.reports)
        goes_on = ", and goes on" if command.lease_seconds else ""
        return f"SettleDeliveries under lease {command.lease_token}: {tried or 'nothing'}{goes_on}"
    if isinstance(command, ClaimDeliveries):
        return "ClaimDeliveries"
    return type(command).__name__


def _told(result: Any) -> str:
    if isinstance(result, tuple):
        leases = ", ".join(f"lease {each.token} of {each.subscription.url}" for each in result)
        return leases or "nothing to do"
    if isinstance(result, Settled):
        return "it counts" if result.current else "it does not count"
    return str(result)

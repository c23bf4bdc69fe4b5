"""The interpreter of a plan: clients, processes and faults, in one thread and in virtual time."""

from __future__ import annotations

import errno
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import attrs

from vectis_core.commands import Command
from vectis_core.engine.tickets import ThreadWaiter, Ticket
from vectis_core.errors import NotFound, ServiceUnavailable, StoreConflict, VectisError
from vectis_core.faces import TenantFace
from vectis_core.testing.calls import Call, Look, Told
from vectis_core.testing.clock import GUIDE_MOMENT
from vectis_core.testing.faults import Crash
from vectis_core.testing.ids import CountingIds
from vectis_core.testing.simulate import story
from vectis_core.testing.simulate.clients import Memory, again, command_of
from vectis_core.testing.simulate.dispatching import Dispatching, is_of_webhooks
from vectis_core.testing.simulate.plan import (
    DAY,
    Ask,
    Change,
    Drift,
    Harm,
    Jump,
    Peek,
    Plan,
    Stall,
    Step,
    Stop,
    Strike,
    Turn,
)
from vectis_core.testing.simulate.processes import Disk, Process

#: How long a storage call takes, in virtual seconds.
_MOMENT = 0.001
#: How often a client at most asks again at the end of a day, when nothing is in its way.
_INSISTENCE = 3


class WorldClock:
    """The wall clock of the simulated machine; it may be set back, unlike the time that passes."""

    def __init__(self) -> None:
        #: The seconds that have passed since the beginning, by which the log is kept.
        self.passed = 0.0
        #: By how many seconds the clock was set forward.
        self.skew = 0.0
        self._beginning = GUIDE_MOMENT.replace(hour=0)

    def now(self) -> datetime:
        """Return what the clock shows."""
        return self._beginning + timedelta(seconds=self.passed + self.skew)

    def tick(self) -> float:
        """Let a moment pass, and return the seconds passed."""
        self.passed += _MOMENT
        return self.passed


@attrs.define(eq=False)
class _Asking:
    """A call on its way."""

    step: Ask
    process: Process
    #: The life of the process in which it was asked.
    life: int
    call: Call
    retries: int
    ticket: Ticket | None = None


class _Waiter(ThreadWaiter):
    """Notes the moment of the answer: when the caller is woken, for from then on it may have it."""

    def __init__(self, world: World, asking: _Asking) -> None:
        super().__init__()
        self._world = world
        self._asking = asking

    def wake(self) -> None:
        super().wake()
        self._world.told(self._asking)


class World:
    """Everything while a plan is carried out."""

    def __init__(self, plan: Plan, url: str) -> None:
        self._plan = plan
        self.clock = WorldClock()
        self.story = story.Story()
        self.log: list[Call | Look] = []
        ids = CountingIds()
        self._disk = Disk(url, self.clock, ids)
        self._processes = [Process(n, self._disk, self.clock, ids, self._reached) for n in range(plan.processes)]
        self._memories = {client.tenant: Memory(client.tenant) for client in plan.clients}
        self._asks = {step.number: step for step in plan.steps if isinstance(step, Ask)}
        self._unanswered: list[_Asking] = []
        self._strikes: list[Strike] = []
        self._skipped: dict[int, int] = {}
        self._between: list[Ask | Peek] = []
        #: Whether nothing goes wrong just now.
        self._calm = True
        #: Whether a process is inside a commit just now: no other can be started then, for they share a lock.
        self._committing = False
        for tenant in self._memories:
            self.face(tenant)
        #: Who delivers webhooks, where the plan has anybody.
        self.dispatching: Dispatching | None = None
        if plan.workers:
            self.dispatching = Dispatching(self, plan, self._processes, self._disk, ids)

    # The plan

    def live_through(self, day: int) -> None:
        """Carry out the steps of one day, then let every client find out what became of its calls."""
        self._calm = False
        for step in self._plan.steps:
            if int(step.at // DAY) == day:
                if self.dispatching is not None:
                    self.dispatching.go_on_until(step.at)
                self.clock.passed = max(self.clock.passed, step.at)
                self._do(step)
        self._calm = True
        for process in self._processes:
            self.commit_all(process)
        self._insist()
        if self.dispatching is not None:
            self.dispatching.finish()
        self._strikes.clear()
        self._between.clear()

    @property
    def tenants(self) -> Sequence[str]:
        """The tenants that clients ask for."""
        return tuple(self._memories)

    def face(self, tenant: str) -> TenantFace:
        """Return what can be asked for a tenant."""
        oms = self._processes[0].oms()
        return oms.tenant(tenant)

    def verify(self) -> list[str]:
        """Return what ``verify`` finds wrong."""
        report = self._processes[0].oms().verify()
        return [] if report.ok else [str(fault) for fault in report.faults]

    def end(self) -> None:
        """Release everything."""
        if self.dispatching is not None:
            self.dispatching.end()
        for process in self._processes:
            process.die()
        self._disk.end()

    def _do(self, step: Step) -> None:
        match step:
            case Ask(during=None):
                self._ask(step, step.retries)
            case Peek(during=None):
                self._peek(step)
            case Ask() | Peek():
                self._between.append(step)
            case Strike():
                self._strikes.append(step)
            case Jump():
                self.clock.skew += step.seconds
                if self.dispatching is not None:
                    self.dispatching.posts.clocks_went_wrong = True
                    if step.seconds < 0:
                        self.dispatching.posts.set_back.append(self.clock.passed)
                self.tell("clock", f"is set {'forward' if step.seconds > 0 else 'back'} by {abs(step.seconds):g} s")
            case Stop():
                self._stop(self._processes[step.process], crash=step.crash)
            case Turn() | Change() | Stall() | Drift():
                if self.dispatching is not None:
                    self.dispatching.do(step)

    def _stop(self, process: Process, *, crash: bool) -> None:
        if not process.running:
            return
        if crash:
            self.died(process, "is killed")
            return
        self.commit_all(process)
        if self.dispatching is not None:
            self.dispatching.stop(process)
        if process.running:
            self.tell(f"p{process.number}", "closes")
            process.end()

    def died(self, process: Process, how: str) -> None:
        """Bury a process, with what is in its queue."""
        self.tell(f"p{process.number}", how)
        process.die()
        if self.dispatching is not None:
            self.dispatching.died(process)
        lost = [asking for asking in self._unanswered if asking.process is process]
        self._unanswered = [asking for asking in self._unanswered if asking.process is not process]
        for asking in lost:
            self.tell(asking.step.client.name, "gets no answer")
            self._try_again(asking)

    # Clients

    def _ask(self, step: Ask, retries: int) -> None:
        process = self._processes[step.process]
        memory = self._memories[step.client.tenant]
        try:
            face = process.oms().tenant(step.client.tenant)
            command = command_of(step, memory, face)
        except Crash:
            self.died(process, "crashes while a client reads")
            return
        except (VectisError, OSError) as error:
            self.tell(step.client.name, f"cannot ask p{process.number}: {error}")
            return
        if command is not None:
            self._send(step, process, command, retries)
            if not step.joins and step.during is None:
                self.commit_all(process)

    def _send(self, step: Ask, process: Process, command: Command[Any], retries: int) -> None:
        engine = process.oms().engine
        call = Call(step.client.name, command, self.clock.tick())
        asking = _Asking(step, process, process.life, call, retries)
        if self.dispatching is not None and is_of_webhooks(command):
            self.dispatching.posts.calls.append(call)
        else:
            self.log.append(call)
        self._memories[step.client.tenant].calls[step.number] = call
        self._unanswered.append(asking)
        self.tell(step.client.name, f"asks p{process.number}: {story.asked(command)}")
        try:
            asking.ticket = engine.ask(command, _Waiter(self, asking))
        except VectisError as error:
            self._note(asking, None, error)

    def told(self, asking: _Asking) -> None:
        """Take an answer to its client, where there is one and its process lives to give it."""
        ticket = asking.ticket
        if ticket is None or not ticket.settled or asking not in self._unanswered:
            return
        if asking.life == asking.process.life:
            result = ticket.outcome.result if ticket.outcome is not None else None
            self._note(asking, result, ticket.error)

    def _note(self, asking: _Asking, result: Any, error: BaseException | None) -> None:
        self._unanswered.remove(asking)
        call = asking.call
        words = story.answered(result, error)
        self.tell(asking.step.client.name, f"is told by p{asking.process.number}: {words}")
        if error is None or isinstance(error, VectisError):
            call.answered = self.clock.tick()
            call.result, call.error = result, error
            self._memories[asking.step.client.tenant].answered(asking.step.number, call)
            if self.dispatching is not None:
                self.dispatching.heard(call)
        # Another error says nothing about what was done.
        self._try_again(asking)

    def _try_again(self, asking: _Asking) -> None:
        if asking.call.told is not Told.UNKNOWN or asking.retries == 0 or self._calm:
            return
        command = again(asking.call)
        if command is not None:
            step = attrs.evolve(asking.step, joins=True, process=(asking.step.process + 1) % len(self._processes))
            self._waiting_to_retry(step, command, asking.retries - 1)

    def _waiting_to_retry(self, step: Ask, command: Command[Any], retries: int) -> None:
        """Queue a command again with another process, to be committed with whatever comes there next."""
        process = self._processes[step.process]
        if not process.running:
            if self._committing:
                return
            try:
                process.oms()
            except (Crash, VectisError, OSError):
                return
        self._send(step, process, command, retries)

    def _peek(self, step: Peek) -> None:
        process = self._processes[step.process]
        memory = self._memories[step.client.tenant]
        sent = self.clock.tick()
        try:
            face = process.oms().tenant(step.client.tenant)
            look = self._looked(step, face, memory, sent)
        except Crash:
            self.died(process, "crashes while a client reads")
            return
        except (VectisError, OSError) as error:
            self.tell(step.client.name, f"cannot read from p{process.number}: {error}")
            return
        if look is not None:
            self.log.append(look)
            self.tell(step.client.name, f"sees in p{process.number}: {story.seen(look.seen)}")

    def _looked(self, step: Peek, face: TenantFace, memory: Memory, sent: float) -> Look | None:
        name, tenant = step.client.name, step.client.tenant
        read: Any = face.orders.get if step.external_id is not None else face.inventory.get
        if step.external_id is not None:
            wanted = memory.order(step.external_id, face)
        else:
            wanted = memory.stock(step.sku or "", "main", face)
        if wanted is None:
            return None
        try:
            seen = read(wanted)
        except NotFound:
            seen = None
        return Look(name, sent, self.clock.tick(), seen, asked=(tenant, wanted))

    # Processes

    def commit_all(self, process: Process) -> None:
        """Let a process commit whatever is in its queue."""
        while process.running:
            batch = [asking for asking in self._unanswered if asking.process is process]
            asked = len(batch) + (self.dispatching.waiting(process) if self.dispatching is not None else 0)
            if not asked:
                return
            self.tell(f"p{process.number}", f"commits {asked} in one batch" if asked > 1 else "commits")
            self._committing = True
            try:
                process.oms().engine.step()
            except Crash as crash:
                self._committing = False
                self.died(process, f"crashes: {crash}")
                return
            self._committing = False
            for asking in batch:
                self.told(asking)

    def _reached(self, number: int, point: str) -> None:
        """Be at a point of a process's storage: others come in between, and harm strikes."""
        self.clock.tick()
        if self._calm:
            return
        for step in self._due(number, point):
            self._between.remove(step)
            if not self._processes[step.process].running:
                continue
            if isinstance(step, Ask):
                self._ask(step, step.retries)
            else:
                self._peek(step)
        for strike in self._strikes:
            if (strike.process, strike.point) == (number, point):
                self._skipped[strike.number] = self._skipped.get(strike.number, 0) + 1
                if self._skipped[strike.number] > strike.skip:
                    self._strikes.remove(strike)
                    self._strike(strike)
                    return

    def _due(self, number: int, point: str) -> Iterable[Ask | Peek]:
        if not self._between or point == "read":
            return []
        here = (number, point)
        return [step for step in self._between if _moment_of(step) == here]

    def _strike(self, strike: Strike) -> None:
        where = f"p{strike.process}"
        self.tell(where, f"is struck at {strike.point}: {strike.harm}")
        text = f"a planned fault at {strike.point}"
        match strike.harm:
            case Harm.CONFLICT:
                raise StoreConflict(text)
            case Harm.UNAVAILABLE:
                raise ServiceUnavailable(text)
            case Harm.ERROR:
                raise OSError(errno.EIO, text)
            case Harm.CRASH:
                raise Crash(text)

    def _insist(self) -> None:
        """Let each client ask again, in calm, until it knows what became of its calls."""
        for _ in range(_INSISTENCE):
            for memory in self._memories.values():
                for number, call in list(memory.calls.items()):
                    command = again(call) if call.told is Told.UNKNOWN else None
                    if command is not None:
                        self._send(self._asks[number], self._processes[0], command, 0)
            self.commit_all(self._processes[0])

    def tell(self, who: str, what: str) -> None:
        """Add a line to the story."""
        self.story.tell(self.clock.now(), who, what)


def _moment_of(step: Ask | Peek) -> tuple[int, str | None] | None:
    """Return at which point of which process's commit a step comes."""
    return (step.process, step.during) if isinstance(step, Ask) else step.during

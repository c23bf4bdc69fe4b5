"""What webhooks bring into a plan: endpoints and their moods, workers and what befalls them."""

from __future__ import annotations

import random
from collections.abc import Iterator

import attrs

from vectis_core.testing.faults import Point
from vectis_core.testing.simulate.plan import (
    DAY,
    Ask,
    Change,
    Client,
    Drift,
    Harm,
    HookVerb,
    Mood,
    OfHook,
    Plan,
    Stall,
    Step,
    Stop,
    Strike,
    Subscribe,
    Turn,
    Want,
    Where,
)

_EVENTS = (("*",), ("*",), ("order.*",), ("order.created", "order.shipped"), ("inventory.*", "shipment.*"))
#: Mostly well, or little would ever come.
_MOODS = (*[Mood.WELL] * 8, *Mood)
_VERBS = (*[HookVerb.RESUME] * 3, *HookVerb)
#: Some outlast a lease, some two.
_STALLS = (2.0, 30.0, 61.0, 75.0, 75.0, 130.0, 130.0)
_RATES = (1.0, 1.0, 0.2, 0.9, 3.0)
_SET_BY = (0.0, -3_600.0, -8.0, 8.0, 3_600.0)
#: How long a worker waits between two turns, once trade has ceased.
_EVENING = (0.1, 3.0, 20.0, 61.0, 90.0)
#: Turns after the last trade of a day.
_TURNS_IN_THE_EVENING = 12


def with_webhooks(plan: Plan, seed: int, workers: int) -> Plan:
    """Return the plan with webhooks in between, its own steps unchanged."""
    planner = _Planner(plan, seed, workers)
    # Sorted stably: what is planned for one moment stays in its order.
    steps = sorted([*plan.steps, *planner.steps()], key=lambda step: step.at)
    return attrs.evolve(plan, steps=tuple(steps), workers=workers, seed=seed)


class _Planner:
    """Draws from a source of its own, so that the rest of the plan is what it was."""

    def __init__(self, plan: Plan, seed: int, workers: int) -> None:
        self._random = random.Random(f"webhooks of {seed}")
        self._plan = plan
        self._workers = workers
        self._numbers = iter(range(len(plan.steps), 1_000_000_000))
        tenants = tuple(dict.fromkeys(client.tenant for client in plan.clients))
        count = self._random.choice((1, 2, 3))
        self._hooks = [(f"https://e{n}.example/", self._random.choice(tenants)) for n in range(count)]
        self._faults = self._random.choice((0.0, 0.15, 0.3, 0.6))
        self._moving = self._random.choice((0.0, 0.15, 0.4))
        self._asking = self._random.choice((0.0, 0.05, 0.15))

    def steps(self) -> Iterator[Step]:
        """Yield the steps, day by day."""
        for day in range(self._plan.days):
            moments = [step.at for step in self._plan.steps if int(step.at // DAY) == day]
            if not day:
                # Early, and often before there is anything to tell of.
                for url, tenant in self._hooks:
                    yield self._ask(
                        self._random.choice(moments[: len(moments) // 3 + 1]), Subscribe(url, self._events()), tenant
                    )
            for at in moments:
                if self._random.random() < 0.5:
                    yield from self._something(at)
            at = moments[-1] if moments else day * DAY
            for _ in range(_TURNS_IN_THE_EVENING):
                at += self._random.random() * self._random.choice(_EVENING)
                yield from self._something(at)

    def _something(self, at: float) -> Iterator[Step]:
        draw = self._random
        url, tenant = draw.choice(self._hooks)
        if draw.random() < self._moving:
            yield Change(number=self._next(), at=at, url=url, mood=draw.choice(_MOODS))
        if draw.random() < self._faults:
            yield self._trouble(at)
        if draw.random() < self._asking:
            yield self._ask(at, OfHook(draw.choice(_VERBS), url), tenant)
        yield Turn(number=self._next(), at=at, worker=draw.randrange(self._workers))

    def _trouble(self, at: float) -> Step:
        draw = self._random
        worker, number, kind = draw.randrange(self._workers), self._next(), draw.random()
        if kind < 0.6:
            where, seconds = draw.choice(tuple(Where)), draw.choice(_STALLS)
            return Stall(number=number, at=at, worker=worker, where=where, seconds=seconds)
        process = worker % self._plan.processes
        if kind < 0.85:
            point, harm = str(draw.choice(tuple(Point))), draw.choice(tuple(Harm))
            return Strike(number=number, at=at, process=process, point=point, harm=harm, skip=draw.choice((0, 0, 1)))
        if kind < 0.92:
            return Stop(number=number, at=at, process=process, crash=draw.random() < 0.7)
        return Drift(number=number, at=at, worker=worker, rate=draw.choice(_RATES), seconds=draw.choice(_SET_BY))

    def _ask(self, at: float, want: Want, tenant: str) -> Ask:
        client: Client = self._random.choice([each for each in self._plan.clients if each.tenant == tenant])
        return Ask(
            number=self._next(),
            at=at,
            client=client,
            process=self._random.randrange(self._plan.processes),
            want=want,
            joins=self._random.random() < 0.2,
            retries=self._random.choice((0, 1, 3)),
        )

    def _events(self) -> tuple[str, ...]:
        return self._random.choice(_EVENTS)

    def _next(self) -> int:
        return next(self._numbers)

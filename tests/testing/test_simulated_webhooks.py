"""Simulated days with webhooks replay exactly, hold the product to its promises, and find planted bugs of each kind."""

from __future__ import annotations

import math
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from vectis_core import unit_of_work
from vectis_core.commands import SettleDeliveries
from vectis_core.events import Event, EventType
from vectis_core.handlers import delivering, table
from vectis_core.testing.judge import judge_deliveries
from vectis_core.testing.simulate import Shape, Simulated, planned, shrunk, simulate, simulation, workers
from vectis_core.testing.simulate.__main__ import main
from vectis_core.testing.simulate.clients import SECRET
from vectis_core.testing.simulate.plan import Ask, Change, Drift, HookVerb, Mood, OfHook, Plan, Stall, Turn, Where
from vectis_core.testing.simulate.world import World
from vectis_core.unit_of_work import UnitOfWork
from vectis_core.webhooks import schedule, sending, worker
from vectis_core.webhooks.model import Report, Settled, Subscription
from vectis_core.webhooks.transport import Post

SHAPE = Shape(commands=20, workers=3)
SEEDS = range(30)
#: Within so many seeds each planted bug is found.
PATIENCE = 150


def lived(seed: int, url: str = "memory://") -> Simulated:
    """Return what becomes of a seed's day."""
    return simulate(planned(seed, SHAPE), url)


def test_nothing_is_wrong() -> None:
    """The product passes, and all that webhooks are about has happened in some of the days."""
    days = [lived(seed) for seed in SEEDS]

    assert [day.violations for day in days if day.violations] == []
    told = "\n".join(line for day in days for line in day.story.lines())
    for what in (
        r"attempt 2 under lease",
        r"attempt 3 under lease",
        r"w\d stalls for 130 s, sending",
        r"w\d is told by p\d: OutcomeUnknown",
        r"w\d is told by p\d: it does not count",
        r", and goes on",
        r"p\d commits \d in one batch",
        r"p\d crashes",
        r"w\d has a clock that is off",
        r"w\d breaks off",
        r"posts webhook.test",
    ):
        assert re.search(what, told), what


def test_days_have_all_kinds_of_trouble() -> None:
    """Every mood, every place to stall, clocks that go wrong, and everything that can be asked of a webhook."""
    steps = [step for seed in range(300) for step in planned(seed, SHAPE).steps]

    assert {step.mood for step in steps if isinstance(step, Change)} == set(Mood)
    assert {step.where for step in steps if isinstance(step, Stall)} == set(Where)
    assert {type(step) for step in steps} >= {Turn, Drift}
    wants = [step.want for step in steps if isinstance(step, Ask)]
    assert {want.verb for want in wants if isinstance(want, OfHook)} == set(HookVerb)


def test_trade_does_not_depend_on_webhooks() -> None:
    """What clients of a seed trade and what strikes them is the same with webhooks as without."""
    for seed in SEEDS:
        alone = planned(seed, Shape())
        beside = {step.number: step for step in planned(seed, Shape(workers=2)).steps}
        assert [beside[step.number] for step in alone.steps] == list(alone.steps)


def test_a_day_is_the_same_in_every_process() -> None:
    """Two processes with different hashes tell one and the same story, digest included."""
    command = [sys.executable, "-m", "vectis_core.testing.simulate", "--seed", "3", "--days", "2", "--workers", "3"]
    first, second = (
        subprocess.run(
            command, env={**os.environ, "PYTHONHASHSEED": hashes}, capture_output=True, text=True, check=True
        ).stdout
        for hashes in ("1", "2")
    )

    assert first == second
    assert "posts order.created" in first


def test_a_file_is_found_again_after_crashes(tmp_path: Path) -> None:
    """What one process leaves in a file when it dies, leases included, the next one goes on with."""
    for seed in range(4):
        assert lived(seed, f"sqlite:///{tmp_path / f'{seed}.db'}").violations == []


def test_a_cut_plan_can_be_lived_through() -> None:
    """Whatever half of the steps is left out, the rest means something, and nothing is wrong with it."""
    for seed in range(10):
        plan = planned(seed, SHAPE)
        for half in (plan.steps[::2], plan.steps[1::2], plan.steps[len(plan.steps) // 2 :]):
            assert simulate(attrs.evolve(plan, steps=half)).violations == []


# Bugs


def plant_a_dropped_event(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have nobody told of confirmations."""
    wants = unit_of_work.wants

    def forgetful(subscription: Subscription, event: Event) -> bool:
        return event.type is not EventType.ORDER_CONFIRMED and wants(subscription, event)

    monkeypatch.setattr(unit_of_work, "wants", forgetful)


def plant_a_false_success(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a refusal count as a success."""
    succeeded = schedule.succeeded
    monkeypatch.setattr(schedule, "succeeded", lambda report: report.code == 400 or succeeded(report))


def plant_no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have whoever reports be believed, whatever became of the lease."""
    handler = table._HANDLERS[SettleDeliveries]

    def trusting(command: SettleDeliveries, work: UnitOfWork) -> Settled:
        subscription = work.subscription(command.subscription_id)
        token = subscription.lease_token if subscription is not None else 0
        return delivering.settle(attrs.evolve(command, lease_token=token), work)

    monkeypatch.setitem(table._HANDLERS, SettleDeliveries, attrs.evolve(handler, decide=trusting))


def plant_the_newest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the newest event leave first."""
    parcels = delivering._parcels
    monkeypatch.setattr(delivering, "_parcels", lambda work, tenant, ids: parcels(work, tenant, ids)[::-1])


def plant_another_content(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have something else told than what happened."""
    body_of = sending.body_of
    monkeypatch.setattr(sending, "body_of", lambda event: body_of(attrs.evolve(event, sequence=event.sequence + 1)))


def plant_a_gone_endpoint_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have an endpoint that is gone stay active."""
    monkeypatch.setattr(delivering, "_disabled", lambda subscription, _reason, _work: subscription)


def plant_no_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have leases given and not written down."""
    put = UnitOfWork.put_subscription
    monkeypatch.setattr(
        UnitOfWork, "put_subscription", lambda self, hook: put(self, attrs.evolve(hook, leased_until=None))
    )


def plant_a_worker_that_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have workers look neither at the time nor at what their reports come to before they have sent it all."""
    deliver = worker.Worker.deliver
    monkeypatch.setattr(worker.Worker, "deliver", lambda self, lease, _until: deliver(self, lease, math.inf))
    monkeypatch.setattr(workers, "_PACE", attrs.evolve(workers._PACE, settle_every=math.inf))


def plant_a_changing_body(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have each attempt look different, after it was signed."""
    post_of = worker.post_of

    def padded(delivery: Any, *rest: Any, **named: Any) -> Post:
        made = post_of(delivery, *rest, **named)
        return attrs.evolve(made, body=made.body + b" " * delivery.attempts)

    monkeypatch.setattr(worker, "post_of", padded)


def plant_a_lost_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have timeouts not be written down."""
    settle_one = delivering._settle_one

    def forgetful(command: Any, subscription: Any, report: Report, work: UnitOfWork) -> Subscription:
        settled = settle_one(command, subscription, report, work)
        if report.error == "timeout":
            work.attempts.clear()
        return settled

    monkeypatch.setattr(delivering, "_settle_one", forgetful)


def plant_a_lazy_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have nothing delivered at all."""
    monkeypatch.setattr(worker.Worker, "claim", lambda _self, _well, _ailing: [])


def first_bad(law: str) -> Plan:
    """Return the plan of the first seed of which the judge says that it breaks the law."""
    for seed in range(PATIENCE):
        if any(f"the judge: {law} " in violation for violation in lived(seed).violations):
            return planned(seed, SHAPE)
    raise AssertionError(f"no seed breaks {law}")


BUGS = [
    (plant_a_dropped_event, "W1"),
    (plant_a_false_success, "W2"),
    (plant_no_token, "W3"),
    (plant_a_lost_log, "W3"),
    (plant_the_newest_first, "W4"),
    (plant_another_content, "W5"),
    (plant_a_gone_endpoint_kept, "W6"),
    (plant_no_lease, "W7"),
    (plant_a_worker_that_goes_on, "W7"),
    (plant_a_changing_body, "W8"),
    (plant_a_lazy_worker, "W9"),
]


@pytest.mark.parametrize(("plant", "law"), BUGS, ids=[plant.__name__ for plant, _ in BUGS])
def test_a_planted_bug_is_found(
    plant: Callable[[pytest.MonkeyPatch], None], law: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever promise is broken, some seed shows it."""
    plant(monkeypatch)

    first_bad(law)


def test_a_story_without_a_token_is_made_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stall, the other worker and what there is to tell of are left, and nothing else."""
    plant_no_token(monkeypatch)

    short = shrunk(first_bad("W3"), simulate)

    assert simulate(short).violations != []
    assert len(short.steps) <= 12
    for left_out in range(len(short.steps)):
        steps = short.steps[:left_out] + short.steps[left_out + 1 :]
        assert simulate(attrs.evolve(short, steps=steps)).violations == []


def test_what_comes_before_its_event_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request is held against the feed of the moment when it came."""
    judged: list[str] = []

    def early(world: World) -> list[str]:
        assert world.dispatching is not None
        posts = world.dispatching.posts
        posts.arrivals[0] = attrs.evolve(posts.arrivals[0], happened=False)
        for tenant in world.tenants:
            found = judge_deliveries(posts, world.face(tenant), attempts_max=4, secret=SECRET)
            judged.extend(each.law for each in found)
        return []

    monkeypatch.setattr(simulation, "_verdict", early)
    lived(0)

    assert judged == ["W5"]


def test_the_command_line_counts(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Instead of stopping at the first bad seed it can go on, and say how many there are."""
    options = ["--workers", "3", "--commands", "20", "--seeds", "6", "--count"]
    assert main(options) == 0
    plant_the_newest_first(monkeypatch)
    assert main(options) == 1

    told = capsys.readouterr().out
    assert "0 of 6 seeds are bad" in told
    [bad] = re.findall(r"^([1-6]) of 6 seeds are bad$", told, re.MULTILINE)
    assert told.count("all is well") == 12 - int(bad)

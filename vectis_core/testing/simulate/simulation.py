"""One simulation from beginning to end, with its verdict."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import attrs

from vectis_core.faces import TenantFace
from vectis_core.testing.judge import judge, judge_deliveries
from vectis_core.testing.simulate.clients import SECRET
from vectis_core.testing.simulate.plan import Plan
from vectis_core.testing.simulate.story import Story
from vectis_core.testing.simulate.workers import POLICY
from vectis_core.testing.simulate.world import World


@attrs.frozen
class Simulated:
    """What a plan came to."""

    #: What is wrong, as the judge finds (``L1`` ...) or ``verify``; nothing where all is well.
    violations: Sequence[str]
    story: Story
    #: Of everything that happened and everything in the books: the same wherever the same is simulated.
    digest: str
    #: Commands that clients asked, repeats included, but for those of webhooks; and looks.
    calls: int
    #: Requests that came to endpoints of webhooks.
    requests: int


def simulate(plan: Plan, url: str = "memory://") -> Simulated:
    """Carry out a plan on a database that is empty, and judge it after each day, up to the first that is bad."""
    world = World(plan, url)
    violations: list[str] = []
    with _quiet():
        try:
            for day in range(plan.days):
                world.live_through(day)
                violations = _verdict(world)
                if violations:
                    break
        except Exception as error:  # noqa: BLE001 - whatever the program cannot take is a finding, shrunk like others
            violations.append(f"the simulation broke off: {error!r}")
        finally:
            world.end()
    requests = len(world.dispatching.posts.arrivals) if world.dispatching is not None else 0
    return Simulated(violations, world.story, world.story.digest(), len(world.log), requests)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep logs out of the way: the faults that they report are planned."""
    loggers = [logging.getLogger(name) for name in ("vectis.engine", "vectis.webhooks")]
    were = [logger.disabled for logger in loggers]
    for logger in loggers:
        logger.disabled = True
    try:
        yield
    finally:
        for logger, was in zip(loggers, were, strict=True):
            logger.disabled = was


def _verdict(world: World) -> list[str]:
    found = []
    for tenant in world.tenants:
        face = world.face(tenant)
        found += [f"the judge: {violation} ({tenant})" for violation in judge(world.log, face)]
        if world.dispatching is not None:
            told = judge_deliveries(world.dispatching.posts, face, attempts_max=len(POLICY.delays) + 1, secret=SECRET)
            found += [f"the judge: {violation} ({tenant})" for violation in told]
        world.tell("books", f"of {tenant}: {_digest(face)}")
    found += [f"verify: {fault}" for fault in world.verify()]
    for line in found or ["all is well"]:
        world.tell("judge", line)
    return found


def _digest(face: TenantFace) -> str:
    """Return a digest of every event and of every stock record with its ledger."""
    digest = hashlib.sha256()
    for event in face.events():
        digest.update(f"{event.id} {event.type} {event.sequence} {event.at}".encode())
    for record in face.inventory.list():
        digest.update(f"{record.id} {record.sku} {record.on_hand} {record.reserved}".encode())
        for row in face.inventory.movements(record.id):
            digest.update(f"{row.seq} {row.kind} {row.on_hand_after} {row.reserved_after} {row.order_id}".encode())
    return digest.hexdigest()

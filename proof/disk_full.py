"""A disk that fills up under load, in two processes at once and behind a server, and has space again later."""

from __future__ import annotations

import logging
import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from random import Random

import attrs

from proof.builds import environment
from proof.crowd.client import Client
from proof.crowd.parent import Crowd
from proof.crowd.records import Answered, Record
from proof.crowd.shop import Shop
from proof.crowd.stories import Trader
from proof.crowd.worker import Task
from proof.disk_full_server import serve_on_a_full_disk
from proof.failing import ERRORS, NEEDING_SPACE, Done, Faults
from proof.mutants.controls import NO_WAY_BACK
from proof.programme import Finding, Proof, Size, fewer
from vectis_core.errors import ServiceUnavailable, VectisError
from vectis_core.orders.model import Placed

#: Seconds from the moment there is space again to the first order that each process makes.
_BACK_WITHIN = 5.0
_PROCESSES = 2
_THREADS = 4
#: For as long, in seconds, a crowd is waited for that has nothing to tell.
_PATIENCE = 30.0


@attrs.frozen
class _Plan:
    databases: int
    #: How often the disk of a database fills up; the last time, all processes are killed while it is full.
    fillings: int
    #: Answers between the space coming and going.
    answers: int


_PLANS = {Size.FEW: _Plan(1, 2, 100), Size.FULL: _Plan(10, 6, 400)}


@attrs.define
class _Tally:
    fillings: int = 0
    told: Counter[str] = attrs.Factory(Counter)
    #: Seconds from each freeing to each process' next order.
    back: list[float] = attrs.Factory(list)
    violations: list[str] = attrs.Factory(list)


def trade_on(client: Client) -> Iterator[None]:
    """Trade for ever, whatever cannot be written; looks must go on all the while."""
    # The engine reports each failed commit; here they are meant to fail.
    logging.disable()
    trader = Trader(client)
    while True:
        with suppress(ServiceUnavailable):
            trader.trade()
        try:
            trader.look_at_order()
            trader.look_at_stock()
        except VectisError as error:
            client.complain(f"a look was answered with {error!r}")
        yield


def run(size: Size, folder: Path) -> Finding:
    """Fill the disk under processes as often as the size says, then under a server."""
    tally = _filled(_PLANS[size], folder, os.environ)
    served = serve_on_a_full_disk(size, folder)
    slowest = max(tally.back + served.back, default=0.0)
    if size is Size.FULL and slowest > _BACK_WITHIN:
        tally.violations.append(f"writing went on {slowest:.1f} s after there was space again")
    # A disk of which no call was refused was not full.
    tally.violations += fewer("fillings", tally.fillings, _PLANS[size].databases * _PLANS[size].fillings)
    return Finding(
        f"{tally.fillings} times under {_PROCESSES} processes x {_THREADS} threads, {served.fillings} under a server",
        f"told meanwhile {_listed(tally.told)}, over HTTP {_listed(served.told)}; writing again within {slowest:.2f} s",
        [*tally.violations, *served.violations],
    )


def control(size: Size, folder: Path) -> Finding:
    """Fill the disk of a build that needs a restart after a failed commit."""
    plan = _Plan(1, 2, 100) if size is Size.FEW else _Plan(2, 3, 400)
    tally = _filled(plan, folder, environment(NO_WAY_BACK, folder))
    return Finding(f"{tally.fillings} times", _listed(tally.told), tally.violations)


def _filled(plan: _Plan, folder: Path, build: Mapping[str, str]) -> _Tally:
    tally = _Tally()
    for number in range(plan.databases):
        watched = (folder / f"disk-{number}").resolve()
        watched.mkdir()
        tally.violations += [f"disk {number}: {fault}" for fault in _one_database(plan, watched, build, tally)]
    return tally


def _one_database(plan: _Plan, watched: Path, build: Mapping[str, str], tally: _Tally) -> list[str]:
    random = Random(watched.name)
    shop = Shop(f"sqlite:///{watched / 'shop.db'}", skus=10, pieces=100_000)
    faults = Faults(watched.with_suffix(".control"))
    tasks = [Task(shop.url, f"p{number}", _THREADS, "proof.disk_full:trade_on") for number in range(_PROCESSES)]
    freed = []
    with Crowd(tasks, faults.environment(watched, build)) as crowd:
        crowd.go()
        for filling in range(plan.fillings):
            crowd.wait(_PATIENCE, answers=crowd.answers + random.randint(1, plan.answers))
            done = random.choice((Done.NOTHING, Done.HALF))
            faults.arm(NEEDING_SPACE, ERRORS["ENOSPC"], first=random.randint(1, 60), done=done)
            crowd.wait(_PATIENCE, answers=crowd.answers + random.randint(50, plan.answers))
            if filling == plan.fillings - 1:
                crowd.kill()
            else:
                freed.append(time.monotonic())
            faults.disarm()
            tally.fillings += bool(faults.struck)
    records = crowd.records()
    shop.records += records
    found = _back(records, freed, tally)
    shop.ask_again(records)
    tally.told.update(_refusals(records))
    return found + shop.verdict()


def _back(records: Sequence[Record], freed: Sequence[float], tally: _Tally) -> list[str]:
    """Return which process made no order any more; note for the others how long it took them."""
    found = []
    for moment in freed:
        made: dict[str, float] = {}
        for record in records:
            if isinstance(record, Answered) and record.at > moment and _made(record):
                process = record.client.partition("t")[0]
                made[process] = min(record.at, made.get(process, record.at))
        tally.back += [at - moment for at in made.values()]
        if len(made) < _PROCESSES:
            found.append(f"there was space again at {moment:.3f}, and only {sorted(made)} made orders after that")
    return found


def _made(answer: Answered) -> bool:
    return isinstance(answer.result, Placed) and answer.result.created


def _refusals(records: Sequence[Record]) -> Counter[str]:
    errors = (record.error for record in records if isinstance(record, Answered))
    return Counter(error.code for error in errors if isinstance(error, ServiceUnavailable))


def _listed(told: Counter[str]) -> str:
    return ", ".join(f"{number:,}x {code}" for code, number in sorted(told.items()))


PROOF = Proof(
    number=5,
    name="disk-full",
    rule="on a full disk nothing acknowledged is lost, looks go on, callers hear 503 with Retry-After, and with space"
    " writing goes on in the same process",
    run=run,
    control=control,
    bad="a store that is not recovered after a failed commit",
)

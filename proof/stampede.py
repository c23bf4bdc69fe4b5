"""Everybody asks for the same at once: with one key there is one effect and one answer, for a day and across restarts.

For orders the key is the external id; for all else it is the command id, which HTTP calls ``Idempotency-Key``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs

from proof.builds import environment
from proof.crowd.client import Client
from proof.crowd.parent import Crowd
from proof.crowd.records import Record, Trouble, log_of
from proof.crowd.rush import ANOTHER, ASKED, SKU, asked, found, ordered
from proof.crowd.worker import Task
from proof.mutants.table import named
from proof.programme import Finding, Proof, Size
from proof.stampede_http import knock
from vectis_core import Vectis
from vectis_core.catalogue import NewProduct
from vectis_core.commands import AdjustStock, CreateProduct, Housekeep, PlaceOrder
from vectis_core.errors import IdempotencyConflict
from vectis_core.stock.model import Adjustment
from vectis_core.tenancy import Caller
from vectis_core.testing.calls import Call, Told
from vectis_core.testing.clock import FrozenClock
from vectis_core.testing.judge import judge

#: The tenant of the rush, and one that uses the same keys.
_TENANTS = ("default", "neighbour")
_PIECES = 1_000
#: After so many seconds the rush has not ended by itself.
_PATIENCE = 600
#: How long results are kept.
_KEPT = timedelta(hours=24)


@attrs.frozen
class _Plan:
    keys: int
    processes: int
    clients: int
    http_keys: int


_PLANS = {Size.FEW: _Plan(4, 2, 10, 2), Size.FULL: _Plan(200, 4, 50, 20)}


@attrs.frozen
class _Rush:
    """What everybody was told, and where."""

    url: str
    keys: int
    stock_ids: Mapping[str, str]
    #: Before the database was closed and opened again, and after.
    calls: Sequence[Call]
    again: Sequence[Call]
    records: Sequence[Record]


def _rushed(plan: _Plan, folder: Path, build: Mapping[str, str]) -> _Rush:
    url = f"sqlite:///{folder}/rush.db"
    records: list[Record] = []
    with Vectis.open(url) as oms:
        client = Client(oms, "visit", records.append)
        stock_ids = {tenant: _stocked(client, tenant) for tenant in _TENANTS}
    gate = folder / "gate"
    gate.mkdir()
    options = {
        "keys": plan.keys,
        "processes": plan.processes,
        "clients": plan.clients,
        "stock_ids": stock_ids,
        "gate": str(gate),
    }
    tasks = [Task(url, f"p{n}", plan.clients, "proof.crowd.rush:rush", options) for n in range(plan.processes)]
    with Crowd(tasks, build) as crowd:
        crowd.go()
        crowd.wait(_PATIENCE)
    heard = crowd.records()
    again: list[Record] = []
    with Vectis.open(url) as oms:
        client = Client(oms, "again", again.append)
        for tenant, stock_id in stock_ids.items():
            for number in range(plan.keys):
                client.ask(asked(tenant, stock_id, number))
    return _Rush(url, plan.keys, stock_ids, _calls(heard), _calls(again), [*records, *heard, *again])


def _calls(records: Iterable[Record]) -> list[Call]:
    return [each for each in log_of(records) if isinstance(each, Call)]


def _stocked(client: Client, tenant: str) -> str:
    """Give *tenant* the SKU and some pieces of it; returns the id of its stock record."""
    caller = Caller(tenant)
    face = client.oms.tenant(tenant)
    client.ask(CreateProduct(caller=caller, intent=NewProduct(sku=SKU, name="Widget")))
    [record] = face.inventory.list()
    client.ask(AdjustStock(caller=caller, stock_id=record.id, intent=Adjustment(_PIECES, "first delivery")))
    return record.id


def run(size: Size, folder: Path) -> Finding:
    """Rush in some processes, ask again later, let a day pass; then knock over HTTP."""
    plan = _PLANS[size]
    rush = _rushed(plan, folder, environment(None, folder))
    http = knock(f"sqlite:///{folder}/http.db", plan.http_keys)
    most = max((plan.processes * plan.clients, http.most))
    return Finding(
        f"{plan.keys} keys x {plan.processes} processes x {plan.clients} clients, {len(rush.calls):,} calls;"
        f" {plan.http_keys} keys over HTTP, {http.calls:,} calls",
        f"1 effect and 1 answer for each of {plan.keys * len(_TENANTS) + plan.http_keys} keys, asked for up to {most}x",
        [*_wrong(rush), *_after_a_day(f"sqlite:///{folder}/day.db"), *http.violations],
    )


def control(_size: Size, folder: Path) -> Finding:
    """Rush with a build that keeps no results of command ids."""
    caught = list(_wrong(_rushed(_PLANS[Size.FEW], folder, environment(named("result-not-kept"), folder))))
    return Finding("a rush", f"{len(caught)} violations", caught)


def _wrong(rush: _Rush) -> Iterator[str]:
    """Yield what is wrong with what was told, and with the books."""
    yield from (f"{each.client} saw: {each.what}" for each in rush.records if isinstance(each, Trouble))
    for tenant, stock_id in rush.stock_ids.items():
        for number in range(rush.keys):
            wanted, other = asked(tenant, stock_id, number), asked(tenant, stock_id, number, ANOTHER)
            name = f"key {number} of {tenant}"
            first = _same(name, [call for call in rush.calls if call.command == wanted], makers=1)
            later = _same(f"{name}, asked again", [call for call in rush.again if call.command == wanted], makers=0)
            yield from first.violations + later.violations
            if first.answer != later.answer:
                yield f"{name}: asked again after a restart, the answer was {later.answer} instead of {first.answer}"
            yield from _conflicts(name, first.answer, [call for call in rush.calls if call.command == other])
    with Vectis.open(rush.url) as oms:
        log = log_of(rush.records)
        for tenant in rush.stock_ids:
            yield from (f"{tenant}: {violation}" for violation in judge(log, oms.tenant(tenant)))
        yield from (f"verify: {fault}" for fault in oms.verify().faults)


@attrs.frozen
class _Answered:
    """What all who asked for one thing were told: the order's id, or the result."""

    answer: Any
    violations: list[str]


def _same(name: str, calls: Sequence[Call], makers: int) -> _Answered:
    """Judge the answers to one thing, of which as many made the order."""
    errors = [f"{name}: {call.client} was told {call.error}" for call in calls if call.told is not Told.DONE]
    if errors or not calls:
        return _Answered(None, errors or [f"{name} was never asked for"])
    results = [call.result for call in calls]
    wrong = []
    if isinstance(calls[0].command, PlaceOrder):
        made = sum(result.created for result in results)
        if made != makers or any(result.mismatch for result in results):
            wrong.append(f"{name}: {made} of {len(results)} were told that they made the order, or some of a mismatch")
        results = [result.order.id for result in results]
    if any(result != results[0] for result in results):
        wrong.append(f"{name} was answered differently: {results[:5]}")
    return _Answered(results[0], wrong)


def _conflicts(name: str, answer: object, calls: Sequence[Call]) -> Iterator[str]:
    """Yield each answer to something else with a used key that does not say so."""
    if not calls:
        yield f"{name} was never asked for with another body"
    for call in calls:
        if isinstance(call.command, PlaceOrder):
            told = call.result
            right = told is not None and (told.created, told.mismatch, told.order.id) == (False, True, answer)
        else:
            right = isinstance(call.error, IdempotencyConflict)
        if not right:
            yield f"{name} with another body was answered {call.result or call.error!r}"


def _after_a_day(url: str) -> Iterator[str]:
    """Let the clock jump to just before results may go, and just past it."""
    clock = FrozenClock()
    begun = clock.now()
    tenant = _TENANTS[0]
    with Vectis.open(url, clock=clock) as oms:
        stock_id = _stocked(Client(oms, "day", lambda _: None), tenant)
        adjust, order = found(tenant, stock_id, 1), ordered(tenant, 0)
        result, placed = oms.run(adjust), oms.run(order)
        for moment, kept in ((_KEPT - timedelta(seconds=1), True), (_KEPT + timedelta(seconds=1), False)):
            clock.set(begun + moment)
            oms.run(Housekeep())
            if (oms.run(adjust) == result) is not kept:
                yield f"after {moment} a result is {'gone' if kept else 'still kept'}"
            if oms.run(order) != attrs.evolve(placed, created=False):
                yield f"after {moment} an external id does not lead to its order"
        if oms.inventory.get(stock_id).on_hand != _PIECES + 2 * ASKED:
            yield "a command id that was kept for a day had an effect, or one that was not had none"


PROOF = Proof(
    number=15,
    name="idempotency-stampede",
    rule="however many ask with one key at once, there is one effect and one answer, which survives a restart and"
    " lives 24 hours; another body is told apart, another tenant is not concerned",
    run=run,
    control=control,
    bad="a build that keeps no results of command ids",
)

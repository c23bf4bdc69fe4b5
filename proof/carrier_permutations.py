"""Carriers tell of each parcel in every order, one to three times, from several processes: it comes to one end.

What is told is recorded journeys, pushed over the HTTP API with real proofs, forgeries among them, the label registered
before, amid or after. The order of arrival is exact, and repeats of a scan race with it: see ``proof.crowd.parcels``.
"""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs

from proof.builds import environment
from proof.crowd.client import Client, act
from proof.crowd.journeys import CARRIERS, JOURNEYS, REPLACED, SECRET, setup_of
from proof.crowd.parcels import SCANS, Board, Parcel, board_of, parcels, push, quiet, told_how_often, watch
from proof.crowd.parent import Crowd
from proof.crowd.records import Record, Trouble
from proof.crowd.stories import ADDRESS
from proof.crowd.worker import Task
from proof.mutants.table import named
from proof.programme import Finding, Proof, Size, fewer
from proof.work import in_memory
from vectis_core import Item, Vectis
from vectis_core.commands import ConfirmOrder, PlaceOrder
from vectis_core.errors import VectisError
from vectis_core.orders.model import NewOrder, Order
from vectis_core.tenancy import Caller
from vectis_core.testing.clock import FrozenClock
from vectis_core.tracking.model import Scan

_PLACES = 4
_SKU = "SKU-000"
#: So many orders of six scans are tried of each journey.
_ORDERS = {Size.FEW: 12, Size.FULL: 720}
#: Threads of each process; each has a parcel in hand.
_THREADS = {Size.FEW: 2, Size.FULL: 3}
#: After so many seconds the crowd has not ended by itself.
_PATIENCE = 3_600
#: The first scan is of so long ago: the last is then in the past, and the first not too old for a label of now.
_AGO = timedelta(days=9)
#: So many commands are run together while the shop is made.
_TOGETHER = 500
#: What tells of a scan that people must look at, by its status.
_LOUD = {
    "delivery_attempted": "shipment.delivery_attempted",
    "exception": "shipment.exception",
    "returned_to_sender": "shipment.returned_to_sender",
}


@attrs.frozen
class _Plan:
    orders: int
    threads: int
    #: When the first scan of each parcel was.
    base: datetime

    @classmethod
    def of(cls, size: Size) -> _Plan:
        """Return the plan of a size; no hour of it is one that a change of clocks has twice."""
        day = datetime.now(UTC).replace(hour=3, minute=0, second=0, microsecond=0)
        return cls(_ORDERS[size], _THREADS[size], day - _AGO)

    @property
    def parcels(self) -> tuple[Parcel, ...]:
        """All parcels."""
        return parcels(self.orders, _PLACES)

    @property
    def options(self) -> dict[str, Any]:
        """What the stories need to know."""
        return {
            "orders": self.orders,
            "places": _PLACES,
            "threads": self.threads,
            "base": self.base.isoformat(),
        }


@attrs.frozen
class _Told:
    """What came of a crowd."""

    #: What those saw who pushed and who looked.
    troubles: tuple[str, ...]
    #: What is wrong in the end.
    wrong: tuple[str, ...]

    @property
    def violations(self) -> list[str]:
        """All of it."""
        return [*self.troubles, *self.wrong]


def _stocked(oms: Vectis, plan: _Plan) -> None:
    """Make a shop with an order for each parcel, and with every carrier configured; each has changed its secret."""
    oms.products.create(sku=_SKU, name="Widget")
    [record] = oms.inventory.list()
    oms.inventory.adjust(record.id, len(plan.parcels), "first delivery")
    for carrier in CARRIERS:
        for secret in (REPLACED, SECRET):
            oms.carriers.configure(carrier, **setup_of(carrier), secrets=[secret])
    caller = Caller("default")
    for begin in range(0, len(plan.parcels), _TOGETHER):
        some = plan.parcels[begin : begin + _TOGETHER]
        wanted = [NewOrder(parcel.external_id, [Item(_SKU, 1, "29.99")], [ADDRESS]) for parcel in some]
        placed = _run_all(oms, [PlaceOrder(caller=caller, intent=each) for each in wanted])
        _run_all(oms, [ConfirmOrder(caller=caller, order_id=each.order.id) for each in placed])


def _run_all(oms: Vectis, asked: Sequence[Any]) -> list[Any]:
    outcomes = oms.engine.run_all(asked)
    for outcome in outcomes:
        if isinstance(outcome, VectisError):
            raise outcome
    return [outcome.result for outcome in outcomes if not isinstance(outcome, VectisError)]


def _on_sqlite(plan: _Plan, folder: Path, build: Mapping[str, str]) -> _Told:
    """Push from several processes, beside one that looks."""
    url = f"sqlite:///{folder}/parcels.db"
    with Vectis.open(url, clock=FrozenClock(plan.base - timedelta(days=1))) as oms:
        _stocked(oms, plan)
    options = {**plan.options, "file": str(folder / "board")}
    tasks = [
        Task(url, f"p{place}", plan.threads, "proof.crowd.parcels:push_quietly", options) for place in range(_PLACES)
    ]
    reader = Task(url, "reader", 1, "proof.crowd.parcels:watch", options)
    with Crowd([*tasks, reader], build) as crowd:
        crowd.go()
        crowd.wait(_PATIENCE, ended=_PLACES)
    with Vectis.open(url) as oms:
        return _Told(tuple(_troubles(crowd.records())), tuple(_wrong(oms, plan, board_of(options))))


def _in_memory(plan: _Plan) -> _Told:
    """Push from as many threads of one process, which share what is in memory."""
    board = Board(len(plan.parcels), _PLACES)
    options = {**plan.options, "board": board}
    heard: list[Record] = []
    clock = FrozenClock(plan.base - timedelta(days=1))
    with quiet(), Vectis.open("memory://", clock=clock) as oms:
        _stocked(oms, plan)
        clock.set(datetime.now(UTC))
        names = [f"p{place}t{thread}" for place in range(_PLACES) for thread in range(plan.threads)]
        ended = threading.Event()
        looking = threading.Thread(target=act, args=(watch, [Client(oms, "reader", heard.append, options)], ended))
        looking.start()
        act(push, [Client(oms, name, heard.append, options) for name in names], threading.Event())
        ended.set()
        looking.join()
        return _Told(tuple(_troubles(heard)), tuple(_wrong(oms, plan, board)))


def _troubles(records: Sequence[Record]) -> Iterator[str]:
    return (f"{each.client} saw: {each.what}" for each in records if isinstance(each, Trouble))


def _wrong(oms: Vectis, plan: _Plan, board: Board) -> Iterator[str]:
    """Yield what is wrong with what pushes were told, with each parcel, and with the books."""
    kinds: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for event in oms.events():
        kinds[event.subject_id][event.type] += 1
    ends: defaultdict[str, set[Any]] = defaultdict(set)
    for parcel in plan.parcels:
        name = f"{parcel.journey.name!r} in the order {parcel.order}, the label at {parcel.label}"
        order = oms.orders.by_external_id(parcel.external_id)
        new = board.new_scans(parcel.number)
        if new != SCANS:
            yield f"{name}: {new} pushes were told that their scan was new, instead of {SCANS}"
        if len(order.shipments) != 1:
            yield f"{name}: there are {len(order.shipments)} shipments"
            continue
        yield from (f"{name}: {what}" for what in _wrong_parcel(oms, plan, parcel, order))
        yield from (f"{name}: {what}" for what in _wrong_events(parcel, kinds[order.id]))
        ends[parcel.journey.name].add(order.shipments[0].tracking)
    for journey, states in ends.items():
        if len(states) > 1:
            yield f"{journey!r} came to {len(states)} ends: {sorted(map(str, states))[:3]}"
    yield from (f"verify: {fault}" for fault in oms.verify().faults)


def _wrong_parcel(oms: Vectis, plan: _Plan, parcel: Parcel, order: Order) -> Iterator[str]:
    journey, [shipment] = parcel.journey, order.shipments
    there = journey.moment(journey.there, plan.base) if journey.there is not None else None
    wanted = (*journey.ends, *journey.shown, journey.moment(journey.left, plan.base), there)
    state = shipment.tracking
    shown = (state.status, state.reason) if state is not None else (None, None)
    came_to = (shipment.status, order.status, *shown, shipment.shipped_at, shipment.delivered_at)
    if came_to != wanted:
        yield f"it came to {_said(came_to)} instead of {_said(wanted)}"
    [timeline] = oms.tracking.of_order(order.id)
    filed = [(*_filed(entry.scan), entry.contradicts) for entry in timeline.entries]
    recorded = [
        (scan.status, journey.moment(index, plan.base), index in journey.contradicting)
        for index, scan in enumerate(journey.scans)
    ]
    if filed != recorded:
        yield f"its timeline is {_said(filed)} instead of {_said(recorded)}"


def _filed(scan: Scan) -> tuple[str | None, datetime]:
    return (str(scan.event.status) if scan.event.status is not None else None), scan.at


def _wrong_events(parcel: Parcel, kinds: Counter[str]) -> Iterator[str]:
    journey = parcel.journey
    wanted = Counter({"order.shipped": 1})
    if journey.there is not None:
        wanted += Counter({"shipment.delivered": 1, "order.delivered": 1})
    wanted += Counter(_LOUD[scan.status] for scan in journey.scans if scan.status in _LOUD)
    for kind in ("order.shipped", "order.delivered", "shipment.delivered", *_LOUD.values()):
        if kinds[kind] != wanted[kind]:
            yield f"{kind} was told {kinds[kind]}x instead of {wanted[kind]}x"


def _said(told: Sequence[Any]) -> str:
    return ", ".join(map(str, told))


def _run(size: Size, folder: Path) -> Finding:
    plan = _Plan.of(size)
    # One process has one processor: the others have the rest of the machine meanwhile.
    with in_memory(folder) as place, ThreadPoolExecutor(1) as beside:
        memory = beside.submit(_in_memory, plan)
        violations = [f"sqlite: {each}" for each in _on_sqlite(plan, place, environment(None, folder)).violations]
        violations += [f"memory: {each}" for each in memory.result().violations]
    how_often = told_how_often(plan.parcels)
    pushes = sum(sum(parcel.times) for parcel in plan.parcels)
    violations += fewer("numbers of times for a scan", len(how_often), len(JOURNEYS) * SCANS * 3)
    return Finding(
        f"{len(JOURNEYS)} journeys of {len(CARRIERS)} carriers x {plan.orders} orders, each scan 1 to 3 times,"
        f" the label before, amid or after; {pushes:,} pushes and {len(plan.parcels):,} forgeries, by {_PLACES}"
        " processes on sqlite and as many on memory",
        f"{len(JOURNEYS)} ends of {2 * len(plan.parcels):,} parcels",
        violations,
    )


def _control(_size: Size, folder: Path) -> Finding:
    """Push to two builds; both must be caught, by what became of the parcels."""
    plan = _Plan.of(Size.FEW)
    caught: list[str] = []
    figures = []
    for name in ("last-write-wins", "repeats-filed-again"):
        place = folder / name
        place.mkdir()
        told = _on_sqlite(plan, place, environment(named(name), folder))
        if told.troubles or not told.wrong:
            return Finding(name, broke=f"{name}: {len(told.wrong)} violations, {[*told.troubles[:3]]}")
        caught += told.wrong
        figures.append(f"{name} {len(told.wrong)}")
    return Finding(f"{len(plan.parcels)} parcels, twice", ", ".join(figures), caught)


PROOF = Proof(
    number=20,
    name="carrier-permutations",
    rule="in whatever order and however often carriers tell of a parcel, from however many processes, it comes to one"
    " end with its full history, is told of once, and never goes back; what proves nothing has no effect",
    run=_run,
    control=_control,
    bad="a build in which the scan that arrived last wins; a build that does not know a repeat",
)

"""Carriers: events read a second beside decoding the same bytes alone, and pushes over HTTP beside orders."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.load import PARCELS, PUSH_SECRET, parcel_number
from benchmarks.measuring import Goal, Plan, Result, in_turn, say
from benchmarks.servers import CONNECTIONS, vectis_serving
from vectis_carriers.payload import read_body
from vectis_core import Address, Item, Vectis
from vectis_core.commands import ConfirmOrder, PlaceOrder, RegisterShipment
from vectis_core.errors import VectisError
from vectis_core.orders.model import NewOrder, NewShipment
from vectis_core.tenancy import Caller
from vectis_core.tracking.carrier import carrier_of

_SAMPLES = Path(__file__).parents[1] / "tests" / "carriers" / "samples"
#: What each carrier pushes most of the time, by the names of the samples.
_USUAL = {
    "amazon": "amazon_push_delivered",
    "dhl": "dhl_unified_transit",
    "fedex": "fedex_delivered",
    "lasership": "lasership_delivered",
    "ontrac": "ontrac_delivered",
    "ups": "ups_delivered",
    "usps": "usps_delivered",
}
_ADDRESS = Address(name="Jane Smith", line1="123 Main St", city="Austin", country="US")
#: Commands that are run together while parcels are made.
_TOGETHER = 500


def _repeated(step: Callable[[], object], events: int, seconds: float) -> float:
    """Return how many events a second are read where one *step* reads so many."""
    steps = 0
    started = time.perf_counter()
    while (taken := time.perf_counter() - started) < seconds:
        for _ in range(100):
            step()
        steps += 100
    return steps * events / taken


def _reading(plan: Plan) -> list[Result]:
    """Return what reading a push costs, carrier by carrier: decoded, bounded, looked up, normalised."""
    results = []
    for name, sample in _USUAL.items():
        say(f"pushes of {name} read")
        body, carrier = (_SAMPLES / f"{sample}.json").read_bytes(), carrier_of(name)
        events = len(carrier.parse(read_body(body)).events)

        def ours(body: bytes = body, events: int = events, parse: Callable[..., object] = carrier.parse) -> float:
            return _repeated(lambda: parse(read_body(body)), events, plan.seconds / 4)

        def theirs(body: bytes = body, events: int = events) -> float:
            return _repeated(lambda: json.loads(body), events, plan.seconds / 4)

        figures = in_turn(plan.rounds, ours, theirs)
        what = f"{name}: events read, {events} in {len(body):,} bytes"
        results.append(Result(what, Goal(0.03, True), *figures, "/s", "json.loads alone"))
    return results


def _run_all(oms: Vectis, asked: list[PlaceOrder] | list[ConfirmOrder] | list[RegisterShipment]) -> list[str]:
    """Run commands together, and return the ids of the orders that they are about."""
    ids = []
    for begin in range(0, len(asked), _TOGETHER):
        for outcome in oms.engine.run_all(asked[begin : begin + _TOGETHER]):
            if isinstance(outcome, VectisError):
                raise outcome
            ids.append(outcome.result.order.id if hasattr(outcome.result, "order") else outcome.result.id)
    return ids


def _labelled(database: Path) -> None:
    """Let UPS push to the shop, which gets an order and a label for each parcel."""
    caller = Caller("default")
    with Vectis.open(f"sqlite:///{database}") as oms:
        oms.carriers.configure("ups", secrets=[PUSH_SECRET])
        orders = [NewOrder(f"parcel-{n}", [Item("SKU-0", 1, "29.99")], [_ADDRESS]) for n in range(PARCELS)]
        ids = _run_all(oms, [PlaceOrder(caller=caller, intent=order) for order in orders])
        _run_all(oms, [ConfirmOrder(caller=caller, order_id=each) for each in ids])
        labels = [
            NewShipment(carrier="ups", tracking_number=parcel_number(n), status="label_created") for n in range(PARCELS)
        ]
        _run_all(
            oms,
            [
                RegisterShipment(caller=caller, order_id=each, intent=label)
                for each, label in zip(ids, labels, strict=True)
            ],
        )


def measure(plan: Plan, directory: Path) -> list[Result]:
    """Return all that there is to say of carriers."""
    results = _reading(plan)
    database = directory / "pushed.db"
    with vectis_serving(database) as server:
        _labelled(database)
        say("pushes over HTTP")
        pushes, orders = in_turn(
            plan.rounds,
            lambda: server.load("push", str(plan.seconds)),
            lambda: server.load("order", str(plan.seconds)),
        )
    what = f"pushes of {PARCELS:,} parcels under way, {CONNECTIONS} connections"
    return [*results, Result(what, Goal(0.5, True), pushes, orders, "/s", "POST /api/orders")]

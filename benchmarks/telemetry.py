"""What it costs to be told: processor time of orders and requests with metrics, beside the same without."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

from benchmarks.in_process import place_order
from benchmarks.measuring import Goal, Plan, Result, in_turn, say
from benchmarks.servers import Server, fill, serving, stock_up, with_token
from vectis_core import Vectis
from vectis_prometheus import Prometheus

_GOAL = Goal(1.03, at_least=False)
#: Orders and requests of one figure, for each second of the plan.
_ORDERS, _REQUESTS = 500, 2_000


def _in_process(oms: Vectis, orders: int) -> Callable[[], float]:
    """Return what places so many orders, one after the other, and returns the microseconds of each."""
    numbers = count()

    def run() -> float:
        began = time.process_time()
        for _ in range(orders):
            number = next(numbers)
            place_order(oms, f"order-{number}", number, 1)
        return (time.process_time() - began) / orders * 1e6

    return run


def _over_http(server: Server, kind: str, requests: int) -> Callable[[], float]:
    """Return what sends so many requests, and returns the microseconds that the server computed for each."""

    def run() -> float:
        before = server.processor_seconds()
        server.load(kind, f"{requests}n")
        return (server.processor_seconds() - before) / requests * 1e6

    return run


def measure(plan: Plan, directory: Path) -> list[Result]:
    """Return the processor time of one caller in process, and of a server that 32 connections ask."""
    results = []

    def add(what: str, measured: Callable[[], float], silent: Callable[[], float]) -> None:
        say(f"metrics: {what}")
        ours, theirs = in_turn(2 * plan.rounds, measured, silent)
        results.append(Result(f"metrics: {what}", _GOAL, ours, theirs, "us", "without"))

    with tempfile.TemporaryDirectory(dir=directory) as folder:
        for kind, first, second in (
            ("memory", "memory://", "memory://"),
            ("SQLite", f"sqlite:///{folder}/told.db", f"sqlite:///{folder}/silent.db"),
        ):
            with Vectis.open(first, telemetry=Prometheus()) as told, Vectis.open(second) as silent:
                for oms in (told, silent):
                    fill(oms)
                orders = int(_ORDERS * plan.seconds)
                add(f"an order in process, {kind}", _in_process(told, orders), _in_process(silent, orders))
        served = [f"sqlite:///{folder}/{name}-served.db" for name in ("told", "silent")]
        credentials = [stock_up(url) for url in served]
        with (
            serving("-m", "benchmarks.servers", "measured", served[0]) as measured,
            serving("-m", "benchmarks.servers", "silent", served[1]) as unmeasured,
        ):
            pair = [with_token(each, *known) for each, known in zip((measured, unmeasured), credentials, strict=True)]
            requests = int(_REQUESTS * plan.seconds)
            for what, kind in (("GET /api/inventory?sku=", "stock"), ("POST /api/orders", "order")):
                ours, theirs = (_over_http(each, kind, requests) for each in pair)
                add(what, ours, theirs)
    return results

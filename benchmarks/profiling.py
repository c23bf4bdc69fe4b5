"""Where the time of one order goes, in process and over HTTP, and that of a read."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from itertools import count
from pathlib import Path

from benchmarks.in_process import CALLERS, orders_per_second, place_order
from benchmarks.measuring import Plan, say
from benchmarks.sampling import Sampler
from benchmarks.servers import CONNECTIONS, stock_up, vectis_serving
from vectis_core import Vectis

#: Sections below this share are left out.
_SMALL = 0.01


def measure(plan: Plan, directory: Path) -> str:
    """Return a table of shares for an order of one caller, of many callers, over HTTP, and for a read over HTTP."""
    say("where the time goes")
    one = _one_caller(directory / "profile-1.db", plan.seconds)
    many = _many_callers(directory / "profile-32.db", plan.seconds)
    columns = {
        "1 caller": one,
        f"{CALLERS} callers": many,
        f"HTTP, {CONNECTIONS} connections": _served(directory, "order", plan.seconds),
        "HTTP, stock by SKU": _served(directory, "stock", plan.seconds),
    }
    head = "| share of the time not spent waiting | " + " | ".join(columns) + " |\n|---|" + "---|" * len(columns)
    names = dict.fromkeys(name for shares in columns.values() for name, share in shares.items() if share >= _SMALL)
    rows = [
        f"| {name} | " + " | ".join(f"{shares.get(name, 0):.0%}" for shares in columns.values()) + " |"
        for name in names
    ]
    return "\n".join([head, *rows])


def _served(directory: Path, kind: str, seconds: float) -> Mapping[str, float]:
    samples = directory / f"samples-{kind}.json"
    os.environ["VECTIS_SAMPLES"] = str(samples)
    with vectis_serving(directory / f"profile-{kind}.db", "-m", "benchmarks.sampling") as server:
        server.load(kind, str(seconds))
    shares: Mapping[str, float] = json.loads(samples.read_text())
    return shares


def _one_caller(path: Path, seconds: float) -> Mapping[str, float]:
    url = f"sqlite:///{path}"
    stock_up(url)
    sampler = Sampler()
    with Vectis.open(url) as oms, sampler.alone():
        until = time.perf_counter() + seconds
        for number in count():
            place_order(oms, f"profiled-{number}", number, 1)
            if time.perf_counter() >= until:
                break
    return sampler.shares()


def _many_callers(path: Path, seconds: float) -> Mapping[str, float]:
    url = f"sqlite:///{path}"
    stock_up(url)
    sampler = Sampler()
    with Vectis.open(url) as oms, sampler.sampling():
        orders_per_second(oms, CALLERS, 1, seconds)
    return sampler.shares()

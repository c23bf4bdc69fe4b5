"""Where the time of one order goes, in process and over HTTP."""

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
    """Return a table of shares for one caller, many callers, and HTTP."""
    say("where the time goes")
    one = _one_caller(directory / "profile-1.db", plan.seconds)
    many = _many_callers(directory / "profile-32.db", plan.seconds)
    samples = directory / "samples.json"
    os.environ["VECTIS_SAMPLES"] = str(samples)
    with vectis_serving(directory / "profile-http.db", "-m", "benchmarks.sampling") as server:
        server.load("order", str(plan.seconds))
    over_http: Mapping[str, float] = json.loads(samples.read_text())
    columns = {"1 caller": one, f"{CALLERS} callers": many, f"HTTP, {CONNECTIONS} connections": over_http}
    head = "| share of the time not spent waiting | " + " | ".join(columns) + " |\n|---|" + "---|" * len(columns)
    names = dict.fromkeys(name for shares in columns.values() for name, share in shares.items() if share >= _SMALL)
    rows = [
        f"| {name} | " + " | ".join(f"{shares.get(name, 0):.0%}" for shares in columns.values()) + " |"
        for name in names
    ]
    return "\n".join([head, *rows])


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

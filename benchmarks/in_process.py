"""Orders in process: one caller and 32 caller threads, beside the same rows written by hand."""

from __future__ import annotations

import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from itertools import count
from pathlib import Path

from benchmarks.load import SKUS
from benchmarks.measuring import Goal, Plan, Result, in_turn, say
from benchmarks.same_rows import SameRows, assert_same_rows
from benchmarks.servers import stock_up
from vectis_core import Vectis
from vectis_core.orders import Address, Item

CALLERS = 32


def place_order(oms: Vectis, external_id: str, number: int, lines: int) -> None:
    """Create the guide's order, of *lines* lines."""
    address = Address(
        name="Jane Smith", line1="123 Main St", city="Austin", country="US", region="TX", postal_code="78701"
    )
    items = [
        Item(sku=f"SKU-{(number * lines + place) % SKUS}", quantity=2, unit_price="29.99") for place in range(lines)
    ]
    oms.orders.create(
        external_id=external_id,
        items=items,
        shipping_addresses=[address],
        billing_address=address,
        customer_id="cust_jane123",
        customer_email="jane@example.com",
    )


def orders_per_second(oms: Vectis, callers: int, lines: int, seconds: float) -> float:
    """Return how many orders so many threads place in a second, each waiting for its own."""
    barrier = threading.Barrier(callers + 1)
    placed = [0] * callers
    run = uuid.uuid4().hex[:8]

    def call(place: int) -> None:
        barrier.wait()
        until = time.perf_counter() + seconds
        for number in count():
            place_order(oms, f"{run}-{place}-{number}", number * callers + place, lines)
            placed[place] += 1
            if time.perf_counter() >= until:
                return

    threads = [threading.Thread(target=call, args=(place,)) for place in range(callers)]
    for thread in threads:
        thread.start()
    barrier.wait()
    started = time.perf_counter()
    for thread in threads:
        thread.join()
    return sum(placed) / (time.perf_counter() - started)


def _ours(directory: Path, callers: int, lines: int, seconds: float) -> Callable[[], float]:
    def run() -> float:
        with tempfile.TemporaryDirectory(dir=directory) as folder:
            url = f"sqlite:///{folder}/shop.db"
            stock_up(url)
            with Vectis.open(url) as oms:
                return orders_per_second(oms, callers, lines, seconds)

    return run


def _by_hand(directory: Path, a_commit: int, lines: int, seconds: float) -> Callable[[], float]:
    def run() -> float:
        with tempfile.TemporaryDirectory(dir=directory) as folder:
            path = Path(folder) / "shop.db"
            stock_up(f"sqlite:///{path}")
            with SameRows(path) as writer:
                commits = 0
                started = time.perf_counter()
                while time.perf_counter() - started < seconds:
                    writer.write(a_commit, lines)
                    commits += 1
                return commits * a_commit / (time.perf_counter() - started)

    return run


def check_comparator(directory: Path) -> None:
    """Hold the comparator to writing what we write."""
    for lines in (1, 5):
        with tempfile.TemporaryDirectory(dir=directory) as folder:
            ours, theirs = Path(folder) / "ours.db", Path(folder) / "theirs.db"
            for path in (ours, theirs):
                stock_up(f"sqlite:///{path}")
            with Vectis.open(f"sqlite:///{ours}") as oms:
                place_order(oms, "one", 1, lines)
            with SameRows(theirs) as writer:
                writer.write(1, lines)
            with Vectis.open(f"sqlite:///{theirs}") as oms:
                assert oms.verify().ok, oms.verify().faults
            assert_same_rows(ours, theirs)


def measure(plan: Plan, directory: Path) -> list[Result]:
    """Return what one and many callers get done."""
    check_comparator(directory)
    results = []
    for callers, lines, bound in ((1, 1, 0.75), (CALLERS, 1, 0.7), (1, 5, None), (CALLERS, 5, 1.0)):
        what = f"{callers} {'caller' if callers == 1 else 'callers'}, {lines} {'line' if lines == 1 else 'lines'}"
        say(f"in process, {what}")
        ours, theirs = in_turn(
            plan.rounds,
            _ours(directory, callers, lines, plan.seconds),
            _by_hand(directory, callers, lines, plan.seconds),
        )
        beside = f"same rows, {callers} a commit"
        goal = Goal(bound, True) if bound is not None else None
        results.append(Result(f"orders in process, {what}", goal, ours, theirs, "/s", beside))
    return results

"""Over HTTP: orders and stock beside a fixed answer and beside the service written by hand; memory."""

from __future__ import annotations

from pathlib import Path

from benchmarks.measuring import Goal, Plan, Result, in_turn, say
from benchmarks.servers import CONNECTIONS, serving, vectis_serving


def measure(plan: Plan, directory: Path) -> list[Result]:
    """Return what 32 connections get out of one server process."""
    seconds = str(plan.seconds)
    by_hand_file = str(directory / "by-hand.db")
    with (
        vectis_serving(directory / "served.db") as ours,
        serving("-m", "benchmarks.servers", "fixed") as fixed,
        serving("-m", "benchmarks.servers", "handwritten", by_hand_file) as by_hand,
    ):
        say("orders over HTTP")
        orders, answers, written = in_turn(
            plan.rounds,
            lambda: ours.load("order", seconds),
            lambda: fixed.load("order", seconds),
            lambda: by_hand.load("order", seconds),
        )
        say("stock by SKU over HTTP")
        stock, fixed_stock = in_turn(
            plan.rounds, lambda: ours.load("stock", seconds), lambda: fixed.load("stock", seconds)
        )
    where = f"{CONNECTIONS} connections"
    beside_fixed = "fixed JSON"
    return [
        Result(f"POST /api/orders, {where}", Goal(0.2, True), orders, answers, "/s", beside_fixed),
        Result("the same, beside FastAPI + SQLAlchemy", Goal(20, True), orders, written, "/s", "by hand"),
        Result(f"GET /api/inventory?sku=, {where}", Goal(0.5, True), stock, fixed_stock, "/s", beside_fixed),
    ]


def measure_memory(plan: Plan, directory: Path) -> list[Result]:
    """Return what the server holds after many orders, on a database of its own."""
    count = plan.orders_before_memory
    say(f"memory after {count:,} orders")
    with vectis_serving(directory / "memory.db") as ours:
        started = ours.resident_mb()
        ours.load("order", f"{count}n")
        held = ours.resident_mb()
    goal = Goal(90, at_least=False, unit="MB")
    return [Result(f"memory after {count:,} orders over HTTP", goal, [held], [], "MB", f"at start {started:.0f} MB")]

"""Measure everything, or what is named, and print one Markdown table."""

from __future__ import annotations

import argparse
import os
import platform
import sqlite3
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import carriers, growth, in_process, profiling, serving, startup, telemetry, webhooks
from benchmarks.measuring import FULL, QUICK, Plan, Result, say, table

SECTIONS: dict[str, Callable[[Plan, Path], list[Result]]] = {
    "in-process": in_process.measure,
    "http": serving.measure,
    "growth": growth.measure,
    "webhooks": webhooks.measure,
    "carriers": carriers.measure,
    "telemetry": telemetry.measure,
    "memory": serving.measure_memory,
    "import": startup.measure,
}
PROFILE = "profile"


def main() -> None:
    """Run as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="shorter rounds and a smaller large database")
    parser.add_argument("--only", action="append", choices=[*SECTIONS, PROFILE], help="measure this (may be repeated)")
    parser.add_argument(
        "--directory", type=Path, default=Path(tempfile.gettempdir()), help="where databases are made: on a real disk"
    )
    arguments = parser.parse_args()
    plan = QUICK if arguments.quick else FULL
    wanted = arguments.only or [*SECTIONS, PROFILE]
    started = time.perf_counter()
    results: list[Result] = []
    profile = ""
    with tempfile.TemporaryDirectory(prefix="vectis-bench-", dir=arguments.directory) as folder:
        directory = Path(folder)
        say(f"a sync of 4 KiB takes {sync_ms(directory):.2f} ms here")
        for name, measure in SECTIONS.items():
            if name in wanted:
                results += measure(plan, directory)
        if PROFILE in wanted:
            profile = profiling.measure(plan, directory)
    print(
        f"{os.cpu_count()} cores, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, WAL,"
        f" synchronous=FULL; medians of {plan.rounds} rounds in turn; {time.perf_counter() - started:.0f} s in all\n"
    )
    print("\n\n".join(part for part in (table(results) if results else "", profile) if part))


def sync_ms(directory: Path) -> float:
    """Return how long the disk takes to make 4 KiB durable."""
    times = []
    with (directory / "sync").open("wb", buffering=0) as file:
        for _ in range(50):
            file.write(b"\0" * 4096)
            started = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - started)
    return sorted(times)[len(times) // 2] * 1000


if __name__ == "__main__":
    main()

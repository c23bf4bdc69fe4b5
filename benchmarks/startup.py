"""What importing the library costs beside an interpreter that does nothing."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.measuring import Goal, Plan, Result, in_turn


def _seconds(code: str) -> Callable[[], float]:
    def run() -> float:
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        return (time.perf_counter() - started) * 1000

    return run


def measure(plan: Plan, _directory: Path) -> list[Result]:
    """Return what ``import vectis_core`` adds to starting Python."""
    rounds = max(plan.rounds, 5)
    bare, core = in_turn(rounds, _seconds("pass"), _seconds("import vectis_core; vectis_core.Vectis"))
    return [
        Result(
            "`import vectis_core`, beyond `python -c pass`",
            Goal(150, at_least=False, unit="ms"),
            [mine - other for mine, other in zip(core, bare, strict=True)],
            [],
            "ms",
            f"bare interpreter {min(bare):.0f} to {max(bare):.0f} ms",
        )
    ]

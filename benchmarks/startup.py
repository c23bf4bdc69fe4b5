"""What importing the library costs beside an interpreter that does nothing."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.measuring import Goal, Plan, Result, in_turn


def _milliseconds(code: str, directory: Path) -> Callable[[], float]:
    # Byte code is kept, as wherever the library is installed, whatever this process was told.
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(directory / "bytecode")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)

    def run() -> float:
        process = os.posix_spawn(sys.executable, [sys.executable, "-c", code], environment)
        _, status, used = os.wait4(process, 0)
        if status:
            raise RuntimeError(f"Python ended with {status}: {code}")
        return (used.ru_utime + used.ru_stime) * 1000

    return run


def measure(plan: Plan, directory: Path) -> list[Result]:
    """Return what ``import vectis_core`` adds to starting Python, in processor time: it waits for nothing."""
    bare, core = in_turn(
        max(plan.rounds, 7),
        _milliseconds("pass", directory),
        _milliseconds("import vectis_core; vectis_core.Vectis", directory),
    )
    return [
        Result(
            "`import vectis_core`, beyond `python -c pass`",
            Goal(150, at_least=False, unit="ms"),
            [mine - other for mine, other in zip(core, bare, strict=True)],
            [],
            "ms",
            f"processor time; bare interpreter {min(bare):.0f} to {max(bare):.0f} ms",
        )
    ]

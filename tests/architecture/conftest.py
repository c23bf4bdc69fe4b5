"""The wheel, built once for all tests that look into it or install it, whichever worker runs them."""

from __future__ import annotations

import fcntl
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

#: Makes what is not there yet in a folder that is its own.
Making = Callable[[Path], None]


@pytest.fixture(scope="session", name="once")
def _once(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Callable[[str, Making], Path]:
    """Return what has a folder filled once, and by one worker while the others wait."""
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent

    def made(name: str, making: Making) -> Path:
        folder, done = shared / f"made-{name}", shared / f"made-{name}.done"
        with (shared / f"made-{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not done.exists():
                folder.mkdir(exist_ok=True)
                making(folder)
                done.touch()
        return folder

    return made


@pytest.fixture(scope="session")
def wheel(once: Callable[[str, Making], Path]) -> Path:
    """Return the wheel of this source tree."""

    def build(folder: Path) -> None:
        command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
        subprocess.run(command, check=True, capture_output=True)

    [built] = once("wheel", build).glob("*.whl")
    return built

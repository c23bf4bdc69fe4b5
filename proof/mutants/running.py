"""Runs the tests that are to kill a mutant against a build with the mutant in it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import attrs

from proof.builds import PACKAGES, Mutant, importing_from, made

#: What a build needs beside the product, so that its own tests can be run in it.
_PARTS = (*PACKAGES, "tests", "proof", "pyproject.toml")
#: Seconds after which a fault is taken to hang its tests, which take a few on a sound build.
_PATIENCE = 180
_PASSED, _FAILED = 0, 1


@attrs.frozen
class Verdict:
    """What came of a mutant, or of the sound build."""

    mutant: Mutant | None
    #: The test that failed, ``None`` where all passed.
    killer: str | None
    seconds: float
    #: Why nothing can be said: the tests did not run.
    problem: str | None = None

    @property
    def is_as_wanted(self) -> bool:
        """Whether a mutant was killed, or the sound build passed."""
        return self.problem is None and (self.killer is None) is (self.mutant is None)


def sound(mutants: Sequence[Mutant], folder: Path) -> Verdict:
    """Run all tests that *mutants* name against the product as it is: what fails there too kills nothing."""
    named = list(dict.fromkeys(test for mutant in mutants for test in mutant.killed_by))
    return _tested(None, named, folder / "build-sound")


def verdicts(mutants: Sequence[Mutant], folder: Path) -> Iterator[Verdict]:
    """Yield what comes of each mutant, in their order; as many are run at once as there are processors."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from pool.map(lambda mutant: _tested(mutant, mutant.killed_by, folder / f"build-{mutant.name}"), mutants)


def _tested(mutant: Mutant | None, tests: Sequence[str], build: Path) -> Verdict:
    started = time.perf_counter()
    made(mutant, build, _PARTS)
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--tb=no", "-rfE", "-p", "no:cacheprovider"]
    # The same examples each time; and whoever imports another build than this one is told so.
    command += ["--hypothesis-seed=0", "-p", "proof.mutants.guard", *tests]
    environment = {**importing_from(build), "VECTIS_HYPOTHESIS": "found"}
    try:
        done = subprocess.run(
            command,
            cwd=build,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=_PATIENCE,
        )
    except subprocess.TimeoutExpired:
        return Verdict(mutant, f"does not end within {_PATIENCE} s", time.perf_counter() - started)
    finally:
        shutil.rmtree(build)
    seconds = time.perf_counter() - started
    if done.returncode == _PASSED:
        return Verdict(mutant, None, seconds)
    if done.returncode == _FAILED:
        return Verdict(mutant, _first_failed(done.stdout), seconds)
    return Verdict(
        mutant, None, seconds, f"pytest exited with {done.returncode}: {(done.stdout + done.stderr)[-2000:]}"
    )


def _first_failed(output: str) -> str:
    for line in output.splitlines():
        kind, _, rest = line.partition(" ")
        if kind in {"FAILED", "ERROR"}:
            return rest.partition(" - ")[0]
    return "a test"

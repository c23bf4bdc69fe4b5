"""The table of mutants: each still fits the source, and what runs them tells a killed one from one that survives."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import attrs
import pytest

from proof.builds import PACKAGES, ROOT, Mutant, environment, faulty_text, made
from proof.mutants.guard import IMPORTED_ELSEWHERE
from proof.mutants.running import sound, verdicts
from proof.mutants.table import MUTANTS, named


def test_there_are_enough() -> None:
    """At least forty, each with a name of its own."""
    names = Counter(mutant.name for mutant in MUTANTS)
    assert len(names) >= 40
    assert names.most_common(1)[0][1] == 1


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_it_fits_the_source(mutant: Mutant) -> None:
    """The text that it changes stands there once, what comes of it can be run, and its tests are named."""
    text = faulty_text(mutant)
    assert text != (ROOT / mutant.file).read_text()
    if mutant.file.endswith(".py"):
        ast.parse(text)
    assert mutant.killed_by
    for test in mutant.killed_by:
        assert (ROOT / test.partition("::")[0]).exists()


def test_what_the_source_no_longer_has_is_told(tmp_path: Path) -> None:
    """A mutant whose text is gone is an error, and no build without a fault."""
    gone = attrs.evolve(MUTANTS[0], before="no such text anywhere")
    with pytest.raises(ValueError, match="0x in"):
        environment(gone, tmp_path)


def test_tests_kill_mutants(tmp_path: Path) -> None:
    """Named tests pass without the fault and fail with it; a mutant that nothing looks for survives."""
    wanted = [named(name) for name in ("demand-not-summed", "rounding-half-even", "fingerprint-without-the-lines")]
    unseen = attrs.evolve(named("page-repeats-its-last"), killed_by=wanted[0].killed_by)

    assert sound(wanted, tmp_path).is_as_wanted
    found = list(verdicts([*wanted, unseen], tmp_path))
    assert [verdict.is_as_wanted for verdict in found] == [True, True, True, False]
    assert [verdict.killer in verdict.mutant.killed_by for verdict in found[:1] if verdict.mutant] == [True]


def test_a_test_that_is_not_there_is_no_kill(tmp_path: Path) -> None:
    """What pytest cannot run says nothing about the mutant."""
    [verdict] = verdicts([attrs.evolve(MUTANTS[0], killed_by=("tests/core/test_money.py::test_gone",))], tmp_path)
    assert verdict.problem is not None
    assert not verdict.is_as_wanted


def test_a_build_that_is_not_imported_is_no_build(tmp_path: Path) -> None:
    """Where the tests of a build import the product from elsewhere, the run ends and says so."""
    made(None, tmp_path / "build", (*PACKAGES, "tests", "proof", "pyproject.toml"))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "proof.mutants.guard", "tests/core/test_shop_rules.py"],
        cwd=tmp_path / "build",
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == IMPORTED_ELSEWHERE, done.stdout + done.stderr

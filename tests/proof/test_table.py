"""The table of proofs: what holds, what does not, and what came to nothing."""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest

from proof.__main__ import prove
from proof.programme import Finding, Proof, Size, Trial, fewer
from proof.table import table


def found(*violations: str) -> Trial:
    """Return a trial that finds these."""
    return lambda _size, _folder: Finding("3 tries", "3 figures", violations)


def breaks(_size: Size, _folder: Path) -> Finding:
    """Come to nothing."""
    raise OSError("no space left")


SOUND = Proof(1, "a-proof", "all is well", run=found(), control=found("lost"), bad="a bad one")


@pytest.mark.parametrize(
    ("proof", "said"),
    [
        pytest.param(SOUND, "holds; 3 figures | a bad one: caught: 1 violations", id="sound"),
        pytest.param(attrs.evolve(SOUND, run=found("a", "b")), "**2 violations**", id="violated"),
        pytest.param(attrs.evolve(SOUND, control=found()), "**not caught**", id="control-unseen"),
        pytest.param(attrs.evolve(SOUND, run=breaks), "**broke**", id="run-broke"),
        pytest.param(attrs.evolve(SOUND, control=breaks), "**not caught**", id="control-broke"),
    ],
)
def test_a_row_tells_what_came_of_both(proof: Proof, said: str, tmp_path: Path) -> None:
    """Only a rule that was kept beside a control that was caught holds; one that breaks leaves its row all the same."""
    row = prove(proof, Size.FEW, tmp_path)

    assert row.holds is (proof is SOUND)
    assert said in table([row])


def test_less_than_was_said_is_a_violation() -> None:
    """As much or more is none."""
    assert fewer("cuts", 9, 10) == ["only 9 of 10 cuts were tried"]
    assert fewer("cuts", 10, 10) == []

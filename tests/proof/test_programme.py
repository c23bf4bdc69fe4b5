"""A few of every proof: each rule holds, and each control is caught."""

from __future__ import annotations

from pathlib import Path

import pytest

from proof.programme import Proof, Size
from proof.proofs import PROOFS


@pytest.mark.parametrize("proof", PROOFS, ids=lambda proof: proof.name)
def test_the_rule_holds(proof: Proof, tmp_path: Path) -> None:
    """A few tries of the proof find nothing."""
    finding = proof.run(Size.FEW, tmp_path)

    assert list(finding.violations) == []


@pytest.mark.parametrize("proof", PROOFS, ids=lambda proof: proof.name)
def test_the_control_is_caught(proof: Proof, tmp_path: Path) -> None:
    """What is known to be bad does not go unnoticed."""
    finding = proof.control(Size.FEW, tmp_path)

    assert list(finding.violations) != []

"""The page on the proof tells the programme as it is."""

from __future__ import annotations

from pathlib import Path

from proof.proofs import PROOFS
from proof.table import programme

PAGE = Path(__file__).parents[2] / "docs" / "proof.md"


def test_the_programme_is_that_of_the_proofs() -> None:
    """The table on the page is the one that the proofs make."""
    assert programme(PROOFS) in PAGE.read_text()

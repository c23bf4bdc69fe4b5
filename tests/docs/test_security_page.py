"""The page on security: every test that it names is there, and so is every risk of OWASP's list."""

from __future__ import annotations

import re
from pathlib import Path

from proof.proofs import PROOFS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")


def rows() -> dict[str, list[str]]:
    """Return the cells of each risk's row."""
    lines = [line for line in PAGE.splitlines() if re.match(r"\| API\d+ ", line)]
    return {line.split()[1]: [cell.strip() for cell in line.strip("| ").split("|")] for line in lines}


def test_every_risk_is_met_by_tests_that_exist() -> None:
    """All ten risks stand there, each with tests of this repository, by their names."""
    written = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    there = set(re.findall(r"^def (test_\w+)", written, re.MULTILINE))
    found = rows()
    assert list(found) == [f"API{number}" for number in range(1, 11)]
    for name, cells in found.items():
        tests = set(re.findall(r"`(test_\w+)`", cells[-1]))
        assert tests, name
        assert tests <= there, (name, tests - there)


def test_every_proof_that_is_named_exists() -> None:
    """Where the page points to the programme, there is such a number."""
    numbers = {proof.number for proof in PROOFS}
    named = {int(number) for words in re.findall(r"proofs ([\d, and]+)", PAGE) for number in re.findall(r"\d+", words)}
    assert named
    assert named <= numbers


def test_the_places_of_comparison_are_named() -> None:
    """Each module that compares a secret stands on the page."""
    product = [*(ROOT / "vectis_core").rglob("*.py"), *(ROOT / "adapters").rglob("*.py")]
    for path in product:
        if "compare_digest(" in path.read_text(encoding="utf-8"):
            assert str(path.relative_to(ROOT)) in PAGE

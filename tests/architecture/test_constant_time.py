"""Secrets are compared in constant time: no ``==`` stands beside one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
_SECRET = re.compile(r"secret|password|signature|sha256|digest|hmac|\btoken$|credential", re.IGNORECASE)
#: What is compared with ``==`` although its name sounds secret: names of schemes, numbers, digests of public things.
_HARMLESS = re.compile(r"lease_token|len\(|is None|fingerprint|_NOBODY|_WITHOUT_SECRET")
#: The places where secrets are compared, all by ``hmac.compare_digest``.
PLACES = {
    "vectis_core/access.py",
    "vectis_core/engine/results.py",
    "vectis_core/signing.py",
    "adapters/vectis_carriers/proofs.py",
}


def comparisons(path: Path) -> Iterator[str]:
    """Yield each comparison of a file by ``==``, ``!=`` or ``in`` of which one side is named like a secret."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Compare) or not isinstance(node.ops[0], ast.Eq | ast.NotEq | ast.In | ast.NotIn):
            continue
        sides = [node.left, *node.comparators]
        if any(isinstance(side, ast.Constant) for side in sides):
            continue
        words = [ast.unparse(side) for side in sides]
        if any(_SECRET.search(word) for word in words) and not _HARMLESS.search(" ".join(words)):
            yield f"{path.relative_to(ROOT)}:{node.lineno}: {ast.unparse(node)}"


def sources() -> list[Path]:
    """Return the product's modules; what tests and proofs do is their own business."""
    found = [*(ROOT / "vectis_core").rglob("*.py"), *(ROOT / "adapters").rglob("*.py")]
    return [path for path in found if "testing" not in path.parts]


def test_no_secret_is_compared_by_its_characters() -> None:
    """``==`` ends at the first character that differs, and so tells how many were right."""
    assert [each for path in sources() for each in comparisons(path)] == []


def test_secrets_are_compared_where_it_is_said() -> None:
    """The places that compare in constant time are these; the page on security names them."""
    found = {str(path.relative_to(ROOT)) for path in sources() if "compare_digest(" in path.read_text(encoding="utf-8")}
    assert found == PLACES

"""The page that says by which test each sentence of the integration guide is held."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from guide import Sentence, Statement, statements

TESTS = Path(__file__).parents[1]
PAGE = (TESTS.parent / "docs" / "guide-coverage.md").read_text(encoding="utf-8")


def rows() -> list[tuple[str, str, str]]:
    """Return each row of the page: the heading that it stands below, what the guide says, and what holds it."""
    found, section = [], ""
    for line in PAGE.splitlines():
        if line.startswith("## "):
            section = line.removeprefix("## ")
        elif section and line.startswith("| ") and line != "| the guide | held by |":
            said, held = line.strip("| ").split(" | ")
            found.append((section, said, held))
    return found


def as_listed(statement: Statement) -> str:
    """Return how a statement stands on the page: words as they are, all else as code."""
    return statement.said if isinstance(statement, Sentence) else f"`{statement.said}`"


def defined_in(file: str) -> set[str]:
    """Return the tests that a file defines."""
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def test_every_sentence_of_the_guide_is_listed_and_nothing_else() -> None:
    """In the guide's order, below its headings."""
    assert [(section, said) for section, said, _ in rows()] == [
        (each.section, as_listed(each)) for each in statements()
    ]


def test_the_tests_that_are_named_exist() -> None:
    """Each sentence names at least one, by the file that defines it."""
    for _, said, held in rows():
        named = re.findall(r"`([\w/]+\.py)::(\w+)`", held)
        assert named, said
        for file, name in named:
            assert name in defined_in(file), (said, file, name)


def test_one_promise_waits_and_says_for_what() -> None:
    """There is no dashboard yet; everything else that the guide says is so."""
    [(said, held)] = [(said, held) for _, said, held in rows() if "*waits*" in held]

    assert "Settings \u2192 API Access in your Vectis dashboard" in said
    assert "vectis clients create" in held

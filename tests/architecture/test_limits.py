"""No function and no file grows beyond what a reader can hold in mind."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("vectis_core", "backends", "adapters", "tests", "benchmarks", "proof", "examples", "tools")
MOST_LINES_OF_A_FUNCTION = 70
MOST_LINES_OF_A_FILE = 600


def sources() -> list[Path]:
    """Return every Python file of the repository."""
    return sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))


def too_long(source: str, where: str) -> Iterator[str]:
    """Name the file where it is too long, and each of its functions that is, decorators not counted."""
    lines = len(source.splitlines())
    if lines > MOST_LINES_OF_A_FILE:
        yield f"{where} has {lines} lines"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > MOST_LINES_OF_A_FUNCTION:
                yield f"{where}:{node.lineno} {node.name} has {length} lines"


def test_every_function_and_file_stays_within_the_limits() -> None:
    """No function has more than 70 lines and no file more than 600."""
    found = [fault for path in sources() for fault in too_long(path.read_text(), str(path.relative_to(ROOT)))]

    assert found == []


def test_every_folder_is_looked_at() -> None:
    """The limits are not kept by looking at nothing."""
    first_parts = {path.relative_to(ROOT).parts[0] for path in sources()}

    assert {"vectis_core", "backends", "adapters", "tests"} <= first_parts


@pytest.mark.parametrize(("lines", "faults"), [(70, 0), (71, 1)])
@pytest.mark.parametrize("keyword", ["def", "async def"])
def test_the_seventy_first_line_of_a_function_is_one_too_many(keyword: str, lines: int, faults: int) -> None:
    """The check itself tells 70 lines from 71."""
    source = "\n".join([f"{keyword} long():", *["    x = 1"] * (lines - 1)])

    assert faults == len(list(too_long(source, "made_up.py")))


@pytest.mark.parametrize(("lines", "faults"), [(600, 0), (601, 1)])
def test_the_six_hundred_and_first_line_of_a_file_is_one_too_many(lines: int, faults: int) -> None:
    """The check itself tells 600 lines from 601."""
    assert faults == len(list(too_long("x = 1\n" * lines, "made_up.py")))

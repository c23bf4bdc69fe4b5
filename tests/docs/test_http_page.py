"""The page on HTTP lists every operation, as the table of operations has it."""

from __future__ import annotations

from pathlib import Path

from vectis_core import Vectis
from vectis_http import HttpApi

PAGE = Path(__file__).parents[2] / "docs" / "http.md"


def rows_of_the_table() -> list[str]:
    """Return a row of Markdown for each operation."""
    with Vectis.open("memory://") as oms:
        return [
            f"| `{each.method} {each.path}` | {each.summary} | {f'`{each.scope}`' if each.scope else 'no token'} |"
            for each in HttpApi(oms).operations
        ]


def test_the_page_lists_every_operation_and_no_other() -> None:
    """What is served is described, and what is described is served."""
    described = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| `")]

    assert described == rows_of_the_table()

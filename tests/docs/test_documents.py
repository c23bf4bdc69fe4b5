"""What the documents draw and show is so."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from vectis_core.orders import ORDER_TRANSITIONS, SHIPMENT_TRANSITIONS

DOCS = Path(__file__).parents[2] / "docs"


def drawing(first: str, table: Mapping[Any, Mapping[Any, Collection[Any]]]) -> list[str]:
    """Return the lines of a table's diagram, which begins at the status *first*."""
    arrows = [
        f"    {before} --> {after}: {step}"
        for before, steps in table.items()
        for step, following in steps.items()
        for after in table
        if after in following
    ]
    return [f"    [*] --> {first}", *arrows]


def blocks(document: str, start: str) -> list[str]:
    """Return what stands in the code blocks of a document that begin with *start*."""
    return re.findall(rf"^```{start}\n(.*?)^```$", (DOCS / document).read_text(), re.MULTILINE | re.DOTALL)


def test_the_diagrams_are_those_of_the_tables() -> None:
    """Every step of both state machines is drawn, and no other."""
    shipments = {
        before: {step: {after} for step, after in steps.items()} for before, steps in SHIPMENT_TRANSITIONS.items()
    }
    expected = [drawing("pending", ORDER_TRANSITIONS), drawing("label_created", shipments)]

    assert expected == [block.splitlines() for block in blocks("lifecycle.md", "mermaid\nstateDiagram-v2")]


def test_the_examples_of_testing_pass(tmp_path: Path) -> None:
    """A property of a program, and the suites over a backend, are tests as they stand there."""
    examples = blocks("testing.md", "python")
    for number, example in enumerate(examples):
        (tmp_path / f"test_{number}.py").write_text(example)
    some = "made_once or TestMyShops or (TestMyBackend and oversold)"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), "-k", some]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert (len(examples), done.returncode) == (2, 0), done.stdout
    assert "3 passed" in done.stdout


def test_the_examples_of_embedding_run(tmp_path: Path) -> None:
    """What is shown of the Python API runs as it stands there, one block after the other, and its claims hold."""
    examples = blocks("embedding.md", "python")
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(examples)], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert (len(examples), done.returncode, done.stderr) == (3, 0, "")

"""What the documents draw and show is so."""

from __future__ import annotations

import pydoc
import re
import subprocess
import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from vectis_core.orders import ORDER_TRANSITIONS, SHIPMENT_TRANSITIONS
from vectis_sqlite.host import OURS
from vectis_sqlite.schema import reserved_names

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


def write_examples(folder: Path) -> list[str]:
    """Write the examples of the page on testing as the files that they say they are, and return their names."""
    names = []
    for number, example in enumerate(blocks("testing.md", "python")):
        named = re.match(r"# (\w+\.py)\n", example)
        names.append(named[1] if named else f"test_{number}.py")
        (folder / names[-1]).write_text(example)
    few = "'few', max_examples=10, stateful_step_count=10, deadline=None, phases=[Phase.generate]"
    (folder / "conftest.py").write_text(
        f"from hypothesis import Phase, settings\nsettings.register_profile({few})\nsettings.load_profile('few')\n"
    )
    return names


def run_examples(folder: Path, *some: str) -> subprocess.CompletedProcess[str]:
    """Run examples that are written as tests."""
    command = [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", "--rootdir", str(folder), *some]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_the_examples_of_testing_pass(tmp_path: Path) -> None:
    """A program's own tests, and the suites over a backend, are tests as they stand there."""
    names = write_examples(tmp_path)
    assert {"giftshop.py", "test_sales.py", "test_faults.py", "test_stories.py", "test_backend.py"} <= set(names)
    # One test of the conformance suite is enough here: the backends run all of it.
    done = run_examples(tmp_path, "-k", "not TestMyBackend or oversold")

    assert done.returncode == 0, done.stdout
    assert [name for name in names if f"{name}::" not in done.stdout] == ["giftshop.py"]


CARELESS = """

def careless(self, order, words):
    placed = self.oms.run(PlaceOrder(intent=order))
    with closing(sqlite3.connect(self.oms.store.path)) as connection, connection:
        connection.execute("INSERT INTO cards VALUES (?, ?)", (order.external_id, words))
    return placed


GiftShop.sell = careless
"""


def test_the_worked_example_finds_a_card_without_its_order(tmp_path: Path) -> None:
    """Where the example's program writes its row in a transaction of its own, its tests and its stories say so."""
    write_examples(tmp_path)
    program = tmp_path / "giftshop.py"
    program.write_text(program.read_text() + CARELESS)
    done = run_examples(tmp_path, "test_faults.py", "test_stories.py")

    assert "test_a_crash_leaves_both_or_neither[committed] FAILED" in done.stdout
    assert "TestGiftShops::runTest FAILED" in done.stdout
    assert "test_a_crash_leaves_both_or_neither[begin] PASSED" in done.stdout


def test_the_reserved_names_are_told() -> None:
    """The page on embedding lists every table of the schema and no other, and all indexes begin with one of them."""
    [told] = re.findall(r"The names:\n(.*?)\n\n", (DOCS / "embedding.md").read_text(), re.DOTALL)
    assert re.findall(r"`(\w+)`", told) == sorted(OURS)
    indexes = set(reserved_names()) - OURS
    assert all(any(index.startswith(f"{table}_") for table in OURS) for index in indexes)


def test_the_examples_of_embedding_run(tmp_path: Path) -> None:
    """What is shown of the Python API runs as it stands there, one block after the other, and its claims hold."""
    examples = blocks("embedding.md", "python")
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(examples)], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert (len(examples), done.returncode, done.stderr) == (7, 0, "")


def test_pages_that_are_made_of_the_code_say_where_to_look_unbuilt() -> None:
    """On GitHub and in an editor they are blank but for that line; what it calls for help on is there."""
    pages = [page.read_text("utf-8") for page in sorted((DOCS / "reference").glob("*.md")) if page.stem != "index"]
    notes = [
        re.findall(r"^> Most of this page is made of the code: `make docs`.*$", page, re.MULTILINE) for page in pages
    ]

    assert [len(note) for note in notes] == [1] * len(pages)
    for [note] in notes:
        for name in re.findall(r"help\(([\w.]+)\)", note):
            assert pydoc.locate(name) is not None, name

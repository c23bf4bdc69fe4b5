"""The page on the client says what is so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest
from serving import serving

from vectis_client import Retries
from vectis_client.reading import reader_of
from vectis_core.shapes import Shape
from vectis_http.operation import Listing
from vectis_http.operations import RESOURCES

PAGE = (Path(__file__).parents[2] / "docs" / "client.md").read_text()


def test_what_is_shown_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The programs of the page run one after the other, against a real server."""
    with serving(f"sqlite:///{tmp_path}/shop.db") as server:
        monkeypatch.setenv("SHOP_URL", server.address)
        monkeypatch.setenv("SHOP_CLIENT_ID", server.word("clientId"))
        monkeypatch.setenv("SHOP_CLIENT_SECRET", server.word("clientSecret"))
        space: dict[str, Any] = {"__name__": "shop"}
        for program in re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL):
            exec(program, space)  # noqa: S102 - the page's own programs
        space["patient"].close()


def untold() -> Iterator[tuple[str, str, frozenset[str]]]:
    """Return each class whose values answers hold, where they stand, and the fields that are not told of them."""
    shapes: list[Shape] = []
    for operation in RESOURCES:
        contents = [each.content for each in operation.responses.values() if operation.name != "listEventTypes"]
        shapes += [each.entry if isinstance(each, Listing) else each for each in contents if each is not None]  # type: ignore[misc]  # our own operations answer with shapes
    for shape in shapes:
        shapes += [each.shape for each in shape.members if each.shape is not None and each.shape not in shapes]
        nodes = [reader_of(shape).__self__]  # type: ignore[attr-defined]  # the method of a node
        for node in nodes:
            told = {leaf.field for leaf in node.leaves} | {field for field, _, _ in node.nodes}
            place = " in a timeline" if shape.name == "ShipmentTimeline" else ""
            yield node.kind.__name__, place, frozenset(each.name for each in attrs.fields(node.kind)) - told
            nodes += [below for _, below, _ in node.nodes]


def test_the_table_has_each_field_that_is_not_told() -> None:
    """Neither less nor more than what the shapes leave out."""
    rows = re.findall(r"^\| `(\w+)`( in a timeline)? \| (`.*`) \|$", PAGE, re.MULTILINE)
    written = {(name, place, frozenset(re.findall(r"`(\w+)`", fields))) for name, place, fields in rows}

    assert written == {(name, place, fields - {"tenant"}) for name, place, fields in untold() if fields - {"tenant"}}


def test_the_figures_are_those_of_the_code() -> None:
    """Five tries, a quarter of a second, a minute."""
    usual = Retries()

    assert "five times in all" in PAGE
    assert (usual.attempts, usual.first_wait, usual.longest_wait) == (5, 0.25, 60)

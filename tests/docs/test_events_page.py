"""The page on events is the catalogue, written out: every type, every field, every example."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from vectis_core import Event
from vectis_core.events import Subject
from vectis_core.webhooks.catalogue import CATALOGUE, EventKind
from vectis_core.webhooks.sending import body_of

PAGE = Path(__file__).parents[2] / "docs" / "events.md"


def type_of(field: Mapping[str, Any]) -> str:
    """Return a field's type in words."""
    if "enum" in field:
        return ", ".join(f"`{'null' if value is None else value}`" for value in field["enum"])
    kinds = field["type"] if isinstance(field["type"], list) else [field["type"]]
    return " or ".join(kinds)


def rows(schema: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Return a row for each field, and below a list for each field of its entries."""
    for name, field in schema["properties"].items():
        yield f"| `{prefix}{name}` | {type_of(field)} | {field['description']} |"
        if "items" in field:
            yield from rows(field["items"], f"{prefix}{name}[].")


def section(kind: EventKind) -> str:
    """Return the part of the page on one type."""
    example = Event(
        tenant="default",
        id="019bfa2c-d200-7000-8000-00000000002a",
        type=kind.type,
        subject=Subject.ORDER,
        subject_id="",
        sequence=3,
        at=datetime(2026, 1, 27, 14, 30, tzinfo=UTC),
        actor="",
        data=kind.example,
    )
    body = json.dumps(json.loads(body_of(example)), indent=2)
    table = "\n".join(["| field of `data` | type | meaning |", "|---|---|---|", *rows(kind.schema)])
    return f"## {kind.type}\n\n{kind.description}.\n\n{table}\n\n```json\n{body}\n```\n"


def test_the_page_is_the_catalogue() -> None:
    """Below its introduction the page has a section for each type, in the catalogue's order, and nothing else."""
    introduction, *_ = PAGE.read_text("utf-8").partition("\n## ")

    assert PAGE.read_text("utf-8") == "\n".join([introduction, *map(section, CATALOGUE)])


def test_every_type_is_in_the_introduction() -> None:
    """The table at the top names every type once, with a link to its section."""
    introduction, *_ = PAGE.read_text("utf-8").partition("\n## ")
    listed = [line for line in introduction.splitlines() if line.startswith("| [")]

    assert listed == [f"| [{kind.type}](#{kind.type.replace('.', '')}) | {kind.description} |" for kind in CATALOGUE]

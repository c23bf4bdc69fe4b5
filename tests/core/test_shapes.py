"""Shapes: what a declaration shows, and that its schema describes exactly that."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from vectis_core.json_writer import write_json
from vectis_core.shapes import Member, Shape, Spread, or_null


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@attrs.frozen
class Part:
    """A part."""

    #: How long,
    #: in ``mm``.
    length: Decimal
    made_at: datetime | None


@attrs.frozen
class Toy:
    """A toy, with its parts.

    More about it.
    """

    name: str
    colour: Colour | None
    parts: tuple[Part, ...]
    best: Part | None
    tags: tuple[str, ...]
    notes: dict[str, str]
    secret: str | None

    @property
    def size(self) -> int:
        """How many parts."""
        return len(self.parts)


PART = Shape.of(Part, "Part", "length", "made_at")
TOY = Shape.of(
    Toy,
    "Toy",
    "name",
    "colour",
    "size",
    Member("parts", "parts", PART),
    Member("best", "best", PART),
    Member("bestLength", "best.length"),
    Member("bestMadeAt", "best.made_at", convert=datetime.isoformat, schema={"type": "string"}),
    "tags",
    Member("secret", "secret", is_left_out=True),
    spread=Spread("notes", {"type": "string"}),
)

moments = st.none() | st.datetimes(min_value=datetime(1900, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - it takes no zone
parts = st.builds(Part, length=st.decimals(0, 100, places=3), made_at=moments)
toys = st.builds(
    Toy,
    name=st.text(),
    colour=st.none() | st.sampled_from(Colour),
    parts=st.lists(parts).map(tuple),
    best=st.none() | parts,
    tags=st.lists(st.text()).map(tuple),
    notes=st.dictionaries(st.sampled_from(["x", "y"]), st.text()),
    secret=st.none() | st.text(),
)


def _wire(part: Part | None) -> Any:
    if part is None:
        return None
    return {"length": part.length, "madeAt": part.made_at and part.made_at.isoformat()[:19] + "Z"}


@given(toys)
def test_a_value_is_shown_member_by_member(toy: Toy) -> None:
    """Names, order, moments, what lies behind a None, what is left out and what is spread."""
    best = toy.best
    expected = {
        "name": toy.name,
        "colour": toy.colour,
        "size": len(toy.parts),
        "parts": [_wire(part) for part in toy.parts],
        "best": _wire(best),
        "bestLength": best and best.length,
        "bestMadeAt": best and best.made_at and best.made_at.isoformat(),
        "tags": toy.tags,
        **toy.notes,
        **({"secret": toy.secret} if toy.secret is not None else {}),
    }

    assert list(TOY.show(toy).items()) == list(expected.items())


@given(toys)
def test_what_is_shown_fits_the_schema(toy: Toy) -> None:
    """The schema of the same declaration accepts it, as JSON, with no member beyond those that it names."""
    import simplejson

    schemas = {"Part": {**PART.schema(dict), "additionalProperties": False}}
    schema = TOY.schema(lambda shape: schemas[shape.name])

    Draft202012Validator(schema).validate(simplejson.loads(write_json(TOY.show(toy))))


def test_a_schema_says_what_the_types_and_comments_say() -> None:
    """Types, words, what may be null, what may be missing, and what each is for."""
    schema = TOY.schema(lambda shape: {"$ref": f"#/{shape.name}"})

    assert schema["description"] == "A toy, with its parts."
    assert schema["properties"]["colour"] == {"type": ["string", "null"], "enum": ["red", "blue", None]}
    assert schema["properties"]["parts"] == {"type": "array", "items": {"$ref": "#/Part"}}
    assert schema["properties"]["best"] == {"anyOf": [{"$ref": "#/Part"}, {"type": "null"}]}
    assert schema["properties"]["bestLength"]["type"] == ["number", "null"]
    assert schema["properties"]["size"] == {"type": "integer"}
    assert "secret" not in schema["required"]
    assert schema["additionalProperties"] == {"type": "string"}
    assert PART.schema(dict)["properties"]["length"] == {"type": "number", "description": "How long, in `mm`."}


def test_a_member_that_the_class_does_not_have_is_a_mistake() -> None:
    """A declaration is compiled when it is made, so that a wrong name is told then and not when it is asked for."""
    with pytest.raises(KeyError, match="colours"):
        Shape.of(Toy, "Toy", "colours")


def test_or_null_keeps_what_is_known() -> None:
    """The words of a list stay, with null among them."""
    assert or_null({"type": "string", "maxLength": 3}) == {"type": ["string", "null"], "maxLength": 3}

"""How values are shown in JSON: one declaration each, of which both what shows and the JSON Schema are made.

A shape names the members of a JSON object and where in a value each comes from; what a member is follows from the
value's own types. A declaration is compiled into one plain function, as attrs compiles its methods: an order is shown
at the cost of writing the same function by hand.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any

import attrs

from vectis_core.checking import wire_name
from vectis_core.clock import to_wire
from vectis_core.constraints import Schema
from vectis_core.field_comments import comment_on

#: A JSON object as the standard library takes it.
Wire = dict[str, Any]
#: Returns what stands for a shape in a schema: a reference, where shapes are kept by name.
Refer = Callable[["Shape"], Schema]

_TEXT: Schema = {"type": "string"}
_SCHEMAS: tuple[tuple[type, Schema], ...] = (
    (bool, {"type": "boolean"}),
    (int, {"type": "integer"}),
    (Decimal, {"type": "number"}),
    (datetime, {"type": "string", "format": "date-time"}),
    (str, _TEXT),
    (Mapping, {"type": "object"}),
)


@attrs.frozen
class Member:
    """One member of an object: its name, where its value comes from, and how that is shown."""

    name: str
    #: Attributes from the value on, with dots between them; what lies behind a ``None`` is ``null``.
    source: str
    #: How the value is shown that stands there, or each of a tuple of them.
    shape: Shape | None = None
    #: What makes of the value what is shown; it never gets ``None``.
    convert: Callable[[Any], Any] | None = None
    #: What *convert* makes, or what is known beyond the value's type.
    schema: Mapping[str, Any] | None = None
    #: What it means, where the comment on the attribute does not say it.
    description: str | None = None
    #: Whether it is left out where there is no value; else it is ``null``.
    is_left_out: bool = False


@attrs.frozen
class Spread:
    """Members of any name that a mapping of the value has, beside the object's own."""

    source: str
    schema: Mapping[str, Any]


@attrs.frozen(eq=False)
class Shape:
    """How values of one class are shown."""

    #: The name of its schema.
    name: str
    kind: type
    members: tuple[Member, ...]
    spread: Spread | None
    #: Shows a value.
    show: Callable[[Any], Wire] = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "show", _compiled(self))

    @classmethod
    def of(cls, kind: type, name: str, *members: str | Member, spread: Spread | None = None) -> Shape:
        """Return the shape of values of class *kind*; a member that is a mere attribute is given by its name."""
        return cls(name, kind, tuple(_member(each) for each in members), spread)

    def below(self, source: str) -> Iterator[Member]:
        """Return the members for the shape of something that has a value of this one's class at *source*."""
        return (attrs.evolve(each, source=f"{source}.{each.source}") for each in self.members)

    def schema(self, refer: Refer) -> Schema:
        """Return the JSON Schema of what ``show`` returns."""
        properties = {each.name: _schema_of(self.kind, each, refer) for each in self.members}
        schema: Schema = {"type": "object", "description": _sentence(self.kind.__doc__), "properties": properties}
        schema["required"] = [each.name for each in self.members if not each.is_left_out]
        if self.spread is not None:
            schema["additionalProperties"] = dict(self.spread.schema)
        return schema


def or_null(schema: Schema) -> Schema:
    """Return the schema of what *schema* describes or ``null``."""
    if "$ref" in schema:
        return {"anyOf": [schema, {"type": "null"}]}
    told = {**schema, "type": [schema["type"], "null"]}
    return {**told, "enum": [*schema["enum"], None]} if "enum" in schema else told


def _member(given: str | Member) -> Member:
    return Member(wire_name(given), given) if isinstance(given, str) else given


def _sentence(text: str | None) -> str:
    """Return the first paragraph of a docstring on one line."""
    return " ".join((text or "").partition("\n\n")[0].split())


@cache
def _hints(kind: type) -> Mapping[str, Any]:
    return typing.get_type_hints(kind)


@attrs.frozen
class Step:
    """One attribute on the way to a value."""

    owner: type
    name: str
    #: Its type without ``None``.
    type: Any
    nullable: bool


def steps_of(kind: type, source: str) -> list[Step]:
    """Return the way from a value of *kind* to what stands at *source*."""
    steps: list[Step] = []
    for name in source.split("."):
        held = getattr(kind, name, None)
        hint = _hints(held.fget)["return"] if isinstance(held, property) and held.fget else _hints(kind)[name]
        nullable = False
        if typing.get_origin(hint) in {typing.Union, types.UnionType}:
            [hint] = [each for each in typing.get_args(hint) if each is not type(None)]
            nullable = True
        steps.append(Step(kind, name, hint, nullable))
        kind = hint
    return steps


def _schema_of(kind: type, member: Member, refer: Refer) -> Schema:
    steps = steps_of(kind, member.source)
    last = steps[-1]
    if member.shape is not None:
        schema = refer(member.shape)
        if typing.get_origin(last.type) is tuple:
            schema = {"type": "array", "items": schema}
    else:
        schema = {**({} if member.convert else _schema_of_type(last.type)), **(member.schema or {})}
    if any(step.nullable for step in steps) and not member.is_left_out:
        schema = or_null(schema)
    meaning = member.description or comment_on(last.owner, last.name)
    return {**schema, "description": meaning} if meaning else schema


def _schema_of_type(hint: Any) -> Schema:
    if typing.get_origin(hint) is tuple:
        return {"type": "array", "items": _schema_of_type(typing.get_args(hint)[0])}
    kind = typing.get_origin(hint) or hint
    if issubclass(kind, StrEnum):
        return {"type": "string", "enum": [str(each) for each in kind]}
    return next(dict(schema) for known, schema in _SCHEMAS if issubclass(kind, known))


def _compiled(shape: Shape) -> Callable[[Any], Wire]:
    """Return the function that shows values of *shape*, made of its declaration."""
    names: dict[str, Any] = {"to_wire": to_wire}
    always = [each for each in shape.members if not each.is_left_out]
    entries = [f"{each.name!r}: {_shown(shape.kind, each, names)}" for each in always]
    if shape.spread is not None:
        entries.append(f"**value.{shape.spread.source}")
    lines = [f"shown = {{{', '.join(entries)}}}"]
    for each in shape.members:
        if each.is_left_out:
            lines += [
                f"if value.{each.source} is not None:",
                f"    shown[{each.name!r}] = {_shown(shape.kind, each, names)}",
            ]
    source = "\n    ".join(["def show(value):", *lines, "return shown"])
    exec(compile(source, f"<shape {shape.name}>", "exec"), names)  # noqa: S102 - of names in our own declarations
    made: Callable[[Any], Wire] = names["show"]
    return made


def _shown(kind: type, member: Member, names: dict[str, Any]) -> str:
    """Return the expression that shows a member; what it calls is put into *names*."""
    steps = steps_of(kind, member.source)
    held = f"value.{member.source}"
    last = steps[-1]
    told = f"it_{len(names)}" if last.nullable else held
    shown = told
    if member.shape is not None or member.convert is not None:
        show = f"show_{len(names)}"
        names[show] = member.shape.show if member.shape is not None else member.convert
        is_list = member.shape is not None and typing.get_origin(last.type) is tuple
        shown = f"[{show}(each) for each in {told}]" if is_list else f"{show}({told})"
    elif last.type is datetime:
        shown = f"to_wire({told})"
    if shown == told:
        shown = held
    elif last.nullable:
        shown = f"({shown} if ({told} := {held}) is not None else None)"
    path = "value"
    for step in steps[:-1]:
        path += f".{step.name}"
        if step.nullable:
            shown = f"(None if {path} is None else {shown})"
    return shown

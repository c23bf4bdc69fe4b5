"""Decodes JSON values into the core's input classes, strictly, and names everything that is wrong by JSON path.

One cattrs converter, whose hooks come from the classes alone: names by ``wire_name``, every
``Annotated[type, constraint]`` judged by that very constraint, nothing coerced, unknown fields refused. It is
built twice: once to be quick, which stops at the first fault without saying where, and once to be thorough, which
runs only on input that the quick one refused.
"""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar

import attrs
from cattrs import Converter
from cattrs.errors import ClassValidationError, ForbiddenExtraKeysError
from cattrs.gen import make_dict_structure_fn, override

from vectis_core.checking import Unset, wire_name
from vectis_core.constraints import Constraint
from vectis_core.errors import FieldProblem, ValidationError
from vectis_http.json_codec import shown

T = TypeVar("T")
Hook = Callable[[Any, Any], Any]

#: How many faults of one body are told; the rest would only make the answer as large as the question.
_MOST_TOLD = 100
#: RFC 3339, section 5.6.
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


class _FaultsError(Exception):
    """What is wrong with a value and what lies in it; paths are relative to the value."""

    def __init__(self, problems: list[FieldProblem]) -> None:
        super().__init__(problems)
        self.problems = problems

    @classmethod
    def of(cls, message: str) -> _FaultsError:
        return cls([FieldProblem("", message)])


def decode(cls: type[T], value: Any) -> T:
    """Return the JSON value *value* as a *cls*; raises ``ValidationError`` with all that is wrong with it."""
    kind: Any = cls
    try:
        decoded: T = _hook_of(kind)(value, kind)
    except (_FaultsError, KeyError, ForbiddenExtraKeysError, ValidationError):
        return _decode_telling_faults(cls, value)
    return decoded


def moment_of(text: str) -> datetime | None:
    """Return the moment that *text* names in the form of RFC 3339, in UTC, or ``None`` where it names none."""
    if _RFC_3339.fullmatch(text) is None:
        return None
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


@cache
def _hook_of(cls: Any) -> Hook:
    hook: Hook = _QUICK.get_structure_hook(cls)
    return hook


def _decode_telling_faults(cls: type[T], value: Any) -> T:
    try:
        return _THOROUGH.structure(value, cls)
    except _FaultsError as faults:
        problems = [
            FieldProblem(p.field, p.message if p.field else f"The body {p.message}")
            for p in faults.problems[:_MOST_TOLD]
        ]
        raise ValidationError(problems) from None


def _build(*, thorough: bool) -> Converter:
    converter = Converter(detailed_validation=thorough, forbid_extra_keys=True)
    converter.register_structure_hook_factory(attrs.has, lambda cls: _object_hook(converter, cls))
    converter.register_structure_hook_factory(_is_union, lambda hint: _union_hook(converter, hint))
    converter.register_structure_hook_factory(_is_constrained, lambda hint: _constrained_hook(converter, hint))
    return converter


def _is_union(hint: Any) -> bool:
    return typing.get_origin(hint) in {typing.Union, types.UnionType}


def _is_constrained(hint: Any) -> bool:
    return typing.get_origin(hint) is typing.Annotated


def _object_hook(converter: Converter, cls: type) -> Hook:
    names: dict[str, Any] = {f.name: override(rename=wire_name(f.name)) for f in attrs.fields(cls)}
    structure: Hook = make_dict_structure_fn(cls, converter, **names)

    def quick(value: Any, _: Any) -> Any:
        if type(value) is not dict:
            raise _FaultsError.of("must be an object")
        return structure(value, cls)

    def thorough(value: Any, _: Any) -> Any:
        try:
            return quick(value, cls)
        except ClassValidationError as group:
            raise _FaultsError(list(_problems_of(group))) from None

    return thorough if converter.detailed_validation else quick


def _problems_of(group: ClassValidationError) -> Iterator[FieldProblem]:
    told, untold = group.group_exceptions()
    for error, note in told:
        wire = wire_name(note.name)
        if isinstance(error, _FaultsError):
            yield from _below(wire, error)
        elif isinstance(error, KeyError):
            yield FieldProblem(wire, "is required")
        else:
            raise error
    for error in untold:
        if not isinstance(error, ForbiddenExtraKeysError):
            raise error
        for name in sorted(error.extra_fields):
            yield FieldProblem(shown(name), "is not a known field")


def _below(path: str, faults: _FaultsError) -> Iterator[FieldProblem]:
    """Return what is wrong with the value at *path*, by paths that start there."""
    for problem in faults.problems:
        dot = "." if problem.field and not problem.field.startswith("[") else ""
        yield FieldProblem(f"{path}{dot}{problem.field}", problem.message)


def _union_hook(converter: Converter, hint: Any) -> Hook:
    """Return how ``T | None``, ``T | Unset`` or both is decoded; that a field is left out is no value at all."""
    members = typing.get_args(hint)
    inner_hint = next(m for m in members if m is not type(None) and m is not Unset)
    inner = converter.get_structure_hook(inner_hint)
    if type(None) not in members:
        return lambda value, _: inner(value, inner_hint)
    return lambda value, _: None if value is None else inner(value, inner_hint)


def _constrained_hook(converter: Converter, hint: Any) -> Hook:
    kind, constraint = typing.get_args(hint)[:2]
    if typing.get_origin(kind) is tuple:
        return _list_hook(converter, typing.get_args(kind)[0], constraint)
    if kind is Decimal:
        return _number_hook(constraint)
    problem_of = constraint.problem
    given: Callable[[Any], Any] | None = _moment if kind is datetime else None

    def hook(value: Any, _: Any) -> Any:
        value = given(value) if given is not None else value
        problem = problem_of(value)
        if problem is not None:
            raise _FaultsError.of(problem)
        return value

    return hook


def _moment(value: Any) -> Any:
    return moment_of(value) if isinstance(value, str) else value


def _number_hook(constraint: Constraint) -> Hook:
    problem_of = constraint.problem

    def hook(value: Any, _: Any) -> Any:
        number = Decimal(value) if type(value) is int else value
        problem = problem_of(number)
        if problem is not None:
            raise _FaultsError.of(problem)
        return number

    return hook


def _list_hook(converter: Converter, entry_hint: Any, constraint: Constraint) -> Hook:
    entry_hook = converter.get_structure_hook(entry_hint)
    problem_of = constraint.problem

    def check(value: Any) -> None:
        problem = problem_of(tuple(value) if type(value) is list else None)
        if problem is not None:
            raise _FaultsError.of(problem)

    def quick(value: Any, _: Any) -> Any:
        check(value)
        return tuple([entry_hook(entry, entry_hint) for entry in value])

    def thorough(value: Any, _: Any) -> Any:
        check(value)
        entries = []
        problems: list[FieldProblem] = []
        for index, entry in enumerate(value):
            try:
                entries.append(entry_hook(entry, entry_hint))
            except _FaultsError as faults:
                problems += _below(f"[{index}]", faults)
        if problems:
            raise _FaultsError(problems)
        return tuple(entries)

    return thorough if converter.detailed_validation else quick


_QUICK = _build(thorough=False)
_THOROUGH = _build(thorough=True)

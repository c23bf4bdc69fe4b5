"""Checks a value object against the constraints of its class, and names what is wrong by JSON path.

A class declares each field as ``Annotated[type, constraint]``; fields that are classes themselves, or lists of
them, are checked in depth. The plan for a class is made once and kept.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable
from operator import attrgetter
from typing import Any

import attrs

from vectis_core.constraints import Constraint, Text
from vectis_core.errors import FieldProblem, ValidationError


class Unset:
    """The type of ``UNSET``: a field that a partial update does not mention, unlike one set to ``None``."""

    _only: Unset | None = None

    def __new__(cls) -> Unset:
        """Return the one instance."""
        if cls._only is None:
            cls._only = super().__new__(cls)
        return cls._only

    def __repr__(self) -> str:
        return "UNSET"

    def __bool__(self) -> bool:
        return False


#: Stands in a partial update for a field that it does not mention, unlike one set to ``None``.
UNSET = Unset()

#: Says why a value is refused, or ``None``.
Problem = Callable[[Any], str | None]


def wire_name(name: str) -> str:
    """Return the JSON name of a Python name: ``unit_price`` as ``unitPrice``."""
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)


@attrs.frozen
class FieldPlan:
    """How one field is checked."""

    name: str
    wire: str
    constraint: Constraint | None
    #: The class of the field, or of the list's entries, where that is a value object.
    nested: type | None
    #: The rule for each entry of a list of plain values.
    entry: Constraint | None
    is_list: bool
    nullable: bool
    omissible: bool


def _unwrap(hint: Any) -> tuple[Any, bool, bool]:
    """Return the type without ``None`` and ``Unset``, and whether it had each."""
    if typing.get_origin(hint) in {typing.Union, types.UnionType}:
        members = typing.get_args(hint)
        kept = [m for m in members if m is not type(None) and m is not Unset]
        return kept[0], type(None) in members, Unset in members
    return hint, False, False


_PLANS: dict[type, tuple[FieldPlan, ...]] = {}


def plan_of(cls: type) -> tuple[FieldPlan, ...]:
    """Return how the fields of *cls* are checked, in their order."""
    plans = _PLANS.get(cls)
    if plans is None:
        plans = _PLANS[cls] = _plan(cls)
    return plans


def _plan(cls: type) -> tuple[FieldPlan, ...]:
    hints = typing.get_type_hints(cls, include_extras=True)
    plans = []
    for field in attrs.fields(cls):
        hint, nullable, omissible = _unwrap(hints[field.name])
        constraint: Constraint | None = None
        if typing.get_origin(hint) is typing.Annotated:
            hint, constraint = typing.get_args(hint)[:2]
        is_list = typing.get_origin(hint) is tuple
        inner = typing.get_args(hint)[0] if is_list else hint
        entry: Constraint | None = None
        if is_list and typing.get_origin(inner) is typing.Annotated:
            inner, entry = typing.get_args(inner)[:2]
        nested = inner if isinstance(inner, type) and attrs.has(inner) else None
        wire = wire_name(field.name)
        plans.append(FieldPlan(field.name, wire, constraint, nested, entry, is_list, nullable, omissible))
    return tuple(plans)


@attrs.frozen
class _Checker:
    """How the values of a class are checked: what reads all fields at once, and what judges each."""

    read: Callable[[Any], tuple[Any, ...]]
    #: The judge of each field, whether ``None`` is fine, the bounds of a text's length, and the plan.
    fields: list[tuple[Problem, bool, tuple[int, int] | None, FieldPlan]]


_CHECKERS: dict[type, _Checker] = {}


def _nothing_wrong(_value: Any) -> None:
    return


def _checker(cls: type) -> _Checker:
    plans = plan_of(cls)
    fields: list[tuple[Problem, bool, tuple[int, int] | None, FieldPlan]] = []
    for plan in plans:
        rule = plan.constraint
        judge: Problem = rule.problem if rule is not None else _nothing_wrong
        bounds = (rule.shortest, rule.longest) if isinstance(rule, Text) else None
        fields.append((judge, plan.nullable, bounds, plan))
    return _Checker(_reader(plans), fields)


def _reader(plans: tuple[FieldPlan, ...]) -> Callable[[Any], tuple[Any, ...]]:
    """Return what reads all fields of a value at once."""
    names = [plan.name for plan in plans]
    if len(names) > 1:
        return attrgetter(*names)
    return lambda value: tuple(getattr(value, name) for name in names)


def problems_of(value: Any, path: str = "") -> list[FieldProblem]:
    """Return everything wrong with the value object *value*, whose own JSON path is *path*."""
    cls = type(value)
    checker = _CHECKERS.get(cls)
    if checker is None:
        checker = _CHECKERS[cls] = _checker(cls)
    found: list[FieldProblem] = []
    # strict=False: the two have one length by construction, and this runs for every field of every order.
    for (judge, nullable, bounds, plan), held in zip(checker.fields, checker.read(value), strict=False):
        if held is None and nullable:
            continue
        # Most values are ordinary texts, and this says so without a call.
        if (
            bounds is not None
            and type(held) is str
            and bounds[0] <= len(held) <= bounds[1]
            and held.isprintable()
            and not held.isspace()
        ):
            continue
        problem = judge(held)
        if problem is None:
            if plan.nested is not None or plan.entry is not None:
                found += _problems_within(plan, held, _joined(path, plan.wire))
        elif held is not UNSET or not plan.omissible:
            found.append(FieldProblem(_joined(path, plan.wire), problem))
    return found


def _joined(path: str, wire: str) -> str:
    return f"{path}.{wire}" if path else wire


def _problems_within(plan: FieldPlan, held: Any, path: str) -> list[FieldProblem]:
    if held is UNSET:
        return [] if plan.omissible else [FieldProblem(path, "must be an object")]
    if not plan.is_list:
        return _problems_of_one(plan, held, path)
    found: list[FieldProblem] = []
    for index, entry in enumerate(held):
        found += _problems_of_one(plan, entry, f"{path}[{index}]")
    return found


def _problems_of_one(plan: FieldPlan, entry: Any, path: str) -> list[FieldProblem]:
    if plan.entry is not None:
        problem = plan.entry.problem(entry)
        return [FieldProblem(path, problem)] if problem is not None else []
    if plan.nested is not None and isinstance(entry, plan.nested):
        return problems_of(entry, path)
    return [FieldProblem(path, "must be an object")]


def check(value: Any) -> None:
    """Raise ``ValidationError`` with everything that is wrong with the value object *value*."""
    found = problems_of(value)
    if found:
        raise ValidationError(found)


_CANONICAL: dict[type, Callable[[Any], tuple[Any, ...]]] = {}


def _canonical(cls: type) -> Callable[[Any], tuple[Any, ...]]:
    plans = plan_of(cls)
    read = _reader(plans)
    nested = [(index, plan) for index, plan in enumerate(plans) if plan.nested is not None]

    def canonical(value: Any) -> tuple[Any, ...]:
        flat = list(read(value))
        for index, plan in nested:
            held = flat[index]
            if held is None or held is UNSET:
                continue
            flat[index] = tuple(map(canonical_form, held)) if plan.is_list else canonical_form(held)
        return tuple(flat)

    return canonical


def canonical_form(value: Any) -> tuple[Any, ...]:
    """Return the value object as nested tuples, equal exactly where two values mean the same."""
    cls = type(value)
    form = _CANONICAL.get(cls)
    if form is None:
        form = _CANONICAL[cls] = _canonical(cls)
    return form(value)

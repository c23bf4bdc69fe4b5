"""Values that are refused, each with the one field that is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import attrs
from hypothesis import strategies as st

from vectis_core.checking import UNSET, FieldPlan, plan_of
from vectis_core.constraints import (
    Constraint,
    CountryCode,
    CurrencyCode,
    Email,
    Flag,
    Many,
    Moment,
    Number,
    OneOf,
    Pattern,
    Text,
    TimeZoneName,
    Whole,
)
from vectis_core.events import EventFilter
from vectis_core.testing.strategies.inputs import of
from vectis_core.webhooks.addresses import WebhookUrl


@attrs.frozen
class Invalid:
    """A value that is refused, and why."""

    value: Any
    #: The path of the field that is wrong, as ``FieldProblem`` names it: ``items[0].unitPrice``.
    field: str


@attrs.frozen
class _Place:
    """A field within a value that a constraint is for."""

    field: str
    #: What the field must be.
    constraint: Constraint
    held: Any
    nullable: bool
    #: Returns the whole value with another one in this place.
    put: Callable[[Any], Any]


@st.composite
def invalid(draw: st.DrawFn, cls: type) -> Invalid:
    """Return values of a class of input in which exactly one field is wrong, at any depth."""
    value = draw(of(cls).filter(lambda drawn: any(True for _ in _places(drawn, "", _itself))))
    place = draw(st.sampled_from(list(_places(value, "", _itself))))
    wrong = _wrong(place.constraint, place.held)
    # What is to be a number is made one as the value is built, which None never lives to see.
    if not place.nullable and not isinstance(place.constraint, Number):
        wrong.append(None)
    return Invalid(place.put(draw(st.sampled_from(wrong))), place.field)


def _itself(value: Any) -> Any:
    return value


def _places(value: Any, path: str, put: Callable[[Any], Any]) -> Iterator[_Place]:
    """Yield every place of *value* that can be made wrong; *put* puts a changed *value* where it belongs."""
    for plan in plan_of(type(value)):
        held = getattr(value, plan.name)
        field = f"{path}.{plan.wire}" if path else plan.wire

        def changed(new: Any, name: str = plan.name) -> Any:
            return put(attrs.evolve(value, **{name: new}))

        if plan.constraint is not None:
            yield _Place(field, plan.constraint, held, plan.nullable, changed)
        if held is not None and held is not UNSET:
            yield from _within(plan, held, field, changed)


def _within(plan: FieldPlan, held: Any, field: str, put: Callable[[Any], Any]) -> Iterator[_Place]:
    if not plan.is_list:
        if plan.nested is not None:
            yield from _places(held, field, put)
        return
    for index, entry in enumerate(held):

        def changed(new: Any, index: int = index) -> Any:
            return put((*held[:index], new, *held[index + 1 :]))

        if plan.nested is not None:
            yield from _places(entry, f"{field}[{index}]", changed)
        elif plan.entry is not None:
            yield _Place(f"{field}[{index}]", plan.entry, entry, nullable=False, put=changed)


def _wrong(constraint: Constraint, held: Any) -> list[Any]:
    """Return values that *constraint* refuses; *held* is what it takes."""
    wrong: list[Any]
    match constraint:
        case Text(shortest, longest):
            wrong = ["x" * (longest + 1), "a\x00b", "\ud800", 5, *(["", " \n"] if shortest else [])]
        case OneOf():
            wrong = ["something else", "", 1]
        case Pattern() | EventFilter() | TimeZoneName():
            wrong = ["", "of no/such form\n", 1]
        case WebhookUrl():
            wrong = ["", "ftp://a.example/", "/hooks", "https://user@a.example/", "https://a.example/" + "x" * 2_048, 1]
        case Whole(least, most, but_zero):
            wrong = [least - 1, most + 1, True, "1", *([0] if but_zero else [])]
        case Number(least, below, places, above_least):
            finer = least + Decimal(1).scaleb(-places - 1)
            wrong = [below, least - 1, finer, *([least] if above_least else [])]
        case Many(fewest, most):
            too_many = [held[:1] * (most + 1)] if held else []
            wrong = ["no list", *([()] if fewest else []), *too_many]
        case Flag():
            wrong = [1, "true"]
        case Moment():
            wrong = [datetime(2026, 1, 26), "2026-01-26T12:00:00Z"]  # noqa: DTZ001 - that it has no zone is the fault
        case CurrencyCode() | CountryCode():
            wrong = ["us", "XXXX", "", 1]
        case Email():
            wrong = ["jane", "a@b@c", "a b@c", "@", "x" * 320 + "@b", 1]
        case _:
            raise LookupError(f"nothing is known to be wrong for {constraint}")
    return wrong

"""Query parameters: typed, checked, and refused by name where they are unknown or stand twice."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

import attrs

from vectis_core.checking import wire_name
from vectis_core.constraints import Constraint, Flag, Moment, OneOf, Pattern, Schema, Text, Whole
from vectis_core.errors import FieldProblem, ValidationError
from vectis_core.events import EventFilter, EventType
from vectis_core.orders import OrderStatus
from vectis_core.queries import OFFSET_MAX, PAGE_DEFAULT, PAGE_MAX
from vectis_core.webhooks.model import DeliveryStatus
from vectis_http.converter import moment_of
from vectis_http.json_codec import shown

_INTEGER = re.compile(r"-?[0-9]{1,20}", re.ASCII)


def _integer(text: str) -> int | None:
    return int(text) if _INTEGER.fullmatch(text) else None


def _flag(text: str) -> bool | None:
    return {"true": True, "false": False}.get(text)


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split(","))


@attrs.frozen
class Parameter:
    """One query parameter: how its text is read, what it must be, and what it is for."""

    #: The name that a handler gets it by; the query's own is its wire form.
    name: str
    #: Returns the value that a text means, or ``None`` where it means none.
    read: Callable[[str], Any]
    #: What is said of a text that means nothing.
    expected: str
    description: str
    constraint: Constraint
    default: Any = None
    #: Whether it is a list with commas, of which each entry is what the constraint says; a handler judges that.
    is_list: bool = False

    @property
    def wire(self) -> str:
        """The name in the query."""
        return wire_name(self.name)

    def schema(self) -> Schema:
        """Return what the parameter must be as a JSON Schema."""
        rule = self.constraint.schema()
        schema = {"type": "array", "items": rule} if self.is_list else rule
        return {**schema, "default": self.default} if isinstance(self.default, int) else schema


def _text(name: str, description: str, constraint: Constraint | None = None) -> Parameter:
    return Parameter(name, str, "must be text", description, constraint or Text(0, 255))


def _moment(name: str, description: str) -> Parameter:
    expected = "must be a time with a zone, such as 2026-01-26T12:00:00Z, with + written as %2B"
    return Parameter(name, moment_of, expected, description, Moment())


def _yes_or_no(name: str, description: str) -> Parameter:
    return Parameter(name, _flag, "must be true or false", description, Flag())


LIMIT = Parameter("limit", _integer, "must be an integer", "Entries on the page", Whole(1, PAGE_MAX), PAGE_DEFAULT)
OFFSET = Parameter("offset", _integer, "must be an integer", "Entries to skip", Whole(0, OFFSET_MAX), 0)
BEFORE = _text("before", "Only those older than the entry with this id, however many are added meanwhile")
PAGE = (LIMIT, OFFSET, BEFORE)
BEFORE_MOVEMENT = _text(
    "before", "Only those with a smaller sequence", Pattern("[1-9][0-9]{0,17}", "the sequence of a movement")
)

SKU = _text("sku", "Only those with this SKU")
STATUS = _text("status", "Only orders of this status", OneOf(tuple(str(s) for s in OrderStatus)))
EXTERNAL_ID = _text("external_id", "Only the order with this id of the caller's own")
CUSTOMER_ID = _text("customer_id", "Only this customer's orders")
CREATED_AFTER = _moment("created_after", "Only what was created at this moment or later")
CREATED_BEFORE = _moment("created_before", "Only what was created before this moment")
DELIVERY_STATUS = _text("status", "Only deliveries of this status", OneOf(tuple(str(s) for s in DeliveryStatus)))
EVENT = _text("event", "Only deliveries of this type of event", OneOf(tuple(str(t) for t in EventType)))
WAREHOUSE_ID = _text("warehouse_id", "Only those in this warehouse")
LOW = _yes_or_no("low", "Only those that are below their reorder point, or only those that are not")
SEARCH = _text("q", "Only those with this text in their SKU or name")
ACTIVE = _yes_or_no("active", "Only those that are active, or only those that are not")
TENANT = _text("tenant", "Whose it is, where the host does not say so; `default` where left out")
AFTER = _text("after", "The cursor to go on from; the feed's beginning where left out")
TYPES = Parameter(
    "types",
    _words,
    "must be text",
    "Only events of these types, or groups of them, separated by commas",
    EventFilter(),
    default=(),
    is_list=True,
)


class QueryReader:
    """Reads the query of one operation."""

    def __init__(self, parameters: tuple[Parameter, ...]) -> None:
        self._parameters = {parameter.wire: parameter for parameter in parameters}
        self._defaults = {parameter.name: parameter.default for parameter in parameters}

    def read(self, query: str) -> Mapping[str, Any]:
        """Return each parameter's value by name; raises ``ValidationError`` with all that is wrong."""
        values = dict(self._defaults)
        if not query:
            return values
        problems: list[FieldProblem] = []
        seen = set()
        for pair in query.split("&"):
            if not pair:
                continue
            raw_name, _, raw_text = pair.partition("=")
            name, text = _decoded(raw_name), _decoded(raw_text)
            parameter = self._parameters.get(name or "")
            problem: str | None = None
            if name in seen:
                problem = "must not be given twice"
            elif parameter is None:
                problem = "is not a known query parameter"
            else:
                value, problem = _value_of(parameter, text)
                values[parameter.name] = value
            if problem is not None:
                problems.append(FieldProblem(shown(name if name is not None else raw_name), problem))
            seen.add(name)
        if problems:
            raise ValidationError(problems[:100])
        return values


def _decoded(raw: str) -> str | None:
    """Return what a percent-encoded piece of a query says, or ``None`` where it is not UTF-8."""
    if "%" not in raw and "+" not in raw and raw.isascii():
        return raw
    try:
        return unquote_to_bytes(raw.replace("+", " ")).decode("utf-8")
    except UnicodeError:
        return None


def _value_of(parameter: Parameter, text: str | None) -> tuple[Any, str | None]:
    if text is None:
        return None, "must be percent-encoded UTF-8"
    value = parameter.read(text)
    if value is None:
        return None, parameter.expected
    return value, None if parameter.is_list else parameter.constraint.problem(value)

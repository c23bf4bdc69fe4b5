"""The one reader of JSON; ``vectis_core.json_writer`` is the one writer.

It takes what RFC 8259 and I-JSON (RFC 7493) allow and nothing else: Python's own takes duplicate keys,
NaN, UTF-16 and lone surrogates, turns ``1e400`` into infinity, and fails on deep nesting and long numbers with
errors of four different kinds. Numbers are exact throughout: ``int`` or ``Decimal``, never a float.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from vectis_core.constraints import unstorable
from vectis_core.errors import FieldProblem, ValidationError

#: How deep arrays and objects may lie in one another; nothing the API takes lies deeper than 3.
NESTING_MAX = 32
#: No number of the API has as many characters.
_NUMBER_MAX = 64

#: A string, whole or broken off, or a bracket. Possessive, so that hostile input costs no backtracking.
_STRING_OR_BRACKET = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)


def read_json(body: bytes) -> Any:
    """Return what *body* says; raises ``ValidationError`` for anything that is not sound JSON in UTF-8."""
    _check_nesting(body)
    try:
        value = _DECODER.decode(body.decode("utf-8"))
    except UnicodeDecodeError:
        raise _refused("must be JSON in UTF-8") from None
    except json.JSONDecodeError as error:
        raise _refused(f"must be JSON: {error.msg} at character {error.pos}") from None
    if b"\\u" in body:
        problem = _unstorable_within(value, "")
        if problem is not None:
            raise ValidationError([problem])
    return value


def shown(text: str) -> str:
    """Return *text* of the caller's, such as an unknown field's name, short enough to be told back."""
    return text if len(text) <= 64 else text[:64] + "..."


def _refused(message: str) -> ValidationError:
    return ValidationError.of("", f"The body {message}")


def _check_nesting(body: bytes) -> None:
    if body.count(b"[") + body.count(b"{") <= NESTING_MAX:
        return
    depth = 0
    for found in _STRING_OR_BRACKET.finditer(body):
        first = found[0][0]
        if first in b"[{":
            depth += 1
            if depth > NESTING_MAX:
                raise _refused(f"must not be nested deeper than {NESTING_MAX}")
        elif first in b"]}":
            depth -= 1


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise ValidationError.of(shown(name), "must not appear twice in one object")
            seen.add(name)
    return members


def _integer(text: str) -> int:
    if len(text) > _NUMBER_MAX:
        raise _refused(f"must not have numbers of more than {_NUMBER_MAX} characters")
    return int(text)


def _decimal(text: str) -> Decimal:
    if len(text) > _NUMBER_MAX:
        raise _refused(f"must not have numbers of more than {_NUMBER_MAX} characters")
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise _refused("must not have numbers with such an exponent") from None
    return number or number.copy_abs()


def _no_constant(name: str) -> NoReturn:
    raise _refused(f"must be JSON, which has no {name}")


def _unstorable_within(value: Any, path: str) -> FieldProblem | None:
    """Return the first text in *value* that an escape made unfit to be kept."""
    if isinstance(value, str):
        problem = unstorable(value)
        return FieldProblem(path, problem) if problem is not None else None
    entries: list[tuple[str, Any]] = []
    if isinstance(value, dict):
        for name, member in value.items():
            if unstorable(name) is not None:
                return FieldProblem(path, "must not have a field with such a name")
            entries.append((f"{path}.{name}" if path else name, member))
    elif isinstance(value, list):
        entries = [(f"{path}[{index}]", entry) for index, entry in enumerate(value)]
    for where, entry in entries:
        problem_within = _unstorable_within(entry, where)
        if problem_within is not None:
            return problem_within
    return None


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_decimal, parse_constant=_no_constant
)

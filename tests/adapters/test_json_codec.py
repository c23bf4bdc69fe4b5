"""The one JSON reader and writer: what RFC 8259 allows, exactly, and nothing else."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vectis_core.errors import ValidationError
from vectis_core.json_writer import write_json
from vectis_http.json_codec import NESTING_MAX, read_json

_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
_numbers = st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=0, max_value=10**12)
_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | _numbers | _text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_text, inner, max_size=4),
    max_leaves=20,
)


@given(_values)
def test_what_is_written_is_read_again(value: Any) -> None:
    """Reading is the inverse of writing, for all values that the API can have."""
    assert read_json(write_json(value)) == value


@given(st.binary(max_size=60))
@example(b"\xef\xbb\xbf{}")
@example(b'{"a":1,"a":1}')
@example(b'"' + b'\\"' * 1000)
@example(b"-")
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    """Whatever comes is a value or a ValidationError, and what is read, Python's own parser reads too."""
    try:
        value = read_json(body)
    except ValidationError:
        return
    assert json.loads(body.decode(), parse_float=Decimal) == value


@given(st.integers(1, 80), st.sampled_from([b"[", b'{"a":']), _text)
def test_nesting_is_bounded_whatever_strings_hold(depth: int, opening: bytes, text: str) -> None:
    """As many levels are read as are allowed, and brackets in strings are no levels."""
    within = json.dumps(text + '[{"\\' * 40, ensure_ascii=False).encode()
    body = opening * depth + within + (b"]" if opening == b"[" else b"}") * depth
    if depth <= NESTING_MAX:
        assert read_json(body) is not None
    else:
        with pytest.raises(ValidationError, match="nested deeper"):
            read_json(body)


def test_siblings_are_no_nesting() -> None:
    """A long list of objects is flat."""
    assert len(read_json(b"[" + b",".join([b'{"a":[1]}'] * 1000) + b"]")) == 1000


@pytest.mark.parametrize(
    ("body", "value"),
    [(b"0.10", "0.10"), (b"1e2", "1E+2"), (b"-0.0", "0.0"), (b"29.99", "29.99"), (b"1e400", "1E+400")],
)
def test_numbers_with_a_point_or_exponent_are_decimals(body: bytes, value: str) -> None:
    """No number passes through a float; minus zero is zero."""
    number = read_json(body)
    assert isinstance(number, Decimal)
    assert str(number) == value


@pytest.mark.parametrize("body", [b"1", b"-7", b"123456789012345678901234567890"])
def test_other_numbers_are_integers(body: bytes) -> None:
    """Whole numbers of any size are exact."""
    number = read_json(body)
    assert type(number) is int
    assert str(number).encode() == body


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"a":{"b":["\\ud800"]}}', "a.b[0]"),
        (b'["\\u0000"]', "[0]"),
        (b'{"\\udfff":1}', ""),
        (b'{"a":1,"b":{"c":1,"c":2}}', "c"),
    ],
)
def test_what_an_escape_hides_is_found(body: bytes, field: str) -> None:
    """Lone surrogates, NUL and repeated names are refused, with where they are as far as it can be told."""
    with pytest.raises(ValidationError) as refused:
        read_json(body)
    assert refused.value.details["field"] == field


def test_a_repeated_name_is_found_among_very_many() -> None:
    """The name that stands twice is told, however many others there are."""
    members = [b'"name-%d":1' % number for number in range(50_000)]
    with pytest.raises(ValidationError) as refused:
        read_json(b"{" + b",".join([*members, members[-1]]) + b"}")
    assert refused.value.details["field"] == "name-49999"


def test_a_pair_of_surrogates_is_one_character() -> None:
    """Escapes in pairs are how JSON writes what lies beyond the basic plane."""
    assert read_json(b'"\\ud83d\\ude9a"') == "🚚"


def test_money_is_written_with_the_digits_it_has() -> None:
    """A Decimal is a number of JSON with exactly its digits; text stays as it is."""
    value = {"total": Decimal("60.00"), "yen": Decimal(60), "price": Decimal("0.0001"), "name": "Łódź/<>"}
    assert write_json(value) == '{"total":60.00,"yen":60,"price":0.0001,"name":"Łódź/<>"}'.encode()


def test_what_json_has_no_form_for_is_never_written() -> None:
    """NaN and unknown types are an error of ours, not a broken answer."""
    for value in (float("nan"), object(), {1, 2}):
        with pytest.raises((ValueError, TypeError)):
            write_json(value)

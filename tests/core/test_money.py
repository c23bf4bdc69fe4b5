"""Laws of money: exact, never a float, rounded half up once."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectis_core.errors import InexactNumber, ValidationError
from vectis_core.money import CURRENCIES, exact, line_total, tidy, total
from vectis_core.testing import strategies as shop


def rounded_half_up(value: Fraction, digits: int) -> Fraction:
    """Return *value* rounded to *digits* decimals, a half upwards, by whole numbers alone."""
    scale = 10**digits
    return Fraction((value * scale * 2 + 1).__floor__() // 2, scale)


@given(shop.quantities(), shop.prices(), shop.currencies())
def test_a_line_is_rounded_half_up_to_the_minor_unit(quantity: int, price: Decimal, currency: str) -> None:
    """A line's total is quantity times price, rounded half up once, with exactly the currency's digits."""
    digits = CURRENCIES[currency]
    result = line_total(quantity, price, currency)

    assert Fraction(result) == rounded_half_up(Fraction(price) * quantity, digits)
    assert -int(result.as_tuple().exponent) == digits


@given(st.lists(st.tuples(shop.quantities(), shop.prices()), max_size=500), shop.currencies())
def test_a_total_is_the_exact_sum(lines: list[tuple[int, Decimal]], currency: str) -> None:
    """A total is the sum of the lines to the last digit, however many and large, with the currency's digits."""
    amounts = [line_total(quantity, price, currency) for quantity, price in lines]
    result = total(amounts, currency)

    assert Fraction(result) == sum((Fraction(amount) for amount in amounts), Fraction(0))
    assert -int(result.as_tuple().exponent) == CURRENCIES[currency]


def test_a_tenth_and_two_tenths_are_three_tenths() -> None:
    """0.1 + 0.2 is 0.30 in dollars, and 60.00 is not 60."""
    tenth, fifth = line_total(1, exact("0.1", "p"), "USD"), line_total(1, exact("0.2", "p"), "USD")

    assert str(total([tenth, fifth], "USD")) == "0.30"
    assert str(line_total(2, exact(30, "p"), "USD")) == "60.00"
    assert str(line_total(2, exact(30, "p"), "JPY")) == "60"
    assert str(line_total(2, exact(30, "p"), "KWD")) == "60.000"


@pytest.mark.parametrize(
    ("price", "result"), [("0.005", "0.01"), ("0.0049", "0.00"), ("0.015", "0.02"), ("2.675", "2.68")]
)
def test_half_a_cent_is_rounded_up(price: str, result: str) -> None:
    """A half is rounded up, not to even, and what is less than half is rounded down."""
    assert str(line_total(1, exact(price, "p"), "USD")) == result


def test_rounding_happens_once_a_line() -> None:
    """Three pieces at a third of a cent are a cent: the product is rounded, not the price."""
    assert str(line_total(3, exact("0.0034", "p"), "USD")) == "0.01"


@given(st.floats())
def test_a_float_is_a_type_error(number: float) -> None:
    """No float is ever taken for money, whole ones, infinities and NaN included."""
    with pytest.raises(TypeError) as refused:
        exact(number, "unitPrice")
    assert isinstance(refused.value, InexactNumber)
    assert refused.value.details["field"] == "unitPrice"


@pytest.mark.parametrize("bad", ["", "x", "1,5", "1 000", True, False, None, [], b"1", 1j])
def test_what_is_no_number_is_refused(bad: object) -> None:
    """Text that is no decimal, and what is neither text nor a number, is refused by field name."""
    with pytest.raises(ValidationError) as refused:
        exact(bad, "unitPrice")
    assert refused.value.details["field"] == "unitPrice"


@given(shop.prices())
def test_only_significant_digits_are_kept(price: Decimal) -> None:
    """A price keeps its value and none of its trailing zeros, and is never written with an exponent."""
    padded = price.quantize(Decimal("0.000000"))

    assert tidy(padded) == price
    assert "E" not in str(tidy(padded))
    assert "." not in str(tidy(padded)) or not str(tidy(padded)).endswith("0")


@pytest.mark.parametrize("huge", ["1E+1000000", "1E-1000000", "NaN", "Infinity", "9" * 40])
def test_a_huge_number_is_not_spelt_out(huge: str) -> None:
    """Numbers that would take megabytes to write are passed on as they are, for a constraint to refuse."""
    assert str(exact(huge, "unitPrice")) == str(Decimal(huge))

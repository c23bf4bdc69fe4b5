"""Money: exact decimals, never a float; totals in the currency's minor unit, rounded half up.

Unit prices keep their significant digits (at most four decimals). A line's total is its quantity times its
unit price, rounded half up to the currency's minor unit (ISO 4217); an order's total is the sum of its lines'.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation

from vectis_core.errors import InexactNumber, ValidationError

_MINOR_DIGITS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF "
    "CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ "
    "GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD "
    "MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON "
    "RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS "
    "UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
#: Minor digits by currency code (ISO 4217).
CURRENCIES: dict[str, int] = {code: n for n, codes in _MINOR_DIGITS.items() for code in codes.split()}

_UNITS = {n: Decimal(1).scaleb(-n) for n in _MINOR_DIGITS}
#: Wide enough for 500 lines of 10^6 pieces at 10^9 with four decimals, without ever rounding silently.
_EXACT = Context(prec=40)


def exact(value: object, field: str) -> Decimal:
    """Return *value* as a decimal without an exponent or trailing zeros.

    Takes a Decimal, an int, or a decimal in text. A float raises ``InexactNumber`` (a ``TypeError``), because
    0.1 is not a tenth; anything else that is no number raises ``ValidationError`` for *field*.
    """
    if isinstance(value, float):
        message = "must be exact: give a Decimal, an int or a string, not a float"
        raise InexactNumber.of(field, message)
    if isinstance(value, bool) or not isinstance(value, (Decimal, int, str)):
        raise ValidationError.of(field, "must be a number")
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise ValidationError.of(field, "must be a number") from None
    return tidy(number)


def tidy(number: Decimal) -> Decimal:
    """Return *number* with its significant digits alone: 29.990 as 29.99, 6E+1 as 60, -0 as 0.

    Numbers beyond 30 digits or with a huge exponent are returned as they are, for a constraint to refuse:
    spelling out ``1E+1000000`` would be a memory bomb.
    """
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or not -30 <= exponent <= 30 or number.adjusted() > 30:
        return number
    plain = number.normalize(_EXACT) if number else Decimal(0)
    return plain.quantize(Decimal(1), context=_EXACT) if plain == plain.to_integral_value() else plain


def line_total(quantity: int, unit_price: Decimal, currency: str) -> Decimal:
    """Return what *quantity* pieces cost, rounded half up to the minor unit of *currency*."""
    price = _EXACT.multiply(unit_price, Decimal(quantity))
    return price.quantize(_UNITS[CURRENCIES[currency]], ROUND_HALF_UP, _EXACT)


def total(amounts: Iterable[Decimal], currency: str) -> Decimal:
    """Return the sum of *amounts*, with exactly the minor digits of *currency*."""
    result = _UNITS[CURRENCIES[currency]] * 0
    for amount in amounts:
        result = _EXACT.add(result, amount)
    return result

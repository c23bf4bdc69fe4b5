"""What a value of the input must be, declared once beside its type: ``Annotated[str, Text(1, 64)]``.

The same constraint checks a value given in process (``vectis_core.checking``), one decoded from JSON
(the HTTP converter), and describes it to the reader of the API. ``problem`` returns why a value is
refused, or ``None``; ``schema`` says the same as a JSON Schema.
"""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

import attrs

from vectis_core.money import CURRENCIES

#: A JSON Schema, 2020-12.
Schema = dict[str, Any]

#: What Python takes for blank, one by one: what ``\s`` means in a pattern, JSON Schema leaves to each language.
_BLANK = r"\t-\r\u001c-\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"


class Constraint(Protocol):
    """A rule for one value."""

    def problem(self, value: Any) -> str | None:
        """Return why *value* is refused, as words that follow the field's name, or ``None``."""
        ...

    def schema(self) -> Schema:
        """Return the rule as a JSON Schema, as far as one can say it; never narrower than the rule."""
        ...


def unstorable(text: str) -> str | None:
    """Return why *text* cannot be kept alike by every store: NUL, or half of a surrogate pair."""
    if "\x00" in text:
        return "must not contain the NUL character"
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            return "must be valid Unicode, without lone surrogates"
    return None


@attrs.frozen
class Text:
    """Text of *shortest* to *longest* characters that is not blank where it may not be empty."""

    shortest: int
    longest: int

    def problem(self, value: Any) -> str | None:
        """Return why *value* is refused."""
        if not isinstance(value, str):
            return "must be a string"
        if not self.shortest <= len(value) <= self.longest or (self.shortest and value.isspace()):
            if self.shortest == 1:
                return "is required and must not be blank" if not value.strip() else self._too_long()
            return f"must have {self.shortest} to {self.longest} characters"
        return None if value.isascii() and "\x00" not in value else unstorable(value)

    def _too_long(self) -> str:
        return f"must have at most {self.longest} characters"

    def schema(self) -> Schema:
        """Return the rule as a JSON Schema."""
        # Without the NUL character, and not blank where it may not be empty.
        pattern = rf"^[^\u0000]*[^{_BLANK}\u0000][^\u0000]*$" if self.shortest else r"^[^\u0000]*$"
        return {"type": "string", "minLength": self.shortest, "maxLength": self.longest, "pattern": pattern}


@attrs.frozen
class Pattern:
    """Text that matches *regex* as a whole; *words* says so to a person."""

    regex: str
    words: str

    def problem(self, value: Any) -> str | None:
        """Return why *value* is refused."""
        if not isinstance(value, str):
            return "must be a string"
        return None if re.fullmatch(self.regex, value) else f"must be {self.words}"

    def schema(self) -> Schema:
        """Return the rule as a JSON Schema."""
        return {"type": "string", "pattern": f"^(?:{self.regex})$"}


@attrs.frozen
class OneOf:
    """One of a few words."""

    words: tuple[str, ...]

    def problem(self, value: Any) -> str | None:
        """Return why *value* is refused."""
        if isinstance(value, str) and value in self.words:
            return None
        return f"must be one of {', '.join(self.words)}"

    def schema(self) -> Schema:
        """Return the rule as a JSON Schema."""
        return {"type": "string", "enum": list(self.words)}


@attrs.frozen
class Whole:
    """A whole number between two bounds, both allowed; ``True`` is not 1, and 2.0 is not 2."""

    least: int
    most: int
    but_zero: bool = False

    def problem(self, value: Any) -> str | None:
        """Return why *value* is refused."""
        if type(value) is not int:
            return "must be an integer"
        if not self.least <= value <= self.most:
            return f"must be between {self.least} and {self.most}"
        return "must not be 0" if self.but_zero and value == 0 else None

    def schema(self) -> Schema:
        """Return the rule as a JSON Schema."""
        bounds: Schema = {"type": "integer", "minimum": self.least, "maximum": self.most}
        return {**bounds, "not": {"const": 0}} if self.but_zero else bounds


@attrs.frozen
class Number:
    """An exact decimal number from *least* to below *below* with at most *places* decimals."""

    least: Decimal
    below: Decimal
    places: int
    above_least: bool = False

    def problem(self, value: Any) -> str | None:
        """Return why *value* is refused."""
        if not isinstance(value, Decimal):
            return "must be a number"
        if not value.is_finite():
            return "must be a finite number"
        if not self.least <= value < self.below or (self.above_least and value == self.least):
            start = "above" if self.above_least else "at least"
            return f"must be {start} {self.least} and below {self.below}"
        return None if value == round(value, self.places) else f"must have at most {self.places} decimals"

    def schema(self) -> Schema:
        """Return the rule as a JSON Schema."""
        # No multipleOf: most who check it divide by a binary fraction, and would refuse 29.99 for having two decimals.
        start = "exclusiveMinimum" if self.above_least else "minimum"
        words = f"At most {self.places} decimals"
        return {"type": "number", start: int(self.least), "exclusiveMaximum": int(self.below), "description": words}


@attrs.frozen
class Many:
    """A list of *fewest* to *most* entries."""

    fewest: int
    most: int

    def problem(self, value: Any) -> str | None:
        """Return why *value* is refused."""
        if not isinstance(value, tuple):
            return "must be a list"
        if len(value) < self.fewest:
            return f"must have at least {self.fewest} {'entry' if self.fewest == 1 else 'entries'}"
        return f"must have at most {self.most} entries" if len(value) > self.most else None

    def schema(self) -> Schema:
        """Return the rule as a JSON Schema."""
        return {"type": "array", "minItems": self.fewest, "maxItems": self.most}


@attrs.frozen
class Flag:
    """True or false."""

    def problem(self, value: Any) -> str | None:
        """Return why *value* is refused."""
        return None if isinstance(value, bool) else "must be true or false"

    def schema(self) -> Schema:
        """Return the rule as a JSON Schema."""
        return {"type": "boolean"}


@attrs.frozen
class Moment:
    """A point in time with its zone (RFC 3339)."""

    def problem(self, value: Any) -> str | None:
        """Return why *value* is refused."""
        if isinstance(value, datetime) and value.tzinfo is not None:
            return None
        return "must be a time with a zone, such as 2026-01-26T12:00:00Z"

    def schema(self) -> Schema:
        """Return the rule as a JSON Schema."""
        return {"type": "string", "format": "date-time"}


@attrs.frozen
class TimeZoneName:
    """The name of a zone in the IANA database, such as ``America/New_York``."""

    def problem(self, value: object) -> str | None:
        """Return why *value* is refused."""
        words = "must be the name of a time zone, such as America/New_York"
        if not isinstance(value, str):
            return words
        from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415 - few programs know a zone, all import

        try:
            ZoneInfo(value)
        except (ValueError, OSError, ZoneInfoNotFoundError):
            return words
        return None

    def schema(self) -> Schema:
        """Return the rule as a JSON Schema, which knows no zones."""
        return {"type": "string", "minLength": 1, "description": "A name of the IANA time zone database"}


@attrs.frozen
class CurrencyCode:
    """A currency of ISO 4217."""

    def problem(self, value: Any) -> str | None:
        """Return why *value* is refused."""
        known = isinstance(value, str) and value in CURRENCIES
        return None if known else "must be a currency code of ISO 4217, such as USD"

    def schema(self) -> Schema:
        """Return the rule as a JSON Schema."""
        return {"type": "string", "description": "A currency of ISO 4217", "enum": sorted(CURRENCIES)}


@attrs.frozen
class CountryCode:
    """A country of ISO 3166-1 alpha-2."""

    def problem(self, value: Any) -> str | None:
        """Return why *value* is refused."""
        known = isinstance(value, str) and value in _COUNTRIES
        return None if known else "must be a country code of ISO 3166-1 alpha-2, such as US"

    def schema(self) -> Schema:
        """Return the rule as a JSON Schema."""
        return {"type": "string", "description": "A country of ISO 3166-1 alpha-2", "enum": sorted(_COUNTRIES)}


_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


@attrs.frozen
class Email:
    """An address of e-mail, checked for its shape alone: one @ with something on both sides."""

    def problem(self, value: Any) -> str | None:
        """Return why *value* is refused."""
        if not isinstance(value, str):
            return "must be a string"
        if len(value) > 320 or _EMAIL.fullmatch(value) is None:
            return "must be an e-mail address"
        return unstorable(value)

    def schema(self) -> Schema:
        """Return the rule as a JSON Schema."""
        some = rf"[^@{_BLANK}\u0000]+"
        return {"type": "string", "maxLength": 320, "pattern": f"^{some}@{some}$"}


_COUNTRIES = frozenset(
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW "
    "BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI "
    "FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN "
    "IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME "
    "MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF "
    "PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV "
    "SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS "
    "YE YT ZA ZM ZW".split()
)

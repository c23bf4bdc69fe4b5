"""Single values: texts, names, numbers, money and moments."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import TypeVar

from hypothesis import strategies as st

from vectis_core.checking import UNSET, Unset
from vectis_core.money import CURRENCIES
from vectis_core.testing.samples import AWKWARD_TEXTS

T = TypeVar("T")


def texts(longest: int = 255) -> st.SearchStrategy[str]:
    """Return text of 1 to *longest* characters that is not blank and that every store can keep."""
    characters = st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00")
    free = st.text(characters, min_size=1, max_size=min(longest, 40)).filter(lambda text: not text.isspace())
    return st.one_of(st.sampled_from(AWKWARD_TEXTS).filter(lambda text: len(text) <= longest), free)


def skus() -> st.SearchStrategy[str]:
    """Return SKUs: 1 to 128 characters."""
    return texts(128)


def external_ids() -> st.SearchStrategy[str]:
    """Return the caller's own ids of orders."""
    return texts(255)


def command_ids() -> st.SearchStrategy[str]:
    """Return ids of commands, by which a repeat is known."""
    return texts(255)


def object_ids() -> st.SearchStrategy[str]:
    """Return ids of orders, shipments, products and the like: of the right form, and of none."""
    return st.one_of(st.uuids(version=4).map(str), texts(64))


def tenants() -> st.SearchStrategy[str]:
    """Return ids of tenants: labels of DNS, the longest and shortest among them."""
    edges = st.sampled_from(["default", "acme", "0", "a-b", "a" * 63])
    return st.one_of(edges, st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)).filter(
        lambda name: name != "api"
    )


def reasons() -> st.SearchStrategy[str]:
    """Return reasons of steps and adjustments."""
    return texts(500)


def quantities(most: int = 1_000_000) -> st.SearchStrategy[int]:
    """Return pieces of a line: 1 to *most*, mostly few."""
    return st.one_of(st.integers(1, min(5, most)), st.integers(1, most), st.just(most))


def prices() -> st.SearchStrategy[Decimal]:
    """Return unit prices: 0 to below 10^9 with at most four decimals, rounding's edges among them."""
    edges = ["0", "0.1", "0.2", "0.005", "0.0049", "0.0001", "29.99", "999999999.9999"]
    drawn = st.decimals(0, Decimal("999999999.9999"), places=4, allow_nan=False, allow_infinity=False)
    return st.one_of(st.sampled_from(edges).map(Decimal), drawn)


def currencies() -> st.SearchStrategy[str]:
    """Return currency codes of ISO 4217, those with 0, 3 and 4 minor digits as often as those with 2."""
    by_digits = [sorted(code for code, n in CURRENCIES.items() if n == digits) for digits in range(5)]
    return st.one_of(*(st.sampled_from(codes) for codes in by_digits if codes))


def countries() -> st.SearchStrategy[str]:
    """Return some country codes of ISO 3166-1 alpha-2."""
    return st.sampled_from(["US", "DE", "GB", "JP", "ZW"])


def emails() -> st.SearchStrategy[str]:
    """Return addresses of e-mail as plain as the check for them."""
    return st.sampled_from(["jane@example.com", "a@b", "o'brien+x@sub.example.org", "jörg@exämple.de"])


def measures() -> st.SearchStrategy[Decimal]:
    """Return lengths and weights: above 0, with at most six decimals."""
    return st.decimals(Decimal("0.000001"), Decimal(10_000), places=6, allow_nan=False, allow_infinity=False)


def carriers() -> st.SearchStrategy[str]:
    """Return names of carriers, known ones in any spelling among them."""
    return st.sampled_from(["UPS", "ups", "FedEx", "usps", "DHL", "Bob's Bikes"])


def moments() -> st.SearchStrategy[datetime]:
    """Return moments of this and the last century, to the microsecond, in zones from -12 to +14 hours."""
    zones = st.sampled_from([0, 0, 120, 330, 345, -210, 840, -720]).map(
        lambda minutes: timezone(timedelta(minutes=minutes))
    )
    return st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1), timezones=zones)  # noqa: DTZ001 - the zone is drawn


def optional(strategy: st.SearchStrategy[T]) -> st.SearchStrategy[T | None]:
    """Return what *strategy* draws, or nothing."""
    return st.one_of(st.none(), strategy)


def unless_unset(strategy: st.SearchStrategy[T]) -> st.SearchStrategy[T | Unset]:
    """Return what *strategy* draws, or ``UNSET``, as in a change that leaves the field as it is."""
    return st.one_of(st.just(UNSET), strategy)

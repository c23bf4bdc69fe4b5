"""Comparing two bookkeepings without holding either."""

from __future__ import annotations

from collections.abc import Callable

from vectis_core.verify.reconciliation import Account, Reconciliation


def both_readings(told: Callable[[Callable[[Account, int], None]], None]) -> Reconciliation:
    """Return the books after what is told was read twice."""
    books = Reconciliation()
    told(books.post)
    books.name_differences()
    told(books.post)
    return books


def test_accounts_that_come_to_zero_are_balanced_in_any_order() -> None:
    """Ten thousand accounts, told in one order by one side and in the other by the other, balance."""
    books = Reconciliation()
    for number in range(10_000):
        books.post(("stock", str(number)), number)
    for number in reversed(range(10_000)):
        books.post(("stock", str(number)), -number)
    assert books.balanced()


def test_exactly_the_accounts_that_differ_are_named() -> None:
    """Of ten thousand accounts the two that differ are named, with what is left in each."""

    def told(post: Callable[[Account, int], None]) -> None:
        for number in range(10_000):
            post(("stock", str(number)), 5)
            post(("stock", str(number)), {17: -4, 4711: -6}.get(number, -5))

    books = both_readings(told)
    assert not books.balanced()
    assert list(books.differences()) == [(("stock", "17"), 1), (("stock", "4711"), -1)]


def test_differences_that_cancel_out_over_accounts_are_still_seen() -> None:
    """A piece too many here and one too few there are two faults, not none."""

    def told(post: Callable[[Account, int], None]) -> None:
        for number in range(10_000):
            post(("stock", str(number)), 1)
            post(("stock", str(number + 1)), -1)

    books = both_readings(told)
    assert list(books.differences()) == [(("stock", "0"), 1), (("stock", "10000"), -1)]

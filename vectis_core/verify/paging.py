"""Reading what may be damaged, page by page, to an end that there surely is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

R = TypeVar("R")
K = TypeVar("K", bound="str | int | tuple[str, str]")


def pages(read: Callable[[K], Sequence[R]], key_of: Callable[[R], K], first: K) -> Iterator[Sequence[R]]:
    """Yield what *read* returns after a key, beginning with *first*, until it returns nothing.

    Raises ``LookupError`` where a row does not stand where its own key says: what stands after it would be read for
    ever.
    """
    after: Any = first
    while page := read(after):
        yield page
        last: Any = key_of(page[-1])
        if last <= after:
            raise LookupError(f"the row {last} stands after {after}")
        after = last

"""Lists that page by themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Generic, TypeVar

from vectis_core import queries
from vectis_core.engine import Engine
from vectis_core.events import Event
from vectis_core.ports import Slice
from vectis_core.queries import PAGE_DEFAULT, PAGE_MAX, EventPage, Page

T = TypeVar("T")


class Listing(Generic[T]):
    """A list, newest first: iterate over all of it, or ask for a page.

    Iterating reads page by page, each in a transaction of its own, and goes on from the last id it saw: what is
    added meanwhile is newer and not part of it, and nothing is shown twice.
    """

    def __init__(
        self,
        engine: Engine,
        read: partial[Page[T]],
        key: Callable[[T], str],
        *,
        quick: bool = False,
    ) -> None:
        self._engine = engine
        self._read = read
        self._key = key
        self._quick = quick

    def page(self, limit: int = PAGE_DEFAULT, offset: int = 0) -> Page[T]:
        """Return at most *limit* (1 to 100) entries after skipping *offset*, with the total.

        Raises ``ValidationError`` where either is out of bounds.
        """
        return self.read(queries.page_slice(limit, offset))

    def __iter__(self) -> Iterator[T]:
        """Return every entry, newest first."""
        part: Slice | None = self.first
        while part is not None:
            page = self.read(part)
            yield from page.items
            part = self.after(page)

    # The steps of the iteration, which the awaitable face takes too.

    #: The part that it begins with.
    first = Slice(PAGE_MAX)

    def read(self, part: Slice) -> Page[T]:
        """Return one part."""
        return self._engine.ask_view(partial(self._read, part=part), quick=self._quick)

    def after(self, page: Page[T]) -> Slice | None:
        """Return the part that follows *page*, or ``None`` where that was the last."""
        return Slice(PAGE_MAX, before=self._key(page.items[-1])) if len(page.items) == PAGE_MAX else None


class EventFeed:
    """The tenant's events in order after a cursor: iterate over what there is now, or ask for a page."""

    def __init__(self, engine: Engine, tenant: str, first: str | None, types: Sequence[str]) -> None:
        self._engine = engine
        self._tenant = tenant
        #: The cursor that an iteration begins at.
        self.first = first
        self._types = types

    def page(self, limit: int = PAGE_MAX) -> EventPage:
        """Return at most *limit* (1 to 100) events, and the cursor that continues after them.

        Raises ``ValidationError`` where the limit is out of bounds, or cursor or types are none.
        """
        return self.read(self.first, limit)

    def __iter__(self) -> Iterator[Event]:
        """Return every event after the cursor that there is by now."""
        goes_on, after = True, self.first
        while goes_on:
            page = self.read(after)
            yield from page.events
            goes_on, after = self.goes_on(page), page.next

    # The steps of the iteration, which the awaitable face takes too.

    def read(self, after: str | None, limit: int = PAGE_MAX) -> EventPage:
        """Return the page that follows a cursor."""
        return self._engine.ask_view(
            partial(queries.events, tenant=self._tenant, after=after, types=self._types, limit=limit)
        )

    @staticmethod
    def goes_on(page: EventPage) -> bool:
        """Return whether more may follow a whole page."""
        return len(page.events) == PAGE_MAX

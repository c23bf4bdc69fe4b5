"""Lists that page by themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar

from vectis_core import queries
from vectis_core.engine import Engine
from vectis_core.events import Event
from vectis_core.ports import Slice, View
from vectis_core.queries import PAGE_DEFAULT, PAGE_MAX, EventPage, Page

T = TypeVar("T")


class Listing(Generic[T]):
    """A list, newest first: iterate over all of it, or ask for a page.

    Iterating reads page by page, each in a transaction of its own, and goes on from the last id it saw: what is
    added meanwhile is newer and not part of it, and nothing is shown twice.
    """

    def __init__(self, engine: Engine, read: Callable[[View, Slice], Page[T]], key: Callable[[T], str]) -> None:
        self._engine = engine
        self._read = read
        self._key = key

    def page(self, limit: int = PAGE_DEFAULT, offset: int = 0) -> Page[T]:
        """Return at most *limit* (1 to 100) entries after skipping *offset*, with the total.

        Raises ``ValidationError`` where either is out of bounds.
        """
        part = queries.page_slice(limit, offset)
        with self._engine.read() as view:
            return self._read(view, part)

    def __iter__(self) -> Iterator[T]:
        """Return every entry, newest first."""
        before: str | None = None
        while True:
            with self._engine.read() as view:
                items = self._read(view, Slice(PAGE_MAX, before=before)).items
            yield from items
            if len(items) < PAGE_MAX:
                return
            before = self._key(items[-1])


class EventFeed:
    """The tenant's events in order after a cursor: iterate over what there is now, or ask for a page."""

    def __init__(self, engine: Engine, tenant: str, after: str | None, types: Sequence[str]) -> None:
        self._engine = engine
        self._tenant = tenant
        self._after = after
        self._types = types

    def page(self, limit: int = PAGE_MAX) -> EventPage:
        """Return at most *limit* (1 to 100) events, and the cursor that continues after them.

        Raises ``ValidationError`` where the limit is out of bounds, or cursor or types are none.
        """
        with self._engine.read() as view:
            return queries.events(view, self._tenant, self._after, self._types, limit)

    def __iter__(self) -> Iterator[Event]:
        """Return every event after the cursor that there is by now."""
        after = self._after
        while True:
            with self._engine.read() as view:
                page = queries.events(view, self._tenant, after, self._types)
            yield from page.events
            if len(page.events) < PAGE_MAX:
                return
            after = page.next

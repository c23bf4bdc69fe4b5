"""Lists that page by themselves, for ``async for``."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Generic, TypeVar

from vectis_core.aio.engine import awaited
from vectis_core.events import Event
from vectis_core.faces.listing import EventFeed, Listing
from vectis_core.ports import Slice
from vectis_core.queries import PAGE_DEFAULT, PAGE_MAX, EventPage, Page

T = TypeVar("T")


class AsyncListing(Generic[T]):
    """A list, newest first: ``async for`` over all of it, or await a page.

    Iterating reads page by page, each in a transaction of its own, and goes on from the last id it saw: what is
    added meanwhile is newer and not part of it, and nothing is shown twice.
    """

    def __init__(self, listing: Listing[T]) -> None:
        self._listing = listing

    async def page(self, limit: int = PAGE_DEFAULT, offset: int = 0) -> Page[T]:
        """Return at most *limit* (1 to 100) entries after skipping *offset*, with the total.

        Raises ``ValidationError`` where either is out of bounds.
        """
        return await awaited(self._listing.page(limit, offset))

    async def __aiter__(self) -> AsyncIterator[T]:
        """Return every entry, newest first."""
        part: Slice | None = self._listing.first
        while part is not None:
            page = await awaited(self._listing.read(part))
            for item in page.items:
                yield item
            part = self._listing.after(page)


class AsyncEventFeed:
    """The tenant's events in order after a cursor: ``async for`` over what there is now, or await a page."""

    def __init__(self, feed: EventFeed) -> None:
        self._feed = feed

    async def page(self, limit: int = PAGE_MAX) -> EventPage:
        """Return at most *limit* (1 to 100) events, and the cursor that continues after them.

        Raises ``ValidationError`` where the limit is out of bounds, or cursor or types are none.
        """
        return await awaited(self._feed.page(limit))

    async def __aiter__(self) -> AsyncIterator[Event]:
        """Return every event after the cursor that there is by now."""
        goes_on, after = True, self._feed.first
        while goes_on:
            page = await awaited(self._feed.read(after))
            for event in page.events:
                yield event
            goes_on, after = self._feed.goes_on(page), page.next

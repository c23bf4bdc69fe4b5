"""The part of the reference model that hears from carriers: what a shop's parcels and orders must come to by it.

Everything is looked for anew in all that was ever heard of a parcel, where the core goes from scan to scan. All
parcels of one number are one parcel here, for no machine lives as long as it takes to use a number again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import attrs

from vectis_core.testing.model_entities import WORDS, Order, Parcel, Refused

if TYPE_CHECKING:
    from vectis_core.testing.model import Shop

#: What a carrier can only say of a parcel that it has.
_MOVES = {"in_transit", "delivery_attempted", "returned_to_sender", "delivered"}
#: What is told each time that it is said.
_LOUD = {"delivery_attempted", "exception", "returned_to_sender"}
#: How far ahead of us a carrier's clock may be.
_AHEAD = timedelta(hours=26)


@attrs.define(eq=False)
class Heard:
    """Something that a carrier has said of a parcel. No two are of the same moment, and the code tells them apart."""

    carrier: str
    number: str
    status: str | None
    reason: str | None
    code: str
    at: datetime
    received_at: datetime
    #: The shipments that it is about.
    of: list[tuple[Order, Parcel]] = attrs.Factory(list)
    #: Whether it no longer tells of a person.
    erased: bool = False

    @property
    def moment(self) -> datetime:
        """When it happened, by our clock."""
        return min(self.at, self.received_at)

    @property
    def shown(self) -> tuple[str | None, str | None, datetime, str | None]:
        """What a parcel shows, of which this is the newest word."""
        return self.status, self.reason, self.at, None if self.erased else WORDS

    def is_about(self, parcel: Parcel) -> bool:
        """Return whether a shipment travels in this parcel."""
        return (parcel.carrier.lower(), parcel.tracking_number) == (self.carrier.lower(), self.number)


class Carriers:
    """All that a shop has heard from carriers."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self.heard: list[Heard] = []

    def say(self, news: Heard) -> str:
        """Hear something, perhaps once more, and return what became of it."""
        if news in self.heard:
            return "duplicate"
        if news.at > news.received_at + _AHEAD:
            raise Refused("ValidationError", {"field": "occurredAt"})
        self.heard.append(news)
        about = [pair for pair in self._shop.parcels() if news.is_about(pair[1]) and pair[1].status != "voided"]
        news.of = sorted(about, key=lambda pair: (pair[0].id, pair[1].id))
        news.erased = any(order.erased for order, _ in about)
        for order, parcel in news.of:
            self._follow(order, parcel, [news])
        return "accepted" if news.of else "waiting"

    def registered(self, order: Order, parcel: Parcel) -> None:
        """Let a new shipment follow what was heard of it before it was there."""
        news = sorted((each for each in self.heard if each.is_about(parcel)), key=lambda each: each.at)
        for each in news:
            each.of.append((order, parcel))
        if news:
            self._follow(order, parcel, news)

    def forget(self, order: Order) -> None:
        """Forget who was met where with an order's parcels; other orders in these show that, and tell it first."""
        gone = [each for each in self.heard if not each.erased and any(of is order for of, _ in each.of)]
        for each in gone:
            each.erased = True
        for other, parcel in sorted(self._shop.parcels(), key=lambda pair: pair[0].id):
            current = _current(self._said_of(other, parcel))
            if current in gone:
                parcel.shown = current.shown
                if other is not order:
                    self._tell(other, parcel, "tracking_updated", current, is_current=True)

    def _said_of(self, order: Order, parcel: Parcel) -> list[Heard]:
        return sorted((each for each in self.heard if (order, parcel) in each.of), key=lambda each: each.at)

    def _follow(self, order: Order, parcel: Parcel, news: Sequence[Heard]) -> None:
        mine = self._said_of(order, parcel)
        before = [each for each in mine if each not in news]
        was = (parcel.shown, parcel.shipped_at, parcel.delivered_at)
        current = _current(mine)
        parcel.shown = current.shown if current is not None else None
        _correct(order, parcel, before, mine)
        is_changed = was != (parcel.shown, parcel.shipped_at, parcel.delivered_at)
        left, arrived = _first(mine, _MOVES), _first(mine, {"delivered"})
        if left is not None and parcel.status == "label_created":
            self._shop.leave(order, parcel, _after(order.created_at, left))
        if arrived is not None and parcel.status == "shipped":
            self._shop.arrive(order, parcel, _after(parcel.shipped_at, arrived))
        told = [(each.status, each) for each in news if each.status in _LOUD]
        if is_changed and not told:
            told = [("tracking_updated", current or news[-1])]
        for kind, each in told:
            self._tell(order, parcel, kind, each, is_current=each is current)

    def _tell(self, order: Order, parcel: Parcel, kind: str, heard: Heard, *, is_current: bool) -> None:
        said = {"trackingStatus": heard.status, "reason": heard.reason, "code": heard.code}
        when = {"occurredAt": f"{heard.at:%Y-%m-%dT%H:%M:%SZ}", "isCurrent": is_current}
        self._shop.tell(order, f"shipment.{kind}", {**said, **when, "estimatedDelivery": None}, parcel)


def _current(scans: Sequence[Heard]) -> Heard | None:
    """Return what says where a parcel is: the last word, but nothing after an end except that it came back."""
    words = [each for each in scans if each.status is not None]
    end = next((place for place, each in enumerate(words) if each.status == "delivered" or _is_back(each)), None)
    if end is None:
        return words[-1] if words else None
    if _is_back(words[end]):
        return words[end]
    back = [place for place, each in enumerate(words) if place > end and each.status == "returned_to_sender"]
    if not back:
        return words[end]
    # On its way back it is anywhere again, until it is there.
    return _current(words[back[0] :])


def _is_back(scan: Heard) -> bool:
    return (scan.status, scan.reason) == ("returned_to_sender", "returned")


def _first(scans: Sequence[Heard], statuses: set[str]) -> datetime | None:
    return min((each.moment for each in scans if each.status in statuses), default=None)


def _correct(order: Order, parcel: Parcel, before: Sequence[Heard], scans: Sequence[Heard]) -> None:
    """Move a moment that the carrier said, where it now says an earlier one; nothing is before it could be."""
    shipped_at = parcel.shipped_at
    said, earlier = _first(before, _MOVES), _first(scans, _MOVES)
    if said and earlier and earlier < said and shipped_at == _after(order.created_at, said):
        parcel.shipped_at = _after(order.created_at, earlier)
    said, earlier = _first(before, {"delivered"}), _first(scans, {"delivered"})
    if said and earlier and earlier < said and parcel.delivered_at == _after(shipped_at, said):
        parcel.delivered_at = _after(parcel.shipped_at, earlier)


def _after(floor: datetime | None, moment: datetime) -> datetime:
    return moment if floor is None or floor < moment else floor

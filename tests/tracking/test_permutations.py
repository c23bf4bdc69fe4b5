"""Whatever order a parcel's scans come in, and however often, they lead to the same shipment, order and timeline."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tracking.parcels import BACKENDS, Parcels, told

from vectis_core import Order, Shipment
from vectis_core.tracking.model import TrackingEvent
from vectis_core.tracking.statuses import INFERRED, TrackingStatus, is_movement

_RANK = ["label_created", "shipped", "delivered"]
_REASONS = [None, "customs", "returning", "returned", "disposed", INFERRED]
_COUNTED = {"order.shipped", "shipment.delivered", "order.delivered", "shipment.label_created"}
_LOUD = {
    TrackingStatus.DELIVERY_ATTEMPTED: "shipment.delivery_attempted",
    TrackingStatus.EXCEPTION: "shipment.exception",
    TrackingStatus.RETURNED_TO_SENDER: "shipment.returned_to_sender",
}


@st.composite
def scans(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Return what makes up to six events of a parcel, each of which differs from the others by its code."""
    made = st.fixed_dictionaries(
        {
            "status": st.one_of(st.none(), st.sampled_from(TrackingStatus)),
            "reason": st.sampled_from(_REASONS),
            # Few moments, so that some are of the same; one of them is ahead of our clock.
            "hours": st.sampled_from([-3, 1, 2, 5, 24, 200]),
            "corrects": st.booleans(),
            "estimated_delivery": st.sampled_from([None, "2026-02-01", "2026-02-02"]),
        }
    )
    return draw(st.lists(made, min_size=1, max_size=6))


@st.composite
def arrivals(draw: st.DrawFn, count: int) -> list[int]:
    """Return an order in which so many events come, each once to three times."""
    times = draw(st.lists(st.integers(1, 3), min_size=count, max_size=count))
    return draw(st.permutations([number for number, often in enumerate(times) for _ in range(often)]))


def _final(
    backend: str, made: Sequence[dict[str, Any]], turns: Sequence[int], registered: int, *, held: bool
) -> dict[str, Any]:
    """Return what a shop comes to, in which a label is registered after so many arrivals."""
    with tempfile.TemporaryDirectory() as folder:
        shop = Parcels(backend, Path(folder))
        order = shop.order()
        shop.clock.advance(timedelta(days=10))
        events = [
            told(each["status"], shop.ago(each["hours"]), each["reason"], code=f"c{number}", **_rest(each))
            for number, each in enumerate(made)
        ]
        if held:
            shop.oms.orders.hold(order.id, "address")
            shop.oms.orders.release(order.id, "it is good")
        label, reached = _arrive(shop, order, [events[turn] for turn in turns], registered)
        assert reached == sorted(reached, key=_RANK.index), "the shipment went back"
        state = _state(shop, order, label)
        _check_events(shop, order, events)
        shop.closed()
        return state


def _rest(each: dict[str, Any]) -> dict[str, Any]:
    return {name: each[name] for name in ("corrects", "estimated_delivery")}


def _arrive(
    shop: Parcels, order: Order, events: Sequence[TrackingEvent], registered: int
) -> tuple[Shipment, list[str]]:
    """File the events, register the label among them, and return it with each status that it was seen in."""
    label: Shipment | None = None
    reached: list[str] = []
    seen: set[str] = set()
    for number in range(len(events) + 1):
        if number == min(registered, len(events)):
            label = shop.label(order)
            reached.append(str(label.status))
        if number < len(events):
            outcome = shop.file(events[number]).outcome
            is_new = events[number].id not in seen
            seen.add(events[number].id)
            assert outcome == ("duplicate" if not is_new else "accepted" if label is not None else "waiting")
        if label is not None:
            reached.append(str(shop.shipment(label).status))
    assert label is not None
    return label, reached


def _state(shop: Parcels, order: Order, label: Shipment) -> dict[str, Any]:
    shipment, now = shop.shipment(label), shop.oms.orders.get(order.id)
    stock = shop.oms.inventory.get(shop.stock_id)
    return {
        "shipment": str(shipment.status),
        "tracking": shipment.tracking,
        "shipped_at": shipment.shipped_at,
        "delivered_at": shipment.delivered_at,
        "order": str(now.status),
        "timeline": shop.timeline(order),
        "stock": (stock.on_hand, stock.reserved),
        "told": sorted(kind for kind in shop.events(order) if kind in _COUNTED | set(_LOUD.values())),
    }


def _check_events(shop: Parcels, order: Order, events: Sequence[TrackingEvent]) -> None:
    """Fail unless every scan that people must look at is told of once, and at most the last of them is current."""
    for status, kind in _LOUD.items():
        codes = sorted(event.data["code"] for event in shop.told_of(order, kind))
        assert codes == sorted(event.code for event in events if event.status is status)


@pytest.mark.parametrize("backend", BACKENDS)
@settings(deadline=None)
@given(data=st.data(), made=scans(), held=st.booleans())
def test_the_order_of_arrival_is_of_no_matter(
    backend: str, data: st.DataObject, made: list[dict[str, Any]], held: bool
) -> None:
    """Scans in any order, each once to three times, before and after the label is registered: one final state."""
    straight = list(range(len(made)))
    expected = _final(backend, made, straight, 0, held=held)
    turns = data.draw(arrivals(len(made)))
    registered = data.draw(st.integers(0, len(turns)))

    assert _final(backend, made, turns, registered, held=held) == expected


@given(made=scans())
@settings(deadline=None)
def test_what_scans_come_to(made: list[dict[str, Any]]) -> None:
    """A parcel that moved has shipped and left stock, one that was delivered is delivered, and no other did either."""
    found = _final("memory", made, range(len(made)), 0, held=False)
    moved = [each for each in made if is_movement(each["status"], each["reason"])]
    delivered = [each for each in moved if each["status"] is TrackingStatus.DELIVERED]
    expected = "delivered" if delivered else "shipped" if moved else "label_created"

    assert found["shipment"] == expected
    assert found["order"] == {"label_created": "confirmed"}.get(expected, expected)
    assert found["stock"] == ((98, 0) if moved else (100, 2))
    assert found["told"].count("order.shipped") == bool(moved)
    assert found["told"].count("order.delivered") == bool(delivered)

"""The judge of the outbox: it sees what is lost, out of order, or told by two at once, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime

from proof.outbox.judging import Expected, judged, out_of_lease, out_of_order
from proof.outbox.receiving import Arrival, Mood
from vectis_core.events import Event, EventType, Subject


def arrival(sequence: int, *, attempt: int = 1, lease: int = 1, mood: Mood = Mood.TAKES) -> Arrival:
    """Return the arrival of an event of one order."""
    return Arrival("e", f"event{sequence}", "order", sequence, attempt, lease, mood, is_signed=True)


def event(sequence: int) -> Event:
    """Return an event of that order."""
    moment = datetime(2026, 1, 26, 12, tzinfo=UTC)
    return Event("t", f"event{sequence}", EventType.ORDER_CREATED, Subject.ORDER, "order", sequence, moment, "test", {})


def test_an_event_that_was_never_taken_is_lost() -> None:
    """A request that was refused does not count; one that was taken twice is no loss."""
    verdict = judged(
        [arrival(1), arrival(1), arrival(2, mood=Mood.FAILS)], [Expected("e", [event(1), event(2)])]
    )  # fmt: skip

    assert verdict.violations == ["e was never told of event2"]
    assert verdict.duplicates == 1


def test_first_attempts_go_in_order() -> None:
    """A first attempt after that of a later event is seen; a repeat, and one whose first nobody saw, are none."""
    assert out_of_order([arrival(1), arrival(2), arrival(1), arrival(3)]) == []
    assert out_of_order([arrival(2), arrival(1, attempt=2)]) == []
    assert len(out_of_order([arrival(2), arrival(1)])) == 1


def test_a_lease_ends_with_the_next() -> None:
    """One request may come late, as it was under way when its process stalled; two are somebody who goes on."""
    assert out_of_lease([arrival(1), arrival(1, lease=2), arrival(2), arrival(2, lease=2)]) == []
    assert len(out_of_lease([arrival(1, lease=2), arrival(1), arrival(2), arrival(3)])) == 1

"""The tables of codes are data: complete, without a double, in one vocabulary, with every guess marked."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

import pytest

from vectis_carriers.codes import tables_of, unknown
from vectis_carriers.reasons import REASONS
from vectis_core.tracking.statuses import TrackingStatus

CARRIERS = ("amazon", "dhl", "fedex", "lasership", "ontrac", "ups", "usps")

#: How many codes each carrier is known to have, counted in what was published and captured of it.
PUBLISHED = {
    ("amazon", "events"): 15,
    ("amazon", "summaries"): 10,
    ("amazon", "milestones"): 74,
    ("amazon", "tracker"): 22,
    ("dhl", "unified"): 5,
    ("dhl", "express"): 44,
    ("dhl", "parcel-de"): 16,
    ("dhl", "ecommerce-americas"): 289,
    ("fedex", "events"): 58,
    ("fedex", "exceptions"): 21,
    ("lasership", "events"): 27,
    ("lasership", "keywords"): 25,
    ("ontrac", "events"): 91,
    ("ups", "I"): 39,
    ("ups", "M"): 4,
    ("ups", "U"): 3,
    ("ups", "D"): 101,
    ("ups", "X"): 687,
    ("ups", "descriptions"): 160,
    ("ups", "mail_innovations"): 80,
    ("usps", "events"): 164,
    ("usps", "categories"): 9,
}

#: The codes whose name or meaning nobody has published.
GUESSES = {
    ("fedex", "events"): "HA PY RT",
    ("lasership", "events"): (
        "Attempted AttemptedDelivery Canceled Cancelled Damaged Delayed DeliveryAttempted Departed Exception "
        "HeldForPickup InTransit Loaded Lost PickedUp Refused ReturnToSender Returned ReturnedToSender Sorted "
        "Undeliverable"
    ),
    ("ontrac", "events"): "CUPT NDMI NFRP RFDM",
    ("ups", "I"): "KB",
    ("usps", "events"): "43",
}


def raw(carrier: str) -> Any:
    """Return a carrier's file, in which a member that stands twice is an error and not the last one."""

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        assert len(set(names)) == len(names), sorted({name for name in names if names.count(name) > 1})
        return dict(pairs)

    text = resources.files("vectis_carriers").joinpath("tables", f"{carrier}.json").read_text("utf-8")
    return json.loads(text, object_pairs_hook=members)


@pytest.mark.parametrize("carrier", CARRIERS)
def test_every_row_has_a_known_status_and_a_reason_of_the_vocabulary(carrier: str) -> None:
    """One of the eleven statuses or none; no member that the reader would pass over."""
    statuses = {str(status) for status in TrackingStatus}
    for key, table in raw(carrier).items():
        assert set(table) == {"name", "rows"}, key
        assert table["name"].strip(), key
        for code, row in table["rows"].items():
            where = (key, code, row)
            assert {"status", "reason"} <= set(row) <= {"status", "reason", "guess"}, where
            assert row["status"] is None or row["status"] in statuses, where
            assert row["reason"] is None or row["reason"] in REASONS, where
            assert row.get("guess", True) is True, where
            assert 1 <= len(code) <= 64, where
            assert code == code.strip(), where


@pytest.mark.parametrize("carrier", CARRIERS)
def test_the_tables_are_read_as_they_are_written(carrier: str) -> None:
    """Row for row, with the table and the row named as the reason of the reading."""
    for key, table in raw(carrier).items():
        read = tables_of(carrier)[key]
        assert read.name == table["name"]
        assert set(read.rows) == set(table["rows"])
        for code, row in table["rows"].items():
            meaning = read.rows[code]
            assert (meaning.status, meaning.reason) == (row["status"], row["reason"])
            assert (meaning.reading.table, meaning.reading.row) == (table["name"], code)
            assert meaning.reading.is_guess is row.get("guess", False)


def test_the_tables_are_complete() -> None:
    """As many rows as there are codes, in every table of what was published; a table of words is a carrier's own."""
    counted = {(carrier, key): len(table["rows"]) for carrier in CARRIERS for key, table in raw(carrier).items()}

    assert {place: counted.get(place) for place in PUBLISHED} == PUBLISHED


def test_the_guesses_are_marked() -> None:
    """Those, and no other of the codes; what is read from words is a guess throughout."""
    for place in PUBLISHED:
        rows = tables_of(place[0])[place[1]].rows
        marked = {code for code, meaning in rows.items() if meaning.reading.is_guess}
        expected = set(rows) if place == ("lasership", "keywords") else set(GUESSES.get(place, "").split())
        assert marked == expected, place


def test_every_status_that_a_carrier_can_have_is_reached() -> None:
    """Each carrier's tables lead to the statuses that a parcel goes through, but for what it has no code for."""
    never = {
        "amazon": {TrackingStatus.UNKNOWN},
        "dhl": set(),
        "fedex": {TrackingStatus.UNKNOWN},
        "lasership": {TrackingStatus.UNKNOWN},
        "ontrac": {TrackingStatus.UNKNOWN, TrackingStatus.CANCELLED},
        "ups": set(),
        "usps": {TrackingStatus.UNKNOWN, TrackingStatus.CANCELLED},
    }
    for carrier in CARRIERS:
        reached = {row.status for table in tables_of(carrier).values() for row in table.rows.values()} - {None}
        assert set(TrackingStatus) - reached == never[carrier], carrier


def test_no_reason_of_the_vocabulary_is_idle() -> None:
    """Every reason that the documents explain is one that a row gives, or that an event without a scan gets."""
    given = {row.reason for carrier in CARRIERS for table in tables_of(carrier).values() for row in table.rows.values()}

    assert set(REASONS) - given == {"from_summary"}


def test_a_code_of_no_row_is_unknown() -> None:
    """Kept, and no row is named as the reason."""
    table = tables_of("ontrac")["events"]

    assert table.get("QQQQ") is None
    assert table.get(None) is None
    meaning = unknown(table.name)
    assert (meaning.status, meaning.reason) == (TrackingStatus.UNKNOWN, None)
    assert (meaning.reading.table, meaning.reading.row, meaning.reading.is_guess) == ("EventCode", None, False)

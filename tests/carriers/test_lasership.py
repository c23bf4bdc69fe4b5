"""LaserShip: an order's events, told of each of its pieces; and one network with OnTrac, whose forms it reads."""

from __future__ import annotations

from typing import Any

import pytest
from carrier_events import said
from carrier_samples import sample, sample_bytes

from vectis_carriers import lasership, ontrac
from vectis_carriers.lasership import CARRIER
from vectis_core.tracking.carrier import UnreadablePayload
from vectis_core.tracking.model import TimeBasis, TrackingEvent
from vectis_core.tracking.statuses import TrackingStatus

NEW_YORK = ("NEW YORK", "NY", "10001", "US")
EAST_RUTHERFORD = ("EAST RUTHERFORD", "NJ", "07073", "US")
NOWHERE = (None, None, None, "US")


def scan(code: str, status: str, at: str, local: str, words: str, place: Any, **more: Any) -> dict[str, Any]:
    """Return what an event of LaserShip's is expected to say."""
    return {
        "carrier": "lasership",
        "tracking_number": "1LS7226431942004",
        "status": status,
        "code": code,
        "description": words,
        "occurred_at": at,
        "local_time": local,
        "time_basis": "utc",
        "reading": f"EventType: {code}",
        "place": place,
    } | more


ORDERED = scan(
    "OrderReceived",
    "label_created",
    "2026-09-09T02:36:12Z",
    "2026-09-08T22:36:12",
    "Ship Request Received",
    NOWHERE,
)
ARRIVED = scan(
    "Arrived",
    "in_transit",
    "2026-09-10T08:44:08Z",
    "2026-09-10T04:44:08",
    "Arrived at Facility",
    EAST_RUTHERFORD,
)
DELIVERED = scan(
    "Delivered",
    "delivered",
    "2026-09-10T14:45:34Z",
    "2026-09-10T10:45:34",
    "Delivered",
    ("NEW YORK", "NY", "10001-2828", "US"),
    signer="DOCK",
)
DUE = {"estimated_delivery": "2026-09-10"}
STORIES: dict[str, list[dict[str, Any]]] = {
    "lasership_in_transit": [
        ORDERED,
        scan(
            "Received",
            "picked_up",
            "2026-09-09T18:42:14Z",
            "2026-09-09T14:42:14",
            "Origin Scan",
            ("GROVEPORT", "OH", "43125", "US"),
        ),
        ARRIVED | DUE,
    ],
    "lasership_delivered": [
        ORDERED,
        ARRIVED,
        scan(
            "OutForDelivery",
            "out_for_delivery",
            "2026-09-10T13:38:32Z",
            "2026-09-10T09:38:32",
            "Out for Delivery: ETA 8pm or prior",
            NEW_YORK,
        ),
        DELIVERED | DUE,
    ],
    "lasership_out_of_order": [ORDERED, ARRIVED, DELIVERED | DUE],
    "lasership_released": [
        scan(
            "Released",
            "delivered",
            "2026-09-10T18:22:25Z",
            "2026-09-10T14:22:25",
            "Delivered; Front Door",
            ("PINELLAS PARK", "FL", "33782-2726", "US"),
            tracking_number="LE17119906",
            reason="released_no_signature",
        )
        | DUE
    ],
    "lasership_exception_guess": [
        scan(
            "Attempted",
            "delivery_attempted",
            "2026-09-10T22:05:00Z",
            "2026-09-10T18:05:00",
            "Delivery Attempted; Business Closed",
            NEW_YORK,
            tracking_number="LA40305346",
            reading="EventType: Attempted (guess)",
        )
        | DUE
    ],
    "lasership_missing_timezone": [
        {
            "carrier": "lasership",
            "tracking_number": "1LS7226431942004",
            "status": "out_for_delivery",
            "code": "OutForDelivery",
            "description": "Out for Delivery",
            "local_time": "2026-09-10T09:38:32",
            "time_basis": "local_unknown_zone",
            "reading": "EventType: OutForDelivery",
            "place": NEW_YORK,
        }
        | DUE
    ],
    "lasership_unknown_code": [
        scan(
            "Teleported",
            "unknown",
            "2026-09-10T13:38:32Z",
            "2026-09-10T09:38:32",
            "New event",
            NEW_YORK,
            reading="EventType: None",
        )
        | DUE
    ],
}


@pytest.mark.parametrize("name", sorted(STORIES))
def test_a_sample_is_read_as_its_story(name: str) -> None:
    """Oldest first, whatever order it came in; the estimate with the newest event."""
    parsed = CARRIER.parse(sample(name))

    assert [said(event) for event in parsed.events] == STORIES[name]
    assert parsed.faults == ()
    assert parsed.notices == ()


def test_an_order_s_events_are_those_of_each_piece() -> None:
    """One piece without a number is a fault and loses no other."""
    payload = sample("lasership_delivered")
    payload["Pieces"] += [{"TrackingNumber": "LE17119906"}, {"TrackingNumber": None}]
    parsed = CARRIER.parse(payload)

    assert [(event.tracking_number, event.code) for event in parsed.events] == [
        (number, code)
        for number in ("1LS7226431942004", "LE17119906")
        for code in ("OrderReceived", "Arrived", "OutForDelivery", "Delivered")
    ]
    assert [fault.path for fault in parsed.faults] == ["Pieces[2].TrackingNumber"]


def test_a_piece_tells_its_own_event_where_the_order_tells_none() -> None:
    """Without a time, for a piece has none; one that tells nothing either is a fault."""
    pieces = [{"TrackingNumber": "LE17119906", "EventType": "Arrived"}, {"TrackingNumber": "LE17119907"}]
    parsed = CARRIER.parse({"Pieces": pieces, "Events": []})

    (event,) = parsed.events
    assert (event.status, event.time_basis) == (TrackingStatus.IN_TRANSIT, TimeBasis.RECEIVED_AT)
    assert [fault.path for fault in parsed.faults] == ["Pieces[1].EventType"]


def test_a_body_that_multiplies_is_refused() -> None:
    """Each piece has each event: a small body must not become a million events."""
    many = {"Pieces": [{"TrackingNumber": f"LE{n}"} for n in range(101)], "Events": [{"EventType": "Arrived"}] * 100}

    with pytest.raises(UnreadablePayload):
        CARRIER.parse(many)
    many["Pieces"].pop()
    assert len(CARRIER.parse(many).events) == 10_000


def single(**members: Any) -> TrackingEvent:
    """Return what the one event of a sample is read as, with these members."""
    payload = sample("lasership_unknown_code")
    payload["Events"][0] |= members
    (event,) = CARRIER.parse(payload).events
    return event


@pytest.mark.parametrize(
    ("kind", "words", "status", "reason", "table"),
    [
        ("BCLD", "x", TrackingStatus.DELIVERY_ATTEMPTED, "business_closed", "EventCode"),
        ("outfordelivery", "x", TrackingStatus.OUT_FOR_DELIVERY, None, "EventType"),
        ("Beamed", "Delivered to Neighbor", TrackingStatus.DELIVERED, None, "words of EventShortText"),
        ("Beamed", "Will be delivered tomorrow", TrackingStatus.UNKNOWN, None, "EventType"),
        ("Beamed", "Not delivered", TrackingStatus.DELIVERY_ATTEMPTED, None, "words of EventShortText"),
        ("Beamed", "Out for Delivery", TrackingStatus.OUT_FOR_DELIVERY, None, "words of EventShortText"),
        ("Beamed", "Weather Delay", TrackingStatus.EXCEPTION, "weather_delay", "words of EventShortText"),
        ("Beamed", "Return to Sender", TrackingStatus.RETURNED_TO_SENDER, "returning", "words of EventShortText"),
        ("Beamed", "Lostwithiel", TrackingStatus.UNKNOWN, None, "EventType"),
    ],
)
def test_an_unknown_type_is_looked_for_among_ontrac_s_then_in_the_words(
    kind: str, words: str, status: TrackingStatus, reason: str | None, table: str
) -> None:
    """What the words hint at is a guess; a promise of a delivery is none."""
    event = single(EventType=kind, EventShortText=words)

    assert (event.status, event.reason, event.code, event.reading.table) == (status, reason, kind, table)
    assert event.reading.is_guess is table.startswith("words")


def test_the_modifier_is_the_code_where_the_type_is_left_out() -> None:
    """As one reader of the site takes it; without either the event is a fault."""
    assert single(EventType="", EventModifier="Released").reason == "released_no_signature"

    payload = sample("lasership_unknown_code")
    payload["Events"][0]["EventType"] = None
    parsed = CARRIER.parse(payload)
    assert parsed.events == ()
    assert [fault.path for fault in parsed.faults] == ["Events[0]"]


def test_where_the_photograph_lies() -> None:
    """The address of a page, and nothing else that may stand there."""
    assert single(PhotoPath="https://t.lasership.com/Photo/1.jpg").proof_url == "https://t.lasership.com/Photo/1.jpg"
    assert single(PhotoPath="/Photo/1.jpg").proof_url is None


@pytest.mark.parametrize(
    "name",
    ["lasership_delivered", "lasership_released", "ontrac_delivered", "ontrac_legacy_shape", "ontrac_missing_timezone"],
)
def test_under_both_names_an_event_is_the_same(name: str) -> None:
    """One network: what OnTrac reports and LaserShip repeats is filed once, of one parcel."""
    as_ontrac = ontrac.CARRIER.parse(sample(name)).events
    as_lasership = lasership.CARRIER.parse(sample(name)).events

    assert [event.id for event in as_ontrac] == [event.id for event in as_lasership]
    assert [event.track_key for event in as_ontrac] == [event.track_key for event in as_lasership]
    assert {event.carrier for event in as_ontrac} == {"ontrac"}
    assert {event.carrier for event in as_lasership} == {"lasership"}
    assert len({event.id for event in as_ontrac}) == len(as_ontrac)


def test_each_name_has_the_zone_of_its_coast() -> None:
    """For times that have none."""
    assert ontrac.CARRIER.default_zone == "America/Los_Angeles"
    assert CARRIER.default_zone == "America/New_York"


def test_the_names_of_who_signed_are_not_cut() -> None:
    """They are no images; OnTrac's are."""
    payload = sample("lasership_delivered")

    assert CARRIER.cut(payload) == payload


def test_the_secret_is_in_the_header_that_we_define() -> None:
    """As for OnTrac."""
    sent = sample_bytes("lasership_delivered")

    assert (CARRIER.default_proof, CARRIER.default_header) == ("header", "x-vectis-token")
    assert CARRIER.authenticate({"x-vectis-token": "example-token"}, sent, "example-token")
    assert not CARRIER.authenticate({"x-vectis-token": "example-tok"}, sent, "example-token")
    assert not CARRIER.authenticate({}, sent, "example-token")

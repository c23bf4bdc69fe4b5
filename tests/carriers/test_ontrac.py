"""OnTrac: its newer and its older form, read as the parcels' stories that they tell."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from carrier_events import said
from carrier_samples import sample, sample_bytes

from vectis_carriers.ontrac import CARRIER
from vectis_core.tracking.carrier import UnreadablePayload
from vectis_core.tracking.model import Fault, TimeBasis
from vectis_core.tracking.statuses import TrackingStatus

SACRAMENTO = ("Sacramento", "CA", None, None)
RENO = ("Reno", "NV", None, None)
NOWHERE = (None, None, None, None)


def scan(code: str, status: str, at: str, local: str, words: str, place: Any, **more: Any) -> dict[str, Any]:
    """Return what an event of OnTrac's newer form is expected to say."""
    return {
        "carrier": "ontrac",
        "tracking_number": "D10012345678901",
        "status": status,
        "code": code,
        "description": words,
        "occurred_at": at,
        "local_time": local,
        "time_basis": "utc",
        "reading": f"EventCode: {code}",
        "place": place,
    } | more


ARRIVED = scan("ARRD", "in_transit", "2026-09-10T09:40:00Z", "2026-09-10T02:40:00", "Arrived at facility.", SACRAMENTO)
STORIES: dict[str, list[dict[str, Any]]] = {
    "ontrac_in_transit": [
        scan(
            "XX",
            "label_created",
            "2026-09-08T16:00:00Z",
            "2026-09-08T09:00:00",
            "Order information received.",
            NOWHERE,
        ),
        scan("PKUP", "picked_up", "2026-09-10T00:15:00Z", "2026-09-09T17:15:00", "Picked up.", RENO),
        ARRIVED | {"estimated_delivery": "2026-09-12T03:00:00Z"},
    ],
    "ontrac_delivered": [
        ARRIVED,
        scan(
            "OFDL", "out_for_delivery", "2026-09-11T15:20:00Z", "2026-09-11T08:20:00", "Out for delivery.", SACRAMENTO
        ),
        scan(
            "DLVD",
            "delivered",
            "2026-09-11T19:05:00Z",
            "2026-09-11T12:05:00",
            "Delivered.",
            SACRAMENTO,
            estimated_delivery="2026-09-12T03:00:00Z",
        ),
    ],
    "ontrac_exception": [
        scan(
            "WTDL",
            "exception",
            "2026-09-10T14:00:00Z",
            "2026-09-10T07:00:00",
            "Weather delay.",
            RENO,
            tracking_number="C10012345678918",
            reason="weather_delay",
        ),
        scan(
            "BCLD",
            "delivery_attempted",
            "2026-09-12T00:45:00Z",
            "2026-09-11T17:45:00",
            "Business closed.",
            SACRAMENTO,
            tracking_number="C10012345678918",
            reason="business_closed",
            estimated_delivery="2026-09-12T03:00:00Z",
        ),
    ],
    "ontrac_unknown_code": [
        scan(
            "QQQQ",
            "unknown",
            "2026-09-12T16:20:00Z",
            "2026-09-12T09:20:00",
            "New event.",
            SACRAMENTO,
            tracking_number="C10012345678918",
            reading="EventCode: None",
            estimated_delivery="2026-09-12T03:00:00Z",
        ),
    ],
    "ontrac_missing_timezone": [
        {
            "carrier": "ontrac",
            "tracking_number": "C10012345678918",
            "status": "out_for_delivery",
            "code": "OFDL",
            "description": "Out for delivery.",
            "local_time": "2026-09-12T08:20:00",
            "time_basis": "local_unknown_zone",
            "reading": "EventCode: OFDL",
            "place": SACRAMENTO,
            "estimated_delivery": "2026-09-12T03:00:00Z",
        }
    ],
    "ontrac_legacy_shape": [
        {
            "carrier": "ontrac",
            "tracking_number": "C10012345678918",
            "status": "in_transit",
            "code": "RD",
            "description": "PACKAGE RECEIVED AT FACILITY",
            "local_time": "2026-09-11T06:15:42.457000",
            "time_basis": "local_unknown_zone",
            "reading": "EventCode: RD",
            "place": ("WEST SACRAMENTO", "CA", "95691", None),
        },
        {
            "carrier": "ontrac",
            "tracking_number": "C10012345678918",
            "status": "out_for_delivery",
            "code": "OD",
            "description": "OUT FOR DELIVERY",
            "local_time": "2026-09-11T07:14:00",
            "time_basis": "local_unknown_zone",
            "reading": "EventCode: OD",
            "place": ("WEST SACRAMENTO", "CA", "95691", None),
            "estimated_delivery": "2026-09-11",
        },
    ],
}


@pytest.mark.parametrize("name", sorted(STORIES))
def test_a_sample_is_read_as_its_story(name: str) -> None:
    """Oldest first, whatever order it came in; the estimate with the newest event."""
    parsed = CARRIER.parse(sample(name))

    assert [said(event) for event in parsed.events] == STORIES[name]
    assert parsed.faults == ()
    assert parsed.notices == ()


def delivered(**package: Any) -> Any:
    """Return the sample of a delivery with these members of its package."""
    payload = sample("ontrac_delivered")
    payload["Packages"][0] |= package
    return payload


def test_who_took_it_and_where_the_photograph_lies() -> None:
    """Of the delivery alone; what is no address of a page is none."""
    link = "https://t.lasership.com/Photo/sample.jpg"
    *before, last = CARRIER.parse(delivered(PodText="J. SMITH", VpodImageUrl=link)).events

    assert (last.status, last.signer, last.proof_url) == (TrackingStatus.DELIVERED, "J. SMITH", link)
    assert {(event.signer, event.proof_url) for event in before} == {(None, None)}
    assert CARRIER.parse(delivered(VpodImageUrl="javascript:alert(1)")).events[-1].proof_url is None


def test_the_estimate_in_utc_may_carry_an_offset() -> None:
    """As it does in what OnTrac's site was seen to send; a date alone stays a date."""
    estimate = CARRIER.parse(delivered(UtcExpectedDeliveryDateTime="2026-03-19T21:00:00-04:00")).events[-1]
    assert estimate.estimated_delivery == "2026-03-20T01:00:00Z"

    dated = CARRIER.parse(delivered(UtcExpectedDeliveryDateTime=None)).events[-1]
    assert dated.estimated_delivery == "2026-09-11"


@pytest.mark.parametrize(
    ("utc", "zoned", "basis", "occurred_at"),
    [
        ("2026-09-11T19:05:00", "2026-09-11T12:05:00-07:00", TimeBasis.UTC, "2026-09-11T19:05:00+00:00"),
        ("2026-09-11T19:05:00Z", None, TimeBasis.UTC, "2026-09-11T19:05:00+00:00"),
        ("2026-09-11T19:05:00Z", "2026-09-11T19:05:00", TimeBasis.GMT_SUSPECT, "2026-09-11T19:05:00+00:00"),
        ("2026-09-11T19:05:00Z", "2026-09-11T10:05:00-07:00", TimeBasis.GMT_SUSPECT, "2026-09-11T19:05:00+00:00"),
        (None, "2026-09-11T12:05:00-07:00", TimeBasis.UTC, "2026-09-11T19:05:00+00:00"),
        ("soon", None, TimeBasis.RECEIVED_AT, None),
    ],
)
def test_the_moment_is_the_one_in_utc(utc: Any, zoned: Any, basis: TimeBasis, occurred_at: str | None) -> None:
    """Without its ``Z`` too; one that does not fit the clock of the place is kept, and marked."""
    payload = sample("ontrac_missing_timezone")
    payload["Packages"][0]["Events"][0] |= {"UtcEventDateTime": utc, "ZonedEventDateTime": zoned}
    (event,) = CARRIER.parse(payload).events

    assert event.time_basis is basis
    assert (event.occurred_at.isoformat() if event.occurred_at else None) == occurred_at


def test_a_wrong_status_is_taken_back() -> None:
    """``ER`` corrects what was said before it, and says nothing of where the parcel is."""
    payload = sample("ontrac_missing_timezone")
    payload["Packages"][0]["Events"][0]["EventCode"] = "ER"
    (event,) = CARRIER.parse(payload).events

    assert (event.status, event.reason, event.corrects) == (None, "informational", True)


@pytest.mark.parametrize("outer", ["OnTracTrackingResult", "OnTracShipmentStatus"])
@pytest.mark.parametrize("names", [("Shipments", "Shipment"), ("Packages", "Package")])
def test_the_older_form_is_read_within_its_elements(outer: str, names: tuple[str, str]) -> None:
    """With the root's name of the specification or of what was captured; one event need be in no list."""
    (shipment,) = sample("ontrac_legacy_shape")["Shipments"].values()
    shipment["Events"]["Event"] = shipment["Events"]["Event"][0]
    payload = {outer: {names[0]: {names[1]: [shipment, shipment | {"Tracking": "D10012345678901"}]}}}
    events = CARRIER.parse(payload).events

    assert [(event.tracking_number, event.code) for event in events] == [
        ("C10012345678918", "OD"),
        ("D10012345678901", "OD"),
    ]


def test_the_older_form_names_who_took_it() -> None:
    """In ``POD``, beside the address of the photograph."""
    payload = sample("ontrac_legacy_shape")
    shipment = payload["Shipments"]["Shipment"]
    shipment |= {"POD": "SMITH", "Vpod": "https://www.ontrac.com/vpod/1.png"}
    shipment["Events"]["Event"][0]["Status"] = "OK"
    last = CARRIER.parse(payload).events[-1]

    assert (last.status, last.signer, last.proof_url) == (
        TrackingStatus.DELIVERED,
        "SMITH",
        "https://www.ontrac.com/vpod/1.png",
    )


def test_one_bad_part_does_not_lose_the_others() -> None:
    """Each is a fault with its path: no number, no events, an event without a code."""
    good = sample("ontrac_delivered")["Packages"][0]
    codeless = copy.deepcopy(good)
    codeless["Events"][1] |= {"EventCode": "", "Status": None}
    parsed = CARRIER.parse(
        {
            "Packages": [
                good | {"Tracking": ""},
                good | {"Tracking": "9" * 65},
                good | {"Events": [], "Error": "Invalid Tracking Number"},
                codeless,
            ]
        }
    )

    assert [event.code for event in parsed.events] == ["ARRD", "DLVD"]
    assert [fault.path for fault in parsed.faults] == [
        "Packages[0].Tracking",
        "Packages[1].Tracking",
        "Packages[2].Events",
        "Packages[3].Events[1]",
    ]
    assert parsed.faults[2] == Fault("Packages[2].Events", "tells of no event: Invalid Tracking Number")


@pytest.mark.parametrize("payload", [None, 7, "x", [], {}, {"Packages": 1}, {"Pieces": {}}, [{"Packages": []}]])
def test_what_is_of_no_known_form_is_unreadable(payload: Any) -> None:
    """The one error that parsing raises."""
    with pytest.raises(UnreadablePayload):
        CARRIER.parse(payload)


def test_images_are_cut_and_links_stay() -> None:
    """Of signatures, of doorsteps and of the carrier's logo; what is left reads as the same events."""
    payload = delivered(SignatureImageString="iVBORw0KGgo=", VpodImageUrl="https://t.lasership.com/Photo/1.jpg")
    cut = CARRIER.cut(payload)
    assert "iVBORw0KGgo=" not in str(cut)
    assert CARRIER.parse(cut) == CARRIER.parse(payload)

    older = sample("ontrac_legacy_shape")
    older["Shipments"]["Shipment"] |= {"Signature": "R0lGODlh", "Vpod": "iVBORw0KGgo="}
    cut = CARRIER.cut({"OnTracTrackingResult": older | {"Logo": "R0lGODlh"}})
    assert "R0lGODlh" not in str(cut)
    assert "iVBORw0KGgo=" not in str(cut)
    assert len(CARRIER.parse(cut).events) == 2


def test_the_secret_is_in_the_header_that_we_define() -> None:
    """Whole, and in no other header; an account may name another, see the tests of verifying."""
    sent = sample_bytes("ontrac_delivered")

    assert CARRIER.default_proof == "header"
    assert CARRIER.default_header == "x-vectis-token"
    assert CARRIER.authenticate({"x-vectis-token": "example-token"}, sent, "example-token")
    for headers in (
        {},
        {"x-vectis-token": ""},
        {"x-vectis-token": "example-toke"},
        {"x-vectis-token": "example-token2"},
        {"x-vectis-token": "Example-Token"},
        {"x-vectis-token": "exämple-token"},
        {"x-api-key": "example-token"},
    ):
        assert not CARRIER.authenticate(headers, sent, "example-token"), headers

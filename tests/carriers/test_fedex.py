"""FedEx: what its pushes are read as, and how they prove where they come from."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from carrier_events import said
from carrier_samples import sample, sample_bytes, signed_requests
from hypothesis import given
from hypothesis import strategies as st

from vectis_carriers.fedex import CARRIER
from vectis_core.tracking.carrier import UnreadablePayload
from vectis_core.tracking.model import Fault, Parsed, TrackingEvent

SECRETS = st.text(st.characters(min_codepoint=33, exclude_categories=["Cs"]), min_size=1, max_size=40)
SECRET = "FdxExampleSecurityToken2026abc"
NUMBER = "794612340017"
OAKLAND = ("OAKLAND", "CA", "94621", "US")
MEMPHIS = ("MEMPHIS", "TN", "38118", "US")
DENVER = ("DENVER", "CO", "80249", "US")
SENDER = (None, None, "80249", "US")
#: 20:00 in Oakland.
EVENING = "2026-09-11T03:00:00Z"


def scan(code: str, status: str, at: str, local: str, words: str, place: Any, **more: Any) -> dict[str, Any]:
    """Return what an event is expected to say."""
    return {
        "carrier": "fedex",
        "tracking_number": NUMBER,
        "status": status,
        "code": code,
        "description": words,
        "occurred_at": at,
        "local_time": local,
        "time_basis": "utc",
        "reading": f"scanEvents.eventType: {code}",
        "place": place,
    } | more


ANNOUNCED = scan(
    "OC",
    "label_created",
    "2026-09-08T21:02:00Z",
    "2026-09-08T15:02:00",
    "Shipment information sent to FedEx",
    SENDER,
)
PICKED_UP = scan("PU", "picked_up", "2026-09-08T23:41:00Z", "2026-09-08T17:41:00", "Picked up", DENVER)
LEFT = scan("DP", "in_transit", "2026-09-09T02:12:00Z", "2026-09-08T20:12:00", "Left FedEx origin facility", DENVER)
ARRIVED = scan("AR", "in_transit", "2026-09-09T06:37:00Z", "2026-09-09T01:37:00", "Arrived at FedEx hub", MEMPHIS)
ON_VEHICLE = scan(
    "OD", "out_for_delivery", "2026-09-10T15:03:00Z", "2026-09-10T08:03:00", "On FedEx vehicle for delivery", OAKLAND
)
DELIVERED = scan("DL", "delivered", "2026-09-10T17:26:00Z", "2026-09-10T10:26:00", "Delivered", OAKLAND)
ATTEMPTED = scan(
    "DE/08",
    "delivery_attempted",
    "2026-09-10T19:11:00Z",
    "2026-09-10T12:11:00",
    "Delivery exception: Customer not available or business closed",
    OAKLAND,
    reason="recipient_unavailable",
    reading="scanEvents.exceptionCode of event types DE and SE: 08",
)

STORIES: dict[str, list[dict[str, Any]]] = {
    "fedex_in_transit": [ANNOUNCED, PICKED_UP, LEFT, ARRIVED | {"estimated_delivery": EVENING}],
    "fedex_delivered": [
        ANNOUNCED,
        PICKED_UP,
        LEFT,
        ARRIVED,
        ON_VEHICLE,
        DELIVERED | {"signer": "R.EXAMPLE"},
    ],
    "fedex_exception_attempt": [
        PICKED_UP | {"tracking_number": "794612340028"},
        ON_VEHICLE | {"tracking_number": "794612340028"},
        ATTEMPTED | {"tracking_number": "794612340028", "estimated_delivery": EVENING},
    ],
    "fedex_exception_address": [
        PICKED_UP | {"tracking_number": "794612340039"},
        scan(
            "SE/71",
            "exception",
            "2026-09-09T08:20:00Z",
            "2026-09-09T03:20:00",
            "Shipment exception: Incorrect recipient address",
            MEMPHIS,
            tracking_number="794612340039",
            reason="other",
            reading="scanEvents.eventType: SE",
            estimated_delivery=EVENING,
        ),
    ],
    "fedex_batch_multi_tracking": [
        ANNOUNCED | {"tracking_number": "794612340040"},
        ARRIVED | {"tracking_number": "794612340028", "estimated_delivery": EVENING},
        ON_VEHICLE,
        DELIVERED,
    ],
    "fedex_return": [
        ATTEMPTED | {"tracking_number": "794612340073"},
        scan(
            "RS",
            "returned_to_sender",
            "2026-09-11T16:00:00Z",
            "2026-09-11T09:00:00",
            "Returning package to shipper: Refused by recipient",
            OAKLAND,
            tracking_number="794612340073",
            reason="returning",
            sub_code="07",
        ),
    ],
    "fedex_unknown_code": [
        scan(
            "ZQ",
            "unknown",
            "2026-09-09T16:00:00Z",
            "2026-09-09T11:00:00",
            "Some new scan",
            MEMPHIS,
            tracking_number="794612340051",
            reading="scanEvents.eventType: None",
        ),
    ],
}


def history(*scans: Any, **members: Any) -> Parsed:
    """Return what the history of a parcel is read as."""
    result = {"trackingNumberInfo": {"trackingNumber": NUMBER}, "scanEvents": list(scans), **members}
    return CARRIER.parse({"output": {"completeTrackResults": [{"trackingNumber": NUMBER, "trackResults": [result]}]}})


def event(**members: Any) -> TrackingEvent:
    """Return what a scan of noon in Memphis is read as."""
    parsed = history({"date": "2026-09-09T12:00:00-05:00", **members})
    assert parsed.faults == ()
    return parsed.events[0]


def read_as(**members: Any) -> tuple[str | None, str | None, str, bool]:
    """Return status, reason and code of a scan, and whether that is a guess."""
    found = event(**members)
    return (found.status.value if found.status else None, found.reason, found.code, found.reading.is_guess)


@pytest.mark.parametrize("name", STORIES)
def test_a_parcels_story(name: str) -> None:
    """Each sample, oldest scan first, to the last field of every event."""
    parsed = CARRIER.parse(sample(name))

    assert [said(each) for each in parsed.events] == STORIES[name]
    assert (parsed.faults, parsed.notices) == ((), ())


def test_a_number_that_is_not_known_yet() -> None:
    """FedEx says so in the place of scans: there is no event, and what it says is passed on."""
    assert CARRIER.parse(sample("fedex_error_result")) == Parsed(
        faults=(
            Fault(
                "output.completeTrackResults[0].trackResults[0].error",
                "FedEx has no scans of it (it says: "
                "TRACKING.TRACKINGNUMBER.NOTFOUND: Tracking number cannot be found.)",
            ),
        )
    )


def test_a_repeated_history_brings_the_same_events() -> None:
    """The scans of a first push have the same ids in the second, whatever was added since."""
    first, second = (
        {each.id for each in CARRIER.parse(sample(name)).events} for name in ("fedex_in_transit", "fedex_delivered")
    )

    assert len(first) == 4
    assert first < second


@pytest.mark.parametrize(
    ("exception", "words", "expected"),
    [
        ("08", None, ("delivery_attempted", "recipient_unavailable", "DE/08", False)),
        ("008", None, ("delivery_attempted", "recipient_unavailable", "DE/008", False)),
        (8, None, ("delivery_attempted", "recipient_unavailable", "DE/8", False)),
        ("0003", None, ("exception", "address_issue", "DE/0003", False)),
        ("a25", None, (None, "customs", "DE/a25", False)),
        # One code, two meanings: the words decide, and the list where there are none.
        ("07", "Customer not available", ("delivery_attempted", "recipient_unavailable", "DE/07", True)),
        ("07", "Refused by recipient", ("exception", "refused", "DE/07", True)),
        ("07", None, ("exception", "refused", "DE/07", False)),
        # A code that is not known: the words, and else what the type says.
        ("A47", "FedEx redirected your package", ("exception", "other", "DE/A47", False)),
        ("X1", "Delivery not attempted, business closed", ("exception", "delayed", "DE/X1", True)),
        ("X1", "Unable to access the building", ("delivery_attempted", "recipient_unavailable", "DE/X1", True)),
        ("X1", "Recipient's address is incomplete", ("exception", "address_issue", "DE/X1", True)),
        ("X1", "Severe weather", ("exception", "weather_delay", "DE/X1", True)),
        ("X1", "Returning to shipper", ("returned_to_sender", "returning", "DE/X1", True)),
        ("X1", "Papers enclosed", ("exception", "other", "DE/X1", False)),
        ("", "Business closed", ("delivery_attempted", "business_closed", "DE", True)),
        (None, None, ("exception", "other", "DE", False)),
    ],
)
def test_a_delivery_exception(exception: Any, words: Any, expected: tuple[Any, ...]) -> None:
    """What happened stands in a second code, or in words where that is not known."""
    assert read_as(eventType="DE", exceptionCode=exception, exceptionDescription=words) == expected


def test_an_exception_code_beside_another_event_type_decides_nothing() -> None:
    """It only tells two scans of one moment apart: a delayed parcel is delayed, and a cleared one picked up."""
    assert read_as(eventType="DY", exceptionCode="08") == ("exception", "delayed", "DY", False)
    assert read_as(eventType="PU", exceptionCode="A25") == ("picked_up", None, "PU", False)
    assert read_as(eventType="SE", exceptionCode="99") == ("exception", "undeliverable", "SE/99", False)
    assert event(eventType="AF", exceptionCode="A3").sub_code == "A3"
    assert event(eventType="AF", exceptionCode="A3").id != event(eventType="AF").id
    assert event(eventType="DE", exceptionCode="08").sub_code is None


def test_a_code_in_either_case() -> None:
    """``Ow`` is in FedEx's own list; what was written is kept."""
    assert [read_as(eventType=code)[:3] for code in ("Ow", "OW", "ow", "dl")] == [
        ("in_transit", None, "Ow"),
        ("in_transit", None, "OW"),
        ("in_transit", None, "ow"),
        ("delivered", None, "dl"),
    ]


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        # As in a captured answer of the Track API.
        ({"eventType": "AE", "derivedStatusCode": "IT"}, ("in_transit", None, "AE", True)),
        ({"eventType": "QQ", "derivedStatusCode": "IN"}, ("label_created", None, "QQ", True)),
        ({"eventType": "QQ", "derivedStatusCode": "RL"}, ("exception", "delayed", "QQ", True)),
        ({"eventType": "QQ", "derivedStatusCode": "DE"}, ("exception", "other", "QQ", True)),
        ({"eventType": "QQ", "derivedStatusCode": "QQ"}, ("unknown", None, "QQ", False)),
        ({"eventType": "QQ"}, ("unknown", None, "QQ", False)),
        ({"derivedStatusCode": "DL"}, ("delivered", None, "DL", False)),
    ],
)
def test_an_event_type_that_is_not_known(members: dict[str, str], expected: tuple[Any, ...]) -> None:
    """It is read as what FedEx sums it up as, which is a guess; else it is unknown, and kept."""
    assert read_as(**members) == expected


def test_the_words_of_an_event_and_its_exception() -> None:
    """Both, but nothing twice."""
    words = [
        event(eventType="DY", eventDescription=one, exceptionDescription=other).description
        for one, other in (("Delay", "Snow"), ("Delay", "DELAY"), ("Delay", ""), (None, "Snow"), (None, None))
    ]

    assert words == ["Delay: Snow", "Delay", "Delay", "Snow", None]


def test_a_code_is_bounded() -> None:
    """However long the two codes are."""
    found = event(eventType="DE", exceptionCode="9" * 500)

    assert found.code == ("DE/" + "9" * 500)[:64]


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("2026-09-09T12:00:00-05:00", {"occurred_at": "2026-09-09T17:00:00Z", "local_time": "2026-09-09T12:00:00"}),
        ("2026-09-09T12:00:00Z", {"occurred_at": "2026-09-09T12:00:00Z", "local_time": "2026-09-09T12:00:00"}),
        (
            "2026-09-09T00:00:00",
            {
                "local_time": "2026-09-09T00:00:00",
                "time_basis": "local_unknown_zone",
                "likely_zone": "America/Chicago",
            },
        ),
        ("yesterday", {"time_basis": "received_at"}),
        (None, {"time_basis": "received_at"}),
    ],
)
def test_the_time_of_a_scan(date: Any, expected: dict[str, str]) -> None:
    """With the offset of the place; now and then without one, and then most likely on the state's clock."""
    location = {"city": "MEMPHIS", "stateOrProvinceCode": "TN", "countryCode": "US"}
    told = said(event(eventType="PU", date=date, scanLocation=location))

    names = ("occurred_at", "local_time", "time_basis", "likely_zone")
    assert {name: told[name] for name in names if name in told} == {"time_basis": "utc", **expected}


def test_no_likely_zone_abroad() -> None:
    """``CA`` is a state's code, and a country's."""
    location = {"stateOrProvinceCode": "ON", "countryCode": "CA"}

    assert event(eventType="PU", date="2026-09-09T00:00:00", scanLocation=location).likely_zone is None


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({}, None),
        ({"dateAndTimes": [{"type": "SHIP", "dateTime": "2026-09-08T00:00:00-06:00"}]}, None),
        ({"dateAndTimes": [{"type": "ESTIMATED_DELIVERY", "dateTime": "2026-09-10T00:00:00"}]}, "2026-09-10"),
        (
            {
                "estimatedDeliveryTimeWindow": {"window": {"ends": "2026-09-10T14:30:00-07:00"}},
                "dateAndTimes": [{"type": "ESTIMATED_DELIVERY", "dateTime": "2026-09-10T20:00:00-07:00"}],
            },
            "2026-09-10T21:30:00Z",
        ),
        # As in a captured answer: the window is there, and empty.
        (
            {
                "estimatedDeliveryTimeWindow": {"window": {}},
                "standardTransitTimeWindow": {"window": {"ends": "2026-09-10T00:00:00-06:00"}},
            },
            "2026-09-10",
        ),
    ],
)
def test_when_it_will_come(members: dict[str, Any], expected: str | None) -> None:
    """The end of the window, then the estimate, then the usual time; midnight is a day."""
    older = {"date": "2026-09-08T12:00:00-05:00", "eventType": "PU"}
    newer = {"date": "2026-09-09T12:00:00-05:00", "eventType": "AR"}

    parsed = history(newer, older, **members)

    assert [each.estimated_delivery for each in parsed.events] == [None, expected]


def test_a_delivered_parcel_has_no_estimate_and_a_signer() -> None:
    """Also where news of no consequence came after; the name of who signed goes before that of who received."""
    estimate = [{"type": "ESTIMATED_DELIVERY", "dateTime": "2026-09-10T20:00:00-07:00"}]
    delivered = {"date": "2026-09-09T12:00:00-05:00", "eventType": "DL"}
    later = {"date": "2026-09-09T13:00:00-05:00", "eventType": "RM"}
    details = {"receivedByName": "A. NEIGHBOR", "signedByName": "B. SIGNER"}

    parsed = history(later, delivered, dateAndTimes=estimate, deliveryDetails=details)

    assert [(each.code, each.signer, each.estimated_delivery) for each in parsed.events] == [
        ("DL", "B. SIGNER", None),
        ("RM", None, None),
    ]


def test_a_number_that_was_used_again() -> None:
    """Both histories are told, each with its own estimate; which shipment each is of, is not decided here."""
    before = {"scanEvents": [{"date": "2025-01-09T12:00:00-05:00", "eventType": "DL"}]}
    now = {
        "scanEvents": [{"date": "2026-09-09T12:00:00-05:00", "eventType": "PU"}],
        "dateAndTimes": [{"type": "ESTIMATED_DELIVERY", "dateTime": "2026-09-10T00:00:00"}],
    }
    parcel = {"trackingNumber": NUMBER, "trackResults": [now, before]}

    parsed = CARRIER.parse({"output": {"completeTrackResults": [parcel]}})

    assert [(each.tracking_number, each.code, each.estimated_delivery) for each in parsed.events] == [
        (NUMBER, "DL", None),
        (NUMBER, "PU", "2026-09-10"),
    ]


def test_flat_results() -> None:
    """A form that a public receiver of these pushes takes too, with the number inside."""
    flat = {
        "trackResults": [
            {"trackingNumber": f" {NUMBER} ", "scanEvents": [{"eventType": "PU", "date": "2026-09-09T12:00:00Z"}]},
            {
                "trackingNumberInfo": {"trackingNumber": 794612340028},
                "scanEvents": [{"eventType": "OC", "date": "2026-09-08T12:00:00Z"}],
            },
        ]
    }

    for payload in (flat, {"output": flat}):
        found = [(each.tracking_number, each.code) for each in CARRIER.parse(payload).events]
        assert found == [("794612340028", "OC"), (NUMBER, "PU")]


def test_a_bad_part_does_not_lose_the_others() -> None:
    """Each is named by its place."""
    good = {"date": "2026-09-09T12:00:00Z", "eventType": "PU"}
    parcels = [
        {"trackingNumber": "9" * 65, "trackResults": [{"scanEvents": [good]}]},
        {"trackingNumber": NUMBER, "trackResults": [{"scanEvents": [good, {"date": "2026-09-09T12:00:00Z"}, 7]}]},
        {"trackingNumber": NUMBER, "trackResults": []},
        {"trackingNumber": NUMBER, "error": {"code": 5, "message": ""}},
        "nonsense",
    ]

    parsed = CARRIER.parse({"output": {"completeTrackResults": parcels}})

    assert [each.code for each in parsed.events] == ["PU"]
    assert [each.path for each in parsed.faults] == [
        "output.completeTrackResults[0].trackingNumber",
        "output.completeTrackResults[1].trackResults[0].scanEvents[1]",
        "output.completeTrackResults[1].trackResults[0].scanEvents[2]",
        "output.completeTrackResults[2].scanEvents",
        "output.completeTrackResults[3].error",
        "output.completeTrackResults[4].trackingNumber",
    ]


@pytest.mark.parametrize(
    "payload", [None, [], 7, "", {}, {"output": {}}, {"output": []}, {"trackResults": {}}, {"error": {}}]
)
def test_what_is_no_answer_of_tracking(payload: Any) -> None:
    """There is nothing in it that could be a parcel."""
    with pytest.raises(UnreadablePayload):
        CARRIER.parse(payload)


def test_images_are_cut() -> None:
    """Whatever the members are called that hold them; all that is read of a payload stays."""
    image = base64.b64encode(bytes(range(256)) * 8).decode()
    payload = sample("fedex_delivered")
    result = payload["output"]["completeTrackResults"][0]["trackResults"][0]
    result["availableImages"] = [{"type": "SIGNATURE_PROOF_OF_DELIVERY", "size": "LARGE"}]
    result["documents"] = []
    kept = json.dumps(payload)
    result["signatureImage"] = "aGVsbG8="
    result["proof_of_delivery"] = ["aGVsbG8=", "d29ybGQ="]
    result["deliveryDetails"]["whatever"] = image
    result["documents"] = [f"data:image/png;base64,{image}"]

    assert json.dumps(CARRIER.cut(payload)) == kept
    assert CARRIER.parse(CARRIER.cut(payload)) == CARRIER.parse(sample("fedex_delivered"))


@pytest.mark.parametrize("request_", signed_requests("fedex"), ids=lambda each: each.scheme)
def test_the_signed_requests(request_: Any) -> None:
    """Those that are published as right and as wrong; a digest in hex is not how FedEx writes it."""
    assert CARRIER.authenticate(request_.headers, request_.body, request_.secret) is request_.is_valid


def signature(body: bytes, secret: str = SECRET) -> str:
    """Return the right signature of a body."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def test_what_proves_nothing() -> None:
    """No signature, a cut one, one in another case, one of another body or under another secret."""
    body = sample_bytes("fedex_delivered")
    right = signature(body)
    assert CARRIER.authenticate({"fdx-signature": right}, body, SECRET)

    wrong = [
        "",
        " ",
        right[:-1],
        right[:-4],
        right.lower(),
        right.upper(),
        right.rstrip("="),
        f" {right}",
        "\udcff",
        "ü",
    ]
    wrong += [signature(body.rstrip()), signature(body, SECRET.lower()), signature(body, "")]
    for given_ in wrong:
        assert not CARRIER.authenticate({"fdx-signature": given_}, body, SECRET), given_
    for headers in (
        {},
        {"x-fdx-sc-signature": right},
        {"x-fedex-signature": right},
        {"authorization": f"Bearer {SECRET}"},
    ):
        assert not CARRIER.authenticate(headers, body, SECRET), headers
    assert not CARRIER.authenticate({"fdx-signature": signature(body, "")}, body, "")


@given(st.binary(max_size=200), st.binary(max_size=200), SECRETS, SECRETS)
def test_only_the_body_and_the_secret_that_were_signed_pass(body: bytes, other: bytes, secret: str, wrong: str) -> None:
    """Whatever they are."""
    headers = {"fdx-signature": signature(body, secret)}

    assert CARRIER.authenticate(headers, body, secret)
    assert CARRIER.authenticate(headers, other, secret) is (other == body)
    assert CARRIER.authenticate(headers, body, wrong) is (wrong == secret)

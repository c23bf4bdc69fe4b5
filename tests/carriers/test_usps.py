"""USPS: what its pushes are read as, and how they prove where they come from."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from carrier_samples import SignedRequest, place_of, sample, sample_bytes, shown, signed_requests
from hypothesis import given
from hypothesis import strategies as st

from vectis_carriers.usps import CARRIER
from vectis_core.tracking.carrier import UnreadablePayload
from vectis_core.tracking.model import Parsed, TrackingEvent

NUMBER = "9400100000000000100010"
SECRET = "0123456789abcdef0123456789ABCDEF"
HERNANDO = ("HERNANDO", "FL", "34442", None)


def inner(**members: Any) -> Parsed:
    """Return what an envelope of noon on 2026-09-10, UTC, with this payload is read as."""
    payload = json.dumps({"trackingNumber": NUMBER, **members})
    return CARRIER.parse({"timestamp": "2026-09-10T12:00:00Z", "payload": payload})


def scan(code: str | None = None, words: str | None = None, **members: Any) -> TrackingEvent:
    """Return what a single scan is read as."""
    told = {"eventTimestamp": "2026-09-10T06:00:00", "eventCode": code, "eventType": words, **members}
    parsed = inner(trackingEvents=[told])
    assert parsed.faults == ()
    return parsed.events[0]


def signed(body: bytes, secret: str = SECRET) -> str:
    """Return the right signature of an envelope."""
    envelope = json.loads(body)
    told = (envelope["timestamp"] + envelope["payload"]).encode()
    return base64.b64encode(hmac.new(secret.encode(), told, hashlib.sha256).digest()).decode()


def test_a_parcel_under_way() -> None:
    """Four scans, oldest first; the last is one that nobody made, and has no place."""
    parsed = CARRIER.parse(sample("usps_in_transit"))
    assert [shown(event) for event in parsed.events] == [
        (NUMBER, "label_created", None, "GX", "2026-09-07T15:32:10+00:00", "2026-09-07T11:32:00", "utc"),
        (NUMBER, "picked_up", None, "03", "2026-09-08T15:10:22+00:00", "2026-09-08T11:10:00", "utc"),
        (NUMBER, "in_transit", None, "10", "2026-09-08T22:02:41+00:00", "2026-09-08T18:02:00", "utc"),
        (
            NUMBER,
            "in_transit",
            "inferred_not_a_physical_scan",
            "NT",
            "2026-09-09T16:11:05+00:00",
            "2026-09-09T12:11:00",
            "utc",
        ),
    ]
    assert [event.description for event in parsed.events] == [
        "Shipping Label Created, USPS Awaiting Item",
        "USPS in possession of item",
        "Arrived at USPS Regional Origin Facility",
        "In Transit to Next Facility",
    ]
    assert [place_of(event) for event in parsed.events] == [
        ("SPRINGFIELD GARDENS", "NY", "11413", None),
        ("JAMAICA", "NY", "11430", None),
        ("QUEENS NY DISTRIBUTION CENTER", None, None, None),
        (None, None, None, None),
    ]
    assert {(event.signer, event.estimated_delivery, event.proof_url) for event in parsed.events} == {
        (None, None, None)
    }
    assert (parsed.faults, parsed.notices) == ((), ())


def test_a_delivered_parcel_repeats_its_history() -> None:
    """The four scans of before come again, known by the same ids, and two are new."""
    before = CARRIER.parse(sample("usps_in_transit")).events
    events = CARRIER.parse(sample("usps_delivered")).events
    assert [event.id for event in events[:4]] == [event.id for event in before]
    assert [shown(event) for event in events[4:]] == [
        (NUMBER, "out_for_delivery", None, "OF", "2026-09-11T13:10:45+00:00", "2026-09-11T09:10:00", "utc"),
        (NUMBER, "delivered", None, "01", "2026-09-11T17:58:40+00:00", "2026-09-11T13:58:00", "utc"),
    ]
    assert [event.description for event in events[4:]] == ["Out for Delivery", "Delivered, In/At Mailbox"]
    assert [place_of(event) for event in events[4:]] == [HERNANDO, HERNANDO]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "usps_notice_left",
            [
                ("OF", "out_for_delivery", None, "2026-09-11T13:10:45+00:00", "2026-09-11T09:10:00"),
                ("55", "delivery_attempted", None, "2026-09-11T18:20:09+00:00", "2026-09-11T14:20:00"),
            ],
        ),
        (
            "usps_alert_return",
            [
                ("05", "exception", "address_issue", "2026-09-12T11:55:02+00:00", "2026-09-12T07:55:00"),
                ("09", "returned_to_sender", "returning", "2026-09-12T12:00:33+00:00", "2026-09-12T08:00:00"),
            ],
        ),
        (
            "usps_available_for_pickup",
            [("14", "available_for_pickup", None, "2026-09-11T13:00:01+00:00", "2026-09-11T09:00:00")],
        ),
        (
            "usps_unknown_code",
            [("Q7", "exception", "other", "2026-09-10T05:13:00+00:00", "2026-09-10T01:13:00")],
        ),
        (
            "usps_scan_extract_guess",
            [("OF", "out_for_delivery", None, "2026-09-11T13:10:45+00:00", "2026-09-11T09:10:00")],
        ),
        (
            "usps_payload_object_guess",
            [("01", "delivered", None, "2026-09-11T17:58:40+00:00", "2026-09-11T13:58:00")],
        ),
    ],
)
def test_other_samples(name: str, expected: list[tuple[str | None, ...]]) -> None:
    """Each of the other samples with scans is read as what stands here."""
    parsed = CARRIER.parse(sample(name))
    assert [
        (event.code, event.status and event.status.value, event.reason, *shown(event)[4:6]) for event in parsed.events
    ] == expected
    assert (parsed.faults, parsed.notices) == ((), ())


def test_where_and_of_which_parcel_the_other_samples_are() -> None:
    """Numbers, words and places of the samples that say something new of them."""
    told = {
        name: [
            (event.tracking_number[-2:], event.description, place_of(event))
            for event in CARRIER.parse(sample(name)).events
        ]
        for name in ("usps_notice_left", "usps_alert_return", "usps_unknown_code", "usps_scan_extract_guess")
    }
    assert told == {
        "usps_notice_left": [
            ("27", "Out for Delivery", HERNANDO),
            ("27", "Notice Left (No Secure Location Available)", HERNANDO),
        ],
        "usps_alert_return": [
            ("34", "Undeliverable as Addressed", HERNANDO),
            ("34", "Return to Sender", HERNANDO),
        ],
        "usps_unknown_code": [("65", "Some new thing", ("TAMPA", "FL", "33602", None))],
        "usps_scan_extract_guess": [("72", None, HERNANDO)],
    }


def test_a_summary_alone_is_an_event_of_the_time_of_its_envelope() -> None:
    """Without scans only the category tells something, and when is when USPS wrote it."""
    (event,) = CARRIER.parse(sample("usps_summary_only")).events
    assert shown(event) == (
        "9400100000000000100096",
        "out_for_delivery",
        "from_summary",
        "statusCategory",
        "2026-09-11T13:11:00+00:00",
        None,
        "envelope_timestamp",
    )
    assert event.description == "Out for delivery."


def test_a_challenge_is_answered_with_itself() -> None:
    """Whoever believes that USPS sends one gets it back; nothing is reported of a parcel."""
    parsed = CARRIER.parse(sample("usps_challenge_guess"))
    assert parsed.events == ()
    assert [(each.kind, each.reply, each.is_alarming) for each in parsed.notices] == [
        ("challenge", {"challenge": "b7d2f1c0a9e84e55"}, False)
    ]


@pytest.mark.parametrize(
    ("code", "words", "expected"),
    [
        ("01", "Delivered, To Original Sender", ("returned_to_sender", "returned")),
        ("01", "Delivered to Agent for Final Delivery", ("delivered", "agent")),
        ("17", "Picked Up By Agent", ("delivered", "picked_up_by_agent")),
        ("17", "Picked up from shipper", ("picked_up", None)),
        ("43", "Picked Up", ("delivered", "picked_up_by_recipient_or_agent")),
        ("43", "Picked Up by Shipping Partner, USPS Awaiting Item", ("picked_up", None)),
        ("TL", "In Transit to Next Facility", ("in_transit", "inferred_not_a_physical_scan")),
        ("TL", "Departed Facility", ("in_transit", None)),
        ("08", "Missent", ("in_transit", "missort")),
        ("DX", "Delivery Status Not Updated", (None, "informational")),
        # A code that no table has, or none at all: the words, where they begin with a category.
        ("Q7", "Delivery Attempted - No Access to Delivery Location", ("delivery_attempted", None)),
        (None, "Delivered to Agent", ("delivered", "agent")),
        ("Q7", "Not delivered", ("unknown", None)),
    ],
)
def test_words_that_change_what_a_code_means(
    code: str | None, words: str, expected: tuple[str | None, str | None]
) -> None:
    """Some codes stand for several things, which the words beside them tell apart."""
    event = scan(code, words)
    assert (event.status and event.status.value, event.reason) == expected
    assert event.code == (code or "eventType")


def test_what_is_guessed_is_marked() -> None:
    """A row that is a guess, and words that are read in place of a code, say so."""
    assert scan("43", "Picked Up").reading.is_guess
    assert scan("Q7", "Delivered, Locker").reading.is_guess
    assert not scan("01", "Delivered, To Original Sender").reading.is_guess
    assert scan("Q7", "Something").reading.row is None


@pytest.mark.parametrize(
    ("category", "expected"),
    [
        ("Delivered to Agent", ("delivered", "agent")),
        ("Delivered, In/At Mailbox", ("delivered", None)),
        ("Delivery Attempt: Action Needed", ("delivery_attempted", None)),
        ("Alert: Not Delivered", ("exception", "other")),
        ("Pre-Shipment", ("label_created", None)),
        ("Undelivered", ("unknown", None)),
        ("", ("unknown", None)),
    ],
)
def test_the_category_is_what_is_left_for_an_unknown_code(category: str, expected: tuple[str, str | None]) -> None:
    """The longest category that the text begins with counts, and no word within it does."""
    events = inner(
        statusCategory=category, trackingEvents=[{"eventCode": "Q7", "GMTTimestamp": "2026-09-10T10:00:00Z"}]
    )
    event = events.events[0]
    assert (event.status and event.status.value, event.reason) == expected


def test_the_category_says_nothing_of_older_scans() -> None:
    """A delivered parcel with an unknown scan before was not delivered by that scan."""
    parsed = inner(
        statusCategory="Delivered",
        trackingEvents=[
            {"eventCode": "01", "GMTTimestamp": "2026-09-10T10:00:00Z"},
            {"eventCode": "Q7", "GMTTimestamp": "2026-09-09T10:00:00Z"},
        ],
    )
    assert [(event.code, event.status) for event in parsed.events] == [("Q7", "unknown"), ("01", "delivered")]


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"GMTTimestamp": "2026-09-10T10:00:31.041Z"}, ("2026-09-10T10:00:31.041000+00:00", "utc")),
        ({"GMTTimestamp": "2026-09-10T10:00:31"}, ("2026-09-10T10:00:31+00:00", "utc")),
        ({"GMTOffset": "-05:00"}, ("2026-09-10T11:00:00+00:00", "utc")),
        ({"GMTOffset": "-7:00"}, ("2026-09-10T13:00:00+00:00", "utc")),
        ({"GMTOffset": "west"}, (None, "local_unknown_zone")),
        ({}, (None, "local_unknown_zone")),
        ({"eventTimestamp": "2026-09-10T06:00:00-04:00"}, ("2026-09-10T10:00:00+00:00", "utc")),
        ({"eventTimestamp": None}, ("2026-09-10T12:00:00+00:00", "envelope_timestamp")),
        ({"GMTTimestamp": "2026-09-08T10:00:00Z"}, ("2026-09-08T10:00:00+00:00", "gmt_suspect")),
    ],
)
def test_when_a_scan_was(members: dict[str, Any], expected: tuple[str | None, str]) -> None:
    """GMT where it is said, else the local time with its offset, else the local time alone, else the envelope's."""
    event = scan("OF", **members)
    assert (event.occurred_at and event.occurred_at.isoformat(), event.time_basis.value) == expected


def test_a_local_time_alone_is_kept_as_it_is() -> None:
    """What is not known is not made up: the clock's time stands, and no moment."""
    event = scan("OF")
    assert event.local_time is not None
    assert event.local_time.isoformat() == "2026-09-10T06:00:00"


def test_texts_lose_the_tags_and_entities_that_usps_writes() -> None:
    """People read words, whatever USPS shows them in."""
    assert scan("10", "Arrived at USPS<SUP>&#174;</SUP> Facility &amp; &lt;b&gt;Hub&lt;/b&gt;").description == (
        "Arrived at USPS® Facility & Hub"
    )


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"expectedDeliveryTimeStamp": "2026-09-12T21:00:00Z"}, "2026-09-12T21:00:00Z"),
        ({"expectedDeliveryTimeStamp": "2026-09-12T21:00:00"}, "2026-09-12"),
        ({"predictedDeliveryDate": "2026-09-13", "guaranteedDeliveryDate": "2026-09-14"}, "2026-09-13"),
        ({"expectedDeliveryDate": "3 Business Days"}, None),
    ],
)
def test_estimates_belong_to_the_newest_scan(members: dict[str, Any], expected: str | None) -> None:
    """An estimate is today's: the scans of the days before were made under another one."""
    scans = [
        {"eventCode": code, "GMTTimestamp": f"2026-09-{day}T10:00:00Z"} for code, day in (("OF", 10), ("10", "09"))
    ]
    parsed = inner(trackingEvents=scans, **members)
    assert [(event.code, event.estimated_delivery) for event in parsed.events] == [("10", None), ("OF", expected)]


def test_who_took_the_parcel() -> None:
    """A name, else a firm, of a delivery and of nothing else; an agent is told by the words ``true`` and by true."""
    assert scan("01", "Delivered", name="J DOE", firm="ACME").signer == "J DOE"
    assert scan("01", "Delivered", name=None, firm="ACME").signer == "ACME"
    assert scan("OF", "Out for Delivery", name="J DOE").signer is None
    assert [scan("01", "Delivered", authorizedAgent=told).reason for told in ("true", True, "false", None)] == [
        "agent",
        "agent",
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("prefix", "number"),
    [
        ("", NUMBER),
        ("42034442", NUMBER),
        ("420344429999", NUMBER),
        # The prefix could end after five digits or after nine: the check digits, 7 and 5, tell which number it is.
        ("420344429401", "9400111899223197428497"),
        ("42034442", "94019400111899223197428495"),
    ],
)
def test_a_number_with_a_routing_prefix_is_the_number(prefix: str, number: str) -> None:
    """``420`` and the ZIP code, of five digits or nine, are of the label's bar code, not of the parcel."""
    parsed = CARRIER.parse({"trackingNumber": f"{prefix} {number}", "eventCode": "OF"})
    assert [event.tracking_number for event in parsed.events] == [number]


def test_what_cannot_be_read_does_not_take_the_rest_with_it() -> None:
    """Each bad part is a fault with its path; the others are events."""
    parsed = CARRIER.parse(
        [
            {"payload": {"trackingNumber": NUMBER, "trackingEvents": [{"eventCode": "OF"}, {}, 7]}},
            {"payload": {"trackingNumber": " "}},
            {"payload": {"trackingNumber": NUMBER}},
        ]
    )
    assert [event.code for event in parsed.events] == ["OF"]
    assert [event.time_basis for event in parsed.events] == ["received_at"]
    assert [fault.path for fault in parsed.faults] == [
        "[0].payload.trackingEvents[1]",
        "[0].payload.trackingEvents[2]",
        "[1].payload.trackingNumber",
        "[2].payload",
    ]


@pytest.mark.parametrize(
    "payload",
    [None, 7, "text", [], {}, {"payload": "{"}, {"payload": "7"}, {"payload": "[" * 99 + "]" * 99}, {"payload": None}],
)
def test_what_is_no_payload_is_refused(payload: Any) -> None:
    """What has neither an envelope nor a parcel is not of USPS's form."""
    with pytest.raises(UnreadablePayload):
        CARRIER.parse(payload)


def test_nothing_is_cut() -> None:
    """USPS sends no images."""
    assert CARRIER.cut(sample("usps_delivered")) == sample("usps_delivered")


@pytest.mark.parametrize("request_", signed_requests("usps"), ids=lambda request: request.scheme)
def test_signed_requests(request_: SignedRequest) -> None:
    """The signed requests pass, and those that are signed otherwise do not."""
    assert CARRIER.authenticate(request_.headers, request_.body, request_.secret) is request_.is_valid


def test_there_are_signed_requests() -> None:
    """The four of them are found: the test above is not one of nothing."""
    assert [each.is_valid for each in signed_requests("usps")] == [True, True, True, False]


@given(st.text() | st.binary().map(lambda raw: base64.b64encode(raw).decode()))
def test_no_other_signature_passes(given_: str) -> None:
    """Only the one right spelling of the one right signature proves a push."""
    body = sample_bytes("usps_delivered")
    right = signed(body)
    assert CARRIER.authenticate({"x-hmac": given_}, body, SECRET) is (given_ == right)
    assert CARRIER.authenticate({"x-hmac": right}, body, SECRET)


@pytest.mark.parametrize(
    "change",
    [
        lambda right: right[:-1],
        lambda right: right[:20],
        lambda right: right.lower(),
        lambda right: right.rstrip("="),
        lambda right: right + "=",
        lambda right: base64.b64decode(right).hex(),
        lambda _right: "",
        lambda _right: "\udcff",
    ],
)
def test_a_signature_that_is_cut_or_changed_proves_nothing(change: Any) -> None:
    """Truncated, in other letters, padded otherwise, in another encoding, or empty."""
    body = sample_bytes("usps_delivered")
    assert not CARRIER.authenticate({"x-hmac": change(signed(body))}, body, SECRET)


def test_without_a_header_or_with_another_secret_nothing_is_proved() -> None:
    """A subscription without a secret sends no header: its pushes cannot be told from anybody's."""
    body = sample_bytes("usps_delivered")
    assert not CARRIER.authenticate({}, body, SECRET)
    assert not CARRIER.authenticate({"x-hmac": signed(body)}, body, SECRET[:-1])
    assert not CARRIER.authenticate({"x-hmac": signed(sample_bytes("usps_in_transit"))}, body, SECRET)


def test_where_both_headers_are_there_the_newer_one_decides() -> None:
    """The older name may be left wrong by a sender that no longer looks after it, but not the newer one."""
    body = sample_bytes("usps_delivered")
    right = signed(body)
    assert CARRIER.authenticate({"x-hmac": right, "hmac-header": "wrong"}, body, SECRET)
    assert not CARRIER.authenticate({"x-hmac": "wrong", "hmac-header": right}, body, SECRET)
    assert not CARRIER.authenticate({"x-hmac": "", "hmac-header": right}, body, SECRET)


def test_the_envelope_may_be_spelled_anew_but_its_two_texts_may_not() -> None:
    """USPS signs two texts of the envelope: blanks around them are nobody's business, a letter within them is."""
    envelope = sample("usps_delivered")
    right = signed(sample_bytes("usps_delivered"))
    assert CARRIER.authenticate({"x-hmac": right}, json.dumps(envelope).encode(), SECRET)
    for member in ("timestamp", "payload"):
        changed = {**envelope, member: envelope[member] + " "}
        assert not CARRIER.authenticate({"x-hmac": right}, json.dumps(changed).encode(), SECRET)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff",
        b'{"timestamp": "t"}',
        b'{"timestamp": 1, "payload": "p"}',
        b'{"timestamp": "t", "payload": "\\ud800"}',
        b"[" * 5000,
        sample_bytes("usps_payload_object_guess"),
    ],
)
def test_what_has_not_the_two_texts_proves_nothing(body: bytes) -> None:
    """Where there is nothing that could have been signed, no signature is right, and nothing is raised."""
    empty = base64.b64encode(hmac.new(SECRET.encode(), b"", hashlib.sha256).digest()).decode()
    assert not CARRIER.authenticate({"x-hmac": empty}, body, SECRET)

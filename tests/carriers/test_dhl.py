"""DHL: what its senders' pushes are read as, in each of their shapes, and how they prove where they come from."""

from __future__ import annotations

from typing import Any

import pytest
from carrier_samples import SignedRequest, place_of, sample, sample_bytes, shown, signed_requests
from hypothesis import given
from hypothesis import strategies as st

from vectis_carriers.dhl import CARRIER
from vectis_core.tracking.carrier import UnreadablePayload
from vectis_core.tracking.model import Parsed, TrackingEvent

SUBSCRIPTION = "8f7a2a3e-4f2d-4e2b-9a66-0d9b0f6f1c55"
SELF = f"https://api-eu.dhl.com/tracking/push/v1/subscription/{SUBSCRIPTION}"
EXPRESS = "4400112233"
SAN_FRANCISCO = ("SOUTH SAN FRANCISCO, CA - USA", None, "94080", "US")
CINCINNATI = ("CINCINNATI HUB, OH - USA", None, "41048", "US")
PARCEL = "9361269903500000000011"


def shipment(**members: Any) -> Parsed:
    """Return what Unified Push with one shipment is read as."""
    return CARRIER.parse({"scope": "subscription.push", "shipments": [{"id": "JD014600006281230704", **members}]})


def state(code: str | None, status: str | None, description: str | None = None, **members: Any) -> TrackingEvent:
    """Return what a shipment's newest state is read as."""
    told = {"statusCode": code, "status": status, "description": description, "timestamp": "2026-09-11T09:12:00Z"}
    parsed = shipment(status=told, **members)
    assert parsed.faults == ()
    return parsed.events[0]


def told(event: TrackingEvent) -> tuple[str | None, str | None]:
    """Return status and reason."""
    return (event.status.value if event.status else None, event.reason)


def package(**members: Any) -> TrackingEvent:
    """Return what a scan of eCommerce Americas is read as."""
    scan = {"date": "2026-09-12", "time": "13:22:00", "timeZone": "ET", "primaryEventId": 600, **members}
    return CARRIER.parse({"packages": [{"package": {"trackingId": PARCEL}, "events": [scan]}]}).events[0]


def test_a_shipment_under_way() -> None:
    """Words tell the pick-up from the sorting; the newest scan has the estimate."""
    parsed = CARRIER.parse(sample("dhl_unified_transit"))
    assert [shown(event) for event in parsed.events] == [
        (EXPRESS, "picked_up", "text:picked up", "transit", "2026-09-08T14:30:00+00:00", None, "utc"),
        (EXPRESS, "in_transit", None, "transit", "2026-09-09T02:10:00+00:00", None, "utc"),
    ]
    assert [event.description for event in parsed.events] == ["Shipment picked up", "Processed at CINCINNATI HUB"]
    assert [place_of(event) for event in parsed.events] == [("BONN - GERMANY", None, "53113", "DE"), CINCINNATI]
    assert [event.estimated_delivery for event in parsed.events] == [None, "2026-09-11T18:00:00Z"]
    assert [event.reading.is_guess for event in parsed.events] == [True, False]
    assert (parsed.faults, parsed.notices) == ((), ())


def test_out_for_delivery_is_told_by_words_alone() -> None:
    """The status code stays ``transit``, and is kept as the code."""
    parsed = CARRIER.parse(sample("dhl_unified_out_for_delivery"))
    assert [shown(event) for event in parsed.events] == [
        (EXPRESS, "out_for_delivery", "text:courier", "transit", "2026-09-11T15:05:00+00:00", None, "utc")
    ]
    assert parsed.events[0].description == "Shipment is out with courier for delivery"
    assert place_of(parsed.events[0]) == SAN_FRANCISCO


def test_a_batch_of_shipments() -> None:
    """Three shipments: one with its history, one in German without a zone, one with a number and without a time."""
    parsed = CARRIER.parse(sample("dhl_unified_delivered_batch"))
    bonn = "00340434161094000017"
    assert [shown(event) for event in parsed.events] == [
        (EXPRESS, "in_transit", None, "transit", "2026-09-09T02:10:00+00:00", None, "utc"),
        (bonn, "delivered", None, "Delivered", None, "2026-09-11T09:12:00", "local_unknown_zone"),
        (EXPRESS, "out_for_delivery", "text:courier", "transit", "2026-09-11T15:05:00+00:00", None, "utc"),
        (EXPRESS, "delivered", None, "delivered", "2026-09-11T18:44:00+00:00", None, "utc"),
        ("4400112244", "in_transit", None, "transit", None, None, "received_at"),
    ]
    assert [(event.description, event.signer) for event in parsed.events] == [
        ("Processed at CINCINNATI HUB", None),
        ("Die Sendung wurde erfolgreich zugestellt.", None),
        ("Shipment is out with courier for delivery", None),
        ("Delivered - Signed for by: DOCK", "DOCK"),
        ("Processed", None),
    ]
    assert [place_of(event) for event in parsed.events] == [
        CINCINNATI,
        ("Bonn", None, "53113", "DE"),
        SAN_FRANCISCO,
        SAN_FRANCISCO,
        (None, None, None, None),
    ]
    assert [event.likely_zone for event in parsed.events] == [None, "Europe/Berlin", None, None, None]
    assert (parsed.faults, parsed.notices) == ((), ())


def test_a_failed_delivery() -> None:
    """The words tell an attempt from the other failures."""
    (event,) = CARRIER.parse(sample("dhl_unified_failure")).events
    assert shown(event) == (
        "4400112255",
        "delivery_attempted",
        "text:not home",
        "failure",
        "2026-09-11T16:00:00+00:00",
        None,
        "utc",
    )
    assert event.description == "Delivery attempted; recipient not home"
    assert place_of(event) == SAN_FRANCISCO


def test_a_status_code_that_no_table_has() -> None:
    """It is kept as it is written, and is unknown."""
    (event,) = CARRIER.parse(sample("dhl_unified_unknown_code")).events
    assert shown(event) == (
        "4400112277",
        "unknown",
        None,
        "paused",
        "2026-09-11T14:00:00+00:00",
        "2026-09-11T16:00:00",
        "utc",
    )
    assert (event.description, event.reading.row) == ("Something new", None)


def test_a_new_subscription_wants_to_be_activated() -> None:
    """The operator is told the call to make, and not the secret, which everybody who reads notices would see."""
    parsed = CARRIER.parse(sample("dhl_unified_validate"))
    (notice,) = parsed.notices
    assert (parsed.events, notice.kind, notice.subscription, notice.reply) == (
        (),
        "subscription.validate",
        SUBSCRIPTION,
        None,
    )
    for part in (f"POST {SELF}", "DHL-API-Key", "DHL-API-Hook-Secret", "subscription.ready"):
        assert part in notice.message
    assert "p3vZ-example-validation-secret" not in notice.message


@pytest.mark.parametrize(
    "address",
    [
        None,
        7,
        f"http://api-eu.dhl.com/tracking/push/v1/subscription/{SUBSCRIPTION}",
        f"https://api-eu.dhl.com.example.net/tracking/push/v1/subscription/{SUBSCRIPTION}",
        f"https://api-eu.dhl.com@example.net/tracking/push/v1/subscription/{SUBSCRIPTION}",
        f"{SELF}/../../other",
        f"{SELF}?secret=1",
    ],
)
def test_nobody_is_sent_to_another_address(address: Any) -> None:
    """The address in a message that nothing vouches for is shown only where it is DHL's own."""
    message = {"scope": "subscription.validate", "self": address, "secret": "s"}
    (notice,) = CARRIER.parse(message).notices
    assert notice.subscription is None
    assert "POST" not in notice.message
    assert "example.net" not in notice.message


def test_notices_of_a_subscription() -> None:
    """That it is ready is news; that it failed or ended is something to look at."""
    (ready,) = CARRIER.parse(sample("dhl_unified_ready")).notices
    assert (ready.kind, ready.subscription, ready.is_alarming) == ("subscription.ready", SUBSCRIPTION, False)
    (failure,) = CARRIER.parse(sample("dhl_unified_failure_notice")).notices
    assert (failure.kind, failure.subscription, failure.is_alarming) == ("subscription.failure", SUBSCRIPTION, True)
    assert "Callback failed: Inner layout of failure is guessed" in failure.message
    for scope in ("subscription.deleted", "subscription.cancelled", "Subscription.Expired", "subscription.unheard"):
        (notice,) = CARRIER.parse({"scope": scope, "self": SELF}).notices
        assert (notice.kind, notice.is_alarming) == (scope.lower(), True)


@pytest.mark.parametrize(
    ("service", "code", "status", "description", "expected"),
    [
        ("express", "transit", "WC", "With delivery courier", ("out_for_delivery", None)),
        ("express", "transit", "Shipment on hold", "OH", ("exception", "on_hold")),
        ("express", "failure", "NH", None, ("delivery_attempted", "recipient_unavailable")),
        ("express", "delivered", "OK", None, ("delivered", None)),
        ("express", "transit", "AD", None, (None, "informational")),
        ("parcel-de", "transit", "PO", "Die Sendung wurde in das Zustellfahrzeug geladen.", ("out_for_delivery", None)),
        ("parcel-de", "transit", "DD", None, (None, "informational")),
        ("parcel-de", "Delivered", "ZU", None, ("delivered", None)),
        ("ecommerce", "transit", "598", None, ("out_for_delivery", None)),
        # A code of one division is none of another, nor of one whose codes are not known.
        ("parcel-de", "transit", "WC", None, ("in_transit", None)),
        ("parcel-nl", "transit", "WC", None, ("in_transit", None)),
        # Without a division a code counts where only one has it, or all read it alike.
        (None, "transit", "WC", None, ("out_for_delivery", None)),
        (None, "delivered", "DD", None, ("delivered", None)),
        # A code that says otherwise than the status code does not count.
        ("express", "pre-transit", "OK", None, ("label_created", "contradicted_by_text")),
        ("express", "failure", "OK", None, ("exception", "contradicted_by_text")),
    ],
)
def test_codes_of_the_divisions(
    service: str | None, code: str, status: str, description: str | None, expected: tuple[str | None, str | None]
) -> None:
    """Where ``status`` or ``description`` is exactly a code of the shipment's division, it tells more."""
    event = state(code, status, description, service=service)
    assert (told(event), event.code) == (expected, code)


@pytest.mark.parametrize(
    ("code", "words", "expected"),
    [
        (
            "transit",
            "The shipment has been loaded onto the delivery vehicle",
            ("out_for_delivery", "text:out for delivery"),
        ),
        ("transit", "Die Sendung befindet sich in Zustellung", ("out_for_delivery", "text:in Zustellung")),
        ("transit", "Die Sendung wurde in das Zustellfahrzeug geladen.", ("out_for_delivery", "text:in Zustellung")),
        ("transit", "Die Sendung befindet sich auf dem Weg zur Packstation.", ("in_transit", None)),
        (
            "transit",
            "Die Sendung liegt in der Packstation 119 zur Abholung bereit.",
            ("available_for_pickup", "text:abholbereit"),
        ),
        ("delivered", "Ready for collection at service point", ("available_for_pickup", "text:ready for collection")),
        ("transit", "Die Sendung wurde vom Absender abgeholt", ("picked_up", "text:abgeholt")),
        ("transit", "Die Sendung kann abgeholt werden", ("available_for_pickup", "text:abholbereit")),
        ("delivered", "Die Sendung wurde vom Empfänger in der Packstation abgeholt", ("delivered", None)),
        ("transit", "Picked up by recipient", ("in_transit", None)),
        ("transit", "Die Sendung wurde vom Empfänger abgeholt", ("in_transit", None)),
        ("failure", "Empfänger nicht angetroffen", ("delivery_attempted", "text:nicht angetroffen")),
        ("failure", "Annahme verweigert", ("exception", "refused")),
        ("failure", "Recipient refused delivery", ("exception", "refused")),
        ("transit", "The shipment is returning to sender", ("returned_to_sender", "returning")),
        ("transit", "Rücksendung eingeleitet", ("returned_to_sender", "returning")),
        ("delivered", "Delivered: returned to shipper", ("returned_to_sender", "returned")),
        ("pre-transit", "The shipment will be picked up", ("label_created", None)),
        ("unknown", "Something else", ("unknown", None)),
        ("PRE-TRANSIT", "Instruction data provided", ("label_created", None)),
        (None, "Delivered", ("delivered", None)),
    ],
)
def test_words_in_two_languages(code: str | None, words: str, expected: tuple[str, str | None]) -> None:
    """What happened, by DHL's words; a status code that they do not fit is what counts."""
    event = state(code, words)
    assert (told(event), event.code) == (expected, code or "status")


@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [
        ("pre-transit", "DELIVERED", "label_created"),
        ("transit", "Zugestellt", "in_transit"),
        ("delivered", "FAILURE", "delivered"),
    ],
)
def test_where_words_contradict_the_status_code_it_counts_and_that_is_marked(
    code: str, status: str, expected: str
) -> None:
    """DHL's own example has ``pre-transit`` beside ``DELIVERED``: nobody is told that such a parcel arrived."""
    event = state(code, status, "JESSICA")
    assert told(event) == (expected, "contradicted_by_text")
    assert event.reading.is_guess


def test_two_events_of_one_minute_and_place_are_two() -> None:
    """Both have the code ``transit``: their words tell them apart, and a repeat of either is known again."""
    events = [{"timestamp": "2026-09-11T09:12:00", "statusCode": "transit", "status": words} for words in ("A", "B")]
    first, again = (shipment(events=events).events for _ in range(2))
    assert len({event.id for event in first}) == 2
    assert [event.id for event in first] == [event.id for event in again]


@pytest.mark.parametrize("timestamp", ["2026-09-11T09:12:00Z", "2026-09-11T07:12:00Z", None])
def test_the_newest_state_is_no_second_event_where_the_events_have_it(timestamp: str | None) -> None:
    """One message may tell one event twice, once in UTC and once on the clock of the place."""
    newest = {"timestamp": "2026-09-11T09:12:00", "statusCode": "transit", "status": "Sorted"}
    before = {"timestamp": "2026-09-10T09:12:00", "statusCode": "transit", "status": "Sorted"}
    parsed = shipment(status={**newest, "timestamp": timestamp}, events=[newest, before])
    assert [event.local_time and event.local_time.day for event in parsed.events] == [10, 11]


def test_the_same_words_a_day_later_are_another_event() -> None:
    """A second attempt is worded as the first one was."""
    attempt = {"statusCode": "failure", "status": "Delivery attempted"}
    parsed = shipment(
        status={**attempt, "timestamp": "2026-09-11T09:12:00Z"},
        events=[{**attempt, "timestamp": "2026-09-10T09:12:00Z"}],
    )
    assert [event.occurred_at and event.occurred_at.day for event in parsed.events] == [10, 11]


def test_the_newest_state_is_an_event_where_the_events_lack_it() -> None:
    """Events may lag behind the state."""
    parsed = shipment(
        status={"timestamp": "2026-09-11T09:12:00Z", "statusCode": "delivered"},
        events=[{"timestamp": "2026-09-10T09:12:00Z", "statusCode": "transit"}],
    )
    assert [event.status for event in parsed.events] == ["in_transit", "delivered"]


@pytest.mark.parametrize(
    ("country", "zone"),
    [("DE", "Europe/Berlin"), ("GB", "Europe/London"), ("us", "America/New_York"), (None, "Europe/Berlin")],
)
def test_a_local_time_is_likely_one_of_its_country(country: str | None, zone: str) -> None:
    """DHL leaves zones out the world over: where the parcel is tells which it is."""
    place = {"address": {"countryCode": country}}
    parsed = shipment(events=[{"timestamp": "2026-09-11T09:12:00", "statusCode": "transit", "location": place}])
    assert [event.likely_zone for event in parsed.events] == [zone]


def test_a_proof_of_delivery() -> None:
    """A delivery has who signed and where the proof lies; only web addresses are links, and no other event has it."""
    details = {
        "proofOfDelivery": {
            "timestamp": "2018-09-05T16:33:00Z",
            "signatureUrl": "string",
            "documentUrl": "https://webpod.dhl.com/webPOD/DHLePODRequest",
            "signed": {"familyName": "Doe", "givenName": "John", "name": "John"},
        }
    }
    delivered = state("delivered", "Delivered", details=details)
    assert (delivered.signer, delivered.proof_url) == ("John Doe", "https://webpod.dhl.com/webPOD/DHLePODRequest")
    other = state("transit", "Sorted", details=details)
    assert (other.signer, other.proof_url) == (None, None)
    details["proofOfDelivery"]["documentUrl"] = "javascript:alert(1)"
    assert state("delivered", "Delivered", details=details).proof_url is None


def test_images_are_cut_and_addresses_stay() -> None:
    """What is kept of a proof of delivery is when, who, and where it lies."""
    kept = {"timestamp": "2018-09-05T16:33:00Z", "signed": {"name": "John"}, "documentUrl": "https://example.com/pod"}
    details = {"weight": 1, "proofOfDelivery": {**kept, "signatureUrl": "data:image/png;base64,AAAA", "image": "AAAA"}}
    cut = CARRIER.cut({"scope": "subscription.push", "shipments": [{"id": "1", "details": details}, 7]})
    assert cut == {
        "scope": "subscription.push",
        "shipments": [{"id": "1", "details": {"weight": 1, "proofOfDelivery": kept}}, 7],
    }
    assert CARRIER.cut(sample("dhl_ecommerce_delivered")) == sample("dhl_ecommerce_delivered")


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"estimatedTimeOfDelivery": "2026-09-12T00:00:00Z"}, "2026-09-12"),
        ({"estimatedTimeOfDelivery": "2026-09-12T14:00:00+02:00"}, "2026-09-12T12:00:00Z"),
        ({"estimatedDeliveryTimeFrame": {"estimatedThrough": "2026-09-12T22:00:00Z"}}, "2026-09-12T22:00:00Z"),
        ({"estimatedTimeOfDelivery": "soon"}, None),
    ],
)
def test_estimates(members: dict[str, Any], expected: str | None) -> None:
    """A moment in UTC; midnight is how DHL writes a date."""
    assert state("transit", "Sorted", **members).estimated_delivery == expected


def test_a_package_of_ecommerce_americas() -> None:
    """Each scan in the zone that it names, with or without the daylight letter; the place is one text."""
    parsed = CARRIER.parse(sample("dhl_ecommerce_delivered"))
    assert [shown(event) for event in parsed.events] == [
        (PARCEL, "label_created", None, "238", "2026-09-08T14:00:00+00:00", "2026-09-08T10:00:00", "utc"),
        (PARCEL, "picked_up", None, "130", "2026-09-10T03:40:00+00:00", "2026-09-09T22:40:00", "utc"),
        (PARCEL, "out_for_delivery", None, "598", "2026-09-12T12:01:00+00:00", "2026-09-12T08:01:00", "utc"),
        (PARCEL, "delivered", None, "600", "2026-09-12T17:22:00+00:00", "2026-09-12T13:22:00", "utc"),
    ]
    assert [event.description for event in parsed.events] == [
        "LABEL CREATED",
        "PICKED UP",
        "OUT FOR DELIVERY",
        "DELIVERED",
    ]
    assert [place_of(event) for event in parsed.events] == [
        (None, None, None, "US"),
        ("Franklin", "IN", "46131", "US"),
        ("Tampa", "FL", "33602", "US"),
        ("Tampa", "FL", "33602", "US"),
    ]
    assert [event.estimated_delivery for event in parsed.events] == [None, None, None, "2026-09-12"]
    assert [event.sub_code for event in parsed.events] == [None, None, None, "01"]
    assert (parsed.faults, parsed.notices) == ((), ())


def test_a_package_without_zones() -> None:
    """No zone, and ``LT``, leave the local time as it is, most likely one of the east; codes may be texts."""
    parsed = CARRIER.parse(sample("dhl_ecommerce_missing_timezone"))
    number = "9361269903500000000035"
    assert [shown(event) for event in parsed.events] == [
        (number, "delivered", None, "600", None, "2026-09-12T01:22:00", "local_unknown_zone"),
        (number, "exception", "refused", "610", None, "2026-09-13T09:00:00", "local_unknown_zone"),
    ]
    assert [event.likely_zone for event in parsed.events] == ["America/New_York"] * 2
    assert [place_of(event) for event in parsed.events] == [(None,) * 4, ("Tampa", "FL", "33602", "US")]


@pytest.mark.parametrize(
    ("abbreviation", "hour"),
    [
        ("ET", 17),
        ("EST", 17),
        ("edt", 17),
        ("CT", 18),
        ("MDT", 19),
        ("PT", 20),
        ("AKST", 21),
        ("HST", 23),
        ("HDT", 22),
        ("UTC", 13),
        ("LT", None),
        ("", None),
        (7, None),
    ],
)
def test_zones_of_the_united_states(abbreviation: Any, hour: int | None) -> None:
    """Half past one in the afternoon of a day in summer, by each of the abbreviations."""
    event = package(timeZone=abbreviation)
    assert (event.occurred_at.hour if event.occurred_at else None) == hour


def test_a_scan_without_a_time_of_day() -> None:
    """A date is kept as its midnight, in no zone: nobody knows when it was."""
    event = package(time=None)
    assert (event.occurred_at, event.local_time and event.local_time.isoformat()) == (None, "2026-09-12T00:00:00")


def test_codes_and_places_that_are_written_otherwise() -> None:
    """A code that no table has is unknown; a place that is not three words is a city; secondary words are kept."""
    assert told(package(primaryEventId="0600")) == ("delivered", None)
    assert told(package(primaryEventId=9999)) == ("unknown", None)
    unnamed = package(primaryEventId=None, primaryEventDescription="EN ROUTE")
    assert (told(unnamed), unnamed.code, unnamed.sub_code) == (("unknown", None), "primaryEventDescription", "EN ROUTE")
    assert place_of(package(location="DISTRIBUTION CENTER", postalCode="0")) == (
        "DISTRIBUTION CENTER",
        None,
        None,
        None,
    )
    both = package(primaryEventDescription="DELIVERED", secondaryEventDescription="Left at front door")
    assert both.description == "DELIVERED: Left at front door"


def test_shipments_without_a_scope_are_those_of_a_relay() -> None:
    """The answer of the tracking API says the same, and may be passed on as it is."""
    payload = sample("dhl_unified_transit")
    del payload["scope"]
    assert CARRIER.parse(payload) == CARRIER.parse(sample("dhl_unified_transit"))


def test_what_cannot_be_read_does_not_take_the_rest_with_it() -> None:
    """Each bad part is a fault with its path; the others are events."""
    parsed = CARRIER.parse(
        {
            "shipments": [
                {"id": "", "status": {"statusCode": "transit"}},
                {"id": "1"},
                {"id": "2", "events": [{}, {"statusCode": "transit"}]},
                None,
            ]
        }
    )
    assert [event.tracking_number for event in parsed.events] == ["2"]
    paths = ["shipments[0].id", "shipments[1]", "shipments[2].events[0]", "shipments[3].id"]
    assert [fault.path for fault in parsed.faults] == paths
    parsed = CARRIER.parse(
        {"packages": [{}, {"package": {"trackingId": "1"}}, {"package": {"packageId": "2"}, "events": [{}]}]}
    )
    assert [fault.path for fault in parsed.faults] == [
        "packages[0].package.trackingId",
        "packages[1]",
        "packages[2].events[0]",
    ]


@pytest.mark.parametrize("payload", [None, 7, "text", [], {}, {"scope": "subscription.push"}, {"shipments": {}}])
def test_what_is_no_payload_is_refused(payload: Any) -> None:
    """What has none of the shapes is not of DHL's form."""
    with pytest.raises(UnreadablePayload):
        CARRIER.parse(payload)


@pytest.mark.parametrize("request_", signed_requests("dhl"), ids=lambda request: request.scheme)
def test_signed_requests(request_: SignedRequest) -> None:
    """DHL repeats the token of the subscription, and signs nothing: any body passes with it."""
    assert CARRIER.authenticate(request_.headers, request_.body, request_.secret) is request_.is_valid
    assert CARRIER.authenticate(request_.headers, b"", request_.secret)


def test_there_is_a_signed_request() -> None:
    """It is found: the test above is not one of nothing."""
    assert [each.is_valid for each in signed_requests("dhl")] == [True]


@given(st.text())
def test_no_other_token_passes(token: str) -> None:
    """Only the token itself proves a push, in its one header."""
    body = sample_bytes("dhl_unified_transit")
    assert CARRIER.authenticate({"x-dhl-token": token}, body, "example-token") is (token == "example-token")
    assert not CARRIER.authenticate({"x-other": "example-token"}, body, "example-token")


@pytest.mark.parametrize("token", ["", "example-toke", "example-token ", "EXAMPLE-TOKEN", "exämple-token", "\udcff"])
def test_a_token_that_is_cut_or_changed_proves_nothing(token: str) -> None:
    """Empty, truncated, longer, in other letters; and an empty secret is proved by nothing."""
    assert not CARRIER.authenticate({"x-dhl-token": token}, b"{}", "example-token")
    assert not CARRIER.authenticate({}, b"{}", "example-token")
    assert not CARRIER.authenticate({"x-dhl-token": ""}, b"{}", "")

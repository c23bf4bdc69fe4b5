"""Amazon: pushes, tracking results, milestones, and the messages of SNS that a relay wraps them in."""

from __future__ import annotations

import json
from typing import Any

import pytest
from carrier_events import said
from carrier_samples import SignedRequest, sample, sample_bytes, signed_requests

from vectis_carriers.amazon import CARRIER
from vectis_core.tracking.carrier import UnreadablePayload
from vectis_core.tracking.model import Parsed, TimeBasis, TrackingEvent
from vectis_core.tracking.statuses import TrackingStatus, is_final

SEATTLE = ("Seattle", "WA", "98101", "US")
KENT = ("Kent", "WA", "98032", "US")
PUSHED = {"carrier": "amazon", "tracking_number": "TBA300000000101", "time_basis": "utc"}


def milestone(code: str, status: str, at: str, words: str, place: Any, **more: Any) -> dict[str, Any]:
    """Return what a milestone is expected to say."""
    return (
        PUSHED
        | {"code": code, "status": status, "occurred_at": at, "description": words, "place": place}
        | {"reading": f"latestMilestone.status.code: {code}"}
        | more
    )


NOWHERE = (None, None, None, None)
WASHINGTON = ("Seattle", "Washington", None, "US")
STORIES: dict[str, list[dict[str, Any]]] = {
    "amazon_push_in_transit": [
        PUSHED
        | {
            "status": "in_transit",
            "code": "ArrivedAtCarrierFacility",
            "occurred_at": "2026-09-10T09:12:00Z",
            "reading": "detail.eventCode: ArrivedAtCarrierFacility",
            "place": KENT,
            "estimated_delivery": "2026-09-11T04:00:00Z",
        }
    ],
    "amazon_push_delivered": [
        PUSHED
        | {
            "status": "delivered",
            "reason": "DeliveredToPorch",
            "code": "Delivered",
            "description": "DeliveredToPorch",
            "occurred_at": "2026-09-11T18:44:00Z",
            "reading": "detail.eventCode: Delivered",
            "place": SEATTLE,
        }
    ],
    "amazon_push_delivery_attempted": [
        PUSHED
        | {
            "status": "delivery_attempted",
            "reason": "BusinessClosed",
            "code": "DeliveryAttempted",
            "description": "BusinessClosed",
            "occurred_at": "2026-09-11T17:00:00Z",
            "reading": "detail.eventCode: DeliveryAttempted",
            "place": SEATTLE,
        }
    ],
    "amazon_push_return_delivered": [
        PUSHED
        | {
            "status": "returned_to_sender",
            "reason": "returned",
            "code": "Delivered",
            "occurred_at": "2026-09-18T12:00:00Z",
            "reading": "detail.eventCode: Delivered",
            "place": KENT,
        }
    ],
    "amazon_unknown_code": [
        PUSHED
        | {
            "status": "unknown",
            "code": "DroneParked",
            "occurred_at": "2026-09-11T15:00:00Z",
            "reading": "detail.eventCode: None",
            "place": SEATTLE,
        }
    ],
    "amazon_missing_timezone": [
        PUSHED
        | {
            "status": "out_for_delivery",
            "code": "OutForDelivery",
            "local_time": "2026-09-11T08:00:00",
            "time_basis": "local_unknown_zone",
            "reading": "detail.eventCode: OutForDelivery",
            "place": SEATTLE,
        }
    ],
    "amazon_milestone_delivered": [
        milestone("CARRIER_ASSIGNED", "label_created", "2026-09-09T20:00:00Z", "Carrier assigned", NOWHERE),
        milestone("SHIPPED", "in_transit", "2026-09-10T02:00:00Z", "Shipped", NOWHERE),
        milestone("OUT_FOR_DELIVERY", "out_for_delivery", "2026-09-11T15:00:00Z", "Out for delivery", WASHINGTON),
        milestone(
            "DELIVERED",
            "delivered",
            "2026-09-11T18:44:00Z",
            "Delivered",
            WASHINGTON,
            reason="PORCH",
            sub_code="PORCH",
            estimated_delivery="2026-09-12T03:00:00Z",
        ),
    ],
}


@pytest.mark.parametrize("name", sorted(STORIES))
def test_a_sample_is_read_as_its_story(name: str) -> None:
    """Oldest first, whatever order it came in; the estimate with the newest event."""
    parsed = CARRIER.parse(sample(name))

    assert [said(event) for event in parsed.events] == STORIES[name]
    assert parsed.faults == ()
    assert parsed.notices == ()


def pushed(**members: Any) -> TrackingEvent:
    """Return what a push is read as, with these members of its detail."""
    payload = sample("amazon_push_delivered")
    payload["detail"] |= members
    (event,) = CARRIER.parse(payload).events
    return event


def test_the_form_that_amazon_documents() -> None:
    """Its detail codes are a list, without legs; proofs of delivery are links, kept with the delivery."""
    event = pushed(
        status="Delivered",
        alternateLegTrackingId="",
        trackingDetailCodes=["DeliveredToNeighbor", "Signed"],
        promisedDeliveryDate="2026-09-11T15:39:23Z",
        location=None,
        proofOfDelivery={"deliveryImageURL": "https://example.com/1.jpg", "receivedBy": "J. SMITH"},
    )

    assert (event.status, event.reason, event.description) == (
        TrackingStatus.DELIVERED,
        "DeliveredToNeighbor",
        "DeliveredToNeighbor, Signed",
    )
    assert (event.signer, event.proof_url) == ("J. SMITH", "https://example.com/1.jpg")
    assert event.estimated_delivery == "2026-09-11T15:39:23Z"


@pytest.mark.parametrize(
    ("code", "status", "reason", "table"),
    [
        ("PackageReceivedByCarrier", TrackingStatus.PICKED_UP, None, "detail.eventCode"),
        ("ArrivedAtSortCenter", TrackingStatus.IN_TRANSIT, None, "eventCode of the public tracker"),
        ("AttemptFail", TrackingStatus.DELIVERY_ATTEMPTED, None, "eventCode of the public tracker"),
        ("Rejected", TrackingStatus.EXCEPTION, "refused", "detail.eventCode"),
        ("ReturnInitiated", TrackingStatus.RETURNED_TO_SENDER, "returning", "detail.eventCode"),
        ("RecipientRequestedAlternateDeliveryTiming", None, "delivery_change", "detail.eventCode"),
        ("DroneParked", TrackingStatus.UNKNOWN, None, "detail.eventCode"),
    ],
)
def test_an_event_s_code_is_looked_up(code: str, status: TrackingStatus | None, reason: str | None, table: str) -> None:
    """Among those of pushes, then among those of the public tracker; ``unknown`` is kept."""
    event = pushed(eventCode=code, trackingDetailCodes=None)

    assert (event.status, event.reason, event.reading.table) == (status, reason, table)


def test_a_code_of_no_row_is_read_by_the_parcel_s_status() -> None:
    """Where the push has one; it stands for the code, too, where that is left out."""
    event = pushed(eventCode="DroneParked", status="AwaitingCustomerPickup", trackingDetailCodes=[])
    assert (event.status, event.code) == (TrackingStatus.AVAILABLE_FOR_PICKUP, "DroneParked")
    assert event.reading.table == "detail.summary.status"

    event = pushed(eventCode=None, summary={"status": "Lost"}, trackingDetailCodes=[])
    assert (event.status, event.reason, event.code) == (TrackingStatus.EXCEPTION, "lost", "Lost")


def test_a_reason_of_the_table_is_not_overwritten() -> None:
    """The detail stays in the words: what ends a parcel's way goes by the reason."""
    event = pushed(eventCode="Rejected", trackingDetailCodes=["RejectedByRecipientWithVerification"])

    assert (event.reason, event.description) == ("refused", "RejectedByRecipientWithVerification")


def test_on_the_way_back_a_delivery_is_a_return() -> None:
    """And all before it is on its way back; the codes are those of that leg."""
    back: dict[str, Any] = {"shipmentType": "RETURNS", "trackingDetailCodes": {"forward": ["Signed"], "returns": []}}
    assert pushed(**back).reason == "returned"
    assert is_final(pushed(**back).status, pushed(**back).reason)

    moving = pushed(eventCode="Departed", **back)
    assert (moving.status, moving.reason) == (TrackingStatus.IN_TRANSIT, "returning")

    back["trackingDetailCodes"]["returns"] = ["BusinessClosed"]
    assert pushed(eventCode="DeliveryAttempted", **back).reason == "BusinessClosed"


def test_a_push_without_a_time_has_the_envelope_s() -> None:
    """Marked as that; where neither has one, it happened when it came."""
    event = pushed(eventTime=None)
    assert (event.time_basis, said(event)["occurred_at"]) == (TimeBasis.ENVELOPE_TIMESTAMP, "2026-09-11T18:46:01Z")

    payload = sample("amazon_push_delivered")
    del payload["time"], payload["detail"]["eventTime"]
    assert CARRIER.parse(payload).events[0].time_basis is TimeBasis.RECEIVED_AT


def history(*scans: tuple[str, str, str | None], **members: Any) -> Parsed:
    """Return what a tracking result with these events is read as, in place of a push's detail."""
    told = [{"eventCode": code, "eventTime": f"{at}:00Z", "shipmentType": leg} for code, at, leg in scans]
    return CARRIER.parse({"detail": {"trackingId": "tba 300000000101", "eventHistory": told} | members})


def test_a_tracking_result_is_its_events() -> None:
    """Each on its leg; the codes, the proof and the promised time are of the newest."""
    parsed = history(
        ("Delivered", "2026-09-11T18:44", "FORWARD"),
        ("PickupDone", "2026-09-10T08:00", "FORWARD"),
        ("Delivered", "2026-09-18T12:00", "RETURNS"),
        ("ReturnInitiated", "2026-09-12T12:00", "RETURNS"),
        summary={"status": "Delivered", "proofOfDelivery": {"signatureImageURL": "https://example.com/s.png"}},
        promisedDeliveryDate="2026-09-11T00:00:00Z",
    )

    assert {event.tracking_number for event in parsed.events} == {"TBA300000000101"}
    assert [(event.code, event.status, event.reason) for event in parsed.events] == [
        ("PickupDone", TrackingStatus.PICKED_UP, None),
        ("Delivered", TrackingStatus.DELIVERED, None),
        ("ReturnInitiated", TrackingStatus.RETURNED_TO_SENDER, "returning"),
        ("Delivered", TrackingStatus.RETURNED_TO_SENDER, "returned"),
    ]
    assert [event.estimated_delivery for event in parsed.events] == [None, None, None, "2026-09-11"]
    assert [event.proof_url for event in parsed.events] == [None, None, None, "https://example.com/s.png"]


def test_a_delivery_after_a_return_began_is_one_to_the_sender() -> None:
    """Where it does not say on which leg; one that says so is the recipient's."""
    began = ("ReturnInitiated", "2026-09-12T12:00", None)

    assert history(began, ("Delivered", "2026-09-18T12:00", None)).events[-1].reason == "returned"
    forward = history(began, ("Delivered", "2026-09-18T12:00", "FORWARD")).events[-1]
    assert (forward.status, forward.reason) == (TrackingStatus.DELIVERED, None)
    assert history(("Delivered", "2026-09-11T12:00", None), began).events[0].status is TrackingStatus.DELIVERED


def test_a_result_of_the_api_itself_is_read() -> None:
    """As ``getTracking`` answers it; an event without a code is a fault."""
    told = [{"eventCode": "OutForDelivery", "eventTime": "2026-09-11T08:00:00Z"}, {"eventTime": "x"}]
    parsed = CARRIER.parse({"payload": {"trackingId": "TBA300000000101", "eventHistory": told}})

    assert [event.code for event in parsed.events] == ["OutForDelivery"]
    assert [fault.path for fault in parsed.faults] == ["payload.eventHistory[1].eventCode"]


def milestones(*status: dict[str, str], **members: Any) -> Parsed:
    """Return what a notification with these milestones, a minute apart, is read as."""
    payload = sample("amazon_milestone_delivered")
    detail = payload["payload"]["shipmentTrackingMilestoneChangedNotification"]["trackingDetail"]
    told = [{"status": each, "occurredAt": f"2026-09-11T18:{n:02d}:00Z"} for n, each in enumerate(status)]
    detail |= {"milestoneHistory": told, "latestMilestone": None} | members
    return CARRIER.parse(payload)


def test_a_sub_code_is_the_reason_where_the_milestone_has_none() -> None:
    """Else it stands in the words: a parcel that was returned is that, for whatever reason."""
    first, second, third = milestones(
        {"code": "DELIVERY_ATTEMPTED", "subCode": "BUSINESS_CLOSED"},
        {"code": "RETURNED", "subCode": "FAILED_MAX_ATTEMPTS", "description": "Returned"},
        {"code": "TELEPORTED", "subCode": "PORCH"},
    ).events

    assert (first.reason, first.sub_code) == ("BUSINESS_CLOSED", "BUSINESS_CLOSED")
    assert (second.reason, second.description) == ("returned", "Returned (FAILED_MAX_ATTEMPTS)")
    assert (third.status, third.reason, third.sub_code) == (TrackingStatus.UNKNOWN, None, "PORCH")


def test_the_newest_milestone_may_stand_outside_of_the_history() -> None:
    """It is told once, wherever it stands."""
    latest = {"status": {"code": "DELIVERED"}, "occurredAt": "2026-09-12T08:00:00Z"}

    assert [event.code for event in milestones({"code": "SHIPPED"}, latestMilestone=latest).events] == [
        "SHIPPED",
        "DELIVERED",
    ]
    assert len(CARRIER.parse(sample("amazon_milestone_delivered")).events) == 4
    again = {"status": {"code": "SHIPPED", "description": "On its way"}, "occurredAt": "2026-09-11T18:00:00Z"}
    assert len(milestones({"code": "SHIPPED"}, latestMilestone=again).events) == 1


@pytest.mark.parametrize(
    "identifier",
    [{"aftn": "AFTN987654321"}, {"id": "AFTN987654321"}, {"carrierTracking": {"trackingNumber": "aftn987654321 "}}],
)
def test_a_milestone_is_known_by_any_identifier(identifier: dict[str, Any]) -> None:
    """A carrier's tracking number first; without any it is a fault."""
    parsed = milestones({"code": "SHIPPED"}, identifier=identifier)
    assert [event.tracking_number for event in parsed.events] == ["AFTN987654321"]

    parsed = milestones({"code": "SHIPPED"}, identifier={})
    assert parsed.events == ()
    assert len(parsed.faults) == 1


def test_an_event_bridge_wraps_the_notification_in_detail() -> None:
    """As a relay from EventBridge posts it."""
    wrapped = {"detail-type": "SHIPMENT_TRACKING_MILESTONE_CHANGED", "detail": sample("amazon_milestone_delivered")}

    assert CARRIER.parse(wrapped) == CARRIER.parse(sample("amazon_milestone_delivered"))


@pytest.mark.parametrize("name", ["amazon_push_delivered", "amazon_milestone_delivered"])
def test_sns_wraps_what_a_relay_passes_on(name: str) -> None:
    """A text in a text; one that is no JSON is unreadable, and so is none."""
    message = sample_bytes(name).decode()

    wrapped = CARRIER.parse({"Type": "Notification", "TopicArn": "arn:aws:sns:us-east-1:1:t", "Message": message})
    assert wrapped.events == CARRIER.parse(sample(name)).events
    for bad in (message[:-3], "", None, json.loads(message)):
        with pytest.raises(UnreadablePayload):
            CARRIER.parse({"Type": "Notification", "Message": bad})


def test_sns_asks_to_be_confirmed() -> None:
    """The notice says what to do, is no alarm, and sends nobody to an address that is not Amazon's."""
    address = "https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&Token=2336412f37"
    asked = {"Type": "SubscriptionConfirmation", "TopicArn": "arn:aws:sns:us-east-1:1:t", "SubscribeURL": address}
    (notice,) = CARRIER.parse(asked).notices

    assert (notice.kind, notice.is_alarming) == ("SubscriptionConfirmation", False)
    assert notice.subscription == "arn:aws:sns:us-east-1:1:t"
    assert f"open {address}" in notice.message
    for other in ("https://sns.us-east-1.amazonaws.com.evil.example/", "https://evil.example/", "", None):
        (notice,) = CARRIER.parse(asked | {"SubscribeURL": other}).notices
        assert "evil" not in notice.message
        assert "do not open it" in notice.message


def test_sns_tells_of_its_end() -> None:
    """Somebody should look: no more comes."""
    (notice,) = CARRIER.parse({"Type": "UnsubscribeConfirmation", "TopicArn": "arn"}).notices

    assert (notice.kind, notice.is_alarming) == ("UnsubscribeConfirmation", True)


def test_another_message_of_amazon_is_a_fault_and_no_error() -> None:
    """It has proved itself, and would come again if it were refused."""
    for other in ({"detail-type": "NDR", "detail": {}}, {"notificationType": "ORDER_CHANGE", "payload": {}}):
        parsed = CARRIER.parse(other)
        assert parsed.events == ()
        assert len(parsed.faults) == 1


@pytest.mark.parametrize("payload", [None, 7, "x", [], {}, {"detail": []}, {"Type": "Greeting"}, {"payload": "x"}])
def test_what_is_of_no_known_form_is_unreadable(payload: Any) -> None:
    """The one error that parsing raises."""
    with pytest.raises(UnreadablePayload):
        CARRIER.parse(payload)


def test_a_push_without_a_number_or_a_code_is_a_fault() -> None:
    """With its path."""
    for member in ("trackingId", "eventCode"):
        payload = sample("amazon_push_in_transit")
        payload["detail"][member] = ""
        parsed = CARRIER.parse(payload)
        assert parsed.events == ()
        assert [fault.path for fault in parsed.faults] == [f"detail.{member}"]


def test_nothing_is_cut() -> None:
    """Amazon sends links, which the events carry."""
    payload = sample("amazon_push_delivered")

    assert CARRIER.cut(payload) == payload


@pytest.mark.parametrize("request_", signed_requests("amazon"), ids=lambda each: each.scheme)
def test_a_signed_request_is_judged(request_: SignedRequest) -> None:
    """As it is marked; with anything else in the header, or the key in another header, it proves nothing."""
    secret = request_.secret

    assert CARRIER.authenticate(request_.headers, request_.body, secret) is request_.is_valid
    wrong = ("", secret[:-1], secret + "0", secret.upper(), "exämple-key", f"Bearer {secret}")
    assert not any(CARRIER.authenticate({"x-api-key": each}, request_.body, secret) for each in wrong)
    assert not CARRIER.authenticate({"x-vectis-token": secret}, request_.body, secret)
    assert not CARRIER.authenticate({}, request_.body, secret)


def test_the_samples_of_requests_are_there() -> None:
    """Or the test above would judge none."""
    assert [each.is_valid for each in signed_requests("amazon")] == [True]
    assert (CARRIER.default_proof, CARRIER.default_header) == ("header", "x-api-key")

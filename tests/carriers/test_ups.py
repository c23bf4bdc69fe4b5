"""UPS: what its pushes are read as, and how they prove where they come from."""

from __future__ import annotations

from typing import Any

import pytest
from carrier_events import said
from carrier_samples import sample, sample_bytes, signed_requests
from hypothesis import given
from hypothesis import strategies as st

from vectis_carriers.ups import CARRIER
from vectis_core.tracking.carrier import UnreadablePayload
from vectis_core.tracking.model import TrackingEvent

SECRET = "example-opaque-credential"
NUMBER = "1Z999AA10100001012"
CHARLOTTE = ("Charlotte", "NC", None, "US")
DOOR = ("CHARLOTTE", "NC", "28209", "US")
UNITED_STATES = (None, None, None, "US")

#: The event of each sample: code, status, moment in UTC, clock at the place, words, place, row, and what else it says.
EVENTS: dict[str, tuple[str, str | None, str | None, str | None, str, Any, str, dict[str, Any]]] = {
    "ups_label_created": (
        "M/MP",
        "label_created",
        "2026-09-08T13:12:30Z",
        "2026-09-08T09:12:30",
        "Shipper created a label, UPS has not received the package yet.",
        UNITED_STATES,
        "code of types M and MV: MP",
        {"estimated_delivery": "2026-09-11"},
    ),
    "ups_in_transit": (
        "I/AR",
        "in_transit",
        "2026-09-09T07:15:00Z",
        "2026-09-09T03:15:00",
        "Arrived at Facility",
        ("Louisville", "KY", None, "US"),
        "code of type I: AR",
        {"estimated_delivery": "2026-09-11"},
    ),
    "ups_out_for_delivery": (
        "I/OT",
        "out_for_delivery",
        "2026-09-11T13:15:19Z",
        "2026-09-11T09:15:19",
        "Out for Delivery",
        CHARLOTTE,
        "code of type I: OT",
        {"estimated_delivery": "2026-09-11"},
    ),
    "ups_delivered": (
        "D/FS",
        "delivered",
        "2026-09-11T17:50:04Z",
        "2026-09-11T13:50:04",
        "Delivered",
        DOOR,
        "descriptionCode: 11",
        {"signer": "DOCK"},
    ),
    "ups_photo": (
        "U/PX",
        None,
        "2026-09-11T17:50:10Z",
        "2026-09-11T13:50:10",
        "Delivery Photo",
        DOOR,
        "code of type U: PX",
        {"reason": "delivery_photo"},
    ),
    "ups_exception_attempt": (
        "X/48",
        "delivery_attempted",
        "2026-09-11T20:02:00Z",
        "2026-09-11T16:02:00",
        "The receiver was not available for delivery.",
        CHARLOTTE,
        "code of type X: 48",
        {"tracking_number": "1Z999AA10100001021", "estimated_delivery": "2026-09-11"},
    ),
    "ups_code_clash_I_DL_load": (
        "I/DL",
        "in_transit",
        "2026-09-11T11:10:00Z",
        "2026-09-11T07:10:00",
        "Loaded on Delivery Vehicle",
        CHARLOTTE,
        "code of type I: DL",
        {"tracking_number": "1Z999AA10100001030", "reason": "loaded_or_preparing"},
    ),
    "ups_update_U": (
        "U/UP",
        None,
        "2026-09-10T16:00:00Z",
        "2026-09-10T12:00:00",
        "Updated Delivery Date",
        (None, None, None, None),
        "code of type U: UP",
        {"tracking_number": "1Z999AA10100001049", "reason": "eta_change", "estimated_delivery": "2026-09-13"},
    ),
    "ups_manifest_void": (
        "MV/VP",
        "cancelled",
        "2026-09-09T14:15:00Z",
        "2026-09-09T10:15:00",
        "Shipment information voided",
        UNITED_STATES,
        "code of types M and MV: VP",
        {"tracking_number": "1Z999AA10100001058"},
    ),
    "ups_missing_timezone": (
        "I/DP",
        "in_transit",
        None,
        "2026-09-09T23:15:01",
        "Departed from Facility",
        ("Ontario", "CA", None, "US"),
        "code of type I: DP",
        {
            "tracking_number": "1Z999AA10100001076",
            "time_basis": "local_unknown_zone",
            "likely_zone": "America/Los_Angeles",
        },
    ),
    "ups_unknown_code": (
        "X/Q9",
        "exception",
        "2026-09-09T15:10:10Z",
        "2026-09-09T10:10:10",
        "Something new",
        ("Dallas", "TX", None, "US"),
        "type: X (guess)",
        {"tracking_number": "1Z999AA10100001085", "reason": "other"},
    ),
    "ups_minimal": (
        "I/PC",
        "picked_up",
        None,
        None,
        "Pickup Scan",
        (None, None, None, None),
        "code of type I: PC",
        {"tracking_number": "1Z999AA10100001094", "time_basis": "received_at"},
    ),
    "ups_access_point": (
        "X/ZP",
        "available_for_pickup",
        "2026-09-11T21:05:00Z",
        "2026-09-11T17:05:00",
        "Delivered to UPS Access Point",
        ("Charlotte", "NC", "28209", "US"),
        "code of type X: ZP",
        {"tracking_number": "1Z999AA10100001101"},
    ),
}


@pytest.mark.parametrize("name", EVENTS)
def test_the_event_of_a_push(name: str) -> None:
    """Each sample, to the last field."""
    code, status, at, local, words, place, row, more = EVENTS[name]
    told = {
        "carrier": "ups",
        "tracking_number": NUMBER,
        "status": status,
        "code": code,
        "description": words,
        "occurred_at": at,
        "local_time": local,
        "time_basis": "utc",
        "reading": f"activityStatus.{row}",
        "place": place,
        **more,
    }

    parsed = CARRIER.parse(sample(name))

    assert [said(each) for each in parsed.events] == [{name: it for name, it in told.items() if it is not None}]
    assert (parsed.faults, parsed.notices) == ((), ())


def push(kind: Any, code: Any, description: Any = None, **members: Any) -> dict[str, Any]:
    """Return the push of an event."""
    status = {"type": kind, "code": code, "descriptionCode": description}
    return {"trackingNumber": NUMBER, "activityStatus": status, **members}


def event(*status: Any, **members: Any) -> TrackingEvent:
    """Return what a push is read as."""
    parsed = CARRIER.parse(push(*status, **members))
    assert parsed.faults == ()
    return parsed.events[0]


def read_as(*status: Any, **members: Any) -> tuple[str | None, str | None, str | None]:
    """Return status and reason of a push, and the row that decided."""
    found = event(*status, **members)
    return (found.status.value if found.status else None, found.reason, found.reading.row)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        # One code, as many meanings as types.
        (("I", "DL"), ("in_transit", "loaded_or_preparing", "DL")),
        (("X", "DL"), ("returned_to_sender", "returning", "DL")),
        (("D", "DL"), ("delivered", None, "D")),
        (("I", "OT"), ("out_for_delivery", None, "OT")),
        (("X", "OT"), ("exception", "customs", "OT")),
        (("M", "DP"), ("label_created", None, "DP")),
        (("I", "DP"), ("in_transit", None, "DP")),
        (("X", "DP", "011"), ("exception", "prohibited_or_oversize", "DP")),
        # Digits, with leading zeros or as a number, and either case.
        (("X", "001"), ("exception", "delayed", "1")),
        (("X", 48), ("delivery_attempted", None, "48")),
        (("D", "00"), ("exception", "delayed", "0")),
        (("x", "dl"), ("returned_to_sender", "returning", "DL")),
        # The description's code, then the type.
        (("X", "Q9", "022"), ("delivery_attempted", None, "22")),
        (("X", "Q9", 22), ("delivery_attempted", None, "22")),
        (("X", "Q9", "999"), ("exception", "other", "X")),
        (("X", "Q9", "000"), ("exception", "other", "X")),
        (("I", "Q9"), ("in_transit", None, "I")),
        (("U", "Q9"), (None, "informational", "U")),
        (("M", "Q9"), ("label_created", None, "M")),
        (("P", "Q9"), ("picked_up", None, "P")),
        (("O", "Q9"), ("out_for_delivery", None, "O")),
        (("D", None), ("delivered", None, "D")),
        ((None, "DL", "011"), ("delivered", None, "11")),
        # Neither: the types of freight too, whose deliveries are such to a warehouse.
        (("W", "DL"), ("unknown", None, None)),
        (("DO", "FS"), ("unknown", None, None)),
        ((None, "DL"), ("unknown", None, None)),
        # A voided manifest, whatever was manifested.
        (("MV", "VP"), ("cancelled", None, "VP")),
        (("MV", "MP", "003"), ("cancelled", None, "VP")),
        (("M", "VP"), ("cancelled", None, "VP")),
        (("I", "VP"), (None, "pickup_void", "VP")),
    ],
)
def test_a_code_within_its_type(status: tuple[Any, ...], expected: tuple[Any, ...]) -> None:
    """Type and code, then the code of the description, then the type, then unknown."""
    assert read_as(*status) == expected


@pytest.mark.parametrize("code", ["M1", "MX", "3F", "3H", "8O", "AI", "NL", "NT", "OZ", "P5", "PF", "ZF", "ZI"])
def test_where_it_was_left_does_not_change_that_it_was_delivered(code: str) -> None:
    """Codes of type D say at which door; a locker is told by the code of the description."""
    assert read_as("D", code, "011")[:2] == ("delivered", None)
    assert read_as("D", code)[:2] == ("delivered", None)
    assert read_as("D", code, "161")[:2] == ("available_for_pickup", None)


def test_what_was_guessed_says_so() -> None:
    """A type that has several kinds of events tells little; the type of a delivery is a delivery."""
    guesses = [event(kind, "Q9").reading.is_guess for kind in ("D", "I", "M", "MV", "O", "P", "U", "X")]

    assert guesses == [False, True, False, False, True, True, False, True]


def test_a_code_is_kept_as_it_is_written_and_bounded() -> None:
    """Type and code, or whichever of them there is."""
    assert [event(*status).code for status in (("X", "048"), ("x", "dl"), ("D", None), (None, "DL"))] == [
        "X/048",
        "x/dl",
        "D",
        "DL",
    ]
    assert event("X" * 90, "Y" * 90).code == "X" * 64


def test_a_delivery_that_is_taken_back() -> None:
    """By one code, of one type."""
    found = event("X", "TL")

    assert (found.status, found.corrects) == (None, True)
    assert not event("X", "48").corrects
    assert not event("I", "TL").corrects


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("MI012352ZS16187761", ("delivered", None, "DL", True)),
        ("802468401126800458", ("delivered", None, "DL", True)),
        ("92748999916505583204357863", ("delivered", None, "DL", True)),
        ("420282099274899991650558320435", ("delivered", None, "DL", True)),
        (NUMBER, ("returned_to_sender", "returning", "DL", False)),
        ("1R12345678901234", ("returned_to_sender", "returning", "DL", False)),
        ("80246840112680045", ("returned_to_sender", "returning", "DL", False)),
    ],
)
def test_the_numbers_of_mail_innovations(number: str, expected: tuple[Any, ...]) -> None:
    """They have codes of their own, under which ``DL`` is a delivery in every type; that pushes use them is a guess."""
    found = event("X", "DL", trackingNumber=number)

    assert (found.status, found.reason, found.reading.row, found.reading.is_guess) == expected
    # What is no code of Mail Innovations is none of UPS either: by the other table this is an attempt.
    assert read_as("D", "57", trackingNumber="802468401126800458") == ("delivered", None, "D")


SAID_TWICE = {
    "localActivityDate": "20260911",
    "localActivityTime": "135004",
    "gmtActivityDate": "20260911",
    "gmtActivityTime": "175004",
}


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({}, ("2026-09-11T17:50:04Z", "2026-09-11T13:50:04", "utc")),
        ({"gmtOffset": "-04.00"}, ("2026-09-11T17:50:04Z", "2026-09-11T13:50:04", "utc")),
        ({"localActivityDate": "", "localActivityTime": ""}, ("2026-09-11T17:50:04Z", None, "utc")),
        # Without GMT: the offset, or nothing to tell the zone by.
        ({"gmtActivityDate": "", "gmtOffset": "-04.00"}, ("2026-09-11T17:50:04Z", "2026-09-11T13:50:04", "utc")),
        ({"gmtActivityTime": "", "gmtOffset": "+05.30"}, ("2026-09-11T08:20:04Z", "2026-09-11T13:50:04", "utc")),
        ({"gmtActivityDate": ""}, (None, "2026-09-11T13:50:04", "local_unknown_zone")),
        ({"gmtActivityTime": None, "gmtOffset": "4"}, (None, "2026-09-11T13:50:04", "local_unknown_zone")),
        ({"gmtActivityTime": "250000"}, (None, "2026-09-11T13:50:04", "local_unknown_zone")),
        # A number loses the zeros of the night; a day may be all that is said.
        ({"localActivityTime": 1504, "gmtActivityTime": 41504}, ("2026-09-11T04:15:04Z", "2026-09-11T00:15:04", "utc")),
        (
            {"gmtActivityDate": "", "localActivityTime": ""},
            (None, "2026-09-11T00:00:00", "local_unknown_zone"),
        ),
        (
            {"gmtActivityDate": "", "localActivityTime": "996099"},
            (None, "2026-09-11T00:00:00", "local_unknown_zone"),
        ),
        ({"gmtActivityDate": "", "localActivityDate": "20260931"}, (None, None, "received_at")),
        # GMT before local time in the United States, as in an example of UPS; too far off; unlike the offset.
        ({"gmtActivityTime": "085004"}, ("2026-09-11T08:50:04Z", "2026-09-11T13:50:04", "gmt_suspect")),
        ({"gmtActivityDate": "20260913"}, ("2026-09-13T17:50:04Z", "2026-09-11T13:50:04", "gmt_suspect")),
        ({"gmtOffset": "-05.00"}, ("2026-09-11T17:50:04Z", "2026-09-11T13:50:04", "gmt_suspect")),
        # Elsewhere clocks are ahead, and where nothing says that it is not elsewhere.
        (
            {"gmtActivityTime": "045004", "activityLocation": {}},
            ("2026-09-11T04:50:04Z", "2026-09-11T13:50:04", "utc"),
        ),
        (
            {"gmtActivityTime": "045004", "activityLocation": {"country": "CN"}},
            ("2026-09-11T04:50:04Z", "2026-09-11T13:50:04", "utc"),
        ),
        (
            {"gmtActivityTime": "035004", "activityLocation": {"country": "US", "stateProvince": "GU"}},
            ("2026-09-11T03:50:04Z", "2026-09-11T13:50:04", "utc"),
        ),
    ],
)
def test_the_time_of_an_event(members: dict[str, Any], expected: tuple[str | None, ...]) -> None:
    """GMT where it is said, marked where it does not fit the local time; else local with its offset; else local."""
    told = said(event("I", "AR", **{"activityLocation": {"country": "US"}, **SAID_TWICE, **members}))

    assert (told.get("occurred_at"), told.get("local_time"), told["time_basis"]) == expected


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ({"stateProvince": "CA", "country": "US"}, "America/Los_Angeles"),
        ({"stateProvince": "ca", "country": ""}, "America/Los_Angeles"),
        ({"stateProvince": "", "country": "PR"}, "America/Puerto_Rico"),
        ({"stateProvince": "", "country": "US"}, None),
        ({"stateProvince": "MI", "country": "IT"}, None),
        ({}, None),
    ],
)
def test_the_likely_zone_of_a_local_time(location: dict[str, str], expected: str | None) -> None:
    """That of the state; a province of another country with the same letters is none."""
    local = {"localActivityDate": "20260911", "localActivityTime": "135004"}

    assert event("I", "AR", activityLocation=location, **local).likely_zone == expected
    assert event("I", "AR", activityLocation=location, gmtOffset="-04.00", **local).likely_zone is None


def test_when_it_will_come() -> None:
    """The day that UPS means; not one before the event, as in an example of UPS, nor of what is delivered."""
    local = {"localActivityDate": "20260911", "localActivityTime": "135004"}
    days = ("20260913", "20260911", "20260910", "20191014", "", "soon", 20260913)

    estimates = [event("I", "AR", scheduledDeliveryDate=day, **local).estimated_delivery for day in days]

    assert estimates == ["2026-09-13", "2026-09-11", None, None, None, None, "2026-09-13"]
    assert event("U", "UP", scheduledDeliveryDate="20260913").estimated_delivery == "2026-09-13"
    assert event("D", "FS", scheduledDeliveryDate="20260913", **local).estimated_delivery is None


def test_who_took_it_is_told_of_a_delivery_alone() -> None:
    """A name beside another event is nobody who took the parcel."""
    assert event("D", "FS", receivedBy=" John ").signer == "John"
    assert event("I", "AR", receivedBy="John").signer is None


def test_several_events_in_a_list() -> None:
    """As a relay may send them: oldest first; a bad one does not lose the others."""
    newer, older = (
        push("I", code, gmtActivityDate="20260911", gmtActivityTime=f"{hour}0000")
        for code, hour in (("AR", "17"), ("DP", "11"))
    )
    bad = [push("I", "AR", trackingNumber="1Z\u200b1Z"), push(None, None), "nonsense"]

    parsed = CARRIER.parse([newer, *bad, older])

    assert [each.code for each in parsed.events] == ["I/DP", "I/AR"]
    assert [each.path for each in parsed.faults] == ["[1].trackingNumber", "[2].activityStatus", "[3].trackingNumber"]


@pytest.mark.parametrize("number", [None, "", "  ", [], "9" * 65, "1Z\u200b2"])
def test_a_number_that_cannot_be_one(number: Any) -> None:
    """It is refused with its path."""
    parsed = CARRIER.parse(push("I", "AR", trackingNumber=number))

    assert parsed.events == ()
    assert [each.path for each in parsed.faults] == ["trackingNumber"]


@pytest.mark.parametrize("payload", [None, [], 7, "", {}, {"activityStatus": "D"}, [{}], [[push("I", "AR")]]])
def test_what_is_no_event(payload: Any) -> None:
    """There is nothing in it that could be one."""
    with pytest.raises(UnreadablePayload):
        CARRIER.parse(payload)


def test_the_photograph_is_cut() -> None:
    """All that is read of a payload stays."""
    cut = CARRIER.cut(sample("ups_photo"))

    assert {**cut, "deliveryPhoto": "/9j/4CBub3QgYSByZWFsIGpwZWc="} == sample("ups_photo")
    assert "deliveryPhoto" not in cut
    assert CARRIER.parse(cut) == CARRIER.parse(sample("ups_photo"))
    assert CARRIER.cut(sample("ups_delivered")) == sample("ups_delivered")


@pytest.mark.parametrize("request_", signed_requests("ups"), ids=lambda each: each.scheme)
def test_the_published_requests(request_: Any) -> None:
    """Version 1 by its credential; of version 2 the token, which somebody has issued, is what is compared."""
    is_bearer = "authorization" in request_.headers
    secret = "example-access-token" if is_bearer else request_.secret

    assert CARRIER.authenticate(request_.headers, request_.body, secret) is request_.is_valid
    assert not CARRIER.authenticate(request_.headers, request_.body, "example-client-id")


def test_what_proves_nothing() -> None:
    """No secret, a cut one, one in another case, one in another place."""
    body = sample_bytes("ups_delivered")
    wrong = [
        "",
        " ",
        SECRET[:-1],
        SECRET[1:],
        SECRET.upper(),
        f"{SECRET} ",
        SECRET * 2,
        "ü",
        "\udcff",
        f"Bearer {SECRET}",
    ]
    for given_ in wrong:
        assert not CARRIER.authenticate({"credential": given_}, body, SECRET), given_
    for given_ in (
        "",
        "Bearer",
        "Bearer ",
        f"Basic {SECRET}",
        f"Bearer {SECRET[:-1]}",
        f"Bearer {SECRET.upper()}",
        SECRET,
    ):
        assert not CARRIER.authenticate({"authorization": given_}, body, SECRET), given_
    for name in ("x-api-key", "user-agent", "x-hub-signature"):
        assert not CARRIER.authenticate({name: SECRET}, body, SECRET), name
    assert not CARRIER.authenticate({}, body, SECRET)
    assert not CARRIER.authenticate({"credential": "", "authorization": "Bearer "}, body, "")
    # Either is enough, whatever the other says: a customer changes from one version to the other.
    assert CARRIER.authenticate({"credential": "old", "authorization": f"bearer {SECRET}"}, body, SECRET)
    assert CARRIER.authenticate({"credential": SECRET, "authorization": "Bearer new"}, body, SECRET)


@given(st.text(min_size=1), st.text())
def test_only_the_secret_itself_passes(secret: str, wrong: str) -> None:
    """Whatever both are."""
    assert CARRIER.authenticate({"credential": secret}, b"", secret)
    assert CARRIER.authenticate({"credential": wrong}, b"", secret) is (wrong == secret)

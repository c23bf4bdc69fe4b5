"""What carriers recorded of parcels: six scans each, in the form in which they are pushed, with what must come of them.

What must come of them is stated by hand, and is the same in whatever order they arrive.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import attrs

#: Of the length and the kinds of characters that FedEx asks for; the one in force, one that was replaced by it, and
#: one that never was ours.
SECRET, REPLACED, STRANGER = (
    "ParcelSecurityToken2026abcdef",
    "ReplacedSecurityToken2026abcd",
    "StrangerSecurityToken2026abcd",
)
#: The zone in which LaserShip's clock is read here; it writes none.
ZONE = "America/New_York"
#: From one scan of a parcel to the next.
_APART = timedelta(hours=6)


@attrs.frozen
class Scan:
    """One event that a carrier pushes, and what it must be read as."""

    #: The carrier's code; what stands before a colon is a second member that goes with it.
    code: str
    status: str | None
    #: Whether it is of the same moment as the scan before it.
    is_at_once: bool = False


@attrs.frozen
class Journey:
    """Six scans of a parcel, in the order in which they happened, and what they come to."""

    name: str
    carrier: str
    scans: tuple[Scan, ...]
    #: What the shipment shows in the end: status and reason.
    shown: tuple[str, str | None]
    #: By which scan it left, and by which it was there, where it ever was.
    left: int
    there: int | None
    #: Which scans say otherwise than a final one before them.
    contradicting: frozenset[int] = frozenset()

    def moment(self, index: int, base: datetime) -> datetime:
        """Return when a scan happened, where the first was at *base*."""
        return base + _APART * sum(not scan.is_at_once for scan in self.scans[1 : index + 1])

    def push(self, number: str, index: int, base: datetime) -> bytes:
        """Return the body that tells of a scan of the parcel *number*."""
        return _written(self.carrier, number, self.scans[index].code, self.moment(index, base), "Reno")

    def alien(self, number: str, base: datetime) -> bytes:
        """Return a body that tells of a scan that never was: nobody who knows the secret sends it."""
        return _written(self.carrier, number, self.scans[-1].code, base + _APART / 2, "Nowhere")

    @property
    def ends(self) -> tuple[str, str]:
        """What shipment and order are in the end."""
        return ("delivered", "delivered") if self.there is not None else ("shipped", "shipped")


def _scans(*told: tuple[str, str | None]) -> tuple[Scan, ...]:
    return tuple(Scan(code, status) for code, status in told)


JOURNEYS = (
    Journey(
        "delivered",
        "ups",
        _scans(
            ("M/MP", "label_created"),
            ("I/PU", "picked_up"),
            ("I/AR", "in_transit"),
            ("I/DP", "in_transit"),
            ("I/OT", "out_for_delivery"),
            ("D/FS", "delivered"),
        ),
        ("delivered", None),
        left=1,
        there=5,
    ),
    Journey(
        "attempt, then delivered",
        "fedex",
        _scans(
            ("OC", "label_created"),
            ("PU", "picked_up"),
            ("AR", "in_transit"),
            ("DE/08", "delivery_attempted"),
            ("OD", "out_for_delivery"),
            ("DL", "delivered"),
        ),
        ("delivered", None),
        left=1,
        there=5,
    ),
    Journey(
        "exception",
        "ontrac",
        _scans(
            ("OE", "label_created"),
            ("PKUP", "picked_up"),
            ("WTDL", "exception"),
            ("ARRD", "in_transit"),
            ("OFDL", "out_for_delivery"),
            ("NDMI", "exception"),
        ),
        ("exception", "address_issue"),
        left=1,
        there=None,
    ),
    Journey(
        "return to sender",
        "usps",
        _scans(
            ("03", "picked_up"),
            ("10", "in_transit"),
            ("OF", "out_for_delivery"),
            ("55", "delivery_attempted"),
            ("09", "returned_to_sender"),
            ("01:Delivered, To Original Sender", "returned_to_sender"),
        ),
        ("returned_to_sender", "returned"),
        left=0,
        there=None,
    ),
    Journey(
        "cancelled, then moved",
        "ups",
        _scans(
            ("M/MP", "label_created"),
            ("M/VP", "cancelled"),
            ("I/PU", "picked_up"),
            ("I/AR", "in_transit"),
            ("I/OT", "out_for_delivery"),
            ("D/FS", "delivered"),
        ),
        ("cancelled", None),
        left=2,
        there=5,
        contradicting=frozenset({2, 3, 4, 5}),
    ),
    Journey(
        "contradiction after the end",
        "dhl",
        _scans(
            ("pre-transit:SHIPMENT INFORMATION RECEIVED", "label_created"),
            ("transit:SHIPMENT PICKED UP", "picked_up"),
            ("transit:PROCESSED AT SORT FACILITY", "in_transit"),
            ("transit:WITH DELIVERY COURIER", "out_for_delivery"),
            ("delivered:DELIVERED", "delivered"),
            ("transit:ARRIVED AT FACILITY", "in_transit"),
        ),
        ("delivered", None),
        left=1,
        there=4,
        contradicting=frozenset({5}),
    ),
    Journey(
        "times without a zone",
        "lasership",
        _scans(
            ("OrderReceived", "label_created"),
            ("Received", "picked_up"),
            ("Arrived", "in_transit"),
            ("Attempted", "delivery_attempted"),
            ("OutForDelivery", "out_for_delivery"),
            ("Delivered", "delivered"),
        ),
        ("delivered", None),
        left=1,
        there=5,
    ),
    Journey(
        "correction",
        "ontrac",
        _scans(
            ("PKUP", "picked_up"),
            ("ARRD", "in_transit"),
            ("OFDL", "out_for_delivery"),
            ("DLVD", "delivered"),
            ("ER", None),
            ("AFPR", "available_for_pickup"),
        ),
        ("available_for_pickup", None),
        left=0,
        there=3,
    ),
    Journey(
        "delivered, then back",
        "amazon",
        _scans(
            ("FORWARD:PickupDone", "picked_up"),
            ("FORWARD:ArrivedAtCarrierFacility", "in_transit"),
            ("FORWARD:OutForDelivery", "out_for_delivery"),
            ("FORWARD:Delivered", "delivered"),
            ("RETURNS:ReturnInitiated", "returned_to_sender"),
            ("RETURNS:Delivered", "returned_to_sender"),
        ),
        ("returned_to_sender", "returned"),
        left=0,
        there=3,
    ),
    Journey(
        "unknown code, and two scans of one moment",
        "fedex",
        (
            Scan("PU", "picked_up"),
            Scan("QQ", "unknown"),
            Scan("AR", "in_transit"),
            Scan("DP", "in_transit"),
            Scan("OD", "out_for_delivery"),
            Scan("DL", "delivered", is_at_once=True),
        ),
        ("delivered", None),
        left=0,
        there=5,
    ),
)

CARRIERS = tuple(dict.fromkeys(journey.carrier for journey in JOURNEYS))
_STATIC = {"amazon": "x-api-key", "dhl": "x-vectis-token", "lasership": "x-vectis-token", "ontrac": "x-vectis-token"}


def setup_of(carrier: str) -> dict[str, Any]:
    """Return how a carrier's pushes are to prove themselves, but for its secrets."""
    if carrier in _STATIC:
        return {"proof": "header", "header": _STATIC[carrier], "zone": ZONE, "payload_days": 0}
    return {"proof": "carrier", "zone": ZONE, "payload_days": 0}


def proof_of(carrier: str, body: bytes, secret: str = SECRET) -> dict[str, str]:
    """Return the header by which a body proves that it comes from the carrier."""
    if carrier == "fedex":
        return {"fdx-signature": _signature(body, secret)}
    if carrier == "usps":
        envelope = json.loads(body)
        return {"x-hmac": _signature((envelope["timestamp"] + envelope["payload"]).encode(), secret)}
    return {_STATIC.get(carrier, "credential"): secret}


def forged(carrier: str, body: bytes, other: bytes, kind: int) -> dict[str, str]:
    """Return a header that proves nothing: a stranger's, one cut off, or the right one of *other*, by turns.

    Of a carrier that signs nothing, the last is the secret that was replaced.
    """
    if kind % 3 == 0:
        return proof_of(carrier, body, STRANGER)
    if kind % 3 == 1:
        return {name: value[:-1] for name, value in proof_of(carrier, body).items()}
    return proof_of(carrier, other, SECRET if carrier in {"fedex", "usps"} else REPLACED)


def _signature(signed: bytes, secret: str) -> str:
    return base64.b64encode(hmac.new(secret.encode(), signed, hashlib.sha256).digest()).decode()


def _utc(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _ups(number: str, code: str, at: datetime, city: str) -> Any:
    kind, _, plain = code.partition("/")
    return {
        "trackingNumber": number,
        "activityLocation": {"city": city, "stateProvince": "NV", "postalCode": "", "country": "US"},
        "activityStatus": {"type": kind, "code": plain, "description": f"What {code} says"},
        "gmtActivityDate": at.strftime("%Y%m%d"),
        "gmtActivityTime": at.strftime("%H%M%S"),
    }


def _fedex(number: str, code: str, at: datetime, city: str) -> Any:
    kind, _, exception = code.partition("/")
    scan = {
        "date": at.astimezone(ZoneInfo("America/Denver")).isoformat(),
        "eventType": kind,
        "eventDescription": f"What {kind} says",
        "exceptionCode": exception,
        "scanLocation": {"city": city, "stateOrProvinceCode": "NV", "countryCode": "US"},
    }
    parcel = {"trackingNumberInfo": {"trackingNumber": number}, "scanEvents": [scan]}
    return {"output": {"completeTrackResults": [{"trackingNumber": number, "trackResults": [parcel]}]}}


def _usps(number: str, code: str, at: datetime, city: str) -> Any:
    plain, _, words = code.partition(":")
    scan = {
        "eventType": words or f"What {plain} says",
        "GMTTimestamp": _utc(at),
        "GMTOffset": "-07:00",
        "eventCity": city,
        "eventState": "NV",
        "eventCode": plain,
    }
    inner = {"trackingNumber": number, "trackingEvents": [scan]}
    return {"subscriptionType": "TRACKING", "timestamp": _utc(at), "payload": json.dumps(inner)}


def _dhl(number: str, code: str, at: datetime, city: str) -> Any:
    plain, _, words = code.partition(":")
    status = {
        "timestamp": _utc(at),
        "location": {"address": {"countryCode": "US", "addressLocality": city}},
        "statusCode": plain,
        "status": words,
        "description": words.capitalize(),
    }
    return {"scope": "subscription.push", "shipments": [{"id": number, "service": "express", "status": status}]}


def _ontrac(number: str, code: str, at: datetime, city: str) -> Any:
    scan = {
        "EventCode": code,
        "EventShortDescription": f"What {code} says",
        "UtcEventDateTime": _utc(at),
        "City": city,
        "State": "NV",
    }
    return {"Packages": [{"Tracking": number, "Events": [scan]}]}


def _lasership(number: str, code: str, at: datetime, city: str) -> Any:
    scan = {
        "DateTime": at.astimezone(ZoneInfo(ZONE)).strftime("%Y-%m-%dT%H:%M:%S"),
        "UTCDateTime": "",
        "City": city,
        "EventType": code,
        "EventShortText": f"What {code} says",
    }
    return {"Pieces": [{"TrackingNumber": number}], "Events": [scan]}


def _amazon(number: str, code: str, at: datetime, city: str) -> Any:
    way, _, plain = code.partition(":")
    detail = {
        "trackingId": number,
        "shipmentType": way,
        "eventCode": plain,
        "eventTime": _utc(at),
        "location": {"city": city, "stateOrRegion": "NV", "countryCode": "US"},
    }
    return {"detail-type": "Tracking Detail", "source": "AmazonShipping", "time": _utc(at), "detail": detail}


_FORMS: Mapping[str, Callable[[str, str, datetime, str], Any]] = {
    "amazon": _amazon,
    "dhl": _dhl,
    "fedex": _fedex,
    "lasership": _lasership,
    "ontrac": _ontrac,
    "ups": _ups,
    "usps": _usps,
}


def _written(carrier: str, number: str, code: str, at: datetime, city: str) -> bytes:
    return json.dumps(_FORMS[carrier](number, code, at, city)).encode()

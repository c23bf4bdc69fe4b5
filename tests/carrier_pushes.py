"""Pushes of carriers to a shop over HTTP, each proved in its carrier's own scheme."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from http_faces import Answer, Shop

from vectis_core.ports import Slice

#: Of the length and the kinds of characters that FedEx asks for.
SECRET = "FdxExampleSecurityToken2026abc"
OTHER_SECRET = "AnotherSecurityToken2026abcdef"

#: A body of each carrier, and how many events it tells of.
BODIES = {
    "amazon": ("amazon_push_delivered", 1),
    "dhl": ("dhl_unified_transit", 2),
    "fedex": ("fedex_delivered", 6),
    "lasership": ("lasership_delivered", 4),
    "ontrac": ("ontrac_delivered", 3),
    "ups": ("ups_delivered", 1),
    "usps": ("usps_delivered", 6),
}
#: The header that carries each carrier's proof where nothing else is configured.
HEADERS = {
    "amazon": "x-api-key",
    "dhl": "x-dhl-token",
    "fedex": "fdx-signature",
    "lasership": "x-vectis-token",
    "ontrac": "x-vectis-token",
    "ups": "credential",
    "usps": "x-hmac",
}
SIGNING = ("fedex", "usps")


def signature(body: bytes, secret: str = SECRET) -> str:
    """Return the HMAC-SHA256 of *body* in base 64."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def proof_of(carrier: str, body: bytes, secret: str = SECRET) -> dict[str, str]:
    """Return the header with which a carrier proves a body."""
    value = secret
    if carrier == "fedex":
        value = signature(body, secret)
    elif carrier == "usps":
        envelope = json.loads(body)
        value = signature((envelope["timestamp"] + envelope["payload"]).encode(), secret)
    return {HEADERS[carrier]: value}


def configure(shop: Shop, carrier: str, **setup: Any) -> Any:
    """Configure a carrier, with the proof and the secret that it has here unless told otherwise."""
    default = "carrier" if carrier in {"fedex", "ups", "usps"} else "header"
    made = shop.ask("PUT", f"/api/carriers/{carrier}", {"proof": default, "secrets": [SECRET]} | setup)
    assert made.status == 200, made.json
    return made.json


def push(
    shop: Shop,
    carrier: str,
    body: bytes,
    headers: Mapping[str, str] | None = None,
    *,
    path: str = "",
    query: str | None = None,
    method: str = "POST",
    content_type: str | None = "application/json",
) -> Answer:
    """Send a push to the shop, by the query unless another is given; with the carrier's proof unless told otherwise."""
    sent = proof_of(carrier, body) if headers is None else headers
    asked = f"tenant={shop.tenant}" if query is None else query
    where = f"/api/webhooks/carriers/{carrier}/tracking{path}?{asked}"
    return shop.ask(method, where, body, token=None, headers=sent, content_type=content_type)


def stored(shop: Shop) -> tuple[int, int, int, int]:
    """Return how many payloads, scans of no shipment, notices of carriers and events there are."""
    with shop.oms.engine.read() as view:
        payloads = view.payloads(shop.tenant, "", 1000)
        scans = view.waiting_scans(shop.tenant, Slice(1000))
        notices = [notice for account in view.carriers(shop.tenant) for notice in account.notices]
    return len(payloads), len(scans), len(notices), len(list(shop.face.events()))


NOTHING = (0, 0, 0, 0)


def counts(answer: Answer) -> tuple[int, int, int, int]:
    """Return how many events a push's answer says were accepted, known already, waiting and rejected."""
    assert answer.status == 200, answer.json
    told = answer.json
    assert len(told["rejections"]) == told["rejected"]
    return told["accepted"], told["duplicates"], told["waiting"], told["rejected"]


def ups_scan(number: str, code: str, at: str, city: str = "Louisville", **more: Any) -> bytes:
    """Return a push of UPS: *code* as ``TYPE/CODE``, *at* as ``2026-09-09T07:15`` in UTC."""
    kind, _, plain = code.partition("/")
    day, _, clock = at.partition("T")
    told = {
        "trackingNumber": number,
        "activityLocation": {"city": city, "stateProvince": "KY", "country": "US"},
        "activityStatus": {"type": kind, "code": plain, "description": f"What {code} says"},
        "gmtActivityDate": day.replace("-", ""),
        "gmtActivityTime": f"{clock.replace(':', '')}00",
    }
    return json.dumps(told | more).encode()

"""DHL: several senders under one name, told apart by the shape of what they send.

``scope`` is Unified Push, with messages about the subscription among those about shipments; ``shipments`` alone is
the answer of the Unified Tracking API, passed on by a relay; ``packages`` is eCommerce Americas.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import Any

from vectis_carriers import dhl_ecommerce, dhl_unified
from vectis_carriers.parts import in_time_order
from vectis_carriers.payload import Node, unreadable
from vectis_carriers.proofs import has_header
from vectis_core.tracking.model import Fault, Notice, Parsed, TrackingEvent

_PUSH = "subscription.push"
#: Where DHL's subscriptions are; another address in ``self`` is not repeated to anybody.
_SELF = re.compile(r"https://api(?:-[a-z]{1,10})?\.dhl\.com/tracking/push/v1/subscription/([A-Za-z0-9_-]{1,64})")
_ENDED = "the subscription is at its end: make a new one, or its shipments will report nothing more"
_MEANINGS = {
    "subscription.ready": "DHL pushes the events of this subscription from now on",
    "subscription.deleted": f"DHL has deleted it; {_ENDED}",
    "subscription.delete": f"DHL has deleted it; {_ENDED}",
    "subscription.cancelled": f"DHL has cancelled it; {_ENDED}",
    "subscription.expired": f"its time is over; {_ENDED}",
    "subscription.failure": f"DHL could not push to this address; {_ENDED}",
}


class _Dhl:
    name = "dhl"
    default_proof = "header"
    default_header = "x-dhl-token"
    #: Most local times without a zone are those of parcels in Germany; others hint at their own.
    default_zone = dhl_unified.ZONE

    def authenticate(self, headers: Mapping[str, str], body: bytes, secret: str) -> bool:  # noqa: ARG002 - not signed
        """Return whether the header carries the token that was given when the subscription was made.

        DHL signs nothing: it repeats ``hook.authentication.token`` in the header ``hook.authentication.header``.
        """
        return has_header(headers, self.default_header, secret)

    def parse(self, payload: Any) -> Parsed:
        """Return what a payload says, in whichever of the shapes."""
        top = Node(payload)
        scope = (top["scope"].text(64) or "").lower()
        if top["shipments"].is_list:
            read = [each for shipment in top["shipments"] for each in dhl_unified.read(shipment)]
        elif top["packages"].is_list:
            read = [each for package in top["packages"] for each in dhl_ecommerce.read(package)]
        elif scope and scope != _PUSH:
            read = []
        else:
            raise unreadable("There must be a scope, shipments or packages")
        return Parsed(
            events=tuple(in_time_order((each for each in read if isinstance(each, TrackingEvent)), self.default_zone)),
            faults=tuple(each for each in read if isinstance(each, Fault)),
            notices=(_notice(scope, top),) if scope and scope != _PUSH else (),
        )

    def cut(self, payload: Any) -> Any:
        """Return the payload without what ``details.proofOfDelivery`` holds of a signature, but for web addresses."""
        if not isinstance(payload, dict) or not isinstance(payload.get("shipments"), list):
            return payload
        return {**payload, "shipments": [dhl_unified.cut(shipment) for shipment in payload["shipments"]]}


def _notice(scope: str, top: Node) -> Notice:
    found = _SELF.fullmatch(top["self"].text() or "")
    subscription = found[1] if found else None
    if scope == "subscription.validate":
        address = found[0] if found else None
        return Notice(scope, _to_activate(address), subscription, activation=_activation(address, top["secret"]))
    failure = top["failure"]
    details = [failure[name].text(120) for name in ("title", "detail")] if failure.is_object else []
    told = ": ".join(detail for detail in details if detail)
    meaning = _MEANINGS.get(scope, "DHL sent a message of a kind that is not known here")
    message = f"{meaning} (DHL says: {told})" if told else meaning
    return Notice(scope, message, subscription, is_alarming=scope != "subscription.ready")


def _to_activate(address: str | None) -> str:
    """Return what an operator has to do with the question of a new subscription. It does not tell the secret."""
    if address is None:
        return "What asks to be activated is no subscription at api-eu.dhl.com: do nothing, unless you know of it"
    return (
        f"DHL asks whether this address takes the pushes of a new subscription. If you made it, send POST {address} "
        "without a body, with your app's key in the header DHL-API-Key and the text in the member secret of this "
        "message in the header DHL-API-Hook-Secret ('vectis carriers handshake dhl' prints it as a line for a shell); "
        "DHL then sends subscription.ready. If you did not, do nothing"
    )


def _activation(address: str | None, secret: Node) -> str | None:
    """Return the line that does it, but for the app's key, which only the operator has."""
    text = secret.text()
    if address is None or text is None or not text.isprintable():
        return None
    header = shlex.quote(f"DHL-API-Hook-Secret: {text}")
    return f"curl -X POST {shlex.quote(address)} -H 'DHL-API-Key: YOUR-APP-KEY' -H {header}"


CARRIER = _Dhl()

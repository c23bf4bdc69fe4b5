"""Pigeon Post: what its bodies are read as, what proves them, and that a parcel of it arrives."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vectis_pigeon import CARRIER, CODES

from vectis_carriers.intake import NotProved, Push, receive
from vectis_core import Address, Item, Parsed, TrackingStatus, UnreadablePayload, Vectis
from vectis_core.testing.clock import FrozenClock
from vectis_core.tracking.carrier import carrier_of

SECRET = "a secret of the loft"
RING = "NL-2026-1234567"
BODY = {
    "flights": [
        {
            "ring": " nl-2026-1234567",
            "sightings": [
                {"code": "LOFT", "at": "2026-09-11T08:15:00+02:00", "loft": "Utrecht"},
                {"code": "HOME", "at": "2026-09-11T11:02:00", "loft": "Delft", "takenBy": "Anna"},
                {"code": "MOON", "words": "Seen over the moon"},
                {"at": "2026-09-11T11:02:00"},
            ],
        },
        {"sightings": []},
    ]
}


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    """Return the header that proves a body."""
    return {"x-pigeon-signature": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


def test_a_body_is_read() -> None:
    """Each sighting is an event; what is none is a fault with its path, and loses no other."""
    told = CARRIER.parse(BODY)

    assert [(each.tracking_number, each.status, each.code, each.place.city) for each in told.events] == [
        (RING, TrackingStatus.PICKED_UP, "LOFT", "Utrecht"),
        (RING, TrackingStatus.DELIVERED, "HOME", "Delft"),
        (RING, TrackingStatus.UNKNOWN, "MOON", None),
    ]
    assert [each.occurred_at for each in told.events] == [datetime(2026, 9, 11, 6, 15, tzinfo=UTC), None, None]
    assert [str(each.time_basis) for each in told.events] == ["utc", "local_unknown_zone", "received_at"]
    assert [each.signer for each in told.events] == [None, "Anna", None]
    assert [each.path for each in told.faults] == ["flights[0].sightings[3].code", "flights[1].ring"]


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_a_row(code: str) -> None:
    """The row that decided is named."""
    [event] = CARRIER.parse({"flights": [{"ring": RING, "sightings": [{"code": code}]}]}).events
    assert (event.status, event.reading.row) == (CODES[code][0], code)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.sampled_from(["flights", "ring", "sightings", "code", "at", "loft"]), inner)
    ),
)


@given(payload=JSON)
def test_any_json_is_read_or_refused(payload: Any) -> None:
    """Whatever comes, it is read or it is ``UnreadablePayload``."""
    try:
        told = CARRIER.parse(payload)
    except UnreadablePayload:
        return
    assert isinstance(told, Parsed)
    assert all(0 < len(each.tracking_number) <= 64 for each in told.events)


def test_a_parcel_arrives() -> None:
    """Installed by its entry point, it is configured, proved and followed like any other carrier."""
    assert carrier_of("pigeon") is CARRIER
    with Vectis.open("memory://", clock=FrozenClock(datetime(2026, 9, 12, tzinfo=UTC))) as oms:
        oms.carriers.configure("pigeon", secrets=[SECRET])
        oms.products.create(sku="W", name="Widget")
        oms.inventory.adjust(oms.inventory.list().page().items[0].id, 9, "first delivery")
        jane = Address(name="Jane Smith", line1="123 Main St", city="Austin", country="US")
        order = oms.orders.create(external_id="1", items=[Item("W", 1, "5")], shipping_addresses=[jane]).order
        oms.orders.confirm(order.id)
        oms.orders.ship(order.id, carrier="Pigeon", tracking_number=RING, status="label_created")
        body = json.dumps(BODY).encode()

        for wrong in ({}, signed(body, "another secret"), signed(body + b" ")):
            with pytest.raises(NotProved):
                receive(oms, "pigeon", Push(headers=wrong, body=body))
        receipt = receive(oms, "pigeon", Push(headers=signed(body), body=body))

        assert (receipt.accepted, receipt.duplicates, len(receipt.rejected)) == (3, 0, 2)
        assert oms.orders.get(order.id).status == "delivered"

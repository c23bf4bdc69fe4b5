"""What is personal in an order and in the scans of its parcels, and what is left in its place.

What the books rest on stays: ids, lines, prices, moments, carriers' codes, and the country, which says nothing of whom.
"""

from __future__ import annotations

from typing import Any

import attrs

from vectis_core.constraints import Email
from vectis_core.orders.lifecycle import OrderStatus
from vectis_core.orders.model import Address, Order
from vectis_core.tracking.model import Place, TrackingEvent

#: What stands where something personal stood and something must stand.
ERASED = "[erased]"
#: In any other status an order still needs its address: for its label, its parcel, or a question of its carrier.
ENDED = frozenset({OrderStatus.DELIVERED, OrderStatus.CANCELLED, OrderStatus.RETURNED})

_EMAIL = Email()


def erased_address(address: Address) -> Address:
    """Return what is left of an address: its country."""
    return Address(name=ERASED, line1=ERASED, city=ERASED, country=address.country)


def erasing(order: Order) -> dict[str, Any]:
    """Return the changes that erase what is personal in an order.

    The customer's id stays, for it is a number of the caller's own, unless it is an e-mail address. The digest of what
    was first asked goes: with it, one who guesses an address could prove the guess.
    """
    is_email = order.customer_id is not None and _EMAIL.problem(order.customer_id) is None
    return {
        "customer_id": None if is_email else order.customer_id,
        "customer_email": None,
        "shipping_addresses": tuple(erased_address(each) for each in order.shipping_addresses),
        "billing_address": erased_address(order.billing_address) if order.billing_address is not None else None,
        "fingerprint": "",
    }


def is_without_person(order: Order) -> bool:
    """Return whether nothing personal is left in an order."""
    left = {name: getattr(order, name) for name in erasing(order)}
    return left == erasing(order)


def erased_event(event: TrackingEvent) -> TrackingEvent:
    """Return a tracking event without who took the parcel, where, and the carrier's own words, which may say both.

    The second code is among the words: where a carrier has none, it is the beginning of what was said.
    """
    place = Place(city=ERASED, country=event.place.country)
    return attrs.evolve(event, place=place, signer=None, proof_url=None, description=None, sub_code=None)


def is_erased(event: TrackingEvent) -> bool:
    """Return whether nothing personal is left in a tracking event; its id is then not what its fields say."""
    return event == erased_event(event)

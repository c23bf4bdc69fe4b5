"""Compares what a shop tells of a person with the reference model: all of it until it is erased, and then nothing."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from vectis_core.orders import model as orders
from vectis_core.testing.model import Shop
from vectis_core.testing.model_entities import PERSON, Order
from vectis_core.tracking.model import Scan


def names_a_person(value: object) -> bool:
    """Return whether a person's name or an e-mail address stands anywhere in *value*."""
    shown = repr(value)
    return PERSON in shown or "@" in shown


def compare_person(order: Order, real: orders.Order) -> None:
    """Fail unless an order still has its customer, or has nothing of one but a number and countries."""
    what = f"the customer of {order.external_id}"
    expected = (order.customer_id, order.customer_email, order.erased)
    found = (real.customer_id, real.customer_email, real.is_erased)
    assert found == expected, f"{what}: expected {expected}, found {found}"
    assert names_a_person(real) is not order.erased, f"{what}: {real}"
    assert {each.country for each in real.shipping_addresses} == {"US"}, f"{what}: {real}"


def compare_words(shop: Shop, kept: Sequence[Scan]) -> None:
    """Fail unless each scan names a person, or none where its order is erased."""
    erased = {heard.code: heard.erased for heard in shop.carriers.heard}
    for scan in kept:
        assert names_a_person(scan.event) is not erased[scan.event.code], f"words of a carrier: {scan}"


def compare_replay(shop: Shop, first: object, again: object) -> None:
    """Fail unless a repeat came to what was first told, with no more of a person than its order has by now."""
    assert _nobodys(first) == _nobodys(again), f"a replay: expected {first!r}, found {again!r}"
    if not isinstance(again, orders.Order | orders.Shipment):
        return
    order_id = again.id if isinstance(again, orders.Order) else again.order_id
    order = next(each for each in shop.orders if each.id == order_id)
    if order.erased:
        assert not names_a_person(again), f"a replay tells what is erased: {again!r}"
    elif isinstance(first, orders.Order) and isinstance(again, orders.Order):
        assert _customer(first) == _customer(again), f"the customer in a replay: {again!r}"
    today = {parcel.id: parcel.shown for parcel in order.parcels}
    for shipment in again.shipments if isinstance(again, orders.Order) else (again,):
        shown = today[shipment.id]
        words = shipment.tracking.description if shipment.tracking is not None else None
        assert words is None or (shown is not None and words == shown[-1]), f"words in a replay: {shipment}"


def _customer(order: orders.Order) -> tuple[object, ...]:
    return (order.customer_id, order.customer_email, order.shipping_addresses, order.billing_address, order.fingerprint)


def _nobodys(result: object) -> object:
    """Return a result without what erasing may take from it."""
    if isinstance(result, orders.Shipment):
        return _unsaid(result)
    if not isinstance(result, orders.Order):
        return result
    return attrs.evolve(
        result,
        customer_id=None,
        customer_email=None,
        shipping_addresses=(),
        billing_address=None,
        fingerprint="",
        shipments=tuple(_unsaid(each) for each in result.shipments),
    )


def _unsaid(shipment: orders.Shipment) -> orders.Shipment:
    shown = shipment.tracking
    return attrs.evolve(shipment, tracking=attrs.evolve(shown, description=None)) if shown is not None else shipment

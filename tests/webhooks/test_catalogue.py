"""The catalogue of events says what is sent: every type, every field, whatever a shop does."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest
from guide import shown
from hypothesis import settings
from jsonschema import Draft202012Validator

from vectis_core import Address, Event, EventType, Item, ShipmentItem, Vectis
from vectis_core.clock import Clock
from vectis_core.commands import ClaimDeliveries, SettleDeliveries
from vectis_core.ids import Ids
from vectis_core.tenancy import Caller
from vectis_core.testing import samples
from vectis_core.testing.machine import ShopMachine
from vectis_core.tracking.statuses import TrackingStatus
from vectis_core.webhooks.catalogue import CATALOGUE, EventKind
from vectis_core.webhooks.model import Report
from vectis_core.webhooks.sending import body_of

JANE = Address(name="Jane", line1="123 Main St", city="Austin", country="US")


def closed(schema: Any) -> Any:
    """Return a schema that refuses what it does not name, which the published one lets through for later versions."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: closed(value) for name, value in schema.items()}
    return inner | {"additionalProperties": False} if "properties" in schema else inner


#: Of each type, what lets no field through that the catalogue does not know.
VALIDATORS = {
    kind.type: Draft202012Validator(closed(dict(kind.schema)), format_checker=Draft202012Validator.FORMAT_CHECKER)
    for kind in CATALOGUE
}


def faults(event_type: str, data: Any) -> list[str]:
    """Return what is wrong with the data of an event."""
    return [error.message for error in VALIDATORS[EventType(event_type)].iter_errors(data)]


def check(events: Iterable[Event]) -> set[str]:
    """Hold what is sent of each event to the catalogue, and return the types that there were."""
    seen = set()
    for event in events:
        body = json.loads(body_of(event))
        assert list(body) == ["event", "timestamp", "data", "id", "sequence"]
        assert faults(body["event"], body["data"]) == [], body
        seen.add(body["event"])
    return seen


def sell(oms: Vectis, name: str, quantity: int = 2) -> str:
    """Order and confirm, and return the order's id."""
    items = [Item("LAMP", quantity, "29.99"), Item("LAMP", 1, "0.5")]
    order = oms.orders.create(
        external_id=name, items=items, shipping_addresses=[JANE], customer_email="jane@example.com"
    ).order
    oms.orders.confirm(order.id)
    return order.id


def do_all(oms: Vectis) -> None:
    """Do everything of which an event tells."""
    oms.products.create(sku="LAMP", name="Lamp")
    [stock] = oms.inventory.list(sku="LAMP")
    oms.inventory.update(stock.id, reorder_point=50)
    oms.inventory.adjust(stock.id, 100, "First delivery")
    oms.inventory.adjust(stock.id, -60, "Lost")
    delivered = sell(oms, "delivered")
    label = oms.orders.ship(delivered, carrier="UPS", tracking_number="1", status="label_created")
    oms.shipments.void(label.id)
    part = [ShipmentItem(sku="LAMP", quantity=1)]
    oms.shipments.deliver(oms.orders.ship(delivered, carrier="UPS", tracking_number="2", items=part).id)
    oms.shipments.deliver(oms.orders.ship(delivered, carrier="UPS", tracking_number="3").id)
    short = sell(oms, "short")
    oms.orders.ship(short, carrier="UPS", tracking_number="4", items=part)
    oms.orders.close_short(short, "Out of production")
    held = sell(oms, "held")
    oms.orders.hold(held, "Look")
    oms.orders.release(held, "Good")
    oms.orders.cancel(sell(oms, "reasonless"))
    oms.orders.cancel(sell(oms, "cancelled"), "Changed her mind")
    oms.customers.erase(email="jane@example.com")


def lose_an_endpoint(oms: Vectis) -> None:
    """Test an endpoint that answers that it is gone."""
    hook = oms.webhooks.create("https://example.com/hook", ["webhook.*"]).subscription
    delivery = oms.webhooks.test(hook.id)
    [lease] = oms.engine.run(ClaimDeliveries(caller=Caller(), well=1, ailing=0, deliveries=1, lease_seconds=60))
    report = Report(delivery.id, oms.store.now(), 410, None, 5, None)
    oms.engine.run(
        SettleDeliveries(caller=Caller(), subscription_id=hook.id, lease_token=lease.token, reports=(report,))
    )


def follow_a_parcel(oms: Vectis) -> None:
    """Let a carrier tell all that it can of a parcel, and of another one only that it moves."""
    now = oms.store.now()
    for status in (None, *TrackingStatus):
        oms.tracking.record(samples.tracking_event(status=status, code=str(status), occurred_at=now))
    moves = samples.tracking_event(status=TrackingStatus.PICKED_UP, tracking_number="1Z-OTHER", occurred_at=now)
    oms.tracking.record(moves)
    for name, number in (("parcel", moves.tracking_number), ("all of it", samples.tracking_event().tracking_number)):
        oms.orders.ship(sell(oms, name), carrier="UPS", tracking_number=number, status="label_created")


def test_every_type_that_is_sent_is_as_the_catalogue_says() -> None:
    """Everything that can happen is made to happen, and what is sent has the catalogue's fields, no other."""
    with Vectis.open("memory://") as oms:
        do_all(oms)
        lose_an_endpoint(oms)
        follow_a_parcel(oms)

        assert check(oms.events()) == set(EventType)


class CataloguedShops(ShopMachine):
    """A shop with trades of any kind, of which all that is sent is held to the catalogue at the end."""

    fails = False

    def open(self, clock: Clock, ids: Ids) -> Vectis:
        """Open an empty shop."""
        return Vectis.open("memory://", clock=clock, ids=ids)

    def teardown(self) -> None:
        """Check all events, and then what every machine checks."""
        try:
            check(self.vectis.events())
        finally:
            super().teardown()


TestCataloguedShops = CataloguedShops.TestCase
TestCataloguedShops.settings = settings(max_examples=20, stateful_step_count=30, deadline=None)


def test_the_catalogue_has_every_type_once() -> None:
    """There is no event without a description, and no description without an event."""
    assert [kind.type for kind in CATALOGUE] == list(EventType)


@pytest.mark.parametrize("kind", CATALOGUE, ids=lambda kind: kind.type)
def test_each_kind_is_sound(kind: EventKind) -> None:
    """A schema is one of 2020-12, says what each field means, wants them all, and its example fits it."""
    Draft202012Validator.check_schema(dict(kind.schema))

    assert faults(kind.type, kind.example) == []
    assert set(kind.schema["required"]) == set(kind.schema["properties"])
    assert all(field["description"] for field in kind.schema["properties"].values())


@pytest.mark.parametrize("kind", CATALOGUE, ids=lambda kind: kind.type)
def test_the_check_finds_what_differs(kind: EventKind) -> None:
    """A field more, a field less and a field of another type are each found, or the tests here would prove nothing."""
    for name in kind.example:
        assert faults(kind.type, {each: value for each, value in kind.example.items() if each != name})
        assert faults(kind.type, {**kind.example, name: {}})
    assert faults(kind.type, {**kind.example, "more": 1})


def test_a_shipment_tells_what_the_guide_prints() -> None:
    """The guide's example of ``order.shipped`` has its three fields under the same names."""
    [shipped] = [kind for kind in CATALOGUE if kind.type is EventType.ORDER_SHIPPED]

    printed = shown("Webhook Payload Example")["data"]
    assert {name: shipped.example[name] for name in printed} == printed

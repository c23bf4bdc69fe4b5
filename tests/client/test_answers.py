"""What a client is told is what is kept, and what it is refused by is what is raised in process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import attrs
import pytest
from elsewhere import JANE, Elsewhere, differences
from hypothesis import given
from hypothesis import strategies as st

from vectis_client import UNTOLD, Client
from vectis_client.routes import COMMANDS, QUESTIONS
from vectis_core import Dimensions, Item, NotFound, Order, ShipmentItem, UsageError, VectisError, WarehouseAddress
from vectis_core.faces import TenantFace
from vectis_core.tracking.model import Place, Reading, TimeBasis, event_of
from vectis_core.tracking.statuses import TrackingStatus
from vectis_http.operations import RESOURCES


@attrs.frozen
class Full:
    """A shop elsewhere that has one thing of each kind, its client, and the ids of the things."""

    there: Elsewhere
    client: Client
    order: Order
    ids: Mapping[str, str]


@pytest.fixture(scope="module", name="full")
def _full() -> Iterator[Full]:
    with Elsewhere() as there, there.client() as client:
        yield Full(there, client, *furnished(there.face, client))


def furnished(face: TenantFace, client: Client) -> tuple[Order, Mapping[str, str]]:
    """Make one thing of each kind, and return an order, and ids by kind."""
    size = Dimensions(Decimal("1.50"), 2, 3, "cm")
    product = client.products.create(sku="A", name="A lamp", dimensions=size)
    place = WarehouseAddress(line1="1 Dock", city="Reno", country="US")
    warehouse = client.warehouses.create(code="w", name="W", address=place)
    record = client.inventory.list(sku="A").page().items[0]
    client.inventory.adjust(record.id, 10, "delivery")
    order = client.orders.create(
        external_id="E",
        items=[Item("A", 2, "29.90"), Item("A", 1, 5, shipping_address=0)],
        shipping_addresses=[JANE],
        billing_address=JANE,
        customer_email="jane@example.com",
    ).order
    client.orders.confirm(order.id)
    parcel = client.orders.ship(
        order.id, carrier="UPS", tracking_number="1Z1", items=[ShipmentItem(quantity=1, line_id=order.lines[0].id)]
    )
    face.tracking.record(
        event_of(
            "ups",
            "1Z1",
            status=TrackingStatus.IN_TRANSIT,
            reason=None,
            code="DP",
            description="Departed",
            occurred_at=datetime(2026, 1, 26, 13, tzinfo=UTC),
            local_time=datetime(2026, 1, 26, 8),  # noqa: DTZ001 - as on the clock at the place
            time_basis=TimeBasis.UTC,
            reading=Reading("events", "DP"),
            place=Place(city="Reno", country="US"),
        )
    )
    client.carriers.configure("ups", secrets=["a secret of UPS"], header="X-Proof", proof="header")
    hook = client.webhooks.create("https://example.com/hook", ["*"]).subscription
    delivery = client.webhooks.test(hook.id)
    client.webhooks.replay(hook.id, face.webhooks.get(hook.id).created_at - timedelta(days=1))
    ids = {"product": product.id, "warehouse": warehouse.id, "record": record.id, "parcel": parcel.id}
    return order, {**ids, "hook": hook.id, "delivery": delivery.id, "client": client.caller.actor}


READS: Mapping[str, Callable[[TenantFace, Full], Any]] = {
    "orders.get": lambda oms, full: oms.orders.get(full.order.id),
    "orders.by_external_id": lambda oms, _: oms.orders.by_external_id("E"),
    "orders.list": lambda oms, _: oms.orders.list().page(),
    "orders.list by all": lambda oms, full: oms.orders.list(
        status="partially_shipped",
        external_id="E",
        sku="A",
        created_after=full.order.created_at,
        created_before=full.order.created_at + timedelta(microseconds=1),
    ).page(limit=1),
    "orders.shipments": lambda oms, full: oms.orders.shipments(full.order.id),
    "orders.history": lambda oms, full: oms.orders.history(full.order.id),
    "shipments.get": lambda oms, full: oms.shipments.get(full.ids["parcel"]),
    "products.get": lambda oms, full: oms.products.get(full.ids["product"]),
    "products.by_sku": lambda oms, _: oms.products.by_sku("A"),
    "products.list": lambda oms, _: oms.products.list(q="lamp", active=True).page(),
    "products.list of none": lambda oms, _: oms.products.list(active=False).page(),
    "inventory.get": lambda oms, full: oms.inventory.get(full.ids["record"]),
    "inventory.list": lambda oms, _: oms.inventory.list(low=False).page(),
    "inventory.movements": lambda oms, full: oms.inventory.movements(full.ids["record"]).page(),
    "inventory.explain": lambda oms, full: oms.inventory.explain(full.ids["record"]),
    "warehouses.get": lambda oms, full: oms.warehouses.get(full.ids["warehouse"]),
    "warehouses.list": lambda oms, _: oms.warehouses.list().page(offset=1),
    "clients.get": lambda oms, full: oms.clients.get(full.ids["client"]),
    "clients.list": lambda oms, _: oms.clients.list().page(),
    "settings.get": lambda oms, _: oms.settings.get(),
    "events": lambda oms, _: oms.events().page(),
    "events of some types": lambda oms, _: oms.events(types=["order.*", "inventory.adjusted"]).page(limit=2),
    "webhooks.get": lambda oms, full: oms.webhooks.get(full.ids["hook"]),
    "webhooks.list": lambda oms, _: oms.webhooks.list().page(),
    "webhooks.deliveries": lambda oms, full: oms.webhooks.deliveries(full.ids["hook"], event="webhook.test").page(),
    "webhooks.delivery": lambda oms, full: oms.webhooks.delivery(full.ids["delivery"]),
    "webhooks.replays": lambda oms, full: oms.webhooks.replays(full.ids["hook"]),
    "webhooks.event_types": lambda oms, _: oms.webhooks.event_types(),
    "carriers.get": lambda oms, _: oms.carriers.get("ups"),
    "carriers.list": lambda oms, _: oms.carriers.list(),
    "carriers.names": lambda oms, _: tuple(oms.carriers.names()),
    "tracking.of_order": lambda oms, full: oms.tracking.of_order(full.order.id),
    "customers.export": lambda oms, _: oms.customers.export(email="jane@example.com").page(),
}


def test_every_operation_is_some_commands_or_questions() -> None:
    """The tables name every operation that takes a token, but for the catalogue, which every installation has."""
    named = {route.operation.name for route in (*COMMANDS.values(), *QUESTIONS.values())}

    assert named == {operation.name for operation in RESOURCES} - {"listEventTypes"}


@pytest.mark.parametrize("name", READS)
def test_what_is_told_is_what_is_kept(full: Full, name: str) -> None:
    """Every field that a client is told is as it is in process: value, type, and order; moments to the second."""
    told, kept = READS[name](full.client, full), READS[name](full.there.face, full)

    assert differences(told, kept) == []


REFUSED: Mapping[str, Callable[[TenantFace, Full], Any]] = {
    "no such thing": lambda oms, _: oms.orders.get("nobody"),
    "no such external id": lambda oms, _: oms.orders.by_external_id("nobody"),
    "no such list": lambda oms, _: oms.inventory.movements("nobody").page(),
    "a page out of bounds": lambda oms, _: oms.orders.list().page(limit=0),
    "no such status": lambda oms, _: oms.orders.list(status="lost"),
    "no cursor": lambda oms, _: oms.events("x").page(),
    "no filter": lambda oms, _: oms.events(types=["x"]).page(),
    "several problems": lambda oms, _: oms.products.create(sku="", name=""),
    "an unknown SKU": lambda oms, _: oms.orders.create(
        external_id="F", items=[Item("nothing", 1, 1)], shipping_addresses=[JANE]
    ),
    "too little stock": lambda oms, _: oms.orders.create(
        external_id="F", items=[Item("A", 100, 1)], shipping_addresses=[JANE]
    ),
    "a step too late": lambda oms, full: oms.orders.confirm(full.order.id),
    "a shipped order": lambda oms, full: oms.orders.cancel(full.order.id, "no more"),
    "a SKU that is there": lambda oms, _: oms.products.create(sku="A", name="x"),
    "more than is there": lambda oms, full: oms.inventory.adjust(full.ids["record"], -100, "gone"),
    "a void that is too late": lambda oms, full: oms.shipments.void(full.ids["parcel"]),
    "a carrier that is not there": lambda oms, _: oms.carriers.configure("pigeon", secrets=["a pigeon's secret"]),
    "a proof without a secret": lambda oms, _: oms.carriers.configure("dhl"),
    "a webhook to nowhere": lambda oms, _: oms.webhooks.create("ftp://a", ["lost"]),
    "both keys of a customer": lambda oms, _: oms.customers.erase(customer_id="a", email="a@example.com"),
    "neither key of a customer": lambda oms, _: oms.customers.export().page(),
    "a key used twice": lambda oms, _: [
        oms.warehouses.create(code=f"{type(oms)} {name}", name=name, command_id="used twice") for name in ("x", "y")
    ],
    "an empty key": lambda oms, _: oms.settings.update(command_id=""),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_in_process_is_refused_alike(full: Full, name: str) -> None:
    """The errors are of one class, and have one message, one code and the same details."""
    raised = []
    for oms in (full.there.face, full.client):
        with pytest.raises(VectisError) as caught:
            REFUSED[name](oms, full)
        raised.append(caught.value)
    here, there = raised

    assert type(there) is type(here)
    # Which request it was, is known of those alone that were made.
    told = {name: value for name, value in vars(there).items() if name != "request_id"}
    assert told == vars(here)
    assert str(there) == str(here)


def test_a_scope_that_is_lacking_is_named(full: Full) -> None:
    """A client with narrower tokens may do less."""
    with pytest.raises(VectisError) as raised:
        full.there.client(scopes=["orders:read"]).settings.get()

    assert (type(raised.value).__name__, raised.value.details) == ("Forbidden", {"scope": "admin"})


def test_what_needs_the_database_says_so(full: Full) -> None:
    """What HTTP does not offer is refused before anything is sent."""
    scan = full.there.face.tracking.of_order(full.order.id)[0].entries[0].scan
    items = [Item("A", 1, 1)]
    for attempt in (
        lambda: full.client.orders.create(
            external_id="F", items=items, shipping_addresses=[JANE], within=lambda *_: None
        ),
        lambda: full.client.tracking.record(scan.event),
        lambda: full.client.tracking.record(scan.event, received_at=scan.at),
        lambda: full.client.aio,
        lambda: full.client._engine.ask_view(lambda view: view.order("elsewhere", "x")),
    ):
        with pytest.raises(UsageError):
            attempt()


def test_iterating_goes_on_from_what_was_seen(full: Full) -> None:
    """A list of several pages shows each entry once, and nothing that is added meanwhile."""
    with Elsewhere() as there, there.client() as client:
        for number in range(205):
            there.face.products.create(sku=f"P-{number:03}", name="x")
        seen = []
        for product in client.products.list():
            seen.append(product.sku)
            if len(seen) in {1, 100, 200}:
                there.face.products.create(sku=f"late {len(seen)}", name="x")
        record = there.face.inventory.list(sku="P-000").page().items[0]
        for _ in range(101):
            there.face.inventory.adjust(record.id, 1, "found")

        assert seen == [f"P-{number:03}" for number in reversed(range(205))]
        assert [each.seq for each in client.inventory.movements(record.id)] == list(range(101, 0, -1))
        assert len(list(client.events())) == len(list(there.face.events())) == 101


def test_a_word_of_the_apis_own_paths_is_no_id(full: Full) -> None:
    """What answers at ``/api/webhooks/events`` is another operation, and never taken for a webhook."""
    with pytest.raises(NotFound):
        full.client.webhooks.get("events")


@given(st.text(max_size=20) | st.sampled_from([".", "..", "a/../b", "%2e", "a?b=c#d", "\ud800", "é/ü", "\x00", "a\nb"]))
def test_ids_may_be_any_text(full: Full, text: str) -> None:
    """What is no id finds nothing, whatever it looks like on its way."""
    for find in (full.client.orders.get, full.client.products.by_sku, full.client.carriers.close):
        if text in {"A", "ups"}:
            continue
        with pytest.raises(VectisError) as raised:
            find(text)
        assert isinstance(raised.value, NotFound) or raised.value.code in {"ValidationError", "MethodNotAllowed"}


@given(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=40))
def test_a_sku_may_be_any_text(full: Full, sku: str) -> None:
    """A product is found by the SKU that it was made with, in its path and in a query, in whatever script."""
    if sku.isspace() or sku == "A":
        return
    try:
        full.client.products.create(sku=sku, name="x")
    except VectisError as error:
        assert error.code == "Conflict"  # noqa: PT017 - Hypothesis may say the same twice

    assert full.client.products.by_sku(sku).sku == sku
    assert [each.sku for each in full.client.products.list(sku=sku)] == [sku]


def test_what_is_not_told_says_so_where_it_is_used(full: Full) -> None:
    """It can be shown, compared and copied with its entity, and is no value of any other kind."""
    order, again = full.client.orders.get(full.order.id), full.client.orders.get(full.order.id)

    assert order == again
    assert order.event_seq is UNTOLD
    assert "event_seq=UNTOLD" in repr(order)
    uses: tuple[Callable[[], Any], ...] = (
        lambda: order.event_seq + 1,
        lambda: order.event_seq > 1,
        lambda: f"{order.tenant}",
        lambda: str(order.tenant),
        lambda: order.is_erased,
        lambda: list(order.fingerprint),
        lambda: full.client.caller.tenant.upper,
    )
    for use in uses:
        with pytest.raises(UsageError, match="not told"):
            use()

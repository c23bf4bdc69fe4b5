"""One story over ``Vectis`` and over its clients: whatever is changed between them is how ``oms`` is made."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from elsewhere import JANE, Elsewhere, run_to_their_ends
from serving import serving

from vectis_client import AsyncClient, Client
from vectis_core import Conflict, IllegalTransition, InsufficientStock, Item, NotFound, ShipmentItem, Vectis, Weight
from vectis_core.faces import TenantFace


def story(oms: TenantFace) -> list[Any]:
    """Sell lamps, from the first product to the last parcel, and return what was seen on the way."""
    oms.settings.update(auto_confirm=False)
    lamp = oms.products.create(sku="LAMP/1 é", name="A lamp", weight=Weight("1.50", "kg"))
    oms.products.update(lamp.id, weight=None, name="The lamp")
    second = oms.warehouses.create(code="second", name="Second", priority=7)
    record = oms.inventory.list(sku=lamp.sku).page().items[0]
    oms.inventory.adjust(record.id, 10, "first delivery")
    more = oms.inventory.open(sku=lamp.sku, warehouse_id=second.id, reorder_point=3)
    hook = oms.webhooks.create("https://example.com/hook", ["order.*"], secret="a secret of sixteen").subscription
    line = [Item(lamp.sku, 3, "29.90")]
    placed = oms.orders.create(
        external_id="A", items=line, shipping_addresses=[JANE], customer_id="jane", customer_email="jane@example.com"
    )
    again = oms.orders.create(external_id="A", items=line, shipping_addresses=[JANE])
    order = placed.order
    seen: list[Any] = [placed.created, again.created, again.mismatch, order.total, order.lines[0].line_no]
    for refused, attempt in (
        (InsufficientStock, lambda: oms.orders.create(external_id="B", items=line * 4, shipping_addresses=[JANE])),
        (Conflict, lambda: oms.products.create(sku=lamp.sku, name="Another")),
        (IllegalTransition, lambda: oms.orders.ship(order.id, carrier="UPS", tracking_number="1Z1")),
        (NotFound, lambda: oms.orders.get("nobody")),
    ):
        with pytest.raises(refused) as raised:
            attempt()
        seen += [type(raised.value), sorted(raised.value.details)]
    oms.orders.hold(order.id, "a doubt")
    oms.orders.release(order.id, "no doubt")
    oms.orders.confirm(order.id)
    part = oms.orders.ship(
        order.id, carrier="UPS", tracking_number="1Z1", items=[ShipmentItem(sku=lamp.sku, quantity=2)]
    )
    oms.shipments.deliver(part.id)
    rest = oms.orders.close_short(order.id, "one is broken")
    seen += [rest.status, rest.lines[0].cancelled, oms.shipments.get(part.id).status]
    seen += [[(each.kind, each.on_hand_delta, each.reserved_delta) for each in oms.inventory.movements(record.id)]]
    seen += [oms.inventory.explain(record.id).record.available, oms.inventory.get(more.id).low]
    seen += [[(event.type, event.sequence) for event in oms.events(types=["order.*"])]]
    seen += [[event.type for event in oms.orders.history(order.id)], len(oms.orders.shipments(order.id))]
    seen += [[each.event_type for each in oms.webhooks.deliveries(hook.id)], oms.webhooks.delete(hook.id).status]
    seen += [
        [each.external_id for each in oms.orders.list(customer_id="jane")],
        oms.tracking.of_order(order.id)[0].entries,
    ]
    oms.carriers.configure("ups", secrets=["a secret of UPS"])
    seen += [[each.carrier for each in oms.carriers.list()], oms.carriers.close("ups").proof, oms.carriers.list()]
    seen += [len(list(oms.customers.export(customer_id="jane"))), len(oms.customers.erase(customer_id="jane").erased)]
    return [*seen, oms.orders.by_external_id("A").shipping_addresses[0].line1, oms.settings.get().auto_confirm]


@pytest.fixture(params=["Client in process", "AsyncClient in process", "Client", "AsyncClient"])
def oms(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TenantFace]:
    """Return a client of a Vectis elsewhere: behind its API in this process, or behind a real server."""
    with ExitStack() as stack:
        runner = stack.enter_context(asyncio.Runner())
        if request.param.endswith("in process"):
            there = stack.enter_context(Elsewhere())
            client = there.client() if request.param.startswith("Client") else there.async_client()
        else:
            server = stack.enter_context(serving(f"sqlite:///{tmp_path}/shop.db"))
            login = {"client_id": server.word("clientId"), "client_secret": server.word("clientSecret")}
            kind = Client if request.param == "Client" else AsyncClient
            client = kind.connect(server.address, **login)
        if isinstance(client, Client):
            yield stack.enter_context(client)
        else:
            yield run_to_their_ends(client, runner)
            runner.run(client.close())


def test_one_story_is_the_same_over_all(oms: TenantFace) -> None:
    """Code that was written against ``Vectis`` sees the same over a client: results, lists and errors."""
    with Vectis.open("memory://") as here:
        expected = story(here)

    assert story(oms) == expected

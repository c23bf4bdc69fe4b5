"""A program on the awaitable face, for a type checker: what is marked is an error, and nothing else is."""

from __future__ import annotations

import asyncio
from typing import assert_type

from vectis_core import Address, Event, EventPage, Item, Order, Page, Placed, Shipment, Vectis
from vectis_core.aio import AsyncListing, AsyncTenantFace


async def right(oms: Vectis, jane: Address) -> None:
    """Every call is awaited."""
    lamp = Item("LAMP-1", 1, "29.99")
    placed = await oms.aio.orders.create(external_id="A", items=[lamp], shipping_addresses=[jane])
    assert_type(placed, Placed)
    assert_type(await oms.aio.orders.ship(placed.order.id, carrier="UPS", tracking_number="1Z1"), Shipment)
    assert_type(oms.aio.orders.list(status="pending"), AsyncListing[Order])
    assert_type(await oms.aio.orders.list().page(limit=3), Page[Order])
    assert_type([order async for order in oms.aio.orders.list()], list[Order])
    assert_type([event async for event in oms.aio.events()], list[Event])
    assert_type(await oms.aio.events().page(), EventPage)
    assert_type(await oms.aio.tenant("acme"), AsyncTenantFace)
    assert_type(oms.tenant("acme").aio, AsyncTenantFace)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(oms.aio.orders.confirm(placed.order.id))
    assert_type(task.result(), Order)


async def wrong(oms: Vectis, jane: Address) -> None:
    """Forgotten awaits, lists that are not lists, and what an event loop cannot have."""
    oms.aio.orders.confirm("id")  # error: unused-coroutine
    print(oms.aio.orders.get("id").status)  # error: attr-defined
    for order in oms.aio.orders.list():  # error: attr-defined
        print(order)
    await oms.aio.orders.create(external_id=1, items=[], shipping_addresses=[jane])  # error: arg-type
    await oms.aio.orders.create(  # error: call-arg
        external_id="A", items=[], shipping_addresses=[jane], within=lambda *_: None
    )

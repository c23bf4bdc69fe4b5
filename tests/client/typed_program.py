"""A program on the client, for a type checker: what is marked is an error, and nothing else is."""

from __future__ import annotations

from typing import assert_type

import httpx

from vectis_client import AsyncClient, Client, Retries, UnexpectedAnswer, verify
from vectis_core import Address, Event, Item, Order, Page, Placed, Shipment, StockRecord, Vectis
from vectis_core.aio import AsyncListing
from vectis_core.faces import TenantFace


def sell(oms: TenantFace, jane: Address) -> None:
    """What is written for a tenant takes a client as it takes a ``Vectis``."""
    placed = oms.orders.create(external_id="A", items=[Item("LAMP-1", 1, "29.99")], shipping_addresses=[jane])
    assert_type(placed, Placed)


def right(jane: Address) -> None:
    """Every call has the types that it has in process."""
    http = httpx.Client(proxy="http://proxy.example.com")
    retries = Retries(attempts=3)
    with Client.connect(
        "https://api.example.com", client_id="a", client_secret="b", http=http, retries=retries, timeout=5
    ) as oms:
        sell(oms, jane)
        sell(Vectis.open(), jane)
        assert_type(oms.inventory.adjust("id", 1, "found"), StockRecord)
        assert_type(oms.orders.ship("id", carrier="UPS", tracking_number="1Z1"), Shipment)
        assert_type(oms.orders.list().page(limit=3), Page[Order])
        assert_type(list(oms.events()), list[Event])
        try:
            oms.orders.get("id")
        except UnexpectedAnswer as error:
            assert_type(error.status, int)
    assert_type(verify(b"", signature="", timestamp="", secret="c"), bool)


async def awaited() -> None:
    """The client for asyncio has the types of ``oms.aio``."""
    async with AsyncClient.connect("https://api.example.com", client_id="a", client_secret="b") as oms:
        assert_type(await oms.orders.get("id"), Order)
        assert_type(oms.orders.list(status="pending"), AsyncListing[Order])
        assert_type([event async for event in oms.events()], list[Event])
        oms.orders.confirm("id")  # error: unused-coroutine


def wrong() -> None:
    """What is not there, or not of its type."""
    oms = Client.connect("https://api.example.com", client_id="a", client_secret="b", timeout="5")  # error: arg-type
    oms.orders.get(1)  # error: arg-type
    oms.backup("a.db")  # error: attr-defined
    Client.connect("https://api.example.com", client_id="a")  # error: call-arg

"""An order over the network, by both clients: the address and the credentials of a server are the arguments."""

import asyncio
import sys

from vectis_client import AsyncClient, Client
from vectis_core import Address, InsufficientStock, Item

address, client_id, client_secret = sys.argv[1:]
JANE = Address(name="Jane Smith", line1="123 Main St", city="Austin", country="US")


async def statuses():
    """Return the statuses of all orders."""
    async with AsyncClient.connect(address, client_id=client_id, client_secret=client_secret) as oms:
        return [str(order.status) async for order in oms.orders.list()]


with Client.connect(address, client_id=client_id, client_secret=client_secret) as oms:
    oms.products.create(sku="W", name="Widget")
    [record] = oms.inventory.list(sku="W")
    oms.inventory.adjust(record.id, 5, "First delivery")
    placed = oms.orders.create(external_id="1", items=[Item("W", 2, "29.99")], shipping_addresses=[JANE])
    oms.orders.confirm(placed.order.id)
    short = []
    try:
        oms.orders.create(external_id="2", items=[Item("W", 9, "29.99")], shipping_addresses=[JANE])
    except InsufficientStock as refused:
        short += [each.available for each in refused.shortages]
    assert short == [3]
assert asyncio.run(statuses()) == ["confirmed"]

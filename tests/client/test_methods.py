"""Every operation that takes a token is had by a method of the client, and of the client for asyncio."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
from elsewhere import AT_ONCE, URL

from vectis_client import AsyncClient, Client
from vectis_core import Address, Item, VectisError
from vectis_core.aio import AsyncEventFeed, AsyncListing
from vectis_core.faces import EventFeed, Listing
from vectis_http.operations import RESOURCES
from vectis_http.routing import Router

LOGIN = {"client_id": "cli_1", "client_secret": "a secret"}
#: What is given for a parameter that a method needs, by its name.
GIVEN: dict[str, Any] = {
    "items": [Item("A", 1, 1)],
    "shipping_addresses": [Address(name="Jane", line1="1 Main St", city="Austin", country="US")],
    "adjustment": 1,
    "quantity": 1,
    "carrier": "ups",
    "events": ["*"],
    "url": "https://example.com/hook",
    "since": datetime(2026, 1, 1, tzinfo=UTC),
}
#: Of these methods each parameter may be left out, and one must not be.
ONE_OF = {
    "products.update": {"name": "x"},
    "inventory.update": {"reorder_point": 1},
    "warehouses.update": {"name": "x"},
}
ONE_OF |= {"settings.update": {"auto_confirm": True}, "webhooks.update": {"active": True}}
ONE_OF |= {"customers.export": {"customer_id": "jane"}, "customers.erase": {"customer_id": "jane"}}
ONE_OF |= {"carriers.configure": {"secrets": ["a secret of UPS"]}}


class Asked:
    """Answers every call with an error, and notes which operation it was of."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self._router = Router(RESOURCES)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.decode().removeprefix("/oms").partition("?")[0]
        if path == "/oauth/token":
            return httpx.Response(200, json={"access_token": "a", "expires_in": 3600})
        found = self._router.find(path)
        assert found is not None, path
        self.names.add(found[0].operations[request.method].name)
        return httpx.Response(400, json={"error": "Noted", "message": "Noted", "details": {}})


def methods_of(client: Any) -> Iterator[tuple[str, Any]]:
    """Return each public method of each part of a client, by its name; ``tracking.record`` needs the database."""
    parts = [name for name in vars(client) if not name.startswith("_") and name != "caller"]
    for part in parts:
        face = getattr(client, part)
        for name in dir(type(face)):
            if not name.startswith("_") and inspect.isroutine(getattr(face, name)) and name != "record":
                yield f"{part}.{name}", getattr(face, name)
    yield "events", client.events


def called(name: str, method: Any) -> Any:
    """Return what a method returns that gets what it needs."""
    needed = [each for each in inspect.signature(method).parameters.values() if each.default is each.empty]
    given = {each.name: GIVEN.get(each.name, "x") for each in needed if each.kind is not each.VAR_KEYWORD}
    positional = [given.pop(each.name) for each in needed if each.kind is each.POSITIONAL_ONLY]
    return method(*positional, **given, **ONE_OF.get(name, {}))


#: All that takes a token, but for the catalogue of events, which every installation has.
EXPECTED = {operation.name for operation in RESOURCES} - {"listEventTypes"}


def test_every_operation_has_a_method() -> None:
    """Calling all that there is asks for all that the table has."""
    asked = Asked()
    client = Client.connect(URL, http=httpx.Client(transport=httpx.MockTransport(asked)), retries=AT_ONCE, **LOGIN)
    for name, method in methods_of(client):
        try:
            made = called(name, method)
            if isinstance(made, Listing | EventFeed):
                made.page()
        except VectisError:
            continue

    assert asked.names == EXPECTED


def test_every_operation_has_a_method_to_be_awaited() -> None:
    """The client for asyncio asks for the same."""
    asked = Asked()

    async def story() -> None:
        http = httpx.AsyncClient(transport=httpx.MockTransport(asked))
        async with http, AsyncClient.connect(URL, http=http, retries=AT_ONCE, **LOGIN) as client:
            for name, method in methods_of(client):
                try:
                    made = called(name, method)
                    await (made.page() if isinstance(made, AsyncListing | AsyncEventFeed) else made)
                except (VectisError, TypeError):
                    continue

    asyncio.run(story())
    assert asked.names == EXPECTED


def test_both_clients_have_the_same_methods_with_the_same_parameters() -> None:
    """But for ``within``, for which there is no time where a call is awaited."""
    kinds = (Client.connect(URL, **LOGIN), AsyncClient.connect(URL, **LOGIN))
    here, there = (
        {name: [*inspect.signature(method).parameters] for name, method in methods_of(each)} for each in kinds
    )

    assert {name: [each for each in names if each != "within"] for name, names in here.items()} == there

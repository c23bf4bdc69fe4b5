"""The id of a request, from the program that asks to the server's log and back into the program's errors."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator

import httpx
import pytest
from elsewhere import JANE, Elsewhere, Scripted

from vectis_client import Client, UnexpectedAnswer
from vectis_core import Item, NotFound, OutcomeUnknown, ServiceUnavailable, UsageError, VectisError


@pytest.fixture(name="there")
def _there() -> Iterator[Elsewhere]:
    with Elsewhere() as there:
        yield there


def asked(client: Client) -> None:
    """Ask for what is not there."""
    client.orders.get("none")


def test_an_error_has_the_id_that_the_servers_log_has(there: Elsewhere, caplog: pytest.LogCaptureFixture) -> None:
    """Who quotes it to whoever runs the server has the line found."""
    with caplog.at_level(logging.INFO, "vectis.http.access"), pytest.raises(NotFound) as raised:
        asked(there.client())

    [told] = [each for each in caplog.records if each.__dict__["route"] == "/api/orders/{id}"]
    assert raised.value.request_id == told.__dict__["request_id"]


def test_a_program_gives_ids_of_its_own(there: Elsewhere) -> None:
    """So that one id goes through all that a request of somebody else's brings about."""
    client = there.client(request_id=lambda: "outer-1")

    with pytest.raises(NotFound) as raised:
        asked(client)
    assert raised.value.request_id == "outer-1"


async def _ask_awaiting(there: Elsewhere) -> str | None:
    client = there.async_client(request_id=lambda: "outer-2")
    try:
        await client.orders.get("none")
    except NotFound as error:
        return error.request_id
    return None


def test_a_program_on_asyncio_too(there: Elsewhere) -> None:
    """The awaitable client tells and gives them alike."""
    assert asyncio.run(_ask_awaiting(there)) == "outer-2"


@pytest.mark.parametrize("made", ["", "two words", "ü", "a\nb", "x" * 129])
def test_what_no_header_can_hold_is_not_sent(there: Elsewhere, made: str) -> None:
    """An id that the server would put another in place of is the program's mistake."""
    network = Scripted(there.transport())

    with pytest.raises(UsageError, match="1 to 128 visible ASCII"):
        asked(there.client(network, request_id=lambda: made))
    assert not [each for each in network.seen if "orders" in each.url.path]


def test_all_tries_of_a_call_have_one(there: Elsewhere) -> None:
    """What was tried three times stands in the server's log three times by one id; the next call has another."""
    network = Scripted(there.transport(), "answer lost", httpx.ReadTimeout("nothing came"))
    client = there.client(network)

    client.products.create(sku="A", name="x")
    client.products.create(sku="B", name="x")

    ids = [each.headers["x-request-id"] for each in network.seen if "products" in each.url.path]
    assert len(ids) == 4
    assert len(set(ids[:3])) == 1
    assert ids[3] != ids[0]


@pytest.mark.parametrize(
    ("act", "kind"),
    [
        (httpx.ConnectError("nobody is there"), ServiceUnavailable),
        (httpx.ReadTimeout("nothing came"), OutcomeUnknown),
        (httpx.Response(500, text="a page"), UnexpectedAnswer),
    ],
    ids=["no server", "no answer", "no API"],
)
def test_what_no_server_has_answered_has_the_id_that_was_sent(
    there: Elsewhere, act: object, kind: type[VectisError]
) -> None:
    """Without an answer the id is all that there is to look for in the server's log."""
    network = Scripted(there.transport(), *[act] * 5)
    client = there.client(network)

    with pytest.raises(kind) as raised:
        client.orders.create(external_id="E", items=[Item("A", 1, 1)], shipping_addresses=[JANE])
    sent = {each.headers["x-request-id"] for each in network.seen if "orders" in each.url.path}
    assert sent == {raised.value.request_id}


def test_an_id_that_something_on_the_way_has_replaced_is_the_one_that_is_told(there: Elsewhere) -> None:
    """The server knows the request by the id that came to it, which its answer has."""
    told = {"error": "NotFound", "message": "No such order", "details": {}}
    network = Scripted(there.transport(), httpx.Response(404, json=told, headers={"x-request-id": "the-proxys"}))

    with pytest.raises(NotFound) as raised:
        asked(there.client(network))
    assert raised.value.request_id == "the-proxys"

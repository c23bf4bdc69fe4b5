"""When a call is tried again, how long it waits, and what is said in the end."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest
from elsewhere import JANE, Elsewhere, Scripted

from vectis_client import Client, RateLimitExceeded, Retries, UnexpectedAnswer
from vectis_core import Item, NotFound, OutcomeUnknown, ServiceUnavailable, UsageError


@pytest.fixture(name="there")
def _there() -> Iterator[Elsewhere]:
    with Elsewhere() as there:
        yield there


def refusal(status: int, error: str, retry_after: str | None = None) -> httpx.Response:
    """Return an error in the API's form."""
    headers = {"retry-after": retry_after} if retry_after is not None else {}
    return httpx.Response(status, json={"error": error, "message": error, "details": {}}, headers=headers)


def connected(there: Elsewhere, *acts: Any, **options: Any) -> tuple[Client, Scripted, list[float]]:
    """Return a client over a scripted network, that network, and how long the client has slept each time."""
    network, slept = Scripted(there.transport(), *acts), list[float]()
    return there.client(network, sleep=slept.append, **options), network, slept


#: After these nothing was done for certain.
UNDONE = (
    httpx.ConnectError("nobody is there"),
    refusal(503, "ServiceUnavailable", "0"),
    refusal(429, "RateLimitExceeded", "0"),
)
DOUBTFUL = (
    httpx.ReadTimeout("nothing came"),
    "answer lost",
    refusal(503, "OutcomeUnknown", "0"),
    httpx.Response(502, text="bad gateway"),
    httpx.Response(503, text="no backend"),
    httpx.Response(504, text="gateway timed out"),
)
LATER = (*UNDONE, *DOUBTFUL)


@pytest.mark.parametrize("act", LATER, ids=repr)
def test_a_command_is_tried_again_by_the_same_key_and_has_one_effect(there: Elsewhere, act: Any) -> None:
    """Whatever became of the first two tries, the third has the same body and key, and finds what was done."""
    client, network, _ = connected(there, act, act)

    product = client.products.create(sku="A", name="x")

    assert there.face.products.by_sku("A").id == product.id
    assert len({(each.headers["idempotency-key"], each.content) for each in network.seen}) == 1
    assert len(network.seen) == 3


def test_each_command_has_a_key_of_its_own_or_the_callers(there: Elsewhere) -> None:
    """A key that is not given is made; one that is given is sent."""
    client, network, _ = connected(there)
    for command_id in (None, None, "mine"):
        client.settings.update(auto_confirm=True, command_id=command_id)
    keys = [each.headers["idempotency-key"] for each in network.seen]

    assert len(set(keys)) == 3
    assert keys[2] == "mine"


@pytest.mark.parametrize("act", LATER, ids=repr)
def test_an_order_is_tried_again_by_its_external_id(there: Elsewhere, act: Any) -> None:
    """There is one order in the end, and it is returned."""
    there.face.products.create(sku="A", name="x")
    there.face.inventory.adjust(there.face.inventory.list(sku="A").page().items[0].id, 10, "delivery")
    client, _, _ = connected(there, act)

    placed = client.orders.create(external_id="E", items=[Item("A", 1, 1)], shipping_addresses=[JANE])

    assert [each.id for each in there.face.orders.list()] == [placed.order.id]


@pytest.mark.parametrize("act", LATER, ids=repr)
def test_what_ends_without_a_key_has_ended_where_its_first_answer_was_lost(there: Elsewhere, act: Any) -> None:
    """A carrier that is not configured any more on the second try was closed by the first."""
    there.face.carriers.configure("ups", secrets=["a secret of UPS"])
    client, _, _ = connected(there, act)

    assert client.carriers.close("ups").carrier == "ups"
    with pytest.raises(NotFound):
        client.carriers.close("ups")


@pytest.mark.parametrize("act", LATER, ids=repr)
def test_a_command_that_may_have_been_done_is_of_unknown_outcome_in_the_end(there: Elsewhere, act: Any) -> None:
    """Only where no try can have reached the books is it certain that nothing was done."""
    client, network, _ = connected(there, act, act, act, retries=Retries(attempts=3, first_wait=0))

    with pytest.raises((ServiceUnavailable, RateLimitExceeded)) as raised:
        client.settings.update(auto_confirm=True)

    assert len(network.seen) == 3
    assert isinstance(raised.value, OutcomeUnknown) is (act in DOUBTFUL)
    if act in DOUBTFUL:
        assert raised.value.details == {"commandId": network.seen[0].headers["idempotency-key"]}


def test_a_doubt_outlives_the_tries_that_follow(there: Elsewhere) -> None:
    """A try that was lost may have been the one that did it, whatever is answered to later ones."""
    for later in (refusal(503, "ServiceUnavailable", "0"), httpx.ConnectError("gone"), refusal(403, "Forbidden")):
        client, _, _ = connected(there, "answer lost", later, retries=Retries(attempts=2, first_wait=0))
        with pytest.raises(OutcomeUnknown):
            client.settings.update(auto_confirm=True)


@pytest.mark.parametrize("act", LATER, ids=repr)
def test_a_question_is_never_of_unknown_outcome(there: Elsewhere, act: Any) -> None:
    """It fails as what the last try failed by, for it changes nothing."""
    client, network, _ = connected(there, act, act, retries=Retries(attempts=2, first_wait=0))

    with pytest.raises((ServiceUnavailable, RateLimitExceeded)) as raised:
        client.settings.get()

    assert len(network.seen) == 2
    assert not isinstance(raised.value, OutcomeUnknown) or "OutcomeUnknown" in getattr(act, "text", "")


def test_the_server_says_how_long_to_wait(there: Elsewhere) -> None:
    """``Retry-After`` counts, in seconds or as a date; without one the wait doubles, and is shortened by chance."""
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    acts = [
        refusal(429, "RateLimitExceeded", "17"),
        refusal(503, "ServiceUnavailable", date),
        "answer lost",
        "answer lost",
    ]
    client, _, slept = connected(there, *acts, retries=Retries(first_wait=1))

    client.settings.get()

    assert slept[0] == 17
    assert 0 < slept[1] <= 30
    assert 2 <= slept[2] <= 4 <= slept[3] <= 8


def test_who_is_asked_to_wait_too_long_does_not(there: Elsewhere) -> None:
    """The call fails at once, and the error says how long it would have been."""
    client, network, slept = connected(there, refusal(429, "RateLimitExceeded", "61"))

    with pytest.raises(RateLimitExceeded) as raised:
        client.settings.get()

    assert (raised.value.retry_after, slept, len(network.seen)) == (61, [], 1)


def test_one_attempt_is_one_request(there: Elsewhere) -> None:
    """Who wants no retries has none."""
    client, network, _ = connected(there, "answer lost", retries=Retries(attempts=1))

    with pytest.raises(OutcomeUnknown):
        client.settings.update(auto_confirm=True)

    assert len(network.seen) == 1


@pytest.mark.parametrize(
    "odd",
    [
        httpx.Response(500, json={"error": "InternalServerError", "message": "x", "details": {}}),
        httpx.Response(418, json={"error": "Teapot", "message": "short and stout", "details": {"a": 1}}),
        httpx.Response(301, headers={"location": "https://elsewhere.example.com/"}),
        httpx.Response(200, text="<html>a login page</html>"),
        httpx.Response(200, json=[1]),
    ],
    ids=repr,
)
def test_what_no_server_of_ours_answers_is_an_error_of_its_own(there: Elsewhere, odd: httpx.Response) -> None:
    """An unknown error keeps its word, message and details; what is not of the API's form is quoted."""
    client, network, _ = connected(there, odd)

    with pytest.raises(UnexpectedAnswer) as raised:
        client.settings.get()

    assert raised.value.status == odd.status_code
    assert len(network.seen) == 1
    if odd.status_code == 418:
        error = raised.value
        assert (error.error, error.message, error.details) == ("Teapot", "short and stout", {"a": 1})


def test_a_closed_client_says_so(there: Elsewhere) -> None:
    """Closing is harmless when repeated, ends every later call, and leaves connections of the caller's own open."""
    client, network, _ = connected(there)
    http = client._driver._http
    client.close()
    client.close()

    with pytest.raises(UsageError, match="closed"):
        client.settings.get()
    assert network.seen == []
    assert not http.is_closed


def test_what_is_awaited_is_retried_by_the_same_steps(there: Elsewhere) -> None:
    """The client for asyncio sleeps as long, sends the same key, and says the same in the end."""
    slept, keys = list[float](), list[str]()

    async def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/oauth/token"):
            return httpx.Response(200, json={"access_token": "t", "token_type": "Bearer", "expires_in": 3600})
        keys.append(request.headers["idempotency-key"])
        return httpx.Response(502) if len(keys) < 3 else refusal(503, "ServiceUnavailable", "7")

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    async def story() -> None:
        client = there.async_client(httpx.MockTransport(answer), sleep=sleep)
        async with client:
            with pytest.raises(OutcomeUnknown):
                await client.settings.update(auto_confirm=True)

    asyncio.run(story())
    assert slept == [0, 0, 7, 7]
    assert len(keys) == 5
    assert len(set(keys)) == 1

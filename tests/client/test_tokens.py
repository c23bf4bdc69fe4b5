"""The token: fetched when needed, by one for all, renewed in time, and once more where it is refused."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from elsewhere import AT_ONCE, URL, Elsewhere

from vectis_client import AsyncClient, Client, Retries
from vectis_core import ServiceUnavailable, UsageError, VectisError
from vectis_core.errors import Unauthorized

NO_CLIENT = {"error": "invalid_client", "message": "No", "details": {}}
LOGIN = {"client_id": "cli_1", "client_secret": "a secret"}
SETTINGS = {"autoConfirm": True}


class Issuer:
    """Issues tokens of a hundred seconds, and takes those that it was not told to refuse."""

    def __init__(self) -> None:
        self.issued: list[str] = []
        self.asked: list[str] = []
        self.refused: set[str] = set()
        self.now = 0.0
        self.answer: Callable[[], httpx.Response | None] = lambda: None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oms/oauth/token":
            form = {name: value[0] for name, value in parse_qs(request.content.decode()).items()}
            assert form.pop("scope", "events:read") == "events:read"
            assert form == {"grant_type": "client_credentials", **LOGIN}
            self.issued.append(f"token-{len(self.issued)}")
            told = {"access_token": self.issued[-1], "token_type": "Bearer", "expires_in": 100}
            return self.answer() or httpx.Response(200, json=told)
        token = request.headers["authorization"].removeprefix("Bearer ")
        self.asked.append(token)
        if token in self.refused:
            return httpx.Response(401, json={"error": "Unauthorized", "message": "No", "details": {}})
        return httpx.Response(200, json=SETTINGS)

    def client(self, answer: Callable[[httpx.Request], httpx.Response] | None = None, **options: Any) -> Client:
        """Return a client of it, or of what stands before it."""
        http = httpx.Client(transport=httpx.MockTransport(answer or self))
        options = {"retries": AT_ONCE, "clock": lambda: self.now, **options}
        return Client.connect(URL + "/", http=http, **LOGIN, **options)


def test_a_token_is_fetched_when_it_is_needed_and_kept() -> None:
    """Connecting sends nothing; two calls share a token."""
    issuer = Issuer()
    client = issuer.client(scopes=["events:read"])
    assert issuer.issued == []

    assert client.settings.get().auto_confirm
    client.settings.get()
    assert (issuer.issued, issuer.asked) == (["token-0"], ["token-0", "token-0"])


def test_a_token_is_renewed_before_it_ends() -> None:
    """A tenth of its life is left for what is on its way."""
    issuer = Issuer()
    client = issuer.client()
    for moment in (0, 89, 90, 179, 500):
        issuer.now = moment
        client.settings.get()

    assert issuer.asked == ["token-0", "token-0", "token-1", "token-1", "token-2"]


def test_a_token_that_is_refused_is_renewed_once() -> None:
    """After a second refusal the caller is told; the next call tries again."""
    issuer = Issuer()
    client = issuer.client()
    client.settings.get()
    issuer.refused = {"token-0"}
    client.settings.get()
    issuer.refused = {f"token-{number}" for number in range(9)}
    with pytest.raises(Unauthorized):
        client.settings.get()

    assert issuer.asked == ["token-0", "token-0", "token-1", "token-1", "token-2"]


def test_a_refusal_uses_up_none_of_the_tries() -> None:
    """Who tries twice has two tries with the renewed token."""
    issuer, busy = Issuer(), [httpx.Response(503)]
    issuer.refused = {"token-0"}

    def answer(request: httpx.Request) -> httpx.Response:
        is_renewed = request.headers.get("authorization") == "Bearer token-1"
        return busy.pop() if is_renewed and busy else issuer(request)

    client = issuer.client(answer, retries=Retries(attempts=2, first_wait=0))

    assert client.settings.get().auto_confirm


def test_a_late_refusal_of_an_old_token_ends_no_newer_one() -> None:
    """A call that is refused after another has renewed the token takes the new one."""
    issuer, overtaken = Issuer(), list[str]()
    issuer.refused = {"token-0"}

    def answer(request: httpx.Request) -> httpx.Response:
        if "authorization" in request.headers and not overtaken:
            overtaken.append("by a call that begins later and ends sooner")
            assert client.settings.get().auto_confirm
        return issuer(request)

    client = issuer.client(answer)
    assert client.settings.get().auto_confirm
    assert issuer.issued == ["token-0", "token-1"]


def test_threads_share_one_fetch() -> None:
    """Twenty threads that need a token at once, at first and after a refusal, fetch one."""
    issuer, barrier = Issuer(), threading.Barrier(20)
    client = issuer.client()

    def call(_: int) -> bool:
        barrier.wait()
        return client.settings.get().auto_confirm

    with ThreadPoolExecutor(20) as pool:
        assert all(pool.map(call, range(20)))
        issuer.refused = {"token-0"}
        assert all(pool.map(call, range(20)))

    assert issuer.issued == ["token-0", "token-1"]


def test_tasks_share_one_fetch_and_its_failure() -> None:
    """Twenty tasks fetch one token; where the fetch fails, all fail by it, and the next call fetches anew."""
    issuer = Issuer()
    gate: list[asyncio.Event] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        await gate[0].wait()
        return issuer(request)

    async def story() -> None:
        gate.append(asyncio.Event())
        http = httpx.AsyncClient(transport=httpx.MockTransport(answer))
        async with http, AsyncClient.connect(URL, http=http, retries=AT_ONCE, **LOGIN) as client:
            issuer.answer = lambda: httpx.Response(
                401, json={"error": "invalid_client", "message": "No", "details": {}}
            )
            calls = [asyncio.create_task(client.settings.get()) for _ in range(20)]
            while client._driver._turn._waiters is None or len(client._driver._turn._waiters) < 19:
                await asyncio.sleep(0)
            calls[0].cancel()
            gate[0].set()
            failed = await asyncio.gather(*calls, return_exceptions=True)
            assert [type(each) for each in failed] == [asyncio.CancelledError] + [Unauthorized] * 19
            assert len({id(each) for each in failed}) == 20
            issuer.answer = lambda: None
            assert (await asyncio.gather(*(client.settings.get() for _ in range(20))))[0].auto_confirm

    asyncio.run(story())
    # The one that was cancelled never got an answer; then one fetch failed for all, and one was good for all.
    assert issuer.issued == ["token-0", "token-1"]


def test_where_there_is_no_token_nothing_is_asked() -> None:
    """Bad credentials are told at once, an endpoint that is down after some tries; nobody is asked without a token."""
    issuer = Issuer()
    wrong: list[tuple[httpx.Response, type[VectisError]]] = [
        (httpx.Response(401, json=NO_CLIENT), Unauthorized),
        (httpx.Response(503, text="down"), ServiceUnavailable),
        (httpx.Response(200, json={"token": 1}), VectisError),
        (httpx.Response(400, json={"error": "invalid_scope", "message": "No", "details": {}}), VectisError),
    ]
    for answer, expected in wrong:
        issuer.answer = lambda answer=answer: answer
        with pytest.raises(expected):
            issuer.client().settings.update(auto_confirm=True)

    assert issuer.asked == []


def test_a_client_that_is_revoked_meanwhile_is_told(there: Elsewhere) -> None:
    """Its token is refused, and so are its credentials."""
    client = there.client()
    client.settings.get()
    there.face.clients.revoke(there.credentials["client_id"])

    with pytest.raises(Unauthorized):
        client.settings.get()


def test_secrets_are_not_shown(there: Elsewhere) -> None:
    """Neither a client nor what it is made of shows its secret."""
    client = there.client()
    client.settings.get()
    conversation = client._engine._conversation
    for shown in (client, conversation, conversation.tokens._request, there.async_client()):
        assert there.credentials["client_secret"] not in repr(shown)
    assert there.credentials["client_id"] in repr(client)


@pytest.mark.parametrize("url", ["api.example.com", "ftp://a", "https://", "https://a/?x=1", "https://[", ""])
def test_what_is_no_address_is_refused(url: str) -> None:
    """It is told when the client is made, not on its first call."""
    with pytest.raises(UsageError, match="address"):
        Client.connect(url, **LOGIN)


@pytest.fixture(name="there")
def _there() -> Any:
    with Elsewhere() as there:
        yield there

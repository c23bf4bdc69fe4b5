"""The connections of a client: whom they serve, whom the token is for, how long and how much is waited for."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import gzip
import os
import pickle
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from certificates import authority
from elsewhere import AT_ONCE, URL, Elsewhere
from serving import serving

from vectis_client import UNTOLD, AsyncClient, Client, Retries, UnexpectedAnswer
from vectis_core import OutcomeUnknown, ServiceUnavailable, UsageError

LOGIN = {"client_id": "cli_1", "client_secret": "a secret"}
TOKEN = {"access_token": "the-token", "token_type": "Bearer", "expires_in": 3600}
SETTINGS = {"autoConfirm": True}


def over(answer: Callable[[httpx.Request], httpx.Response], **options: Any) -> Client:
    """Return a client of what answers the calls; tokens are had without asking it."""

    def answered(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=TOKEN) if request.url.path == "/oms/oauth/token" else answer(request)

    http = httpx.Client(transport=httpx.MockTransport(answered), **options)
    return Client.connect(URL, http=http, retries=AT_ONCE, **LOGIN)


@contextlib.contextmanager
def listening(serve: Callable[[socket.socket], None]) -> Iterator[str]:
    """Serve each connection in a thread of its own, and return the address; ends with the connections."""
    taken: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(8) as pool:

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    taken.append(listener.accept()[0])
                    pool.submit(serve, taken[-1])

        pool.submit(accept)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            for each in taken:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
                each.close()


@pytest.mark.parametrize("place", ["https://elsewhere.example.com/", "/oms/other", "//elsewhere.example.com/"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(status: int, place: str) -> None:
    """Neither token nor secret goes where an answer points, even if the connections would follow it."""
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(status, headers={"location": place})

    with pytest.raises(UnexpectedAnswer):
        over(answer, follow_redirects=True).settings.get()
    assert asked == [f"{URL}/api/settings"]

    asked.clear()
    http = httpx.Client(transport=httpx.MockTransport(answer), follow_redirects=True)
    with pytest.raises(UnexpectedAnswer):
        Client.connect(URL, http=http, **LOGIN).settings.get()
    assert asked == [f"{URL}/oauth/token"]


def test_the_token_is_sent_whatever_the_connections_would_send() -> None:
    """Credentials that connections of one's own are set up with do not take its place; other headers are kept."""
    seen: list[httpx.Headers] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers)
        return httpx.Response(200, json=SETTINGS)

    client = over(answer, auth=("a", "b"), headers={"x-shop": "7"}, params={"region": "eu"})

    assert client.settings.get().auto_confirm
    assert (seen[0]["authorization"], seen[0]["x-shop"]) == ("Bearer the-token", "7")


def test_an_address_with_a_user_is_refused_and_not_shown() -> None:
    """It would be sent in place of the token, and be printed with the client."""
    for url in ("https://jane:pw@api.example.com", "https://api example.com", "https://a:99999"):
        with pytest.raises(UsageError, match="address") as raised:
            Client.connect(url, **LOGIN)
        assert "pw" not in str(raised.value)


@pytest.mark.parametrize("packing", ["none", "gzip"])
def test_an_answer_is_read_up_to_a_limit(packing: str) -> None:
    """What is longer, unpacked, is given up while it comes, and never asked for again."""
    asked: list[str] = []
    body = b'{"autoConfirm": true, "x": "' + b"x" * 100_000 + b'"}'

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.method)
        packed = {"content-encoding": "gzip"} if packing == "gzip" else {}
        return httpx.Response(200, content=gzip.compress(body) if packed else body, headers=packed)

    client = over(answer)
    assert client.settings.get().auto_confirm

    def token_or(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=TOKEN) if request.url.path == "/oms/oauth/token" else answer(request)

    asked.clear()
    transport = httpx.MockTransport(token_or)
    short = Client.connect(URL, http=httpx.Client(transport=transport), longest_answer=100_000, **LOGIN)
    with pytest.raises(UnexpectedAnswer, match="longer than 100000 bytes"):
        short.settings.get()

    async def story() -> None:
        http = httpx.AsyncClient(transport=transport)
        async with http, AsyncClient.connect(URL, http=http, longest_answer=100_000, **LOGIN) as client:
            with pytest.raises(UnexpectedAnswer, match="longer than 100000 bytes"):
                await client.settings.get()

    asyncio.run(story())
    assert asked == ["GET", "GET"]


def test_who_does_not_answer_is_given_up() -> None:
    """After *timeout*: a question fails, and a command whose request was taken is of unknown outcome."""
    with listening(lambda _: None) as address:
        client = Client.connect(address, timeout=0.05, retries=Retries(attempts=2, first_wait=0), **LOGIN)
        with client, pytest.raises(ServiceUnavailable, match="ReadTimeout"):
            client.settings.get()

    def tokens_only(connection: socket.socket) -> None:
        while asked := connection.recv(65536):
            if asked.startswith(b"POST /oauth/token"):
                body = b'{"access_token": "a", "expires_in": 3600}'
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    with listening(tokens_only) as address:
        client = Client.connect(address, timeout=0.5, retries=Retries(attempts=2, first_wait=0), **LOGIN)
        with client, pytest.raises(OutcomeUnknown):
            client.settings.update(auto_confirm=True)


def test_nobody_there_is_told() -> None:
    """Where nothing listens nothing was done."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = f"http://127.0.0.1:{closed.getsockname()[1]}"
    client = Client.connect(address, retries=AT_ONCE, **LOGIN)

    with client, pytest.raises(ServiceUnavailable) as raised:
        client.settings.update(auto_confirm=True)
    assert not isinstance(raised.value, OutcomeUnknown)


def test_a_certificate_of_nobody_known_is_not_trusted(tmp_path: Path) -> None:
    """The secret is not sent to a server whose certificate the system's authorities do not vouch for."""
    heard: list[bytes] = []
    context, _ = authority(tmp_path, "localhost")

    def serve(connection: socket.socket) -> None:
        with contextlib.suppress(OSError), context.wrap_socket(connection, server_side=True) as safe:
            heard.append(safe.recv(65536))

    with listening(serve) as address:
        url = address.replace("http://127.0.0.1", "https://localhost")
        client = Client.connect(url, retries=AT_ONCE, **LOGIN)
        with client, pytest.raises(ServiceUnavailable, match="CERTIFICATE_VERIFY_FAILED"):
            client.settings.get()
    assert b"".join(heard) == b""


def test_proxies_of_the_environment_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """As every program's are, unless connections are given that say otherwise."""
    heard: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        heard.append(connection.recv(65536))
        connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")

    with listening(serve) as address:
        monkeypatch.setenv("HTTPS_PROXY", address)
        monkeypatch.setenv("NO_PROXY", "")
        client = Client.connect(URL, retries=AT_ONCE, **LOGIN)
        with client, pytest.raises(ServiceUnavailable):
            client.settings.get()
    assert {each.partition(b"\r\n")[0] for each in heard} == {b"CONNECT api.example.com:443 HTTP/1.1"}
    assert not any(LOGIN["client_secret"].encode() in each for each in heard)


def test_a_fork_has_connections_of_its_own(tmp_path: Path) -> None:
    """Parent and child ask at the same time, over one client that had asked before: each gets its own answers."""
    with serving(f"sqlite:///{tmp_path}/shop.db") as server:
        login = {"client_id": server.word("clientId"), "client_secret": server.word("clientSecret")}
        with Client.connect(server.address, **login) as client:
            for sku in ("parent", "child"):
                client.products.create(sku=sku, name=sku)
            # A thread that fetches a token while the child is made, and does not live in it.
            with client._driver._turn:
                child = os.fork()
                if child == 0:
                    client._engine._conversation.tokens._held = None
                    _end_child(lambda: all(client.products.by_sku("child").sku == "child" for _ in range(50)))
            assert all(client.products.by_sku("parent").sku == "parent" for _ in range(50))
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_connections_of_ones_own_do_not_survive_a_fork() -> None:
    """They cannot be made anew for the child, so that it is told to connect a client of its own."""
    client = over(lambda _: httpx.Response(200, json=SETTINGS))
    client.settings.get()

    def is_refused() -> bool:
        with pytest.raises(UsageError, match="forked"):
            client.settings.get()
        return True

    child = os.fork()
    if child == 0:
        _end_child(is_refused)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert client.settings.get().auto_confirm


def _end_child(is_right: Callable[[], bool]) -> None:
    """End a forked child without the parent's clean-up: by 0 where all is right."""
    # A child that hangs ends by the signal, which is not 0 either.
    signal.alarm(60)
    code = 1
    try:
        code = 0 if is_right() else 1
    finally:
        os._exit(code)


def test_an_async_client_is_of_one_loop() -> None:
    """On a second loop its connections would fail by errors that name no cause."""
    answer = httpx.MockTransport(lambda _: httpx.Response(200, json={**TOKEN, **SETTINGS}))
    client = AsyncClient.connect(URL, http=httpx.AsyncClient(transport=answer), **LOGIN)

    async def call() -> bool:
        return (await client.settings.get()).auto_confirm

    with asyncio.Runner() as runner:
        assert runner.run(call())
        assert runner.run(call())
    with pytest.raises(UsageError, match="event loop"):
        asyncio.run(call())


def test_closing_ends_the_calls_of_other_threads() -> None:
    """A call that is under way while its client is closed ends, and says what is known of it."""
    reached = threading.Event()

    def serve(connection: socket.socket) -> None:
        body = b'{"access_token": "a", "expires_in": 3600}'
        while asked := connection.recv(65536):
            if asked.startswith(b"POST /oauth/token"):
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
            else:
                connection.sendall(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nRetry-After: 0\r\n\r\n")
                reached.set()

    with listening(serve) as address, ThreadPoolExecutor(1) as pool:
        client = Client.connect(address, retries=Retries(attempts=1_000_000, first_wait=0), **LOGIN)
        call = pool.submit(client.settings.update, auto_confirm=True)
        assert reached.wait(30)
        client.close()
        with pytest.raises((OutcomeUnknown, UsageError)):
            call.result(30)


def test_connections_of_ones_own_that_are_closed_say_so() -> None:
    """The error is one of ours, and names what was closed."""
    http = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200, json={**TOKEN, **SETTINGS})))
    client = Client.connect(URL, http=http, **LOGIN)
    client.settings.get()
    http.close()

    with pytest.raises(UsageError, match="http="):
        client.settings.get()


@pytest.mark.parametrize("copied", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_client_is_not_copied_and_what_it_returns_is(copied: Callable[[Any], Any]) -> None:
    """A copy would share connections, and a pickled one would carry the secret; entities and errors go anywhere."""
    with Elsewhere() as there:
        for client in (there.client(), there.async_client()):
            with pytest.raises(TypeError, match="connect one"):
                copied(client)
        there.face.products.create(sku="A", name="x")
        record = there.client().inventory.list().page().items[0]
        with pytest.raises(UnexpectedAnswer) as raised:
            over(lambda _: httpx.Response(418, json={"error": "Teapot", "message": "short"})).settings.get()
    told, error = (pickle.loads(pickle.dumps(each)) for each in (record, raised.value))  # noqa: S301 - our own bytes

    assert told == record == copied_of(record, copied)
    assert told.ledger_seq is UNTOLD
    assert (error.status, error.error, str(error)) == (418, "Teapot", "short")


def copied_of(value: Any, copied: Callable[[Any], Any]) -> Any:
    """Return a copy, unpickled where it is pickled."""
    made = copied(value)
    return pickle.loads(made) if isinstance(made, bytes) else made  # noqa: S301 - our own bytes

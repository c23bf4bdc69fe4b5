"""``vectis serve`` in a process of its own."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from cli_types import Call
from serving import Server, serving

from vectis_core import Vectis
from vectis_core.access import SCOPES


def token_of(server: Server, client_id: str, client_secret: str) -> dict[str, str]:
    """Return the answer to a token request."""
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
    return dict(httpx.post(f"{server.address}/oauth/token", data=form, timeout=30).raise_for_status().json())


def test_the_first_start_prints_credentials_that_are_good(database: str) -> None:
    """On a database without clients, one with all scopes is made, and what is printed gets a token."""
    with serving(database) as server:
        token = token_of(server, server.word("clientId"), server.word("clientSecret"))

    assert token["token_type"] == "Bearer"
    assert set(token["scope"].split()) == set(SCOPES)


@pytest.mark.skipif(not shutil.which("curl") and "CI" not in os.environ, reason="curl is not installed")
def test_the_printed_line_can_be_pasted(database: str) -> None:
    """The curl line is complete: run as it is, it prints a token."""
    with serving(database) as server:
        [line] = [line for line in server.said.splitlines() if line.startswith("  curl")]
        done = subprocess.run(shlex.split(line), capture_output=True, text=True, timeout=60, check=True)

    assert json.loads(done.stdout)["access_token"].count(".") == 2


def test_a_later_start_prints_no_secret(database: str, oms: Vectis) -> None:
    """Where there are clients none is made, and the banner says how to make another."""
    with serving(database) as server:
        first = server.said
        assert server.stop() == 0
    with serving(database) as server:
        second = server.said

    assert "clientSecret" in first
    assert "clientSecret" not in second
    assert "vectis clients create" in second
    assert oms.clients.list().page().total == 1


def test_a_client_made_while_it_runs_is_served(database: str, vectis: Call) -> None:
    """``vectis clients create`` works beside a running server."""
    with serving(database) as server:
        made = json.loads(vectis("clients", "create", "Shop", "--json").stdout)
        token = token_of(server, made["clientId"], made["clientSecret"])

    assert "admin" not in token["scope"].split()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly(database: str, tmp_path: Path, number: signal.Signals) -> None:
    """Ctrl-C and SIGTERM end it with exit code 0 and the database closed: no write-ahead log is left."""
    with serving(database) as server:
        token_of(server, server.word("clientId"), server.word("clientSecret"))
        code = server.stop(number)

    assert code == 0
    assert not (tmp_path / "shop.db-wal").exists()


def test_a_busy_port_is_told_and_costs_nothing(tmp_path: Path) -> None:
    """A port that is taken is told in one line; no database and no client is made."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-m", "vectis_cli", "serve", "--port", port],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith(f"Error: Cannot listen on 127.0.0.1 port {port}: ")
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_an_address_that_cannot_be_is_told(vectis: Call) -> None:
    """A host that is not this machine's is told in one line."""
    done = vectis("serve", "--host", "203.0.113.1", "--port", "0")

    assert done.exit_code == 1
    assert done.stderr.count("\n") == 1


def test_the_rate_limit_is_that_of_the_option(database: str) -> None:
    """``--rate-limit`` is what the headers say and what is kept."""
    with serving(database, "--rate-limit", "2") as server:
        token = token_of(server, server.word("clientId"), server.word("clientSecret"))["access_token"]
        answers = [
            httpx.get(f"{server.address}/api/orders", headers={"Authorization": f"Bearer {token}"}, timeout=30)
            for _ in range(3)
        ]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[0].headers["X-RateLimit-Limit"] == "2"


def test_with_a_base_domain_the_host_must_agree(database: str) -> None:
    """``--base-domain`` and ``--public-url`` reach the HTTP layer and the printed line."""
    options = ("--base-domain", "oms.test", "--public-url", "https://api.oms.test")
    with serving(database, *options) as server:
        token = token_of(server, server.word("clientId"), server.word("clientSecret"))["access_token"]
        statuses = {
            host: httpx.get(
                f"{server.address}/api/orders",
                headers={"Authorization": f"Bearer {token}", "Host": f"{host}.oms.test"},
                timeout=30,
            ).status_code
            for host in ("default", "api", "another")
        }

    assert statuses == {"default": 200, "api": 200, "another": 401}
    assert "curl -s https://api.oms.test/oauth/token" in server.said

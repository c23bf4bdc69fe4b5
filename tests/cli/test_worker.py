"""Webhooks are delivered by ``vectis serve`` and ``vectis worker``, in processes of their own."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from cli_types import Call
from receiver import Receiver
from serving import PATIENCE, serving
from small_shop import spin_until

from vectis_core import Vectis

SECRET = "a secret of the test"
HERE = ("--webhooks-allow", "127.0.0.0/8")


@pytest.fixture(name="receiver")
def _receiver() -> Iterator[Receiver]:
    with Receiver(SECRET) as receiver:
        yield receiver


@contextmanager
def working(database: str, *options: str) -> Iterator[subprocess.Popen[str]]:
    """Run ``vectis worker`` for the length of the block."""
    command = [sys.executable, "-m", "vectis_cli", "worker", "--database", database, *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        assert process.stdout.readline() == f"Vectis delivers the webhooks of {database} (Ctrl-C stops it).\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def asked(oms: Vectis, receiver: Receiver, number: int = 1) -> list[str]:
    """Subscribe the receiver and ask for tests; return the events' ids."""
    hook = oms.webhooks.create(receiver.url, ["*"], secret=SECRET).subscription.id
    return [oms.webhooks.test(hook).event_id for _ in range(number)]


def test_the_server_delivers(database: str, oms: Vectis, receiver: Receiver) -> None:
    """What another process puts on its way is delivered by a running server, which says which Vectis it is."""
    with serving(database, *HERE) as server:
        events = asked(oms, receiver)
        spin_until(lambda: receiver.events == events)
        assert server.stop() == 0

    assert all(agent.startswith("Vectis/") for agent in receiver.agents)


def test_the_server_can_leave_it_to_a_worker(database: str, oms: Vectis, receiver: Receiver) -> None:
    """With ``--no-webhooks`` nothing leaves it; a worker beside it delivers."""
    with serving(database, "--no-webhooks") as server:
        events = asked(oms, receiver)
        # The server is up and about, and has had its turn.
        assert httpx.get(f"{server.address}/api/orders", timeout=30).status_code == 401
        assert not receiver.events
        with working(database, *HERE):
            spin_until(lambda: receiver.events == events)


def test_workers_share_the_work(database: str, oms: Vectis, receiver: Receiver) -> None:
    """Two workers on one database deliver everything, each event once."""
    with working(database, *HERE), working(database, *HERE):
        events = asked(oms, receiver, 100)
        spin_until(lambda: len(receiver.events) >= 100)

    assert sorted(receiver.events) == sorted(events)


def test_what_a_killed_worker_left_is_delivered(database: str, oms: Vectis, receiver: Receiver) -> None:
    """What was committed and not sent when the process was killed is sent by the next one."""
    with working(database, *HERE) as process:
        process.kill()
        process.wait(PATIENCE)
    events = asked(oms, receiver)
    with working(database, *HERE):
        spin_until(lambda: receiver.events == events)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_worker_cleanly(database: str, vectis: Call, tmp_path: Path, number: signal.Signals) -> None:
    """It ends with exit code 0, logs no trouble, and closes the database: no write-ahead log is left."""
    assert vectis("clients", "create", "Shop").exit_code == 0
    with working(database) as process:
        process.send_signal(number)
        _, errors = process.communicate(timeout=PATIENCE)

    assert process.returncode == 0
    assert [line.partition(" INFO ")[2] for line in errors.splitlines()] == [
        "vectis.cli: delivering webhooks",
        "vectis.cli: stopped",
    ]
    assert not (tmp_path / "shop.db-wal").exists()


def test_nothing_private_is_dialled_unless_allowed(database: str, oms: Vectis, receiver: Receiver) -> None:
    """Without the option the attempt is refused, and nothing comes to this machine."""
    hook = oms.webhooks.create(receiver.url, ["*"], secret=SECRET).subscription.id
    delivery = oms.webhooks.test(hook).id
    with working(database):
        spin_until(lambda: oms.webhooks.delivery(delivery).attempts != ())

    assert [each.error for each in oms.webhooks.delivery(delivery).attempts] == ["refused_address"]
    assert receiver.events == []


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_what_is_no_network_is_told(vectis: Call, oms: Vectis, command: str) -> None:
    """A slip in ``--webhooks-allow`` is one line."""
    port = ("--port", "0") if command == "serve" else ()
    done = vectis(command, "--webhooks-allow", "10.1.0.0/99", *port)

    assert done.exit_code == 1
    assert "10.1.0.0/99" in done.stderr
    assert done.stderr.count("\n") == 1

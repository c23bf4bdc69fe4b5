"""The receivers that are shown take real deliveries: each event once, no old news, and nothing that is not ours."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs
import pytest
from endpoints import buy, stocked
from small_shop import spin_until

from proof.node import node
from vectis_core import AddressRules, Vectis
from vectis_core.signing import sign
from vectis_core.webhooks.transport import Post
from vectis_webhooks import open_transport

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "examples" / "webhook_receivers"
IMPORTS = os.pathsep.join(str(ROOT / folder) for folder in (".", "backends", "adapters"))
OLD, NEW = "the-old-secret-of-it", "the-new-secret-of-it"
PATIENCE = 60
LOCAL = AddressRules(["127.0.0.0/8"])

RECEIVERS = {
    "receiver.py": lambda: [sys.executable, "receiver.py"],
    "flask_receiver.py": lambda: [sys.executable, "flask_receiver.py"],
    "receiver.js": lambda: [node(), "receiver.js"],
}


@attrs.frozen
class Running:
    """A receiver that runs, and what it has handled."""

    url: str
    #: The type, id and sequence of each event, as it was handled.
    handled: list[tuple[str, str, int]]


@contextmanager
def running(command: list[str], inbox: Path) -> Iterator[Running]:
    """Run a receiver for the length of the block."""
    process = subprocess.Popen(
        [*command, "0", str(inbox)],
        cwd=FOLDER,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "WEBHOOK_SECRETS": f"{OLD} {NEW}", "PYTHONPATH": IMPORTS},
    )
    overseer = threading.Timer(PATIENCE, process.kill)
    overseer.start()
    assert process.stdout is not None
    port = process.stdout.readline().split()[1]
    receiver = Running(f"http://127.0.0.1:{port}/hook", [])

    def read(lines: Iterator[str]) -> None:
        for line in lines:
            # The last may have been cut by the end of the process.
            if line.endswith("\n"):
                _, kind, event_id, sequence = line.split()
                receiver.handled.append((kind, event_id, int(sequence)))

    reader = threading.Thread(target=read, args=(process.stdout,), daemon=True)
    reader.start()
    try:
        yield receiver
    finally:
        overseer.cancel()
        process.kill()
        process.wait()
        reader.join()
        process.stdout.close()


def told(body: bytes, url: str, secret: str = OLD, age: int = 0) -> Post:
    """Return a delivery as we send it, signed so many seconds ago."""
    timestamp = int(time.time()) - age
    signature = sign(secret, timestamp, body)
    headers = (("X-Webhook-Timestamp", str(timestamp)), ("X-Webhook-Signature", signature))
    return Post(url, headers, body, PATIENCE)


def event(event_id: str, sequence: int, subject: str = "order-1") -> bytes:
    """Return the body of an event."""
    text = f'{{"event":"order.updated","id":"{event_id}","sequence":{sequence},"data":{{"orderId":"{subject}"}}}}'
    return text.encode()


@pytest.mark.parametrize("name", RECEIVERS)
def test_a_receiver_takes_each_event_once(name: str, tmp_path: Path) -> None:
    """Real deliveries and their replay, through a rotation of the secret; then forgeries, a duplicate and old news."""
    command: Callable[[], list[str]] = RECEIVERS[name]
    with running(command(), tmp_path / "inbox.db") as receiver, Vectis.open("memory://", address_rules=LOCAL) as oms:
        stocked(oms)
        webhook = oms.webhooks.create(receiver.url, ["order.created"], secret=OLD).subscription
        with oms.dispatcher(transport=open_transport(LOCAL)):
            for number in range(5):
                buy(oms, f"A{number}")
            oms.webhooks.rotate_secret(webhook.id, secret=NEW, overlap=0)
            for number in range(5):
                buy(oms, f"B{number}")
            events = list(oms.events(types=["order.created"]))
            for delivery in list(oms.webhooks.deliveries(webhook.id)):
                spin_until(lambda each=delivery: oms.webhooks.delivery(each.id).delivery.attempts == 1)  # type: ignore[misc]
                oms.webhooks.redeliver(delivery.id)
            spin_until(lambda: all(each.status == "delivered" for each in oms.webhooks.deliveries(webhook.id)))
        spin_until(lambda: len(receiver.handled) == 10)
        assert len(list(oms.webhooks.deliveries(webhook.id))) == 20

        sender = open_transport(LOCAL)
        statuses = [
            sender.post(told(body, receiver.url, secret, age)).code
            for body, secret, age in [
                (event("forged", 1), "a-secret-of-nobody", 0),
                (event("late", 1), OLD, 400),
                (event("ahead", 1), OLD, -400),
                (event("newer", 2), NEW, 0),
                (event("newer", 2), OLD, 0),
                (event("old-news", 1), OLD, 0),
                (event("newest", 3), OLD, 0),
            ]
        ]
        altered = attrs.evolve(told(event("altered", 9), receiver.url), body=event("altered", 8))
        statuses.append(sender.post(altered).code)
        spin_until(lambda: len(receiver.handled) == 12)
        sender.close()

    assert statuses == [401, 401, 401, 204, 204, 204, 204, 401]
    assert {each.id for each in events} == {event_id for _, event_id, _ in receiver.handled[:10]}
    assert [event_id for _, event_id, _ in receiver.handled[10:]] == ["newer", "newest"]


@pytest.mark.parametrize("name", RECEIVERS)
def test_an_event_that_cannot_be_handled_holds_up_no_other(name: str, tmp_path: Path) -> None:
    """It is kept and answered like any other, and those that come after it are handled."""
    sender = open_transport(LOCAL)
    bad = b'{"event":"order.updated","id":"bad","sequence":1,"data":null}'
    with running(RECEIVERS[name](), tmp_path / "inbox.db") as receiver:
        assert sender.post(told(bad, receiver.url)).code == 204
        for number in range(3):
            assert sender.post(told(event(f"good-{number}", number + 1), receiver.url)).code == 204
            spin_until(lambda last=number: len(receiver.handled) == last + 1)  # type: ignore[misc]
        sender.close()

    assert [event_id for _, event_id, _ in receiver.handled] == ["good-0", "good-1", "good-2"]


def test_a_crash_forgets_nothing(tmp_path: Path) -> None:
    """A duplicate that comes to the next process is still one: what was done before it is not done again."""
    inbox = tmp_path / "inbox.db"
    sender = open_transport(LOCAL)
    for _ in range(2):
        with running(RECEIVERS["receiver.py"](), inbox) as receiver:
            assert sender.post(told(event("first", 1), receiver.url)).code == 204
            other = event(f"other-{receiver.url}", 1, receiver.url)
            assert sender.post(told(other, receiver.url)).code == 204
            spin_until(lambda: any(each.startswith("other") for _, each, _ in receiver.handled))
    sender.close()

    assert "first" not in [event_id for _, event_id, _ in receiver.handled]

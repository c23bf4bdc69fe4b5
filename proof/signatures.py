"""What we sign is verified by others: the guide's verifier in Node.js, and the reference of Standard Webhooks.

Whatever the body, they take a delivery as it was sent, and refuse it altered, late, or signed by another secret. While
one secret replaces another, a receiver that knows either loses nothing.
"""

from __future__ import annotations

import base64
import contextlib
import json
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from queue import SimpleQueue

import attrs
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from proof.node import Delivery, verdicts
from proof.programme import Finding, Proof, Size
from vectis_core import Vectis
from vectis_core.clock import SystemClock
from vectis_core.signing import TOLERANCE, sign, standard_signatures, verify
from vectis_core.testing import FrozenClock
from vectis_core.webhooks.transport import Answer, Post

_BODIES = {Size.FEW: 40, Size.FULL: 1_000}
_LARGE = {Size.FEW: 1, Size.FULL: 10}
#: Deliveries in each stage of a rotation: before it, in its overlap, after it.
_STAGE = {Size.FEW: 3, Size.FULL: 50}
#: In seconds.
_OVERLAP = 60
#: After so many seconds a delivery of this process has not come.
_PATIENCE = 60

#: Signs a body for a secret and a time, in seconds since 1970.
Signer = Callable[[str, int, bytes], str]


@attrs.frozen
class _Told:
    """A delivery as a receiver has it, and whether it should take it."""

    what: str
    body: bytes
    headers: Mapping[str, str]
    secret: str
    #: By the hex header.
    good: bool
    #: By the list of Standard Webhooks.
    standard: bool

    @property
    def signature(self) -> str:
        """The hex header."""
        return self.headers["X-Webhook-Signature"]

    @property
    def timestamp(self) -> str:
        """The header beside it."""
        return self.headers["X-Webhook-Timestamp"]


def _secret(chance: random.Random) -> str:
    return "whsec_" + base64.b64encode(chance.randbytes(32)).decode()


def _bodies(size: Size, chance: random.Random) -> Iterator[bytes]:
    """Yield bodies that break careless programs: empty, large, of all of Unicode, and JSON in every layout."""
    yield b""
    for _ in range(_LARGE[size]):
        yield json.dumps({"data": "\N{SNOWMAN}x" * 250_000}, ensure_ascii=False).encode()
    for number in range(_BODIES[size]):
        alphabet = [chr(chance.choice([0x20, 0x80, 0x2028, 0xE000, 0x1F600]) + chance.randrange(60)) for _ in range(9)]
        text = "".join(chance.choices([*alphabet, '"', "\\", "\n", "\t", "\x00"], k=chance.randrange(200)))
        layout = (",", ":") if number % 2 else (", ", ": ")
        yield (
            text.encode()
            if number % 3 == 0
            else json.dumps({"b": text, "a": [number, 1.50]}, ensure_ascii=number % 5 == 0, separators=layout).encode()
        )


def _told(body: bytes, signer: Signer, chance: random.Random) -> Iterator[_Told]:
    """Yield a delivery as it was sent, and in every way in which it must be refused."""
    now, secret, other = int(time.time()), _secret(chance), _secret(chance)

    def headers(at: int) -> dict[str, str]:
        listed = standard_signatures([secret], "evt_1", at, body)
        return {
            "webhook-id": "evt_1",
            "webhook-timestamp": str(at),
            "webhook-signature": listed or "",
            "X-Webhook-Timestamp": str(at),
            "X-Webhook-Signature": signer(secret, at, body),
        }

    fresh = headers(now)
    yield _Told("as it was sent", body, fresh, secret, good=True, standard=True)
    yield _Told("altered", body + b" ", fresh, secret, good=False, standard=False)
    yield _Told("signed by another secret", body, fresh, other, good=False, standard=False)
    yield _Told("late", body, headers(now - TOLERANCE - 60), secret, good=False, standard=False)
    moved = {"webhook-timestamp": str(now - 1), "X-Webhook-Timestamp": str(now - 1)}
    yield _Told("made younger", body, {**fresh, **moved}, secret, good=False, standard=False)


def _takes_standard(told: _Told) -> bool:
    try:
        Webhook(told.secret).verify(told.body, dict(told.headers), json_parse=False)
    except WebhookVerificationError:
        return False
    return True


def _takes_ours(told: _Told) -> bool:
    return verify(told.body, signature=told.signature, timestamp=told.timestamp, secret=told.secret)


def _breaches(all_told: Sequence[_Told]) -> Iterator[str]:
    """Yield where a verifier does not say what it should."""
    guide = verdicts(Delivery(each.body, each.signature, each.timestamp, each.secret) for each in all_told)
    for told, verdict in zip(all_told, guide, strict=True):
        said = [
            ("the guide's verifier", {"true": True, "false": False}.get(verdict, verdict), told.good),
            ("Standard Webhooks", _takes_standard(told), told.standard),
            ("vectis_core.signing.verify", _takes_ours(told), told.good),
        ]
        for verifier, takes, should in said:
            if takes is not should:
                yield f"{verifier} says {takes} to a body of {len(told.body)} bytes, {told.what}: {told.body[:40]!r}"


class _Stage(StrEnum):
    """Where a rotation is."""

    BEFORE = "before"
    OVERLAP = "in"
    AFTER = "after"


class _Mailbox:
    """A transport that keeps what is sent."""

    def __init__(self) -> None:
        self.posts: SimpleQueue[Post] = SimpleQueue()

    def post(self, post: Post) -> Answer:
        """Keep it."""
        self.posts.put(post)
        return Answer(200, None, b"")

    def close(self) -> None:
        """Nothing is open."""


def _rotated(size: Size, chance: random.Random) -> Iterator[_Told]:
    """Yield deliveries of a real dispatcher in the three stages of a rotation, to receivers that know one secret.

    By the hex header the old secret is the one to know until the overlap ends; by the list of Standard Webhooks
    either is, from its beginning to its end.
    """
    old, new = _secret(chance), _secret(chance)
    # The stages are so close that all of them are fresh for verifiers with clocks of their own.
    clock = FrozenClock(SystemClock().now() - timedelta(seconds=_OVERLAP))
    mailbox = _Mailbox()
    with Vectis.open("memory://", clock=clock) as oms, oms.dispatcher(transport=mailbox):
        webhook = oms.webhooks.create("https://receiver.example/", ["*"], secret=old).subscription
        for stage in _Stage:
            if stage is _Stage.OVERLAP:
                oms.webhooks.rotate_secret(webhook.id, secret=new, overlap=_OVERLAP)
            if stage is _Stage.AFTER:
                clock.advance(_OVERLAP + 1)
            for _ in range(_STAGE[size]):
                oms.webhooks.test(webhook.id)
                post = mailbox.posts.get(timeout=_PATIENCE)
                told = _Told(f"{stage} the overlap", post.body, dict(post.headers), old, good=True, standard=True)
                yield attrs.evolve(told, good=stage is not _Stage.AFTER, standard=stage is not _Stage.AFTER)
                yield attrs.evolve(told, secret=new, good=stage is _Stage.AFTER, standard=stage is not _Stage.BEFORE)


def _reserialised(secret: str, timestamp: int, body: bytes) -> str:
    """Sign what the body means, written anew, instead of the bytes that are sent."""
    with contextlib.suppress(ValueError):
        body = json.dumps(json.loads(body)).encode()
    return sign(secret, timestamp, body)


def _tried(signer: Signer, size: Size) -> tuple[list[_Told], list[str]]:
    chance = random.Random(19)
    all_told = [told for body in _bodies(size, chance) for told in _told(body, signer, chance)]
    return all_told, list(_breaches(all_told))


def _run(size: Size, _folder: Path) -> Finding:
    all_told, violations = _tried(sign, size)
    rotated = list(_rotated(size, random.Random(20)))
    violations += _breaches(rotated)
    bodies = sum(told.what == "as it was sent" for told in all_told)
    return Finding(
        f"{bodies:,} bodies, up to {max(len(told.body) for told in all_told):,} bytes, each as sent and in 4 forgeries;"
        f" {len(rotated) // 2} deliveries through a rotation; 3 verifiers",
        f"{3 * (len(all_told) + len(rotated)):,} verdicts, {len(violations)} wrong",
        violations,
    )


def _control(_size: Size, _folder: Path) -> Finding:
    all_told, violations = _tried(_reserialised, Size.FEW)
    return Finding(f"{len(all_told)} deliveries", f"{len(violations)} wrong verdicts", violations)


PROOF = Proof(
    number=19,
    name="signatures",
    rule="whatever the body, independent verifiers take what was sent, and refuse it altered, late, or signed by"
    " another secret; a rotation loses nothing",
    run=_run,
    control=_control,
    bad="the body is signed as it is written anew",
)

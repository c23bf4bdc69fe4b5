"""The process in which hostile receivers are delivered to: it notes every attempt, every address and every byte.

``python -m proof.hostile_dispatcher`` takes its plan on stdin as JSON, and prints what it saw on stdout as JSON.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import socket
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

import attrs

from proof.endpoints import CountedSocket
from vectis_core import AddressRules, Vectis
from vectis_core.webhooks.transport import Answer, Post
from vectis_core.webhooks.worker import Pace
from vectis_webhooks import HttpTransport

#: After the last event there may pass so many seconds until everybody who answers has heard of it.
_PATIENCE = 120
#: How long whoever measures the machine waits each time, in seconds.
_NAP = 0.1
#: So often it is looked whether they have.
_LOOK_EVERY = 0.05


@attrs.frozen
class Plan:
    """What to deliver where."""

    #: The URLs of all endpoints; the names in them are resolved by *names*.
    healthy: Sequence[str]
    hostile: Sequence[str]
    names: dict[str, str]
    #: The only network that may be dialled.
    allowed: str
    events: int
    #: Seconds from one event to the next.
    every: float
    #: Seconds that an attempt may take in all.
    deadline: float
    #: Seconds after which one that goes on still has shown that it has no end.
    patience: float


@attrs.define
class Tried:
    """One attempt."""

    url: str
    began: float
    sequence: int
    #: ``None`` while it is under way.
    seconds: float | None = None
    code: int | None = None


@attrs.define
class Seen:
    """What the process saw."""

    attempts: list[Tried] = attrs.field(factory=list)
    #: The time of each event, by its sequence.
    happened: dict[int, float] = attrs.field(factory=dict)
    addresses: set[str] = attrs.field(factory=set)
    #: Bytes read, by port.
    read: dict[int, list[int]] = attrs.field(factory=dict)


class _Bystander:
    """A thread that waits with a time limit, as the sender does, and notes by how much it was late at worst.

    So late the machine makes anybody in this process, on a day when it has other things to do.
    """

    def __init__(self) -> None:
        self.late = 0.0
        # Nothing is ever sent from the one to the other.
        self._ends = socket.socketpair()
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        self._ends[0].settimeout(_NAP)
        while True:
            began = time.monotonic()
            with contextlib.suppress(TimeoutError):
                self._ends[0].recv(1)
            self.late = max(self.late, time.monotonic() - began - _NAP)


class _Noting:
    """The sender, with a look over its shoulder."""

    def __init__(self, plan: Plan, seen: Seen) -> None:
        self._names = plan.names
        self._seen = seen
        self._sender = HttpTransport(AddressRules([plan.allowed]), resolver=self._resolve, dial=self._dial)

    def _resolve(self, host: str, _port: int) -> list[str]:
        return [self._names[host]]

    def _dial(self, address: tuple[str, int], seconds: float) -> socket.socket:
        self._seen.addresses.add(address[0])
        counted = self._seen.read.setdefault(address[1], [])
        return CountedSocket(socket.create_connection(address, seconds), counted)

    def post(self, post: Post) -> Answer:
        """Send, and note how long it took."""
        tried = Tried(post.url, time.monotonic(), json.loads(post.body)["sequence"])
        self._seen.attempts.append(tried)
        try:
            answer = self._sender.post(post)
            tried.code = answer.code
            return answer
        finally:
            tried.seconds = time.monotonic() - tried.began

    def close(self) -> None:
        """Close all connections."""
        self._sender.close()


def _delivered(plan: Plan, seen: Seen) -> Iterator[float]:
    """Yield for each event and healthy endpoint how long after the event it was told, in seconds."""
    healthy = set(plan.healthy)
    for each in list(seen.attempts):
        if each.url in healthy and each.code == 200 and each.seconds is not None:
            yield each.began + each.seconds - seen.happened[each.sequence]


def _is_unfinished(seen: Seen, patience: float) -> bool:
    """Return whether an attempt is under way, and all that are may still end in time."""
    now = time.monotonic()
    under_way = [now - each.began for each in list(seen.attempts) if each.seconds is None]
    return bool(under_way) and max(under_way) <= patience


def _run(plan: Plan) -> dict[str, Any]:
    seen = Seen()
    oms = Vectis.open("memory://", address_rules=AddressRules([plan.allowed]))
    oms.products.create(sku="W", name="Widget")
    stock = oms.inventory.list().page().items[0]
    for url in (*plan.healthy, *plan.hostile):
        oms.webhooks.create(url, ["inventory.adjusted"])
    pause = threading.Event()
    pace = Pace(deadline=plan.deadline, lease=int(4 * plan.deadline))
    dispatcher = oms.dispatcher(transport=_Noting(plan, seen), pace=pace)
    bystander = _Bystander()
    dispatcher.start()
    for number in range(plan.events):
        seen.happened[number + 1] = time.monotonic()
        oms.inventory.adjust(stock.id, 1, "another piece")
        pause.wait(plan.every)
    gives_up = time.monotonic() + _PATIENCE
    expected = plan.events * len(plan.healthy)
    while time.monotonic() < gives_up and (
        sum(1 for _ in _delivered(plan, seen)) < expected or not {each.url for each in seen.attempts} >= {*plan.hostile}
    ):
        pause.wait(_LOOK_EVERY)
    # In another thread, because it waits for attempts that may have no end; no other is begun from now on.
    threading.Thread(target=dispatcher.stop, daemon=True).start()
    while _is_unfinished(seen, plan.patience + bystander.late):
        pause.wait(_LOOK_EVERY)
    now = time.monotonic()
    return {
        "missing": expected - sum(1 for _ in _delivered(plan, seen)),
        "delays": list(_delivered(plan, seen)),
        "attempts": [(each.url, each.seconds or now - each.began) for each in list(seen.attempts)],
        "addresses": sorted(seen.addresses),
        "read": {port: sum(counted) for port, counted in seen.read.items()},
        "late": bystander.late,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }


if __name__ == "__main__":
    print(json.dumps(_run(Plan(**json.load(sys.stdin)))), flush=True)
    # Without waiting for attempts that have no end: a sender without a deadline has such.
    os._exit(0)

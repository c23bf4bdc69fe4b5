"""A crowd in one process on a store of its own: ``python -P -m proof.crowd.alone SECONDS BUYERS``, on memory.

It prints what came of it in JSON: how much was asked, and everything that was wrong. The order in which transactions
ask for rows is watched too.
"""

from __future__ import annotations

import json
import sys
import threading

import attrs

from proof.crowd.client import Client, Story, act
from proof.crowd.many_lines import buy, watch
from proof.crowd.records import Record, log_of
from proof.crowd.shop import stock_up, unforeseen, verdict
from proof.lock_order import LockOrder, watched
from vectis_core import Vectis
from vectis_core.backends import open_store
from vectis_core.clock import SystemClock
from vectis_core.ids import RandomIds
from vectis_core.testing.calls import Call


@attrs.frozen
class Outcome:
    """What a crowd on its own came to."""

    calls: int
    #: Of watchers, at everything.
    looks: int
    transactions: int
    violations: list[str]


def main() -> None:
    """Run for so many seconds with so many buyers."""
    seconds, buyers = float(sys.argv[1]), int(sys.argv[2])
    clock, ids, order = SystemClock(), RandomIds(), LockOrder()
    store = watched(open_store("memory://", clock=clock, ids=ids), order)
    records: list[Record] = []
    with Vectis(store, clock=clock, ids=ids) as oms:
        stock_up(Client(oms, "visit", records.append), 12, 40)
        _act(oms, records, seconds, buyers)
        violations = verdict(records, oms)
    log = log_of(records)
    calls = [each for each in log if isinstance(each, Call)]
    circle = order.cycle()
    if circle:
        rows = " -> ".join(map(str, circle))
        violations.append(f"a deadlock: transactions ask for each of these before the next: {rows}")
    print(
        json.dumps(
            attrs.asdict(Outcome(len(calls), len(log) - len(calls), order.transactions, unforeseen(calls) + violations))
        )
    )


def _act(oms: Vectis, records: list[Record], seconds: float, buyers: int) -> None:
    stopping = threading.Event()
    threading.Timer(seconds, stopping.set).start()
    cast: list[tuple[Story, list[Client]]] = [
        (buy, [Client(oms, f"b{number}", records.append) for number in range(buyers)]),
        (watch, [Client(oms, "w", records.append)]),
    ]
    threads = [threading.Thread(target=act, args=(story, clients, stopping)) for story, clients in cast]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()

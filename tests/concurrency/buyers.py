"""A process of buyers, for tests of several processes on one file: ``python buyers.py STORY DATABASE ...``.

Each story prints one JSON line.
"""

from __future__ import annotations

import json
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from vectis_core import Address, InsufficientStock, Item, Vectis

ADDRESS = Address(name="Jane Smith", line1="123 Main St", city="Austin", country="US")


def wait_for(gate: str) -> None:
    """Wait until the parent opens the gate, so that all processes start at once."""
    Path(gate + f".{threading.get_native_id()}").touch()
    sys.stdin.readline()


def buy(oms: Vectis, external_id: str) -> str:
    """Order one piece, and return what became of it."""
    try:
        placed = oms.orders.create(external_id=external_id, items=[Item("W", 1, "1")], shipping_addresses=[ADDRESS])
    except InsufficientStock:
        return "sold out"
    return "bought" if placed.created else "known"


def sell_out(database: str, gate: str, name: str, threads: str, attempts: str) -> None:
    """Let threads buy one SKU together, each order with an id of its own."""
    with Vectis.open(database) as oms, ThreadPoolExecutor(int(threads)) as pool:
        wait_for(gate)
        outcomes = Counter(pool.map(lambda n: buy(oms, f"{name}-{n}"), range(int(attempts))))
    print(json.dumps(outcomes), flush=True)


def stampede(database: str, gate: str, threads: str) -> None:
    """Let threads ask for one and the same order."""
    with Vectis.open(database) as oms, ThreadPoolExecutor(int(threads)) as pool:
        wait_for(gate)
        outcomes = Counter(pool.map(lambda _: buy(oms, "the one"), range(int(threads))))
    print(json.dumps(outcomes), flush=True)


def open_new(database: str, gate: str) -> None:
    """Open a file that nobody has made yet, at the same moment as others."""
    wait_for(gate)
    with Vectis.open(database) as oms:
        print(json.dumps({"id": oms.store.database_id, "warehouses": oms.warehouses.list().page().total}), flush=True)


if __name__ == "__main__":
    {"sell_out": sell_out, "stampede": stampede, "open_new": open_new}[sys.argv[1]](*sys.argv[2:])

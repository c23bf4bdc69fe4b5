"""Far more buyers than pieces: exactly what there is gets sold, whoever else asks for it at the same moment.

That there is too little stock is the only refusal, and no buyer is refused who could have been served.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import attrs

from proof.builds import environment
from proof.crowd.parent import Crowd
from proof.crowd.sale import PIECES, Sale
from proof.crowd.shop import Shop
from proof.crowd.worker import Task
from proof.mutants.controls import READ_MODIFY_WRITE
from proof.programme import Finding, Proof, Size, fewer
from vectis_core import Vectis

#: After so many seconds a sale has not ended by itself.
_PATIENCE = 300


@attrs.frozen
class _Plan:
    seeds: int
    #: Of each client.
    attempts: int
    processes: int = 4
    #: In each process; on memory all of them are in one.
    clients: int = 16


_PLANS = {Size.FEW: _Plan(1, 30, processes=2), Size.FULL: _Plan(20, 313)}


def run(size: Size, folder: Path) -> Finding:
    """Hold a sale for each seed, on memory and on SQLite."""
    plan = _PLANS[size]
    build = environment(None, folder)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        memory = list(pool.map(lambda seed: _on_memory(seed, plan, build), range(plan.seeds)))
    sqlite = [_on_sqlite(seed, plan, folder, build) for seed in range(plan.seeds)]
    violations = [*_named("memory", memory), *_named("SQLite", sqlite)]
    wanted = plan.processes * plan.clients * plan.attempts
    for sale in (*memory, *sqlite):
        violations += fewer("attempts", sale.attempts, wanted)
        if sale.sold < PIECES:
            violations.append(f"only {sale.sold:,} of {PIECES:,} pieces were sold")
    return Finding(
        f"{plan.seeds} seeds x 2 stores x {sqlite[0].attempts:,} attempts of {plan.processes * plan.clients} clients,"
        f" on SQLite in {plan.processes} processes, for {PIECES:,} pieces",
        f"sold on memory {_range(memory)}, on SQLite {_range(sqlite)};"
        f" {sum(sale.refused for sale in (*memory, *sqlite)):,} refused rightly",
        violations,
    )


def _named(store: str, sales: Iterable[Sale]) -> list[str]:
    return [f"{store}, seed {seed}: {each}" for seed, sale in enumerate(sales) for each in sale.violations]


def _range(sales: Iterable[Sale]) -> str:
    sold = [sale.sold for sale in sales]
    return f"{min(sold):,} to {max(sold):,}" if min(sold) < max(sold) else f"{sold[0]:,}"


def control(_size: Size, folder: Path) -> Finding:
    """Hold one on SQLite with a build that reads stock, lets others write, and then writes what it made of it."""
    sale = _on_sqlite(0, _PLANS[Size.FEW], folder, environment(READ_MODIFY_WRITE, folder))
    oversold = [each for each in sale.violations if "pieces were sold" in each]
    return Finding(f"{sale.attempts:,} attempts", f"{sale.sold:,} of {PIECES:,} pieces sold", oversold)


def _on_memory(seed: int, plan: _Plan, build: Mapping[str, str]) -> Sale:
    clients = plan.processes * plan.clients
    command = [sys.executable, "-P", "-m", "proof.crowd.sale", str(seed), str(clients), str(plan.attempts)]
    done = subprocess.run(command, env=dict(build), stdout=subprocess.PIPE, check=True, timeout=_PATIENCE)
    return Sale(**json.loads(done.stdout))


def _on_sqlite(seed: int, plan: _Plan, folder: Path, build: Mapping[str, str]) -> Sale:
    shop = Shop(f"sqlite:///{folder}/sale{seed}.db", skus=1, pieces=PIECES)
    tasks = [
        Task(shop.url, f"s{seed}p{number}", plan.clients, "proof.crowd.sale:buy", {"attempts": plan.attempts})
        for number in range(plan.processes)
    ]
    with Crowd(tasks, build) as crowd:
        crowd.go()
        crowd.wait(_PATIENCE)
    with Vectis.open(shop.url) as oms:
        return Sale.of([*shop.records, *crowd.records()], oms)


PROOF = Proof(
    number=9,
    name="sell-out",
    rule="in a rush for one SKU never more is sold than there is, nobody is refused whom stock was there for, and"
    " nothing else goes wrong",
    run=run,
    control=control,
    bad="a build that reads, lets others write, and then writes (read-modify-write)",
)

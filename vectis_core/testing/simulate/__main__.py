"""Simulate trading days from seeds, tell their story, and make that of a bad one short."""

from __future__ import annotations

import argparse
import shlex
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import attrs

from vectis_core.testing.simulate.plan import Plan
from vectis_core.testing.simulate.planning import Shape, planned
from vectis_core.testing.simulate.shrinking import shrunk
from vectis_core.testing.simulate.simulation import Simulated, simulate

_SHAPE = Shape()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run as the command line says; returns 1 where something was found wrong."""
    asked = _parser().parse_args(arguments)
    shape = Shape(asked.days, asked.commands, asked.clients, asked.processes, asked.workers)
    bad = 0
    for seed in range(asked.seed, asked.seed + asked.seeds):
        plan = planned(seed, shape)
        if asked.keep is not None:
            kept = set(asked.keep)
            plan = attrs.evolve(plan, steps=tuple(step for step in plan.steps if step.number in kept))
        simulated = _run(plan, asked.store)
        if simulated.violations and asked.count:
            bad += 1
            print(f"seed {seed}: {simulated.violations[0]}; digest {simulated.digest}")
            continue
        if simulated.violations:
            _tell_of_bad(asked, seed, plan, simulated)
            return 1
        if asked.seeds == 1:
            _tell(simulated)
        print(f"seed {seed}: all is well after {simulated.calls} calls and looks; digest {simulated.digest}")
    if asked.count:
        print(f"{bad} of {asked.seeds} seeds are bad")
    return int(bad > 0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m vectis_core.testing.simulate", description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="the seed, or the first of them")
    parser.add_argument("--seeds", type=int, default=1, help="how many, up to the first that is bad")
    parser.add_argument("--days", type=int, default=_SHAPE.days)
    parser.add_argument("--commands", type=int, default=_SHAPE.commands, help="a day, about")
    parser.add_argument("--clients", type=int, default=_SHAPE.clients, choices=range(1, 65), metavar="1..64")
    parser.add_argument("--processes", type=int, default=_SHAPE.processes)
    parser.add_argument(
        "--workers", type=int, default=_SHAPE.workers, help="that deliver webhooks; without any there are no webhooks"
    )
    parser.add_argument(
        "--store",
        default="memory://",
        help="the URL of a database; {folder} in it is an empty folder for each run, as in sqlite:///{folder}/shop.db",
    )
    parser.add_argument("--keep", type=_numbers, help="the numbers of the only steps to take, as a short story names")
    parser.add_argument("--count", action="store_true", help="go on after a bad seed, and say how many there are")
    parser.add_argument("--no-shrink", action="store_true", help="leave a bad story as long as it is")
    return parser


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in text.split(","))


def _run(plan: Plan, url: str) -> Simulated:
    if "{folder}" not in url:
        return simulate(plan, url)
    with tempfile.TemporaryDirectory(prefix="vectis-simulated-") as folder:
        return simulate(plan, url.replace("{folder}", str(Path(folder).resolve())))


def _tell(simulated: Simulated) -> None:
    for line in simulated.story.lines():
        print(line)


def _tell_of_bad(asked: argparse.Namespace, seed: int, plan: Plan, simulated: Simulated) -> None:
    print(f"seed {seed}: {simulated.violations[0]}; digest {simulated.digest}")
    if asked.no_shrink or ("{folder}" not in asked.store and asked.store != "memory://"):
        # A database that is given as it is has been written to, and serves no second run.
        _tell(simulated)
        return
    short = shrunk(plan, lambda cut: _run(cut, asked.store))
    again = _run(short, asked.store)
    print(f"{len(short.steps)} of its {len(plan.steps)} steps are enough:")
    _tell(again)
    for violation in again.violations:
        print(f"VIOLATION {violation}")
    print(f"To see it again: {_command(asked, seed, short)}")
    sys.stdout.flush()


def _command(asked: argparse.Namespace, seed: int, short: Plan) -> str:
    words = ["python", "-m", "vectis_core.testing.simulate", "--seed", str(seed)]
    for name in ("days", "commands", "clients", "processes", "workers"):
        if getattr(asked, name) != getattr(_SHAPE, name):
            words += [f"--{name}", str(getattr(asked, name))]
    if asked.store != "memory://":
        words += ["--store", asked.store]
    words += ["--keep", ",".join(str(step.number) for step in short.steps)]
    return shlex.join(words)


if __name__ == "__main__":
    sys.exit(main())

"""Simulated trading days, on memory and on SQLite, from many seeds; known bugs put back, each to be found and told."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import attrs

from proof.builds import Mutant, environment
from proof.mutants.controls import ANSWER_BEFORE_COMMIT, BALANCE_WITHOUT_ROW, RELEASED_TWICE
from proof.programme import Finding, Proof, Size
from proof.work import in_memory, spread
from vectis_core.testing.simulate import Shape, planned, simulate

_MODULE = "vectis_core.testing.simulate"
SQLITE = "sqlite:///{folder}/shop.db"
#: How many seeds: on memory, on SQLite, and replayed by another process.
_SEEDS = {Size.FEW: (60, 5, 5), Size.FULL: (100_000, 1_000, 300)}
#: The first seeds from which each bug is looked for: one run of the control, or three.
_STARTS = {Size.FEW: (0,), Size.FULL: (0, 10_000, 20_000)}
#: Within so many seeds a bug must be found.
_PATIENCE = 1_000
_PIECE = 100
_BUGS = (RELEASED_TWICE, BALANCE_WITHOUT_ROW, ANSWER_BEFORE_COMMIT)


@attrs.frozen
class Piece:
    """Some seeds in a row, on one kind of store."""

    url: str
    first: int
    seeds: int
    folder: Path
    shape: Shape = Shape()


@attrs.frozen
class Tried:
    """What became of a piece."""

    calls: int
    #: Requests that came to endpoints of webhooks.
    requests: int
    violations: tuple[str, ...]


def tried(piece: Piece) -> Tried:
    """Simulate the days of a piece."""
    calls, requests, violations = 0, 0, []
    for seed in range(piece.first, piece.first + piece.seeds):
        with tempfile.TemporaryDirectory(dir=piece.folder) as folder:
            simulated = simulate(planned(seed, piece.shape), piece.url.replace("{folder}", folder))
        calls += simulated.calls
        requests += simulated.requests
        if simulated.violations:
            again = f"python -m {_MODULE} --seed {seed} --store {piece.url} {' '.join(options(piece.shape))}"
            violations.append(f"{simulated.violations[0]}; to see it again: {again}")
    return Tried(calls, requests, tuple(violations))


def options(shape: Shape) -> list[str]:
    """Return what the simulator's command line must be told for days of a shape."""
    usual = attrs.asdict(Shape())
    return [
        word
        for name, value in attrs.asdict(shape).items()
        if value != usual[name]
        for word in (f"--{name}", str(value))
    ]


def pieces(url: str, seeds: int, folder: Path, shape: Shape = Shape()) -> Iterator[Piece]:  # noqa: B008 - frozen
    """Cut so many seeds into pieces."""
    for first in range(0, seeds, _PIECE):
        yield Piece(url, first, min(_PIECE, seeds - first), folder, shape)


def tried_all(size: Size, pieces: Iterable[Piece]) -> list[Tried]:
    """Simulate all of it."""
    one_by_one: Callable[..., Iterator[Tried]] = map
    # A few are done before other processes have started.
    return list((one_by_one if size is Size.FEW else spread)(tried, pieces))


def run(size: Size, folder: Path) -> Finding:
    """Simulate a short day from every seed, and some of them again in another process."""
    on_memory, on_sqlite, replayed = _SEEDS[size]
    with in_memory(folder) as memory:
        days = tried_all(size, [*pieces("memory://", on_memory, memory), *pieces(SQLITE, on_sqlite, memory)])
    violations = [violation for each in days for violation in each.violations]
    violations += differing(replayed, folder)
    return Finding(
        size=f"{on_memory:,} seeds on memory, {on_sqlite:,} on SQLite, {replayed:,} replayed in another process",
        figures=f"{sum(each.calls for each in days):,} calls and looks judged, {len(violations)} violations",
        violations=violations,
    )


def differing(seeds: int, folder: Path, shape: Shape = Shape()) -> Iterator[str]:  # noqa: B008 - frozen
    """Yield each seed whose digest is another in a process with other hashes."""
    told = simulator(None, folder, "--seeds", str(seeds), *options(shape), hashes="7")
    digests = dict(re.findall(r"^seed (\d+): .* digest (\w+)$", told, re.MULTILINE))
    for seed in range(seeds):
        here = simulate(planned(seed, shape)).digest
        if digests.get(str(seed)) != here:
            yield f"seed {seed} gives digest {here} here and {digests.get(str(seed))} in another process"


def simulator(bug: Mutant | None, folder: Path, *arguments: str, hashes: str = "0") -> str:
    """Return what the simulator's command line prints, run on a build with the bug in it."""
    completed = subprocess.run(
        [sys.executable, "-m", _MODULE, *arguments],
        cwd=folder,  # not where the product lies, which would come before the build with the bug
        env={**environment(bug, folder), "PYTHONHASHSEED": hashes},
        capture_output=True,
        text=True,
        check=False,
    )
    if completed.returncode not in {0, 1} or "Traceback" in completed.stderr:
        raise RuntimeError(completed.stderr)
    return completed.stdout


def control(size: Size, folder: Path) -> Finding:
    """Look for each bug, from the first seed on; unless each is found every time, none counts."""
    found: list[str] = []
    missed: list[str] = []
    for bug in _BUGS:
        for start in _STARTS[size]:
            told = simulator(bug, folder, "--seed", str(start), "--seeds", str(_PATIENCE))
            story = re.search(
                r"^seed (\d+): (?!all is well)(.*); digest.*\n(\d+) of its (\d+) steps", told, re.MULTILINE
            )
            again = re.search(r"^To see it again: (.*)$", told, re.MULTILINE)
            if story is None or again is None:
                missed.append(f"{bug.name} from seed {start}")
                continue
            seed, wrong, short, whole = story.groups()
            found.append(f"{bug.name}: seed {seed}, {short} of {whole} steps; {wrong}; {again[1]}")
    return Finding(
        size=f"{len(_BUGS)} bugs x {len(_STARTS[size])} runs of at most {_PATIENCE:,} seeds",
        figures=f"missed: {', '.join(missed)}" if missed else "; ".join(text.split(";")[0] for text in found),
        violations=[] if missed else found,
    )


PROOF = Proof(
    number=23,
    name="simulation",
    rule="whatever clients, crashes, faults and clocks do, judge and verify find nothing, and a seed replays exactly",
    run=run,
    control=control,
    bad="three bugs put back by hand",
)

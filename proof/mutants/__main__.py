"""Put each known fault into the product, and see that the tests which it names find it; prints one Markdown table."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from proof.mutants.running import Verdict, sound, verdicts
from proof.mutants.table import MUTANTS


def main() -> None:
    """Run as the command line says; exits with 1 where a mutant survives or its tests fail without it."""
    parser = argparse.ArgumentParser(prog="python -m proof.mutants", description=__doc__)
    names = [mutant.name for mutant in MUTANTS]
    parser.add_argument("--only", action="append", choices=names, metavar="NAME", help="may be repeated")
    parser.add_argument("--list", action="store_true", help="tell the names and the faults, and run nothing")
    arguments = parser.parse_args()
    wanted = [mutant for mutant in MUTANTS if arguments.only is None or mutant.name in arguments.only]
    if arguments.list:
        for mutant in wanted:
            print(f"{mutant.name}: {mutant.fault}")
        return
    started = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="vectis-mutants-") as folder:
        healthy = sound(wanted, Path(folder))
        if not healthy.is_as_wanted:
            sys.exit(f"Without any fault: {healthy.killer or healthy.problem}")
        say(f"sound: all named tests pass ({healthy.seconds:.0f} s)")
        found = []
        for verdict in verdicts(wanted, Path(folder)):
            found.append(verdict)
            say(f"{verdict.mutant.name if verdict.mutant else ''}: {_came_to(verdict)} ({verdict.seconds:.0f} s)")
    killed = sum(verdict.is_as_wanted for verdict in found)
    print(f"{killed} of {len(found)} killed; {time.perf_counter() - started:.0f} s in all\n\n{table(found)}")
    sys.exit(killed < len(found))


def table(found: Sequence[Verdict]) -> str:
    """Return the verdicts in Markdown."""
    lines = ["| mutant | fault | killed by | s |", "|---|---|---|---|"]
    for verdict in found:
        if verdict.mutant is not None:
            cells = [verdict.mutant.name, verdict.mutant.fault, _came_to(verdict), f"{verdict.seconds:.0f}"]
            lines.append("| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |")
    return "\n".join(lines)


def _came_to(verdict: Verdict) -> str:
    return verdict.problem or verdict.killer or "**nothing: it survives**"


def say(text: str) -> None:
    """Tell the person who waits."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()

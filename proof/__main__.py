"""Prove everything, or what is named, and print one Markdown table."""

from __future__ import annotations

import argparse
import os
import platform
import sqlite3
import sys
import tempfile
import time
import traceback
from pathlib import Path

from proof.programme import Finding, Proof, Size, Trial
from proof.proofs import PROOFS
from proof.table import Row, programme, table

#: So many violations of a kind are printed; the table has their number.
_SHOWN = 10


def main() -> None:
    """Run as the command line says; exits with 1 where a rule was broken or a control went unnoticed."""
    parser = argparse.ArgumentParser(prog="python -m proof", description=__doc__)
    parser.add_argument("--list", action="store_true", help="print the programme instead")
    parser.add_argument("--few", action="store_true", help="a few of everything, as the tests run it")
    parser.add_argument("--only", action="append", choices=[proof.name for proof in PROOFS], help="may be repeated")
    parser.add_argument(
        "--directory", type=Path, default=Path(tempfile.gettempdir()), help="where databases are made: on a real disk"
    )
    arguments = parser.parse_args()
    if arguments.list:
        print(programme(PROOFS))
        return
    size = Size.FEW if arguments.few else Size.FULL
    started = time.perf_counter()
    wanted = [proof for proof in PROOFS if arguments.only is None or proof.name in arguments.only]
    rows = [prove(proof, size, arguments.directory) for proof in wanted]
    print(
        f"{os.cpu_count()} cores, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version};"
        f" {time.perf_counter() - started:.0f} s in all\n\n{table(rows)}"
    )
    sys.exit(not all(row.holds for row in rows))


def prove(proof: Proof, size: Size, directory: Path) -> Row:
    """Run a proof and its control, and tell about it on the way."""
    started = time.perf_counter()
    say(f"{proof.number} {proof.name}: {proof.rule}")
    run = _tried(proof.run, size, directory)
    if run.broke:
        say(f"  broke: {run.broke}")
    for violation in run.violations[:_SHOWN]:
        say(f"  VIOLATION {violation}")
    control = _tried(proof.control, size, directory)
    if control.broke:
        say(f"  the control broke: {control.broke}")
    for violation in control.violations[:1]:
        say(f"  control ({proof.bad}): {violation}")
    row = Row(proof, run, control, time.perf_counter() - started)
    say(f"  {'holds' if row.holds else 'FAILED'}: {run.size}; {run.figures} ({row.seconds:.0f} s)")
    return row


def _tried(trial: Trial, size: Size, directory: Path) -> Finding:
    """Try it; a trial that breaks is no reason to lose what the others find."""
    with tempfile.TemporaryDirectory(prefix="vectis-proof-", dir=directory) as folder:
        try:
            return trial(size, Path(folder))
        except Exception:  # noqa: BLE001 - whatever it is, the row says so
            return Finding("", broke=traceback.format_exc())


def say(text: str) -> None:
    """Tell the person who waits."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()

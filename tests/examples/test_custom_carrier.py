"""A carrier of somebody else's, in a package of its own, is found, proved and followed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from installing import installed

PACKAGE = Path(__file__).parents[2] / "examples" / "custom_carrier"


def test_its_own_tests_pass(tmp_path: Path) -> None:
    """Its tests, which end with a parcel that arrives, all pass once it is installed."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(PACKAGE), str(PACKAGE)]
    environment = installed(PACKAGE, tmp_path)
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout
    summary = done.stdout.strip().splitlines()[-1]
    assert "skipped" not in summary
    assert int(summary.split()[0]) >= 10, summary


def test_the_command_explains_its_payloads(tmp_path: Path) -> None:
    """What is installed beside Vectis is explained by ``vectis carriers`` like what is part of it."""
    body = '{"flights": [{"ring": "NL-1", "sightings": [{"code": "HAWK", "at": "2026-09-11T08:15:00Z"}]}]}'
    command = [sys.executable, "-m", "vectis_cli", "carriers", "explain", "-"]
    environment = installed(PACKAGE, tmp_path)
    done = subprocess.run(command, env=environment, input=body, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Read as a push of pigeon: 1 event\n")
    assert "a guess, nobody knows for sure" in done.stdout


def test_it_knows_no_carrier_of_ours() -> None:
    """It is written against the core alone."""
    source = (PACKAGE / "vectis_pigeon" / "__init__.py").read_text()
    assert "vectis_carriers" not in source

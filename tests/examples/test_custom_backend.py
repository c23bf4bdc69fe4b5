"""A backend of somebody else's, in a package of its own, passes what is asked of backends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from installing import installed

PACKAGE = Path(__file__).parents[2] / "examples" / "custom_backend"


def test_it_passes_the_suite_and_the_machine(tmp_path: Path) -> None:
    """Its own tests, which are the conformance suite, the state machine and those of its file, all pass."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(PACKAGE), str(PACKAGE)]
    environment = installed(PACKAGE, tmp_path)
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout
    summary = done.stdout.strip().splitlines()[-1]
    assert "skipped" not in summary
    assert int(summary.split()[0]) >= 80, summary


def test_it_knows_the_ports_alone() -> None:
    """It uses nothing of the backends that are part of Vectis, and nothing of the core's that is private."""
    sources = [path.read_text() for path in (PACKAGE / "vectis_shelf").glob("*.py")]

    assert len(sources) >= 6
    for source in sources:
        assert "vectis_memory" not in source
        assert "vectis_sqlite" not in source
        assert "vectis_core.engine" not in source

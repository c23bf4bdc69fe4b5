"""A backend of somebody else's, in a package of its own, passes what is asked of backends."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "examples" / "custom_backend"


def installed(folder: Path) -> dict[str, str]:
    """Return an environment in which the example is installed, by the metadata that installing it would write."""
    project = tomllib.loads((PACKAGE / "pyproject.toml").read_text())["project"]
    metadata = folder / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    )
    groups = project["entry-points"].items()
    lines = [f"[{group}]\n" + "\n".join(f"{name} = {place}" for name, place in rows.items()) for group, rows in groups]
    (metadata / "entry_points.txt").write_text("\n".join(lines))
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(PACKAGE), str(folder)]), "PYTHONDONTWRITEBYTECODE": "1"}


def test_it_passes_the_suite_and_the_machine(tmp_path: Path) -> None:
    """Its own tests, which are the conformance suite, the state machine and those of its file, all pass."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(PACKAGE), str(PACKAGE)]
    environment = installed(tmp_path)
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

"""Packages of somebody else's, as if they were installed."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path


def installed(package: Path, folder: Path) -> dict[str, str]:
    """Return an environment in which *package* is installed, by the metadata that installing it would write."""
    project = tomllib.loads((package / "pyproject.toml").read_text())["project"]
    metadata = folder / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    )
    groups = project["entry-points"].items()
    lines = [f"[{group}]\n" + "\n".join(f"{name} = {place}" for name, place in rows.items()) for group, rows in groups]
    (metadata / "entry_points.txt").write_text("\n".join(lines))
    paths = [str(package), str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONDONTWRITEBYTECODE": "1"}

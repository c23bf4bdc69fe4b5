"""``make audit``: are advisories known for what is installed? With ``--strict``, it fails where nobody could be asked.

The answer comes from pip-audit, which asks PyPI. It says that no vulnerability is known of a package, and ends well,
even where PyPI could not be asked about it; here only what was asked about counts, and that nobody was asked is said.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any


def main(arguments: list[str]) -> int:
    """Audit what is installed beside this interpreter; return 1 for advisories, 2 where a strict audit was not made."""
    with tempfile.TemporaryDirectory() as folder:
        found, why = _audited(Path(folder))
    asked = [each for each in found if "vulns" in each]
    bad = [each for each in asked if each["vulns"]]
    for each in bad:
        print(f"{each['name']} {each['version']}: {', '.join(flaw['id'] for flaw in each['vulns'])}")
    if not asked:
        print(f"NO AUDIT WAS MADE: no source of advisories could be asked from here ({why})", file=sys.stderr)
    else:
        skipped = len(found) - len(asked)
        print(f"{len(asked)} packages audited, {len(bad)} with advisories, {skipped} that nobody could be asked about")
    if bad:
        return 1
    return 2 if "--strict" in arguments and len(asked) < max(len(found), 1) else 0


def _audited(folder: Path) -> tuple[list[dict[str, Any]], str]:
    """Return what pip-audit says of each package, and why it says nothing where it does not."""
    frozen = _run(sys.executable, "-m", "pip", "freeze", "--exclude-editable")
    requirements = folder / "requirements.txt"
    requirements.write_text(frozen.stdout, encoding="utf-8")
    python = str(folder / "bin" / "python")
    _run(sys.executable, "-m", "venv", str(folder))
    # Apart from the product, whose own packages it would change.
    installed = _run(python, "-m", "pip", "install", "--quiet", "pip-audit>=2.7")
    if installed.returncode:
        return [], f"pip-audit cannot be had: {_last(installed.stderr)}"
    how = ("--no-deps", "--disable-pip", "--format", "json", "--requirement", str(requirements))
    done = _run(python, "-m", "pip_audit", *how)
    try:
        found: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        return [], _last(done.stderr)
    return found, next((each["skip_reason"] for each in found if "skip_reason" in each), "nothing is installed")


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, check=False, capture_output=True, text=True)


def _last(text: str) -> str:
    return (text.strip().splitlines() or ["it said nothing"])[-1]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Known-bad builds of the product: the packages copied, with one place changed, for programs that run beside us."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import attrs

ROOT = Path(__file__).parents[1]
#: The folders that are on the import path of a development install.
_SOURCES = (".", "backends", "adapters")


@attrs.frozen
class Mutant:
    """One semantic fault: a text in a file of the product, and the wrong one in its place."""

    name: str
    #: Relative to the repository.
    file: str
    #: Stands in the file exactly once.
    before: str
    after: str
    #: What the fault is, as a reviewer would put it.
    fault: str
    #: The tests that fail because of it, as arguments for pytest.
    killed_by: tuple[str, ...]


def environment(mutant: Mutant | None, folder: Path) -> dict[str, str]:
    """Return the environment in which a Python program imports the product as it is, or with the *mutant* in it.

    The changed copy is made in *folder*. Raises ``ValueError`` where the text to change is not there exactly once:
    the product has moved on, and the mutant must follow.
    """
    if mutant is None:
        return dict(os.environ)
    copy = folder / f"build-{mutant.name}"
    if not copy.exists():
        _copied(mutant, copy)
    path = os.pathsep.join(str(copy / source) for source in _SOURCES)
    return {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}


def _copied(mutant: Mutant, copy: Path) -> None:
    text = (ROOT / mutant.file).read_text()
    if text.count(mutant.before) != 1:
        raise ValueError(
            f"mutant {mutant.name}: {mutant.before!r} stands {text.count(mutant.before)}x in {mutant.file}"
        )
    for part in ("vectis_core", "backends", "adapters"):
        shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / mutant.file).write_text(text.replace(mutant.before, mutant.after))

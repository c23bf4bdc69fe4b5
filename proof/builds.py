"""Known-bad builds of the product: the packages copied, with one place changed, for programs that run beside us."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs

ROOT = Path(__file__).parents[1]
#: The folders that are on the import path of a development install.
_SOURCES = (".", "backends", "adapters")
#: The folders that hold the product.
PACKAGES = ("vectis_core", "backends", "adapters")


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
        made(mutant, copy)
    return importing_from(copy)


def importing_from(copy: Path) -> dict[str, str]:
    """Return the environment in which a Python program imports the product from *copy*."""
    path = os.pathsep.join(str(copy / source) for source in _SOURCES)
    return {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}


def driven_from_here(build: Mapping[str, str]) -> dict[str, str]:
    """Return the environment *build* for a program of ours: the product comes from there, the rest from here."""
    return {**build, "PYTHONPATH": os.pathsep.join(filter(None, [build.get("PYTHONPATH"), *sys.path]))}


def made(mutant: Mutant | None, copy: Path, parts: Sequence[str] = PACKAGES) -> None:
    """Make a build in *copy* out of *parts* of the repository; raises ``ValueError`` like ``environment``."""
    text = faulty_text(mutant) if mutant is not None else ""
    copy.mkdir(parents=True)
    for part in parts:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / part, copy / part)
    if mutant is not None:
        (copy / mutant.file).write_text(text)


def faulty_text(mutant: Mutant) -> str:
    """Return the mutant's file with the fault in it; raises ``ValueError`` like ``environment``."""
    text = (ROOT / mutant.file).read_text()
    if text.count(mutant.before) != 1:
        raise ValueError(
            f"mutant {mutant.name}: {mutant.before!r} stands {text.count(mutant.before)}x in {mutant.file}"
        )
    return text.replace(mutant.before, mutant.after)

"""Compiles the libraries that are loaded before a program's own, and says how a program is run with one."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

_SOURCES = Path(__file__).parent
_WARNINGS = ("-Wall", "-Wextra", "-Werror")


class NoCompiler(Exception):
    """There is nothing to compile C with."""


def build(name: str, folder: Path) -> Path:
    """Compile ``<name>.c`` of this package into *folder* and return the library.

    Raises ``NoCompiler`` where there is none, and ``subprocess.CalledProcessError`` where it refuses.
    """
    compiler = os.environ.get("CC") or shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise NoCompiler("A C compiler is needed: on Debian and Ubuntu 'apt-get install gcc libc6-dev'")
    library = folder / f"{name}.so"
    command = [compiler, "-O2", *_WARNINGS, "-shared", "-fPIC", "-pthread", "-o", str(library)]
    subprocess.run([*command, str(_SOURCES / f"{name}.c"), "-ldl"], check=True)
    return library


def preloaded(library: Path, watched: Path, base: Mapping[str, str]) -> dict[str, str]:
    """Return the environment *base* with *library* in it, looking at the files under the folder *watched*."""
    return {**base, "LD_PRELOAD": str(library), "VECTIS_PROOF_FOLDER": str(watched.resolve())}

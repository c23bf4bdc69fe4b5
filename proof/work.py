"""Spreading independent pieces of a proof over the processors, and keeping off the disk where it is no part of it."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

P = TypeVar("P")
R = TypeVar("R")

_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder that nobody else knows is made in it


@contextmanager
def in_memory(otherwise: Path | None = None) -> Iterator[Path]:
    """Yield an empty folder in memory, or in the folder *otherwise* where the system has no such place."""
    place = _MEMORY if _MEMORY.is_dir() else otherwise
    with tempfile.TemporaryDirectory(prefix="vectis-proof-", dir=place) as folder:
        yield Path(folder)


def spread(work: Callable[[P], R], pieces: Iterable[P]) -> Iterator[R]:
    """Yield what *work* returns for each piece, in their order, computed by as many processes as there are processors.

    *work* is a function of a module and takes and returns what can be pickled. The processes are started anew, not
    forked: an open database does not survive a fork.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), mp_context=context) as pool:
        yield from pool.map(work, pieces)

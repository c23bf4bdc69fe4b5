"""Spreading independent pieces of a proof over the processors."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

P = TypeVar("P")
R = TypeVar("R")


def spread(work: Callable[[P], R], pieces: Iterable[P]) -> Iterator[R]:
    """Yield what *work* returns for each piece, in their order, computed by as many processes as there are processors.

    *work* is a function of a module and takes and returns what can be pickled. The processes are started anew, not
    forked: an open database does not survive a fork.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), mp_context=context) as pool:
        yield from pool.map(work, pieces)

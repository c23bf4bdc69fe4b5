"""Where the time goes: a thread looks at the stacks of all others every millisecond, and counts by section.

``python -m benchmarks.sampling MODULE ARGUMENT...`` runs a module so, and prints the table when it ends. A thread is
counted in the section of the innermost frame that belongs to one; a thread that waits is not counted. The sampler
itself waits for the interpreter's lock, so sections that hold it long are told a little short.
"""

from __future__ import annotations

import json
import os
import runpy
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType

import attrs

#: Part of a file's path, name of a function (``*`` for any), and the section they belong to; the first match counts.
SECTIONS = (
    ("vectis_sqlite/", "commit", "SQLite: commit (write and sync)"),
    ("vectis_sqlite/", "begin", "SQLite: begin, lock"),
    ("vectis_sqlite/", "rollback", "SQLite: rollback"),
    ("vectis_sqlite/writ", "*", "SQLite: flush"),
    ("vectis_sqlite/flush", "*", "SQLite: flush"),
    ("vectis_sqlite/view", "*", "SQLite: read"),
    ("vectis_sqlite/", "*", "SQLite: load, open, else"),
    ("vectis_core/checking", "*", "check, fingerprint"),
    ("vectis_core/constraints", "*", "check, fingerprint"),
    ("vectis_core/commands", "*", "check, fingerprint"),
    ("vectis_core/handlers/", "*", "decide"),
    ("vectis_core/unit_of_work", "*", "unit of work"),
    ("vectis_core/engine/", "*", "engine: queue, batch"),
    ("vectis_core/", "*", "core, else"),
    ("vectis_http/json_codec", "*", "HTTP: JSON"),
    ("vectis_http/converter", "*", "HTTP: decode"),
    ("vectis_http/access/", "*", "HTTP: token, limit"),
    ("vectis_http/gate", "*", "HTTP: token, limit"),
    ("vectis_http/render", "*", "HTTP: render"),
    ("vectis_http/", "*", "HTTP: steps, else"),
    ("vectis_asgi/", "*", "ASGI face"),
    ("uvicorn/", "*", "uvicorn, event loop"),
    ("asyncio/", "*", "uvicorn, event loop"),
    ("benchmarks/", "*", "the benchmark itself"),
)
_WAITS = frozenset({"wait", "wait_for", "acquire", "select", "poll", "join", "get", "accept", "sleep"})
_WAIT_FILES = ("threading.py", "selectors.py", "queue.py", "engine/tickets.py", "concurrent/futures/thread.py")


@attrs.define
class Sampler:
    """Counts samples by section."""

    counts: Counter[str] = attrs.Factory(Counter)
    _stopped: threading.Event = attrs.Factory(threading.Event)

    @contextmanager
    def sampling(self) -> Iterator[None]:
        """Sample for the length of the block."""
        before = sys.getswitchinterval()
        sys.setswitchinterval(0.0002)
        thread = threading.Thread(target=self._sample, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stopped.set()
            thread.join()
            sys.setswitchinterval(before)

    def _sample(self) -> None:
        me = threading.get_ident()
        while not self._stopped.is_set():
            time.sleep(0.001)
            for ident, frame in sys._current_frames().items():
                if ident != me:
                    self._count(frame)

    def _count(self, innermost: FrameType) -> None:
        code = innermost.f_code
        if code.co_name in _WAITS and code.co_filename.endswith(_WAIT_FILES):
            return
        frame: FrameType | None = innermost
        while frame is not None:
            section = section_of(frame.f_code.co_filename, frame.f_code.co_name)
            if section is not None:
                self.counts[section] += 1
                return
            frame = frame.f_back

    def shares(self) -> Mapping[str, float]:
        """Return each section's share, largest first."""
        total = sum(self.counts.values()) or 1
        return {name: count / total for name, count in self.counts.most_common()}


def section_of(path: str, function: str) -> str | None:
    """Return the section that a function of a file belongs to."""
    for part, name, section in SECTIONS:
        if part in path and name in {"*", function}:
            return section
    return None


def main() -> None:
    """Run a module under the sampler, as ``python -m`` would, and write what it saw."""
    module, *arguments = sys.argv[1:]
    sys.argv = [module, *arguments]
    sampler = Sampler()
    try:
        with sampler.sampling():
            runpy.run_module(module, run_name="__main__", alter_sys=True)
    finally:
        with open(os.environ["VECTIS_SAMPLES"], "w") as out:  # noqa: PTH123 - a file of ours
            json.dump(sampler.shares(), out)


if __name__ == "__main__":
    main()

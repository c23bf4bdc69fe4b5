"""Where the time goes, by section: the innermost frame that belongs to one decides.

``alone`` is for one thread, which a timer's signal interrupts: it is exact. ``sampling`` is for many: a thread looks at
the stacks of all others, and adds what each has computed since the last look, or, in SQLite, where threads wait for
the disk, the time that passed. It needs the interpreter's lock to look, so what is done without it (SQLite, input
and output) comes out a little large.

``python -m benchmarks.sampling MODULE ARGUMENT...`` runs a module under ``sampling``, and writes the shares to the
file that ``VECTIS_SAMPLES`` names.
"""

from __future__ import annotations

import json
import os
import runpy
import signal
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from operator import itemgetter
from pathlib import Path
from types import FrameType

import attrs

#: Part of a file's path, name of a function (``*`` for any), and the section they belong to; the first match counts.
SECTIONS = (
    ("vectis_sqlite/", "commit", "SQLite: commit (write and sync)"),
    ("vectis_sqlite/", "begin", "SQLite: begin, lock"),
    ("vectis_sqlite/", "rollback", "SQLite: rollback"),
    ("vectis_sqlite/rows", "*", "rows from and to entities"),
    ("vectis_sqlite/writing", "*", "SQLite: flush"),
    ("vectis_sqlite/", "*", "SQLite: load, else"),
    ("vectis_core/checking", "*", "check, fingerprint"),
    ("vectis_core/constraints", "*", "check, fingerprint"),
    ("vectis_core/commands", "*", "check, fingerprint"),
    ("vectis_core/handlers/", "*", "decide"),
    ("vectis_core/identity_map", "*", "unit of work"),
    ("vectis_core/unit_of_work", "*", "unit of work"),
    ("vectis_core/engine/", "*", "engine: queue, batch"),
    ("vectis_core/", "*", "core, else"),
    ("vectis_http/json_codec", "*", "HTTP: JSON"),
    ("vectis_http/converter", "*", "HTTP: decode"),
    ("vectis_http/access/", "*", "HTTP: token, limit"),
    ("vectis_http/gate", "*", "HTTP: token, limit"),
    ("<shape ", "*", "HTTP: render"),
    ("vectis_http/", "*", "HTTP: steps, else"),
    ("vectis_asgi/", "*", "ASGI face"),
    ("uvicorn/", "*", "uvicorn, event loop"),
    ("asyncio/", "*", "uvicorn, event loop"),
    ("benchmarks/", "*", "the benchmark itself"),
)
#: Where a thread waits for the disk, that counts as well; elsewhere only what it computes does.
_DISK = "SQLite"
_INTERVAL = 0.001


@attrs.define
class Sampler:
    """Adds up seconds by section."""

    seconds: defaultdict[str, float] = attrs.Factory(lambda: defaultdict(float))
    _stopped: threading.Event = attrs.Factory(threading.Event)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Sample the main thread, which is the only one that works."""

        def look(_number: int, frame: FrameType | None) -> None:
            if frame is not None:
                self.seconds[_section_at(frame)] += _INTERVAL

        before = signal.signal(signal.SIGALRM, look)
        signal.setitimer(signal.ITIMER_REAL, _INTERVAL, _INTERVAL)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)

    @contextmanager
    def sampling(self) -> Iterator[None]:
        """Sample for the length of the block."""
        before = sys.getswitchinterval()
        # The sampler asks for the interpreter's lock; the sooner it gets it, the closer it is to chance.
        sys.setswitchinterval(1e-5)
        thread = threading.Thread(target=self._sample, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stopped.set()
            thread.join()
            sys.setswitchinterval(before)

    def _sample(self) -> None:
        me = threading.current_thread()
        computed: dict[int, float] = {}
        looked_at = time.perf_counter()
        while not self._stopped.is_set():
            time.sleep(_INTERVAL)
            frames = sys._current_frames()
            now = time.perf_counter()
            elapsed, looked_at = now - looked_at, now
            for thread in threading.enumerate():
                if thread is me or thread.ident not in frames or thread.native_id is None:
                    continue
                total = _computed_by(thread.native_id)
                if total is None:
                    continue
                section = _section_at(frames[thread.ident])
                waits = section.startswith(_DISK)
                self.seconds[section] += elapsed if waits else total - computed.get(thread.native_id, total)
                computed[thread.native_id] = total

    def shares(self) -> Mapping[str, float]:
        """Return each section's share, largest first."""
        total = sum(self.seconds.values()) or 1
        return {
            name: seconds / total for name, seconds in sorted(self.seconds.items(), key=itemgetter(1), reverse=True)
        }


def _computed_by(native_id: int) -> float | None:
    """Return the seconds that a thread has been on a processor, ``None`` where it has just ended."""
    try:
        return int(Path(f"/proc/self/task/{native_id}/schedstat").read_text().split()[0]) / 1e9
    except OSError:
        return None


def _section_at(innermost: FrameType) -> str:
    """Return the section of the innermost frame that belongs to one."""
    frame: FrameType | None = innermost
    while frame is not None:
        section = section_of(frame.f_code.co_filename, frame.f_code.co_name)
        if section is not None:
            return section
        frame = frame.f_back
    return "else"


@cache
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
        Path(os.environ["VECTIS_SAMPLES"]).write_text(json.dumps(sampler.shares()))


if __name__ == "__main__":
    main()

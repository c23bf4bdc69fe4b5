"""The parent of a crowd: starts it, lets it go, kills or stops it, and has what it was told."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import IO, Self

import attrs

from proof.crowd.records import Answered, Ready, Record, Trouble, bodies
from proof.crowd.worker import Task

#: After so many seconds a process that does nothing is given up.
_PATIENCE = 120


class _Worker:
    """A process, and the thread that reads its pipe."""

    def __init__(self, task: Task, environment: Mapping[str, str], heard: threading.Condition) -> None:
        self.name = task.name
        #: How many records of each kind have come.
        self.kinds: Counter[type] = Counter()
        self.ended = False
        self.killed = task.dies_after is not None
        self._heard = heard
        self._bodies: list[bytes] = []
        command = [sys.executable, "-P", "-m", "proof.crowd.worker", json.dumps(attrs.asdict(task))]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, env=dict(environment)
        )
        self._reader = threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True)
        self._reader.start()

    def _read(self, output: IO[bytes]) -> None:
        buffer = bytearray()
        while part := output.read(1 << 16):
            buffer += part
            with self._heard:
                for kind, body in bodies(buffer):
                    self.kinds[kind] += 1
                    self._bodies.append(body)
                self._heard.notify_all()
        with self._heard:
            self.ended = True
            self._heard.notify_all()

    def go(self) -> None:
        """Let it begin; harmless where it has died."""
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):
                self._process.stdin.write(b"!")

    def kill(self) -> None:
        """Kill it where it stands."""
        self.killed = True
        self._process.kill()

    def finish(self) -> None:
        """Tell it to stop, and wait until it is gone and all that it wrote is read."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def records(self) -> list[Record]:
        """Return what it noted, with how it ended where that was not as it should."""
        found: list[Record] = [pickle.loads(body) for body in self._bodies]  # noqa: S301 - our own process wrote it
        if self._process.returncode and not self.killed:
            found.append(Trouble(self.name, f"the process ended with {self._process.returncode}"))
        return found


class Crowd:
    """Some processes at work; as a context manager it leaves none behind."""

    def __init__(self, tasks: Sequence[Task], environment: Mapping[str, str]) -> None:
        """Start a process for each task in the build that *environment* names; ``go`` lets them begin."""
        self._heard = threading.Condition()
        self._workers = [_Worker(task, environment, self._heard) for task in tasks]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def go(self) -> None:
        """Let all begin at once, as soon as all have opened the database."""
        self._wait(lambda: all(worker.kinds[Ready] or worker.ended for worker in self._workers), _PATIENCE)
        for worker in self._workers:
            worker.go()

    @property
    def answers(self) -> int:
        """How many answers have been noted so far."""
        return sum(worker.kinds[Answered] for worker in self._workers)

    def wait(self, seconds: float, answers: int | None = None, *, ended: int | None = None) -> None:
        """Return once *answers* have been noted or *ended* processes are gone, or *seconds* are over."""
        self._wait(
            lambda: (answers is not None and self.answers >= answers) or (ended is not None and self._ended >= ended),
            seconds,
        )

    @property
    def _ended(self) -> int:
        return sum(worker.ended for worker in self._workers)

    def _wait(self, enough: Callable[[], bool], seconds: float) -> None:
        with self._heard:
            self._heard.wait_for(lambda: enough() or self._ended == len(self._workers), seconds)

    def kill(self) -> None:
        """Kill all where they stand, as ``kill -9`` does, and hear what they had written."""
        for worker in self._workers:
            worker.kill()
        self.stop()

    def stop(self) -> None:
        """Let each client end its step, and wait until all are gone; harmless when repeated."""
        for worker in self._workers:
            worker.finish()

    def records(self) -> list[Record]:
        """Return what all have noted, process by process; for after ``stop`` or ``kill``."""
        return [record for worker in self._workers for record in worker.records()]

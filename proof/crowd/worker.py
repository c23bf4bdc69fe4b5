"""A process of a crowd: ``python -P -m proof.crowd.worker TASK``, started by ``proof.crowd.parent`` alone.

It opens the database, waits for a byte from its parent, and lives its story in some threads until the story ends or
the parent closes the pipe. With ``-P`` it imports the build that its environment names and not the working directory.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import threading
from typing import Any

import attrs

from proof.crowd.client import Client, Story, act
from proof.crowd.records import Answered, Ready, Record, packed
from vectis_core import Vectis

_IN, _OUT = 0, 1


@attrs.frozen
class Task:
    """What a worker is to do."""

    database: str
    #: Unique in the crowd, and in all crowds on one database.
    name: str
    threads: int
    #: The story's module and name, as ``proof.crowd.stories:trade``.
    story: str
    options: dict[str, Any] = attrs.Factory(dict)
    #: It kills itself as soon as it has told so many answers: whatever these rest on must be durable by then.
    dies_after: int | None = None
    #: The backend's options, as ``Vectis.open`` takes them.
    settings: dict[str, Any] = attrs.Factory(dict)


class Pipe:
    """The way to the parent; a record is written whole before its writer goes on."""

    def __init__(self, dies_after: int | None) -> None:
        self._writing = threading.Lock()
        self._left = dies_after

    def note(self, record: Record) -> None:
        """Write a record."""
        rest = memoryview(packed(record))
        with self._writing:
            while rest:
                rest = rest[os.write(_OUT, rest) :]
            if self._left is not None and isinstance(record, Answered):
                self._left -= 1
                if self._left <= 0:
                    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Work as the task says."""
    task = Task(**json.loads(sys.argv[1]))
    story = story_of(task.story)
    pipe = Pipe(task.dies_after)
    stopping = threading.Event()
    with Vectis.open(task.database, **task.settings) as oms:
        clients = [Client(oms, f"{task.name}t{n}", pipe.note, task.options) for n in range(task.threads)]
        pipe.note(Ready())
        if os.read(_IN, 1):
            threading.Thread(target=_heed, args=(stopping,), daemon=True).start()
            act(story, clients, stopping)


def story_of(name: str) -> Story:
    """Return the story of that name."""
    module, _, function = name.partition(":")
    story: Story = getattr(importlib.import_module(module), function)
    return story


def _heed(stopping: threading.Event) -> None:
    """Stop once the parent closes the pipe, or is gone."""
    while os.read(_IN, 1):
        pass
    stopping.set()


if __name__ == "__main__":
    main()

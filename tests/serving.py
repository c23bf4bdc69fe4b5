"""A real server for tests: ``vectis serve`` in a process of its own, on a free port, for the length of a block."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

import attrs

#: After so many seconds a server that hangs is killed, so that its test fails instead of waiting for ever.
PATIENCE = 60


@attrs.frozen
class Server:
    """A server that runs, and what it said when it started."""

    process: subprocess.Popen[str]
    said: str
    address: str

    def word(self, name: str) -> str:
        """Return what the server printed behind *name*."""
        found = re.search(rf"{name}\s+(\S+)", self.said)
        assert found, self.said
        return found[1]

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask the server to end, and return its exit code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


@contextmanager
def serving(database: str, *options: str, stderr: IO[str] | None = None) -> Iterator[Server]:
    """Serve *database* for the length of the block; what it logs goes to *stderr*, or to this process's."""
    command = [sys.executable, "-m", "vectis_cli", "serve", "--database", database, "--port", "0", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, text=True)
    overseer = threading.Timer(PATIENCE, process.kill)
    overseer.start()
    try:
        said = ""
        while not re.search(r"^  curl|^For credentials", said, re.MULTILINE):
            line = process.stdout.readline() if process.stdout else ""
            assert line, f"the server ended after saying {said!r}"
            said += line
        yield Server(process, said, re.findall(r"http://\S+:\d+", said)[0])
    finally:
        process.terminate()
        process.wait()
        overseer.cancel()
        if process.stdout:
            process.stdout.close()

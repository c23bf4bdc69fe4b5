"""Listeners for tests: one that remembers what it is told, one that fails at everything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vectis_core.commands import Command
from vectis_core.telemetry import (
    AttemptDone,
    BatchDone,
    CommandDone,
    ReadDone,
    RequestBegan,
    RequestDone,
    Telemetry,
    Vitals,
)
from vectis_core.webhooks.model import Delivery


class Heard(Telemetry):
    """Remembers everything, each thing under a number of its own."""

    def __init__(self, slower_than: float = 0.0) -> None:
        self.slower_than = slower_than
        self.asked = 0
        self.batches: list[BatchDone] = []
        self.reads: list[ReadDone] = []
        self.refused: list[str] = []
        self.requests: list[RequestDone] = []
        self.attempts: list[AttemptDone] = []
        self.pushes: list[tuple[str, Mapping[str, int]]] = []
        self.vitals: Vitals | None = None

    @property
    def commands(self) -> list[CommandDone]:
        """All commands, in the order in which they were told."""
        return [command for batch in self.batches for command in batch.commands]

    def came(self, kind: str) -> list[str]:
        """Return what the commands of a kind came to."""
        return [str(each.came) for each in self.commands if each.kind == kind]

    def watch(self, vitals: Vitals) -> None:
        """Remember whom to ask."""
        self.vitals = vitals

    def command_asked(self, command: Command[Any]) -> int:
        """Count."""
        self.asked += 1
        return self.asked

    def batch_done(self, batch: BatchDone) -> None:
        """Remember a batch."""
        self.batches.append(batch)

    def read_done(self, read: ReadDone) -> None:
        """Remember a read."""
        self.reads.append(read)

    def queue_refused(self, kind: str) -> None:
        """Remember a refusal."""
        self.refused.append(kind)

    def request_began(self, request: RequestBegan) -> str:
        """Note the method."""
        return request.method

    def request_done(self, request: RequestDone) -> None:
        """Remember a request."""
        self.requests.append(request)

    def attempt_began(self, delivery: Delivery, headers: list[tuple[str, str]]) -> str:
        """Add a header, and note the delivery."""
        headers.append(("x-heard", delivery.id))
        return delivery.id

    def attempt_done(self, attempt: AttemptDone) -> None:
        """Remember an attempt."""
        self.attempts.append(attempt)

    def push_taken(self, carrier: str, events: Mapping[str, int]) -> None:
        """Remember a push."""
        self.pushes.append((carrier, events))


class Failing(Telemetry):
    """Raises, whatever it is told."""

    def _fail(self, *_: Any) -> Any:
        raise RuntimeError("a listener that fails")

    watch = command_asked = batch_done = read_done = queue_refused = _fail
    request_began = request_done = attempt_began = attempt_done = push_taken = _fail

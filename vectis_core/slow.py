"""Commands and reads that take longer than they should, told in the log ``vectis.slow``: how long, never what of."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Any

from vectis_core.errors import UsageError
from vectis_core.loggers import REQUEST_ID
from vectis_core.telemetry import BatchDone, CommandDone, ReadDone, Telemetry

if TYPE_CHECKING:
    from vectis_core.commands import Command

_logger = logging.getLogger("vectis.slow")

#: At most one line of a kind in so many seconds: when the disk is slow, everything is.
EVERY = 10.0


class SlowLog(Telemetry):
    """Writes a line for what took longer than a threshold."""

    def __init__(self, threshold: float, *, clock: Callable[[], float] = monotonic) -> None:
        """Write of what takes *threshold* seconds or more; *clock* tells seconds, to space the lines by.

        Raises ``UsageError`` where the threshold is negative.
        """
        if threshold < 0:
            raise UsageError("slow_command is a number of seconds, 0 or more, or None")
        self.slower_than = threshold
        self._clock = clock
        self._mutex = threading.Lock()
        #: When there may be a line again, and how many were left out since the last one, by kind.
        self._next: dict[str, float] = {}
        self._left_out: dict[str, int] = {}

    def command_asked(self, command: Command[Any]) -> str | None:  # noqa: ARG002 - the port's
        """Return the id of the request that asks: whoever commits it does so for others too, and is of none."""
        return REQUEST_ID.get()

    def batch_done(self, batch: BatchDone) -> None:
        """Write of the batch's slow commands."""
        for command in batch.commands:
            seconds = batch.seconds(command)
            if seconds < self.slower_than:
                continue
            left_out = self._turn(command.kind)
            if left_out is None:
                continue
            _logger.warning(
                "%s of tenant %s took %.3f s (%.3f s in the queue, %.3f s deciding, %.3f s committing, "
                "%d in the batch): %s%s",
                command.kind,
                command.tenant,
                seconds,
                command.waiting,
                batch.deciding,
                batch.committing,
                len(batch.commands),
                command.came,
                _as_well(left_out),
                extra=self._fields_of(command, seconds),
            )

    def _fields_of(self, command: CommandDone, seconds: float) -> dict[str, Any]:
        fields = {"tenant": command.tenant, "command": command.kind, "duration_ms": round(seconds * 1000, 3)}
        asked_by = command.notes.get(self)
        return fields if asked_by is None else {**fields, "request_id": asked_by}

    def read_done(self, read: ReadDone) -> None:
        """Write of a slow read."""
        left_out = self._turn(read.kind)
        if left_out is None:
            return
        of_tenant = f" of tenant {read.tenant}" if read.tenant else ""
        fields = {"tenant": read.tenant or None, "read": read.kind, "duration_ms": round(read.seconds * 1000, 3)}
        told = "reading %s%s took %.3f s%s"
        _logger.warning(told, read.kind, of_tenant, read.seconds, _as_well(left_out), extra=fields)

    def _turn(self, kind: str) -> int | None:
        """Return how many of a kind were left out where there may be a line now; else count this one as left out."""
        now = self._clock()
        with self._mutex:
            if now < self._next.get(kind, now):
                self._left_out[kind] = self._left_out.get(kind, 0) + 1
                return None
            self._next[kind] = now + EVERY
            return self._left_out.pop(kind, 0)


def _as_well(left_out: int) -> str:
    return f"; {left_out} more were slow since the last line" if left_out else ""

"""What goes through a worker's pipe, and the log that the parent makes of it."""

from __future__ import annotations

import pickle
import struct
from collections.abc import Iterable, Iterator
from typing import Any

import attrs

from vectis_core.commands import Command
from vectis_core.errors import VectisError
from vectis_core.testing.calls import Call, Look


@attrs.frozen
class Ready:
    """The worker has opened the database and waits to be let go."""


@attrs.frozen
class Sent:
    """A client is about to make a call, its *number*-th."""

    client: str
    number: int
    command: Command[Any]
    #: In seconds, on the clock that all processes share.
    at: float


@attrs.frozen
class Answered:
    """A call came to this."""

    client: str
    number: int
    at: float
    result: Any
    error: VectisError | None


@attrs.frozen
class Trouble:
    """A client saw what no client may ever see."""

    client: str
    what: str


Record = Ready | Sent | Answered | Look | Trouble

#: The record's kind, so that it can be counted without being read, and its length in bytes.
_HEAD = struct.Struct("<BI")
_KINDS: tuple[type, ...] = (Ready, Sent, Answered, Look, Trouble)


def packed(record: Record) -> bytes:
    """Return the record as bytes that tell their own length."""
    body = pickle.dumps(record)
    return _HEAD.pack(_KINDS.index(type(record)), len(body)) + body


def bodies(buffer: bytearray) -> Iterator[tuple[type, bytes]]:
    """Yield kind and body of each whole record at the head of *buffer*, and leave there what a kill cut off."""
    while len(buffer) >= _HEAD.size:
        kind, length = _HEAD.unpack_from(buffer)
        end = _HEAD.size + length
        if len(buffer) < end:
            return
        yield _KINDS[kind], bytes(buffer[_HEAD.size : end])
        del buffer[:end]


def log_of(records: Iterable[Record]) -> list[Call | Look]:
    """Return calls and looks in the order in which they were sent; troubles are no part of it."""
    log: list[Call | Look] = []
    calls: dict[tuple[str, int], Call] = {}
    for record in records:
        if isinstance(record, Sent):
            call = calls[record.client, record.number] = Call(record.client, record.command, record.at)
            log.append(call)
        elif isinstance(record, Answered):
            call = calls[record.client, record.number]
            call.answered, call.result, call.error = record.at, record.result, record.error
        elif isinstance(record, Look):
            log.append(record)
    return sorted(log, key=lambda each: each.sent)

"""Calls that ask for one and the same thing: with one external id, or one command id."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Iterator

import attrs

from vectis_core.commands import Command, PlaceOrder
from vectis_core.errors import OutcomeUnknown
from vectis_core.testing.calls import Call, Told


@attrs.frozen
class Request:
    """All calls with one key: however often it was asked, it may happen once."""

    calls: tuple[Call, ...]
    #: Whether one of them was answered as done.
    done: bool
    #: Whether the outcome of one of them is unknown.
    unknown: bool
    #: Before this it cannot have happened.
    sent: float
    #: After this it cannot have happened; infinite where it is not known to have.
    answered: float

    @property
    def command(self) -> Command[object]:
        """What was asked."""
        return self.calls[0].command

    def __str__(self) -> str:
        """Return who asked what when, for a violation's text."""
        call = self.calls[0]
        again = f" and {len(self.calls) - 1} more" if len(self.calls) > 1 else ""
        return f"{type(call.command).__name__} of {call.client} at {call.sent:.6f}{again}"


def requests(calls: Iterable[Call]) -> list[Request]:
    """Return the calls by their keys, in the order in which each was first asked."""
    by_key: dict[Hashable, list[Call]] = {}
    for number, call in enumerate(calls):
        by_key.setdefault(_key(call, number), []).append(call)
    return [_request(group) for calls_of_key in by_key.values() for group in _same(calls_of_key)]


def _key(call: Call, number: int) -> Hashable:
    command = call.command
    if isinstance(command, PlaceOrder):
        return "external", command.intent.external_id
    command_id = command.command_id
    if command_id is None and isinstance(call.error, OutcomeUnknown):
        # A call without an id got one that it can be asked again with.
        command_id = call.error.details.get("commandId")
    return ("call", number) if command_id is None else (command.caller.scope, command_id)


def _same(calls: list[Call]) -> Iterator[list[Call]]:
    """Yield the calls of one key that ask for the same; those with an external id all do."""
    first = calls[0].command
    if len(calls) == 1 or isinstance(first, PlaceOrder):
        yield calls
        return
    by_content: dict[str, list[Call]] = {}
    for call in calls:
        by_content.setdefault(call.command.fingerprint(), []).append(call)
    yield from by_content.values()


def _request(calls: list[Call]) -> Request:
    told = [call.told for call in calls]
    return Request(
        calls=tuple(calls),
        done=Told.DONE in told,
        unknown=Told.UNKNOWN in told,
        sent=min((c.sent for c, t in zip(calls, told, strict=True) if t is not Told.REFUSED), default=math.inf),
        answered=min(
            (c.answered for c, t in zip(calls, told, strict=True) if t is Told.DONE and c.answered is not None),
            default=math.inf,
        ),
    )

"""What listeners are told of batches and reads, made of the tickets and questions that these were."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import groupby
from time import perf_counter
from typing import Any

from vectis_core.engine.tickets import Ticket, Times
from vectis_core.errors import OutcomeUnknown, ServiceUnavailable, VectisError
from vectis_core.orders.model import Placed
from vectis_core.ports import View
from vectis_core.telemetry import BatchDone, Came, CommandDone, Notes, code_of

NOTHING_NOTED: Notes = {}


def batches_of(tickets: Sequence[Ticket]) -> Iterator[BatchDone]:
    """Return the transactions in which *tickets* were settled: one, or one for each where they had to be tried singly.

    What was not run, as after an interrupt, is of none.
    """
    settled = [ticket for ticket in tickets if ticket.settled]
    for times, together in groupby(settled, key=_times_of):
        if times is not None:
            yield _batch_of(times, together)


def _batch_of(times: Times, tickets: Iterable[Ticket]) -> BatchDone:
    began, decided, ended = times.began, times.decided or times.ended, times.ended
    commands = [
        CommandDone(
            kind_of(ticket),
            ticket.command.caller.tenant,
            _came_of(ticket),
            None if ticket.error is None else code_of(ticket.error),
            began - ticket.asked_at,
            ticket.notes,
        )
        for ticket in tickets
    ]
    return BatchDone(tuple(commands), decided - began, ended - decided, perf_counter() - ended)


def kind_of(ticket: Ticket) -> str:
    """Return the name under which a command is told of."""
    return type(ticket.command).__name__


def _came_of(ticket: Ticket) -> Came:
    outcome = ticket.outcome
    if ticket.error is not None or outcome is None:
        return _failed_as(ticket.error)
    # An order that was there already is no kept result: it is known by its external id.
    known = isinstance(outcome.result, Placed) and not outcome.result.created
    return Came.REPEATED if outcome.replayed or known else Came.DONE


def _failed_as(error: BaseException | None) -> Came:
    if isinstance(error, OutcomeUnknown):
        return Came.UNKNOWN
    if isinstance(error, ServiceUnavailable):
        return Came.UNAVAILABLE
    return Came.REFUSED if isinstance(error, VectisError) and error.http_status < 500 else Came.FAILED


def _times_of(ticket: Ticket) -> Times | None:
    return ticket.times


def asked_by(question: Callable[[View], Any]) -> tuple[str, str]:
    """Return the name of a question and the tenant that it is of, as far as it tells them."""
    if isinstance(question, partial):
        return getattr(question.func, "__name__", "read"), question.keywords.get("tenant", "")
    return "read", ""

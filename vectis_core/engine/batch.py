"""Running a batch: one transaction for many commands, each accepted or refused by itself.

An error of one command drops what that command did and nothing else. An error of the store while the batch is
written rolls all of it back, and its commands are run again one by one, so that a poison command harms only itself.
A commit that raised is neither success nor failure: whoever rests on it is told that the outcome is unknown.
"""

from __future__ import annotations

import inspect
import logging
import threading
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

import attrs

from vectis_core.commands import Housekeep, PlaceOrder
from vectis_core.engine import results
from vectis_core.engine.interrupts import insist
from vectis_core.engine.tickets import Outcome, ThreadWaiter, Ticket, Times
from vectis_core.errors import NotFound, OutcomeUnknown, ServiceUnavailable, StoreConflict, UsageError, VectisError
from vectis_core.handlers import handler_of
from vectis_core.identity_map import Keys
from vectis_core.ids import Ids
from vectis_core.ports import Changes, Store, Transaction
from vectis_core.unit_of_work import Batch, UnitOfWork
from vectis_core.vault import Vault
from vectis_core.webhooks.address_rules import AddressRules

_logger = logging.getLogger("vectis.engine")

#: How often a command is tried whose rows somebody else changed meanwhile.
_ATTEMPTS = 5
#: After how many batches one of them clears what has aged on the side.
_HOUSEKEEPING_EVERY = 1_000


@attrs.define
class _Verdict:
    """What a command came to, as long as the batch is not committed."""

    ticket: Ticket
    work: UnitOfWork
    outcome: Outcome[Any] | None = None
    refusal: VectisError | None = None


class BatchRunner:
    """Runs batches of tickets against a store, by whichever thread has the lead."""

    def __init__(self, store: Store, ids: Ids, vault: Vault, address_rules: AddressRules) -> None:
        self._store = store
        self._ids = ids
        self._vault = vault
        self._address_rules = address_rules
        self._broken = False
        self._batches = 0
        #: The thread that is inside a host's ``within`` just now; the engine refuses to be called from it.
        self.host_thread: int | None = None

    def run(self, tickets: Sequence[Ticket]) -> None:
        """Settle every ticket; one that is not settled when this raises was not run and can be run again.

        Raises only what is no ``Exception``: an interrupt of the leading thread.
        """
        if not tickets:
            return
        due = self._housekeeping()
        if due and tickets[0].within is not None:
            # A host's part has its transaction to itself.
            self._singly(due)
            due = []
        try:
            self._attempt([*tickets, *due])
        except ServiceUnavailable as unavailable:
            for ticket in tickets:
                ticket.error = _copy(unavailable)
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to a command
            if len(tickets) == 1 and not due and not isinstance(error, StoreConflict):
                tickets[0].error = error
            else:
                self._singly(tickets)

    def _housekeeping(self) -> list[Ticket]:
        """Return a ticket that clears what has aged, every so many batches: an embedder has nobody else to do it."""
        self._batches += 1
        if self._batches % _HOUSEKEEPING_EVERY:
            return []
        command = Housekeep()
        return [Ticket(command, handler_of(command), None, None, ThreadWaiter(), perf_counter(), {})]

    def _singly(self, tickets: Sequence[Ticket]) -> None:
        for ticket in tickets:
            for attempt in range(1, _ATTEMPTS + 1):
                try:
                    self._attempt([ticket])
                except StoreConflict as conflict:
                    ticket.error = conflict if attempt == _ATTEMPTS else None
                    continue
                except Exception as error:  # noqa: BLE001 - a defect is told to its own caller alone
                    ticket.error = error
                break

    def _attempt(self, tickets: Sequence[Ticket]) -> None:
        """Run the tickets in one transaction.

        Raises an ``Exception`` only where nothing was written and nobody is settled. An interrupt is let through
        whenever it comes, after all that can be told by then is settled.
        """
        times = Times(perf_counter())
        for ticket in tickets:
            ticket.times = times
        try:
            self._transact(tickets, times)
        finally:
            times.ended = perf_counter()

    def _transact(self, tickets: Sequence[Ticket], times: Times) -> None:
        if self._broken:
            self._store.recover()
            self._broken = False
        transaction = self._store.begin()
        committing = False
        verdicts: list[_Verdict] = []
        try:
            batch = Batch(transaction, self._store.now(), self._ids, self._vault, self._address_rules)
            verdicts = self._decide(batch, tickets)
            changes = batch.changes()
            if changes is not None:
                self._flush(transaction, changes, verdicts)
                times.decided = perf_counter()
                committing = True
                transaction.commit()
            else:
                self._roll_back(transaction)
            _settle(verdicts)
        except BaseException as error:
            if committing:
                failure = error
                insist(lambda: self._commit_failed(transaction, verdicts, failure))
            self._roll_back(transaction)
            if not committing or not isinstance(error, Exception):
                raise

    def _roll_back(self, transaction: Transaction) -> None:
        try:
            insist(transaction.rollback)
        except Exception:
            # What was to be forgotten is; only the store must be made ready again.
            self._broken = True
            _logger.exception("a rollback failed")

    def _decide(self, batch: Batch, tickets: Sequence[Ticket]) -> list[_Verdict]:
        """Load what all the commands need, in three rounds, then decide them in the order they came."""
        keys = Keys()
        for ticket in tickets:
            self._gather(ticket, keys)
        batch.load_claims(keys)
        batch.load_aggregates(keys)
        verdicts = [_Verdict(ticket, UnitOfWork(batch, ticket.command.caller)) for ticket in tickets]
        for verdict in verdicts:
            verdict.ticket.handler.stock(verdict.ticket.command, verdict.work, keys)
        batch.load_stock(keys)
        for verdict in verdicts:
            try:
                verdict.outcome = self._decide_one(verdict.ticket, verdict.work)
            except VectisError as refusal:
                verdict.refusal = refusal
            else:
                batch.accept(verdict.work)
        return verdicts

    @staticmethod
    def _gather(ticket: Ticket, keys: Keys) -> None:
        command = ticket.command
        if ticket.handler.of_tenant:
            keys.tenants.add(command.caller.tenant)
        if ticket.command_id is not None:
            keys.results.add((command.caller.tenant, command.caller.scope, ticket.command_id))
        ticket.handler.keys(command, keys)

    @staticmethod
    def _decide_one(ticket: Ticket, work: UnitOfWork) -> Outcome[Any]:
        command, handler = ticket.command, ticket.handler
        if handler.of_tenant and work.tenant() is None:
            raise NotFound(f"There is no tenant {command.caller.tenant!r}")
        if ticket.command_id is None:
            return Outcome(handler.decide(command, work))
        fingerprint = command.fingerprint()
        earlier = results.kept(work, command, ticket.command_id, fingerprint)
        if earlier is not None:
            return Outcome(earlier, replayed=True)
        result = handler.decide(command, work)
        results.keep(work, command, ticket.command_id, fingerprint, result)
        return Outcome(result)

    def _flush(self, transaction: Transaction, changes: Changes, verdicts: Sequence[_Verdict]) -> None:
        transaction.flush(changes)
        first = verdicts[0]
        within = first.ticket.within
        if within is None or first.outcome is None:
            return
        self.host_thread = threading.get_ident()
        try:
            with transaction.lend() as connection:
                _call_host(within, first.outcome.result, connection)
        finally:
            self.host_thread = None

    def _commit_failed(self, transaction: Transaction, verdicts: Sequence[_Verdict], error: BaseException) -> None:
        """Settle what can be settled after a commit that raised."""
        made = None if isinstance(error, Exception) else transaction.committed()
        if made is not None:
            if made:
                _settle(verdicts)
            return
        self._broken = True
        kinds = sorted({type(verdict.ticket.command).__name__ for verdict in verdicts})
        _logger.error("a commit failed; its outcome is unknown", exc_info=error, extra={"command": ", ".join(kinds)})
        for verdict in verdicts:
            verdict.ticket.error = _unknown(verdict, error)


def _call_host(within: Callable[[Any, Any], object], result: object, connection: object) -> None:
    left = within(result, connection)
    if inspect.iscoroutine(left):
        left.close()
        raise UsageError("within= must be a plain function: nobody would await what an async one returns")


def _settle(verdicts: Sequence[_Verdict]) -> None:
    for verdict in verdicts:
        verdict.ticket.outcome, verdict.ticket.error = verdict.outcome, verdict.refusal


def _unknown(verdict: _Verdict, error: BaseException) -> VectisError:
    """Return what to tell a caller whose answer rests on a commit that failed."""
    if verdict.refusal is not None:
        unavailable = ServiceUnavailable("The database could not commit; nothing of this request was done")
        unavailable.__cause__ = error
        return unavailable
    command = verdict.ticket.command
    repeat: dict[str, str] = {}
    if isinstance(command, PlaceOrder):
        repeat["externalId"] = command.intent.external_id
    elif verdict.ticket.command_id is not None:
        repeat["commandId"] = verdict.ticket.command_id
    unknown = OutcomeUnknown(
        "The commit failed, and whether it was made is not known: ask again with the same external id or command id",
        repeat,
    )
    unknown.__cause__ = error
    return unknown


def _copy(error: ServiceUnavailable) -> ServiceUnavailable:
    """Return an error of its own for each caller, so that no traceback is shared among threads."""
    copy = type(error)(error.message, error.details, retry_after=error.retry_after)
    copy.__cause__ = error
    return copy

"""The one tree of errors: what went wrong, told alike in process and over HTTP.

Every error carries what the HTTP answer carries: a stable ``code`` (the answer's ``error``), a message that
tells the reader what to do, and ``details``. Callers branch on the type or the code, never on the text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import attrs


class VectisError(Exception):
    """Base of all errors of Vectis; never raised itself."""

    code: ClassVar[str] = "InternalServerError"
    http_status: ClassVar[int] = 500
    #: Whether the same call may succeed later without the caller changing anything.
    retryable: ClassVar[bool] = False
    #: Of the request that came to it, where that went over HTTP: the server's log has the same.
    request_id: str | None = None

    def __init__(self, message: str, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.details: dict[str, Any] = dict(details or {})

    def __reduce__(self) -> tuple[Any, ...]:
        # Python's own way calls the class with the message alone, which not every one of ours is made from.
        return _restored, (type(self), self.args, self.__dict__)


def _restored(kind: type[VectisError], args: tuple[Any, ...], state: dict[str, Any]) -> VectisError:
    """Return an error as another process raised it."""
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


@attrs.frozen
class FieldProblem:
    """One thing wrong with the input: the JSON path of the field, as HTTP names it, and why."""

    field: str
    message: str


class ValidationError(VectisError):
    """The input breaks a rule; ``problems`` lists every one that was found, the first names the field."""

    code = "ValidationError"
    http_status = 400

    def __init__(self, problems: Sequence[FieldProblem]) -> None:
        first = problems[0]
        details: dict[str, Any] = {
            "field": first.field,
            "errors": [{"field": p.field, "message": p.message} for p in problems],
        }
        named = "SKU" if first.field == "sku" else first.field
        super().__init__(f"{named} {first.message}" if named else first.message, details)
        self.problems = tuple(problems)

    @classmethod
    def of(cls, field: str, message: str) -> ValidationError:
        """Return the error for one bad field."""
        return cls([FieldProblem(field, message)])


class InexactNumber(ValidationError, TypeError):
    """A float was given where an exact number is needed; use ``Decimal`` or a string."""


class NotFound(VectisError):
    """Nothing of that id is visible to this tenant."""

    code = "NotFound"
    http_status = 404


class Conflict(VectisError):
    """The request is sound but the present state forbids it."""

    code = "Conflict"
    http_status = 409


class IllegalTransition(Conflict):
    """A state machine forbids the command; ``details`` has the status and the commands it allows."""


class IdempotencyConflict(Conflict):
    """The command id (HTTP: ``Idempotency-Key``) was already used for a different command."""


@attrs.frozen
class Shortage:
    """A SKU of which too little is available: units asked for in all lines together, and units to be had."""

    sku: str
    requested: int
    available: int


class InsufficientStock(Conflict):
    """Too little stock to reserve all lines, so nothing was reserved; ``shortages`` has each short SKU."""

    code = "InsufficientStock"

    def __init__(self, shortages: Sequence[Shortage]) -> None:
        short = ", ".join(f"{s.sku} (requested {s.requested}, available {s.available})" for s in shortages)
        rows = [{"sku": s.sku, "requested": s.requested, "available": s.available} for s in shortages]
        super().__init__(f"Not enough stock for {short}", {"shortages": rows})
        self.shortages = tuple(shortages)


class Unauthorized(VectisError):
    """Who is calling is not known: no credentials, or credentials that are not good."""

    code = "Unauthorized"
    http_status = 401


class Forbidden(VectisError):
    """The caller is known and lacks a scope, which ``details`` names."""

    code = "Forbidden"
    http_status = 403


class ServiceUnavailable(VectisError):
    """Nothing was changed and nothing can be done just now; try again after ``retry_after`` seconds."""

    code = "ServiceUnavailable"
    http_status = 503
    retryable = True

    def __init__(self, message: str, details: Mapping[str, Any] | None = None, *, retry_after: int = 1) -> None:
        super().__init__(message, details)
        self.retry_after = retry_after


class OutcomeUnknown(ServiceUnavailable):
    """The commit failed in a way that leaves open whether it happened.

    Ask again with the same external id, or with the command id in ``details["commandId"]``: the repeat
    either returns what was done or does it, and never does it twice.
    """

    code = "OutcomeUnknown"


class UsageError(VectisError):
    """The program uses Vectis wrongly: after ``close``, in a forked child, or from inside ``within``."""


class StoreError(VectisError):
    """The database cannot be used as it is; the message says what to do."""


class DatabaseTooNew(StoreError):
    """The database was written by a newer version of Vectis; upgrade Vectis to open it."""


class UnknownBackend(StoreError):
    """No installed backend serves the scheme of the database URL."""


class StoreConflict(VectisError):
    """A guard or constraint of the store refused a write; the engine runs the batch's commands singly."""

    code = "Conflict"
    http_status = 409
    retryable = True

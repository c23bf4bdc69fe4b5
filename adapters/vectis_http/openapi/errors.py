"""Every error that HTTP tells: which operation may answer with it, and an example of each."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter

import attrs

from vectis_core.constraints import Schema
from vectis_core.errors import (
    Conflict,
    FieldProblem,
    Forbidden,
    IdempotencyConflict,
    InsufficientStock,
    NotFound,
    OutcomeUnknown,
    ServiceUnavailable,
    Shortage,
    Unauthorized,
    ValidationError,
    VectisError,
)
from vectis_http import answers
from vectis_http.errors import MethodNotAllowed, PayloadTooLarge, RateLimitExceeded, UnsupportedMediaType
from vectis_http.headers import CHALLENGE, IDENTIFIED, RATE_LIMITED, RETRY_AFTER
from vectis_http.json_codec import read_json
from vectis_http.openapi.words import spelt, summary_of
from vectis_http.operation import JSON, Body, Operation

#: Of every operation: the inside of the server has failed.
_INTERNAL = VectisError
_FORM = {Body.REQUIRED, Body.OPTIONAL, Body.FORM}
_TEXT: Schema = {"type": "string"}
_WHOLE: Schema = {"type": "integer"}


def _details(**members: Schema) -> Schema:
    return {"type": "object", "properties": members, "required": list(members)}


_PROBLEM = _details(field=_TEXT, message=_TEXT)
_SHORTAGE = _details(sku=_TEXT, requested=_WHOLE, available=_WHOLE)


@attrs.frozen
class ErrorKind:
    """One error as HTTP tells it."""

    sample: VectisError
    #: The schema of its ``details``; ``None`` where it has none to rely on.
    details: Schema | None = None

    @property
    def code(self) -> str:
        """The word for it in ``error``."""
        return self.sample.code

    @property
    def status(self) -> int:
        """The status of the answer."""
        return self.sample.http_status

    @property
    def meaning(self) -> str:
        """What it means, in a sentence."""
        if type(self.sample) is VectisError:
            return "Something went wrong on our side"
        return spelt(summary_of(type(self.sample)))

    @property
    def example(self) -> object:
        """The body of an answer that tells it."""
        if type(self.sample) is VectisError:
            return read_json(answers.internal_error(()).body)
        return read_json(answers.refusal(self.sample, ()).body)


ERRORS = (
    ErrorKind(
        ValidationError([FieldProblem("sku", "is required and must not be blank")]),
        _details(field=_TEXT, errors={"type": "array", "items": _PROBLEM}),
    ),
    ErrorKind(Unauthorized("Send an access token: Authorization: Bearer YOUR_ACCESS_TOKEN")),
    ErrorKind(
        Forbidden("The access token lacks the scope orders:write", {"scope": "orders:write"}), _details(scope=_TEXT)
    ),
    ErrorKind(NotFound("No such order")),
    ErrorKind(MethodNotAllowed("GET, PATCH"), _details(allow={"type": "array", "items": _TEXT})),
    ErrorKind(Conflict("A cancelled order cannot be cancelled", {"status": "cancelled", "allowed": []})),
    ErrorKind(
        InsufficientStock([Shortage("WIDGET-001", 2, 1)]), _details(shortages={"type": "array", "items": _SHORTAGE})
    ),
    ErrorKind(PayloadTooLarge(1024 * 1024), _details(limit=_WHOLE)),
    ErrorKind(UnsupportedMediaType(JSON), _details(expected=_TEXT)),
    ErrorKind(RateLimitExceeded(1000, 17), _details(limit=_WHOLE, retryAfter=_WHOLE)),
    ErrorKind(_INTERNAL("")),
    ErrorKind(ServiceUnavailable("")),
    ErrorKind(OutcomeUnknown("The commit may have happened: ask again, which does nothing twice")),
)
BY_CODE = {kind.code: kind for kind in ERRORS}


def errors_of(operation: Operation) -> list[ErrorKind]:
    """Return what an operation may be refused with, by status, what every one of its kind shares included."""
    kinds: set[type[VectisError]] = {*operation.errors, _INTERNAL, ValidationError}
    if operation.scope is not None:
        kinds |= {Unauthorized, Forbidden, RateLimitExceeded, ServiceUnavailable}
        if operation.method != "GET":
            kinds.add(OutcomeUnknown)
    if operation.takes_key:
        kinds.add(IdempotencyConflict)
    if operation.body in _FORM:
        kinds.add(PayloadTooLarge)
    if operation.body in {Body.REQUIRED, Body.OPTIONAL}:
        kinds.add(UnsupportedMediaType)
    codes = {kind.code for kind in kinds}
    return sorted((kind for kind in ERRORS if kind.code in codes), key=attrgetter("status"))


def headers_of(kinds: Iterable[ErrorKind], *, is_counted: bool) -> list[str]:
    """Return the names of the headers that answers with these errors have."""
    names = [IDENTIFIED.name]
    for kind in kinds:
        if isinstance(kind.sample, Unauthorized | Forbidden):
            names.append(CHALLENGE.name)
        if isinstance(kind.sample, RateLimitExceeded | ServiceUnavailable):
            names.append(RETRY_AFTER.name)
        if is_counted and not isinstance(kind.sample, Unauthorized):
            names += RATE_LIMITED
    return list(dict.fromkeys(names))

"""From what the API answers back to the one tree of errors."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import attrs

from vectis_core import errors
from vectis_core.errors import FieldProblem, Shortage, ValidationError, VectisError
from vectis_http.errors import MethodNotAllowed, PayloadTooLarge, RateLimitExceeded, UnsupportedMediaType
from vectis_http.headers import IDENTIFIED
from vectis_http.json_codec import read_json

#: Statuses that something between client and server answers with in the server's place.
GATEWAY = frozenset({502, 503, 504})
_EXCERPT = 200


class UnexpectedAnswer(VectisError):
    """An answer that this client does not know: an error of a newer server, a failure on its side, or no answer of it.

    ``status`` is the answer's, ``error`` the server's word for it, empty where the answer is not of the API's form.
    What a command that is answered so came to is not known.
    """

    def __init__(self, status: int, error: str, message: str, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message, details)
        self.status = status
        self.error = error


@attrs.frozen
class Answer:
    """What came back for a request."""

    status: int
    #: By lower-case name.
    headers: Mapping[str, str]
    body: bytes = attrs.field(repr=False)
    #: Whether the request was made before, and may have been carried out then.
    may_be_a_repeat: bool = False

    def json(self) -> Any:
        """Return what the body says; raises ``UnexpectedAnswer`` where it is no JSON."""
        try:
            return read_json(self.body)
        except ValidationError:
            raise self.unexpected() from None

    def unexpected(self) -> UnexpectedAnswer:
        """Return the error for an answer that is not of the API's form.

        It quotes pages, such as a proxy's, but no JSON, in which there may be a token or a secret.
        """
        if "json" in self.headers.get("content-type", ""):
            told = "JSON that this version cannot read"
        else:
            told = repr(self.body[:_EXCERPT].decode("utf-8", "replace"))
        return UnexpectedAnswer(self.status, "", f"The server answered {self.status}, not as the API: {told}")

    def asks_to_wait(self) -> float | None:
        """Return the seconds that ``Retry-After`` names (RFC 9110, section 10.2.3); ``None`` where it names none."""
        text = self.headers.get("retry-after", "").strip()
        if text.isascii() and text.isdecimal():
            # No wait is as long as that, and Python refuses to read numbers of thousands of digits.
            return float(text[:9])
        try:
            moment = parsedate_to_datetime(text)
        except (ValueError, OverflowError):
            return None
        aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        return max(0.0, (aware - datetime.now(UTC)).total_seconds())

    def told_error(self) -> Mapping[str, Any] | None:
        """Return what an error in the API's form says; ``None`` where the answer is none."""
        try:
            told = self.json()
        except UnexpectedAnswer:
            return None
        is_error = isinstance(told, dict) and isinstance(told.get("error"), str)
        return told if is_error and isinstance(told.get("details") or {}, dict) else None

    def tells(self, kind: type[VectisError]) -> bool:
        """Return whether it is the API's own error of that kind."""
        told = self.told_error()
        return told is not None and told["error"] == kind.code


def error_of(answer: Answer) -> VectisError:
    """Return the error that an answer tells, of the class that is raised in process, details intact."""
    error = _told_by(answer)
    error.request_id = answer.headers.get(IDENTIFIED.name.lower())
    return error


def _told_by(answer: Answer) -> VectisError:
    told = answer.told_error()
    if told is None:
        if answer.status in GATEWAY:
            return errors.ServiceUnavailable(f"Something on the way to the server answered {answer.status}")
        return answer.unexpected()
    message, details = str(told.get("message") or ""), told.get("details") or {}
    try:
        kind, more = _kind_of(told["error"], answer, details)
    except (KeyError, TypeError):
        # The details are not those that this version knows; the word and the sentence are.
        kind, more = None, {}
    if kind is None:
        return UnexpectedAnswer(answer.status, told["error"], message, details)
    error = kind.__new__(kind, message)
    VectisError.__init__(error, message, details)
    vars(error).update(more)
    return error


def _kind_of(code: str, answer: Answer, details: Mapping[str, Any]) -> tuple[type[VectisError] | None, dict[str, Any]]:
    """Return the class of an error and what it has beside message and details."""
    if code == "Conflict":
        return _conflict_of(details), {}
    if code == "invalid_client":
        return errors.Unauthorized, {}
    kind = _BY_CODE.get(code)
    more = _MORE.get(code)
    return kind, {} if more is None else more(answer, details)


def _conflict_of(details: Mapping[str, Any]) -> type[errors.Conflict]:
    """Return which conflict it is, which the details say: they have one code."""
    if "allowed" in details:
        return errors.IllegalTransition
    return errors.IdempotencyConflict if "commandId" in details else errors.Conflict


def _problems(_: Answer, details: Mapping[str, Any]) -> dict[str, Any]:
    problems = [FieldProblem(str(each["field"]), str(each["message"])) for each in details.get("errors", ())]
    return {"problems": tuple(problems)}


def _shortages(_: Answer, details: Mapping[str, Any]) -> dict[str, Any]:
    rows = details.get("shortages", ())
    return {"shortages": tuple(Shortage(each["sku"], each["requested"], each["available"]) for each in rows)}


def _wait(answer: Answer, _: Mapping[str, Any]) -> dict[str, Any]:
    wait = answer.asks_to_wait()
    return {"retry_after": 1 if wait is None else math.ceil(wait)}


def _allow(answer: Answer, _: Mapping[str, Any]) -> dict[str, Any]:
    return {"allow": answer.headers.get("allow", "")}


_KINDS: tuple[type[VectisError], ...] = (
    errors.ValidationError,
    errors.NotFound,
    errors.InsufficientStock,
    errors.Unauthorized,
    errors.Forbidden,
    errors.ServiceUnavailable,
    errors.OutcomeUnknown,
    MethodNotAllowed,
    PayloadTooLarge,
    RateLimitExceeded,
    UnsupportedMediaType,
)
_BY_CODE = {kind.code: kind for kind in _KINDS}
_MORE: Mapping[str, Callable[[Answer, Mapping[str, Any]], dict[str, Any]]] = {
    "ValidationError": _problems,
    "InsufficientStock": _shortages,
    "ServiceUnavailable": _wait,
    "OutcomeUnknown": _wait,
    "RateLimitExceeded": _wait,
    "MethodNotAllowed": _allow,
}

"""Writes responses: one form for every success, one for every error, from every layer."""

from __future__ import annotations

from collections.abc import Iterable

from vectis_core.errors import Forbidden, ServiceUnavailable, Unauthorized, VectisError
from vectis_core.json_writer import write_json
from vectis_http.errors import MethodNotAllowed, RateLimitExceeded
from vectis_http.headers import CHALLENGE, RETRY_AFTER
from vectis_http.messages import HttpResponse
from vectis_http.operation import JSON, Document, Reply
from vectis_http.shapes.access import ERROR, Told

Header = tuple[str, str]

#: Nothing is sniffed, framed, or told to another site; what shows pages says what these may load.
_SAFE = (("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"))
_NO_CONTENT = ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
_NO_STORE = ("Cache-Control", "no-store")
_OUR_FAULT = "Something went wrong on our side; nothing is known about the outcome, so ask again"


def answer(reply: Reply, told: Iterable[Header]) -> HttpResponse:
    """Return *reply* as a response, with the headers in *told* beside its own."""
    if reply.headers:
        said = {name for name, _ in reply.headers}
        usual = [header for header in (_NO_STORE, _NO_CONTENT) if header[0] not in said]
        headers = [*_SAFE, *told, *reply.headers, *usual]
    else:
        # As most answers; what is known now is not looked for.
        headers = [*_SAFE, *told, _NO_STORE, _NO_CONTENT]
    payload = reply.payload
    if payload is None:
        return HttpResponse(reply.status, headers)
    if type(payload) is Document:
        kind, body = payload.media_type, payload.content
    else:
        kind, body = JSON, write_json(payload)
    headers += (("Content-Type", kind), ("Content-Length", str(len(body))))
    return HttpResponse(reply.status, headers, body)


def refusal(error: VectisError, told: Iterable[Header]) -> HttpResponse:
    """Return the response that tells *error*, in the guide's form."""
    said = Told(error.code, _message_of(error), error.details)
    return answer(Reply(error.http_status, ERROR.show(said), tuple(_headers_of(error))), told)


def internal_error(told: Iterable[Header]) -> HttpResponse:
    """Return the response to what should not have happened; it tells nothing about the inside."""
    return answer(Reply(500, ERROR.show(Told("InternalServerError", _OUR_FAULT, {}))), told)


def allowed(allow: str, told: Iterable[Header]) -> HttpResponse:
    """Return the response to ``OPTIONS``."""
    return answer(Reply(204, None, (("Allow", allow),)), told)


def without_body(response: HttpResponse) -> HttpResponse:
    """Return what ``HEAD`` is answered with: the same headers and no body."""
    return HttpResponse(response.status, response.headers)


def is_for_operators(error: VectisError) -> bool:
    """Return whether the words of *error* are not for clients: they name files and processes of the server."""
    return type(error) is ServiceUnavailable


def _message_of(error: VectisError) -> str:
    if is_for_operators(error):
        return "The database cannot be used just now; nothing was changed, so try again"
    return error.message


def _headers_of(error: VectisError) -> Iterable[Header]:
    if isinstance(error, MethodNotAllowed):
        yield "Allow", error.allow
    if isinstance(error, RateLimitExceeded | ServiceUnavailable):
        yield RETRY_AFTER.name, str(error.retry_after)
    if isinstance(error, Unauthorized | Forbidden):
        yield CHALLENGE.name, _challenge(error)


def _challenge(error: Unauthorized | Forbidden) -> str:
    """Return the challenge of RFC 6750, section 3; a request without a token is told no error code."""
    if isinstance(error, Forbidden):
        return f'Bearer realm="vectis", error="insufficient_scope", scope="{error.details.get("scope", "")}"'
    reason = error.details.get("error")
    if reason is None:
        return 'Bearer realm="vectis"'
    return f'Bearer realm="vectis", error="{reason}", error_description="{error.message}"'

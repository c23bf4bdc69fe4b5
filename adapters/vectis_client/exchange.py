"""One request until it is answered: tried again where that is safe, with a token that is renewed where it has to be.

All of it is steps that ask for effects, which the driver in ``vectis_client.drivers`` supplies: by blocking, or by
awaiting.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import attrs

from vectis_client.effects import Alone, NoAnswerError, Request, Retries, Send, Sleep, Steps
from vectis_client.errors import GATEWAY, Answer, error_of
from vectis_core.errors import OutcomeUnknown, ServiceUnavailable, UsageError, VectisError

_LATER = GATEWAY | {429}
#: Errors of the API's own after which it is certain that nothing was done.
_UNTOUCHED = {"ServiceUnavailable", "RateLimitExceeded"}
_NOT_LET_IN = {401, 403}


@attrs.frozen
class Credentials:
    """What tokens are asked for with; raises ``UsageError`` for scopes that are no list of words."""

    client_id: str
    client_secret: str = attrs.field(repr=False)
    #: All that the client has, where left out.
    scopes: Sequence[str] | None = None

    def __attrs_post_init__(self) -> None:
        # Of a text each letter would be a scope, and an empty list would be taken for all that there are.
        if self.scopes is not None and (isinstance(self.scopes, str) or not self.scopes):
            raise UsageError('Give scopes as a list of one or more, such as ["orders:read"], or leave them out for all')

    def form(self) -> bytes:
        """Return the body of a request for a token (RFC 6749, section 4.4)."""
        fields = {"grant_type": "client_credentials", "client_id": self.client_id, "client_secret": self.client_secret}
        if self.scopes is not None:
            fields["scope"] = " ".join(self.scopes)
        return urlencode(fields).encode()


@attrs.frozen
class _Token:
    """A token, and from when on another is to be fetched."""

    text: str = attrs.field(repr=False)
    renew_at: float


class Tokens:
    """The access token, which all calls of a client share: fetched by one of those who need it, awaited by the rest."""

    def __init__(self, url: str, credentials: Credentials, retries: Retries, clock: Callable[[], float]) -> None:
        self._request = Request("POST", url, {"content-type": "application/x-www-form-urlencoded"}, credentials.form())
        self._retries = retries
        self._clock = clock
        #: One value, so that no thread sees a token with another's end.
        self._held: _Token | None = None
        #: How many fetches have come to an end, and what the last one failed by.
        self._ended = 0
        self._failure: VectisError | None = None

    def current(self) -> Steps[str]:
        """Return a token that is good for a while yet; raises ``Unauthorized`` where the credentials are not good."""
        token = self._good()
        if token is not None:
            return token
        fetched: str = yield Alone(self._fetched_after(self._ended))
        return fetched

    def refuse(self, token: str) -> None:
        """Forget a token that the server did not take; a newer one stays."""
        held = self._held
        if held is not None and held.text is token:
            self._held = None

    def _good(self) -> str | None:
        held = self._held
        return held.text if held is not None and self._clock() < held.renew_at else None

    def _fetched_after(self, ended: int) -> Steps[str]:
        # Who fetched while this call waited for its turn, did it for this call too.
        token = self._good()
        if token is not None:
            return token
        if self._ended != ended and self._failure is not None:
            raise copy.copy(self._failure)
        try:
            answer = yield from answered(self._request, self._retries)
            token = self._taken(answer)
        except VectisError as error:
            self._failure = error
            self._ended += 1
            raise
        self._failure = None
        self._ended += 1
        return token

    def _taken(self, answer: Answer) -> str:
        if answer.status != 200:
            raise error_of(answer)
        told = answer.json()
        try:
            text, seconds = told["access_token"], float(told["expires_in"])
            is_sound = text.isascii() and text.isprintable() and " " not in text and math.isfinite(seconds)
        except (TypeError, KeyError, ValueError, AttributeError):
            is_sound = False
        if not (is_sound and text):
            raise answer.unexpected()
        # A minute before its end, so that it does not end on its way; a token of minutes is used for most of them.
        self._held = _Token(text, self._clock() + seconds - min(60.0, seconds / 10))
        return self._held.text


def answered(
    request: Request, retries: Retries, tokens: Tokens | None = None, *, known_by: Mapping[str, Any] | None = None
) -> Steps[Answer]:
    """Return the answer to a request, which is tried again where there is none and where the server says so.

    The request must come to the same however often it is made. *known_by* are the details of the ``OutcomeUnknown``
    that is raised where in the end it is open whether a command was done; it is ``None`` for what changes nothing.

    Raises what the last answer said, or ``ServiceUnavailable`` where there was none.
    """
    attempt, is_renewed, may_be_done = 0, False, False
    while True:
        attempt += 1
        wait: float | None = None
        try:
            token = (yield from tokens.current()) if tokens is not None else None
            answer: Answer = yield Send(request if token is None else _with(request, token))
        except NoAnswerError as nothing:
            may_be_done |= nothing.was_sent
            failure: VectisError = ServiceUnavailable(f"There was no answer: {nothing}")
        except VectisError as error:
            # There is no token, so the rest of the tries are lost.
            raise _unknown(error, known_by) if may_be_done and known_by is not None else error from None
        else:
            if answer.status == 401 and tokens is not None and token is not None and not is_renewed:
                # It was revoked, or the server's keys are others; such an answer uses up none of the tries.
                tokens.refuse(token)
                is_renewed = True
                attempt -= 1
                continue
            if answer.status not in _LATER:
                if may_be_done and known_by is not None and answer.status in _NOT_LET_IN:
                    raise _unknown(error_of(answer), known_by)
                return attrs.evolve(answer, may_be_a_repeat=may_be_done)
            failure = error_of(answer)
            told = answer.told_error()
            may_be_done |= told is None or told["error"] not in _UNTOUCHED
            wait = answer.asks_to_wait()
        if wait is None:
            wait = retries.wait_after(attempt)
        if attempt >= retries.attempts or wait > retries.longest_wait:
            raise _unknown(failure, known_by) if may_be_done and known_by is not None else failure
        yield Sleep(wait)


def _with(request: Request, token: str) -> Request:
    return attrs.evolve(request, headers={**request.headers, "authorization": f"Bearer {token}"})


def _unknown(failure: VectisError, known_by: Mapping[str, Any]) -> OutcomeUnknown:
    error = OutcomeUnknown(
        f"It is not known whether this was done: ask again with the same id. {failure.message}", known_by
    )
    error.__cause__ = failure
    return error

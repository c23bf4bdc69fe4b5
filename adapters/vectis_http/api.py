"""The API as a function from request to response, for any server to call.

A request is one generator, ``HttpApi.exchange``. It is given the head, and yields what it needs: the body, a
command to run, a question to the store. Whoever drives it supplies that in its own way: ``drive`` in the calling
thread, the ASGI face by awaiting. So nothing is decided twice, and no thread is needed for a request.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Generator, Mapping
from datetime import datetime
from time import perf_counter
from typing import Any

from vectis_core.commands import Command
from vectis_core.engine import Purge
from vectis_core.errors import NotFound, ValidationError, VectisError
from vectis_core.loggers import REQUEST_ID, forget_request
from vectis_core.telemetry import ReadDone, RequestDone
from vectis_core.tenancy import Caller
from vectis_core.vectis import Vectis
from vectis_http import access_log, answers
from vectis_http.config import HttpConfig
from vectis_http.converter import decode
from vectis_http.errors import MethodNotAllowed, PayloadTooLarge, UnsupportedMediaType
from vectis_http.gate import Gate
from vectis_http.headers import IDENTIFIED, REPLAYED
from vectis_http.json_codec import read_json
from vectis_http.messages import HttpRequest, HttpResponse
from vectis_http.metrics import Metrics
from vectis_http.operation import JSON, Body, Call, Effect, Operation, Query, ReadBody, Several, Work
from vectis_http.operations import groups_of
from vectis_http.progress import Progress, is_request_id, new_request_ids
from vectis_http.proxies import Proxies
from vectis_http.pushes import CarrierPushes
from vectis_http.reference import Reference
from vectis_http.routing import Router

_logger = logging.getLogger("vectis.http")

_READ_ELSEWHERE = {Body.NONE, Body.FOREIGN}
_NOBODY = Caller(actor="nobody")
_IDENTIFIED = IDENTIFIED.name
#: Bytes of a body that are decoded on an event loop; an order of a thousand lines would hold it up for long.
_QUICKLY_DECODED = 16 * 1024


Exchange = Generator[Effect, Any, HttpResponse]
#: What is told of as the status where the client went away before it was answered; nobody is sent it.
_CLIENT_GONE = 499


class HttpApi:
    """The HTTP API over one opened ``Vectis``; safe to share among threads and event loops."""

    def __init__(
        self, oms: Vectis, config: HttpConfig | None = None, *, environ: Mapping[str, str] = os.environ
    ) -> None:
        """Make ready to serve, which makes the database's first signing key where it has none.

        *environ* may hold ``VECTIS_SECRET_KEY``. Raises ``StoreError`` where the keys are sealed with another.
        """
        self.oms = oms
        self.config = config or HttpConfig()
        self._gate = Gate(oms, self.config, environ)
        self._audience = oms.engine.audience
        self._new_request_id = new_request_ids(oms.ids)
        self._proxies = Proxies(self.config.trusted_proxies, self.config.forwarded)
        self.groups = groups_of(
            self._gate,
            CarrierPushes(oms, self._gate, self.config),
            Reference(lambda: self.groups, self.config.public_url),
            Metrics(self._audience, is_open=self.config.open_metrics),
        )
        self.operations = tuple(each for group in self.groups for each in group.operations)
        self._router = Router(self.operations)

    def handle(self, request: HttpRequest) -> HttpResponse:
        """Return the response to *request*; never raises for anything that a request can bring about."""
        return self.drive(request, lambda limit: within_limit(request.body, limit))

    def drive(self, head: HttpRequest, read_body: Callable[[int], bytes]) -> HttpResponse:
        """Return the response to a request, whose body *read_body* reads up to a limit where it is wanted."""
        exchange = self.exchange(head)
        try:
            effect = next(exchange)
            while True:
                try:
                    value = self._supply(effect, read_body)
                except Exception as error:  # noqa: BLE001 - the exchange answers, whatever it is
                    effect = exchange.throw(error)
                else:
                    effect = exchange.send(value)
        except StopIteration as done:
            response: HttpResponse = done.value
            return response
        finally:
            # Whatever stops this thread, what was begun for the request ends here.
            exchange.close()

    def _supply(self, effect: Effect, read_body: Callable[[int], bytes]) -> Any:
        if isinstance(effect, Command):
            return self.oms.engine.run_told(effect)
        if isinstance(effect, Several):
            return self.oms.engine.run_all(effect.commands)
        return read_body(effect.limit) if isinstance(effect, ReadBody) else self.look_up(effect)

    def look_up(self, effect: Query | Work | Purge) -> Any:
        """Return what a question or a piece of work comes to, in the calling thread."""
        if isinstance(effect, Work):
            return effect.do()
        if isinstance(effect, Purge):
            return self.oms.store.purge()
        with self.oms.engine.read() as view:
            return effect.read(view)

    def exchange(self, head: HttpRequest) -> Exchange:
        """Answer one request, of which *head* is all but the body; yields what it needs, returns the response.

        An error that a driver throws in is answered like one of our own.
        """
        head = self._proxies.seen_through(head)
        request_id = head.headers.get("x-request-id")
        if request_id is None or not is_request_id(request_id):
            request_id = self._new_request_id()
        progress = Progress(request_id, [(_IDENTIFIED, request_id)])
        if self._audience.hears_requests or access_log.is_written(logging.INFO):
            return self._watched(head, progress)
        return self._answered(head, progress)

    def _watched(self, head: HttpRequest, progress: Progress) -> Exchange:
        """Answer, and tell those who listen, and those who read the access log."""
        began = perf_counter()
        notes = self._audience.request_began(head.method, head.headers)
        status, size = _CLIENT_GONE, 0
        try:
            response = yield from self._answered(head, progress)
            status, size = response.status, len(response.body)
        finally:
            seconds = perf_counter() - began
            done = RequestDone(head.method, progress.route, status, seconds, progress.error, notes)
            self._audience.request_done(done)
            access_log.write(head, progress, status=status, size=size, seconds=seconds)
        return response

    def _answered(self, head: HttpRequest, progress: Progress) -> Exchange:
        before = REQUEST_ID.set(progress.request_id)
        try:
            try:
                response = yield from self._done(head, progress)
            except VectisError as error:
                progress.error = error.code
                if error.http_status == 500:
                    raise
                self._log_refusal(head, progress, error)
                response = answers.refusal(error, progress.told)
        except Exception:
            progress.error = VectisError.code
            fields = access_log.fields_of(head, progress)
            _logger.exception("%s %s failed", fields["method"], fields["route"], extra=fields)
            response = answers.internal_error(progress.told)
        finally:
            forget_request(before)
        return answers.without_body(response) if head.method == "HEAD" else response

    @staticmethod
    def _log_refusal(head: HttpRequest, progress: Progress, error: VectisError) -> None:
        """Tell operators what only they may read, and whoever looks for it why a client was refused."""
        is_theirs = answers.is_for_operators(error)
        level = logging.WARNING if is_theirs else logging.DEBUG
        if _logger.isEnabledFor(level):
            fields = {**access_log.fields_of(head, progress), "error": error.code}
            why = error if is_theirs else error.code
            _logger.log(level, "%s %s refused: %s", fields["method"], fields["route"], why, extra=fields)

    def _done(self, head: HttpRequest, progress: Progress) -> Exchange:
        found = self._router.find(head.path)
        if found is None:
            raise NotFound("There is nothing at this path")
        endpoint, path = found
        progress.route = endpoint.path
        operation = endpoint.operations.get("GET" if head.method == "HEAD" else head.method)
        if operation is None:
            if head.method == "OPTIONS":
                return answers.allowed(endpoint.allow, progress.told)
            raise MethodNotAllowed(endpoint.allow)
        now = self.oms.clock.now()
        caller = _NOBODY
        if operation.scope is not None:
            caller = yield from self._gate.admit(head, operation.scope, now, progress)
        call = yield from self._called(head, operation, path, caller, now)
        effect = operation.handler(call)
        if isinstance(effect, Generator):
            return answers.answer(operation.reply(call, (yield from effect)), progress.told)
        began = perf_counter()
        result = yield effect
        if isinstance(effect, Command):
            if result.replayed:
                progress.told.append(REPLAYED.true)
            result = result.result
        elif isinstance(effect, Query):
            seconds = perf_counter() - began
            if seconds >= self._audience.reads_from:
                self._audience.read_done(ReadDone(operation.name, call.tenant, seconds))
        return answers.answer(operation.reply(call, result), progress.told)

    def _called(
        self,
        head: HttpRequest,
        operation: Operation,
        path: Mapping[str, str],
        caller: Caller,
        now: datetime,
    ) -> Generator[Effect, Any, Call]:
        """Return the request with all of it decoded, its body last."""
        # What calls with a body of its own form may have further parameters, as a proof has that stands in the query.
        query = operation.reader.read(head.query) if operation.body is not Body.FOREIGN else {}
        command_id = _key_of(head) if operation.takes_key else None
        intent: Any = None
        if operation.body not in _READ_ELSEWHERE:
            self._check_head_of_body(head, operation)
            body = yield ReadBody(self.config.body_max)
            if len(body) <= _QUICKLY_DECODED:
                intent = _intent_of(head, operation, body)
            else:
                intent = yield Work(lambda: _intent_of(head, operation, body))
        return Call(head, caller, now, path, query, intent, command_id)

    def _check_head_of_body(self, head: HttpRequest, operation: Operation) -> None:
        if declared_length(head.headers.get("content-length")) > self.config.body_max:
            raise PayloadTooLarge(self.config.body_max)
        if operation.body is Body.REQUIRED and not _is_json(head):
            raise UnsupportedMediaType(JSON)


def declared_length(text: str | None) -> int:
    """Return the length that ``Content-Length`` declares; -1 where it declares none."""
    if text is None or not (text.isascii() and text.isdecimal()):
        return -1
    # No body is as long as that, and Python refuses to read numbers of thousands of digits.
    return int(text[:19])


def within_limit(body: bytes, limit: int) -> bytes:
    """Return *body*; raises ``PayloadTooLarge`` where it is longer than *limit*."""
    if len(body) > limit:
        raise PayloadTooLarge(limit)
    return body


def _intent_of(head: HttpRequest, operation: Operation, body: bytes) -> Any:
    if operation.body is Body.FORM:
        return body
    if operation.body is Body.OPTIONAL:
        if not body:
            return operation.request()
        if not _is_json(head):
            raise UnsupportedMediaType(JSON)
    return decode(operation.request, read_json(body))


def _is_json(head: HttpRequest) -> bool:
    media_type = head.headers.get("content-type", "")
    return media_type == JSON or media_type.partition(";")[0].strip().lower() == JSON


def _key_of(head: HttpRequest) -> str | None:
    key = head.headers.get("idempotency-key")
    if key is not None and not (0 < len(key) <= 255 and key.isascii() and key.isprintable()):
        raise ValidationError.of("Idempotency-Key", "must be 1 to 255 printable ASCII characters")
    return key
